"""After the load: keys, checks, indexes, comments, foreign keys, sequences, statistics."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Seq
from functools import partial
from typing import Any

import psycopg

from oraferry.model import Column, ForeignKey, Sequence, Table, TablePlan, TableRef
from oraferry.postgres import ddl, levers
from oraferry.postgres.catalog import find_tables
from oraferry.postgres.owed import Owed, list_owed
from oraferry.postgres.session import literal, name_tables, quote, quote_table, translated

_BIGINT_MAX = 2**63 - 1
_BIGINT_MIN = -(2**63)
# 42710, 42P07: the object exists. 42P16: the table has a primary key.
_EXISTS = {"42710", "42P07", "42P16"}
_NEXTVAL = re.compile(r"nextval\('((?:[^']|'')+)'")


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


def sequences_of_defaults(tables: Seq[Table]) -> list[TableRef]:
    """Sequences that column defaults name; they must exist before their table."""
    found = []
    for table in tables:
        for column in table.columns:
            for text in _NEXTVAL.findall(column.default or ""):
                parts = re.findall(r'"((?:[^"]|"")+)"|([^".]+)', text.replace("''", "'"))
                names = [a.replace('""', '"') or b for a, b in parts]
                if names:
                    schema = names[0] if len(names) == 2 else table.ref.schema
                    found.append(TableRef(schema, names[-1]))
    return found


def set_sequences(
    connection: psycopg.Connection[Any], sequences: Seq[Sequence], plans: Seq[TablePlan]
) -> list[str]:
    """Sequences start past the source's; identity columns past source and data."""
    notes: list[str] = []
    for sequence in sequences:
        _set_sequence(connection, sequence, notes)
    for plan in plans:
        for column in plan.columns:
            if column.target.identity is not None:
                _set_identity(connection, plan, column.target, column.source, notes)
    return notes


def _set_sequence(
    connection: psycopg.Connection[Any], sequence: Sequence, notes: list[str]
) -> None:
    name = quote_table(sequence.ref.schema, sequence.ref.name)
    with translated(f"setting the sequence {sequence.ref}"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(sequence.ref.schema)}")
        connection.execute(f"CREATE SEQUENCE IF NOT EXISTS {name}")
        low = max(_BIGINT_MIN, sequence.minimum if sequence.minimum is not None else 1)
        high = min(_BIGINT_MAX, sequence.maximum if sequence.maximum is not None else _BIGINT_MAX)
        if sequence.maximum is not None and sequence.maximum > _BIGINT_MAX:
            pass  # Oracle's default of 28 nines: bigint's end is as far as PostgreSQL goes
        value = sequence.next_value
        if not low <= value <= high:
            notes.append(
                f"sequence {sequence.ref}: its next value {value} is outside {low}…{high}; "
                "it was left at its end"
            )
            value = min(max(value, low), high)
        cycle = "CYCLE" if sequence.cycle else "NO CYCLE"
        connection.execute(
            f"ALTER SEQUENCE {name} INCREMENT BY {sequence.increment} MINVALUE {low} "
            f"MAXVALUE {high} CACHE {max(sequence.cache, 1)} {cycle} START WITH {value} "
            f"RESTART WITH {value}"
        )


def _set_identity(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    column: Column,
    source: Column,
    notes: list[str],
) -> None:
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    with translated(f"setting the identity column {plan.target.ref}.{column.name}"):
        row = connection.execute(
            f"SELECT pg_get_serial_sequence({literal(table)}, {literal(column.name)}), "
            f"max({quote(column.name)})::numeric FROM {table}"
        ).fetchone()
        if not row or row[0] is None:
            return
        sequence = source.identity.sequence if source.identity else None
        wanted = [1]
        if row[1] is not None:
            wanted.append(int(row[1]) + 1)
        if sequence is not None:
            wanted.append(sequence.next_value)
        value = max(wanted)
        if value > _BIGINT_MAX:
            notes.append(f"{plan.target.ref}.{column.name}: the identity is used up")
            return
        connection.execute("SELECT setval(%s::regclass, %s, false)", [row[0], value])
