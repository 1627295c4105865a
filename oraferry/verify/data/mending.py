"""From the rows that differ to what the target needs to mend them: the source's rows, staged."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from oraferry.canonical.buckets import fetched_texts, hash_texts
from oraferry.errors import RepairRefused
from oraferry.model import Chunk, ChunkKind, Digest, Refusal
from oraferry.ports import BucketTotals, Fault, RepairStage, Source
from oraferry.typemap import find_bad_rows, load_batch
from oraferry.verify.data.pair import Rowids, TablePair
from oraferry.verify.data.pairing import HeldRow, Paired, find_key
from oraferry.verify.data.rows import describe, find_pairs
from oraferry.verify.outcome import RowDifference

ROWIDS_AT_ONCE = 500  # Oracle takes a thousand in one list


@dataclass
class Mending:
    """What is to be done with a table, in numbers and examples."""

    faults: Counter[str] = field(default_factory=Counter)
    columns: Counter[str] = field(default_factory=Counter)
    rows: list[RowDifference] = field(default_factory=list)


def plan_mending(pair: TablePair, examples: int, stage: RepairStage | None = None) -> Mending:
    """
    Look at every row that differs, and put what is needed into *stage*; None: only look.

    The source's rows are read by ROWID or, where they have none, picked by their values from
    one more read.
    """
    mending = Mending()
    pairs = _counted(pair, mending, examples)
    if stage is None:
        for _ in pairs:
            pass
        return mending
    _Gathering(pair, stage).gather(pairs)
    if mending.faults["missing"] and mending.faults["extra"]:
        # Rows of a large repair are looked at in groups: its two versions may have been apart.
        stage.pair(find_key(pair.plan))
    return mending


def total_digest(totals: BucketTotals) -> Digest:
    """The digest of all buckets together."""
    high, low = (int(part.sum(dtype=np.uint64)) for part in (totals.high, totals.low))
    return Digest(int(totals.rows.sum()), f"{high:016x}{low:016x}")


def _counted(pair: TablePair, mending: Mending, examples: int) -> Iterator[Paired]:
    for paired in find_pairs(pair):
        row = describe(pair, paired)
        mending.faults[row.fault] += 1
        mending.columns.update(
            f"{value.column}: {value.reason or 'another value'}" for value in row.values
        )
        if len(mending.rows) < examples:
            mending.rows.append(row)
        yield paired


class _Gathering:
    """Stages faults, and the rows of the source that they need."""

    def __init__(self, pair: TablePair, stage: RepairStage) -> None:
        self._pair = pair
        self._stage = stage
        # Rows that have no ROWID: the numbers of the faults that wait for a row of that hash.
        self._waiting: dict[int, list[int]] = defaultdict(list)

    def gather(self, pairs: Iterator[Paired]) -> None:
        """All of *pairs*, some hundreds at a time."""
        numbers = itertools.count(1)
        while some := list(itertools.islice(pairs, ROWIDS_AT_ONCE)):
            faults = [_fault(next(numbers), paired) for paired in some]
            self._stage.add(faults)
            wanted = [
                (fault.number, paired.source)
                for fault, paired in zip(faults, some, strict=True)
                if paired.source is not None
            ]
            self._load_by_rowid({row.address: n for n, row in wanted if row.address is not None})
            self._wait_for([(n, row) for n, row in wanted if row.address is None])
        if self._waiting:
            self._load_by_values()

    def _load_by_rowid(self, numbers: dict[str, int]) -> None:
        if not numbers:
            return
        chunk = Chunk(ChunkKind.ROWIDS, rowids=tuple(numbers))

        def read(session: Source) -> None:
            source = self._pair.mask(session)
            for batch in source.read_carefully(self._pair.plan, chunk, self._pair.scn):
                if batch.unreadable:
                    raise self._refuse(batch.unreadable[0].rowid, batch.unreadable[0].refusal)
                self._load([numbers[r] for r in batch.rowids if r], batch.rows, batch.rowids)

        self._pair.lanes.run([read])

    def _load(
        self, numbers: Sequence[int], rows: pa.RecordBatch, rowids: Sequence[str | None] = ()
    ) -> None:
        if not numbers:
            return
        for bad in find_bad_rows(rows, self._pair.plan.columns):
            refusal = Refusal(bad.code, bad.reason, bad.column)
            raise self._refuse(rowids[bad.row] if rowids else None, refusal)
        self._stage.load(numbers, load_batch(rows, self._pair.plan.columns)[0])

    def _refuse(self, rowid: str | None, refusal: Refusal) -> RepairRefused:
        where = f", ROWID {rowid}" if rowid else ""
        return RepairRefused(
            f"{self._pair.plan.source.ref}.{refusal.column or 'a row'} cannot be loaded: "
            f"{refusal.reason}{where}",
            hint="give the target's column another type, or say what becomes of such values "
            "(--policy, docs/reference/types.md); --job leaves out what the job set aside",
            context={"rowid": rowid, "code": refusal.code},
        )

    def _wait_for(self, rows: Iterable[tuple[int, HeldRow]]) -> None:
        waiting = list(rows)
        if not waiting:
            return
        columns = zip(*(row.texts for _, row in waiting), strict=True)
        hashes = hash_texts([pa.array(column, pa.large_string()) for column in columns])
        for (number, _), hash in zip(waiting, hashes.tolist(), strict=True):
            self._waiting[hash].append(number)

    def _load_by_values(self) -> None:
        known = np.array(sorted(self._waiting), np.uint64)

        def finish(part: _Picking) -> None:
            for hashes, rows in part.picked:
                taken = [(place, self._take(hash)) for place, hash in enumerate(hashes)]
                kept = [(place, number) for place, number in taken if number]
                self._load([n for _, n in kept], rows.take(pa.array([p for p, _ in kept])))

        self._pair.scan(lambda: _Picking(self._pair, known), finish)

    def _take(self, hash: int) -> int:
        """The number of a fault that waits for such a row; 0: none does any more."""
        numbers = self._waiting[hash]
        return numbers.pop() if numbers else 0


class _Picking:
    """A chunk's rows that have one of the hashes."""

    def __init__(self, pair: TablePair, known: npt.NDArray[np.uint64]) -> None:
        self._pair = pair
        self._known = known
        self.picked: list[tuple[list[int], pa.RecordBatch]] = []

    def add(self, batch: pa.RecordBatch, rowids: Rowids) -> None:
        hashes = hash_texts(fetched_texts(batch, self._pair.plan.columns))
        places = np.flatnonzero(np.isin(hashes, self._known))
        if len(places):
            self.picked.append((hashes[places].tolist(), batch.take(pa.array(places))))


def _fault(number: int, paired: Paired) -> Fault:
    source, target = paired.source, paired.target
    if source is None or target is None:
        held = target and (target.part, target.address)
        return Fault(number, "missing" if source else "extra", *(held or ()))
    sides = enumerate(zip(source.texts, target.texts, strict=True))
    places = tuple(place for place, (here, there) in sides if here != there)
    return Fault(number, "changed", target.part, target.address, places)
