"""Chunks that make place for others: split, read later, their table begun anew.

Every change is guarded by the task's token, in the caller's transaction. A number is never
used twice: the ledger on the target tells by it whose rows are whose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from psycopg.types.json import Jsonb

from oraferry.jobs.statements import CHUNK, Connection, add_event, claim_of, lease_lost, sql_text
from oraferry.model import Chunk, JobError, Task, TaskKind


def split(connection: Connection, task: Task, chunks: Sequence[Chunk], error: JobError) -> None:
    """*chunks* instead of the task's own, at the same SCN."""
    _lock_job(connection, task)
    _end(connection, "replace_task", task, error=Jsonb(asdict(error)))
    for chunk in chunks:
        _insert(connection, task, TaskKind.COPY, chunk, task.scn, task.number, depth=task.depth + 1)
    _count(connection, task, "splits")
    _tell(connection, task, "task.split", {"chunks": len(chunks), **asdict(error)})


def read_later(connection: Connection, task: Task, scn: int, error: JobError) -> None:
    """The same chunk at another SCN, under another number: the ledger must tell them apart."""
    _lock_job(connection, task)
    _end(connection, "replace_task", task, error=Jsonb(asdict(error)))
    _insert(connection, task, TaskKind.COPY, task.chunk, scn, task.number, depth=task.depth)
    _tell(connection, task, "task.later", {"scn": scn, **asdict(error)})


def restart_table(connection: Connection, task: Task, error: JobError) -> int:
    """The table's chunks are void; a PLAN task for it is READY. How often that happened."""
    _lock_job(connection, task)
    _end(connection, "replace_task", task, error=Jsonb(asdict(error)))
    _replace_chunks(connection, task, None)
    _insert(connection, task, TaskKind.PLAN, None, None, None)
    times = _count(connection, task, "restarts")
    _tell(connection, task, "table.restarted", {"times": times, **asdict(error)})
    return times


def save_table_plan(
    connection: Connection, task: Task, *, scn: int, chunks: Sequence[Chunk], total: int | None
) -> None:
    """The chunks of a table that was begun anew."""
    _lock_job(connection, task)
    for chunk in chunks:
        _insert(connection, task, TaskKind.COPY, chunk, scn, None)
    _set_total(connection, task, total)
    _tell(connection, task, "plan.saved", {"tables": 1, "tasks": len(chunks), "scn": scn})


def read_again(
    connection: Connection,
    task: Task,
    numbers: Sequence[int],
    more: Sequence[Chunk],
    *,
    scn: int,
    total: int | None,
) -> None:
    """
    New tasks for the same chunks and *more*, at *scn*; the FINISH *task* is BLOCKED until
    they are in.
    """
    _lock_job(connection, task)
    _end(connection, "block_task", task)
    for number, chunk in _replace_chunks(connection, task, list(numbers)):
        _insert(connection, task, TaskKind.COPY, CHUNK.validate_python(chunk), scn, number)
    for chunk in more:
        _insert(connection, task, TaskKind.COPY, chunk, scn, None)
    _set_total(connection, task, total)
    _tell(connection, task, "table.reconciling", {"chunks": len(numbers) + len(more), "scn": scn})


def _lock_job(connection: Connection, task: Task) -> None:
    # Numbers are given out one after the other.
    connection.execute(
        "SELECT 1 FROM oraferry_jobs.job WHERE id = %s FOR NO KEY UPDATE", [task.job_id]
    )


def _end(connection: Connection, statement: str, task: Task, **binds: Any) -> None:
    if connection.execute(sql_text(statement), {**claim_of(task), **binds}).rowcount == 0:
        raise lease_lost(task)


def _replace_chunks(
    connection: Connection, task: Task, numbers: list[int] | None
) -> list[tuple[Any, ...]]:
    return connection.execute(
        sql_text("replace_chunks"),
        {"job_id": task.job_id, "table_number": task.table_number, "numbers": numbers},
    ).fetchall()


def _insert(
    connection: Connection,
    task: Task,
    kind: TaskKind,
    chunk: Chunk | None,
    scn: int | None,
    replaces: int | None,
    depth: int = 0,
) -> None:
    connection.execute(
        sql_text("insert_after"),
        {
            "job_id": task.job_id,
            "kind": kind.value,
            "table_number": task.table_number,
            "chunk": None if chunk is None else Jsonb(CHUNK.dump_python(chunk, mode="json")),
            "scn": scn,
            "replaces": replaces,
            "depth": depth,
        },
    )


def _count(connection: Connection, task: Task, column: str) -> int:
    row = connection.execute(
        f"UPDATE oraferry_jobs.job_table SET {column} = {column} + 1 "
        f"WHERE job_id = %s AND number = %s RETURNING {column}",
        [task.job_id, task.table_number],
    ).fetchone()
    return int(row[0]) if row else 0


def _set_total(connection: Connection, task: Task, total: int | None) -> None:
    connection.execute(
        "UPDATE oraferry_jobs.job_table SET total = %s WHERE job_id = %s AND number = %s",
        [total, task.job_id, task.table_number],
    )


def _tell(connection: Connection, task: Task, kind: str, body: dict[str, Any]) -> None:
    add_event(
        connection, task.job_id, kind, {"task": task.number, "table": task.table_number, **body}
    )
    # More workers may help from here on: ring again.
    connection.execute("INSERT INTO oraferry_jobs.outbox (job_id) VALUES (%s)", [task.job_id])
