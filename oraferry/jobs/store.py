"""PostgresJobStore: the JobStore port on PostgreSQL; every statement is in sql/."""

from __future__ import annotations

import contextlib
import json
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Seq
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, TypeVar

import psycopg
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout
from pydantic import TypeAdapter

from oraferry.config import Secret
from oraferry.errors import (
    JobCancelled,
    JobNotFound,
    JobStateConflict,
    StoreUnavailable,
)
from oraferry.jobs import replacing, schema, widening
from oraferry.jobs.statements import CHUNK, add_event, claim_of, lease_lost, sql_text
from oraferry.jobs.states import TERMINAL
from oraferry.model import (
    Chunk,
    ChunkState,
    Digest,
    Finding,
    JobError,
    MigrationStatus,
    Sequence,
    SnapshotRead,
    TablePlan,
    TableProgress,
    Task,
    TaskKind,
    TaskResult,
    TaskStatus,
    Throttle,
    Trouble,
)
from oraferry.ports import (
    NO_THROTTLE,
    JobEvent,
    JobStore,
    JobWork,
    MigrationJob,
    PlannedTask,
    Verification,
    WorkerInfo,
)

_PLAN = TypeAdapter(TablePlan)
_SEQUENCES = TypeAdapter(list[Sequence])
_FINDINGS = TypeAdapter(tuple[Finding, ...])
_ERROR = TypeAdapter(JobError)
_READS = TypeAdapter(tuple[SnapshotRead, ...])

POOL_SIZE = 4
POOL_WAIT_SECONDS = 15.0
LONGEST_WAIT_SECONDS = 300.0
# While a server is away: it should be noticed soon that it is back.
OUTAGE_WAIT_SECONDS = 20.0
# Workers are heard of every two seconds (worker.HOUSEKEEPING_SECONDS).
SILENCE_SECONDS = 4.0
GRACE_SECONDS = 20.0  # after a start of the store's server, before workers without session are gone
ROWS_AT_ONCE = 500  # tables or tasks of a plan that are stored with one statement
_Row = tuple[Any, ...]
_T = TypeVar("_T")


class PostgresJobStore:
    """The truth about jobs. Safe to use from several threads."""

    def __init__(
        self, dsn: Secret, *, max_attempts: int = 5, outage_seconds: float = 900.0
    ) -> None:
        """StoreUnavailable when the database cannot be reached."""
        self._max_attempts = max_attempts
        self._outage_seconds = outage_seconds
        self._pool: ConnectionPool[psycopg.Connection[_Row]] = ConnectionPool(
            dsn.reveal(),
            min_size=1,
            max_size=POOL_SIZE,
            timeout=POOL_WAIT_SECONDS,
            kwargs={"autocommit": True, "application_name": "oraferry-store"},
            check=ConnectionPool.check_connection,
            open=False,
        )
        try:
            with psycopg.connect(dsn.reveal(), connect_timeout=10) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            self._pool.close()
            raise StoreUnavailable(
                "the job store's PostgreSQL cannot be reached, or refused the credentials",
                hint="check store_dsn, and that the server runs and the database exists",
            ) from error
        self._pool.open()

    def migrate(self) -> None:
        """Bring the schema up to date."""
        with self._connection() as connection:
            schema.migrate(connection)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[_Row]]:
        try:
            with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise StoreUnavailable(
                "the job store's PostgreSQL cannot be reached",
                hint="it is tried again; check that the server runs",
            ) from error

    def _all(self, name: str, **binds: Any) -> list[_Row]:
        with self._connection() as connection:
            return connection.execute(sql_text(name), binds).fetchall()

    # -- jobs ------------------------------------------------------------------------------

    def create_migration_job(
        self,
        request: dict[str, Any],
        *,
        comparison: Seq[dict[str, Any]] = (),
        idempotency_key: str | None = None,
    ) -> MigrationJob:
        """A PENDING job with its PLAN task and outbox row, in one transaction."""
        binds = {
            "request": Jsonb(request),
            "comparison": Jsonb(list(comparison)),
            "key": idempotency_key,
            "throttle": Jsonb(_described(_throttle(request.get("throttle")))),
        }
        with self._connection() as connection, connection.transaction():
            row = connection.execute(sql_text("insert_job"), binds).fetchone()
            if row is not None:
                job_id, number = str(row[0]), row[1]
                connection.execute(
                    sql_text("insert_plan_task"), {"job_id": job_id, "job_number": number}
                )
                connection.execute(
                    "INSERT INTO oraferry_jobs.outbox (job_id) VALUES (%s)", [job_id]
                )
                add_event(connection, job_id, "job.created", {"status": "PENDING"})
                return self._get(connection, job_id)
            found = connection.execute(
                "SELECT id::text, request FROM oraferry_jobs.job WHERE idempotency_key = %s",
                [idempotency_key],
            ).fetchone()
            assert found is not None
            if _unsealed(found[1]) != _unsealed(request):
                raise JobStateConflict(
                    "this idempotency key was used for another request",
                    hint="use a new key for a new request",
                    context={"job_id": found[0]},
                )
            return self._get(connection, found[0])

    def get_migration_job(self, job_id: str) -> MigrationJob:
        """JobNotFound when there is none."""
        with self._connection() as connection:
            return self._get(connection, job_id)

    def _get(self, connection: psycopg.Connection[_Row], job_id: str) -> MigrationJob:
        row = connection.execute(sql_text("get_job"), {"job_id": _checked_id(job_id)}).fetchone()
        if row is None:
            raise _not_found(job_id)
        return _job(row)

    def get_work(self, job_id: str) -> JobWork:
        """What every task of the job needs."""
        rows = self._all("get_work", job_id=_checked_id(job_id))
        if not rows:
            raise _not_found(job_id)
        request, scn = rows[0]
        return JobWork(job_id, request, None if scn is None else int(scn))

    def list_migration_jobs(
        self, *, limit: int = 50, status: MigrationStatus | None = None, before: str | None = None
    ) -> list[MigrationJob]:
        """Newest first."""
        rows = self._all(
            "list_jobs",
            limit=limit,
            status=status.value if status else None,
            before=_checked_id(before) if before else None,
        )
        return [_job(row) for row in rows]

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
        with self._connection() as connection, connection.transaction():
            self._move(connection, job_id, status, error, verified, notes)
            return self._get(connection, job_id)

    def _move(
        self,
        connection: psycopg.Connection[_Row],
        job_id: str,
        status: MigrationStatus,
        error: JobError | None = None,
        verified: bool | None = None,
        notes: Seq[str] = (),
    ) -> None:
        # Locked first: an UPDATE that waits for another would recheck the new status against
        # the transition it had found for the old one, and miss a transition that is allowed.
        connection.execute(
            "SELECT 1 FROM oraferry_jobs.job WHERE id = %s FOR NO KEY UPDATE", [_checked_id(job_id)]
        )
        moved = connection.execute(
            sql_text("update_status"),
            {
                "job_id": _checked_id(job_id),
                "status": status.value,
                "error": Jsonb(asdict(error)) if error else None,
                "verified": verified,
                "notes": Jsonb(list(notes)),
            },
        ).fetchone()
        if moved is None:
            found = self._get(connection, job_id).status
            if found is status:
                return
            raise JobStateConflict(
                f"job {job_id} is {found}, so it cannot become {status}",
                context={"job_id": job_id, "found": found.value, "wanted": status.value},
            )
        if status in TERMINAL:
            connection.execute(sql_text("cancel_tasks"), {"job_id": job_id})
        body: dict[str, Any] = {"status": status.value}
        if error is not None:
            body["error"] = asdict(error)
        add_event(connection, job_id, "job.status", body)

    def request_cancel(self, job_id: str) -> MigrationJob:
        """CANCELLED at once, or as soon as the last running task has let go."""
        with self._connection() as connection, connection.transaction():
            job = self._get(connection, job_id)
            if job.status in TERMINAL:
                if job.status is MigrationStatus.CANCELLED:
                    return job
                raise JobStateConflict(
                    f"job {job_id} is {job.status} already",
                    context={"job_id": job_id, "found": job.status.value},
                )
            connection.execute(
                "UPDATE oraferry_jobs.job SET cancel_requested = true, "
                "updated_at = clock_timestamp() WHERE id = %s",
                [job_id],
            )
            connection.execute(sql_text("cancel_tasks"), {"job_id": job_id})
            add_event(connection, job_id, "job.cancel-requested", {})
            self._cancel_if_idle(connection, job_id)
            return self._get(connection, job_id)

    def _cancel_if_idle(self, connection: psycopg.Connection[_Row], job_id: str) -> None:
        if connection.execute(sql_text("cancel_if_idle"), {"job_id": job_id}).fetchone():
            add_event(connection, job_id, "job.status", {"status": "CANCELLED"})

    def resume_job(
        self, job_id: str, changes: Mapping[str, Any] = MappingProxyType({})
    ) -> MigrationJob:
        """PENDING again, its failed and cancelled tasks READY."""
        with self._connection() as connection, connection.transaction():
            job = self._get(connection, job_id)
            if job.status not in (MigrationStatus.FAILED, MigrationStatus.CANCELLED):
                raise JobStateConflict(
                    f"job {job_id} is {job.status}, so it cannot be resumed",
                    hint="only a job that failed or was cancelled goes on",
                    context={"job_id": job_id, "found": job.status.value},
                )
            self._move(connection, job_id, MigrationStatus.PENDING)
            connection.execute(
                "UPDATE oraferry_jobs.job SET request = request || %s WHERE id = %s",
                [Jsonb(dict(changes)), job_id],
            )
            waiting = connection.execute(sql_text("resume_tasks"), {"job_id": job_id}).rowcount
            self._unblock(connection, job_id)
            add_event(connection, job_id, "job.resumed", {"tasks": waiting})
            connection.execute("INSERT INTO oraferry_jobs.outbox (job_id) VALUES (%s)", [job_id])
            return self._get(connection, job_id)

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
        job_id = task.job_id
        with self._connection() as connection, connection.transaction():
            self._finish(connection, task, TaskResult())
            connection.execute(
                sql_text("save_plan"),
                {
                    "job_id": job_id,
                    "scn": scn,
                    "notes": Jsonb(list(notes)),
                    "sequences": Jsonb(_SEQUENCES.dump_python(list(sequences), mode="json")),
                },
            )
            for some in _parts(plans):
                tables = f"[{','.join(_stored_plan(plan, totals) for plan in some)}]"
                binds = {"job_id": job_id, "tables": tables}
                connection.execute(sql_text("insert_tables"), binds)
            for chunks in _parts(tasks):
                rows = [_stored_task(planned) for planned in chunks]
                connection.execute(
                    sql_text("insert_tasks"), {"job_id": job_id, "tasks": Jsonb(rows)}
                )
            self._unblock(connection, job_id)
            add_event(connection, job_id, "plan.saved", {"tables": len(plans), "tasks": len(tasks)})
            # More workers may help from here on: ring again.
            connection.execute("INSERT INTO oraferry_jobs.outbox (job_id) VALUES (%s)", [job_id])

    def get_plans(self, job_id: str) -> list[TablePlan]:
        """The stored plans, by number."""
        rows = self._all("get_plans", job_id=_checked_id(job_id), number=None)
        return [_PLAN.validate_json(plan) for (plan,) in rows]

    def get_plan(self, job_id: str, table_number: int) -> TablePlan:
        """One stored plan."""
        rows = self._all("get_plans", job_id=_checked_id(job_id), number=table_number)
        if not rows:
            raise JobNotFound(f"job {job_id} has no table {table_number}")
        return _PLAN.validate_json(rows[0][0])

    def list_plans(self, job_id: str, numbers: Seq[int]) -> list[TablePlan]:
        """The stored plans of some tables."""
        rows = self._all("list_plans", job_id=_checked_id(job_id), numbers=list(numbers))
        return [_PLAN.validate_json(plan) for (plan,) in rows]

    def get_planned_sequences(self, job_id: str) -> list[Sequence]:
        """The sequences that ``save_plan`` stored."""
        with self._connection() as connection:
            row = connection.execute(
                "SELECT sequences FROM oraferry_jobs.job WHERE id = %s", [_checked_id(job_id)]
            ).fetchone()
        if row is None:
            raise _not_found(job_id)
        return _SEQUENCES.validate_python(row[0])

    # -- tasks -----------------------------------------------------------------------------

    def claim_task(
        self, worker: str, *, lease_seconds: float, job_id: str | None = None
    ) -> Task | None:
        """Lease one READY task, oldest job first."""
        with self._connection() as connection, connection.transaction():
            row = connection.execute(
                sql_text("claim_task"),
                {
                    "worker": worker,
                    "lease_seconds": lease_seconds,
                    "job_id": _checked_id(job_id) if job_id else None,
                },
            ).fetchone()
            if row is None:
                return None
            task = _task(row[:-2], lease_seconds, _throttle(row[-1]))
            if self._is_too_much(connection, task):
                raise psycopg.Rollback
            if row[-2] != MigrationStatus.IN_PROGRESS:
                with contextlib.suppress(JobStateConflict):
                    self._move(connection, task.job_id, MigrationStatus.IN_PROGRESS)
            return task
        return None

    def _is_too_much(self, connection: psycopg.Connection[_Row], task: Task) -> bool:
        """True when a claim at the same instant took the last session that the job may have."""
        limits = task.throttle
        if limits.source_sessions is None and limits.target_sessions is None:
            return False
        # Locked first: the one that comes second counts the other's task too.
        connection.execute(
            "SELECT 1 FROM oraferry_jobs.job WHERE id = %s FOR NO KEY UPDATE", [task.job_id]
        )
        ((reading, writing),) = connection.execute(
            sql_text("count_running"), {"job_id": task.job_id}
        ).fetchall()
        reads = task.kind in (TaskKind.PLAN, TaskKind.COPY)
        most_reading = limits.source_sessions if reads else None
        return (most_reading is not None and reading > most_reading) or (
            limits.target_sessions is not None and writing > limits.target_sessions
        )

    def set_throttle(self, job_id: str, throttle: Throttle) -> MigrationJob:
        """New limits for a job that has not ended; JobStateConflict."""
        described = _described(throttle)
        with self._connection() as connection, connection.transaction():
            changed = connection.execute(
                sql_text("set_throttle"),
                {"job_id": _checked_id(job_id), "throttle": Jsonb(described)},
            ).fetchone()
            job = self._get(connection, job_id)
            if changed is None:
                raise JobStateConflict(
                    f"job {job_id} is {job.status} already",
                    context={"job_id": job_id, "found": job.status.value},
                )
            add_event(connection, job_id, "job.throttled", described)
            return job

    def pace(self, job_id: str, rows: int) -> float:
        """Seconds that the lane has to wait before it goes on."""
        found = self._all("pace", job_id=job_id, rows=rows)
        return max(0.0, float(found[0][0])) if found else 0.0

    def claim_alike(self, task: Task, worker: str, *, most: int, small_rows: int) -> list[Task]:
        """More small tasks of the same kind."""
        rows = self._all(
            "claim_alike",
            job_id=task.job_id,
            number=task.number,
            kind=task.kind.value,
            table_number=task.table_number,
            worker=worker,
            lease_seconds=task.lease_seconds,
            most=most,
            small_rows=small_rows,
        )
        tasks = [_task(row, task.lease_seconds, task.throttle) for row in rows]
        return sorted(tasks, key=lambda each: each.number)

    def widen_task(self, task: Task, seconds: float) -> Task:
        """*task* with the chunks behind it that nobody has begun, up to so many seconds."""
        with self._connection() as connection, connection.transaction():
            return widening.widen(connection, task, seconds)

    def renew_leases(self, tasks: Seq[Task]) -> None:
        """Extend the leases of several tasks of one job that are still ours."""
        with self._connection() as connection:
            connection.execute(
                sql_text("renew_leases"),
                {
                    "job_id": tasks[0].job_id,
                    "lease_seconds": tasks[0].lease_seconds,
                    "numbers": [task.number for task in tasks],
                    "tokens": [task.token for task in tasks],
                },
            )

    def finish_tasks(
        self, job_id: str, done: Seq[tuple[Task, TaskResult]], seen: Seq[Verification]
    ) -> list[int]:
        """Several at once; the numbers of those that were still ours."""
        with self._connection() as connection, connection.transaction():
            if seen:
                connection.execute(
                    sql_text("record_verifications"),
                    {"job_id": job_id, "seen": Jsonb([_verification(s) for s in seen])},
                )
            rows = connection.execute(
                sql_text("finish_tasks"),
                {"job_id": job_id, "done": Jsonb([_finished(*pair) for pair in done])},
            ).fetchall()
            copied = {t.table_number for t, _ in done if t.kind is TaskKind.COPY}
            self._unblock(connection, job_id, [n for n in copied if n is not None])
            self._cancel_if_idle(connection, job_id)
        return [number for (number,) in rows]

    def renew_lease(self, task: Task, *, rows: int = 0, bytes: int = 0) -> Throttle:
        """The job's limits now; LeaseLost, or JobCancelled when the job was asked to stop."""
        found = self._all(
            "renew_lease",
            **claim_of(task),
            lease_seconds=task.lease_seconds,
            rows=rows,
            bytes=bytes,
        )
        if not found:
            raise lease_lost(task)
        if found[0][0]:
            raise JobCancelled(f"job {task.job_id} was asked to stop")
        return _throttle(found[0][1])

    def finish_task(self, task: Task, result: TaskResult) -> None:
        """DONE; what waited for it becomes READY."""
        with self._connection() as connection, connection.transaction():
            self._finish(connection, task, result)
            self._unblock(connection, task.job_id, _tables_of(task))
            self._cancel_if_idle(connection, task.job_id)

    def _finish(self, connection: psycopg.Connection[_Row], task: Task, result: TaskResult) -> None:
        row = connection.execute(
            sql_text("finish_task"),
            {
                **claim_of(task),
                "rows": result.rows,
                "bytes": result.bytes,
                "digest": result.digest,
                "altered": Jsonb(result.altered),
                "set_aside": result.set_aside,
            },
        ).fetchone()
        if row is None:
            raise lease_lost(task)
        body = {"task": task.number, "kind": row[0], "table": row[1], "rows": result.rows}
        if result.set_aside:
            body["set_aside"] = result.set_aside
        add_event(connection, task.job_id, "task.done", body)

    def _unblock(
        self,
        connection: psycopg.Connection[_Row],
        job_id: str,
        tables: Seq[int] | None = None,
    ) -> None:
        """*tables*: those whose COPY tasks have changed; None: any."""
        # The last two COPY tasks of a table may end at once: each must see the other.
        connection.execute(
            "SELECT 1 FROM oraferry_jobs.job WHERE id = %s FOR NO KEY UPDATE", [job_id]
        )
        if tables is None or tables:
            wanted = None if tables is None else list(tables)
            connection.execute(sql_text("unblock_finish"), {"job_id": job_id, "tables": wanted})
        connection.execute(sql_text("unblock_conclude"), {"job_id": job_id})

    def fail_task(
        self, task: Task, error: JobError, *, retryable: bool, is_outage: bool = False
    ) -> None:
        """READY after a back-off, or FAILED and with it the job."""
        with self._connection() as connection, connection.transaction():
            self._fail(connection, task, error, retryable, is_outage)

    def _fail(
        self,
        connection: psycopg.Connection[_Row],
        task: Task,
        error: JobError,
        retryable: bool,
        is_outage: bool = False,
    ) -> None:
        row = connection.execute(
            sql_text("fail_task"),
            {
                **claim_of(task),
                "error": Jsonb(asdict(error)),
                "retryable": retryable,
                "is_outage": is_outage,
                "max_attempts": self._max_attempts,
                "outage_seconds": self._outage_seconds,
                # Workers that lost the same server must not come back all at once.
                "jitter": random.uniform(0.5, 1.0),  # noqa: S311
                "outage_wait_seconds": OUTAGE_WAIT_SECONDS,
                "longest_wait_seconds": LONGEST_WAIT_SECONDS,
            },
        ).fetchone()
        if row is None:
            return
        again, table = row
        body = {"task": task.number, "table": table, "attempt": task.attempt, "again": again}
        body |= asdict(error)
        add_event(connection, task.job_id, "task.failed", body)
        if not again:
            with contextlib.suppress(JobStateConflict):
                self._move(connection, task.job_id, MigrationStatus.FAILED, error)
        self._cancel_if_idle(connection, task.job_id)

    def release_task(self, task: Task) -> None:
        """READY at once; the attempt does not count."""
        with self._connection() as connection, connection.transaction():
            job = self._get(connection, task.job_id)
            stops = job.cancel_requested or job.status in TERMINAL
            connection.execute(
                sql_text("give_back_task"),
                {
                    **claim_of(task),
                    "status": "CANCELLED" if stops else "READY",
                },
            )
            self._cancel_if_idle(connection, task.job_id)

    def reap_leases(self) -> int:
        """Leases that expired, or whose worker is gone, become READY; FAILED out of attempts."""
        error = JobError(
            "LeaseExpired",
            "the worker that had this task stopped answering",
            "look at that worker's log; another worker takes the task",
        )
        with self._connection() as connection, connection.transaction():
            rows = connection.execute(
                sql_text("expired_leases"), {"silence": SILENCE_SECONDS, "grace": GRACE_SECONDS}
            ).fetchall()
            for row in rows:
                self._fail(connection, _task(row, 0), error, retryable=True)
        return len(rows)

    # -- chunks that make place for others ---------------------------------------------------

    def split_task(self, task: Task, chunks: Seq[Chunk], error: JobError) -> None:
        """*chunks* take the place of the task's own."""
        with self._connection() as connection, connection.transaction():
            replacing.split(connection, task, chunks, error)

    def read_later(self, task: Task, scn: int, error: JobError) -> None:
        """The task's chunk is READY again, to be read at *scn*."""
        with self._connection() as connection, connection.transaction():
            replacing.read_later(connection, task, scn, error)

    def restart_table(self, task: Task, error: JobError) -> int:
        """All chunks of the task's table are REPLACED, and the table is to be planned anew."""
        with self._connection() as connection, connection.transaction():
            return replacing.restart_table(connection, task, error)

    def save_table_plan(
        self, task: Task, *, scn: int, chunks: Seq[Chunk], total: int | None
    ) -> None:
        """The table's new chunks, and its PLAN task done."""
        with self._connection() as connection, connection.transaction():
            self._finish(connection, task, TaskResult())
            replacing.save_table_plan(connection, task, scn=scn, chunks=chunks, total=total)
            self._unblock(connection, task.job_id, _tables_of(task))

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
        with self._connection() as connection, connection.transaction():
            replacing.read_again(connection, task, numbers, more, scn=scn, total=total)

    def list_chunks(self, job_id: str, table_number: int) -> list[ChunkState]:
        """Every chunk that the table has or had."""
        rows = self._all("list_chunks", job_id=_checked_id(job_id), table_number=table_number)
        return [
            ChunkState(number, TaskStatus(status), CHUNK.validate_python(chunk), int(scn), rows)
            for number, status, chunk, scn, rows in rows
        ]

    def list_troubles(self, job_id: str) -> list[Trouble]:
        """What was tried again or ended the job."""
        rows = self._all("list_troubles", job_id=_checked_id(job_id))
        return [Trouble(*row) for row in rows]

    # -- verification and progress ---------------------------------------------------------

    def record_verification(
        self,
        job_id: str,
        table_number: int,
        *,
        verified: bool,
        source: Digest,
        target: Digest,
        findings: Seq[Finding] = (),
        notes: Seq[str] = (),
    ) -> None:
        """What verification saw of one table."""
        found = Verification(table_number, verified, source, target, tuple(findings), tuple(notes))
        with self._connection() as connection:
            connection.execute(
                sql_text("record_verifications"),
                {
                    "job_id": _checked_id(job_id),
                    "seen": Jsonb([_verification(found)]),
                },
            )

    def list_progress(self, job_id: str, numbers: Seq[int] | None = None) -> list[TableProgress]:
        """Every table of the job, or some."""
        wanted = None if numbers is None else list(numbers)
        rows = self._all("list_progress", job_id=_checked_id(job_id), numbers=wanted)
        return [_progress(row) for row in rows]

    # -- outbox and events -----------------------------------------------------------------

    def relay_outbox(self, announce: Callable[[str], None]) -> int:
        """A row is forgotten only when *announce* returned."""
        count = 0
        while True:
            with self._connection() as connection, connection.transaction():
                row = connection.execute(sql_text("next_outbox")).fetchone()
                if row is None:
                    return count
                number, job_id = row
                announce(job_id)
                connection.execute("DELETE FROM oraferry_jobs.outbox WHERE id = %s", [number])
                job = self._get(connection, job_id)
                if job.status is MigrationStatus.PENDING:
                    with contextlib.suppress(JobStateConflict):
                        self._move(connection, job_id, MigrationStatus.SUBMITTED)
                count += 1

    def add_event(self, job_id: str, kind: str, body: dict[str, Any]) -> None:
        """Append to the job's history."""
        with self._connection() as connection:
            add_event(connection, _checked_id(job_id), kind, body)

    def list_events(self, job_id: str, *, after: int = 0, limit: int = 500) -> list[JobEvent]:
        """Events with a greater id, oldest first."""
        rows = self._all("list_events", job_id=_checked_id(job_id), after=after, limit=limit)
        return [JobEvent(*row) for row in rows]

    def record_worker(self, worker: str, host: str, pid: int, task: str | None) -> None:
        """This worker lives."""
        with self._connection() as connection:
            connection.execute(
                sql_text("record_worker"), {"id": worker, "host": host, "pid": pid, "task": task}
            )

    def list_workers(self) -> list[WorkerInfo]:
        """Workers seen in the last minutes."""
        return [WorkerInfo(*row) for row in self._all("list_workers")]

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


def _checked_id(job_id: str) -> str:
    try:
        return str(uuid.UUID(job_id))
    except (ValueError, AttributeError, TypeError):
        raise _not_found(str(job_id)) from None


def _not_found(job_id: str) -> JobNotFound:
    return JobNotFound(
        f"there is no job {job_id[:64]}",
        hint="`oraferry jobs list` shows all jobs",
        context={"job_id": job_id[:64]},
    )


def _unsealed(value: Any) -> Any:
    """The request without what sealing makes different each time."""
    if isinstance(value, dict):
        return {k: _unsealed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_unsealed(v) for v in value]
    if isinstance(value, str) and value.startswith("sealed:"):
        return "sealed:"
    return value


def _throttle(body: dict[str, Any] | None) -> Throttle:
    return Throttle(**(body or {}))


def _described(throttle: Throttle) -> dict[str, Any]:
    return {name: value for name, value in asdict(throttle).items() if value is not None}


def _task(row: _Row, lease_seconds: float, throttle: Throttle = NO_THROTTLE) -> Task:
    job_id, number, kind, table_number, chunk, attempt, token, scn, replaces, depth = row
    return Task(
        job_id,
        number,
        TaskKind(kind),
        table_number,
        None if chunk is None else CHUNK.validate_python(chunk),
        attempt,
        token,
        lease_seconds,
        None if scn is None else int(scn),
        replaces,
        depth,
        throttle,
    )


def _parts(items: Seq[_T]) -> Iterator[Seq[_T]]:
    for start in range(0, len(items), ROWS_AT_ONCE):
        yield items[start : start + ROWS_AT_ONCE]


def _stored_plan(plan: TablePlan, totals: Mapping[int, int | None]) -> str:
    row = {
        "number": plan.number,
        "source": str(plan.source.ref),
        "target": str(plan.target.ref),
        "total": totals.get(plan.number),
    }
    # Written as JSON once: a plan is large, and there may be thousands.
    return f'{json.dumps(row)[:-1]}, "plan": {_PLAN.dump_json(plan).decode()}}}'


def _stored_task(task: PlannedTask) -> dict[str, Any]:
    return {
        "number": task.number,
        "kind": task.kind.value,
        "table_number": task.table_number,
        "chunk": task.chunk and CHUNK.dump_python(task.chunk, mode="json"),
        "status": "READY" if task.kind is TaskKind.COPY else "BLOCKED",
    }


def _tables_of(task: Task) -> list[int]:
    return [] if task.table_number is None else [task.table_number]


def _finished(task: Task, result: TaskResult) -> dict[str, Any]:
    return {
        "number": task.number,
        "token": task.token,
        "rows": result.rows,
        "bytes": result.bytes,
        "digest": result.digest,
        "altered": result.altered,
        "set_aside": result.set_aside,
    }


def _verification(seen: Verification) -> dict[str, Any]:
    return {
        "number": seen.table_number,
        "verified": seen.verified,
        "source_rows": seen.source.rows,
        "target_rows": seen.target.rows,
        "source_digest": seen.source.value,
        "target_digest": seen.target.value,
        "findings": _FINDINGS.dump_python(tuple(seen.findings), mode="json"),
        "notes": list(seen.notes),
    }


def _job(row: _Row) -> MigrationJob:
    return MigrationJob(
        id=row[0],
        status=MigrationStatus(row[1]),
        request=row[2],
        created_at=row[3],
        updated_at=row[4],
        cancel_requested=row[5],
        scn=None if row[6] is None else int(row[6]),
        error=None if row[7] is None else _ERROR.validate_python(row[7]),
        comparison=row[8],
        notes=row[9],
        verified=row[10],
        started_at=row[11],
        finished_at=row[12],
        throttle=_throttle(row[13]),
    )


def _progress(row: _Row) -> TableProgress:
    total, chunks_done, chunks = row[3], row[12], row[13]
    has_failed, has_started, is_finished = bool(row[14]), bool(row[15]), bool(row[16])
    copied = chunks > 0 and chunks_done == chunks
    phase = (
        "failed"
        if has_failed
        else "done"
        if is_finished
        else "finishing"
        if copied
        else "copying"
        if has_started
        else "waiting"
    )
    altered: Counter[str] = Counter()
    for part in row[20]:
        altered.update(part)
    return TableProgress(
        number=row[0],
        source=row[1],
        target=row[2],
        phase=phase,
        rows_done=row[10],
        rows_total=total,
        bytes_done=row[11],
        chunks_done=chunks_done,
        chunks_total=chunks,
        verified=row[4],
        source_rows=row[5],
        target_rows=row[6],
        source_digest=row[7],
        target_digest=row[8],
        altered=dict(altered),
        set_aside=row[21],
        findings=_FINDINGS.validate_python(row[9]),
        error=None if row[19] is None else _ERROR.validate_python(row[19]),
        seconds=row[17] if copied else row[18],
        retries=row[22],
        rows_again=row[23],
        splits=row[24],
        restarts=row[25],
        reads=_READS.validate_python(row[26]),
    )


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
