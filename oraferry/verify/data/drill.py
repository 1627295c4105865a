"""The rows of some buckets that are not on both sides: what is left when equal rows are taken away.

The target lists the hashes of the buckets' rows, the source is read once more; a hash that
both have leaves both sides. What remains is fetched with its values, and paired.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from oraferry.canonical.buckets import bucket_of, fetched_texts, hash_fetched
from oraferry.model import Chunk
from oraferry.ports import Addresses, Hashes, StoredRows
from oraferry.verify.data.pair import Rowids, TablePair
from oraferry.verify.data.pairing import (
    HeldRow,
    Marks,
    Paired,
    find_key,
    list_rows,
    pair_rows,
)
from oraferry.verify.data.unloadable import count_unloadable

# Where more rows differ than may be held, at least so many are looked at with their values.
SAMPLE = 1_000
_READ_AT_ONCE = 2_000
MOST_BYTES = 64 << 20  # of a side's values that are held
Places = npt.NDArray[np.int64]


class Drill:
    """
    One group of buckets, looked into.

    *pairs* are the differing rows; with ``is_whole`` all of them, else some, of which *lost*
    and *extra* say how many each side has that the other lacks.
    """

    def __init__(self, pair: TablePair, buckets: Sequence[int], most: int) -> None:
        """*most* rows of a side are held."""
        self._pair = pair
        self._most = most
        self._held = 0
        self._room = MOST_BYTES
        self._sample = max(SAMPLE, pair.examples or 0)
        self._key = find_key(pair.plan)
        listed = list(pair.target.list_hashes(pair.plan, pair.buckets, buckets))
        hashes, addresses = (np.concatenate(blocks) for blocks in zip(*listed, strict=True))
        order = np.argsort(hashes, kind="stable")
        self._addresses = addresses[order]
        self._hashes, self._starts, self._there = np.unique(
            hashes[order], return_index=True, return_counts=True
        )
        self._is_wanted = np.zeros(pair.buckets, np.bool_)
        self._is_wanted[list(buckets)] = True
        self._here = np.zeros(len(self._hashes), np.int64)
        self.lost = 0
        source = self._read_source()
        chosen = self._find_extra()
        self.extra = len(chosen)
        has_all = len(source) == self.lost
        target = self._hold_target(chosen) if has_all and self.extra <= most else None
        self.is_whole = target is not None
        if target is None:
            source = source[: self._sample]
            target = self._find_partners(source, chosen)
        self.pairs: list[Paired] = pair_rows(source, target, self._key)

    @property
    def count(self) -> int:
        """The differing rows; at least so many unless ``is_whole``."""
        return len(self.pairs) if self.is_whole else max(self.lost, self.extra)

    # -- the source ----------------------------------------------------------------------------

    def _read_source(self) -> list[HeldRow]:
        """The source's rows that the target lacks, as many as may be held."""
        held: list[HeldRow] = []

        def finish(part: _Sifting, chunk: Chunk) -> None:
            self.lost += part.lost
            self._pair.unloadable.update(part.unloadable)
            np.add.at(self._here, part.places(), 1)
            held.extend(part.held[: max(self._most - len(held), 0)])
            self._held = len(held)
            self._room -= part.bytes

        self._scan(finish)
        surplus = np.flatnonzero(self._here > self._there)
        if len(surplus):
            held += self._read_surplus(surplus)
        return held[: self._most]

    def _read_surplus(self, places: Places) -> list[HeldRow]:
        """Of rows that are alike: as many as the target has too few."""
        wanted = {int(self._hashes[p]): int(self._here[p] - self._there[p]) for p in places}
        self.lost += sum(wanted.values())
        held: list[HeldRow] = []

        def finish(part: _Sifting, chunk: Chunk) -> None:
            for hash, row in zip(part.hashes_held, part.held, strict=True):
                if wanted.get(hash, 0) > 0:
                    wanted[hash] -= 1
                    held.append(row)

        self._scan(finish, only=self._hashes[places])
        return held

    def _scan(self, finish: Callable[[_Sifting, Chunk], None], only: Hashes | None = None) -> None:
        def start() -> _Sifting:
            room = max(self._room, 0)
            return _Sifting(self._pair, self._is_wanted, self._hashes, self._most, room, only)

        self._pair.scan(start, finish, self._wants_rowids)

    def _wants_rowids(self, part: _Sifting) -> bool:
        is_wanted = self._held < self._sample
        return is_wanted and bool(part.held) and self._pair.plan.source.has_rowids

    # -- the target ----------------------------------------------------------------------------

    def _find_extra(self) -> Addresses:
        """Where the target's rows are that the source lacks."""
        surplus = np.maximum(self._there - self._here, 0)
        places = np.flatnonzero(surplus)
        counts = surplus[places]
        firsts = np.repeat(np.cumsum(counts) - counts, counts)
        within = np.arange(int(counts.sum())) - firsts
        found: Addresses = self._addresses[np.repeat(self._starts[places], counts) + within]
        return found

    def _hold_target(self, chosen: Addresses) -> list[HeldRow] | None:
        """All of them; None when they are too large to be held."""
        held: list[HeldRow] = []
        room = MOST_BYTES
        for stored in self._read_stored(chosen):
            room -= _size(stored.texts)
            if room < 0:
                return None
            held += _rows_of(stored)
        return held

    def _read_target(self, chosen: Addresses) -> Iterator[HeldRow]:
        for stored in self._read_stored(chosen):
            yield from _rows_of(stored)

    def _read_stored(self, chosen: Addresses) -> Iterator[StoredRows]:
        for start in range(0, len(chosen), _READ_AT_ONCE):
            part = chosen[start : start + _READ_AT_ONCE]
            yield from self._pair.target.read_stored(self._pair.plan, part)

    def _find_partners(self, source: Sequence[HeldRow], chosen: Addresses) -> list[HeldRow]:
        """
        The target's rows that belong to those of *source*; others only when *source* is all
        that the target lacks, because their partners might be among the rest.
        """
        marks = Marks(source, self._key)
        has_all = len(source) == self.lost
        found: list[HeldRow] = []
        others: list[HeldRow] = []
        for row in self._read_target(chosen):
            if row in marks:
                found.append(row)
            elif has_all and len(others) < self._sample:
                others.append(row)
            is_done = len(found) >= len(source) and (not has_all or len(others) == self._sample)
            if is_done:
                break
        return found + others


class _Sifting:
    """A chunk's rows in the wanted buckets: counted where their hash is known, else held."""

    def __init__(
        self,
        pair: TablePair,
        is_wanted: npt.NDArray[np.bool_],
        known: Hashes,
        most: int,
        room: int,
        only: Hashes | None,
    ) -> None:
        """
        *known* is sorted; held are *most* rows, of *room* bytes; *only*: the rows of these
        hashes.
        """
        self._pair = pair
        self._is_wanted = is_wanted
        self._known = known
        self._most = most
        self._room = room
        self._only = only
        self._places: list[Places] = []
        self.held: list[HeldRow] = []
        self.hashes_held: list[int] = []
        self.unloadable: Counter[str] = Counter()
        self.lost = 0
        self.bytes = 0  # that are held

    def add(self, batch: pa.RecordBatch, rowids: Rowids) -> None:
        plan, by_hash = self._pair.plan, self._pair.by_hash
        hashes = hash_fetched(batch, plan.columns, by_hash=by_hash)
        inside = np.flatnonzero(self._is_wanted[bucket_of(hashes, len(self._is_wanted))])
        if not len(inside):
            return
        lost = inside[self._is_lost(hashes[inside])]
        self.lost += len(lost)
        if len(lost):
            missing = batch.take(pa.array(lost))
            self.unloadable.update(count_unloadable(missing, plan.columns))
        lost = lost[: max(self._most - len(self.held), 0)]
        if len(lost):
            texts = fetched_texts(batch.take(pa.array(lost)), plan.columns)
            fit = self._take_room(len(lost), _size(texts))
            self.held += [
                HeldRow(row, rowids[place] if rowids else None)
                for place, row in zip(lost.tolist(), list_rows(texts), strict=True)
            ][:fit]
            self.hashes_held += hashes[lost[:fit]].tolist()

    def _take_room(self, rows: int, size: int) -> int:
        """How many of the *rows* are held."""
        left = max(self._room - self.bytes, 0)
        fit = rows if size <= left else rows * left // size
        self.bytes += min(size, left)
        return fit

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


def _rows_of(stored: StoredRows) -> Iterator[HeldRow]:
    for ctid, texts in zip(stored.ctids, list_rows(stored.texts), strict=True):
        yield HeldRow(texts, ctid, stored.part)


def _size(texts: Sequence[pa.Array]) -> int:
    return sum(column.nbytes for column in texts)
