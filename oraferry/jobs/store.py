"""PostgresJobStore: the JobStore port on PostgreSQL, thin; every statement is in sql/."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Seq
from types import MappingProxyType
from typing import Any

from oraferry.config import Secret
from oraferry.jobs import (
    claims,
    lifecycle,
    planning,
    progress,
    replacing,
    schema,
    telling,
    widening,
)
from oraferry.jobs.pool import StorePool
from oraferry.jobs.rows import checked_id
from oraferry.jobs.statements import add_event, fetch_all
from oraferry.jobs.unblocking import tables_of, unblock
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
from oraferry.ports import (
    JobEvent,
    JobStore,
    JobWork,
    MigrationJob,
    PlannedTask,
    Verification,
    WorkerInfo,
)


class PostgresJobStore:
    """The truth about jobs. Safe to use from several threads."""

    def __init__(
        self, dsn: Secret, *, max_attempts: int = 5, outage_seconds: float = 900.0
    ) -> None:
        """StoreUnavailable when the database cannot be reached."""
        self._patience = claims.Patience(max_attempts, outage_seconds)
        self._pool = StorePool(dsn)

    def migrate(self) -> None:
        """Bring the schema up to date."""
        with self._pool.connection() as connection:
            schema.migrate(connection)

    # -- jobs ------------------------------------------------------------------------------

    def create_migration_job(
        self,
        request: dict[str, Any],
        *,
        comparison: Seq[dict[str, Any]] = (),
        idempotency_key: str | None = None,
    ) -> MigrationJob:
        """A PENDING job with its PLAN task and outbox row, in one transaction."""
        with self._pool.transaction() as connection:
            return lifecycle.create(
                connection, request, comparison=comparison, idempotency_key=idempotency_key
            )

    def get_migration_job(self, job_id: str) -> MigrationJob:
        """JobNotFound when there is none."""
        with self._pool.connection() as connection:
            return lifecycle.get(connection, job_id)

    def get_work(self, job_id: str) -> JobWork:
        """What every task of the job needs."""
        with self._pool.connection() as connection:
            return lifecycle.get_work(connection, job_id)

    def list_migration_jobs(
        self, *, limit: int = 50, status: MigrationStatus | None = None, before: str | None = None
    ) -> list[MigrationJob]:
        """Newest first."""
        with self._pool.connection() as connection:
            return lifecycle.list_jobs(connection, limit=limit, status=status, before=before)

    def update_migration_job_status(
        self,
        job_id: str,
        status: MigrationStatus,
        *,
        error: JobError | None = None,
        verified: bool | None = None,
        notes: Seq[str] = (),
    ) -> MigrationJob:
        """Move the job; JobStateConflict where job_transition does not allow it."""
        with self._pool.transaction() as connection:
            lifecycle.move(connection, job_id, status, error, verified, notes)
            return lifecycle.get(connection, job_id)

    def request_cancel(self, job_id: str) -> MigrationJob:
        """CANCELLED at once, or as soon as the last running task has let go."""
        with self._pool.transaction() as connection:
            return lifecycle.request_cancel(connection, job_id)

    def resume_job(
        self, job_id: str, changes: Mapping[str, Any] = MappingProxyType({})
    ) -> MigrationJob:
        """PENDING again, its failed and cancelled tasks READY."""
        with self._pool.transaction() as connection:
            return lifecycle.resume(connection, job_id, changes)

    # -- plans -----------------------------------------------------------------------------

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
        """Tables and tasks, and the PLAN task done, in one transaction."""
        with self._pool.transaction() as connection:
            planning.save_plan(
                connection,
                task,
                scn=scn,
                plans=plans,
                tasks=tasks,
                totals=totals,
                notes=notes,
                sequences=sequences,
            )

    def get_plans(self, job_id: str) -> list[TablePlan]:
        """The stored plans, by number."""
        with self._pool.connection() as connection:
            return planning.get_plans(connection, job_id)

    def get_plan(self, job_id: str, table_number: int) -> TablePlan:
        """One stored plan."""
        with self._pool.connection() as connection:
            return planning.get_plan(connection, job_id, table_number)

    def list_plans(self, job_id: str, numbers: Seq[int]) -> list[TablePlan]:
        """The stored plans of some tables."""
        with self._pool.connection() as connection:
            return planning.list_plans(connection, job_id, numbers)

    def get_planned_sequences(self, job_id: str) -> list[Sequence]:
        """The sequences that ``save_plan`` stored."""
        with self._pool.connection() as connection:
            return planning.get_planned_sequences(connection, job_id)

    # -- tasks -----------------------------------------------------------------------------

    def claim_task(
        self, worker: str, *, lease_seconds: float, job_id: str | None = None
    ) -> Task | None:
        """Lease one READY task, oldest job first."""
        with self._pool.transaction() as connection:
            return claims.claim(connection, worker, lease_seconds=lease_seconds, job_id=job_id)
        return None

    def set_throttle(self, job_id: str, throttle: Throttle) -> MigrationJob:
        """New limits for a job that has not ended; JobStateConflict."""
        with self._pool.transaction() as connection:
            return lifecycle.set_throttle(connection, job_id, throttle)

    def pace(self, job_id: str, rows: int) -> float:
        """Seconds that the lane has to wait before it goes on."""
        with self._pool.connection() as connection:
            found = fetch_all(connection, "pace", job_id=job_id, rows=rows)
        return max(0.0, float(found[0][0])) if found else 0.0

    def claim_alike(self, task: Task, worker: str, *, most: int, small_rows: int) -> list[Task]:
        """More small tasks of the same kind."""
        with self._pool.connection() as connection:
            return claims.claim_alike(connection, task, worker, most=most, small_rows=small_rows)

    def widen_task(self, task: Task, seconds: float) -> Task:
        """*task* with the chunks behind it that nobody has begun, up to so many seconds."""
        with self._pool.transaction() as connection:
            return widening.widen(connection, task, seconds)

    def renew_leases(self, tasks: Seq[Task]) -> None:
        """Extend the leases of several tasks of one job that are still ours."""
        with self._pool.connection() as connection:
            claims.renew_all(connection, tasks)

    def finish_tasks(
        self, job_id: str, done: Seq[tuple[Task, TaskResult]], seen: Seq[Verification]
    ) -> list[int]:
        """Several at once; the numbers of those that were still ours."""
        with self._pool.transaction() as connection:
            return claims.finish_all(connection, job_id, done, seen)

    def renew_lease(self, task: Task, *, rows: int = 0, bytes: int = 0) -> Throttle:
        """The job's limits now; LeaseLost, or JobCancelled when the job was asked to stop."""
        with self._pool.connection() as connection:
            return claims.renew(connection, task, rows=rows, bytes=bytes)

    def finish_task(self, task: Task, result: TaskResult) -> None:
        """DONE; what waited for it becomes READY."""
        with self._pool.transaction() as connection:
            claims.finish_one(connection, task, result)

    def fail_task(
        self, task: Task, error: JobError, *, retryable: bool, is_outage: bool = False
    ) -> None:
        """READY after a back-off, or FAILED and with it the job."""
        with self._pool.transaction() as connection:
            claims.fail(
                connection, task, error, self._patience, retryable=retryable, is_outage=is_outage
            )

    def release_task(self, task: Task) -> None:
        """READY at once; the attempt does not count."""
        with self._pool.transaction() as connection:
            claims.release(connection, task)

    def reap_leases(self) -> int:
        """Leases that expired, or whose worker is gone, become READY; FAILED out of attempts."""
        with self._pool.transaction() as connection:
            return claims.reap(connection, self._patience)

    # -- chunks that make place for others ---------------------------------------------------

    def split_task(self, task: Task, chunks: Seq[Chunk], error: JobError) -> None:
        """*chunks* take the place of the task's own."""
        with self._pool.transaction() as connection:
            replacing.split(connection, task, chunks, error)

    def read_later(self, task: Task, scn: int, error: JobError) -> None:
        """The task's chunk is READY again, to be read at *scn*."""
        with self._pool.transaction() as connection:
            replacing.read_later(connection, task, scn, error)

    def restart_table(self, task: Task, error: JobError) -> int:
        """All chunks of the task's table are REPLACED, and the table is to be planned anew."""
        with self._pool.transaction() as connection:
            return replacing.restart_table(connection, task, error)

    def save_table_plan(
        self, task: Task, *, scn: int, chunks: Seq[Chunk], total: int | None
    ) -> None:
        """The table's new chunks, and its PLAN task done."""
        with self._pool.transaction() as connection:
            claims.finish(connection, task, TaskResult())
            replacing.save_table_plan(connection, task, scn=scn, chunks=chunks, total=total)
            unblock(connection, task.job_id, tables_of(task))

    def read_again(
        self,
        task: Task,
        numbers: Seq[int],
        *,
        more: Seq[Chunk] = (),
        scn: int,
        total: int | None,
    ) -> None:
        """Chunks to be read again at *scn*, and new ones; the FINISH *task* waits for them."""
        with self._pool.transaction() as connection:
            replacing.read_again(connection, task, numbers, more, scn=scn, total=total)

    def list_chunks(self, job_id: str, table_number: int) -> list[ChunkState]:
        """Every chunk that the table has or had."""
        with self._pool.connection() as connection:
            return progress.list_chunks(connection, job_id, table_number)

    def list_troubles(self, job_id: str) -> list[Trouble]:
        """What was tried again or ended the job."""
        with self._pool.connection() as connection:
            return progress.list_troubles(connection, job_id)

    # -- verification and progress ---------------------------------------------------------

    def record_verification(self, job_id: str, seen: Verification) -> None:
        """What verification saw of one table."""
        with self._pool.connection() as connection:
            progress.record_verifications(connection, job_id, [seen])

    def list_progress(self, job_id: str, numbers: Seq[int] | None = None) -> list[TableProgress]:
        """Every table of the job, or some."""
        with self._pool.connection() as connection:
            return progress.list_progress(connection, job_id, numbers)

    # -- outbox and events -----------------------------------------------------------------

    def relay_outbox(self, announce: Callable[[str], None]) -> int:
        """A row is forgotten only when *announce* returned."""
        count = 0
        while True:
            with self._pool.transaction() as connection:
                if not telling.relay_next(connection, announce):
                    return count
            count += 1

    def add_event(self, job_id: str, kind: str, body: dict[str, Any]) -> None:
        """Append to the job's history."""
        with self._pool.connection() as connection:
            add_event(connection, checked_id(job_id), kind, body)

    def list_events(self, job_id: str, *, after: int = 0, limit: int = 500) -> list[JobEvent]:
        """Events with a greater id, oldest first."""
        with self._pool.connection() as connection:
            return telling.list_events(connection, job_id, after=after, limit=limit)

    def record_worker(self, worker: str, host: str, pid: int, task: str | None) -> None:
        """This worker lives."""
        with self._pool.connection() as connection:
            telling.record_worker(connection, worker, host, pid, task)

    def list_workers(self) -> list[WorkerInfo]:
        """Workers seen in the last minutes."""
        with self._pool.connection() as connection:
            return telling.list_workers(connection)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


# -- the three functions by their known names --------------------------------------------------


def create_migration_job(store: JobStore, request: dict[str, Any], **options: Any) -> MigrationJob:
    """See ``JobStore.create_migration_job``."""
    return store.create_migration_job(request, **options)


def update_migration_job_status(
    store: JobStore, job_id: str, status: MigrationStatus, **options: Any
) -> MigrationJob:
    """See ``JobStore.update_migration_job_status``."""
    return store.update_migration_job_status(job_id, status, **options)


def get_migration_job(store: JobStore, job_id: str) -> MigrationJob:
    """See ``JobStore.get_migration_job``."""
    return store.get_migration_job(job_id)


__all__ = [
    "PostgresJobStore",
    "create_migration_job",
    "get_migration_job",
    "update_migration_job_status",
]
