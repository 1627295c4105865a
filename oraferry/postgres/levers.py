"""Levers on existing tables: what is in the way of a load is dropped, recorded, and made anew.

What is dropped and the statement that brings it back are one transaction: whatever crashes,
the definition stands in oraferry.lever until it is back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg

from oraferry.model import ChunkKind, TablePlan, Task
from oraferry.postgres.session import quote_table, sql_text, translated

Connection = psycopg.Connection[Any]
# Locks held by others are not waited for: the lever is left, with a note.
LOCK_WAIT = "10s"


def pull(connection: Connection, plan: TablePlan, job_id: str) -> list[str]:
    """Drop or disable what the plan's levers name; a sentence for each that stays."""
    levers = plan.levers
    kinds = [
        kind
        for kind, is_wanted in (
            ("trigger", levers.triggers_off),
            ("foreign key", levers.indexes_after),
            ("index", levers.indexes_after),
            ("key", levers.keys_after),
        )
        if is_wanted
    ]
    # An upsert finds its rows by a key, and what this job created has nothing yet.
    if plan.created or plan.mode == "upsert" or not kinds:
        return []
    name = quote_table(plan.target.ref.schema, plan.target.ref.name)
    notes: list[str] = []
    with translated(f"pulling the levers of {plan.target.ref}"):
        if _is_partitioned(connection, name):
            return [f"{plan.target.ref} is partitioned: its indexes, keys and triggers stay"]
        found = connection.execute(
            sql_text("list_levers"), {"table": name, "kinds": kinds}
        ).fetchall()
        for kind, label, drop, restore in found:
            binds = {
                "job_id": job_id,
                "table_number": plan.number,
                "table": name,
                "kind": kind,
                "name": label,
                "restore": restore,
            }
            try:
                with connection.transaction():
                    connection.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
                    connection.execute(sql_text("record_lever"), binds)
                    connection.execute(drop)
            except (
                psycopg.errors.DependentObjectsStillExist,
                psycopg.errors.LockNotAvailable,
                psycopg.errors.InsufficientPrivilege,
            ) as error:
                notes.append(f"{plan.target.ref}: {kind} {label} stays: {_said(error)}")
    return notes


def _is_partitioned(connection: Connection, table: str) -> bool:
    row = connection.execute(
        "SELECT relkind = 'p' FROM pg_class WHERE oid = %s::regclass", [table]
    ).fetchone()
    return bool(row and row[0])


def restore(connection: Connection, job_id: str, table_number: int | None = None) -> list[str]:
    """
    Bring back what the job's levers took, of one table or all; a sentence for each that could
    not be, whose statement stays in oraferry.lever.
    """
    notes: list[str] = []
    with translated("bringing back what the levers took"):
        waiting = connection.execute(
            sql_text("waiting_levers"), {"job_id": job_id, "table_number": table_number}
        ).fetchall()
        for number, table, kind, label, statement in waiting:
            try:
                with connection.transaction():
                    connection.execute(statement)
                    connection.execute(
                        "UPDATE oraferry.lever SET restored_at = clock_timestamp() WHERE id = %s",
                        [number],
                    )
            except (psycopg.errors.IntegrityError, psycopg.errors.ProgrammingError) as error:
                notes.append(
                    f"{table}: {kind} {label} is not back: {_said(error)}; "
                    "oraferry.lever holds its statement"
                )
    return notes


def set_logged(connection: Connection, plan: TablePlan) -> None:
    """A table that was UNLOGGED during the load is like any other again."""
    if plan.levers.unlogged and plan.created:
        name = quote_table(plan.target.ref.schema, plan.target.ref.name)
        with translated(f"making {plan.target.ref} LOGGED"):
            connection.execute(f"ALTER TABLE {name} SET LOGGED")


def may_freeze(connection: Connection, plan: TablePlan, task: Task) -> bool:
    """
    True when the chunk is all of an own table that nobody has written to; inside its
    transaction, in which the table is then new.
    """
    is_whole = task.chunk is not None and task.chunk.kind is ChunkKind.WHOLE
    if not (plan.levers.freeze and plan.created and plan.mode == "create" and is_whole):
        return False
    name = quote_table(plan.target.ref.schema, plan.target.ref.name)
    connection.execute(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
    row = connection.execute(f"SELECT EXISTS (SELECT 1 FROM {name})").fetchone()
    if row is None or row[0]:
        return False
    connection.execute(f"TRUNCATE {name}")
    return True


@contextlib.contextmanager
def tuned(connection: Connection, plan: TablePlan) -> Iterator[None]:
    """Memory and workers for building indexes, as long as the block; a dead session has none."""
    wishes = {
        "maintenance_work_mem": plan.levers.maintenance_work_mem,
        "max_parallel_maintenance_workers": plan.levers.index_workers,
    }
    given = {name: str(value) for name, value in wishes.items() if value is not None}
    with translated("tuning the session"):
        for name, value in given.items():
            connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    yield
    with translated("tuning the session"):
        for name in given:
            connection.execute(f"RESET {name}")


def _said(error: psycopg.Error) -> str:
    # The first line of the primary message names objects, not values.
    return (error.diag.message_primary or type(error).__name__).splitlines()[0]
