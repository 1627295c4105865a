"""How a task ended, told to a store that may be away for a while."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from functools import partial

from oraferry.errors import LeaseLost, OraferryError, StoreUnavailable
from oraferry.model import JobError, Task, TaskResult
from oraferry.ports import JobStore

REPORT_SECONDS = 300.0  # how long a finished task's report is tried again
RETRY_SECONDS = 1.0


class Reporter:
    """A store that is away for a while must not cost a chunk that is in."""

    def __init__(self, store: JobStore) -> None:
        self._store = store

    def report(self, task: Task, result: TaskResult) -> None:
        """*task* is done."""
        self.insist(lambda: self._store.finish_task(task, result))

    def fail_with(self, task: Task, error: OraferryError) -> None:
        """*task* met *error*."""
        self.fail(
            task,
            JobError(error.code, error.message, error.hint, error.context),
            retryable=error.retryable,
            is_outage=error.is_outage,
        )

    def fail(
        self, task: Task, error: JobError, *, retryable: bool, is_outage: bool = False
    ) -> None:
        """*task* is given back, or failed; nothing when another worker has it by now."""
        fail = partial(self._store.fail_task, task, error, retryable=retryable)
        with contextlib.suppress(LeaseLost):
            self.insist(lambda: fail(is_outage=is_outage))

    def insist(self, report: Callable[[], None]) -> None:
        """Call *report* until the store is there."""
        deadline = time.monotonic() + REPORT_SECONDS
        while True:
            try:
                report()
                return
            except StoreUnavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(RETRY_SECONDS)
