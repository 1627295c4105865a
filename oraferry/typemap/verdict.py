"""What becomes of one column's values on their way: which rows cannot go, what was changed.

The loading functions are written once. With a Verdict that raises, the first value that
cannot go ends the chunk; with one that collects, it is noted, becomes NULL, and the rest goes
on, so that the row alone can be set aside.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.errors import SourceDataError

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of a batch that cannot be loaded, and the first value that keeps it out."""

    row: int  # within its batch
    column: str  # the source's name
    code: str  # a stable word: nul, invalid-bytes, overflow, fraction, too-long, moment, …
    reason: str  # a sentence without the value
    hint: str


class Verdict:
    """Collects what is said of one column; *collects* decides whether a refusal raises."""

    def __init__(self, column: str, *, collects: bool = False) -> None:
        self.column = column
        self.altered: Counter[str] = Counter()
        self._collects = collects
        self._bad: dict[int, BadRow] = {}

    def refuse(
        self, array: pa.Array, bad: pa.Array | Mask, code: str, what: str, hint: str
    ) -> pa.Array:
        """*array* without the values that *bad* marks; SourceDataError unless collecting."""
        mask = _mask(bad)
        if mask is None:
            return array
        rows = np.flatnonzero(mask).tolist()
        if not self._collects:
            raise SourceDataError(
                f"column {self.column}: {what} (row {rows[0]} of its batch)",
                hint=hint,
                context={"column": self.column, "batch_row": rows[0], "code": code},
            )
        for row in rows:
            self._bad.setdefault(row, BadRow(row, self.column, code, what, hint))
        return without(array, mask)

    def settle(
        self,
        array: pa.Array,
        bad: pa.Array | Mask,
        code: str,
        what: str,
        hint: str,
        *,
        to_null: bool,
    ) -> pa.Array:
        """As ``refuse``, or, when *to_null*, with NULL in the values' place, counted."""
        if not to_null:
            return self.refuse(array, bad, code, what, hint)
        mask = _mask(bad)
        if mask is None:
            return array
        self.alter(f"{what}: NULL stored", mask)
        return without(array, mask)

    def alter(self, reason: str, bad: pa.Array | Mask | int) -> None:
        """Count values that are changed on purpose."""
        count = bad if isinstance(bad, int) else _count(bad)
        if count:
            self.altered[reason] += count

    @property
    def bad_rows(self) -> list[BadRow]:
        """What was refused, by row."""
        return sorted(self._bad.values(), key=lambda bad: bad.row)


def without(array: pa.Array, mask: Mask) -> pa.Array:
    """*array* with NULL where *mask* is set."""
    return pc.if_else(pa.array(mask), pa.scalar(None, array.type), array)


def _mask(bad: pa.Array | Mask) -> Mask | None:
    """The mask as booleans; None when nothing is marked."""
    if isinstance(bad, np.ndarray):
        return bad if bad.any() else None
    if not pc.any(bad).as_py():
        return None
    return np.asarray(pc.fill_null(bad, False))


def _count(bad: pa.Array | Mask) -> int:
    if isinstance(bad, np.ndarray):
        return int(np.count_nonzero(bad))
    return int(pc.sum(bad).as_py() or 0)
