"""Literals and binds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql import arithmetic
from orasim.sql.convert import interval_literal
from orasim.sql.datearithmetic import INTERVAL_DS, INTERVAL_YM, nanoseconds_of_days
from orasim.sql.datemasks import parse_date
from orasim.sql.functions.registry import FUNCTIONS, PSEUDO_COLUMNS, Call
from orasim.sql.scope import Expr
from orasim.sql.types import NULL
from orasim.values import (
    BINARY_DOUBLE,
    BINARY_FLOAT,
    DATE,
    NUMBER,
    IntervalDS,
    IntervalYM,
    OraDate,
    OraType,
    char,
    timestamp,
    timestamp_tz,
)
from orasim.zones import parse_zone, with_zone

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


def literal(compiler: Compiler, node: exp.Literal) -> Expr:
    text = str(node.this)
    if node.is_string:
        return text_literal(compiler, text)
    number = arithmetic.parse_number(text)
    return constant(NUMBER, number)


def text_literal(compiler: Compiler, text: str, *, national: bool = False) -> Expr:
    if text == "":
        return constant(NULL, None)
    # The whole statement is converted before it is read, N'…' included.
    characters = compiler.context.session.database.characters
    text = characters.adopt(text)
    length = characters.size(text)
    if length > compiler.context.text_limit:
        raise OracleError(1704, "string literal too long")
    return constant(OraType("NCHAR", len(text), True) if national else char(length), text)


def boolean(compiler: Compiler, node: exp.Boolean) -> Expr:
    if compiler.context.session.version < (23,) and not compiler.context.is_expression:
        raise OracleError(904, f'"{str(node.this).upper()}": invalid identifier')
    return constant(OraType("BOOLEAN"), bool(node.this))


def placeholder(compiler: Compiler, node: exp.Placeholder) -> Expr:
    context = compiler.context
    if node.this is None:
        raise OracleError(911, "invalid character")
    number = context.bind_number(node)
    binds = context.binds
    return Expr(binds[number].type, lambda row: binds[number].value, True, True)


def date_literal(compiler: Compiler, node: exp.Expression) -> Expr:
    if not isinstance(node.this, exp.Literal) or not node.this.is_string:
        raise OracleError(936, "missing expression")
    try:
        value = parse_date(str(node.this.this), "SYYYY-MM-DD", OraDate(2000))
    except OracleError as error:
        if error.code == 1840:
            raise
        raise OracleError(error.code, error.message.partition(": ")[2]) from None
    return constant(DATE, value)


def timestamp_literal(compiler: Compiler, node: exp.Expression) -> Expr:
    text = str(node.this.this) if isinstance(node.this, exp.Literal) else None
    if text is None:
        raise OracleError(936, "missing expression")
    body = text.strip()
    head = body[:19] + body[19:].partition("+")[0].partition(" ")[0].partition("-")[0]
    zone = body[len(head) :].strip()
    mask = "SYYYY-MM-DD HH24:MI:SS" + (".FF" if "." in head else "")
    value = parse_date(head, mask, OraDate(2000))
    if zone:
        return constant(timestamp_tz(9), with_zone(value, parse_zone(zone)))
    return constant(timestamp(9), value)


def interval(compiler: Compiler, node: exp.Interval) -> Expr:
    unit = node.args.get("unit")
    first, last = _interval_units(unit)
    if isinstance(node.this, exp.Literal) and node.this.is_string:
        value = interval_literal(str(node.this.this), first, last)
        return constant(INTERVAL_YM if isinstance(value, IntervalYM) else INTERVAL_DS, value)
    # (timestamp - timestamp) DAY TO SECOND
    inner = compiler.value(node.this)
    if inner.type == NUMBER and first == "DAY" and last == "SECOND":
        run = inner.run
        return Expr(
            INTERVAL_DS,
            lambda row: None if (v := run(row)) is None else IntervalDS(nanoseconds_of_days(v)),
        )
    if inner.type.name == "INTERVAL DAY TO SECOND" and first == "DAY":
        return inner
    raise not_supported("interval expression")


def constant(kind: OraType, value: Any) -> Expr:
    return Expr(kind, lambda row: value, value is None, True)


def _interval_units(unit: Any) -> tuple[str, str | None]:
    if isinstance(unit, exp.IntervalSpan):
        return _unit_name(unit.this), _unit_name(unit.expression)
    return _unit_name(unit), None


def _unit_name(node: Any) -> str:
    return str(node.this if isinstance(node, exp.Anonymous | exp.Var) else node).upper()


def _float_literal(kind: OraType) -> Callable[[Compiler, Call], Expr]:
    return lambda compiler, call: constant(kind, float(call.args[0].run(())))


def _float_constant(kind: OraType, value: float) -> Callable[[Compiler, Call], Expr]:
    return lambda compiler, call: constant(kind, value)


for _kind in (BINARY_DOUBLE, BINARY_FLOAT):
    PSEUDO_COLUMNS[f"{_kind.name}_NAN"] = _float_constant(_kind, math.nan)
    PSEUDO_COLUMNS[f"{_kind.name}_INFINITY"] = _float_constant(_kind, float("inf"))

FUNCTIONS["ORASIM_DOUBLE"] = _float_literal(BINARY_DOUBLE)
FUNCTIONS["ORASIM_FLOAT"] = _float_literal(BINARY_FLOAT)
