"""After the load: keys, checks, indexes, comments, foreign keys, statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as Seq
from functools import partial
from typing import Any

import psycopg

from oraferry.model import ForeignKey, TablePlan
from oraferry.postgres import ddl, levers
from oraferry.postgres.catalog import find_tables
from oraferry.postgres.owed import Owed, list_owed
from oraferry.postgres.session import name_tables, quote, quote_table, translated

# 42710, 42P07: the object exists. 42P16: the table has a primary key.
_EXISTS = {"42710", "42P07", "42P16"}


def finish_tables(
    connection: psycopg.Connection[Any], plans: Seq[TablePlan]
) -> dict[int, list[str]]:
    """What this job owes its own tables; several are one transaction, if it goes well."""
    if not plans:
        return {}
    owed = list_owed(connection, plans)
    notes = {plan.number: list(owed[plan.number].notes) for plan in plans}
    if len(plans) > 1 and _finish_at_once(connection, plans, owed):
        return notes
    return {p.number: notes[p.number] + _finish(connection, p, owed[p.number]) for p in plans}


def analyze_tables(connection: psycopg.Connection[Any], plans: Seq[TablePlan]) -> None:
    """Statistics of tables; several are one transaction, which waits for the disk once."""
    if not plans:
        return
    names = ", ".join(quote_table(p.target.ref.schema, p.target.ref.name) for p in plans)
    with translated(f"analyzing {name_tables(plans)}"), connection.transaction():
        connection.execute(f"ANALYZE {names}")


def _finish_at_once(
    connection: psycopg.Connection[Any], plans: Seq[TablePlan], owed: Mapping[int, Owed]
) -> bool:
    """False when nothing was done, since one of the statements failed."""
    statements = [text for plan in plans for _, text in owed[plan.number].statements]
    if not statements:
        return True
    try:
        with levers.tuned(connection, plans[0]):
            connection.execute(";\n".join(statements))
    except psycopg.Error as error:
        if _ends_session(error):
            with translated(f"finishing {name_tables(plans)}"):
                raise
        return False
    return True


def _finish(connection: psycopg.Connection[Any], plan: TablePlan, owed: Owed) -> list[str]:
    """Each object by itself, so one failure costs one."""
    notes: list[str] = []
    with levers.tuned(connection, plan):
        for label, statement in owed.statements:
            is_owed = partial(_is_owed, connection, plan, label)
            _try(connection, statement, f"{plan.target.ref}: {label}", notes, is_owed)
    return notes


def _is_owed(connection: psycopg.Connection[Any], plan: TablePlan, label: str) -> bool:
    return label in dict(list_owed(connection, [plan])[plan.number].statements)


def _try(
    connection: psycopg.Connection[Any],
    statement: str,
    label: str,
    notes: list[str],
    is_owed: Callable[[], bool] = lambda: True,
) -> None:
    """What exists already may be another's, or ours since another worker was here meanwhile."""
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        if error.sqlstate in _EXISTS and not is_owed():
            return
        if _ends_session(error):
            with translated(label):
                raise
        message = (error.diag.message_primary or str(error)).splitlines()[0]
        notes.append(f"{label} was not made: {message} (SQLSTATE {error.sqlstate})")


def _ends_session(error: psycopg.Error) -> bool:
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57"))


def add_foreign_keys(
    connection: psycopg.Connection[Any], plan: TablePlan, keys: Seq[ForeignKey]
) -> list[str]:
    """NOT VALID first, then VALIDATE: the second takes no lock that stops writers."""
    notes: list[str] = []
    there = _foreign_keys(connection, plan)
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    for key in keys:
        label = f"{plan.target.ref}: foreign key {key.name}"
        before = len(notes)
        if key.name not in there:
            _try(
                connection,
                f"ALTER TABLE {table} ADD {ddl.render_foreign_key(key)} NOT VALID",
                label,
                notes,
                partial(_lacks_foreign_key, connection, plan, key.name),
            )
        if key.validated and len(notes) == before:
            _try(
                connection,
                f"ALTER TABLE {table} VALIDATE CONSTRAINT {quote(key.name)}",
                label,
                notes,
            )
    return notes


def _foreign_keys(connection: psycopg.Connection[Any], plan: TablePlan) -> set[str]:
    existing = find_tables(connection, [plan.target.ref]).get(plan.target.ref)
    return {key.name for key in existing.foreign_keys} if existing else set()


def _lacks_foreign_key(connection: psycopg.Connection[Any], plan: TablePlan, name: str) -> bool:
    return name not in _foreign_keys(connection, plan)
