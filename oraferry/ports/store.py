"""The only truth about jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Seq
from types import MappingProxyType
from typing import Any, Protocol

from oraferry.model import (
    Chunk,
    ChunkState,
    JobError,
    MigrationStatus,
    Sequence,
    TablePlan,
    TableProgress,
    Task,
    TaskResult,
    Throttle,
    Trouble,
)
from oraferry.ports.job import (
    JobEvent,
    JobWork,
    MigrationJob,
    PlannedTask,
    Verification,
    WorkerInfo,
)


class JobStore(Protocol):
    """What is to be done and what was: the only truth about jobs."""

    def create_migration_job(
        self,
        request: dict[str, Any],
        *,
        comparison: Seq[dict[str, Any]] = (),
        idempotency_key: str | None = None,
    ) -> MigrationJob:
        """
        Store a job as PENDING with its PLAN task (number 0, READY) and an outbox row, in
        one transaction. The same key with the same request returns the first job; with
        another request: JobStateConflict.
        """

    def get_migration_job(self, job_id: str) -> MigrationJob:
        """JobNotFound when there is none (also for text that is no job id)."""

    def get_work(self, job_id: str) -> JobWork:
        """The part of a job that each of its tasks needs; JobNotFound."""

    def list_migration_jobs(
        self, *, limit: int = 50, status: MigrationStatus | None = None, before: str | None = None
    ) -> list[MigrationJob]:
        """Newest first; *before* is a job id to continue after."""

    def update_migration_job_status(
        self,
        job_id: str,
        status: MigrationStatus,
        *,
        error: JobError | None = None,
        verified: bool | None = None,
        notes: Seq[str] = (),
    ) -> MigrationJob:
        """
        Move the job to *status*; JobStateConflict where states.py does not allow it. The
        same status again is allowed and changes nothing. A terminal status cancels the
        tasks that are not running.
        """

    def request_cancel(self, job_id: str) -> MigrationJob:
        """
        Ask for the end of a job: its READY and BLOCKED tasks become CANCELLED; the job is
        CANCELLED at once, or as soon as the last running task has let go.
        """

    def resume_job(
        self, job_id: str, changes: Mapping[str, Any] = MappingProxyType({})
    ) -> MigrationJob:
        """
        Let a FAILED or CANCELLED job go on where it was: PENDING, with an outbox row; its
        failed and cancelled tasks wait again with fresh attempts, and tables that did not
        verify are looked at again. *changes* replace parts of the request. JobStateConflict
        for jobs in another status.
        """

    def save_plan(
        self,
        task: Task,
        *,
        scn: int,
        plans: Seq[TablePlan],
        tasks: Seq[PlannedTask],
        totals: dict[int, int | None],
        notes: Seq[str] = (),
        sequences: Seq[Sequence] = (),
    ) -> None:
        """Store tables and tasks and finish the PLAN task, in one transaction; LeaseLost."""

    def get_plans(self, job_id: str) -> list[TablePlan]:
        """The stored plans, by number."""

    def get_plan(self, job_id: str, table_number: int) -> TablePlan:
        """One stored plan."""

    def list_plans(self, job_id: str, numbers: Seq[int]) -> list[TablePlan]:
        """The stored plans of some tables, by number."""

    def get_planned_sequences(self, job_id: str) -> list[Sequence]:
        """The sequences that ``save_plan`` stored."""

    def claim_task(
        self, worker: str, *, lease_seconds: float, job_id: str | None = None
    ) -> Task | None:
        """
        Lease one READY task (of that job, if given), oldest job first, in task order; moves
        a SUBMITTED job to IN_PROGRESS. None when nothing is ready.
        """

    def claim_alike(self, task: Task, worker: str, *, most: int, small_rows: int) -> list[Task]:
        """
        Lease up to *most* more READY tasks of the same job and kind, never attempted, of
        tables of at most *small_rows* rows; none when the claimed *task* is of a larger one.
        """

    def widen_task(self, task: Task, seconds: float) -> Task:
        """
        The claimed COPY *task*, its chunk joined with neighbours that nobody has begun, as far
        as its table's rows per second say that it then takes about *seconds*; LeaseLost. Most
        of what is ready is left to other lanes.
        """

    def renew_leases(self, tasks: Seq[Task]) -> None:
        """Extend the leases of several tasks of one job, as far as they are still ours."""

    def finish_tasks(
        self, job_id: str, done: Seq[tuple[Task, TaskResult]], seen: Seq[Verification]
    ) -> list[int]:
        """
        ``finish_task`` and ``record_verification`` of several, in one transaction; the
        numbers of the tasks that were still ours and are DONE.
        """

    def set_throttle(self, job_id: str, throttle: Throttle) -> MigrationJob:
        """New limits for a job that has not ended, for workers to see; JobStateConflict."""

    def pace(self, job_id: str, rows: int) -> float:
        """
        Book *rows* of the job's rows per second; the seconds to wait before going on, which
        keep all lanes together to the limit. 0 without a limit.
        """

    def renew_lease(self, task: Task, *, rows: int = 0, bytes: int = 0) -> Throttle:
        """
        Extend the lease, record progress, and return the job's limits; LeaseLost when another
        worker has the task, JobCancelled when the job was asked to stop.
        """

    def finish_task(self, task: Task, result: TaskResult) -> None:
        """
        LEASED → DONE, guarded by the token (LeaseLost). The last COPY of a table makes its
        FINISH READY; the last FINISH makes CONCLUDE READY.
        """

    def fail_task(
        self, task: Task, error: JobError, *, retryable: bool, is_outage: bool = False
    ) -> None:
        """
        Give a task back (READY after a back-off) or, when permanent or out of attempts,
        FAIL it and with it the job. An outage may last longer than the attempts. Does
        nothing when the lease is lost.
        """

    def split_task(self, task: Task, chunks: Seq[Chunk], error: JobError) -> None:
        """*chunks* take the place of the task's own, in one transaction; LeaseLost."""

    def read_later(self, task: Task, scn: int, error: JobError) -> None:
        """The task's chunk is READY again, to be read at *scn*; LeaseLost."""

    def restart_table(self, task: Task, error: JobError) -> int:
        """
        All chunks of the task's table become REPLACED, and a PLAN task for this table alone
        READY. How often that happened to the table now; LeaseLost.
        """

    def save_table_plan(
        self, task: Task, *, scn: int, chunks: Seq[Chunk], total: int | None
    ) -> None:
        """The table's new chunks, and its PLAN task done, in one transaction; LeaseLost."""

    def read_again(
        self,
        task: Task,
        numbers: Seq[int],
        *,
        more: Seq[Chunk] = (),
        scn: int,
        total: int | None,
    ) -> None:
        """
        The table's chunks *numbers* are to be read again at *scn*, and *more* for the first
        time; the FINISH *task* waits for them; LeaseLost.
        """

    def list_chunks(self, job_id: str, table_number: int) -> list[ChunkState]:
        """Every chunk that the table has or had, by number."""

    def list_troubles(self, job_id: str) -> list[Trouble]:
        """What was tried again or ended the job, the newest last."""

    def release_task(self, task: Task) -> None:
        """Give a task back at once, unharmed (a polite stop); the attempt does not count."""

    def reap_leases(self) -> int:
        """
        Leases that expired, or whose worker is gone, become READY (or FAILED out of attempts);
        how many.
        """

    def record_verification(self, job_id: str, seen: Verification) -> None:
        """What verification saw of one table."""

    def list_progress(self, job_id: str, numbers: Seq[int] | None = None) -> list[TableProgress]:
        """Every table of the job, or some of them, by number."""

    def relay_outbox(self, announce: Callable[[str], None]) -> int:
        """
        Call *announce* with each waiting job id and forget it only when that returned; a
        PENDING job becomes SUBMITTED then. How many. Several relays may run at once.
        """

    def add_event(self, job_id: str, kind: str, body: dict[str, Any]) -> None:
        """Append to the job's history."""

    def list_events(self, job_id: str, *, after: int = 0, limit: int = 500) -> list[JobEvent]:
        """Events with a greater id, oldest first."""

    def record_worker(self, worker: str, host: str, pid: int, task: str | None) -> None:
        """This worker lives."""

    def list_workers(self) -> list[WorkerInfo]:
        """Workers seen in the last minutes."""

    def close(self) -> None:
        """Close all connections."""
