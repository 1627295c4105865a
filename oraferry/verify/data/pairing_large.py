"""More differing rows than are held, paired by their key: both sides are divided by it.

Rows of one key are in one part, on either side; part by part they are paired and compared, a
column at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.canonical.buckets import hash_texts
from oraferry.ports import Hashes
from oraferry.verify.data.pairing import HeldRow, Paired, list_rows
from oraferry.verify.data.spill import Batches

BYTES_OF_A_PART = 8 << 20
MOST_PARTS = 1_000
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SideRows:
    """Rows of a side: where they are, their numbers and hashes, their values."""

    numbers: Places  # of the source's rows, as they are staged; 0: of the target
    hashes: Hashes
    addresses: pa.Array  # ROWIDs or ctids
    holders: pa.Array  # the target's tables or partitions
    texts: Sequence[pa.Array]  # canonical, one array per plan column

    def batch(self) -> pa.RecordBatch:
        """As one batch."""
        known = [pa.array(self.numbers), pa.array(self.hashes), self.addresses, self.holders]
        arrays = [*known, *self.texts]
        return pa.RecordBatch.from_arrays(arrays, names=[str(n) for n in range(len(arrays))])

    @classmethod
    def of(cls, batches: Sequence[pa.RecordBatch]) -> SideRows:
        """From at least one batch."""
        table = pa.Table.from_batches(batches).combine_chunks()
        numbers, hashes, addresses, holders, *texts = (
            _one(column.chunks, column.type) for column in table.columns
        )
        return cls(np.asarray(numbers), np.asarray(hashes), addresses, holders, texts)

    @classmethod
    def of_source(
        cls,
        numbers: Places,
        hashes: Hashes,
        rowids: Sequence[str | None],
        texts: Sequence[pa.Array],
    ) -> SideRows:
        """Rows of the source; without ROWIDs where it has none."""
        nothing = [None] * len(numbers)
        holders = pa.array(nothing, pa.large_string())
        return cls(numbers, hashes, pa.array(rowids or nothing, pa.large_string()), holders, texts)

    def take(self, rows: Places) -> SideRows:
        """Some of them."""
        places = pa.array(rows)
        return SideRows(
            self.numbers[rows],
            self.hashes[rows],
            self.addresses.take(places),
            self.holders.take(places),
            [column.take(places) for column in self.texts],
        )

    def held(self) -> list[HeldRow]:
        """Row by row."""
        known = zip(
            list_rows(self.texts),
            self.addresses.to_pylist(),
            self.holders.to_pylist(),
            self.numbers.tolist(),
            self.hashes.tolist(),
            strict=True,
        )
        return [HeldRow(*row) for row in known]


@dataclass(frozen=True)
class PairedRows:
    """The rows of a part: *ours* and *theirs* are the places of those that belong together."""

    source: SideRows
    target: SideRows
    ours: Places
    theirs: Places

    @classmethod
    def of(cls, source: SideRows, target: SideRows, key: Sequence[int]) -> PairedRows:
        """Paired by *key*."""
        return cls(source, target, *match(source.texts, target.texts, key))

    @cached_property
    def differs(self) -> npt.NDArray[np.bool_]:
        """Of each pair, per column, whether the two values are not the same."""
        found = [
            _differ(one.take(pa.array(self.ours)), two.take(pa.array(self.theirs)))
            for one, two in zip(self.source.texts, self.target.texts, strict=True)
        ]
        return np.stack(found, axis=1)

    @cached_property
    def missing(self) -> Places:
        """Rows of the source that have no partner."""
        return np.setdiff1d(np.arange(len(self.source.numbers)), self.ours)

    @cached_property
    def extra(self) -> Places:
        """Rows of the target that have none."""
        return np.setdiff1d(np.arange(len(self.target.numbers)), self.theirs)

    @cached_property
    def changed(self) -> Places:
        """Of the pairs, those whose values are not all the same."""
        return np.flatnonzero(self.differs.any(axis=1))

    def examples(self, most: int) -> list[Paired]:
        """The first that differ: those that changed before others."""
        some = self.changed[:most]
        sides = (self.source.take(self.ours[some]), self.target.take(self.theirs[some]))
        found = [Paired(one, two) for one, two in zip(*(s.held() for s in sides), strict=True)]
        missing = self.source.take(self.missing[: most - len(found)]).held()
        found += [Paired(row, None) for row in missing]
        extra = self.target.take(self.extra[: most - len(found)]).held()
        return found + [Paired(None, row) for row in extra]


class KeyedRows:
    """Takes the differing rows of both sides, gives them part by part."""

    def __init__(self, key: Sequence[int], rows: int) -> None:
        """*key*: the places of its columns; *rows*: about how many come of a side."""
        self._key = key
        self._rows = rows
        self._count = 0  # parts; not known before the first rows are seen
        self._sides: tuple[Batches, ...] = ()
        self._empty: pa.RecordBatch | None = None

    def close(self) -> None:
        """They are wanted no more."""
        for side in self._sides:
            side.close()

    def add_source(self, rows: SideRows) -> None:
        """Some of the source."""
        self._add(0, rows)

    def add_target(self, rows: SideRows) -> None:
        """Some of the target."""
        self._add(1, rows)

    def parts(self) -> Iterator[PairedRows]:
        """All rows, when all were added."""
        for part in range(self._count):
            ours, theirs = (list(side.read(part)) for side in self._sides)
            if self._empty is not None and (ours or theirs):
                source, target = (SideRows.of(b or [self._empty]) for b in (ours, theirs))
                yield PairedRows.of(source, target, self._key)

    def _add(self, side: int, rows: SideRows) -> None:
        batch = rows.batch()
        if self._empty is None:
            self._empty = batch.slice(0, 0)
            size = batch.nbytes // max(len(batch), 1) * self._rows
            self._count = min(size // BYTES_OF_A_PART + 1, MOST_PARTS)
            self._sides = (Batches(self._count), Batches(self._count))
        parts = hash_texts([rows.texts[place] for place in self._key]) % np.uint64(self._count)
        for part in np.unique(parts).tolist():
            self._sides[side].add(part, batch.take(pa.array(np.flatnonzero(parts == part))))


def match(
    source: Sequence[pa.Array], target: Sequence[pa.Array], key: Sequence[int]
) -> tuple[Places, Places]:
    """
    The places of rows with the same values in the columns *key*, none of them NULL; each once.

    >>> columns = lambda *keys: [pa.array(keys, pa.large_string())]
    >>> ours, theirs = match(columns("a", "b", None, "b"), columns("b", "c", None, "a"), [0])
    >>> sorted(zip(ours.tolist(), theirs.tolist()))
    [(0, 3), (1, 0)]
    """
    (mine, ours), (yours, theirs) = (_by_key(side, key) for side in (source, target))
    starts = np.searchsorted(mine, mine)
    places = np.searchsorted(yours, mine) + np.arange(len(mine)) - starts
    found = np.flatnonzero(places < len(yours))
    found = found[yours[places[found]] == mine[found]]
    ours, theirs = ours[found], theirs[places[found]]
    for place in key:
        one, two = (s[place].take(pa.array(at)) for s, at in ((source, ours), (target, theirs)))
        is_same = ~_differ(one, two)  # two keys may have one hash
        ours, theirs = ours[is_same], theirs[is_same]
    return ours, theirs


def _by_key(side: Sequence[pa.Array], key: Sequence[int]) -> tuple[Hashes, Places]:
    """The sorted hashes of the rows' keys, and the rows' places."""
    columns = [side[place] for place in key]
    whole = np.ones(len(columns[0]), np.bool_)
    for column in columns:
        whole &= np.asarray(column.is_valid())
    places = np.flatnonzero(whole)
    hashes = hash_texts(columns)[places]
    order = np.argsort(hashes, kind="stable")
    return hashes[order], places[order]


def _differ(one: pa.Array, two: pa.Array) -> npt.NDArray[np.bool_]:
    """Where the two are not the same; NULL is only itself."""
    unequal = pc.fill_null(pc.not_equal(*map(_bytes, (one, two))), False)
    found: npt.NDArray[np.bool_] = np.asarray(unequal) | (
        np.asarray(one.is_null()) != np.asarray(two.is_null())
    )
    return found


def _bytes(texts: pa.Array) -> pa.Array:
    return texts.cast(pa.large_binary())


def _one(chunks: Sequence[pa.Array], type: pa.DataType) -> pa.Array:
    return pa.concat_arrays(chunks) if chunks else pa.array([], type)
