"""What is told: the outbox, a job's history, which workers live."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from oraferry.errors import JobStateConflict
from oraferry.jobs.lifecycle import get, move
from oraferry.jobs.rows import checked_id
from oraferry.jobs.statements import Connection, fetch_all, sql_text
from oraferry.model import MigrationStatus
from oraferry.ports import JobEvent, WorkerInfo


def relay_next(connection: Connection, announce: Callable[[str], None]) -> bool:
    """Announce a waiting job, and forget that when *announce* returned; False: none waits."""
    row = connection.execute(sql_text("next_outbox")).fetchone()
    if row is None:
        return False
    number, job_id = row
    announce(job_id)
    connection.execute("DELETE FROM oraferry_jobs.outbox WHERE id = %s", [number])
    if get(connection, job_id).status is MigrationStatus.PENDING:
        with contextlib.suppress(JobStateConflict):
            move(connection, job_id, MigrationStatus.SUBMITTED)
    return True


def list_events(
    connection: Connection, job_id: str, *, after: int = 0, limit: int = 500
) -> list[JobEvent]:
    """Events with a greater id, oldest first."""
    rows = fetch_all(connection, "list_events", job_id=checked_id(job_id), after=after, limit=limit)
    return [JobEvent(*row) for row in rows]


def record_worker(
    connection: Connection, worker: str, host: str, pid: int, task: str | None
) -> None:
    """This worker lives."""
    connection.execute(
        sql_text("record_worker"), {"id": worker, "host": host, "pid": pid, "task": task}
    )


def list_workers(connection: Connection) -> list[WorkerInfo]:
    """Workers seen in the last minutes."""
    return [WorkerInfo(*row) for row in fetch_all(connection, "list_workers")]
