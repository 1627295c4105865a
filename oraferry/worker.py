"""The worker: hear the bell or look, claim, carry out, renew the lease, stop politely.

Lanes are processes, because decoding Oracle's rows holds the GIL. The first SIGTERM or
Ctrl-C lets the task in hand end; the second leaves at once, and another worker repeats it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import IO, Any

from oraferry import native
from oraferry.config import ENVIRONMENT_PREFIX, SETTING_NAMES, Secret, Settings
from oraferry.errors import BrokerError, JobCancelled, LeaseLost, OraferryError, StoreUnavailable
from oraferry.migration.batch import TaskBatch, claim_batch
from oraferry.migration.run import finish_together, run_task, wait_for_disk
from oraferry.model import ChunkKind, JobError, Task, TaskKind, TaskResult
from oraferry.ports import Services

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
PACE_SECONDS = 0.2  # how soon a waiting lane hears of a stop
HOUSEKEEPING_SECONDS = 2.0
REPORT_SECONDS = 300.0  # how long a finished task's report is tried again
PARENT_VARIABLE = "ORAFERRY_PARENT_PID"
RESTART_SECONDS = 1.0
STOP_SECONDS = 60.0


class WorkerHeartbeat:
    """Renews a task's lease from a thread and carries bad news to the task."""

    def __init__(self, services: Services, task: Task, batch: TaskBatch | None = None) -> None:
        self._store = services.store
        self._batch = batch
        self._task = task
        self.throttle = task.throttle
        self._rows = 0
        self._bytes = 0
        self._news: OraferryError | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def check(self) -> None:
        """LeaseLost or JobCancelled when the task must stop."""
        if self._news is not None:
            raise self._news

    def progress(self, rows: int, bytes: int) -> None:
        """So much more is done; waits where the job may not go faster."""
        self._rows += rows
        self._bytes += bytes
        limits = self.throttle
        if limits.rows_per_second is not None:
            until = time.monotonic() + self._store.pace(self._task.job_id, rows)
            # Other limits, or none, end the wait: it was booked under these.
            while self.throttle == limits and (left := until - time.monotonic()) > 0:
                self.check()
                time.sleep(min(left, PACE_SECONDS))

    def _beat(self) -> None:
        # Three beats fit a lease, so one that is late costs nothing.
        interval = min(self._task.lease_seconds / 3, 2.0)
        while not self._ended.wait(interval):
            try:
                self.throttle = self._store.renew_lease(
                    self._task, rows=self._rows, bytes=self._bytes
                )
                if self._batch is not None:
                    self._batch.renew()
            except (LeaseLost, JobCancelled) as news:
                self._news = news
                return
            except StoreUnavailable:
                # The ledger decides in the end; until the lease is over the work may go on.
                continue

    def __enter__(self) -> WorkerHeartbeat:
        self._thread.start()
        return self

    def report(self) -> None:
        """Tell the store how far it came: what fails now will be read again."""
        if self._news is None and self._rows:
            with contextlib.suppress(LeaseLost, JobCancelled, StoreUnavailable):
                self._store.renew_lease(self._task, rows=self._rows, bytes=self._bytes)

    def __exit__(self, failure: type[BaseException] | None, *rest: object) -> None:
        self._ended.set()
        self._thread.join()
        if failure is not None:
            self.report()


class Worker:
    """One lane: claims tasks and carries them out, one at a time."""

    def __init__(self, services: Services, name: str | None = None) -> None:
        self.name = name or f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._services = services
        self._stopping = threading.Event()
        self._task: Task | None = None
        self._parent = int(os.environ.get(PARENT_VARIABLE, "0"))
        self._last_housekeeping = 0.0
        self._store_was_lost = False

    def stop(self) -> None:
        """Take no further task."""
        self._stopping.set()

    def run(self) -> None:
        """Work until stopped."""
        logger.info("worker %s started", self.name)
        if not native.is_here():
            logger.warning("%s", native.MISSING)
        keeper = threading.Thread(target=self._keep_house, name="housekeeping", daemon=True)
        keeper.start()
        while not self._is_stopped():
            try:
                if not self.work_once():
                    self._services.broker.wait(POLL_SECONDS)
                self._store_was_lost = False
            except StoreUnavailable as error:
                if not self._store_was_lost:
                    logger.warning("%s", error)
                self._store_was_lost = True
                self._stopping.wait(POLL_SECONDS)
        keeper.join(timeout=HOUSEKEEPING_SECONDS * 2)
        logger.info("worker %s stopped", self.name)

    def _is_stopped(self) -> bool:
        if self._parent and os.getppid() != self._parent:
            logger.warning("the process that started this lane is gone; stopping")
            self._stopping.set()
        return self._stopping.is_set()

    def _keep_house(self) -> None:
        """Relay the outbox, reap expired leases, say that we live."""
        while not self._stopping.is_set():
            try:
                task = self._task
                label = None if task is None else f"{task.job_id}/{task.number}"
                self._services.store.record_worker(
                    self.name, socket.gethostname(), os.getpid(), label
                )
                self._services.store.reap_leases()
                self._services.store.relay_outbox(self._services.broker.announce)
            except (StoreUnavailable, BrokerError):
                pass  # both heal; the rows wait
            except Exception:
                logger.exception("housekeeping failed")
            self._stopping.wait(HOUSEKEEPING_SECONDS)

    def work_once(self) -> bool:
        """Claim and carry out one task; False when nothing is ready."""
        task = self._services.store.claim_task(
            self.name, lease_seconds=self._services.settings.lease_seconds
        )
        if task is None:
            return False
        self._task = task
        try:
            batch = claim_batch(self._services.store, task, self.name)
            if batch is None:
                self._task = task = self._widened(task)
                self._carry_out(task, self._services)
            else:
                self._carry_out_all(batch)
        finally:
            self._task = None
        return True

    def _widened(self, task: Task) -> Task:
        """A chunk that is begun for the first time, as large as its table's speed makes good."""
        kinds = (ChunkKind.ROWID, ChunkKind.KEY)
        if task.chunk is None or task.attempt > 1 or task.chunk.kind not in kinds:
            return task
        seconds = self._services.settings.chunk_seconds
        return self._services.store.widen_task(task, seconds) if seconds else task

    def _carry_out_all(self, batch: TaskBatch) -> None:
        """The tasks in turn; what is not begun in time, or before a stop, goes back."""
        services = replace(self._services, store=batch.store)
        started = time.monotonic()
        for place, task in enumerate(self._finish_together(batch, services)):
            if place and (batch.is_late or self._stopping.is_set()):
                batch.drop(task)
                self._services.store.release_task(task)
            else:
                self._task = task
                self._carry_out(task, services, batch)
                batch.drop_unless_done(task)
        self._wait_for_disk(batch, services)
        context = {"job": batch.tasks[0].job_id, "kind": batch.tasks[0].kind.value}
        logger.info(
            "%d of %d tasks (%s) done in %.2f s",
            len(batch.list_done()),
            len(batch.tasks),
            context["kind"],
            time.monotonic() - started,
            extra=context | {"tasks": [task.number for task in batch.tasks]},
        )
        lost: list[Task] = []
        self._insist(lambda: lost.extend(batch.report()))
        for task in lost:
            logger.warning("task %d of job %s was lost", task.number, task.job_id)

    def _wait_for_disk(self, batch: TaskBatch, services: Services) -> None:
        """Once for all chunks of the batch; without that none of them is done."""
        tasks = [task for task in batch.list_done() if task.kind is TaskKind.COPY]
        if not tasks:
            return
        try:
            wait_for_disk(tasks, services)
        except OraferryError as error:
            logger.warning("%d chunks may not be on disk: %s", len(tasks), error)
            for task in tasks:
                batch.take_back(task)
                self._fail_with(task, error)

    def _finish_together(self, batch: TaskBatch, services: Services) -> list[Task]:
        """Finish the batch's tables at once, if it is of such; the tasks that are left."""
        first = batch.tasks[0]
        if first.kind is not TaskKind.FINISH:
            return batch.tasks
        results = {}
        try:
            with WorkerHeartbeat(services, first, batch) as heartbeat:
                results = finish_together(batch.tasks, services, heartbeat)
        except OraferryError as error:
            # Whose fault it is, and what to do about it, is found one by one.
            logger.info("%d tables are finished one by one: %s", len(batch.tasks), error)
        for task in batch.tasks:
            if task.number in results:
                batch.add(task, results[task.number])
        return [task for task in batch.tasks if task.number not in results]

    def _carry_out(self, task: Task, services: Services, batch: TaskBatch | None = None) -> None:
        context = {"job": task.job_id, "task": task.number, "kind": task.kind.value}
        started = time.monotonic()
        try:
            with WorkerHeartbeat(self._services, task, batch) as heartbeat:
                result = run_task(task, services, heartbeat, waits_for_disk=batch is None)
            if result is not None and batch is not None:
                batch.add(task, result)
            elif result is not None:
                self._report(task, result)
            elif task.kind is TaskKind.PLAN:
                self._ring(task)
        except LeaseLost as news:
            logger.warning("%s", news, extra=context)
        except JobCancelled as news:
            logger.info("%s", news, extra=context)
            self._services.store.release_task(task)
        except OraferryError as error:
            logger.warning("task %d (%s): %s", task.number, task.kind, error, extra=context)
            self._fail_with(task, error)
        except Exception as error:  # the loop must outlive a bug of ours
            logger.exception("task %d of job %s failed", task.number, task.job_id, extra=context)
            self._fail(
                task,
                JobError(
                    "InternalError",
                    f"a bug of oraferry: {type(error).__name__}",
                    "the worker's log holds the traceback; please report it",
                ),
                retryable=False,
            )
        else:
            seconds = time.monotonic() - started
            # A batch says so of all its tasks: a line costs as much as some of a small table.
            logger.log(
                logging.DEBUG if batch else logging.INFO,
                "task %d (%s) done in %.2f s",
                task.number,
                task.kind,
                seconds,
                extra=context,
            )

    def _ring(self, task: Task) -> None:
        """Its chunks are there: lanes that found nothing need not wait for their next look."""
        with contextlib.suppress(BrokerError):
            self._services.broker.announce(task.job_id)

    def _report(self, task: Task, result: TaskResult) -> None:
        """A store that is away for a while must not cost a chunk that is in."""
        self._insist(lambda: self._services.store.finish_task(task, result))

    def _fail_with(self, task: Task, error: OraferryError) -> None:
        self._fail(
            task,
            JobError(error.code, error.message, error.hint, error.context),
            retryable=error.retryable,
            is_outage=error.is_outage,
        )

    def _fail(
        self, task: Task, error: JobError, *, retryable: bool, is_outage: bool = False
    ) -> None:
        fail = partial(self._services.store.fail_task, task, error, retryable=retryable)
        with contextlib.suppress(LeaseLost):
            self._insist(lambda: fail(is_outage=is_outage))

    def _insist(self, report: Any) -> None:
        deadline = time.monotonic() + REPORT_SECONDS
        while True:
            try:
                report()
                return
            except StoreUnavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_SECONDS)


def run_workers(settings: Settings, processes: int) -> int:
    """`oraferry worker`: in this process, or as the parent of several."""
    if processes == 1:
        return run_here(settings)
    stop = threading.Event()
    _on_signals(lambda: stop.set())
    with spawn_workers(settings, processes):
        stop.wait()
    return 0


def run_here(settings: Settings) -> int:
    """One lane in this process; 0 after a polite stop."""
    from oraferry.wiring import open_services

    with open_services(settings) as services:
        worker = Worker(services)
        _on_signals(worker.stop)
        worker.run()
    return 0


def _on_signals(stop: Any) -> None:
    """First signal: stop politely. Second: leave now."""
    seen = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal seen
        seen += 1
        if seen > 1:
            os._exit(128 + number)
        stop()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


# -- lanes as child processes ------------------------------------------------------------------


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as environment variables: secrets never stand in a command line."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(ENVIRONMENT_PREFIX)
    }
    for name in SETTING_NAMES:
        value = getattr(settings, name)
        if value is not None:
            shown = value.reveal() if isinstance(value, Secret) else str(value)
            environment[ENVIRONMENT_PREFIX + name.upper()] = shown
    environment[PARENT_VARIABLE] = str(os.getpid())
    return environment


class _Lanes:
    """Child processes that are started again when they crash."""

    def __init__(self, settings: Settings, count: int, log: IO[Any] | None) -> None:
        self._environment = environment_of(settings)
        self._log = log
        self._stopping = threading.Event()
        self.processes = [self._start() for _ in range(count)]
        self._watch = threading.Thread(target=self._supervise, name="lanes", daemon=True)
        self._watch.start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "oraferry", "worker"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log or subprocess.DEVNULL,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is ours to pass on
        )

    def _supervise(self) -> None:
        while not self._stopping.wait(RESTART_SECONDS):
            for place, process in enumerate(self.processes):
                if process.poll() is not None and not self._stopping.is_set():
                    logger.warning("a lane ended with %s; starting another", process.returncode)
                    self.processes[place] = self._start()

    def stop(self) -> None:
        """SIGTERM to all; SIGKILL to what is still there after a minute."""
        self._stopping.set()
        self._watch.join()
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def spawn_workers(settings: Settings, count: int, log: Path | None = None) -> Iterator[_Lanes]:
    """*count* lanes as processes, until the block ends; their log goes to *log* or stderr."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(log.open("ab")) if log else None
        lanes = _Lanes(settings, count, file)
        try:
            yield lanes
        finally:
            lanes.stop()
