"""A job's life: created, looked at, moved, limited, cancelled, resumed."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from oraferry.errors import JobStateConflict
from oraferry.jobs.rows import checked_id, describe_throttle, job_of, not_found, throttle_of
from oraferry.jobs.statements import Connection, add_event, fetch_all, sql_text
from oraferry.jobs.states import TERMINAL
from oraferry.jobs.unblocking import unblock
from oraferry.model import JobError, MigrationStatus, Throttle
from oraferry.ports import JobWork, MigrationJob


def create(
    connection: Connection,
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
        "throttle": Jsonb(describe_throttle(throttle_of(request.get("throttle")))),
    }
    row = connection.execute(sql_text("insert_job"), binds).fetchone()
    if row is not None:
        job_id, number = str(row[0]), row[1]
        connection.execute(sql_text("insert_plan_task"), {"job_id": job_id, "job_number": number})
        connection.execute("INSERT INTO oraferry_jobs.outbox (job_id) VALUES (%s)", [job_id])
        add_event(connection, job_id, "job.created", {"status": "PENDING"})
        return get(connection, job_id)
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
    return get(connection, found[0])


def _unsealed(value: Any) -> Any:
    """The request without what sealing makes different each time."""
    if isinstance(value, dict):
        return {k: _unsealed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_unsealed(v) for v in value]
    if isinstance(value, str) and value.startswith("sealed:"):
        return "sealed:"
    return value


def get(connection: Connection, job_id: str) -> MigrationJob:
    """JobNotFound when there is none."""
    row = connection.execute(sql_text("get_job"), {"job_id": checked_id(job_id)}).fetchone()
    if row is None:
        raise not_found(job_id)
    return job_of(row)


def get_work(connection: Connection, job_id: str) -> JobWork:
    """What every task of the job needs."""
    rows = fetch_all(connection, "get_work", job_id=checked_id(job_id))
    if not rows:
        raise not_found(job_id)
    request, scn = rows[0]
    return JobWork(job_id, request, None if scn is None else int(scn))


def list_jobs(
    connection: Connection,
    *,
    limit: int = 50,
    status: MigrationStatus | None = None,
    before: str | None = None,
) -> list[MigrationJob]:
    """Newest first."""
    rows = fetch_all(
        connection,
        "list_jobs",
        limit=limit,
        status=status.value if status else None,
        before=checked_id(before) if before else None,
    )
    return [job_of(row) for row in rows]


def move(
    connection: Connection,
    job_id: str,
    status: MigrationStatus,
    error: JobError | None = None,
    verified: bool | None = None,
    notes: Seq[str] = (),
) -> None:
    """To *status*; JobStateConflict where job_transition does not allow it."""
    # Locked first: an UPDATE that waits for another would recheck the new status against
    # the transition it had found for the old one, and miss a transition that is allowed.
    connection.execute(
        "SELECT 1 FROM oraferry_jobs.job WHERE id = %s FOR NO KEY UPDATE", [checked_id(job_id)]
    )
    moved = connection.execute(
        sql_text("update_status"),
        {
            "job_id": checked_id(job_id),
            "status": status.value,
            "error": Jsonb(asdict(error)) if error else None,
            "verified": verified,
            "notes": Jsonb(list(notes)),
        },
    ).fetchone()
    if moved is None:
        found = get(connection, job_id).status
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


def set_throttle(connection: Connection, job_id: str, throttle: Throttle) -> MigrationJob:
    """New limits for a job that has not ended; JobStateConflict."""
    described = describe_throttle(throttle)
    changed = connection.execute(
        sql_text("set_throttle"),
        {"job_id": checked_id(job_id), "throttle": Jsonb(described)},
    ).fetchone()
    job = get(connection, job_id)
    if changed is None:
        raise JobStateConflict(
            f"job {job_id} is {job.status} already",
            context={"job_id": job_id, "found": job.status.value},
        )
    add_event(connection, job_id, "job.throttled", described)
    return job


def request_cancel(connection: Connection, job_id: str) -> MigrationJob:
    """CANCELLED at once, or as soon as the last running task has let go."""
    job = get(connection, job_id)
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
    cancel_if_idle(connection, job_id)
    return get(connection, job_id)


def cancel_if_idle(connection: Connection, job_id: str) -> None:
    """CANCELLED, if it was asked for and no task runs any more."""
    if connection.execute(sql_text("cancel_if_idle"), {"job_id": job_id}).fetchone():
        add_event(connection, job_id, "job.status", {"status": "CANCELLED"})


def resume(connection: Connection, job_id: str, changes: Mapping[str, Any]) -> MigrationJob:
    """PENDING again, its failed and cancelled tasks READY."""
    job = get(connection, job_id)
    if job.status not in (MigrationStatus.FAILED, MigrationStatus.CANCELLED):
        raise JobStateConflict(
            f"job {job_id} is {job.status}, so it cannot be resumed",
            hint="only a job that failed or was cancelled goes on",
            context={"job_id": job_id, "found": job.status.value},
        )
    move(connection, job_id, MigrationStatus.PENDING)
    connection.execute(
        "UPDATE oraferry_jobs.job SET request = request || %s WHERE id = %s",
        [Jsonb(dict(changes)), job_id],
    )
    waiting = connection.execute(sql_text("resume_tasks"), {"job_id": job_id}).rowcount
    unblock(connection, job_id)
    add_event(connection, job_id, "job.resumed", {"tasks": waiting})
    connection.execute("INSERT INTO oraferry_jobs.outbox (job_id) VALUES (%s)", [job_id])
    return get(connection, job_id)
