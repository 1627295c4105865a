"""What is special about single columns: identities, LOBs."""

from __future__ import annotations

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
