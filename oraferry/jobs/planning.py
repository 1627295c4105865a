"""What a job's PLAN task decided: tables and tasks, stored once and read by every task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Seq
from typing import Any, TypeVar

from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from oraferry.errors import JobNotFound
from oraferry.jobs.claims import finish
from oraferry.jobs.rows import checked_id, not_found
from oraferry.jobs.statements import CHUNK, Connection, add_event, fetch_all, sql_text
from oraferry.jobs.unblocking import unblock
from oraferry.model import Sequence, TablePlan, Task, TaskKind, TaskResult
from oraferry.ports import PlannedTask

_PLAN = TypeAdapter(TablePlan)
_SEQUENCES = TypeAdapter(list[Sequence])
ROWS_AT_ONCE = 500  # tables or tasks that are stored with one statement
_T = TypeVar("_T")


def save_plan(
    connection: Connection,
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
    finish(connection, task, TaskResult())
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
        connection.execute(sql_text("insert_tasks"), {"job_id": job_id, "tasks": Jsonb(rows)})
    unblock(connection, job_id)
    add_event(connection, job_id, "plan.saved", {"tables": len(plans), "tasks": len(tasks)})
    # More workers may help from here on: ring again.
    connection.execute("INSERT INTO oraferry_jobs.outbox (job_id) VALUES (%s)", [job_id])


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


def get_plans(connection: Connection, job_id: str) -> list[TablePlan]:
    """The stored plans, by number."""
    rows = fetch_all(connection, "get_plans", job_id=checked_id(job_id), number=None)
    return [_PLAN.validate_json(plan) for (plan,) in rows]


def get_plan(connection: Connection, job_id: str, table_number: int) -> TablePlan:
    """One stored plan."""
    rows = fetch_all(connection, "get_plans", job_id=checked_id(job_id), number=table_number)
    if not rows:
        raise JobNotFound(f"job {job_id} has no table {table_number}")
    return _PLAN.validate_json(rows[0][0])


def list_plans(connection: Connection, job_id: str, numbers: Seq[int]) -> list[TablePlan]:
    """The stored plans of some tables."""
    rows = fetch_all(connection, "list_plans", job_id=checked_id(job_id), numbers=list(numbers))
    return [_PLAN.validate_json(plan) for (plan,) in rows]


def get_planned_sequences(connection: Connection, job_id: str) -> list[Sequence]:
    """The sequences that ``save_plan`` stored."""
    row = connection.execute(
        "SELECT sequences FROM oraferry_jobs.job WHERE id = %s", [checked_id(job_id)]
    ).fetchone()
    if row is None:
        raise not_found(job_id)
    return _SEQUENCES.validate_python(row[0])
