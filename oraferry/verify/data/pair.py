"""A table and its target under verification: what methods ask, each answer fetched once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Protocol, Self, TypeVar

import numpy as np
import pyarrow as pa

from oraferry.canonical.buckets import BucketSums, add_up, find_differing, hash_fetched
from oraferry.errors import ReadAgain, SourceDataError
from oraferry.model import Chunk, Reject, TablePlan
from oraferry.ports import BucketTotals, Hashes, Source, Target
from oraferry.verify.data.lanes import Lanes
from oraferry.verify.data.room import ReportRoom
from oraferry.verify.data.spill import Records
from oraferry.verify.outcome import RowDifference

# The fewer rows a bucket has, the fewer are read again; 65,536 buckets are 1.5 MB of sums.
FEWEST_BUCKETS, MOST_BUCKETS, ROWS_PER_BUCKET = 1 << 8, 1 << 16, 64

Rowids = Sequence[str | None]
T = TypeVar("T", bound="Taker")
F = TypeVar("F", bound="Files")


class Files(Protocol):
    """What lies in files until it is closed."""

    def close(self) -> None:
        """They are gone."""


class Taker(Protocol):
    """Takes a chunk's rows batch by batch; *rowids* is empty where nobody asked for them."""

    def add(self, batch: pa.RecordBatch, rowids: Rowids) -> None:
        """One more batch, as it was fetched."""


@dataclass(frozen=True, slots=True)
class DifferingRows:
    """What a drill-down found."""

    rows: tuple[RowDifference, ...]
    count: int  # of all; at least so many when not *is_complete*
    is_complete: bool
    reasons: dict[str, int]  # "COLUMN: reason" -> values, of the changed rows that were held
    notes: tuple[str, ...] = ()


@dataclass
class TablePair:
    """
    One table of each side.

    *mask* is what makes a session hand out masked values; *left_out* are the ROWIDs of rows
    that are not expected in the target; *examples* is how many differing rows are wanted,
    None: all; *keeps_hashes*: those of the source's rows are put into ``kept``, a part per chunk,
    which finding every row takes; *every* is called with each of them; *room* is what the report
    has left for rows.
    """

    plan: TablePlan
    scn: int
    chunks: Sequence[Chunk]
    source_rows: int | None
    target: Target
    lanes: Lanes
    charset: str = "AL32UTF8"  # of the source's database
    mask: Callable[[Source], Source] = lambda source: source
    left_out: Set[str] = frozenset()
    examples: int | None = 20
    keeps_hashes: bool = False
    every: Callable[[RowDifference], None] | None = None
    room: ReportRoom = field(default_factory=ReportRoom)
    unreadable: list[Reject] = field(default_factory=list)
    unloadable: Counter[str] = field(default_factory=Counter)  # "COLUMN: reason" -> lost rows
    found: DifferingRows | None = None  # by the method that looks at rows
    lock: threading.Lock = field(default_factory=threading.Lock)
    files: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        """Its files are gone now, whoever still knows of it: an error that is held does."""
        self.files.close()

    def hold(self, files: F) -> F:
        """*files*, until the pair is left."""
        return self.files.enter_context(closing(files))

    @cached_property
    def by_hash(self) -> bool:
        """True when the server's own row hashes are compared, else those of canonical text."""
        return self.target.hashes_rows(self.plan)

    @cached_property
    def target_rows(self) -> int:
        """COUNT(*) of the target."""
        return self.target.count_rows(self.plan)

    @cached_property
    def buckets(self) -> int:
        """Into how many the rows are divided."""
        wanted = max(self.source_rows or 0, self.target_rows) // ROWS_PER_BUCKET
        return min(max(1 << wanted.bit_length(), FEWEST_BUCKETS), MOST_BUCKETS)

    @cached_property
    def totals(self) -> tuple[BucketTotals, BucketTotals]:
        """
        Both sides' sums by bucket, read at the same time.

        The target sums all its rows at first, which costs a third less than by bucket, and by
        bucket only when they are not the source's; not where differences are expected.
        """
        sums = BucketSums(self.buckets)
        is_hashed = self.by_hash
        at_first = 1 if is_hashed and not self.keeps_hashes else self.buckets
        self.unreadable.clear()

        numbers = {chunk: number for number, chunk in enumerate(self.chunks)}

        def merge(part: _Summing, chunk: Chunk) -> None:
            sums.merge(part.sums)
            for hashes in part.kept:
                self.kept.add(numbers[chunk], hashes)

        with ThreadPoolExecutor(1, thread_name_prefix="target") as pool:
            there = pool.submit(self.target.sum_buckets, self.plan, at_first)
            self.scan(lambda: _Summing(self, is_hashed), merge)
            ours, theirs = sums.totals(), there.result()
        if at_first == self.buckets:
            return ours, theirs
        if not len(find_differing(add_up(ours), theirs)):
            return ours, ours
        return ours, self.target.sum_buckets(self.plan, self.buckets)

    @cached_property
    def kept(self) -> Records:
        """The hashes of the source's rows, where they are kept."""
        return self.hold(Records(np.dtype(np.uint64), len(self.chunks)))

    @cached_property
    def differing(self) -> list[int]:
        """The buckets that do not hold the same rows on both sides."""
        found: list[int] = find_differing(*self.totals).tolist()
        return found

    def scan(
        self,
        start: Callable[[], T],
        finish: Callable[[T, Chunk], None],
        wants_rowids: Callable[[T], bool] = lambda taker: False,
        *,
        chunks: Sequence[Chunk] | None = None,
        carefully: bool = False,
    ) -> None:
        """
        Every row of the source at the SCN, or those of some *chunks*: a *start* per chunk takes
        its batches, *finish* gets it at the chunk's end, one at a time. Rows that cannot be read
        are put down in ``unreadable``.

        A chunk whose taker *wants_rowids* in the end is read again with them, by a new taker:
        they cost more than most columns, and most chunks are the same on both sides. *carefully*:
        all have them, and no row is given to a taker twice.
        """

        def read(chunk: Chunk, session: Source) -> None:
            source = self.mask(session)
            if carefully:
                taker = self._take_carefully(chunk, source, start())
            else:
                taker = self._read_chunk(chunk, source, start, wants_rowids)
            with self.lock:
                finish(taker, chunk)

        self.lanes.run([partial(read, c) for c in (self.chunks if chunks is None else chunks)])

    def _read_chunk(
        self,
        chunk: Chunk,
        source: Source,
        start: Callable[[], T],
        wants_rowids: Callable[[T], bool],
    ) -> T:
        for _ in range(0 if self.left_out else 2):  # once more with moments as text
            try:
                taker = self._take(chunk, source, start())
            except ReadAgain:
                continue
            except SourceDataError:
                break
            if not wants_rowids(taker):
                return taker
            break
        return self._take_carefully(chunk, source, start())

    def _take(self, chunk: Chunk, source: Source, taker: T) -> T:
        for batch in source.read_batches(self.plan, chunk, self.scn):
            taker.add(batch, ())
        return taker

    def _take_carefully(self, chunk: Chunk, source: Source, taker: T) -> T:
        for careful in source.read_carefully(self.plan, chunk, self.scn):
            rows, rowids = careful.rows, careful.rowids
            if self.left_out and not self.left_out.isdisjoint(rowids):
                keep = [rowid not in self.left_out for rowid in rowids]
                rows = rows.filter(pa.array(keep, pa.bool_()))
                rowids = tuple(r for r, kept in zip(rowids, keep, strict=True) if kept)
            taker.add(rows, rowids)
            with self.lock:
                known = {reject.rowid for reject in self.unreadable}
                self.unreadable += [
                    reject
                    for reject in careful.unreadable
                    if reject.rowid not in self.left_out and reject.rowid not in known
                ]
        return taker


class _Summing:
    """Adds up a chunk's hashes by bucket, and keeps them where they are wanted."""

    def __init__(self, pair: TablePair, by_hash: bool) -> None:
        self._pair = pair
        self._by_hash = by_hash
        self.sums = BucketSums(pair.buckets)
        self.kept: list[Hashes] = []

    def add(self, batch: pa.RecordBatch, rowids: Rowids) -> None:
        hashes = hash_fetched(batch, self._pair.plan.columns, by_hash=self._by_hash)
        hashes = np.ascontiguousarray(hashes)
        self.sums.add(hashes)
        if self._pair.keeps_hashes:
            self.kept.append(hashes)
