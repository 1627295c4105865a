"""A chunk that met a bad row: read and loaded again with care, each bad row set aside alone.

The fast way stays fast because it asks for no ROWIDs and looks at no single row; only what it
could not load comes here. First our own rules speak; only if PostgreSQL still refuses, its
refusals are found by probing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa

from oraferry.canonical import declared_text
from oraferry.canonical.digest import hash_rows
from oraferry.copying.account import Account
from oraferry.errors import CopyRejected, ReadAgain, SourceDataError
from oraferry.model import (
    BadRowLimits,
    Chunk,
    Digest,
    Refusal,
    Reject,
    TablePlan,
    Task,
    TaskResult,
)
from oraferry.ports import CarefulBatch, Heartbeat, Source, Target
from oraferry.typemap import find_bad_rows, load_batch
from oraferry.typemap.rejects import keep_row, too_many

logger = logging.getLogger(__name__)

# Somebody else may write the keys that this chunk brings, between probing and loading.
PROBES_AT_MOST = 3
# Children read before their parents; all of them are held in memory until the last parent.
WAITING_AT_MOST = 20_000


def transfer_carefully(
    plan: TablePlan,
    task: Task,
    chunk: Chunk,
    scn: int,
    source: Source,
    target: Target,
    heartbeat: Heartbeat,
    limits: BadRowLimits,
    cause: SourceDataError | CopyRejected,
) -> TaskResult:
    """
    Move what can be moved of *chunk* and set the rest aside; *cause* is what the fast way met.

    TooManyBadRows, or what either side raises that is no matter of single rows; then nothing
    of the chunk is in.
    """
    logger.info(
        "%s has rows that cannot be loaded; looking for them", chunk, extra={"action": "chunk.bad"}
    )
    probes = isinstance(cause, CopyRejected)
    for turn in range(PROBES_AT_MOST + 1):
        by_hash = target.hashes_rows(plan)
        rows = ChunkRows(plan, chunk, scn, source, heartbeat, limits, by_hash=by_hash)
        try:
            entry = target.copy_chunk_carefully(plan, task, rows, limits, probes=probes)
        except CopyRejected:
            if turn == PROBES_AT_MOST:
                raise
            probes = True
        else:
            return TaskResult(
                rows=entry.rows,
                bytes=rows.bytes,
                digest=entry.digest,
                altered=entry.altered,
                set_aside=entry.set_aside,
            )
    raise AssertionError("the last turn returned or raised")


class ChunkRows:
    """
    The chunk's rows as ``CarefulRows``. It is read once, or twice when it is probed.

    Between two readings a row is known by its ROWID, or else by its content: rows that are
    the same in all columns stand for each other, so only their number matters.
    """

    def __init__(
        self,
        plan: TablePlan,
        chunk: Chunk,
        scn: int,
        source: Source,
        heartbeat: Heartbeat,
        limits: BadRowLimits,
        *,
        by_hash: bool,
    ) -> None:
        self._plan = plan
        self._chunk = chunk
        self._scn = scn
        self._source = source
        self._heartbeat = heartbeat
        self._most = min(limits.per_table, limits.per_job)
        self._account = Account(plan, heartbeat, by_hash=by_hash)
        self._ours: list[Reject] = []  # refused by the rules and the driver
        self._theirs: dict[int, Reject] = {}  # refused by the target
        self._last = 0  # number given to one of them
        self._waiting = 0  # of them, those that may be taken back
        self._refused: Counter[str] = Counter()  # keys of the target's
        self._batch: tuple[CarefulBatch, list[str]] | None = None  # as last given to probe

    @property
    def bytes(self) -> int:
        """Of the accepted rows."""
        return self._account.bytes

    def probe(self) -> Iterator[pa.RecordBatch]:
        """What our rules accept, for the target to try."""
        for batch in self._read():
            self._heartbeat.check()
            self._batch = (batch, self._keys(batch))
            yield load_batch(batch.rows, self._plan.columns)[0]

    def refuse(self, row: int, refusal: Refusal, *, may_return: bool = False) -> Callable[[], None]:
        """The target will not have a row of the batch that was given last."""
        assert self._batch is not None
        batch, keys = self._batch
        self._heartbeat.check()
        key = keys[row]
        self._refused[key] += 1
        content = keep_row(batch.rows, row, self._plan.columns)
        number = self._last = self._last + 1
        self._theirs[number] = Reject(batch.rowids[row], refusal, content)
        self._waiting += may_return

        def take_back() -> None:
            self._refused[key] -= 1
            self._waiting -= may_return
            del self._theirs[number]

        self._check_limit()
        return take_back

    def accepted(self) -> Iterator[pa.RecordBatch]:
        """The rows that nobody refused, counted and digested as they pass."""
        yield from self._account.convert(self._without_refused())

    def summary(self) -> tuple[Digest, dict[str, int]]:
        """Of the accepted rows."""
        return self._account.summarise()

    def rejects(self) -> list[Reject]:
        """The refused rows."""
        return [*self._ours, *self._theirs.values()]

    def _read(self) -> Iterator[CarefulBatch]:
        """Every row that our rules take; what they refuse is noted, anew in each reading."""
        self._ours = []
        for batch in self._source.read_carefully(self._plan, self._chunk, self._scn):
            self._ours += batch.unreadable
            bad = find_bad_rows(batch.rows, self._plan.columns)
            for found in bad:
                refusal = Refusal(found.code, found.reason, found.column)
                content = keep_row(batch.rows, found.row, self._plan.columns)
                self._ours.append(Reject(batch.rowids[found.row], refusal, content))
            self._check_limit()
            yield _drop(batch, [found.row for found in bad])

    def _without_refused(self) -> Iterator[pa.RecordBatch]:
        left = Counter(self._refused)
        for batch in self._read():
            drop = []
            if left:
                for row, key in enumerate(self._keys(batch)):
                    if left[key] > 0:
                        left[key] -= 1
                        drop.append(row)
            yield _drop(batch, drop).rows
        if left.total():
            raise ReadAgain(
                f"{self._plan.source.ref}: rows that were refused are not there any more",
                hint="the chunk is read again",
            )

    def _keys(self, batch: CarefulBatch) -> list[str]:
        if all(batch.rowids):
            return [str(rowid) for rowid in batch.rowids]
        hashes = hash_rows(
            [
                declared_text(batch.rows.column(i), column)
                for i, column in enumerate(self._plan.columns)
            ]
        )
        return [f"{high:016x}{low:016x}" for high, low in hashes.tolist()]

    def _check_limit(self) -> None:
        found = self.rejects()
        if len(found) - self._waiting > self._most or self._waiting > WAITING_AT_MOST:
            raise too_many(self._plan, found, f"{self._most} at most")


def _drop(batch: CarefulBatch, rows: list[int]) -> CarefulBatch:
    """*batch* without the rows at these places; what it could not read was noted already."""
    if not rows:
        return batch
    keep = np.ones(batch.rows.num_rows, np.bool_)
    keep[rows] = False
    rowids = tuple(rowid for rowid, stays in zip(batch.rowids, keep, strict=True) if stays)
    return CarefulBatch(batch.rows.filter(pa.array(keep)), rowids)
