"""Count, least, greatest and total of each column, as PostgreSQL computes them."""

from __future__ import annotations

from typing import Any

import psycopg
import pyarrow as pa

from oraferry.canonical import target_sql, target_text
from oraferry.canonical.aggregates import find_total, has_extremes
from oraferry.canonical.numbers import number_text
from oraferry.model import ColumnPlan, TablePlan
from oraferry.ports import ColumnTotals
from oraferry.postgres.session import quote, quote_table, translated

COLUMNS_AT_ONCE = 300  # four items each, of the 1,664 that a select list may have


def total_columns(
    connection: psycopg.Connection[Any], plan: TablePlan, charset: str
) -> dict[str, ColumnTotals]:
    """By the source's names."""
    found: dict[str, ColumnTotals] = {}
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    for start in range(0, len(plan.columns), COLUMNS_AT_ONCE):
        columns = plan.columns[start : start + COLUMNS_AT_ONCE]
        items = [item for column in columns for item in _items(column, charset)]
        with translated(f"summing the columns of {plan.target.ref}"):
            row = connection.execute(f"SELECT {', '.join(items)} FROM {table}").fetchone()
        assert row
        for place, column in enumerate(columns):
            found[column.source.name] = _read(column, row[4 * place : 4 * place + 4])
    return found


def _items(column: ColumnPlan, charset: str) -> list[str]:
    quoted = quote(column.target.name)
    extremes = ["NULL", "NULL"]
    if has_extremes(column, charset):
        value = quoted
        if column.target.type.name in ("text", "character varying"):
            value = f'{quoted} COLLATE "C"'
        extremes = [target_sql(f"{name}({value})", column.target.type) for name in ("min", "max")]
    total = find_total(column, charset)
    summed = "NULL" if total is None else f"sum({total[1].replace('{c}', quoted)})::text"
    return [f"count({quoted})", *extremes, summed]


def _read(column: ColumnPlan, answers: tuple[Any, ...]) -> ColumnTotals:
    values, least, greatest, total = answers
    texts = target_text(pa.array([least, greatest], pa.large_string()), column.target.type)
    if total is not None:
        total = number_text(pa.array([total], pa.large_string()))[0].as_py()
    low, high = texts.to_pylist()
    return ColumnTotals(int(values), low, high, total)
