"""What DDL asks of the rows that exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.model import Table


def rows(session: Any, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query as Python values."""
    plan, context, _ = session._plan(query, [])
    context.begin_execution()
    found: Iterator[tuple[Any, ...]] = iter(plan.rows())
    return found


def has_rows(table: Table) -> bool:
    """True when the table holds committed rows."""
    return any(segment.state.live_rows for segment in table.store.segments)


def spelled(table: Table) -> str:
    """The table's name for a statement."""
    return f'"{table.schema}"."{table.name}"'


def listed(names: list[str]) -> str:
    """Quoted names with commas."""
    return ", ".join(f'"{name}"' for name in names)
