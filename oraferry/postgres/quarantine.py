"""The quarantine table: rows that were set aside, why, and what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from oraferry.model import BadRowLimits, Reject, StoredReject, TablePlan, Task
from oraferry.postgres.session import sql_text, translated
from oraferry.typemap.rejects import too_many


def store_rejects(
    connection: psycopg.Connection[Any], plan: TablePlan, task: Task, rejects: Seq[Reject]
) -> None:
    """Write *rejects*; part of the chunk's transaction, whose ledger row allows it once only."""
    has_all = connection.info.parameter_status("server_encoding") == "UTF8"
    with connection.cursor() as cursor:
        cursor.executemany(
            sql_text("insert_reject"),
            [
                {
                    "job_id": task.job_id,
                    "task_number": task.number,
                    "number": number,
                    "table_number": plan.number,
                    "source_table": str(plan.source.ref),
                    "target_table": str(plan.target.ref),
                    "source_rowid": reject.rowid,
                    "column_name": reject.refusal.column,
                    "code": reject.refusal.code,
                    "reason": reject.refusal.reason,
                    "content": Jsonb(_storable(reject.content, has_all)),
                }
                for number, reject in enumerate(rejects, start=1)
            ],
        )


def _storable(content: dict[str, Any], has_all: bool) -> dict[str, Any]:
    """
    *content* with its texts as UTF-8 in hex where the database may lack one of their characters.

    >>> _storable({"É": "ü", "A": {"text": "語", "bytes": 9}, "B": "b"}, has_all=False)
    {'\\\\xc9': {'hex': 'c3bc'}, 'A': {'bytes': 9, 'hex': 'e8aa9e'}, 'B': 'b'}
    """
    if has_all:
        return content
    return {_in_ascii(name): _hidden(value) for name, value in content.items()}


def _in_ascii(name: str) -> str:
    return name.encode("ascii", "backslashreplace").decode()


def _hidden(value: Any) -> Any:
    if isinstance(value, dict) and "text" in value:
        text = _hidden(value["text"])
        others = {key: kept for key, kept in value.items() if key != "text"}
        return others | (text if isinstance(text, dict) else {"text": text})
    if isinstance(value, str) and not value.isascii():
        return {"hex": value.encode().hex()}
    return value


def check_limits(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    task: Task,
    rejects: Seq[Reject],
    limits: BadRowLimits,
) -> None:
    """
    TooManyBadRows when these and those that are in already are more than *limits* allow.

    Chunks with rejects of one job pass here one after the other, until each has committed:
    two that look at the same time would each believe that there is room.
    """
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7236191))", [f"oraferry:{task.job_id}"]
    )
    row = connection.execute(
        sql_text("sum_set_aside"), {"job_id": task.job_id, "table_number": plan.number}
    ).fetchone()
    assert row
    in_table, in_job = row[0] + len(rejects), row[1] + len(rejects)
    if in_table > limits.per_table:
        raise too_many(plan, rejects, f"the table allows {limits.per_table}")
    if in_job > limits.per_job:
        raise too_many(plan, rejects, f"the job allows {limits.per_job}")


def list_rejects(
    connection: psycopg.Connection[Any],
    job_id: str,
    *,
    table_number: int | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[StoredReject]:
    """Rows of the quarantine table, by task and number; none where there is no such table."""
    binds = {"job_id": job_id, "table_number": table_number, "limit": limit, "offset": offset}
    with translated("reading the quarantine table"):
        if not _exists(connection):
            return []
        rows = connection.execute(sql_text("list_rejects"), binds).fetchall()
    return [StoredReject(*row) for row in rows]


def count_rejects(
    connection: psycopg.Connection[Any], job_id: str, numbers: Seq[int]
) -> dict[int, dict[str, int]]:
    """Rows of the quarantine table by ``"COLUMN: reason"``, for each of the tables *numbers*."""
    found: dict[int, dict[str, int]] = {number: {} for number in numbers}
    binds = {"job_id": job_id, "numbers": list(numbers)}
    with translated("counting the quarantine table"):
        for number, reason, rows in connection.execute(sql_text("count_rejects"), binds):
            found[number][reason] = rows
    return found


def _exists(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("SELECT to_regclass('oraferry.quarantine') IS NOT NULL").fetchone()
    return bool(row and row[0])
