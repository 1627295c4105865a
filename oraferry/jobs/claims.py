"""Tasks: claimed, kept, finished, failed, given back. A token guards every change."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Sequence as Seq
from dataclasses import asdict, dataclass

import psycopg
from psycopg.types.json import Jsonb

from oraferry.errors import JobCancelled, JobStateConflict
from oraferry.jobs.lifecycle import cancel_if_idle, get, move
from oraferry.jobs.progress import record_verifications
from oraferry.jobs.rows import checked_id, describe_result, task_of, throttle_of
from oraferry.jobs.statements import (
    Connection,
    add_event,
    claim_of,
    fetch_all,
    lease_lost,
    sql_text,
)
from oraferry.jobs.states import TERMINAL
from oraferry.jobs.unblocking import tables_of, unblock
from oraferry.model import JobError, MigrationStatus, Task, TaskKind, TaskResult, Throttle
from oraferry.ports import Verification

LONGEST_WAIT_SECONDS = 300.0
# While a server is away: it should be noticed soon that it is back.
OUTAGE_WAIT_SECONDS = 20.0
# Workers are heard of every two seconds (HOUSEKEEPING_SECONDS of worker/lane.py).
SILENCE_SECONDS = 4.0
GRACE_SECONDS = 20.0  # after a start of the store's server, before workers without session are gone


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a task is tried, and how long an outage is waited for."""

    max_attempts: int = 5
    outage_seconds: float = 900.0


def claim(
    connection: Connection, worker: str, *, lease_seconds: float, job_id: str | None = None
) -> Task | None:
    """Lease one READY task, oldest job first; Rollback when that would be one too many."""
    row = connection.execute(
        sql_text("claim_task"),
        {
            "worker": worker,
            "lease_seconds": lease_seconds,
            "job_id": checked_id(job_id) if job_id else None,
        },
    ).fetchone()
    if row is None:
        return None
    task = task_of(row[:-2], lease_seconds, throttle_of(row[-1]))
    if _is_too_much(connection, task):
        raise psycopg.Rollback
    if row[-2] != MigrationStatus.IN_PROGRESS:
        with contextlib.suppress(JobStateConflict):
            move(connection, task.job_id, MigrationStatus.IN_PROGRESS)
    return task


def _is_too_much(connection: Connection, task: Task) -> bool:
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


def claim_alike(
    connection: Connection, task: Task, worker: str, *, most: int, small_rows: int
) -> list[Task]:
    """More small tasks of the same kind."""
    rows = fetch_all(
        connection,
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
    tasks = [task_of(row, task.lease_seconds, task.throttle) for row in rows]
    return sorted(tasks, key=lambda each: each.number)


def renew(connection: Connection, task: Task, *, rows: int = 0, bytes: int = 0) -> Throttle:
    """The job's limits now; LeaseLost, or JobCancelled when the job was asked to stop."""
    found = fetch_all(
        connection,
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
    return throttle_of(found[0][1])


def renew_all(connection: Connection, tasks: Seq[Task]) -> None:
    """Extend the leases of several tasks of one job that are still ours."""
    connection.execute(
        sql_text("renew_leases"),
        {
            "job_id": tasks[0].job_id,
            "lease_seconds": tasks[0].lease_seconds,
            "numbers": [task.number for task in tasks],
            "tokens": [task.token for task in tasks],
        },
    )


def finish_one(connection: Connection, task: Task, result: TaskResult) -> None:
    """DONE; what waited for it becomes READY."""
    finish(connection, task, result)
    unblock(connection, task.job_id, tables_of(task))
    cancel_if_idle(connection, task.job_id)


def finish_all(
    connection: Connection, job_id: str, done: Seq[tuple[Task, TaskResult]], seen: Seq[Verification]
) -> list[int]:
    """Several at once; the numbers of those that were still ours."""
    if seen:
        record_verifications(connection, job_id, seen)
    rows = connection.execute(
        sql_text("finish_tasks"),
        {"job_id": job_id, "done": Jsonb([describe_result(*pair) for pair in done])},
    ).fetchall()
    copied = {t.table_number for t, _ in done if t.kind is TaskKind.COPY}
    unblock(connection, job_id, [n for n in copied if n is not None])
    cancel_if_idle(connection, job_id)
    return [number for (number,) in rows]


def finish(connection: Connection, task: Task, result: TaskResult) -> None:
    """DONE, and no more; LeaseLost."""
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


def fail(
    connection: Connection,
    task: Task,
    error: JobError,
    patience: Patience,
    *,
    retryable: bool,
    is_outage: bool = False,
) -> None:
    """READY after a back-off, or FAILED and with it the job."""
    row = connection.execute(
        sql_text("fail_task"),
        {
            **claim_of(task),
            "error": Jsonb(asdict(error)),
            "retryable": retryable,
            "is_outage": is_outage,
            "max_attempts": patience.max_attempts,
            "outage_seconds": patience.outage_seconds,
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
            move(connection, task.job_id, MigrationStatus.FAILED, error)
    cancel_if_idle(connection, task.job_id)


def release(connection: Connection, task: Task) -> None:
    """READY at once; the attempt does not count."""
    job = get(connection, task.job_id)
    stops = job.cancel_requested or job.status in TERMINAL
    connection.execute(
        sql_text("give_back_task"),
        {
            **claim_of(task),
            "status": "CANCELLED" if stops else "READY",
        },
    )
    cancel_if_idle(connection, task.job_id)


def reap(connection: Connection, patience: Patience) -> int:
    """Leases that expired, or whose worker is gone, become READY; FAILED out of attempts."""
    error = JobError(
        "LeaseExpired",
        "the worker that had this task stopped answering",
        "look at that worker's log; another worker takes the task",
    )
    rows = connection.execute(
        sql_text("expired_leases"), {"silence": SILENCE_SECONDS, "grace": GRACE_SECONDS}
    ).fetchall()
    for row in rows:
        fail(connection, task_of(row, 0), error, patience, retryable=True)
    return len(rows)
