"""Conditions that say between which ROWIDs rows lie: a scan goes to these rows and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlglot import exp

from orasim.sql.expressions import Compiler
from orasim.sql.scope import Expr, Scope
from orasim.sql.types import family
from orasim.storage.rowid import RowId, parse_rowid
from orasim.storage.segment import Segment

FLIPPED = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}


@dataclass(slots=True)
class RowidBound:
    """ROWID compared with a constant by <, <=, > or >=."""

    operator: type
    value: Callable[[], RowId | None]


def find_bounds(
    scope: Scope, place: tuple[int, int], node: exp.Expression
) -> list[RowidBound] | None:
    """
    What *node* says of the ROWID that stands at *place* (relation, column); None when it is
    anything else than a range between constants.
    """
    if isinstance(node, exp.Paren):
        return find_bounds(scope, place, node.this)
    if isinstance(node, exp.Between) and not node.args.get("negate"):
        sides = [
            _bound(scope, place, exp.GTE, node.this, node.args["low"]),
            _bound(scope, place, exp.LTE, node.this, node.args["high"]),
        ]
        found = [side for side in sides if side is not None]
        return found if len(found) == len(sides) else None
    operator = type(node)
    if operator not in FLIPPED:
        return None
    bound = _bound(scope, place, operator, node.this, node.expression) or _bound(
        scope, place, FLIPPED[operator], node.expression, node.this
    )
    return None if bound is None else [bound]


def _bound(
    scope: Scope,
    place: tuple[int, int],
    operator: type,
    left: exp.Expression,
    right: exp.Expression,
) -> RowidBound | None:
    if not isinstance(left, exp.Column) or scope.find(left) != place:
        return None
    value = constant_rowid(scope, right)
    return None if value is None else RowidBound(operator, value)


def constant_rowid(scope: Scope, node: exp.Expression) -> Callable[[], RowId | None] | None:
    """The ROWID that *node* gives at every execution; None when it depends on the row."""
    if node.find(exp.Column, exp.Select) is not None:
        return None
    expr = Compiler(Scope(scope.context, names=scope.names)).value(node)
    if not expr.is_constant or family(expr.type) not in ("text", "rowid"):
        return None
    return _parsed(expr)


def _parsed(expr: Expr) -> Callable[[], RowId | None]:
    def value() -> RowId | None:
        text = expr.run(())
        return None if text is None else parse_rowid(text)

    return value


Limits = list[tuple[type, RowId | None]]


def evaluate(bounds: Iterable[RowidBound]) -> Limits | None:
    """The bounds of this execution; None when one is NULL: no row is within."""
    limits = [(bound.operator, bound.value()) for bound in bounds]
    return None if any(value is None for _, value in limits) else limits


def ordinals(segment: Segment, limits: Limits) -> tuple[int, int]:
    """The half-open range of the segment's ordinals that lie within all *limits*."""
    low, high = 0, 1 << 62
    for operator, value in limits:
        start, end = segment.ordinal_range(value, value)
        if operator in (exp.GTE, exp.GT):
            low = max(low, start if operator is exp.GTE else end)
        else:
            high = min(high, end if operator is exp.LTE else start)
    return low, high
