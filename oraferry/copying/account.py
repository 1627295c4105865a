"""What passes from source to target: counted, digested as it left, brought into load form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa

from oraferry.canonical import SourceDigest
from oraferry.model import Digest, TablePlan
from oraferry.ports import Heartbeat
from oraferry.typemap import load_batch


class Account:
    """Counts what passes."""

    def __init__(self, plan: TablePlan, heartbeat: Heartbeat, *, by_hash: bool) -> None:
        """*by_hash*: as ``Target.hashes_rows`` says."""
        self._plan = plan
        self._heartbeat = heartbeat
        self._digest = SourceDigest(plan.columns, by_hash=by_hash)
        self._altered: Counter[str] = Counter()
        self.bytes = 0

    def convert(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Each batch in the form that COPY takes."""
        for batch in batches:
            self._heartbeat.check()
            # First, because it refuses what is damaged: a digest takes any value for good.
            loaded, altered = load_batch(batch, self._plan.columns)
            self._digest.add(batch)
            self._altered.update(altered)
            yield loaded
            self.bytes += batch.nbytes
            self._heartbeat.progress(batch.num_rows, batch.nbytes)

    def summarise(self) -> tuple[Digest, dict[str, int]]:
        """What the ledger row says of the chunk."""
        return self._digest.digest(), dict(self._altered)
