"""Tables on top of segments, and the storage of a whole database: SCNs, extents, locks.

The dictionary knows what a table *is*; a ``TableStore`` knows where its rows are. A store
is made by ``Storage.create`` when a table is created, and found again by the table's key.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from orasim.engine import OracleError
from orasim.storage.segment import (
    BLOCKS_PER_EXTENT,
    ROWS_PER_BLOCK,
    Chunk,
    Extent,
    Segment,
    State,
    StoredColumn,
)
from orasim.storage.transaction import Delta, Transaction
from orasim.values import OraType

RELATIVE_FNO = 4  # every segment lives in one file, as in a small USERS tablespace
FIRST_SCN = 1_000_000
FIRST_DATA_OBJECT_ID = 73_000
_FIRST_BLOCK = 128
_LOCK_WAIT_SECONDS = 30.0


def is_outline(kind: OraType) -> bool:
    """Kept as raw bytes beside the encoded rows: LOBs, LONGs and what is as long as they."""
    return kind.is_lob or kind.is_long or kind.name in ("XMLTYPE", "JSON", "VECTOR", "OBJECT")


@dataclass(slots=True)
class TableStore:
    """The segments of one table: one, or one per (sub)partition in the table's order."""

    storage: Storage
    columns: dict[str, StoredColumn] = field(default_factory=dict)  # by column name
    segments: list[Segment] = field(default_factory=list)
    definition_scn: int = 0  # AS OF an older SCN raises ORA-01466

    @property
    def stored(self) -> tuple[StoredColumn, ...]:
        return tuple(self.columns.values())

    def segment(self, partition: str | None) -> Segment:
        """The segment of a partition; None for the only one of a plain table."""
        for segment in self.segments:
            if segment.partition == partition:
                return segment
        raise OracleError(2149, "Specified partition does not exist")

    def has_partition(self, partition: str) -> bool:
        return any(segment.partition == partition for segment in self.segments)

    def add_segment(self, partition: str | None = None) -> Segment:
        """A new empty segment, last in order."""
        segment = self.storage.new_segment(partition)
        self.segments.append(segment)
        return segment

    def drop_partition(self, partition: str) -> None:
        """Drop a partition and its rows."""
        self.segments.remove(self.segment(partition))
        self.definition_scn = self.storage.next_scn()

    def truncate(self, partition: str | None = None) -> None:
        """Empty the table or one partition; its rows get a new data object."""
        for i, segment in enumerate(self.segments):
            if partition is None or segment.partition == partition:
                self.segments[i] = self.storage.new_segment(segment.partition)
        self.definition_scn = self.storage.next_scn()

    def add_column(self, name: str, kind: OraType, fill: bytes | None = None) -> None:
        """
        A new column. *fill* is what rows that exist already hold: a CLR, or raw bytes for
        LOB and LONG columns; None is NULL.
        """
        self.columns[name] = StoredColumn(self.storage.next_column_key(), is_outline(kind), fill)
        if any(segment.state.chunks for segment in self.segments):
            self.definition_scn = self.storage.next_scn()

    def rename_column(self, old: str, new: str) -> None:
        """The same values under another name, in the same place."""
        self.columns = {new if name == old else name: c for name, c in self.columns.items()}
        self.definition_scn = self.storage.next_scn()

    def drop_column(self, name: str) -> None:
        del self.columns[name]
        self.definition_scn = self.storage.next_scn()

    def append_chunks(self, segment: Segment, chunks: Sequence[Chunk]) -> None:
        """Commit whole chunks at the segment's end (bulk load)."""
        self.storage.append_chunks(segment, chunks)


@dataclass(slots=True)
class Storage:
    """Everything below SQL: allocation, the SCN counter, row locks."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    scn: int = FIRST_SCN
    exposed_scn: int = 0  # newest SCN that anybody was told; versions up to it are kept
    oldest_scn: int = 0  # AS OF before it raises ORA-01555; raised by expire_undo
    times: list[tuple[float, int]] = field(default_factory=list)
    segments: dict[int, Segment] = field(default_factory=dict)  # by data object id
    _next_object: int = FIRST_DATA_OBJECT_ID
    _next_block: int = _FIRST_BLOCK
    _next_key: int = 0
    _next_transaction: int = 0
    _locks: dict[tuple[int, int], Transaction] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    # -- SCN ----------------------------------------------------------------------------------

    def next_scn(self) -> int:
        """Advance the commit counter."""
        with self.lock:
            self.scn += 1
            self.times.append((time.time(), self.scn))
            return self.scn

    def expose_scn(self) -> int:
        """The current SCN, to be readable with AS OF from now on."""
        with self.lock:
            self.exposed_scn = self.scn
            return self.scn

    def expire_undo(self) -> None:
        """Let every snapshot before now be too old (ORA-01555), for tests."""
        with self.lock:
            self.oldest_scn = self.next_scn()

    def check_scn(self, scn: int, store: TableStore) -> None:
        """OracleError when *store* cannot be read as of *scn*."""
        if scn > self.scn or scn < 0:
            raise OracleError(8181, "specified number is not a valid system change number")
        if scn < self.oldest_scn:
            raise OracleError(
                1555, 'snapshot too old: rollback segment number 1 with name "_SYSSMU1$" too small'
            )
        if scn < store.definition_scn:
            raise OracleError(1466, "unable to read data - table definition has changed")

    def scn_at(self, moment: float) -> int:
        """The SCN that was current at a time (seconds since 1970)."""
        with self.lock:
            found = FIRST_SCN
            for when, scn in reversed(self.times):
                if when <= moment:
                    found = scn
                    break
            self.exposed_scn = max(self.exposed_scn, found)
            return found

    # -- allocation ---------------------------------------------------------------------------

    def create(self, columns: Iterable[tuple[str, OraType]]) -> TableStore:
        """A store with the given columns and no segment yet."""
        with self.lock:
            store = TableStore(self, definition_scn=self.next_scn())
            for name, kind in columns:
                store.columns[name] = StoredColumn(self.next_column_key(), is_outline(kind))
            return store

    def next_column_key(self) -> int:
        self._next_key += 1
        return self._next_key

    def next_transaction(self) -> int:
        """A number that no transaction had yet."""
        with self.lock:
            self._next_transaction += 1
            return self._next_transaction

    def new_segment(self, partition: str | None) -> Segment:
        """An empty segment with its first extent."""
        with self.lock:
            self._next_object += 1
            segment = Segment(self._next_object, RELATIVE_FNO, partition)
            segment.created_scn = self.scn
            segment.versions.append((self.scn, State()))
            self._grow(segment, 0)
            self.segments[segment.data_object_id] = segment
            return segment

    def new_ordinals(self, segment: Segment, count: int) -> range:
        """*count* fresh places at the segment's end."""
        with self.lock:
            first = segment.next_ordinal
            segment.next_ordinal += count
            self._grow(segment, segment.next_ordinal)
            return range(first, segment.next_ordinal)

    def _grow(self, segment: Segment, ordinals: int) -> None:
        per_extent = (BLOCKS_PER_EXTENT - 1) * ROWS_PER_BLOCK
        while len(segment.extents) * per_extent <= ordinals:
            segment.extents.append(Extent(self._next_block, BLOCKS_PER_EXTENT))
            self._next_block += BLOCKS_PER_EXTENT

    # -- commit and locks ----------------------------------------------------------------------

    def publish(self, changes: Sequence[tuple[Segment, Sequence[StoredColumn], Delta]]) -> int:
        """Make deltas committed under one new SCN."""
        with self.lock:
            exposed = self.exposed_scn
            scn = self.next_scn()
            for segment, columns, delta in changes:
                segment.remember(scn, delta, tuple(columns))
                state = segment.state.with_rows(delta, tuple(columns), scn)
                segment.publish(scn, state, exposed)
            return scn

    def append_chunks(self, segment: Segment, chunks: Sequence[Chunk]) -> None:
        """Commit chunks whose ordinals were taken with new_ordinals."""
        from dataclasses import replace

        with self.lock:
            exposed = self.exposed_scn
            scn = self.next_scn()
            added = [replace(chunk, scn=scn) for chunk in chunks]
            segment.publish(scn, segment.state.with_chunks(added), exposed)

    def lock_row(self, segment: Segment, ordinal: int, owner: Transaction, *, wait: bool) -> bool:
        """
        Take the lock of a row for *owner*; False when another held it in between, so that
        the statement must look at the row again. ORA-00054 without *wait*, ORA-00060 after
        a long wait.
        """
        key = (segment.data_object_id, ordinal)
        with self._changed:
            holder = self._locks.setdefault(key, owner)
            if holder is owner:
                return True
            if not wait:
                raise OracleError(
                    54, "resource busy and acquire with NOWAIT specified or timeout expired"
                )
            # ASSUMPTION(oracle): a real session waits for ever and only deadlocks raise
            # ORA-00060; a simulator that hangs a test is worse than one that gives up.
            free = self._changed.wait_for(lambda: key not in self._locks, _LOCK_WAIT_SECONDS)
            if not free:
                raise OracleError(60, "deadlock detected while waiting for resource")
            self._locks[key] = owner
            return False

    def unlock(self, segment: Segment, ordinal: int, owner: Transaction) -> None:
        with self._changed:
            key = (segment.data_object_id, ordinal)
            if self._locks.get(key) is owner:
                del self._locks[key]
                self._changed.notify_all()

    def unlock_all(self, owner: Transaction) -> None:
        with self._changed:
            held = [key for key, holder in self._locks.items() if holder is owner]
            for key in held:
                del self._locks[key]
            if held:
                self._changed.notify_all()
