"""SEGMENTS, EXTENTS, TABLESPACES, statistics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.model import Table
from orasim.dictionary.view_tables import moment, tables, yes
from orasim.dictionary.views import Row, family

BLOCK_BYTES = 8192
FILE_ID = 4


def _segments(session: Any) -> Iterator[tuple[Table, str | None, str, Any]]:
    for table in tables(session):
        if table.external or table.temporary or table.index_organized:
            continue
        composite = table.partitioning is not None and table.partitioning.sub_method is not None
        for segment in table.store.segments:
            kind = "TABLE"
            if segment.partition is not None:
                kind = "TABLE SUBPARTITION" if composite else "TABLE PARTITION"
            yield table, segment.partition, kind, segment


@family(
    "SEGMENTS",
    "OWNER v128, SEGMENT_NAME v128, PARTITION_NAME v128, SEGMENT_TYPE v18, SEGMENT_SUBTYPE v10,"
    "TABLESPACE_NAME v30, HEADER_FILE n/D, HEADER_BLOCK n/D, BYTES n, BLOCKS n, EXTENTS n,"
    "INITIAL_EXTENT n, NEXT_EXTENT n, MIN_EXTENTS n, MAX_EXTENTS n, RELATIVE_FNO n/D, BUFFER_POOL v7",
    scopes="DU",
)
def segments(session: Any) -> Iterator[tuple[str, str, Row]]:
    """What occupies blocks."""
    for table, partition, kind, segment in _segments(session):
        blocks = sum(e.blocks for e in segment.extents)
        yield (
            table.schema,
            table.name,
            {
                "OWNER": table.schema,
                "SEGMENT_NAME": table.name,
                "PARTITION_NAME": partition,
                "SEGMENT_TYPE": kind,
                "SEGMENT_SUBTYPE": "ASSM",
                "TABLESPACE_NAME": "USERS",
                "HEADER_FILE": FILE_ID,
                "HEADER_BLOCK": segment.extents[0].block_id if segment.extents else None,
                "BYTES": blocks * BLOCK_BYTES,
                "BLOCKS": blocks,
                "EXTENTS": len(segment.extents),
                "RELATIVE_FNO": segment.relative_fno,
                "BUFFER_POOL": "DEFAULT",
            },
        )


@family(
    "EXTENTS",
    "OWNER v128, SEGMENT_NAME v128, PARTITION_NAME v128, SEGMENT_TYPE v18, TABLESPACE_NAME v30,"
    "EXTENT_ID n, FILE_ID n/D, BLOCK_ID n/D, BYTES n, BLOCKS n, RELATIVE_FNO n/D",
    scopes="DU",
)
def extents(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Runs of blocks; a plain user sees neither file nor block."""
    for table, partition, kind, segment in _segments(session):
        for number, extent in enumerate(segment.extents):
            yield (
                table.schema,
                table.name,
                {
                    "OWNER": table.schema,
                    "SEGMENT_NAME": table.name,
                    "PARTITION_NAME": partition,
                    "SEGMENT_TYPE": kind,
                    "TABLESPACE_NAME": "USERS",
                    "EXTENT_ID": number,
                    "FILE_ID": FILE_ID,
                    "BLOCK_ID": extent.block_id,
                    "BYTES": extent.blocks * BLOCK_BYTES,
                    "BLOCKS": extent.blocks,
                    "RELATIVE_FNO": segment.relative_fno,
                },
            )


@family(
    "TABLESPACES",
    "TABLESPACE_NAME v30, BLOCK_SIZE n, INITIAL_EXTENT n, NEXT_EXTENT n, STATUS v9, CONTENTS v21,"
    "LOGGING v9, EXTENT_MANAGEMENT v10, SEGMENT_SPACE_MANAGEMENT v6, BIGFILE v3, ENCRYPTED v3",
    scopes="DU",
    dropped=(),
)
def tablespaces(session: Any) -> Iterator[tuple[str, str, Row]]:
    """One smallfile tablespace, as a small database has."""
    yield (
        session.user,
        "USERS",
        {
            "TABLESPACE_NAME": "USERS",
            "BLOCK_SIZE": BLOCK_BYTES,
            "STATUS": "ONLINE",
            "CONTENTS": "PERMANENT",
            "LOGGING": "LOGGING",
            "EXTENT_MANAGEMENT": "LOCAL",
            "SEGMENT_SPACE_MANAGEMENT": "AUTO",
            "BIGFILE": "NO",
            "ENCRYPTED": "NO",
        },
    )


@family(
    "TAB_STATISTICS",
    "OWNER v128, TABLE_NAME v128, PARTITION_NAME v128, PARTITION_POSITION n, SUBPARTITION_NAME v128,"
    "SUBPARTITION_POSITION n, OBJECT_TYPE v12, NUM_ROWS n, BLOCKS n, EMPTY_BLOCKS n, AVG_SPACE n,"
    "CHAIN_CNT n, AVG_ROW_LEN n, SAMPLE_SIZE n, LAST_ANALYZED d, GLOBAL_STATS v3, USER_STATS v3,"
    "STATTYPE_LOCKED v5, STALE_STATS v3, SCOPE v7",
)
def tab_statistics(session: Any) -> Iterator[tuple[str, str, Row]]:
    """NULL until gathered, as on a real server."""
    for table in tables(session):
        yield (
            table.schema,
            table.name,
            {
                "OWNER": table.schema,
                "TABLE_NAME": table.name,
                "OBJECT_TYPE": "TABLE",
                "NUM_ROWS": table.statistics_rows,
                "BLOCKS": table.statistics_blocks,
                "LAST_ANALYZED": moment(table.analyzed),
                "GLOBAL_STATS": yes(table.analyzed),
                "USER_STATS": "NO",
                "SCOPE": "SHARED",
            },
        )


@family(
    "TAB_COL_STATISTICS",
    "OWNER v128, TABLE_NAME v128, COLUMN_NAME v128, NUM_DISTINCT n, LOW_VALUE r1000, HIGH_VALUE r1000,"
    "DENSITY n, NUM_NULLS n, NUM_BUCKETS n, LAST_ANALYZED d, SAMPLE_SIZE n, GLOBAL_STATS v3, USER_STATS v3,"
    "NOTES v99, AVG_COL_LEN n, HISTOGRAM v15, SCOPE v7",
)
def tab_col_statistics(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Empty: statistics of columns are never gathered."""
    return iter(())


@family(
    "DATA_FILES",
    "FILE_NAME v513, FILE_ID n, TABLESPACE_NAME v30, BYTES n, BLOCKS n, STATUS v9, RELATIVE_FNO n,"
    "AUTOEXTENSIBLE v3, MAXBYTES n, MAXBLOCKS n, INCREMENT_BY n, USER_BYTES n, USER_BLOCKS n,"
    "ONLINE_STATUS v7, LOST_WRITE_PROTECT v7@18",
    scopes="D",
    dropped=(),
)
def data_files(session: Any) -> Iterator[tuple[str, str, Row]]:
    """The one file of USERS."""
    blocks = sum(e.blocks for *_, segment in _segments(session) for e in segment.extents)
    yield (
        "SYS",
        "USERS",
        {
            "FILE_NAME": "/opt/orasim/users01.dbf",
            "FILE_ID": FILE_ID,
            "TABLESPACE_NAME": "USERS",
            "BYTES": blocks * BLOCK_BYTES,
            "BLOCKS": blocks,
            "STATUS": "AVAILABLE",
            "RELATIVE_FNO": FILE_ID,
            "AUTOEXTENSIBLE": "YES",
            "ONLINE_STATUS": "ONLINE",
        },
    )
