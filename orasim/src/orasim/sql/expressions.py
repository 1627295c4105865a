"""Expressions to closures: the kinds of nodes, and conversions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql import conditions, invocations, literals, names, operators, subqueries
from orasim.sql.convert import converter, to_text
from orasim.sql.scope import Expr, Row, Run, Scope
from orasim.sql.types import NULL, family, text_length
from orasim.values import CLOB, NUMBER, OraType, varchar2


class Compiler:
    """Compiles the expressions of one query block."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.context = scope.context

    def value(self, node: exp.Expression) -> Expr:
        """An expression that yields a value."""
        scope = self.scope
        if scope.group_keys is not None:
            position = scope.group_keys.get(scope.fingerprint(node))
            if position is not None:
                key = scope.key_exprs[position]
                return Expr(key.type, lambda row: row[position], key.nullable)
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            return handler(self, node)
        if type(node) in conditions.CONDITIONS:
            if self.context.session.version < (23,) and not self.context.is_expression:
                raise OracleError(923, "FROM keyword not found where expected")
            return Expr(OraType("BOOLEAN"), self.condition(node))
        raise not_supported(f"expression {type(node).__name__}: {node.sql()[:80]}")

    def condition(self, node: exp.Expression) -> Run:
        """A condition: True, False or None for unknown."""
        return conditions.compile_condition(self, node)

    def values(self, nodes: list[exp.Expression]) -> list[Expr]:
        return [self.value(node) for node in nodes]

    def converted(self, expr: Expr, target: OraType) -> Expr:
        """*expr* implicitly converted; constants once per execution."""
        if family(expr.type) in ("long", "long raw"):
            raise OracleError(997, "illegal use of LONG datatype")
        convert = converter(expr.type, target, self.context.nls)
        if convert.__name__ == "_same":
            return Expr(
                target if expr.type == NULL else expr.type,
                expr.run,
                expr.nullable,
                expr.is_constant,
                expr.column,
            )
        run = expr.run

        def converting(row: Row) -> Any:
            value = run(row)
            return None if value is None else convert(value)

        if expr.is_constant:
            return Expr(target, self.context.once(converting), expr.nullable, True)
        return Expr(target, converting, expr.nullable)

    def text(self, expr: Expr) -> Expr:
        """*expr* as text."""
        if expr.type.is_text or expr.type == NULL or family(expr.type) == "clob":
            return expr
        if expr.type.is_long:
            raise OracleError(932, "inconsistent datatypes: expected CHAR got LONG")
        convert, run = to_text(expr.type, self.context.nls), expr.run

        def converting(row: Row) -> Any:
            value = run(row)
            return None if value is None else convert(value)

        kind = (
            CLOB if family(expr.type) in ("xmltype", "json") else varchar2(text_length(expr.type))
        )
        return Expr(kind, converting, expr.nullable, expr.is_constant)

    def number(self, expr: Expr) -> Expr:
        """*expr* as a number (float stays float)."""
        if family(expr.type) in ("number", "float"):
            return expr
        return self.converted(expr, NUMBER)


_HANDLERS: dict[type, Callable[[Compiler, Any], Expr]] = {
    exp.Column: names.column,
    exp.Literal: literals.literal,
    exp.National: lambda c, node: literals.text_literal(c, str(node.this), national=True),
    exp.RawString: lambda c, node: literals.text_literal(c, str(node.this)),
    exp.UnicodeString: lambda c, node: literals.text_literal(c, str(node.this)),
    exp.Null: lambda c, node: literals.constant(NULL, None),
    exp.Placeholder: literals.placeholder,
    exp.Paren: lambda c, node: c.value(node.this),
    exp.Add: operators.binary,
    exp.Sub: operators.binary,
    exp.Mul: operators.binary,
    exp.Div: operators.binary,
    exp.Neg: operators.negative,
    exp.DPipe: operators.concat,
    exp.Case: operators.case,
    exp.DateStrToDate: literals.date_literal,
    exp.StrToTime: literals.timestamp_literal,
    exp.Interval: literals.interval,
    exp.AtTimeZone: operators.at_time_zone,
    exp.Anonymous: invocations.call,
    exp.Extract: invocations.extract,
    exp.Trim: invocations.trim,
    exp.Dot: invocations.dotted,
    exp.Window: invocations.window,
    exp.WithinGroup: invocations.within_group,
    exp.Subquery: subqueries.scalar_subquery,
    exp.Select: subqueries.scalar_subquery,
    exp.Prior: subqueries.prior,
    exp.ConnectByRoot: subqueries.connect_by_root,
    exp.Boolean: literals.boolean,
}
