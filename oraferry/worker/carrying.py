"""Tasks that a lane has claimed, carried out one by one or as a batch."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from oraferry.errors import BrokerError, JobCancelled, LeaseLost, OraferryError
from oraferry.migration.batch import TaskBatch
from oraferry.migration.run import finish_together, run_task, wait_for_disk
from oraferry.model import JobError, Task, TaskKind, TaskResult
from oraferry.ports import Services
from oraferry.worker.heartbeat import WorkerHeartbeat
from oraferry.worker.reporting import Reporter

logger = logging.getLogger(__name__)


class Carrier:
    """Carries tasks out, and sees that the store hears how each of them ended."""

    def __init__(self, services: Services, stopping: threading.Event) -> None:
        self.task: Task | None = None  # in hand, for those who ask
        self._services = services
        self._stopping = stopping
        self._reporter = Reporter(services.store)

    def carry_out(self, task: Task) -> None:
        """One task, by itself."""
        with self._in_hand(task):
            self._carry_out(task, self._services)

    def carry_out_all(self, batch: TaskBatch) -> None:
        """The tasks in turn; what is not begun in time, or before a stop, goes back."""
        started = time.monotonic()
        with self._in_hand(batch.tasks[0]):
            self._work_through(batch)
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
        self._reporter.insist(lambda: lost.extend(batch.report()))
        for task in lost:
            logger.warning("task %d of job %s was lost", task.number, task.job_id)

    @contextlib.contextmanager
    def _in_hand(self, task: Task) -> Iterator[None]:
        self.task = task
        try:
            yield
        finally:
            self.task = None

    def _work_through(self, batch: TaskBatch) -> None:
        services = replace(self._services, store=batch.store)
        for place, task in enumerate(self._finish_together(batch, services)):
            if place and (batch.is_late or self._stopping.is_set()):
                batch.drop(task)
                self._services.store.release_task(task)
            else:
                self.task = task
                self._carry_out(task, services, batch)
                batch.drop_unless_done(task)
        self._wait_for_disk(batch, services)

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
                self._reporter.fail_with(task, error)

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
        """Whatever happens, the store hears how *task* ended."""
        context = {"job": task.job_id, "task": task.number, "kind": task.kind.value}
        started = time.monotonic()
        try:
            with WorkerHeartbeat(self._services, task, batch) as heartbeat:
                result = run_task(task, services, heartbeat, waits_for_disk=batch is None)
            self._hand_in(task, result, batch)
        except LeaseLost as news:
            logger.warning("%s", news, extra=context)
        except JobCancelled as news:
            logger.info("%s", news, extra=context)
            self._services.store.release_task(task)
        except OraferryError as error:
            logger.warning("task %d (%s): %s", task.number, task.kind, error, extra=context)
            self._reporter.fail_with(task, error)
        except Exception as error:  # the loop must outlive a bug of ours
            logger.exception("task %d of job %s failed", task.number, task.job_id, extra=context)
            self._reporter.fail(task, _bug(error), retryable=False)
        else:
            seconds = time.monotonic() - started
            # A batch says so of all its tasks: a line costs as much as some of a small table.
            level = logging.DEBUG if batch else logging.INFO
            told = (task.number, task.kind, seconds)
            logger.log(level, "task %d (%s) done in %.2f s", *told, extra=context)

    def _hand_in(self, task: Task, result: TaskResult | None, batch: TaskBatch | None) -> None:
        """Without a result the task has told the store itself."""
        if result is not None and batch is not None:
            batch.add(task, result)
        elif result is not None:
            self._reporter.report(task, result)
        elif task.kind is TaskKind.PLAN:
            self._ring(task)

    def _ring(self, task: Task) -> None:
        """Its chunks are there: lanes that found nothing need not wait for their next look."""
        with contextlib.suppress(BrokerError):
            self._services.broker.announce(task.job_id)


def _bug(error: Exception) -> JobError:
    return JobError(
        "InternalError",
        f"a bug of oraferry: {type(error).__name__}",
        "the worker's log holds the traceback; please report it",
    )
