"""From the rows that differ to what the target needs to mend them: the source's rows, staged.

Rows are paired by a key of either side; without one by likeness, as long as they can be held, and
beyond that not at all: then what the source lacks leaves, and what the target lacks comes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from oraferry.canonical.buckets import fetched_texts
from oraferry.errors import RepairRefused, SourceDataError
from oraferry.model import Digest, Refusal
from oraferry.ports import FAULTS, BucketTotals, Hashes, RepairStage
from oraferry.typemap import find_bad_rows, load_batch
from oraferry.verify.data.difference import (
    MOST_ALIKE_BYTES,
    READ_AT_ONCE,
    Difference,
    choose_pairing,
    ctids_of,
    find_difference,
    list_extra,
    read_extra,
    take_lost,
)
from oraferry.verify.data.leaving import LeftOut
from oraferry.verify.data.pair import Rowids, TablePair
from oraferry.verify.data.pairing import HeldRow, Paired, find_key, list_texts, pair_rows
from oraferry.verify.data.pairing_large import KeyedRows, PairedRows, SideRows
from oraferry.verify.data.reasons import find_reason
from oraferry.verify.data.room import ReportRoom
from oraferry.verify.data.rows import describe
from oraferry.verify.data.tally import ReasonTally
from oraferry.verify.outcome import RowDifference

Numbers = npt.NDArray[np.int64]


@dataclass
class Mending:
    """What is to be done with a table, in numbers and examples."""

    examples: int
    space: ReportRoom = field(default_factory=ReportRoom)  # that the report has for rows
    faults: Counter[str] = field(default_factory=Counter)
    reasons: ReasonTally = field(default_factory=ReasonTally)
    rows: list[RowDifference] = field(default_factory=list)
    left: LeftOut | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def room(self) -> int:
        """How many more examples are wanted."""
        return 0 if self.space.is_full else max(self.examples - len(self.rows), 0)

    def show(self, row: RowDifference) -> None:
        """One more, if it is wanted."""
        if self.room and self.space.take(row):
            self.rows.append(row)


def plan_mending(
    pair: TablePair,
    examples: int,
    stage: RepairStage | None = None,
    *,
    leaves: bool = False,
) -> Mending:
    """
    Look at every row that differs, and put what is needed into *stage*; None: only look.

    However many they are, few are held at a time; the rest waits in files and in the stage.
    *leaves*: rows that cannot be loaded are left out, else they are a RepairRefused.
    """
    left = LeftOut(pair, examples, is_allowed=leaves)
    mending = Mending(examples, pair.room, left=left)
    if pair.differing:
        _Gathering(pair, find_difference(pair), mending, left, stage).gather()
        if not mending.faults.total() and not left.reasons:
            raise RepairRefused(
                f"{pair.plan.source.ref}: rows hash differently though all their values are the "
                "same",
                hint="please report this, with the types of the table's columns",
            )
    return mending


def total_digest(totals: BucketTotals) -> Digest:
    """The digest of all buckets together."""
    high, low = (int(part.sum(dtype=np.uint64)) for part in (totals.high, totals.low))
    return Digest(int(totals.rows.sum()), f"{high:016x}{low:016x}")


class _Gathering:
    """Stages faults, and the rows of the source that they need."""

    def __init__(
        self,
        pair: TablePair,
        difference: Difference,
        mending: Mending,
        left: LeftOut,
        stage: RepairStage | None,
    ) -> None:
        self._pair = pair
        self._difference = difference
        self._mending = mending
        self._left = left
        self._stage = stage
        self._key = find_key(pair.plan)
        # With rows of one side only there is nothing to pair.
        self._is_one_sided = not difference.lost_rows or not difference.extra_rows
        self._keyed, is_alike = choose_pairing(pair, difference)
        # Rows that are held to be paired by likeness; None: too many.
        self._alike: list[SideRows] | None = [] if is_alike else None
        self._bytes = 0  # of these
        self._next = 1

    def gather(self) -> None:
        """Rows of the source first: each is staged under its number."""
        take_lost(self._pair, self._difference, self._take)
        if self._keyed:
            self._pair_by_key(self._keyed)
        elif self._alike is None or not self._pair_alike(self._alike):
            self._replace()

    # -- rows ----------------------------------------------------------------------------------

    def _take(self, batch: pa.RecordBatch, rowids: Rowids, hashes: Hashes) -> None:
        numbers = np.arange(self._next, self._next + len(batch))
        self._next += len(batch)
        self._load(numbers, batch, rowids, hashes)
        if self._keyed is None and self._alike is None and self._mending.room <= 0:
            return
        texts = fetched_texts(batch, self._pair.plan.columns)
        rows = SideRows.of_source(numbers, hashes, rowids, texts)
        if self._keyed:
            self._keyed.add_source(rows)
        elif self._alike is not None:
            self._hold(rows)
        else:
            self._show(rows)

    def _load(self, numbers: Numbers, rows: pa.RecordBatch, rowids: Rowids, hashes: Hashes) -> None:
        columns = self._pair.plan.columns
        try:
            loaded, _ = load_batch(rows, columns)
        except SourceDataError:
            bad = {found.row: found for found in find_bad_rows(rows, columns)}
            if not bad:
                raise
            refused = [(r, Refusal(b.code, b.reason, b.column)) for r, b in bad.items()]
            self._leave(refused, numbers, rowids, hashes)
            rest = np.delete(np.arange(len(rows)), list(bad))
            numbers, hashes = numbers[rest], hashes[rest]
            rowids = [rowids[row] for row in rest.tolist()] if rowids else ()
            loaded, _ = load_batch(rows.take(pa.array(rest)), columns)
        if self._stage and len(numbers):
            self._leave(self._stage.load(numbers, loaded), numbers, rowids, hashes)

    def _leave(
        self,
        refused: Sequence[tuple[int, Refusal]],
        numbers: Numbers,
        rowids: Rowids,
        hashes: Hashes,
    ) -> None:
        places = [row for row, _ in refused]
        for row, refusal in refused:
            self._left.leave(rowids[row] if rowids else None, refusal)
        if places:
            self._left.without(numbers[places], hashes[places])

    def _hold(self, rows: SideRows) -> None:
        assert self._alike is not None
        self._alike.append(rows)
        self._bytes += rows.batch().nbytes
        if self._bytes > MOST_ALIKE_BYTES:
            for held in self._alike:
                self._show(held)
            self._alike = None

    def _show(self, rows: SideRows) -> None:
        """The first of them as examples, on their own."""
        some = rows.take(np.arange(min(len(rows.numbers), self._mending.room))).held()
        is_ours = bool(len(rows.numbers) and rows.numbers[0])
        for row in some:
            paired = Paired(row, None) if is_ours else Paired(None, row)
            self._mending.show(describe(self._pair, paired))

    # -- pairs ---------------------------------------------------------------------------------

    def _pair_by_key(self, keyed: KeyedRows) -> None:
        for rows in read_extra(self._pair, self._difference):
            keyed.add_target(rows)
        for part in keyed.parts():
            part = self._without_left(part)
            for paired in part.examples(self._mending.room):
                self._mending.show(describe(self._pair, paired))
            self._count_changed(part)
            self._add_missing(part.source.numbers[part.missing])
            self._add_extra(part.target.take(part.extra))

    def _without_left(self, part: PairedRows) -> PairedRows:
        """Rows that cannot be loaded, and what the target has of them, stay as they are."""
        left = self._left.has(part.source.numbers)
        if not left.any():
            return part
        partners = part.theirs[left[part.ours]]
        self._left.stay(part.target.hashes[partners])
        source = part.source.take(np.flatnonzero(~left))
        target = part.target.take(np.delete(np.arange(len(part.target.numbers)), partners))
        return PairedRows.of(source, target, self._key)

    def _count_changed(self, part: PairedRows) -> None:
        source, target = part.source.take(part.ours), part.target.take(part.theirs)
        differs = part.differs
        for place, column in enumerate(self._pair.plan.columns):
            rows = pa.array(np.flatnonzero(differs[:, place]))
            sides = (list_texts(side.texts[place].take(rows)) for side in (source, target))
            for (one, two), count in Counter(zip(*sides, strict=True)).items():
                reason = find_reason(one, two, column.source.type, column.target.type)
                self._mending.reasons.count(column.source.name, reason, count)
        changed = part.changed
        there = target.take(changed)
        places = _list_places(differs[changed])
        self._add("changed", source.numbers[changed], there.holders, there.addresses, places)

    def _pair_alike(self, held: Sequence[SideRows]) -> bool:
        """False when the target's rows are too large to be held."""
        extra, size = [], 0
        for rows in read_extra(self._pair, self._difference):
            extra.append(rows)
            size += rows.batch().nbytes
            if size > MOST_ALIKE_BYTES:
                return False
        source, target = ([row for rows in side for row in rows.held()] for side in (held, extra))
        self._add_pairs([p for p in pair_rows(source, target, ()) if not self._is_left(p)])
        return True

    def _is_left(self, paired: Paired) -> bool:
        if paired.source is None or not self._left.has([paired.source.number])[0]:
            return False
        if paired.target is not None:
            self._left.stay(np.array([paired.target.hash], np.uint64))
        return True

    def _add_pairs(self, pairs: Sequence[Paired]) -> None:
        by_fault: dict[str, list[Paired]] = defaultdict(list)
        for paired in pairs:
            row = describe(self._pair, paired)
            by_fault[row.fault].append(paired)
            self._mending.reasons.add(row.values)
            self._mending.show(row)
        if self._left.is_blind:
            extra = [paired.target.hash for paired in by_fault.pop("extra", []) if paired.target]
            self._left.stay(np.array(extra, np.uint64))
        for fault, some in by_fault.items():
            numbers = np.array([paired.source.number if paired.source else 0 for paired in some])
            there = [paired.target or _NOBODY for paired in some]
            holders, addresses = ([row.part for row in there], [row.address for row in there])
            self._add(fault, numbers, holders, addresses, [_places(paired) for paired in some])

    def _replace(self) -> None:
        """All that differ, unpaired: what the target has too much leaves, what it lacks comes."""
        if not self._is_one_sided:
            self._check_replaceable()
        if not self._is_one_sided:
            self._mending.notes.append(
                "more rows differ than can be paired without a key: each counts as missing or extra"
            )
        shown = self._mending.room
        for rows in read_extra(self._pair, self._difference) if shown > 0 else ():
            self._show(rows)
            if self._mending.room <= 0:
                break
        for start in range(1, self._next, READ_AT_ONCE):
            numbers = np.arange(start, min(start + READ_AT_ONCE, self._next))
            self._add_missing(numbers[~self._left.has(numbers)])
        for block in list_extra(self._difference):
            if self._left.is_blind:
                self._left.stay(block["hash"])
                continue
            parts = list(map(str, block["part"].tolist()))
            self._add("extra", np.zeros(len(block), np.int64), parts, ctids_of(block))

    def _check_replaceable(self) -> None:
        plan = self._pair.plan
        moved = {column.target.name for column in plan.columns}
        own = [c.name for c in plan.target.columns if c.name not in moved and not c.generated]
        if not own and not self._left.reasons:
            return
        why = (
            f"replacing them would lose what {', '.join(own)} holds, which only the target has"
            if own
            else "the target's partners of rows that cannot be loaded must stay"
        )
        raise RepairRefused(
            f"{plan.source.ref}: more rows differ than can be paired without a key, and {why}",
            hint="give the target a unique key, if only for the repair",
        )

    def _add_extra(self, rows: SideRows) -> None:
        if self._left.is_blind:
            self._left.stay(rows.hashes)
        else:
            self._add("extra", rows.numbers, rows.holders, rows.addresses)

    # -- faults --------------------------------------------------------------------------------

    def _add_missing(self, numbers: Numbers) -> None:
        nothing = [None] * len(numbers)
        self._add("missing", numbers, nothing, nothing)

    def _add(
        self,
        fault: str,
        numbers: Numbers,
        holders: Sequence[str | None],
        addresses: Sequence[str | None],
        places: Sequence[Sequence[int]] | None = None,
    ) -> None:
        count = len(numbers)
        if not count:
            return
        self._mending.faults[fault] += count
        if self._stage:
            given = [numbers, [fault] * count, holders, addresses, places or [[]] * count]
            arrays = [pa.array(v, f.type) for v, f in zip(given, FAULTS, strict=True)]
            self._stage.add(pa.RecordBatch.from_arrays(arrays, schema=FAULTS))


def _list_places(differs: npt.NDArray[np.bool_]) -> list[list[int]]:
    """Of each row the columns that differ; few sets of columns are usual."""
    sets, which = np.unique(differs, axis=0, return_inverse=True)
    lists = [np.flatnonzero(columns).tolist() for columns in sets]
    return [lists[number] for number in which.ravel().tolist()]


_NOBODY = HeldRow((), None)


def _places(paired: Paired) -> list[int]:
    """Of the columns that differ, where both sides have the row."""
    if paired.source is None or paired.target is None:
        return []
    sides = enumerate(zip(paired.source.texts, paired.target.texts, strict=True))
    return [place for place, (here, there) in sides if here != there]
