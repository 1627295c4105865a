"""A part of a table's rows."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class ChunkKind(enum.StrEnum):
    """How a chunk's rows are told from the rest of the table."""

    WHOLE = "whole"
    ROWID = "rowid"  # physical ROWID ranges, inclusive on both ends
    KEY = "key"  # lower <= key < upper; None is open; includes NULL keys when is_first
    PARTITION = "partition"
    HASH = "hash"  # ORA_HASH(ROWID, buckets - 1) = bucket
    ROWIDS = "rowids"  # single rows, for a repair; a thousand at most


@dataclass(frozen=True, slots=True)
class Chunk:
    """A set of rows fixed at planning time, at the job's SCN."""

    kind: ChunkKind
    rowid_ranges: tuple[tuple[str, str], ...] = ()
    key_column: str | None = None
    lower: str | None = None  # canonical text of the key; bound with the key column's type
    upper: str | None = None
    partition: str | None = None
    bucket: int | None = None
    buckets: int | None = None
    estimated_rows: int = 0
    rowids: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind is ChunkKind.ROWID:
            return f"rowid {self.rowid_ranges[0][0]}…{self.rowid_ranges[-1][1]}"
        if self.kind is ChunkKind.KEY:
            return f"{self.key_column} in [{_shown(self.lower, '-∞')}, {_shown(self.upper, '∞')})"
        if self.kind is ChunkKind.PARTITION:
            return f"partition {self.partition}"
        if self.kind is ChunkKind.HASH:
            return f"hash {self.bucket} of {self.buckets}"
        if self.kind is ChunkKind.ROWIDS:
            return f"{len(self.rowids)} rows"
        return "whole table"


def _shown(bound: str | None, open_end: str) -> str:
    """Numbers and dates are shown; a text may be somebody's name."""
    if bound is None:
        return open_end
    return bound if set(bound) <= set("0123456789+-.:E ") else "…"
