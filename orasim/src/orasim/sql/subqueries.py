"""Scalar subqueries, and what hierarchical queries know of other rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError
from orasim.sql.scope import Expr, Row, Run
from orasim.values import NUMBER

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


def subquery_rows(compiler: Compiler, node: exp.Expression, columns: int) -> tuple[Any, Run]:
    """(plan, function giving an iterator of its rows for the current row)."""
    from orasim.sql.plan import plan_query

    query = node.unnest() if isinstance(node, exp.Subquery) else node
    plan = plan_query(query, compiler.context, compiler.scope)
    if columns and len(plan.columns) != columns:
        too = "many" if len(plan.columns) > columns else "few"
        code = 913 if too == "many" else 947
        raise OracleError(code, f"{'too many' if too == 'many' else 'not enough'} values")
    cell = compiler.scope.cell

    def rows(row: Row) -> Iterator[Row]:
        cell[0] = row
        return iter(plan.rows())

    return plan, rows


def scalar_subquery(compiler: Compiler, node: exp.Expression) -> Expr:
    plan, rows = subquery_rows(compiler, node, 1)

    def single(row: Row) -> Any:
        found = rows(row)
        first = next(found, None)
        if first is None:
            return None
        if next(found, None) is not None:
            raise OracleError(1427, "single-row subquery returns more than one row")
        return first[0]

    kind = plan.columns[0].type
    if kind.is_number:
        kind = NUMBER  # precision and scale are lost on the way, as SQLAlchemy's tests show
    if not plan.is_correlated:
        return Expr(kind, compiler.context.once(single), True, True)
    return Expr(kind, single)


def prior(compiler: Compiler, node: exp.Prior) -> Expr:
    inner = compiler.value(node.this)
    cell, run = compiler.scope.prior_cell, inner.run
    scope = compiler.scope

    def previous(row: Row) -> Any:
        # Outside CONNECT BY's own condition the parent row travels with the row.
        source = row[scope.width + 3] if len(row) > scope.width + 3 else cell[0]
        return run(source) if source else None

    return Expr(inner.type, previous)


def connect_by_root(compiler: Compiler, node: exp.ConnectByRoot) -> Expr:
    inner = compiler.value(node.this)
    scope, run = compiler.scope, inner.run
    return Expr(inner.type, lambda row: run(row[scope.width + 1]))
