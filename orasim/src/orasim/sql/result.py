"""A planned query, and what is done to finished results: ORDER BY, OFFSET, FETCH."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice

from sqlglot import exp

from orasim.engine import OracleError
from orasim.sql.context import Context
from orasim.sql.expressions import Compiler
from orasim.sql.ordering import SortKey, binary_order, sort_key, sort_rows
from orasim.sql.parse import identifier
from orasim.sql.scope import Expr, ResultColumn, Row, Run, Scope


@dataclass(slots=True)
class Plan:
    """A query ready to run: ``rows`` starts it anew each time."""

    columns: list[ResultColumn]
    rows: Callable[[], Iterable[Row]]
    is_correlated: bool = False
    exprs: list[Expr] = field(default_factory=list)
    scope: Scope | None = None  # of a single block, for scans and FOR UPDATE
    is_plain: bool = False  # one block without grouping, ordering, ROWNUM or set operator
    where: list[exp.Expression] = field(default_factory=list)
    raw_rows: Callable[[], Iterable[Row]] | None = None  # joined and filtered, for FOR UPDATE


def ordered_result(plan: Plan, node: exp.Expression, context: Context) -> Plan:
    """ORDER BY, OFFSET and FETCH over a finished result: positions and column names only."""
    order = node.args.get("order")
    if order is not None:
        keys = []
        for item in order.expressions:
            place = output_place(item.this, plan.columns)
            if place is None:
                raise OracleError(904, f'"{item.this.sql().upper()}": invalid identifier')
            column = plan.columns[place]
            keys.append(sort_key(Expr(column.type, _getter(place)), item, binary_order(context)))
        unsorted = plan.rows
        plan = Plan(plan.columns, lambda: sort_rows(unsorted(), keys), plan.is_correlated)
        ordered = plan.rows
        return limited(
            plan, node, context, lambda: ((row, sorted_by(row, keys)) for row in ordered())
        )
    return limited(plan, node, context, None)


def sorted_by(row: Row, keys: list[SortKey]) -> Row:
    """The values that a row was ordered by."""
    return tuple(key.run(row) for key in keys)


def _after_ties(keys: list[Row], end: int) -> int:
    """Where the rows end that are ordered like the last one before *end*."""
    while 0 < end < len(keys) and keys[end] == keys[end - 1]:
        end += 1
    return end


def _getter(place: int) -> Run:
    return lambda row: row[place]


def output_place(node: exp.Expression, columns: list[ResultColumn]) -> int | None:
    if isinstance(node, exp.Literal) and not node.is_string:
        place = int(str(node.this)) - 1
        if not 0 <= place < len(columns):
            raise OracleError(1785, "ORDER BY item must be the number of a SELECT-list expression")
        return place
    if isinstance(node, exp.Column) and not node.args.get("table"):
        name = identifier(node.this)
        for place, column in enumerate(columns):
            if column.name == name:
                return place
    return None


def limited(
    plan: Plan,
    node: exp.Expression,
    context: Context,
    keyed_rows: Callable[[], Iterable[tuple[Row, Row]]] | None,
) -> Plan:
    """
    OFFSET and FETCH. *keyed_rows* gives each row with the values it was ordered by, for WITH
    TIES, which without ORDER BY says nothing.
    """
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if limit is None and offset is None:
        return plan
    if isinstance(limit, exp.Limit) or (offset is not None and offset.args.get("expressions")):
        raise OracleError(933, "SQL command not properly ended")
    compiler = Compiler(Scope(context))
    skip = compiler.number(compiler.value(offset.expression)).run if offset is not None else None
    take = percent = ties = None
    if limit is not None:
        options = limit.args.get("limit_options")
        percent = options is not None and options.args.get("percent")
        ties = options is not None and options.args.get("with_ties")
        count = limit.args.get("count") or exp.Literal.number(1)
        take = compiler.number(compiler.value(count)).run
    inner = plan.rows

    def rows() -> Iterable[Row]:
        start = max(int(skip(()) or 0), 0) if skip else 0
        if take is None:
            return islice(inner(), start, None)
        wanted = take(()) or 0
        if not percent and not (ties and keyed_rows):
            return islice(inner(), start, start + max(int(wanted), 0))
        everything = list(keyed_rows() if keyed_rows else ((row, ()) for row in inner()))
        size = -int(-(len(everything) * wanted) // 100) if percent else int(wanted)
        end = start + max(size, 0)
        if ties and keyed_rows and start < end:
            end = _after_ties([key for _, key in everything], end)
        return [row for row, _ in everything[start:end]]

    return Plan(plan.columns, rows, plan.is_correlated, plan.exprs)
