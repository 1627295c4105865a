"""What a session has changed and not committed: rows by segment and ordinal, with undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError
from orasim.storage.rowid import encode_rowid
from orasim.storage.segment import Row, Segment, State, StoredColumn

if TYPE_CHECKING:
    from orasim.storage.table import Storage

Delta = dict[int, Row | None]
KeyPlaces = dict[tuple[Any, ...], set[int]]  # encoded key -> ordinals
_MISSING: Row = ("missing",)


@dataclass(slots=True)
class _Change:
    segment: Segment
    ordinal: int
    previous: Row | None


@dataclass(slots=True)
class Transaction:
    """Uncommitted rows of one session; savepoints are positions in its undo log."""

    storage: Storage
    deltas: dict[int, tuple[Segment, Sequence[StoredColumn], Delta]] = field(default_factory=dict)
    savepoints: dict[str, int] = field(default_factory=dict)
    holds_locks: bool = False  # by SELECT … FOR UPDATE
    snapshot_scn: int | None = None  # READ ONLY and SERIALIZABLE: others' later commits are unseen
    _number: int = 0  # drawn when somebody asks
    _undo: list[_Change] = field(default_factory=list)
    _keys: dict[int, dict[tuple[int, ...], KeyPlaces]] = field(default_factory=dict)
    _views: dict[int, tuple[State, int, State]] = field(default_factory=dict)

    @property
    def identifier(self) -> tuple[int, int, int] | None:
        """Undo segment, slot and sequence number while it is open."""
        if not self.is_open:
            return None
        if not self._number:
            self._number = self.storage.next_transaction()
        return self._number % 10 + 1, self._number % 34, self._number

    @property
    def last_rowid(self) -> bytes | None:
        """The ROWID of the row that was changed last, 13 bytes; None when nothing was."""
        if not self._undo:
            return None
        change = self._undo[-1]
        return encode_rowid(change.segment.rowid(change.ordinal))

    @property
    def is_open(self) -> bool:
        return bool(self.deltas) or self.holds_locks

    def mark(self) -> int:
        """A point to roll back to."""
        return len(self._undo)

    def put(
        self, segment: Segment, columns: tuple[StoredColumn, ...], ordinal: int, row: Row | None
    ) -> None:
        """Insert, replace (*row* complete) or delete (None) one row."""
        self._check_serializable(segment, columns, ordinal)
        entry = self.deltas.get(segment.data_object_id)
        if entry is None:
            entry = self.deltas[segment.data_object_id] = (segment, columns, {})
        delta = entry[2]
        previous = delta.get(ordinal, _MISSING)
        self._undo.append(_Change(segment, ordinal, previous))
        delta[ordinal] = row
        self._move_keys(segment, ordinal, previous, row)
        self._views.pop(segment.data_object_id, None)

    def delta_of(self, segment: Segment) -> Delta:
        """This transaction's own rows of *segment*."""
        entry = self.deltas.get(segment.data_object_id)
        return entry[2] if entry else {}

    def view(self, segment: Segment) -> State:
        """The committed state with this transaction's changes on top."""
        entry = self.deltas.get(segment.data_object_id)
        base = self._base(segment)
        if entry is None or not entry[2]:
            return base
        known = self._views.get(segment.data_object_id)
        if known is None or known[0] is not base:
            # ORA_ROWSCN of a row not yet committed is not defined; 0 here.
            merged = base.with_rows(entry[2], tuple(entry[1]), 0)
            known = self._views[segment.data_object_id] = (base, 0, merged)
        return known[2]

    def row(self, segment: Segment, columns: tuple[StoredColumn, ...], ordinal: int) -> Row | None:
        """One row as this transaction sees it, without building the whole view."""
        delta = self.delta_of(segment)
        return delta[ordinal] if ordinal in delta else self._base(segment).row(ordinal, columns)

    def _base(self, segment: Segment) -> State:
        """What was committed, as far as this transaction sees it."""
        if self.snapshot_scn is None:
            return segment.state
        return segment.committed_at(self.snapshot_scn)

    def _check_serializable(
        self, segment: Segment, columns: tuple[StoredColumn, ...], ordinal: int
    ) -> None:
        """ORA-08177 when somebody else changed the row after the snapshot."""
        if self.snapshot_scn is None or ordinal in self.delta_of(segment):
            return
        base, now = self._base(segment), segment.state
        if base is not now and base.row(ordinal, columns) != now.row(ordinal, columns):
            raise OracleError(8177, "can't serialize access for this transaction")

    def key_places(self, segment: Segment, places: tuple[int, ...]) -> KeyPlaces:
        """Where this transaction's own rows hold which key; kept up to date by every change."""
        indexes = self._keys.setdefault(segment.data_object_id, {})
        found = indexes.get(places)
        if found is None:
            found = indexes[places] = {}
            for ordinal, row in self.delta_of(segment).items():
                if row is not None:
                    found.setdefault(tuple(row[place] for place in places), set()).add(ordinal)
        return found

    def _move_keys(self, segment: Segment, ordinal: int, old: Row | None, new: Row | None) -> None:
        for places, index in self._keys.get(segment.data_object_id, {}).items():
            if old is not None and old is not _MISSING:
                index.get(tuple(old[place] for place in places), set()).discard(ordinal)
            if new is not None and new is not _MISSING:
                index.setdefault(tuple(new[place] for place in places), set()).add(ordinal)

    def rollback_to(self, mark: int) -> None:
        """Undo everything after *mark*."""
        while len(self._undo) > mark:
            change = self._undo.pop()
            delta = self.deltas[change.segment.data_object_id][2]
            self._move_keys(change.segment, change.ordinal, delta[change.ordinal], change.previous)
            if change.previous is _MISSING:
                del delta[change.ordinal]
                self.storage.unlock(change.segment, change.ordinal, self)
            else:
                delta[change.ordinal] = change.previous
            self._views.pop(change.segment.data_object_id, None)
        self.savepoints = {name: at for name, at in self.savepoints.items() if at <= mark}
        if not self._undo:
            self.deltas.clear()

    def commit(self) -> int | None:
        """Publish the changes under one new SCN; None when there were none."""
        changed = [entry for entry in self.deltas.values() if entry[2]]
        scn = self.storage.publish(changed) if changed else None
        self._end()
        return scn

    def rollback(self) -> None:
        """Forget the changes."""
        self._end()

    def _end(self) -> None:
        self.storage.unlock_all(self)
        self.holds_locks = False
        self._number = 0
        self.deltas.clear()
        self._undo.clear()
        self._views.clear()
        self._keys.clear()
        self.savepoints.clear()
