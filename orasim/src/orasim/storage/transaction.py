"""What a session has changed and not committed: rows by segment and ordinal, with undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orasim.storage.segment import Row, Segment, State, StoredColumn

if TYPE_CHECKING:
    from orasim.storage.table import Storage

Delta = dict[int, Row | None]
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
    _undo: list[_Change] = field(default_factory=list)
    _views: dict[int, tuple[State, int, State]] = field(default_factory=dict)

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
        entry = self.deltas.get(segment.data_object_id)
        if entry is None:
            entry = self.deltas[segment.data_object_id] = (segment, columns, {})
        delta = entry[2]
        self._undo.append(_Change(segment, ordinal, delta.get(ordinal, _MISSING)))
        delta[ordinal] = row
        self._views.pop(segment.data_object_id, None)

    def delta_of(self, segment: Segment) -> Delta:
        """This transaction's own rows of *segment*."""
        entry = self.deltas.get(segment.data_object_id)
        return entry[2] if entry else {}

    def view(self, segment: Segment) -> State:
        """The committed state with this transaction's changes on top."""
        entry = self.deltas.get(segment.data_object_id)
        base = segment.state
        if entry is None or not entry[2]:
            return base
        known = self._views.get(segment.data_object_id)
        if known is None or known[0] is not base:
            # ORA_ROWSCN of a row not yet committed is not defined; 0 here.
            merged = base.with_rows(entry[2], tuple(entry[1]), 0)
            known = self._views[segment.data_object_id] = (base, 0, merged)
        return known[2]

    def rollback_to(self, mark: int) -> None:
        """Undo everything after *mark*."""
        while len(self._undo) > mark:
            change = self._undo.pop()
            delta = self.deltas[change.segment.data_object_id][2]
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
        self.deltas.clear()
        self._undo.clear()
        self._views.clear()
        self.savepoints.clear()
