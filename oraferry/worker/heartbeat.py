"""How a running task stays its worker's own."""

from __future__ import annotations

import contextlib
import threading
import time

from oraferry.errors import JobCancelled, LeaseLost, OraferryError, StoreUnavailable
from oraferry.migration.batch import TaskBatch
from oraferry.model import Task
from oraferry.ports import Services

PACE_SECONDS = 0.2  # how soon a waiting lane hears of a stop


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
