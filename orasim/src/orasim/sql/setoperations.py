"""UNION, MINUS, INTERSECT: rows compared as wholes, NULLs equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlglot import exp

from orasim.engine import OracleError
from orasim.sql.context import Context
from orasim.sql.convert import converter
from orasim.sql.parse import check_clauses, identifier
from orasim.sql.result import Plan, ordered_result
from orasim.sql.scope import ResultColumn, Row, Scope
from orasim.sql.tables import Names
from orasim.sql.types import common_type


def set_operation(
    node: exp.SetOperation,
    context: Context,
    parent: Scope | None,
    names: Names,
    texts: list[str] | None,
) -> Plan:
    check_clauses(
        node,
        {"this", "expression", "distinct", "with_", "order", "limit", "offset"},
        "set operation",
    )
    from orasim.sql.plan import plan_query

    for side in (node.this, node.expression):
        _check_operand(side)
    if context.session.version < (23,):
        _check_order(node)
    left = plan_query(node.this, context, parent, names, texts)
    right = plan_query(node.expression, context, parent, names)
    if len(left.columns) != len(right.columns):
        raise OracleError(1789, "query block has incorrect number of result columns")
    keep_all = not node.args.get("distinct")
    if keep_all and not isinstance(node, exp.Union) and context.session.version < (21,):
        raise OracleError(928, "missing SELECT keyword")
    columns, sides = [], ([], [])  # type: ignore[var-annotated]
    for a, b in zip(left.columns, right.columns, strict=True):
        # LONG passes UNION ALL, which compares nothing, and no other set operation: Oracle's SQL
        # reference names UNION, INTERSECT and MINUS; SQLAlchemy unites ALL_VIEWS and ALL_MVIEWS.
        for column in (a, b):
            if column.type.is_long and not keep_all:
                raise OracleError(997, "illegal use of LONG datatype")
            if column.type.is_lob and not keep_all:
                raise OracleError(
                    932, f"inconsistent datatypes: expected - got {column.type.data_type}"
                )
        kind = common_type([a.type, b.type], strict=True)
        columns.append(ResultColumn(a.name, kind, a.nullable or b.nullable))
        for side, column in zip(sides, (a, b), strict=True):
            side.append(converter(column.type, kind, context.nls))
    combine = _COMBINE[type(node)]

    def rows() -> Iterable[Row]:
        return combine(
            _converted(left.rows(), sides[0]), _converted(right.rows(), sides[1]), keep_all
        )

    plan = Plan(columns, rows, left.is_correlated or right.is_correlated)
    return ordered_result(plan, node, context)


def _check_order(node: exp.SetOperation) -> None:
    """Before 23ai a first side in parentheses gives ORDER BY no names: ORA-00904."""
    order = node.args.get("order")
    if order is None or not isinstance(node.this, exp.Subquery):
        return
    for item in order.expressions:
        if isinstance(item.this, exp.Column):
            raise OracleError(904, f'"{identifier(item.this.this)}": invalid identifier')


def _check_operand(node: exp.Expression) -> None:
    """A side in parentheses has no ORDER BY of its own, except with FETCH: ORA-00907."""
    query = node.this if isinstance(node, exp.Subquery) else node
    limits = (query.args.get("limit"), query.args.get("offset"))
    if query is not node and query.args.get("order") is not None and limits == (None, None):
        raise OracleError(907, "missing right parenthesis")


def _converted(rows: Iterable[Row], converters: list[Callable[[Any], Any]]) -> Iterable[Row]:
    if all(convert.__name__ == "_same" for convert in converters):
        return rows
    return (
        tuple(
            None if value is None else convert(value)
            for value, convert in zip(row, converters, strict=True)
        )
        for row in rows
    )


def _union(left: Iterable[Row], right: Iterable[Row], keep_all: bool) -> Iterator[Row]:
    seen: set[Row] = set()
    for side in (left, right):
        for row in side:
            if keep_all:
                yield row
            elif row not in seen:
                seen.add(row)
                yield row


def _minus(left: Iterable[Row], right: Iterable[Row], keep_all: bool) -> Iterator[Row]:
    if keep_all:  # each row on the right takes away one like it on the left
        left_over = Counter(right)
        for row in left:
            if left_over[row] > 0:
                left_over[row] -= 1
            else:
                yield row
        return
    drop = set(right)
    for row in left:
        if row not in drop:
            drop.add(row)
            yield row


def _intersect(left: Iterable[Row], right: Iterable[Row], keep_all: bool) -> Iterator[Row]:
    partners = Counter(right if keep_all else set(right))
    for row in left:
        if partners[row] > 0:
            partners[row] -= 1
            yield row


_COMBINE = {exp.Union: _union, exp.Except: _minus, exp.Intersect: _intersect}
