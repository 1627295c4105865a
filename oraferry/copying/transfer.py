"""One chunk: a thread reads batches, the caller's thread loads them, a short queue between.

The digest of what left is computed from the fetched values, before anything converts them.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

import pyarrow as pa

from oraferry.canonical import RowDigest, source_text
from oraferry.errors import ReadAgain
from oraferry.model import Chunk, Digest, TablePlan, Task, TaskResult
from oraferry.ports import Heartbeat, Source, Target
from oraferry.typemap import load_batch

# One batch being read, one waiting, one being sent. A deeper queue only delays the moment a
# failing target is noticed, and keeps LOBs in memory meanwhile.
BATCHES_WAITING = 1


def transfer_chunk(
    plan: TablePlan,
    task: Task,
    chunk: Chunk,
    scn: int,
    source: Source,
    target: Target,
    heartbeat: Heartbeat,
) -> TaskResult:
    """
    Move *chunk* and return what the ledger says of it, also when it was in already.

    Raises what either side raises; then nothing of the chunk is in.
    """
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
    account = _Account(plan, heartbeat)

    def read() -> Generator[pa.RecordBatch, None, None]:
        yield from source.read_batches(plan, chunk, scn)

    with _Reader(read) as reader:
        entry = target.copy_chunk(plan, task, account.convert(reader), account.summarise)
    return TaskResult(
        rows=entry.rows, bytes=account.bytes, digest=entry.digest, altered=entry.altered
    )


class _Account:
    """Counts what passes."""

    def __init__(self, plan: TablePlan, heartbeat: Heartbeat) -> None:
        self._plan = plan
        self._heartbeat = heartbeat
        self._digest = RowDigest()
        self._altered: Counter[str] = Counter()
        self.bytes = 0

    def convert(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Each batch in the form that COPY takes."""
        for batch in batches:
            self._heartbeat.check()
            self._digest.add(
                [
                    source_text(batch.column(i), column.source.type)
                    for i, column in enumerate(self._plan.columns)
                ]
            )
            loaded, altered = load_batch(batch, self._plan.columns)
            self._altered.update(altered)
            yield loaded
            self.bytes += batch.nbytes
            self._heartbeat.progress(batch.num_rows, batch.nbytes)

    def summarise(self) -> tuple[Digest, dict[str, int]]:
        """What the ledger row says of the chunk."""
        return self._digest.digest(), dict(self._altered)


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
