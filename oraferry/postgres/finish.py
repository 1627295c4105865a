"""After the load: keys, checks, indexes, comments, foreign keys, sequences, statistics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Seq
from typing import Any

import psycopg

from oraferry.model import Column, ForeignKey, Sequence, Table, TablePlan, TableRef
from oraferry.postgres import ddl, levers
from oraferry.postgres.catalog import find_tables
from oraferry.postgres.session import literal, name_tables, quote, quote_table, sql_text, translated

_BIGINT_MAX = 2**63 - 1
_BIGINT_MIN = -(2**63)
# 42710, 42P07: the object exists. 42P16: the table has a primary key.
_EXISTS = {"42710", "42P07", "42P16"}
Owed = tuple[str, str]  # what it is, and the statement that makes it
_NEXTVAL = re.compile(r"nextval\('((?:[^']|'')+)'")


def finish_tables(
    connection: psycopg.Connection[Any], plans: Seq[TablePlan]
) -> dict[int, list[str]]:
    """What this job owes its own tables; several are one transaction, if it goes well."""
    if not plans:
        return {}
    there = _names_there(connection, plans)
    owed = {plan.number: list(_owed(plan.target, there[plan.number])) for plan in plans}
    if len(plans) > 1 and _finish_at_once(connection, plans, owed):
        return {plan.number: [] for plan in plans}
    return {plan.number: _finish(connection, plan, owed[plan.number]) for plan in plans}


def _finish_at_once(
    connection: psycopg.Connection[Any], plans: Seq[TablePlan], owed: Mapping[int, Seq[Owed]]
) -> bool:
    """False when nothing was done, since one of the statements failed."""
    names = ", ".join(quote_table(p.target.ref.schema, p.target.ref.name) for p in plans)
    statements = [text for plan in plans for _, text in owed[plan.number]] + [f"ANALYZE {names}"]
    try:
        with levers.tuned(connection, plans[0]):
            connection.execute(";\n".join(statements))
    except psycopg.Error as error:
        if _ends_session(error):
            with translated(f"finishing {name_tables(plans)}"):
                raise
        return False
    return True


def _finish(connection: psycopg.Connection[Any], plan: TablePlan, owed: Seq[Owed]) -> list[str]:
    """Each object by itself, so one failure costs one."""
    notes: list[str] = []
    with levers.tuned(connection, plan):
        for label, statement in owed:
            _try(connection, statement, f"{plan.target.ref}: {label}", notes)
        name = quote_table(plan.target.ref.schema, plan.target.ref.name)
        with translated(f"analyzing {plan.target.ref}"):
            connection.execute(f"ANALYZE {name}")
    return notes


def _names_there(connection: psycopg.Connection[Any], plans: Seq[TablePlan]) -> dict[int, set[str]]:
    """The tables' constraints and indexes: more than none when their end is repeated."""
    names = [quote_table(p.target.ref.schema, p.target.ref.name) for p in plans]
    there: dict[int, set[str]] = {plan.number: set() for plan in plans}
    with translated(f"looking at {name_tables(plans)}"):
        for place, name in connection.execute(sql_text("object_names"), {"tables": names}):
            there[plans[place - 1].number].add(name)
    return there


def _owed(table: Table, there: set[str]) -> Iterable[Owed]:
    name = quote_table(table.ref.schema, table.ref.name)
    for key in [k for k in (table.primary_key, *table.unique_keys) if k]:
        if key.name not in there:
            kind = "primary key" if key.primary else "unique constraint"
            yield f"{kind} {key.name}", f"ALTER TABLE {name} ADD {ddl.render_key(key)}"
    for check in table.checks:
        if check.name not in there:
            yield f"check {check.name}", f"ALTER TABLE {name} ADD {ddl.render_check(check)}"
    for index in table.indexes:
        if index.name not in there:
            yield f"index {index.name}", ddl.render_index(table, index)
    for comment in ddl.render_comments(table):
        yield "comment", comment


def _try(connection: psycopg.Connection[Any], statement: str, label: str, notes: list[str]) -> None:
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        if error.sqlstate in _EXISTS:
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
    existing = find_tables(connection, [plan.target.ref]).get(plan.target.ref)
    there = {k.name for k in existing.foreign_keys} if existing else set()
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
            )
        if key.validated and len(notes) == before:
            _try(
                connection,
                f"ALTER TABLE {table} VALIDATE CONSTRAINT {quote(key.name)}",
                label,
                notes,
            )
    return notes


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
