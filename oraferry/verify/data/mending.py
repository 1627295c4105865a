"""From the rows that differ to what the target needs to mend them: the source's rows, staged.

Rows are paired by a key of either side; without one by likeness, as long as they can be held, and
beyond that not at all: then what the source lacks leaves, and what the target lacks comes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from oraferry.canonical.buckets import fetched_texts
from oraferry.errors import RepairRefused, SourceDataError
from oraferry.model import Digest, Refusal
from oraferry.ports import FAULTS, BucketTotals, Hashes, RepairStage
from oraferry.typemap import find_bad_rows, load_batch
from oraferry.verify.data.difference import Difference, find_difference, take_lost
from oraferry.verify.data.pair import Rowids, TablePair
from oraferry.verify.data.pairing import HeldRow, Paired, find_key, list_texts, pair_rows
from oraferry.verify.data.pairing_large import KeyedRows, PairedRows, SideRows
from oraferry.verify.data.reasons import find_reason
from oraferry.verify.data.rows import describe
from oraferry.verify.data.spill import Array
from oraferry.verify.outcome import RowDifference

MOST_ALIKE = 20_000  # rows of a side that are paired by their likeness
MOST_ALIKE_BYTES = 32 << 20
MOST_REASONS = 500  # that are told apart
READ_AT_ONCE = 20_000
_OTHER = "another value"
Numbers = npt.NDArray[np.int64]


@dataclass
class Mending:
    """What is to be done with a table, in numbers and examples."""

    examples: int
    faults: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    rows: list[RowDifference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def room(self) -> int:
        """How many more examples are wanted."""
        return self.examples - len(self.rows)

    def count_values(self, column: str, reasons: Counter[str]) -> None:
        """Values that changed, by what happened to them."""
        for reason, count in reasons.items():
            name = f"{column}: {reason}"
            if name not in self.columns and len(self.columns) >= MOST_REASONS:
                name = f"{column}: {_OTHER}"
            self.columns[name] += count


def plan_mending(pair: TablePair, examples: int, stage: RepairStage | None = None) -> Mending:
    """
    Look at every row that differs, and put what is needed into *stage*; None: only look.

    However many they are, few are held at a time; the rest waits in files and in the stage.
    """
    mending = Mending(examples)
    difference = find_difference(pair)
    _Gathering(pair, difference, mending, stage).gather()
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
        stage: RepairStage | None,
    ) -> None:
        self._pair = pair
        self._difference = difference
        self._mending = mending
        self._stage = stage
        self._key = find_key(pair.plan)
        most = max(difference.lost_rows, difference.extra_rows)
        self._keyed = KeyedRows(self._key, most) if self._key else None
        # Rows that are held to be paired by likeness; None: too many.
        self._alike: list[SideRows] | None = [] if most <= MOST_ALIKE else None
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
        self._load(numbers, batch, rowids)
        if self._keyed is None and self._alike is None and self._mending.room <= 0:
            return
        addresses = pa.array(rowids if rowids else [None] * len(batch), pa.large_string())
        texts = fetched_texts(batch, self._pair.plan.columns)
        holders = pa.nulls(len(batch), pa.large_string())
        rows = SideRows(numbers, hashes, addresses, holders, texts)
        if self._keyed:
            self._keyed.add_source(rows)
        elif self._alike is not None:
            self._hold(rows)
        else:
            self._show(rows)

    def _load(self, numbers: Numbers, rows: pa.RecordBatch, rowids: Rowids) -> None:
        columns = self._pair.plan.columns
        try:
            loaded, _ = load_batch(rows, columns)
        except SourceDataError:
            for bad in find_bad_rows(rows, columns):
                refusal = Refusal(bad.code, bad.reason, bad.column)
                raise self._refuse(rowids[bad.row] if rowids else None, refusal) from None
            raise
        if self._stage:
            self._stage.load(numbers, loaded)

    def _refuse(self, rowid: str | None, refusal: Refusal) -> RepairRefused:
        where = f", ROWID {rowid}" if rowid else ""
        return RepairRefused(
            f"{self._pair.plan.source.ref}.{refusal.column or 'a row'} cannot be loaded: "
            f"{refusal.reason}{where}",
            hint="give the target's column another type, or say what becomes of such values "
            "(--policy, docs/reference/types.md); --job leaves out what the job set aside",
            context={"rowid": rowid, "code": refusal.code},
        )

    def _hold(self, rows: SideRows) -> None:
        assert self._alike is not None
        self._alike.append(rows)
        if sum(held.batch().nbytes for held in self._alike) > MOST_ALIKE_BYTES:
            for held in self._alike:
                self._show(held)
            self._alike = None

    def _show(self, rows: SideRows) -> None:
        """The first of them as examples, on their own."""
        some = rows.take(np.arange(min(len(rows.numbers), max(self._mending.room, 0)))).held()
        is_ours = bool(len(rows.numbers) and rows.numbers[0])
        pairs = (Paired(row, None) if is_ours else Paired(None, row) for row in some)
        self._mending.rows += [describe(self._pair, paired) for paired in pairs]

    def _read_extra(self) -> Iterator[SideRows]:
        """The target's rows that the source lacks."""
        for block in self._blocks_of_extra():
            for stored in self._pair.target.read_stored(self._pair.plan, block):
                count = len(stored.ctids)
                yield SideRows(
                    np.zeros(count, np.int64),
                    np.zeros(count, np.uint64),
                    pa.array(stored.ctids, pa.large_string()),
                    pa.array([stored.part] * count, pa.large_string()),
                    stored.texts,
                )

    def _blocks_of_extra(self) -> Iterator[Array]:
        for block in self._difference.extra.blocks():
            for start in range(0, len(block), READ_AT_ONCE):
                yield block[start : start + READ_AT_ONCE]

    # -- pairs ---------------------------------------------------------------------------------

    def _pair_by_key(self, keyed: KeyedRows) -> None:
        for rows in self._read_extra():
            keyed.add_target(rows)
        for part in keyed.parts():
            some = part.examples(max(self._mending.room, 0))
            self._mending.rows += [describe(self._pair, paired) for paired in some]
            self._count_changed(part)
            self._add_missing(part.source.numbers[part.missing])
            extra = part.target.take(part.extra)
            self._add("extra", extra.numbers, extra.holders, extra.addresses)

    def _count_changed(self, part: PairedRows) -> None:
        source, target = part.source.take(part.ours), part.target.take(part.theirs)
        differs = part.differs
        for place, column in enumerate(self._pair.plan.columns):
            rows = pa.array(np.flatnonzero(differs[:, place]))
            sides = (list_texts(side.texts[place].take(rows)) for side in (source, target))
            reasons = Counter(
                find_reason(one, two, column.source.type, column.target.type) or _OTHER
                for one, two in zip(*sides, strict=True)
            )
            self._mending.count_values(column.source.name, reasons)
        changed = part.changed
        places = [np.flatnonzero(row).tolist() for row in differs[changed]]
        there = target.take(changed)
        self._add("changed", source.numbers[changed], there.holders, there.addresses, places)

    def _pair_alike(self, held: Sequence[SideRows]) -> bool:
        """False when the target's rows are too large to be held."""
        extra, size = [], 0
        for rows in self._read_extra():
            extra.append(rows)
            size += rows.batch().nbytes
            if size > MOST_ALIKE_BYTES:
                return False
        source, target = ([row for rows in side for row in rows.held()] for side in (held, extra))
        self._add_pairs(pair_rows(source, target, ()))
        return True

    def _add_pairs(self, pairs: Sequence[Paired]) -> None:
        by_fault: dict[str, list[Paired]] = defaultdict(list)
        for paired in pairs:
            row = describe(self._pair, paired)
            by_fault[row.fault].append(paired)
            for value in row.values:
                self._mending.count_values(value.column, Counter([value.reason or _OTHER]))
            if self._mending.room > 0:
                self._mending.rows.append(row)
        for fault, some in by_fault.items():
            numbers = np.array([paired.source.number if paired.source else 0 for paired in some])
            there = [paired.target or _NOBODY for paired in some]
            holders, addresses = ([row.part for row in there], [row.address for row in there])
            self._add(fault, numbers, holders, addresses, [_places(paired) for paired in some])

    def _replace(self) -> None:
        """All that differ, unpaired: what the target has too much leaves, what it lacks comes."""
        self._check_own_columns()
        self._mending.notes.append(
            "more rows differ than can be paired without a key: each counts as missing or extra"
        )
        shown = self._mending.room
        for rows in self._read_extra() if shown > 0 else ():
            self._show(rows)
            if self._mending.room <= 0:
                break
        for start in range(1, self._next, READ_AT_ONCE):
            self._add_missing(np.arange(start, min(start + READ_AT_ONCE, self._next)))
        for block in self._blocks_of_extra():
            ctids = list(map("({},{})".format, block["block"].tolist(), block["offset"]))
            parts = list(map(str, block["part"].tolist()))
            self._add("extra", np.zeros(len(block), np.int64), parts, ctids)

    def _check_own_columns(self) -> None:
        plan = self._pair.plan
        moved = {column.target.name for column in plan.columns}
        own = [c.name for c in plan.target.columns if c.name not in moved and not c.generated]
        if own and self._difference.extra_rows:
            raise RepairRefused(
                f"{plan.source.ref}: more rows differ than can be paired without a key, and "
                f"replacing them would lose what {', '.join(own)} holds, which only the target has",
                hint="give the target a unique key, if only for the repair",
            )

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
        self._mending.faults[fault] += count
        if self._stage and count:
            given = [numbers, [fault] * count, holders, addresses, places or [[]] * count]
            arrays = [pa.array(v, f.type) for v, f in zip(given, FAULTS, strict=True)]
            self._stage.add(pa.RecordBatch.from_arrays(arrays, schema=FAULTS))


_NOBODY = HeldRow((), None)


def _places(paired: Paired) -> list[int]:
    """Of the columns that differ, where both sides have the row."""
    if paired.source is None or paired.target is None:
        return []
    sides = enumerate(zip(paired.source.texts, paired.target.texts, strict=True))
    return [place for place, (here, there) in sides if here != there]
