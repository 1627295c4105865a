"""Partitioned tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.view_tables import tables, yes
from orasim.dictionary.views import Row, family


@family(
    "PART_TABLES",
    "OWNER v128, TABLE_NAME v128, PARTITIONING_TYPE v9, SUBPARTITIONING_TYPE v9, PARTITION_COUNT n,"
    "DEF_SUBPARTITION_COUNT n, PARTITIONING_KEY_COUNT n, SUBPARTITIONING_KEY_COUNT n, STATUS v8,"
    "DEF_TABLESPACE_NAME v30, REF_PTN_CONSTRAINT_NAME v128, INTERVAL v1000, IS_NESTED v3,"
    "AUTOLIST v3@12.2, INTERVAL_SUBPARTITION v1000@12.2, AUTOLIST_SUBPARTITION v3@12.2",
)
def part_tables(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Partitioned tables."""
    for table in tables(session):
        p = table.partitioning
        if p is None:
            continue
        yield (
            table.schema,
            table.name,
            {
                "OWNER": table.schema,
                "TABLE_NAME": table.name,
                "PARTITIONING_TYPE": p.method,
                "SUBPARTITIONING_TYPE": p.sub_method or "NONE",
                "PARTITION_COUNT": 1048575 if p.interval else len(p.partitions),
                "DEF_SUBPARTITION_COUNT": len(p.partitions[0].subpartitions) if p.partitions else 0,
                "PARTITIONING_KEY_COUNT": len(p.columns),
                "SUBPARTITIONING_KEY_COUNT": len(p.sub_columns),
                "STATUS": "VALID",
                "DEF_TABLESPACE_NAME": "USERS",
                "REF_PTN_CONSTRAINT_NAME": p.reference,
                "INTERVAL": p.interval,
                "IS_NESTED": "NO",
                "AUTOLIST": yes(p.automatic),
                "AUTOLIST_SUBPARTITION": "NO",
            },
        )


_PARTITION_TAIL = (
    "HIGH_VALUE l, HIGH_VALUE_LENGTH n, {position} n, TABLESPACE_NAME v30, NUM_ROWS n, BLOCKS n,"
    "LAST_ANALYZED d, INTERVAL v3, SEGMENT_CREATED v4, INDEXING v4, READ_ONLY v4@12.2,"
    "HIGH_VALUE_CLOB c@23"
)


@family(
    "TAB_PARTITIONS",
    "TABLE_OWNER v128, TABLE_NAME v128, COMPOSITE v3, PARTITION_NAME v128, SUBPARTITION_COUNT n,"
    + _PARTITION_TAIL.format(position="PARTITION_POSITION"),
    dropped=("TABLE_OWNER",),
)
def tab_partitions(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Partitions in order."""
    for table in tables(session):
        if table.partitioning is None:
            continue
        for position, part in enumerate(table.partitioning.partitions, 1):
            yield (
                table.schema,
                table.name,
                {
                    "TABLE_OWNER": table.schema,
                    "TABLE_NAME": table.name,
                    "COMPOSITE": yes(part.subpartitions),
                    "PARTITION_NAME": part.name,
                    "SUBPARTITION_COUNT": len(part.subpartitions),
                    "HIGH_VALUE": part.high_value,
                    "HIGH_VALUE_CLOB": part.high_value,
                    "HIGH_VALUE_LENGTH": len(part.high_value or ""),
                    "PARTITION_POSITION": position,
                    "TABLESPACE_NAME": "USERS",
                    "INTERVAL": yes(part.interval),
                    "SEGMENT_CREATED": "N/A" if part.subpartitions else "YES",
                    "INDEXING": "ON",
                    "READ_ONLY": "NO",
                },
            )


@family(
    "TAB_SUBPARTITIONS",
    "TABLE_OWNER v128, TABLE_NAME v128, PARTITION_NAME v128, SUBPARTITION_NAME v128,"
    + _PARTITION_TAIL.format(position="SUBPARTITION_POSITION")
    + ", PARTITION_POSITION n",
    dropped=("TABLE_OWNER",),
)
def tab_subpartitions(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Subpartitions in order."""
    for table in tables(session):
        if table.partitioning is None:
            continue
        for outer, part in enumerate(table.partitioning.partitions, 1):
            for position, sub in enumerate(part.subpartitions, 1):
                yield (
                    table.schema,
                    table.name,
                    {
                        "TABLE_OWNER": table.schema,
                        "TABLE_NAME": table.name,
                        "PARTITION_NAME": part.name,
                        "SUBPARTITION_NAME": sub.name,
                        "HIGH_VALUE": sub.high_value,
                        "HIGH_VALUE_LENGTH": len(sub.high_value or ""),
                        "PARTITION_POSITION": outer,
                        "SUBPARTITION_POSITION": position,
                        "TABLESPACE_NAME": "USERS",
                        "INTERVAL": "NO",
                        "SEGMENT_CREATED": "YES",
                    },
                )


_KEY = "OWNER v128, NAME v128, OBJECT_TYPE c5, COLUMN_NAME v4000, COLUMN_POSITION n, COLLATED_COLUMN_ID n@12.2"


def _key_columns(session: Any, which: str) -> Iterator[tuple[str, str, Row]]:
    for table in tables(session):
        if table.partitioning is None:
            continue
        for position, column in enumerate(getattr(table.partitioning, which), 1):
            yield (
                table.schema,
                table.name,
                {
                    "OWNER": table.schema,
                    "NAME": table.name,
                    "OBJECT_TYPE": "TABLE",
                    "COLUMN_NAME": column,
                    "COLUMN_POSITION": position,
                },
            )


@family("PART_KEY_COLUMNS", _KEY)
def part_key_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Partition keys."""
    return _key_columns(session, "columns")


@family("SUBPART_KEY_COLUMNS", _KEY)
def subpart_key_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Subpartition keys."""
    return _key_columns(session, "sub_columns")


@family(
    "SUBPARTITION_TEMPLATES",
    "USER_NAME v128, TABLE_NAME v128, SUBPARTITION_NAME v132, SUBPARTITION_POSITION n,"
    "TABLESPACE_NAME v30, HIGH_BOUND l, COMPRESSION v4, INDEXING v4, READ_ONLY v3@12.2",
    dropped=("USER_NAME",),
    owner_column="USER_NAME",
)
def subpartition_templates(session: Any) -> Iterator[tuple[str, str, Row]]:
    """What a partition added without subpartitions gets."""
    for table in tables(session):
        made = table.partitioning
        for position, part in enumerate(made.template if made is not None else [], 1):
            yield (
                table.schema,
                table.name,
                {
                    "USER_NAME": table.schema,
                    "TABLE_NAME": table.name,
                    "SUBPARTITION_NAME": part.name,
                    "SUBPARTITION_POSITION": position,
                    "HIGH_BOUND": part.high_value,
                },
            )
