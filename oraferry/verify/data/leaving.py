"""Rows that a repair leaves as they are: what the source has of them cannot be loaded.

The target's partner of such a row stays too, and what the table must be before the COMMIT is
reckoned accordingly: the proof holds for every other row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from oraferry.canonical.buckets import BucketSums
from oraferry.errors import RepairRefused
from oraferry.model import Refusal
from oraferry.ports import BucketTotals, Hashes
from oraferry.verify.data.pair import TablePair
from oraferry.verify.data.spill import Array
from oraferry.verify.repairs import LeftRow

MOST_REASONS = 500  # that are told apart


class LeftOut:
    """Collects them, where a repair may leave rows out; else the first one refuses the table."""

    def __init__(self, pair: TablePair, examples: int, *, is_allowed: bool) -> None:
        self._pair = pair
        self._examples = examples
        self._is_allowed = is_allowed
        self._numbers: list[Array] = []
        self._absent, self._staying = (BucketSums(pair.buckets) for _ in range(2))
        self.reasons: Counter[str] = Counter()
        self.rows: list[LeftRow] = []
        for reject in pair.unreadable:
            self.leave(reject.rowid, reject.refusal)

    @property
    def is_blind(self) -> bool:
        """True when rows of the source cannot even be read: any extra row may be one of them."""
        return bool(self._pair.unreadable)

    def leave(self, rowid: str | None, refusal: Refusal) -> None:
        """A row; RepairRefused where none may be left out."""
        table = self._pair.plan.source.ref
        if not self._is_allowed:
            where = f", ROWID {rowid}" if rowid else ""
            raise RepairRefused(
                f"{table}.{refusal.column or 'a row'} cannot be loaded: {refusal.reason}{where}",
                hint="give the target's column another type, say what becomes of such values "
                "(--policy, docs/reference/types.md), or repair the other rows "
                "(--leave-unloadable); --job leaves out what the job set aside",
                context={"rowid": rowid, "code": refusal.code},
            )
        name = ": ".join(filter(None, (refusal.column, refusal.reason)))
        if name not in self.reasons and len(self.reasons) >= MOST_REASONS:
            name = "other reasons"
        self.reasons[name] += 1
        if len(self.rows) < self._examples:
            self.rows.append(LeftRow(rowid, refusal.column, refusal.code, refusal.reason))

    def without(self, numbers: Array, hashes: Hashes) -> None:
        """The numbers and hashes of rows that ``leave`` was told of."""
        self._numbers.append(numbers)
        self._absent.add(np.ascontiguousarray(hashes))

    def stay(self, hashes: Hashes) -> None:
        """Rows of the target that stay as they are."""
        self._staying.add(np.ascontiguousarray(hashes))

    def has(self, numbers: Sequence[int] | Array) -> npt.NDArray[np.bool_]:
        """Which of the source's rows are left out."""
        known = np.concatenate(self._numbers) if self._numbers else np.zeros(0, np.int64)
        return np.isin(np.asarray(numbers), known)

    def expect(self, ours: BucketTotals) -> BucketTotals:
        """What the target must be, where the source is *ours*."""
        absent, staying = self._absent, self._staying
        return BucketTotals(
            ours.rows - absent.rows + staying.rows,
            ours.high - absent.high + staying.high,
            ours.low - absent.low + staying.low,
        )
