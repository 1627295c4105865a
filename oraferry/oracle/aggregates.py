"""Count, least, greatest and total of each column, as Oracle computes them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from oraferry.canonical.aggregates import find_total, has_extremes
from oraferry.canonical.declared import declared_text
from oraferry.canonical.numbers import number_text
from oraferry.model import ColumnPlan, TablePlan
from oraferry.oracle.clauses import column_sql, from_clause, scn_binds, where_sql
from oraferry.oracle.session import Session, translated
from oraferry.ports import ColumnTotals
from oraferry.typemap import rule_by_name

COLUMNS_AT_ONCE = 200  # four items each, of the 1,000 that a select list may have


def total_columns(
    session: Session, plan: TablePlan, scn: int, charset: str
) -> dict[str, ColumnTotals]:
    """By the source's names; a LONG, which no function takes, is not among them."""
    columns = [c for c in plan.columns if not c.source.type.name.startswith("LONG")]
    found: dict[str, ColumnTotals] = {}
    for start in range(0, len(columns), COLUMNS_AT_ONCE):
        part = columns[start : start + COLUMNS_AT_ONCE]
        with translated(f"summing the columns of {plan.source.ref}"):
            found |= _total(session, plan, part, scn, charset)
    return found


def _total(
    session: Session, plan: TablePlan, columns: list[ColumnPlan], scn: int, charset: str
) -> dict[str, ColumnTotals]:
    select = _Select()
    asked = [_Asked(select, column, charset) for column in columns]
    where = f" WHERE {where_sql(plan.where)}" if plan.where else ""
    statement = (
        f"SELECT /* oraferry totals */ {', '.join(select.items)} "
        f"FROM {from_clause(plan.source)}{where}"
    )
    schema = pa.schema([(f"X{i}", type) for i, type in enumerate(select.types)])
    frames = session.connection.fetch_df_batches(
        statement, scn_binds(plan.source, scn), size=1, requested_schema=schema
    )
    (row,) = [pa.table(frame) for frame in frames if frame.num_rows()]
    return {one.column.source.name: one.read(row) for one in asked}


class _Select:
    """A select list with the types that it is fetched as."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.types: list[pa.DataType] = []

    def add(self, item: str, type: pa.DataType) -> int:
        """Its place."""
        self.items.append(f"{item} AS x{len(self.items)}")
        self.types.append(type)
        return len(self.items) - 1


class _Asked:
    """What is asked of one column, and where the answers are."""

    def __init__(self, select: _Select, column: ColumnPlan, charset: str) -> None:
        self.column = column
        value = column_sql(column.source)
        self._values = select.add(f"COUNT(CASE WHEN {value} IS NOT NULL THEN 1 END)", pa.int64())
        self._extremes: list[int] = []
        if has_extremes(column, charset):
            rule = rule_by_name(column.rule)
            # As text, because the driver cannot decode every moment.
            template, type = rule.select, rule.fetch(column.source.type)
            if rule.as_text is not None:
                template, type = rule.as_text, pa.large_string()
            self._extremes = [
                select.add(template.replace("{c}", f"{function}({value})"), type)
                for function in ("MIN", "MAX")
            ]
        total = find_total(column, charset)
        self._total: int | None = None
        if total is not None:
            # ASSUMPTION(oracle): TM9 writes every digit of a sum of up to 38.
            item = f"TO_CHAR(SUM({total[0].replace('{c}', value)}), 'TM9')"
            self._total = select.add(item, pa.large_string())

    def read(self, row: pa.Table) -> ColumnTotals:
        """From the one row of answers."""
        least, greatest = (self._text(row, place) for place in self._extremes or (None, None))
        total = None
        if self._total is not None:
            total = number_text(row.column(self._total).combine_chunks())[0].as_py()
        return ColumnTotals(int(row.column(self._values)[0].as_py()), least, greatest, total)

    def _text(self, row: pa.Table, place: int | None) -> Any:
        if place is None:
            return None
        array = row.column(place).combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = array.chunk(0)
        return declared_text(array, self.column)[0].as_py()
