"""Many small tables: their tasks are claimed and reported together, so that a job of thousands
is not spent on asking what to do next.

Each task is still carried out by itself, with its own transaction and ledger row. A worker that
dies before it reported leaves tasks whose chunks are in: another finds them in the ledger and
reads nothing again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from oraferry.model import TablePlan, Task, TaskKind, TaskResult
from oraferry.ports import JobStore, JobWork, Verification

# A table of so few rows takes about as long as the questions around it.
SMALL_ROWS = 2_000
MOST_TASKS = 24
# Others wait for what these tasks unblock; and what is not begun by then goes back.
BATCH_SECONDS = 2.0


class TaskBatch:
    """
    Tasks of one job and kind that are carried out in turn, and a store that asks once and
    reports at the end.
    """

    def __init__(self, store: JobStore, tasks: Sequence[Task]) -> None:
        self.tasks = list(tasks)
        self._store = store
        # Before a lease ends that nobody renews: heartbeats beat for longer tasks only.
        self._deadline = time.monotonic() + min(BATCH_SECONDS, tasks[0].lease_seconds / 4)
        self._done: list[tuple[Task, TaskResult]] = []
        self._seen: list[Verification] = []
        self._open = list(tasks)  # ours, begun or not, and not reported
        buffered = _Buffered(store, self.tasks, self._seen.append)
        self.store = cast("JobStore", buffered)

    @property
    def is_late(self) -> bool:
        """True when what is not begun should go back."""
        return time.monotonic() > self._deadline

    def list_done(self) -> list[Task]:
        """The tasks that wait for the report."""
        return [task for task, _ in self._done]

    def take_back(self, task: Task) -> None:
        """*task* is not done after all, and not this batch's any more."""
        self._done[:] = [pair for pair in self._done if pair[0] is not task]
        self.drop(task)

    def add(self, task: Task, result: TaskResult) -> None:
        """*task* is done; its report waits for the others."""
        self._done.append((task, result))

    def drop_unless_done(self, task: Task) -> None:
        """*task* was carried out; if it is not done it has failed, or was lost or split."""
        if not self._done or self._done[-1][0] is not task:
            self.drop(task)

    def drop(self, task: Task) -> None:
        """*task* is not this batch's any more."""
        self._open.remove(task)
        self._seen[:] = [s for s in self._seen if s.table_number != task.table_number]

    def renew(self) -> None:
        """Keep the leases of all that is not reported."""
        tasks = list(self._open)
        if tasks:
            self._store.renew_leases(tasks)

    def report(self) -> list[Task]:
        """Report what is done; the tasks that belonged to another worker by then."""
        if not self._done:
            return []
        job_id = self._done[0][0].job_id
        finished = set(self._store.finish_tasks(job_id, self._done, self._seen))
        lost = [task for task, _ in self._done if task.number not in finished]
        self._done, self._open = [], []
        self._seen.clear()
        return lost


def claim_batch(store: JobStore, task: Task, worker: str) -> TaskBatch | None:
    """A batch around the claimed *task*; None where it stands alone."""
    if task.kind not in (TaskKind.COPY, TaskKind.FINISH) or task.attempt > 1:
        return None
    more = store.claim_alike(task, worker, most=MOST_TASKS - 1, small_rows=SMALL_ROWS)
    return TaskBatch(store, [task, *more]) if more else None


class _Buffered:
    """The store as the tasks of a batch see it."""

    def __init__(
        self, store: JobStore, tasks: Sequence[Task], tell: Callable[[Verification], None]
    ) -> None:
        self._store = store
        self._tell = tell
        self._work: JobWork | None = None
        self._tasks = tasks
        self._plans: dict[int, TablePlan] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def get_work(self, job_id: str) -> JobWork:
        if self._work is None:
            self._work = self._store.get_work(job_id)
        return self._work

    def get_plan(self, job_id: str, table_number: int) -> TablePlan:
        if not self._plans:
            numbers = [task.table_number for task in self._tasks if task.table_number is not None]
            self._plans = {p.number: p for p in self._store.list_plans(job_id, numbers)}
        return self._plans[table_number]

    def record_verification(self, job_id: str, seen: Verification) -> None:
        self._tell(seen)
