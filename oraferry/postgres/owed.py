"""What a loaded table is still owed: keys, checks, indexes and comments that are not there."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from oraferry.model import Key, Table, TablePlan
from oraferry.postgres import ddl
from oraferry.postgres.session import name_tables, quote_table, sql_text, translated
from oraferry.schema.names import shorten_name

Statement = tuple[str, str]  # what it makes, and its text


@dataclass(frozen=True, slots=True)
class Owed:
    """What is to be made of a table, and a sentence for each thing that gets another name."""

    statements: tuple[Statement, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Names:
    """What is there: more than nothing when a table's end is repeated."""

    constraints: set[str] = field(default_factory=set)  # of the table
    indexes: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)  # by other relations of its schema


def list_owed(connection: psycopg.Connection[Any], plans: Seq[TablePlan]) -> dict[int, Owed]:
    """By the plans' numbers."""
    there = _look(connection, plans)
    return {plan.number: _owed(plan.target, there[plan.number]) for plan in plans}


def _look(connection: psycopg.Connection[Any], plans: Seq[TablePlan]) -> dict[int, _Names]:
    tables = [quote_table(p.target.ref.schema, p.target.ref.name) for p in plans]
    wanted = [(place, name) for place, plan in enumerate(plans, 1) for name in _wanted(plan.target)]
    there = {plan.number: _Names() for plan in plans}
    values = {
        "tables": tables,
        "places": [place for place, _ in wanted],
        "wanted": [name for _, name in wanted],
    }
    with translated(f"looking at {name_tables(plans)}"):
        for place, kind, name in connection.execute(sql_text("object_names"), values):
            getattr(there[plans[place - 1].number], kind).add(name)
    return there


def _wanted(table: Table) -> Iterator[str]:
    """The names that share the schema with tables, and the ones they may have instead."""
    for name in (*(k.name for k in _keys(table)), *(i.name for i in table.indexes)):
        yield name
        yield _other_name(table, name)


def _owed(table: Table, there: _Names) -> Owed:
    name = quote_table(table.ref.schema, table.ref.name)
    statements: list[Statement] = []
    notes: list[str] = []
    for key in _keys(table):
        made = replace(key, name=_free(table, key.name, there, notes))
        if made.name not in there.constraints:
            kind = "primary key" if key.primary else "unique constraint"
            text = f"ALTER TABLE {name} ADD {ddl.render_key(made)}"
            statements.append((f"{kind} {key.name}", text))
    for check in table.checks:
        if check.name not in there.constraints:
            text = f"ALTER TABLE {name} ADD {ddl.render_check(check)}"
            statements.append((f"check {check.name}", text))
    for index in table.indexes:
        renamed = replace(index, name=_free(table, index.name, there, notes))
        if renamed.name not in there.indexes:
            statements.append((f"index {index.name}", ddl.render_index(table, renamed)))
    statements += [("comment", text) for text in ddl.render_comments(table)]
    return Owed(tuple(statements), tuple(notes))


def _keys(table: Table) -> list[Key]:
    return [key for key in (table.primary_key, *table.unique_keys) if key]


def _free(table: Table, name: str, there: _Names, notes: list[str]) -> str:
    """*name*, or another where a relation that is not the table's has it."""
    if name not in there.taken:
        return name
    other = _other_name(table, name)
    notes.append(
        f"{table.ref}: {name} is called {other} here: "
        "another table, view or index of the schema has its name"
    )
    return other


def _other_name(table: Table, name: str) -> str:
    return shorten_name(f"{table.ref.name}_{name}")
