"""One chunk: a thread reads batches, the caller's thread loads them, a short queue between.

The digest of what left is computed from the fetched values, before anything converts them.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

import pyarrow as pa

from oraferry.copying.account import Account
from oraferry.copying.careful import transfer_carefully
from oraferry.errors import CopyRejected, ReadAgain, SourceDataError
from oraferry.model import BadRowLimits, Chunk, TablePlan, Task, TaskResult
from oraferry.ports import Heartbeat, Source, Target

# One batch being read, one waiting, one being sent. A deeper queue only delays the moment a
# failing target is noticed, and keeps LOBs in memory meanwhile.
BATCHES_WAITING = 1
NO_BAD_ROWS = BadRowLimits(per_table=0, per_job=0)


def transfer_chunk(
    plan: TablePlan,
    task: Task,
    chunk: Chunk,
    scn: int,
    source: Source,
    target: Target,
    heartbeat: Heartbeat,
    limits: BadRowLimits = NO_BAD_ROWS,
) -> TaskResult:
    """
    Move *chunk* and return what the ledger says of it, also when it was in already.

    Rows that cannot be loaded are set aside, as many as *limits* allow. Raises what either
    side raises; then nothing of the chunk is in.
    """
    try:
        return _transfer_whole(plan, task, chunk, scn, source, target, heartbeat)
    except (SourceDataError, CopyRejected) as cause:
        if min(limits.per_table, limits.per_job) < 1:
            raise
        return transfer_carefully(plan, task, chunk, scn, source, target, heartbeat, limits, cause)


def _transfer_whole(
    plan: TablePlan,
    task: Task,
    chunk: Chunk,
    scn: int,
    source: Source,
    target: Target,
    heartbeat: Heartbeat,
) -> TaskResult:
    try:
        return _transfer(plan, task, chunk, scn, source, target, heartbeat)
    except ReadAgain:
        # The same source knows how; a new one would meet the same value unprepared.
        return _transfer(plan, task, chunk, scn, source, target, heartbeat)


def _transfer(
    plan: TablePlan,
    task: Task,
    chunk: Chunk,
    scn: int,
    source: Source,
    target: Target,
    heartbeat: Heartbeat,
) -> TaskResult:
    account = Account(plan, heartbeat, by_hash=target.hashes_rows(plan))

    def read() -> Generator[pa.RecordBatch, None, None]:
        yield from source.read_batches(plan, chunk, scn)

    with _Reader(read) as reader:
        entry = target.copy_chunk(plan, task, account.convert(reader), account.summarise)
    return TaskResult(
        rows=entry.rows,
        bytes=account.bytes,
        digest=entry.digest,
        altered=entry.altered,
        set_aside=entry.set_aside,
    )


class _End:
    """After the last batch; *error* is what ended the reading early."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Reader:
    """
    Batches read ahead in a thread. Leaving the block, for whatever reason, ends the thread
    before the source's session is used again.
    """

    def __init__(self, open_batches: Callable[[], Generator[pa.RecordBatch, None, None]]) -> None:
        self._open_batches = open_batches
        self._queue: queue.Queue[pa.RecordBatch | _End] = queue.Queue(BATCHES_WAITING)
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._read, name="reader", daemon=True)
        self._has_started = False

    def __enter__(self) -> Iterator[pa.RecordBatch]:
        return self._iterate()

    def __exit__(self, *failure: object) -> None:
        self._is_stopping.set()
        if self._has_started:
            while self._thread.is_alive():
                self._drain()
                self._thread.join(timeout=0.05)

    def _iterate(self) -> Iterator[pa.RecordBatch]:
        # Not before the first batch is asked for: a chunk that is in already reads nothing.
        self._has_started = True
        self._thread.start()
        while True:
            item = self._queue.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item

    def _read(self) -> None:
        try:
            # Closed here, in the thread that read: the cursor is let go before the session.
            with closing(self._open_batches()) as batches:
                for batch in batches:
                    if not self._put(batch):
                        return
            self._put(_End())
        except BaseException as error:  # handed to the thread that loads
            self._put(_End(error))

    def _put(self, item: pa.RecordBatch | _End) -> bool:
        while not self._is_stopping.is_set():
            try:
                self._queue.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def _drain(self) -> None:
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return
