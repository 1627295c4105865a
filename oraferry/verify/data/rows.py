"""The differing rows themselves, without any key; only buckets that differ are looked into."""

from __future__ import annotations

from collections import Counter

from oraferry.canonical.readable import readable
from oraferry.model import ColumnPlan, Finding, TableKind
from oraferry.verify.damages import IN_TABLES
from oraferry.verify.data.drill import Drill
from oraferry.verify.data.every import give_every
from oraferry.verify.data.pair import DifferingRows, TablePair
from oraferry.verify.data.pairing import Paired, find_key
from oraferry.verify.data.reasons import find_reason
from oraferry.verify.data.tally import ReasonTally
from oraferry.verify.data.unloadable import describe_unloadable
from oraferry.verify.outcome import MethodOutcome, RowDifference, ValueDifference

MOST_HASHES = 4_000_000  # rows of the buckets that are looked into at once, both sides together
MOST_SHOWN = 20_000  # rows of a side that are held to show some of them
TOO_MANY = (
    "more rows differ than a report holds, so that not all are shown: "
    "`oraferry verify data --all-rows FILE` writes each of them"
)


class Rows:
    """Finds the rows that differ, and says what of them."""

    name = "rows"
    cost = "one more read of the source, where something differs"

    def claims(self, damage: str, column: ColumnPlan, charset: str) -> bool:
        """Every one, everywhere."""
        return damage in IN_TABLES

    def check(self, pair: TablePair) -> MethodOutcome:
        """Look into the buckets that differ; the rows are put down in ``pair.found``."""
        if not pair.differing:
            return MethodOutcome(self.name, True)
        if pair.plan.target.kind is TableKind.VIEW:
            return MethodOutcome(self.name, None, note="the rows of a view have no ctid")
        found = _Found(pair)
        if pair.keeps_hashes:
            give_every(pair, found.put)
            pair.found = found.result(is_complete=True)
        else:
            groups = _groups(pair, MOST_HASHES)
            found.add(Drill(pair, groups[0], MOST_SHOWN))
            pair.found = found.result(is_complete=len(groups) == 1)
        if not pair.found.count:
            return MethodOutcome(
                self.name, True, note="rows hash differently though all their values are the same"
            )
        finding = Finding(
            table=str(pair.plan.source.ref), kind="rows differ", message=found.summary()
        )
        refused = describe_unloadable(pair, pair.found.count, is_whole=found.is_whole)
        return MethodOutcome(self.name, False, (finding, *([refused] if refused else [])))


def describe(pair: TablePair, paired: Paired) -> RowDifference:
    """A pair of rows, or a row that is on one side only, as a difference."""
    columns = pair.plan.columns
    source, target = paired.source, paired.target
    row = source or target
    assert row is not None
    shown = find_key(pair.plan) or (() if source and target else range(len(columns)))
    values = []
    if source and target:
        values = [
            _describe_value(c, s, t)
            for c, s, t in zip(columns, source.texts, target.texts, strict=True)
            if s != t
        ]
    return RowDifference(
        fault="changed" if source and target else "missing" if source else "extra",
        key={
            columns[place].source.name: readable(row.texts[place], columns[place].source.type)
            for place in shown
        },
        rowid=source.address if source else None,
        ctid=target.address if target else None,
        part=target.part if target else None,
        values=tuple(values),
    )


def _describe_value(column: ColumnPlan, source: str | None, target: str | None) -> ValueDifference:
    type = column.source.type
    reason = find_reason(source, target, type, column.target.type)
    return ValueDifference(
        column.source.name, readable(source, type), readable(target, type), reason or None
    )


def _groups(pair: TablePair, most: int) -> list[list[int]]:
    """The differing buckets, in groups whose hashes fit into memory."""
    ours, theirs = pair.totals
    sizes = ours.rows + theirs.rows
    groups: list[list[int]] = []
    room = 0
    for bucket in pair.differing:
        size = int(sizes[bucket])
        if not groups or size > room:
            groups.append([])
            room = most
        groups[-1].append(bucket)
        room -= size
    return groups


class _Found:
    """Adds up what the groups gave."""

    def __init__(self, pair: TablePair) -> None:
        self._pair = pair
        self._rows: list[RowDifference] = []
        self._faults: Counter[str] = Counter()
        self._reasons = ReasonTally()
        self._count = self._lost = self._extra = 0
        self.is_whole = True  # every row that differs was given
        self._is_cut = False  # more rows are wanted than a report holds

    def add(self, drill: Drill) -> None:
        """A group."""
        for paired in drill.pairs:
            self._describe(paired)
        self._count += drill.count
        self._lost += drill.lost
        self._extra += drill.extra
        self.is_whole &= drill.is_whole

    def put(self, paired: Paired) -> None:
        """A row, where each is given."""
        difference = self._describe(paired)
        self._count += 1
        if self._pair.every:
            self._pair.every(difference)

    def _describe(self, paired: Paired) -> RowDifference:
        difference = describe(self._pair, paired)
        self._faults[difference.fault] += 1
        self._reasons.add(difference.values)
        if self._pair.examples is None or len(self._rows) < self._pair.examples:
            if self._pair.room.take(difference):
                self._rows.append(difference)
            else:
                self._is_cut = True
        return difference

    def result(self, *, is_complete: bool) -> DifferingRows:
        """What is known."""
        self.is_whole &= is_complete
        return DifferingRows(
            rows=tuple(self._rows),
            count=self._count,
            is_complete=self.is_whole and len(self._rows) == self._count,
            reasons=self._reasons.result(),
            notes=(TOO_MANY,) if self._is_cut else (),
        )

    def summary(self) -> str:
        """A sentence."""
        if self.is_whole:
            parts = (f"{count} {fault}" for fault, count in sorted(self._faults.items()))
            return f"rows differ: {', '.join(parts)}"
        return (
            f"at least {self._lost} rows of Oracle have no equal in PostgreSQL, "
            f"and {self._extra} of PostgreSQL none in Oracle"
        )
