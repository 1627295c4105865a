"""Which task may begin when others have ended."""

from __future__ import annotations

from collections.abc import Sequence as Seq

from oraferry.jobs.statements import Connection, sql_text
from oraferry.model import Task


def unblock(
    connection: Connection,
    job_id: str,
    tables: Seq[int] | None = None,
) -> None:
    """*tables*: those whose COPY tasks have changed; None: any."""
    # The last two COPY tasks of a table may end at once: each must see the other.
    connection.execute("SELECT 1 FROM oraferry_jobs.job WHERE id = %s FOR NO KEY UPDATE", [job_id])
    if tables is None or tables:
        wanted = None if tables is None else list(tables)
        connection.execute(sql_text("unblock_finish"), {"job_id": job_id, "tables": wanted})
    connection.execute(sql_text("unblock_conclude"), {"job_id": job_id})


def tables_of(task: Task) -> list[int]:
    """The task's table, as ``unblock`` takes it."""
    return [] if task.table_number is None else [task.table_number]
