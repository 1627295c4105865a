"""Physical ROWIDs: a heap table's extents as ranges that no other chunk touches."""

from __future__ import annotations

import oracledb

from oraferry.model import Chunk, ChunkKind, Table
from oraferry.oracle.session import Session, sql_text

LAST_SLOT = 32767  # the highest row number a block can have
# Bigfile tablespaces use the file bits of a ROWID for the block number (facts §3.2).
BIGFILE_RELATIVE_FNO = 1024
Run = tuple[int, int, int, int]  # data object, relative file, first block, blocks
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


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


def by_rowid(session: Session, table: Table, rows: int, wanted: int) -> list[Chunk]:
    """
    About *wanted* chunks of as many blocks each; none where extents cannot be read or trusted.
    """
    # The SCN was taken before: extents that appear after it hold only newer rows.
    runs = read_runs(session, table)
    total = sum(run[3] for run in runs)
    return cut_runs(runs, max(1, -(-total // wanted)), rows, total)


def read_runs(session: Session, table: Table) -> list[Run]:
    """The table's extents; none where they cannot be read or trusted."""
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
    return [(int(o), int(f), int(b), int(n)) for o, f, b, n in extents]


def list_runs(chunk: Chunk) -> list[Run]:
    """The blocks of a ROWID chunk."""
    return [
        (_number(low[:6]), _number(low[6:9]), _number(low[9:15]),
         _number(high[9:15]) - _number(low[9:15]) + 1)
        for low, high in chunk.rowid_ranges
    ]  # fmt: skip


def cut_runs(runs: list[Run], per_chunk: int, rows: int, total: int) -> list[Chunk]:
    """Chunks of *per_chunk* blocks each; their *total* blocks hold about *rows* rows."""
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
