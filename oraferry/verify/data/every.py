"""Every row that differs, one after the other, however many they are: for a file.

Pairs are made as a repair makes them: by a key, part by part; without one by likeness, as long as
both sides can be held; beyond that each row is given on its own, as missing or extra.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from oraferry.canonical.buckets import fetched_texts
from oraferry.ports import Hashes
from oraferry.verify.data.difference import (
    MOST_ALIKE_BYTES,
    Difference,
    choose_pairing,
    find_difference,
    read_extra,
    take_lost,
)
from oraferry.verify.data.pair import Rowids, TablePair
from oraferry.verify.data.pairing import Paired, pair_rows
from oraferry.verify.data.pairing_large import SideRows
from oraferry.verify.data.unloadable import count_unloadable

Give = Callable[[Paired], None]


def give_every(pair: TablePair, give: Give) -> None:
    """Call *give* with each row that differs; *pair* keeps the source's hashes."""
    _Giving(pair, find_difference(pair), give).run()


class _Giving:
    """Sorts the rows of both sides into pairs."""

    def __init__(self, pair: TablePair, difference: Difference, give: Give) -> None:
        self._pair = pair
        self._difference = difference
        self._give = give
        self._keyed, is_alike = choose_pairing(pair, difference)
        # Rows of both sides that wait to be paired by likeness; None: each is given on its own.
        self._held: tuple[list[SideRows], list[SideRows]] | None = ([], []) if is_alike else None
        self._bytes = 0

    def run(self) -> None:
        """All of them."""
        take_lost(self._pair, self._difference, self._take)
        for rows in read_extra(self._pair, self._difference):
            self._sort(1, rows)
        if self._keyed:
            for part in self._keyed.parts():
                for paired in part.examples(sys.maxsize):
                    self._give(paired)
        if self._held:
            source, target = ([row for some in side for row in some.held()] for side in self._held)
            for paired in pair_rows(source, target, ()):
                self._give(paired)

    def _take(self, batch: pa.RecordBatch, rowids: Rowids, hashes: Hashes) -> None:
        columns = self._pair.plan.columns
        self._pair.unloadable.update(count_unloadable(batch, columns))
        texts = fetched_texts(batch, columns)
        self._sort(0, SideRows.of_source(np.zeros(len(batch), np.int64), hashes, rowids, texts))

    def _sort(self, side: int, rows: SideRows) -> None:
        if self._keyed:
            (self._keyed.add_target if side else self._keyed.add_source)(rows)
        elif self._held:
            self._hold(side, rows)
        else:
            self._give_alone(side, rows)

    def _hold(self, side: int, rows: SideRows) -> None:
        assert self._held is not None
        self._held[side].append(rows)
        self._bytes += rows.batch().nbytes
        if self._bytes > MOST_ALIKE_BYTES:
            for place, held in enumerate(self._held):
                for some in held:
                    self._give_alone(place, some)
            self._held = None

    def _give_alone(self, side: int, rows: SideRows) -> None:
        for row in rows.held():
            self._give(Paired(None, row) if side else Paired(row, None))
