"""Sequences: made as the source's are, and set past the source and the data, never back."""

from __future__ import annotations

import re
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Any

import psycopg

from oraferry.model import Column, Sequence, Table, TablePlan, TableRef
from oraferry.postgres.session import create_schema, quote, quote_table, sql_text, translated

Connection = psycopg.Connection[Any]
_BIGINT_MAX = 2**63 - 1
_BIGINT_MIN = -(2**63)
_NUMBERS = ("smallint", "integer", "bigint", "numeric")  # a default may make a text of a number
_NEXTVAL = re.compile(r"nextval\('((?:[^']|'')+)'")


@dataclass(frozen=True, slots=True)
class _There:
    """A sequence of the target."""

    name: str  # quoted
    increment: int
    minimum: int
    maximum: int


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
    connection: Connection, sequences: Seq[Sequence], plans: Seq[TablePlan]
) -> list[str]:
    """
    Sequences start past the source's, and those that number columns past source and data.

    One that was there keeps what it is, and is only moved forward: what it gave is not given
    again. A sentence for each that could not be set.
    """
    notes: list[str] = []
    for sequence in sequences:
        _set_sequence(connection, sequence, notes)
    for plan in plans:
        numbered = {c.target.name: c.source for c in plan.columns if _may_number(c.target)}
        if numbered:
            _set_columns(connection, plan, numbered, notes)
    return notes


def _may_number(column: Column) -> bool:
    has_sequence = column.identity is not None or "nextval(" in (column.default or "")
    return has_sequence and column.type.name in _NUMBERS


def _set_sequence(connection: Connection, sequence: Sequence, notes: list[str]) -> None:
    name = quote_table(sequence.ref.schema, sequence.ref.name)
    label = f"sequence {sequence.ref}"
    with translated(f"setting the {label}"):
        found = connection.execute(
            "SELECT seqincrement, seqmin, seqmax FROM pg_sequence "
            "WHERE seqrelid = to_regclass(%s)", [name]
        ).fetchone()  # fmt: skip
        if found is None:
            _create(connection, sequence, name, notes)
        elif (found[0] > 0) == (sequence.increment > 0):
            _advance(connection, _There(name, *found), [sequence.next_value], label, notes)


def _create(connection: Connection, sequence: Sequence, name: str, notes: list[str]) -> None:
    low = max(_BIGINT_MIN, sequence.minimum if sequence.minimum is not None else 1)
    # Oracle's default of 28 nines: bigint's end is as far as PostgreSQL goes.
    high = min(_BIGINT_MAX, sequence.maximum if sequence.maximum is not None else _BIGINT_MAX)
    value = sequence.next_value
    if not low <= value <= high:
        notes.append(
            f"sequence {sequence.ref}: its next value {value} is outside {low}…{high}; "
            "it was left at its end"
        )
        value = min(max(value, low), high)
    cycle = "CYCLE" if sequence.cycle else "NO CYCLE"
    create_schema(connection, sequence.ref.schema)
    connection.execute(
        f"CREATE SEQUENCE {name} INCREMENT BY {sequence.increment} MINVALUE {low} "
        f"MAXVALUE {high} CACHE {max(sequence.cache, 1)} {cycle} START WITH {value}"
    )


def _set_columns(
    connection: Connection, plan: TablePlan, numbered: dict[str, Column], notes: list[str]
) -> None:
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    with translated(f"setting the sequences of {plan.target.ref}"):
        for column, *found in connection.execute(sql_text("column_sequences"), {"table": table}):
            if column not in numbered:
                continue
            there = _There(*found)
            last = "max" if there.increment > 0 else "min"
            row = connection.execute(
                f"SELECT {last}({quote(column)})::numeric FROM {table}"
            ).fetchone()
            assert row
            is_known = row[0] is not None and row[0].is_finite()
            wanted = [int(row[0]) + _sign(there)] if is_known else []
            source = numbered[column].identity
            if source and source.sequence and source.sequence.increment * there.increment > 0:
                wanted.append(source.sequence.next_value)
            _advance(connection, there, wanted, f"{plan.target.ref}.{column}", notes)


def _sign(there: _There) -> int:
    return 1 if there.increment > 0 else -1


def _advance(
    connection: Connection, there: _There, wanted: Seq[int], label: str, notes: list[str]
) -> None:
    """The next value is at least as far as each of *wanted*, in the sequence's own steps."""
    try:
        row = connection.execute(f"SELECT last_value, is_called FROM {there.name}").fetchone()
        assert row
        current = row[0] + there.increment * row[1]
        steps = max(((value - current) * _sign(there) for value in wanted), default=0)
        if steps <= 0:
            return
        value = current - -steps // abs(there.increment) * there.increment
        if not there.minimum <= value <= there.maximum:
            notes.append(
                f"{label}: the sequence {there.name} ends before {value}, the next value; "
                "it was left as it is"
            )
            return
        connection.execute("SELECT setval(%s::regclass, %s, false)", [there.name, value])
    except psycopg.errors.InsufficientPrivilege:
        notes.append(
            f"{label}: the sequence {there.name} was not set past the data, as the right to is "
            f"missing: GRANT SELECT, UPDATE ON SEQUENCE {there.name}"
        )
