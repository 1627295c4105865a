"""What was found in one table while its rows were looked at, batch by batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.model import ColumnPlan, Duplicates, TablePlan
from oraferry.ports import CarefulBatch
from oraferry.typemap import find_bad_rows, load
from oraferry.typemap.observe import Mask, observe

REFUSED, ALTERED, NOTED = "refused", "altered", "noted"
_ORDER = (REFUSED, ALTERED, NOTED)
# Each unreadable row costs several statements; by then it is clear what is wrong.
UNREADABLE_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class DataFinding:
    """Rows of a column that something holds for."""

    column: str | None
    effect: str  # refused: set aside, or stops the job; altered: changed and counted; noted
    code: str
    message: str
    rows: int
    rowids: tuple[str, ...] = ()
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class TableCheck:
    """What was found in one table."""

    source: str
    target: str
    rows: int  # looked at
    rows_total: int | None  # COUNT(*) at the SCN
    findings: tuple[DataFinding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """True when every row that was looked at would be loaded as it is."""
        return all(finding.effect == NOTED for finding in self.findings)


@dataclass(slots=True)
class _Count:
    message: str
    hint: str | None = None
    rows: int = 0
    rowids: list[str] = field(default_factory=list)


class Tally:
    """Counts and examples by column and code; several lanes may add at once."""

    def __init__(self, plan: TablePlan, examples: int) -> None:
        self._plan = plan
        self._examples = examples
        self._counts: dict[tuple[str | None, str, str], _Count] = {}
        self._rows = 0
        self._unreadable = 0
        self._lock = threading.Lock()

    def add(self, batch: CarefulBatch) -> None:
        """Judge the rows of a batch as a load would."""
        bad = find_bad_rows(batch.rows, self._plan.columns)
        good = np.ones(batch.rows.num_rows, np.bool_)
        good[[found.row for found in bad]] = False
        with self._lock:
            self._rows += batch.rows.num_rows + len(batch.unreadable)
            self._unreadable += len(batch.unreadable)
            for reject in batch.unreadable:
                refusal = reject.refusal
                key = (refusal.column, REFUSED, refusal.code)
                self._count(key, refusal.reason, 1, [reject.rowid])
            for found in bad:
                key = (found.column, REFUSED, found.code)
                self._count(key, found.reason, 1, [batch.rowids[found.row]], found.hint)
            self._add_good(batch, good)

    def add_duplicates(self, found: Duplicates) -> None:
        """Rows that a key of the target will refuse, because another has the same."""
        columns = ", ".join(found.columns)
        message = f"the target's key has these columns, and {found.rows} rows repeat another's"
        with self._lock:
            self._count((columns, REFUSED, "duplicate"), message, found.rows, list(found.rowids))

    @property
    def has_seen_enough(self) -> bool:
        """True when so many rows could not be read that the rest is not worth their price."""
        return self._unreadable >= UNREADABLE_AT_MOST

    def result(self, rows_total: int | None, notes: tuple[str, ...]) -> TableCheck:
        """All that was found: what is refused first, then by column."""
        places = {c.source.name: place for place, c in enumerate(self._plan.columns)}
        findings = [
            DataFinding(
                column, effect, code, count.message, count.rows, tuple(count.rowids), count.hint
            )
            for (column, effect, code), count in self._counts.items()
        ]
        findings.sort(key=lambda f: (_ORDER.index(f.effect), places.get(f.column or "", -1)))
        if self.has_seen_enough:
            notes = (*notes, "reading was given up: too many rows cannot be read")
        return TableCheck(
            str(self._plan.source.ref),
            str(self._plan.target.ref),
            self._rows,
            rows_total,
            tuple(findings),
            notes,
        )

    # -- rows that can be loaded ---------------------------------------------------------------

    def _add_good(self, batch: CarefulBatch, good: Mask) -> None:
        rows = batch.rows if good.all() else batch.rows.filter(pa.array(good))
        rowids = np.asarray(batch.rowids, dtype=object)[good]
        if rows.num_rows == 0:
            return
        for place, column in enumerate(self._plan.columns):
            array, name = rows.column(place), column.source.name
            # As the load will: an error here is a bug of ours.
            loaded, changes = load(array, column.source.type, column.target.type, column)
            if not column.target.nullable and loaded.null_count:
                missing = np.asarray(pc.is_null(loaded))
                message = "NULL, where the target's column is NOT NULL"
                self._count_rows((name, REFUSED, "null"), message, missing, rowids)
            for reason, count in changes.items():
                examples = _find_changed(array, column, reason, self._room(name, reason))
                found = [rowids[row] for row in examples]
                self._count((name, ALTERED, _code(reason)), reason, count, found)
            for seen in observe(array, column):
                self._count_rows((name, NOTED, seen.code), seen.message, seen.rows, rowids)

    def _room(self, name: str, reason: str) -> int:
        """Examples of a change that are still wanted."""
        count = self._counts.get((name, ALTERED, _code(reason)))
        return self._examples - (len(count.rowids) if count else 0)

    def _count_rows(
        self, key: tuple[str | None, str, str], message: str, mask: Mask, rowids: np.ndarray
    ) -> None:
        rows = np.flatnonzero(mask)
        self._count(key, message, len(rows), rowids[rows[: self._examples]].tolist())

    def _count(
        self,
        key: tuple[str | None, str, str],
        message: str,
        rows: int,
        rowids: list[str | None],
        hint: str | None = None,
    ) -> None:
        count = self._counts.setdefault(key, _Count(message, hint))
        count.rows += rows
        room = self._examples - len(count.rowids)
        count.rowids += [rowid for rowid in rowids if rowid][: max(room, 0)]


def _code(reason: str) -> str:
    return reason.replace(" ", "-")


def _changes(array: pa.Array, column: ColumnPlan) -> dict[str, int]:
    return load(array, column.source.type, column.target.type, column)[1]


def _find_changed(
    array: pa.Array, column: ColumnPlan, reason: str, most: int, start: int = 0
) -> Iterator[int]:
    """Rows whose value the load changes for *reason*, *most* at most: by halving."""
    if most <= 0 or not _changes(array, column).get(reason):
        return
    if len(array) == 1:
        yield start
        return
    half = len(array) // 2
    found = list(_find_changed(array.slice(0, half), column, reason, most, start))
    yield from found
    rest = most - len(found)
    yield from _find_changed(array.slice(half), column, reason, rest, start + half)
