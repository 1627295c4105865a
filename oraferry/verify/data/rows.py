"""The differing rows themselves, without any key: what is left when equal rows are taken away.

Only buckets that differ are looked into. The target lists the hashes of their rows, the
source is read once more; a hash that both have leaves both sides. What remains is fetched
with its values, and paired.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from oraferry.canonical.buckets import bucket_of, fetched_texts, hash_fetched
from oraferry.model import ColumnPlan, Finding, TableKind
from oraferry.ports import Addresses, Hashes
from oraferry.verify.damages import CHANGED, COUNTED, MOVED
from oraferry.verify.data.pair import DifferingRows, Rowids, TablePair
from oraferry.verify.data.pairing import HeldRow, Paired, find_key, pair_rows
from oraferry.verify.data.reasons import find_reason
from oraferry.verify.outcome import MethodOutcome, RowDifference, ValueDifference

MOST_HASHES = 4_000_000  # rows of the buckets that are looked into at once, both sides together
MOST_HELD = 50_000  # rows of a side with their values
Places = npt.NDArray[np.int64]


class Rows:
    """Finds the rows that differ, and says what of them."""

    name = "rows"
    cost = "one more read of the source, where something differs"
    detects = frozenset(COUNTED) | frozenset(MOVED) | frozenset(CHANGED)

    def covers(self, column: ColumnPlan, charset: str) -> bool:
        """Every one."""
        return True

    def check(self, pair: TablePair) -> MethodOutcome:
        """Look into the buckets that differ; the rows are put down in ``pair.found``."""
        if not pair.differing:
            return MethodOutcome(self.name, True, note="nothing to look into")
        if pair.plan.target.kind is TableKind.VIEW:
            return MethodOutcome(self.name, None, note="the rows of a view have no ctid")
        groups = _groups(pair)
        wanted = groups if pair.examples is None else groups[:1]
        found = _Found(pair)
        for buckets in wanted:
            found.add(_Drill(pair, buckets))
        pair.found = found.result(is_complete=len(wanted) == len(groups))
        if not pair.found.count:
            return MethodOutcome(
                self.name, True, note="rows hash differently though all their values are the same"
            )
        finding = Finding(
            table=str(pair.plan.source.ref), kind="rows differ", message=found.summary()
        )
        return MethodOutcome(self.name, False, (finding,))


def find_differences(pair: TablePair) -> Iterator[RowDifference]:
    """
    Every row that differs, group of buckets by group: for who brings them into line.

    Rows whose two versions are in different groups come as one missing and one extra row.
    """
    for paired in find_pairs(pair):
        yield describe(pair, paired)


def find_pairs(pair: TablePair) -> Iterator[Paired]:
    """The same with all values of both rows."""
    for buckets in _groups(pair):
        yield from _Drill(pair, buckets, holds_all=True).pairs


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
            ValueDifference(
                c.source.name, s, t, find_reason(s, t, c.source.type, c.target.type) or None
            )
            for c, s, t in zip(columns, source.texts, target.texts, strict=True)
            if s != t
        ]
    return RowDifference(
        fault="changed" if source and target else "missing" if source else "extra",
        key={columns[place].source.name: row.texts[place] for place in shown},
        rowid=source.address if source else None,
        ctid=target.address if target else None,
        part=target.part if target else None,
        values=tuple(values),
    )


def _groups(pair: TablePair) -> list[list[int]]:
    """The differing buckets, in groups that fit into memory."""
    ours, theirs = pair.totals
    sizes = ours.rows + theirs.rows
    groups: list[list[int]] = []
    room = 0
    for bucket in pair.differing:
        size = int(sizes[bucket])
        if not groups or size > room:
            groups.append([])
            room = MOST_HASHES
        groups[-1].append(bucket)
        room -= size
    return groups


class _Found:
    """Adds up what the groups gave."""

    def __init__(self, pair: TablePair) -> None:
        self._pair = pair
        self._rows: list[RowDifference] = []
        self._faults: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._count = 0
        self._unseen = 0

    def add(self, drill: _Drill) -> None:
        limit = self._pair.examples
        for paired in drill.pairs:
            difference = describe(self._pair, paired)
            self._faults[difference.fault] += 1
            self._reasons.update(
                f"{value.column}: {value.reason or 'another value'}" for value in difference.values
            )
            if limit is None or len(self._rows) < limit:
                self._rows.append(difference)
        self._count += len(drill.pairs)
        self._unseen += drill.unseen

    def result(self, *, is_complete: bool) -> DifferingRows:
        """What is known; rows that were only counted may belong together in pairs."""
        return DifferingRows(
            rows=tuple(self._rows),
            count=self._count + self._unseen,
            is_complete=is_complete and not self._unseen and len(self._rows) == self._count,
            reasons=dict(sorted(self._reasons.items())),
        )

    def summary(self) -> str:
        """A sentence."""
        parts = ", ".join(f"{count} {fault}" for fault, count in sorted(self._faults.items()))
        return f"rows differ: {parts}" + (f", at least {self._unseen} more" * bool(self._unseen))


class _Drill:
    """One group of buckets, looked into."""

    def __init__(self, pair: TablePair, buckets: Sequence[int], *, holds_all: bool = False) -> None:
        """*holds_all*: whatever it takes."""
        self._pair = pair
        self._most = None if holds_all or pair.examples is None else MOST_HELD
        hashes, addresses = pair.target.list_hashes(pair.plan, pair.buckets, buckets)
        order = np.argsort(hashes, kind="stable")
        self._hashes, starts, self._there = np.unique(
            hashes[order], return_index=True, return_counts=True
        )
        self._addresses, self._starts = addresses[order], starts
        self._is_wanted = np.zeros(pair.buckets, np.bool_)
        self._is_wanted[list(buckets)] = True
        self._here = np.zeros(len(self._hashes), np.int64)
        source = self._read_source()
        target, extra = self._read_target()
        self.pairs, same = pair_rows(source, target, find_key(pair.plan))
        lacking = self._lost - len(source)
        self.unseen = max(lacking, extra - len(target), 0)
        self.same = same

    def _read_source(self) -> list[HeldRow]:
        """The source's rows that the target lacks, as many as may be held."""
        held: list[HeldRow] = []
        self._lost = 0

        def finish(part: _Sifting) -> None:
            self._lost += part.lost
            np.add.at(self._here, part.places(), 1)
            room = None if self._most is None else max(self._most - len(held), 0)
            held.extend(part.held[:room])

        self._scan(finish)
        surplus = np.flatnonzero(self._here > self._there)
        if len(surplus):
            held += self._read_surplus(surplus)
        return held

    def _scan(self, finish: Callable[[_Sifting], None], only: Hashes | None = None) -> None:
        def start() -> _Sifting:
            return _Sifting(self._pair, self._is_wanted, self._hashes, self._most, only)

        self._pair.scan(start, finish, wants_rowids=True)

    def _read_surplus(self, places: Places) -> list[HeldRow]:
        """Of rows that are alike: as many as the target has too few."""
        wanted = {int(self._hashes[p]): int(self._here[p] - self._there[p]) for p in places}
        self._lost += sum(wanted.values())
        held: list[HeldRow] = []

        def finish(part: _Sifting) -> None:
            for hash, row in zip(part.hashes_held, part.held, strict=True):
                if wanted.get(hash, 0) > 0:
                    wanted[hash] -= 1
                    held.append(row)

        self._scan(finish, only=self._hashes[places])
        return held[: self._most]

    def _read_target(self) -> tuple[list[HeldRow], int]:
        """The target's rows that the source lacks, as many as may be held; how many there are."""
        surplus = np.maximum(self._there - self._here, 0)
        places = np.flatnonzero(surplus)
        extra = int(surplus.sum())
        starts = np.repeat(self._starts[places], surplus[places])
        firsts = np.cumsum(surplus[places]) - surplus[places]
        within = np.arange(extra) - np.repeat(firsts, surplus[places])
        chosen: Addresses = self._addresses[starts + within][: self._most]
        held = [
            HeldRow(texts, ctid, stored.part)
            for stored in self._pair.target.read_stored(self._pair.plan, chosen)
            for ctid, texts in zip(stored.ctids, _tuples(stored.texts), strict=True)
        ]
        return held, extra


class _Sifting:
    """A chunk's rows in the wanted buckets: counted where their hash is known, else held."""

    def __init__(
        self,
        pair: TablePair,
        is_wanted: npt.NDArray[np.bool_],
        known: Hashes,
        most: int | None,
        only: Hashes | None,
    ) -> None:
        """*known* is sorted; *only*: hold the rows of these hashes, all of them."""
        self._pair = pair
        self._is_wanted = is_wanted
        self._known = known
        self._most = most if only is None else None
        self._only = only
        self._places: list[Places] = []
        self.held: list[HeldRow] = []
        self.hashes_held: list[int] = []
        self.lost = 0

    def add(self, batch: pa.RecordBatch, rowids: Rowids) -> None:
        plan, by_hash = self._pair.plan, self._pair.by_hash
        hashes = hash_fetched(batch, plan.columns, by_hash=by_hash)
        inside = np.flatnonzero(self._is_wanted[bucket_of(hashes, len(self._is_wanted))])
        if not len(inside):
            return
        lost = inside[self._is_lost(hashes[inside])]
        self.lost += len(lost)
        if self._most is not None:
            lost = lost[: max(self._most - len(self.held), 0)]
        if len(lost):
            texts = fetched_texts(batch.take(pa.array(lost)), plan.columns)
            self.held += [
                HeldRow(row, rowids[place] if rowids else None)
                for place, row in zip(lost.tolist(), _tuples(texts), strict=True)
            ]
            self.hashes_held += hashes[lost].tolist()

    def _is_lost(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        if self._only is not None:
            return np.isin(hashes, self._only)
        places = np.searchsorted(self._known, hashes)
        is_known = np.zeros(len(hashes), np.bool_)
        within = places < len(self._known)
        is_known[within] = self._known[places[within]] == hashes[within]
        self._places.append(places[is_known])
        return ~is_known

    def places(self) -> Places:
        """Of the known hashes, one per row."""
        return np.concatenate([np.zeros(0, np.int64), *self._places])


def _tuples(columns: Sequence[pa.Array]) -> Iterator[tuple[str | None, ...]]:
    return zip(*(column.to_pylist() for column in columns), strict=True)
