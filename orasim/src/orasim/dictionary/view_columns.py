"""Identities, LOBs, encrypted and JSON columns; external tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from orasim.dictionary.view_tables import tables, yes
from orasim.dictionary.views import Row, family


@family(
    "TAB_IDENTITY_COLS",
    "OWNER v128, TABLE_NAME v128, COLUMN_NAME v128, GENERATION_TYPE v10, SEQUENCE_NAME v128,"
    "IDENTITY_OPTIONS v298",
)
def identity_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Identity columns with their options as text."""
    for table in tables(session):
        for column in table.columns:
            if column.identity is None:
                continue
            s = column.identity.sequence
            yield (
                table.schema,
                table.name,
                {
                    "OWNER": table.schema,
                    "TABLE_NAME": table.name,
                    "COLUMN_NAME": column.name,
                    "GENERATION_TYPE": "ALWAYS" if column.identity.always else "BY DEFAULT",
                    "SEQUENCE_NAME": s.name,
                    "IDENTITY_OPTIONS": (
                        f"START WITH: {s.start}, INCREMENT BY: {s.increment}, MAX_VALUE: {s.maximum}, "
                        f"MIN_VALUE: {s.minimum}, CYCLE_FLAG: {'Y' if s.cycle else 'N'}, "
                        f"CACHE_SIZE: {s.cache}, ORDER_FLAG: {'Y' if s.order else 'N'}, SCALE_FLAG: N, "
                        "EXTEND_FLAG: N, SESSION_FLAG: N, KEEP_VALUE: N"
                    ),
                },
            )


@family(
    "LOBS",
    "OWNER v128, TABLE_NAME v128, COLUMN_NAME v4000, SEGMENT_NAME v128, TABLESPACE_NAME v30,"
    "INDEX_NAME v128, CHUNK n, PCTVERSION n, RETENTION n, FREEPOOLS n, CACHE v10, LOGGING v7, ENCRYPT v4,"
    "COMPRESSION v6, DEDUPLICATION v15, IN_ROW v3, FORMAT v15, PARTITIONED v3, SECUREFILE v3,"
    "SEGMENT_CREATED v3, RETENTION_TYPE v7, RETENTION_VALUE n",
)
def lobs(session: Any) -> Iterator[tuple[str, str, Row]]:
    """CLOB, NCLOB and BLOB columns; BFILEs are not listed."""
    for table in tables(session):
        for position, column in enumerate(table.columns, 1):
            if column.type.is_lob and column.type.name != "BFILE":
                yield (
                    table.schema,
                    table.name,
                    {
                        "OWNER": table.schema,
                        "TABLE_NAME": table.name,
                        "COLUMN_NAME": column.name,
                        "SEGMENT_NAME": f"SYS_LOB{table.object_id:010d}C{position:05d}$$",
                        "INDEX_NAME": f"SYS_IL{table.object_id:010d}C{position:05d}$$",
                        "TABLESPACE_NAME": "USERS",
                        "CHUNK": 8192,
                        "CACHE": "NO",
                        "LOGGING": "YES",
                        "ENCRYPT": "NO",
                        "COMPRESSION": "NO",
                        "DEDUPLICATION": "NO",
                        "IN_ROW": "YES",
                        "FORMAT": "ENDIAN NEUTRAL",
                        "PARTITIONED": yes(table.partitioning),
                        "SECUREFILE": "YES",
                        "SEGMENT_CREATED": "YES",
                    },
                )


@family(
    "EXTERNAL_TABLES",
    "OWNER v128, TABLE_NAME v128, TYPE_OWNER c3, TYPE_NAME v128, DEFAULT_DIRECTORY_OWNER c3,"
    "DEFAULT_DIRECTORY_NAME v128, REJECT_LIMIT v40, ACCESS_TYPE v7, ACCESS_PARAMETERS c, PROPERTY v10, INMEMORY v8@18",
)
def external_tables(session: Any) -> Iterator[tuple[str, str, Row]]:
    """External tables."""
    for t in tables(session):
        source = t.external_source
        if source is not None:
            yield (
                t.schema,
                t.name,
                {
                    "OWNER": t.schema,
                    "TABLE_NAME": t.name,
                    "TYPE_OWNER": "SYS",
                    "TYPE_NAME": source.type_name,
                    "DEFAULT_DIRECTORY_OWNER": "SYS",
                    "DEFAULT_DIRECTORY_NAME": source.directory,
                    "ACCESS_PARAMETERS": source.access_parameters,
                    "REJECT_LIMIT": source.reject_limit,
                    "ACCESS_TYPE": "CLOB",
                    "PROPERTY": "ALL",
                },
            )


@family(
    "EXTERNAL_LOCATIONS",
    "OWNER v128, TABLE_NAME v128, LOCATION v4000, DIRECTORY_OWNER c3, DIRECTORY_NAME v128",
)
def external_locations(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Files of external tables."""
    for table in tables(session):
        source = table.external_source
        for location in source.locations if source is not None else ():
            directory, found, file = location.rpartition(":")
            yield (
                table.schema,
                table.name,
                {
                    "OWNER": table.schema,
                    "TABLE_NAME": table.name,
                    "LOCATION": file if found else location,
                    "DIRECTORY_OWNER": "SYS",
                    "DIRECTORY_NAME": directory or (source.directory if source else None),
                },
            )


@family(
    "ENCRYPTED_COLUMNS",
    "OWNER v128, TABLE_NAME v128, COLUMN_NAME v128, ENCRYPTION_ALG v29, SALT v3, INTEGRITY_ALG v12",
)
def encrypted_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Columns declared with ENCRYPT; nothing is encrypted."""
    for table in tables(session):
        for column in table.columns:
            if column.encrypted:
                yield (
                    table.schema,
                    table.name,
                    {
                        "OWNER": table.schema,
                        "TABLE_NAME": table.name,
                        "COLUMN_NAME": column.name,
                        "ENCRYPTION_ALG": "AES 192 bits key",
                        "SALT": "YES",
                        "INTEGRITY_ALG": "SHA-1",
                    },
                )


_IS_JSON = re.compile(r'^\s*\(?\s*("[^"]+"|[\w$#]+)\s+IS\s+JSON\b', re.IGNORECASE)


@family(
    "JSON_COLUMNS",
    "OWNER v128, TABLE_NAME v128, OBJECT_TYPE v5@18, COLUMN_NAME v128, FORMAT v9, DATA_TYPE v13",
)
def json_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Columns of type JSON, and those that an enabled check says are JSON."""
    for table in tables(session):
        checked = {
            column
            for constraint in table.constraints
            if constraint.enabled and _IS_JSON.match(constraint.condition or "")
            for column in constraint.columns
        }
        for column in table.columns:
            if column.type.name == "JSON" or column.name in checked:
                is_type = column.type.name == "JSON"
                yield (
                    table.schema,
                    table.name,
                    {
                        "OWNER": table.schema,
                        "TABLE_NAME": table.name,
                        "OBJECT_TYPE": "TABLE",
                        "COLUMN_NAME": column.name,
                        "FORMAT": "OSON" if is_type else "TEXT",
                        "DATA_TYPE": column.type.name,
                    },
                )
