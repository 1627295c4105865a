"""WITH: named queries and recursive ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from sqlglot import exp

from orasim.engine import OracleError
from orasim.sql.context import Context
from orasim.sql.parse import check_clauses, identifier
from orasim.sql.result import Plan
from orasim.sql.scope import ResultColumn, Row, Scope
from orasim.sql.sources import PlanSource
from orasim.sql.tables import Names


def with_queries(clause: exp.With, context: Context, parent: Scope | None, names: Names) -> Names:
    check_clauses(clause, {"expressions"}, "WITH")
    for cte in clause.expressions:
        check_clauses(cte, {"this", "alias"}, "WITH")
        alias = cte.args["alias"]
        name = identifier(alias.this)
        labels = [identifier(column) for column in alias.args.get("columns") or []]
        names = names.with_query(name, _with_query(cte.this, name, labels, context, parent, names))
    return names


def _with_query(
    node: exp.Expression,
    name: str,
    labels: list[str],
    context: Context,
    parent: Scope | None,
    names: Names,
) -> PlanSource:
    from orasim.sql.plan import plan_query

    if isinstance(node, exp.Union) and _mentions(node.expression, name):
        plan = _recursive(node, name, labels, context, parent, names)
    else:
        plan = plan_query(node, context, parent, names)
    if labels:
        if len(labels) != len(plan.columns):
            raise OracleError(
                32038,
                "number of WITH clause column names does not match number of "
                "elements in select list",
            )
        plan = replace(
            plan,
            columns=[
                replace(column, name=label)
                for column, label in zip(plan.columns, labels, strict=True)
            ],
        )
    _unique_names(plan.columns)
    return PlanSource(plan, context, keep=True)


def _mentions(node: exp.Expression, name: str) -> bool:
    return any(
        identifier(table.this) == name and not table.args.get("db")
        for table in node.find_all(exp.Table)
    )


def _recursive(
    node: exp.Union,
    name: str,
    labels: list[str],
    context: Context,
    parent: Scope | None,
    names: Names,
) -> Plan:
    if not labels:
        raise OracleError(32039, "recursive WITH clause must have column alias list")
    from orasim.sql.plan import plan_query

    anchor = plan_query(node.this, context, parent, names)
    latest: list[list[Row]] = [[]]
    columns = [replace(c, name=label) for c, label in zip(anchor.columns, labels, strict=True)]
    current = Plan(columns, lambda: latest[0])
    step = plan_query(
        node.expression, context, parent, names.with_query(name, PlanSource(current, context))
    )

    def below(parents: list[Row]) -> list[Row]:
        latest[0] = parents
        return list(step.rows())

    def rows() -> Iterator[Row]:
        level = list(anchor.rows())
        seen = set(level)
        acyclic: set[Row] = set()
        while level:
            yield from level
            level = below(level)
            for row in seen.intersection(level) - acyclic:
                if _is_own_ancestor(row, below):
                    raise OracleError(32044, "cycle detected while executing recursive WITH query")
                acyclic.add(row)
            seen.update(level)

    return Plan(columns, rows)


def _is_own_ancestor(row: Row, below: Callable[[list[Row]], list[Row]]) -> bool:
    """True when the rows that come from *row* hold it again; others may just repeat it."""
    known: set[Row] = set()
    level = [row]
    while level:
        level = [child for child in set(below(level)) if child not in known]
        if row in level:
            return True
        known.update(level)
    return False


def _unique_names(columns: list[ResultColumn]) -> None:
    seen: set[str] = set()
    for column in columns:
        if column.name in seen:
            raise OracleError(918, "column ambiguously defined")
        seen.add(column.name)
