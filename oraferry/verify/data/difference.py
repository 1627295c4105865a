"""Which rows are not on both sides, by their hashes alone, however many they are.

The hashes of the source's rows were kept when they were summed, the target lists those of the
buckets that differ. Both are divided by bucket into parts that fit into memory; in each, equal
hashes are taken away from both sides. What is left of the source is looked up in the chunks that
have it, and only these are read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.canonical.buckets import bucket_of, hash_fetched
from oraferry.errors import RepairRefused
from oraferry.model import Chunk
from oraferry.ports import Hashes
from oraferry.verify.data.pair import Rowids, TablePair
from oraferry.verify.data.pairing import find_key
from oraferry.verify.data.pairing_large import KeyedRows, SideRows
from oraferry.verify.data.spill import Array, Records

MOST_AT_ONCE = 2_000_000  # hashes of both sides; about 100 MB
MOST_LOOKED_UP = 4_000_000  # distinct hashes that are looked for in one read; 130 MB at most
# Without a key, so many rows of a side are paired by their likeness.
MOST_ALIKE = 30_000
MOST_ALIKE_BYTES = 32 << 20
READ_AT_ONCE = 20_000
LISTED = np.dtype([("hash", "u8"), ("part", "u4"), ("block", "u4"), ("offset", "u2")])
LOST = np.dtype([("hash", "u8"), ("rows", "i8")])
HASH = np.dtype(np.uint64)

# Takes rows of the source as they were fetched, with their ROWIDs and hashes.
Sink = Callable[[pa.RecordBatch, Rowids, Hashes], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """*lost* and *extra* in parts, in files."""

    lost: Records  # LOST: rows of the source that the target lacks
    extra: Records  # LISTED: rows of the target that the source lacks
    lost_rows: int

    @property
    def extra_rows(self) -> int:
        """How many."""
        return self.extra.count()


def find_difference(pair: TablePair) -> Difference:
    """All rows that differ; *pair* keeps the source's hashes."""
    part_of, parts = _divide(pair)
    lost, extra = pair.hold(Records(LOST, parts)), pair.hold(Records(LISTED, parts))
    with closing(Records(LISTED, parts)) as theirs, closing(Records(HASH, parts)) as ours:
        _sort(pair, part_of, ours, theirs)
        rows = 0
        for part in range(parts):
            missing, surplus = subtract(ours.read(part), theirs.read(part))
            lost.add(part, missing)
            extra.add(part, surplus)
            rows += int(missing["rows"].sum())
    return Difference(lost, extra, rows)


def _sort(pair: TablePair, part_of: Array, ours: Records, theirs: Records) -> None:
    """The hashes of both sides into their parts."""
    for hashes, addresses in pair.target.list_hashes(pair.plan, pair.buckets, pair.differing):
        listed = np.empty(len(hashes), LISTED)
        listed["hash"] = hashes
        for name in ("part", "block", "offset"):
            listed[name] = addresses[name]
        theirs.split(part_of[bucket_of(hashes, pair.buckets)], listed)
    for hashes in pair.kept.blocks():
        ours.split(part_of[bucket_of(hashes, pair.buckets)], hashes)


def choose_pairing(pair: TablePair, difference: Difference) -> tuple[KeyedRows | None, bool]:
    """
    How the rows of both sides are paired: by a key, part by part; else whether by their
    likeness, as long as they can be held, or not at all. With one side only, there are no pairs.
    """
    lost, extra, key = difference.lost_rows, difference.extra_rows, find_key(pair.plan)
    if key and lost and extra:
        return pair.hold(KeyedRows(key, max(lost, extra))), False
    return None, max(lost, extra) <= MOST_ALIKE


def subtract(ours: Hashes, theirs: Array) -> tuple[Array, Array]:
    """
    What each side has more: distinct hashes with how many, and listed rows.

    >>> theirs = np.array([(5, 1, 0, 1), (5, 1, 0, 2), (9, 1, 0, 3)], LISTED)
    >>> lost, extra = subtract(np.array([5, 7, 7], np.uint64), theirs)
    >>> lost.tolist(), extra["offset"].tolist()
    ([(7, 2)], [1, 3])
    """
    mine, here = np.unique(ours, return_counts=True)
    theirs = theirs[np.argsort(theirs["hash"], kind="stable")]
    found, starts, there = np.unique(theirs["hash"], return_index=True, return_counts=True)
    more = here - _counts_of(mine, found, there)
    lost = np.empty(int((more > 0).sum()), LOST)
    lost["hash"], lost["rows"] = mine[more > 0], more[more > 0]
    surplus = np.maximum(there - _counts_of(found, mine, here), 0)
    firsts = np.repeat(starts - (np.cumsum(surplus) - surplus), surplus)
    return lost, theirs[firsts + np.arange(len(firsts))]


def take_lost(pair: TablePair, difference: Difference, sink: Sink) -> None:
    """
    The source's rows that the target lacks, read again from the chunks that have them.

    RepairRefused when the source hands out other rows than before.
    """
    for hashes, wanted in _rounds(difference.lost):
        picking = _Picking(pair, hashes, wanted, sink)
        chunks = _find_chunks(pair, hashes)
        pair.scan(picking.start, _forget, chunks=chunks, carefully=True)
        if picking.left:
            raise RepairRefused(
                f"{pair.plan.source.ref}: {picking.left} rows were read once and are not there "
                "when they are read again at the same SCN",
                hint="run the repair again; a view over DUAL, random values or the time is not "
                "the same twice",
            )


def list_extra(difference: Difference) -> Iterator[Array]:
    """Where the rows are that the source lacks, some at a time; LISTED."""
    for block in difference.extra.blocks():
        for start in range(0, len(block), READ_AT_ONCE):
            yield block[start : start + READ_AT_ONCE]


def read_extra(pair: TablePair, difference: Difference) -> Iterator[SideRows]:
    """The same with their values."""
    for block in list_extra(difference):
        for part in np.unique(block["part"]).tolist():
            some = block[block["part"] == part]
            known = pa.array(ctids_of(some), pa.large_string())
            for stored in pair.target.read_stored(pair.plan, some):
                count = len(stored.ctids)
                ctids = pa.array(stored.ctids, pa.large_string())
                yield SideRows(
                    np.zeros(count, np.int64),
                    some["hash"][np.asarray(pc.index_in(ctids, value_set=known))],
                    ctids,
                    pa.array([stored.part] * count, pa.large_string()),
                    stored.texts,
                )


def ctids_of(listed: Array) -> list[str]:
    """As PostgreSQL writes them."""
    return list(map("({},{})".format, listed["block"].tolist(), listed["offset"].tolist()))


class _Picking:
    """Hands on the rows of some hashes, no more of each than are wanted; by several lanes."""

    def __init__(self, pair: TablePair, hashes: Hashes, wanted: Array, sink: Sink) -> None:
        self._pair = pair
        self._hashes = hashes
        self._wanted = wanted
        self._sink = sink

    @property
    def left(self) -> int:
        return int(self._wanted.sum())

    def start(self) -> _Picking:
        """All lanes share one."""
        return self

    def add(self, batch: pa.RecordBatch, rowids: Rowids) -> None:
        hashes = hash_fetched(batch, self._pair.plan.columns, by_hash=self._pair.by_hash)
        known, places = _find(self._hashes, hashes)
        rows = np.flatnonzero(known)
        if not len(rows):
            return
        with self._pair.lock:
            rows = rows[self._claim(places[rows])]
            if len(rows):
                taken = batch if len(rows) == len(batch) else batch.take(pa.array(rows))
                named = [rowids[row] for row in rows.tolist()] if rowids else ()
                self._sink(taken, named, hashes[rows])

    def _claim(self, places: Array) -> npt.NDArray[np.bool_]:
        """Which of the rows at *places* of the hashes are still wanted; they are no more then."""
        order = np.argsort(places, kind="stable")
        present, starts, counts = np.unique(places[order], return_index=True, return_counts=True)
        rank = np.arange(len(places)) - np.repeat(starts, counts)
        wanted = np.zeros(len(places), np.bool_)
        wanted[order] = rank < self._wanted[places[order]]
        self._wanted[present] = np.maximum(self._wanted[present] - counts, 0)
        return wanted


def _forget(picking: _Picking, chunk: Chunk) -> None:
    """Its rows were handed on."""


def _divide(pair: TablePair) -> tuple[Array, int]:
    """Per bucket the part that it belongs to, -1 where both sides are the same; how many parts."""
    ours, theirs = pair.totals
    sizes = (ours.rows + theirs.rows)[pair.differing]
    part_of = np.full(pair.buckets, -1, np.int64)
    part_of[pair.differing] = (np.cumsum(sizes) - sizes) // MOST_AT_ONCE
    return part_of, int(part_of.max(initial=-1)) + 1


def _rounds(lost: Records) -> Iterator[tuple[Hashes, Array]]:
    """The hashes of what is lost, sorted, and how many rows of each; so many at once."""
    waiting: list[int] = []
    for part in range(len(lost)):
        if waiting and sum(map(lost.count, [*waiting, part])) > MOST_LOOKED_UP:
            yield _read_sorted(lost, waiting)
            waiting = []
        waiting += [part] if lost.count(part) else []
    if waiting:
        yield _read_sorted(lost, waiting)


def _read_sorted(lost: Records, parts: Sequence[int]) -> tuple[Hashes, Array]:
    count, start = sum(map(lost.count, parts)), 0
    hashes, rows = np.empty(count, np.uint64), np.empty(count, np.int32)
    for part in parts:
        found = lost.read(part)
        end = start + len(found)
        hashes[start:end], rows[start:end] = found["hash"], found["rows"]
        start = end
    order = np.argsort(hashes)
    return hashes[order], rows[order]


def _find_chunks(pair: TablePair, hashes: Hashes) -> list[Chunk]:
    """The chunks that have rows of these hashes."""
    return [
        chunk
        for number, chunk in enumerate(pair.chunks)
        if _find(hashes, pair.kept.read(number))[0].any()
    ]


def _counts_of(wanted: Array, known: Array, counts: Array) -> Array:
    """How often each of *wanted* is there."""
    is_known, places = _find(known, wanted)
    found = np.zeros(len(wanted), np.int64)
    found[is_known] = counts[places[is_known]]
    return found


def _find(known: Array, wanted: Array) -> tuple[npt.NDArray[np.bool_], Array]:
    """Which of *wanted* are among the sorted *known*, and where."""
    if not len(known):
        return np.zeros(len(wanted), np.bool_), np.zeros(len(wanted), np.int64)
    places = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return known[places] == wanted, places
