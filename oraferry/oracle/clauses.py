"""The parts of a SELECT that depend on what a person asked for: columns, FROM, WHERE."""

from __future__ import annotations

from typing import Any

from oraferry.model import Column, Table
from oraferry.oracle.session import quote

ROWID = "ROWIDTOCHAR(t.ROWID)"


def and_also(condition: str, more: str) -> str:
    """A WHERE clause, or none, with one more condition."""
    return f"{condition} AND {more}" if condition else f" WHERE {more}"


def column_sql(column: Column) -> str:
    """The column's value: itself, or the expression that stands for it."""
    if column.expression is None:
        return f"t.{quote(column.name)}"
    # On lines of its own: a comment at its end must not hide what follows.
    return f"(\n{column.expression}\n)"


def from_clause(table: Table, partition: str | None = None) -> str:
    """
    ``"S"."T" [PARTITION ("P")] AS OF SCN :scn t``; the alias comes after AS OF.

    A query says itself where its tables have their AS OF.
    """
    if table.query is not None:
        return f"(\n{table.query}\n) t"
    name = f"{quote(table.ref.schema)}.{quote(table.ref.name)}"
    if partition is not None:
        name += f" PARTITION ({quote(partition)})"
    return f"{name} AS OF SCN :scn t" if table.has_past else f"{name} t"


def scn_binds(table: Table, scn: int) -> dict[str, Any]:
    """The bind that ``from_clause`` asks for: unused ones are an error in Oracle."""
    return {"scn": scn} if table.has_past else {}


def where_sql(where: str | None) -> str:
    """A person's condition, held together."""
    return f"(\n{where}\n)" if where else ""
