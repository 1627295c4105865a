"""The table of SQL functions, and the short way to declare one.

``@simple("SUBSTR", "TNn", …)``: one letter per argument says what it is converted to (T text,
N number, D date or timestamp, R raw, A as it is); small letters are optional. NULL in any
argument gives NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError
from orasim.sql.convert import inconsistent
from orasim.sql.scope import Expr, Row
from orasim.values import OraType

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


@dataclass(slots=True)
class Call:
    """A function call: upper-case name, compiled arguments, the parsed node."""

    name: str
    args: list[Expr]
    node: exp.Expression


Builder = Callable[["Compiler", Call], Expr]
TypeRule = OraType | Callable[[list[Expr]], OraType]

FUNCTIONS: dict[str, Builder] = {}
PSEUDO_COLUMNS: dict[str, Builder] = {}  # called without parentheses
UNCOMPILED: set[str] = set()  # whose arguments hold keywords: the builder reads the node
AGGREGATES = {
    "COUNT", "SUM", "AVG", "MIN", "MAX", "LISTAGG", "STDDEV", "VARIANCE", "MEDIAN",
    "STDDEV_POP", "STDDEV_SAMP", "VAR_POP", "VAR_SAMP", "APPROX_COUNT_DISTINCT", "JSON_ARRAYAGG",
    "PERCENTILE_CONT", "PERCENTILE_DISC", "ANY_VALUE", "CORR", "COVAR_POP", "COVAR_SAMP",
    "REGR_AVGX", "REGR_AVGY", "REGR_COUNT", "REGR_INTERCEPT", "REGR_R2", "REGR_SLOPE",
    "REGR_SXX", "REGR_SXY", "REGR_SYY",
}  # fmt: skip


def function(*names: str) -> Callable[[Builder], Builder]:
    """Register a builder under its SQL names."""

    def register(builder: Builder) -> Builder:
        for name in names:
            FUNCTIONS[name] = builder
        return builder

    return register


def pseudo(*names: str) -> Callable[[Builder], Builder]:
    """Register something written without parentheses."""

    def register(builder: Builder) -> Builder:
        for name in names:
            PSEUDO_COLUMNS[name] = builder
        return builder

    return register


def check_count(call: Call, least: int, most: int | None) -> None:
    """ORA-00909/ORA-00938 for the wrong number of arguments."""
    if len(call.args) < least:
        raise OracleError(938, "not enough arguments for function")
    if most is not None and len(call.args) > most:
        raise OracleError(939, "too many arguments for function")


def coerced(compiler: Compiler, expr: Expr, letter: str) -> Expr:
    """*expr* as the kind a signature letter asks for."""
    if letter == "T":
        return compiler.text(expr)
    if letter == "N":
        return compiler.number(expr)
    if letter == "D":
        if expr.type.is_date:
            return expr
        from orasim.values import DATE

        return compiler.converted(expr, DATE)
    if letter == "R":
        if expr.type.name not in ("RAW", "LONG RAW", "BLOB") and not expr.type.is_text:
            raise inconsistent("BINARY", expr.type)
        from orasim.values import raw

        return compiler.converted(expr, raw(2000))
    if expr.type.is_long:
        raise OracleError(997, "illegal use of LONG datatype")
    return expr


def simple(
    *names: str, args: str, gives: TypeRule, since: tuple[int, ...] = ()
) -> Callable[[Callable[..., Any]], Any]:
    """Register a plain Python function of converted, non-NULL arguments; *since*: a version."""
    least, most = sum(letter.isupper() for letter in args), len(args)

    def register(compute: Callable[..., Any]) -> Callable[..., Any]:
        def build(compiler: Compiler, call: Call) -> Expr:
            check_count(call, least, most)
            if compiler.context.session.version < since:
                raise OracleError(904, f'"{call.name}": invalid identifier')
            exprs = [
                coerced(compiler, expr, letter.upper())
                for expr, letter in zip(call.args, args, strict=False)
            ]
            kind = gives(exprs) if callable(gives) else gives
            return applied(compiler, compute, exprs, kind)

        for name in names:
            FUNCTIONS[name] = build
        return compute

    return register


def applied(
    compiler: Compiler, compute: Callable[..., Any], exprs: list[Expr], kind: OraType
) -> Expr:
    """*compute* over the expressions' values; NULL in, NULL out."""
    runs = [expr.run for expr in exprs]
    if len(runs) == 1:
        only = runs[0]

        def run(row: Row) -> Any:
            value = only(row)
            return None if value is None else compute(value)

    else:

        def run(row: Row) -> Any:
            values = [item(row) for item in runs]
            return None if None in values else compute(*values)

    is_constant = all(expr.is_constant for expr in exprs)
    return Expr(
        kind,
        compiler.context.once(run) if is_constant and exprs else run,
        True,
        is_constant and bool(exprs),
    )
