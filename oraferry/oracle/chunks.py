"""Splitting a table so that every row visible at the SCN is in exactly one chunk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import oracledb

from oraferry.model import Chunk, ChunkKind, Column, Table, TableKind, TablePlan
from oraferry.oracle.clauses import from_clause, scn_binds, where_sql
from oraferry.oracle.session import Session, quote, sql_text, translated

LAST_SLOT = 32767  # the highest row number a block can have
MAX_CHUNKS = 20_000
# Bigfile tablespaces use the file bits of a ROWID for the block number (facts §3.2).
BIGFILE_RELATIVE_FNO = 1024
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def plan_chunks(
    session: Session,
    plan: TablePlan,
    scn: int,
    chunk_rows: int,
    rows: int,
    *,
    has_dba_views: Callable[[], bool],
) -> list[Chunk]:
    """
    Chunks of about *chunk_rows* of the plan's *rows* rows: by physical ROWID where extents may
    be read, else by a numeric or date key, else by partition, else the whole table.
    """
    table = plan.source
    with translated(f"planning the chunks of {table.ref}"):
        if rows <= chunk_rows or not table.has_past:
            return [Chunk(ChunkKind.WHOLE, estimated_rows=rows)]
        wanted = min(max(1, -(-rows // chunk_rows)), MAX_CHUNKS)
        if table.kind is TableKind.HEAP and has_dba_views():
            chunks = _by_rowid(session, table, rows, wanted)
            if chunks:
                return chunks
        chunks = _by_key(session, table, scn, rows, wanted)
        return chunks or _by_partition(session, table, scn, rows)


def count(session: Session, plan: TablePlan, scn: int) -> int:
    """COUNT(*) at the SCN; the exact figure that the chunks must add up to."""
    where = f" WHERE {where_sql(plan.where)}" if plan.where else ""
    found = session.query(
        f"SELECT COUNT(*) FROM {from_clause(plan.source)}{where}", **scn_binds(plan.source, scn)
    )
    return int(found[0][0])


# -- physical ROWIDs ---------------------------------------------------------------------------


def make_rowid(data_object_id: int, relative_fno: int, block: int, slot: int) -> str:
    """
    An extended ROWID in base 64, as DBMS_ROWID.ROWID_CREATE(1, …) writes it.

    >>> make_rowid(73000, 4, 135, 2)
    'AAAR0oAAEAAAACHAAC'
    """
    text = ""
    for value, places in ((data_object_id, 6), (relative_fno, 3), (block, 6), (slot, 3)):
        digits = ""
        for _ in range(places):
            value, rest = divmod(value, 64)
            digits = _DIGITS[rest] + digits
        text += digits
    return text


def _by_rowid(session: Session, table: Table, rows: int, wanted: int) -> list[Chunk]:
    # The SCN was taken before: extents that appear after it hold only newer rows.
    try:
        extents = session.query(sql_text("extents"), owner=table.ref.schema, name=table.ref.name)
        bigfile = session.query(
            sql_text("bigfile_tablespaces"), owner=table.ref.schema, name=table.ref.name
        )
    except oracledb.DatabaseError as error:
        if getattr(error.args[0], "isrecoverable", False):
            raise
        return []
    if not extents or bigfile[0][0] or any(e[1] == BIGFILE_RELATIVE_FNO for e in extents):
        return []
    runs = [(int(o), int(f), int(b), int(n)) for o, f, b, n in extents]
    total = sum(run[3] for run in runs)
    per_chunk = max(1, -(-total // wanted))
    return _cut(runs, per_chunk, rows, total)


def _cut(
    runs: list[tuple[int, int, int, int]], per_chunk: int, rows: int, total: int
) -> list[Chunk]:
    chunks: list[Chunk] = []
    ranges: list[tuple[str, str]] = []
    filled = 0
    for data_object_id, fno, start, blocks in runs:
        while blocks:
            take = min(blocks, per_chunk - filled)
            ranges.append(
                (
                    make_rowid(data_object_id, fno, start, 0),
                    make_rowid(data_object_id, fno, start + take - 1, LAST_SLOT),
                )
            )
            start, blocks, filled = start + take, blocks - take, filled + take
            if filled == per_chunk or len(ranges) >= 100:
                chunks.append(_rowid_chunk(ranges, rows * filled // total))
                ranges, filled = [], 0
    if ranges:
        chunks.append(_rowid_chunk(ranges, rows * filled // total))
    return chunks


def _rowid_chunk(ranges: list[tuple[str, str]], rows: int) -> Chunk:
    return Chunk(ChunkKind.ROWID, rowid_ranges=tuple(_joined(ranges)), estimated_rows=rows)


def _joined(ranges: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Neighbouring extents of one file as one range: shorter statements."""
    joined: list[tuple[str, str]] = []
    for low, high in ranges:
        if joined and _follows(joined[-1][1], low):
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined


def _follows(high: str, low: str) -> bool:
    return high[:9] == low[:9] and _number(low[9:15]) == _number(high[9:15]) + 1


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 64 + _DIGITS.index(digit)
    return value


# -- keys --------------------------------------------------------------------------------------


def _key_column(table: Table) -> Column | None:
    """A NOT NULL number or date column that leads the primary key or a unique key."""
    keys = [k for k in (table.primary_key, *table.unique_keys) if k and k.enabled]
    for key in keys:
        column = table.column(key.columns[0])
        if column.nullable or column.generated is not None:
            continue
        if column.type.name in ("NUMBER", "DATE"):
            return column
    return None


def _by_key(session: Session, table: Table, scn: int, rows: int, wanted: int) -> list[Chunk]:
    column = _key_column(table)
    if column is None:
        return []
    name = f"t.{quote(column.name)}"
    # Even buckets by rank: arithmetic between MIN and MAX would be as skewed as the keys.
    found = session.query(
        f"SELECT MIN(x.k), x.b FROM (SELECT {name} AS k, NTILE(:wanted) OVER (ORDER BY {name}) "
        f"AS b FROM {from_clause(table)}) x GROUP BY x.b ORDER BY x.b",
        wanted=wanted,
        scn=scn,
    )
    bounds = [_bound(low) for low, _ in found]
    cuts = [b for i, b in enumerate(bounds) if i and b != bounds[i - 1]]
    lowers: list[str | None] = [None, *cuts]
    uppers: list[str | None] = [*cuts, None]
    share = rows // max(len(lowers), 1)
    return [
        Chunk(ChunkKind.KEY, key_column=column.name, lower=low, upper=high, estimated_rows=share)
        for low, high in zip(lowers, uppers, strict=True)
    ]


def _bound(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def bind_bound(column: Column, text: str) -> Any:
    """A chunk's bound as a bind of the key column's own type."""
    if column.type.name == "DATE":
        return datetime.fromisoformat(text) + timedelta()
    return Decimal(text)


# -- partitions --------------------------------------------------------------------------------


def _by_partition(session: Session, table: Table, scn: int, rows: int) -> list[Chunk]:
    if table.partitioning is None or not table.partitioning.partitions:
        return [Chunk(ChunkKind.WHOLE, estimated_rows=rows)]
    share = rows // len(table.partitioning.partitions)
    return [
        Chunk(ChunkKind.PARTITION, partition=p.name, estimated_rows=share)
        for p in table.partitioning.partitions
    ]
