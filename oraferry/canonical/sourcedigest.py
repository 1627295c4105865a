"""The digest of rows as they were fetched, in the form that the target will answer in."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from oraferry.canonical.declared import declared_text
from oraferry.canonical.digest import RowDigest
from oraferry.canonical.rowhash import hash_rows, sum_hashes
from oraferry.model import ColumnPlan, Digest


class SourceDigest:
    """Adds batches of a table's fetched rows, gives their digest."""

    def __init__(self, columns: Sequence[ColumnPlan], *, by_hash: bool) -> None:
        """*by_hash*: as ``Target.hashes_rows`` says; else by canonical text."""
        self._columns = columns
        self._by_hash = by_hash
        self._total = RowDigest()

    def add(self, batch: pa.RecordBatch) -> None:
        """Rows with a column per plan column."""
        if self._by_hash:
            sums = sum_hashes(hash_rows(batch, self._columns))
            self._total.merge(RowDigest(batch.num_rows, *sums))
            return
        self._total.add(
            [declared_text(batch.column(i), column) for i, column in enumerate(self._columns)]
        )

    def digest(self) -> Digest:
        """Count and digest of all rows so far."""
        return self._total.digest()
