"""Rows of one table or partition: encoded columns in chunks, versions by SCN, ROWIDs.

A row's *ordinal* is its physical place and never changes; its ROWID follows from it. Chunks
are immutable, so a state taken at an SCN, or by an open cursor, stays what it was.
"""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orasim.engine import OracleError
from orasim.storage.rowid import RowId

ROWS_PER_BLOCK = 100
BLOCKS_PER_EXTENT = 128
CHUNK_ROWS = 32_768
# Rows appended by single statements gather in small chunks first: rebuilding the tail then
# costs little, and a full set of small chunks is joined into one.
TAIL_ROWS = 1_024

Row = tuple[Any, ...]  # per stored column: a CLR, or for LOB and LONG columns bytes | None


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of blocks a segment owns."""

    block_id: int
    blocks: int


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column as stored: ``is_outline`` values are raw bytes with real nulls."""

    key: int  # never reused, so a dropped and re-added name is another column
    is_outline: bool
    fill: bytes | None = None  # what rows older than the column hold

    @property
    def arrow_type(self) -> pa.DataType:
        return pa.large_binary() if self.is_outline else pa.binary()

    def filled(self, rows: int) -> pa.Array:
        """*rows* times the fill value."""
        value = self.fill if self.is_outline else (self.fill or b"\0")
        return pa.repeat(pa.scalar(value, self.arrow_type), rows)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive ordinals. ``live`` is None when all rows exist; ``scn`` is per row or one."""

    first: int
    rows: int
    columns: Mapping[int, pa.Array]
    live: np.ndarray | None = None
    scn: np.ndarray | int = 0

    def column(self, column: StoredColumn) -> pa.Array:
        """The column's array, filled where the chunk is older than the column."""
        array = self.columns.get(column.key)
        return column.filled(self.rows) if array is None else array

    def slice(self, start: int, end: int) -> Chunk:
        """The rows from *start* to *end* as a chunk of their own, without copying."""
        if start == 0 and end == self.rows:
            return self
        return Chunk(
            self.first + start,
            end - start,
            {key: array.slice(start, end - start) for key, array in self.columns.items()},
            None if self.live is None else self.live[start:end],
            self.scn if isinstance(self.scn, int) else self.scn[start:end],
        )

    @property
    def live_rows(self) -> int:
        return self.rows if self.live is None else int(self.live.sum())

    def scns(self) -> np.ndarray:
        if isinstance(self.scn, int):
            return np.full(self.rows, self.scn, dtype=np.int64)
        return self.scn


@dataclass(frozen=True, slots=True)
class State:
    """All rows of a segment at one moment."""

    chunks: tuple[Chunk, ...] = ()

    @property
    def end(self) -> int:
        """The ordinal after the last one ever used here."""
        return self.chunks[-1].first + self.chunks[-1].rows if self.chunks else 0

    @property
    def live_rows(self) -> int:
        return sum(chunk.live_rows for chunk in self.chunks)

    def chunk_of(self, ordinal: int) -> Chunk | None:
        at = bisect.bisect_right(self.chunks, ordinal, key=lambda chunk: chunk.first) - 1
        if at < 0 or ordinal >= self.chunks[at].first + self.chunks[at].rows:
            return None
        return self.chunks[at]

    def row(self, ordinal: int, columns: tuple[StoredColumn, ...]) -> Row | None:
        """One row as stored, None when it does not exist."""
        chunk = self.chunk_of(ordinal)
        if chunk is None:
            return None
        at = ordinal - chunk.first
        if chunk.live is not None and not chunk.live[at]:
            return None
        return tuple(chunk.column(column)[at].as_py() for column in columns)

    def with_rows(
        self, changes: Mapping[int, Row | None], columns: tuple[StoredColumn, ...], scn: int
    ) -> State:
        """The state after putting rows at their ordinals; None deletes."""
        if not changes:
            return self
        chunks = list(self.chunks)
        end = self.end
        by_chunk: dict[int, dict[int, Row | None]] = {}
        appended: dict[int, Row | None] = {}
        firsts = [chunk.first for chunk in chunks]
        for ordinal, row in changes.items():
            if ordinal >= end:
                appended[ordinal] = row
            else:
                at = bisect.bisect_right(firsts, ordinal) - 1
                by_chunk.setdefault(at, {})[ordinal - firsts[at]] = row
        for at, rows in by_chunk.items():
            chunks[at] = _patched(chunks[at], rows, columns, scn)
        if appended:
            _append(chunks, chunk_of_rows(end, appended, columns, scn), columns)
        return State(tuple(chunks))

    def with_chunks(self, added: list[Chunk]) -> State:
        """The state with whole chunks appended."""
        return State((*self.chunks, *added))


def _patched(
    chunk: Chunk, rows: Mapping[int, Row | None], columns: tuple[StoredColumn, ...], scn: int
) -> Chunk:
    live = np.ones(chunk.rows, dtype=bool) if chunk.live is None else chunk.live.copy()
    scns = chunk.scns().copy()
    places = sorted(place for place, row in rows.items() if row is not None)
    for place, row in rows.items():
        live[place] = row is not None
        scns[place] = scn
    arrays = dict(chunk.columns)
    if places:
        mask = np.zeros(chunk.rows, dtype=bool)
        mask[places] = True
        for i, column in enumerate(columns):
            new = pa.array([rows[place][i] for place in places], column.arrow_type)  # type: ignore[index]
            arrays[column.key] = pc.replace_with_mask(chunk.column(column), pa.array(mask), new)
    return replace(chunk, columns=arrays, live=None if live.all() else live, scn=scns)


def chunk_of_rows(
    first: int,
    rows: Mapping[int, Row | None],
    columns: tuple[StoredColumn, ...],
    scn: int,
) -> Chunk:
    """Rows at or after *first*; ordinals nobody has written yet become dead rows."""
    count = max(rows) + 1 - first
    live = np.zeros(count, dtype=bool)
    dense: list[Row | None] = [None] * count
    for ordinal, row in rows.items():
        dense[ordinal - first] = row
        live[ordinal - first] = row is not None
    arrays = {}
    for i, column in enumerate(columns):
        hole = None if column.is_outline else b"\0"
        arrays[column.key] = pa.array(
            [hole if row is None else row[i] for row in dense], column.arrow_type
        )
    return Chunk(first, count, arrays, None if live.all() else live, scn)


def _append(chunks: list[Chunk], new: Chunk, columns: tuple[StoredColumn, ...]) -> None:
    """Add *new*, joined with small chunks before it so that their number stays small."""
    size = new.rows
    while chunks and chunks[-1].rows <= 2 * size and chunks[-1].rows + size <= CHUNK_ROWS:
        new = joined([chunks.pop(), new], columns)
        size = new.rows
    if chunks and chunks[-1].rows < TAIL_ROWS and chunks[-1].rows + size <= TAIL_ROWS:
        new = joined([chunks.pop(), new], columns)
    chunks.append(new)


def joined(chunks: list[Chunk], columns: tuple[StoredColumn, ...]) -> Chunk:
    """Neighbouring chunks as one."""
    arrays = {
        column.key: pa.concat_arrays([chunk.column(column) for chunk in chunks])
        for column in columns
    }
    live = None
    if any(chunk.live is not None for chunk in chunks):
        live = np.concatenate(
            [
                np.ones(chunk.rows, dtype=bool) if chunk.live is None else chunk.live
                for chunk in chunks
            ]
        )
    scns = np.concatenate([chunk.scns() for chunk in chunks])
    return Chunk(chunks[0].first, sum(chunk.rows for chunk in chunks), arrays, live, scns)


_SLOTS = [str(RowId(0, 0, 0, slot))[15:] for slot in range(ROWS_PER_BLOCK)]


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit did to one row, for VERSIONS BETWEEN: None is no row."""

    scn: int
    ordinal: int
    before: Row | None
    after: Row | None
    columns: tuple[StoredColumn, ...]


# Changes that a segment remembers; a larger transaction starts the log anew.
MOST_LOGGED = 20_000


@dataclass(slots=True)
class Segment:
    """One table or partition's storage."""

    data_object_id: int
    relative_fno: int
    partition: str | None = None
    extents: list[Extent] = field(default_factory=list)
    versions: list[tuple[int, State | None]] = field(default_factory=list)  # by commit SCN
    next_ordinal: int = 0
    created_scn: int = 0
    log: deque[Change] = field(default_factory=deque)  # of committed changes, oldest first
    logged_from: int = 0  # all changes after this SCN are in the log

    @property
    def state(self) -> State:
        """The newest committed state."""
        return self.versions[-1][1] or State()

    def state_at(self, scn: int) -> State | None:
        """The committed state as of *scn*; None when it was not kept."""
        at = bisect.bisect_right(self.versions, scn, key=lambda version: version[0]) - 1
        return self.versions[at][1] if at >= 0 else State()

    def committed_at(self, scn: int) -> State:
        """As *state_at*; ORA-01555 when it was not kept."""
        state = self.state_at(scn)
        if state is None:
            raise OracleError(1555, "snapshot too old")
        return state

    def publish(self, scn: int, state: State, exposed_scn: int) -> None:
        """Make *state* committed from *scn* on, keeping what *exposed_scn* still reads."""
        last = self.versions[-1][0]
        if last > exposed_scn:
            # Nobody was told an SCN that reads the last version: it is lost, and says so.
            self.versions[-1] = (last, None)
            if len(self.versions) > 1 and self.versions[-2][1] is None:
                self.versions.pop()
        self.versions.append((scn, state))

    def remember(
        self, scn: int, delta: Mapping[int, Row | None], columns: tuple[StoredColumn, ...]
    ) -> None:
        """Log a commit's changes, before they are published."""
        if len(delta) > MOST_LOGGED:
            self.log.clear()
            self.logged_from = scn
            return
        state, end = self.state, self.state.end
        for ordinal, row in delta.items():
            before = state.row(ordinal, columns) if ordinal < end else None
            if before is not None or row is not None:
                self.log.append(Change(scn, ordinal, before, row, columns))
        while len(self.log) > MOST_LOGGED:
            self.logged_from = self.log.popleft().scn

    def rowid(self, ordinal: int) -> RowId:
        """The ROWID of an ordinal inside the segment's extents."""
        block, slot = divmod(ordinal, ROWS_PER_BLOCK)
        extent, offset = divmod(block, BLOCKS_PER_EXTENT - 1)
        # The first block of each extent is left to Oracle's own bookkeeping.
        return RowId(
            self.data_object_id,
            self.relative_fno,
            self.extents[extent].block_id + 1 + offset,
            slot,
        )

    def rowid_texts(self, first: int, rows: int) -> list[str]:
        """The ROWIDs of consecutive ordinals as text, a block at a time."""
        texts: list[str] = []
        end = first + rows
        while first < end:
            start = first % ROWS_PER_BLOCK
            taken = min(ROWS_PER_BLOCK - start, end - first)
            prefix = str(self.rowid(first))[:15]
            texts += [prefix + slot for slot in _SLOTS[start : start + taken]]
            first += taken
        return texts

    def ordinal_range(self, low: RowId | None, high: RowId | None) -> tuple[int, int]:
        """Half-open range of ordinals whose ROWIDs lie between *low* and *high*."""
        start = 0 if low is None else self._ordinal_at(low, after=False)
        end = 1 << 62 if high is None else self._ordinal_at(high, after=True)
        return start, end

    def ordinal(self, rowid: RowId) -> int | None:
        """The ordinal of an exact ROWID, None when it is not of this segment."""
        if (rowid.object_id, rowid.file) != (self.data_object_id, self.relative_fno):
            return None
        start, end = self.ordinal_range(rowid, rowid)
        return start if end == start + 1 else None

    def _ordinal_at(self, rowid: RowId, *, after: bool) -> int:
        own = (self.data_object_id, self.relative_fno)
        if (rowid.object_id, rowid.file) != own:
            return 0 if (rowid.object_id, rowid.file) < own else 1 << 62
        passed = 0
        for extent in sorted(self.extents, key=lambda extent: extent.block_id):
            number = self.extents.index(extent)
            if rowid.block >= extent.block_id + extent.blocks:
                passed = max(passed, (number + 1) * (BLOCKS_PER_EXTENT - 1) * ROWS_PER_BLOCK)
                continue
            if rowid.block <= extent.block_id:
                return passed
            base = number * (BLOCKS_PER_EXTENT - 1) + rowid.block - extent.block_id - 1
            slot = (
                min(rowid.slot, ROWS_PER_BLOCK)
                if not after
                else min(rowid.slot + 1, ROWS_PER_BLOCK)
            )
            return base * ROWS_PER_BLOCK + slot
        return passed
