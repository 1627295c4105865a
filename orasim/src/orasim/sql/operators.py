"""Operators, CASE and AT TIME ZONE."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError
from orasim.sql import arithmetic, comparing
from orasim.sql.convert import inconsistent
from orasim.sql.datearithmetic import (
    date_arithmetic,
    interval_number,
    strict_binary,
    type_of_interval,
)
from orasim.sql.scope import Expr, Row, Run
from orasim.sql.types import common_type, family
from orasim.values import BINARY_DOUBLE, CLOB, NUMBER, OraType, timestamp_tz
from orasim.zones import at_zone, parse_zone, with_zone

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    exp.Add: arithmetic.add,
    exp.Sub: arithmetic.subtract,
    exp.Mul: arithmetic.multiply,
    exp.Div: arithmetic.divide,
}


def binary(compiler: Compiler, node: exp.Binary) -> Expr:
    left, right = compiler.value(node.this), compiler.value(node.expression)
    for side in (left, right):
        if side.type.is_lob or side.type.is_long:
            raise inconsistent("NUMBER", side.type)
    special = date_arithmetic(compiler, type(node), left, right)
    if special is not None:
        return special
    operation = _ARITHMETIC[type(node)]
    a, b = compiler.number(left), compiler.number(right)
    kind = NUMBER
    if family(a.type) == "float" or family(b.type) == "float":
        kind = BINARY_DOUBLE
    return strict_binary(compiler, kind, operation, a, b)


def negative(compiler: Compiler, node: exp.Neg) -> Expr:
    inner = compiler.value(node.this)
    if family(inner.type).startswith("interval"):
        run = inner.run
        build = type_of_interval(inner.type)
        return Expr(
            inner.type, lambda row: None if (v := run(row)) is None else build(-interval_number(v))
        )
    operand = compiler.number(inner)
    run = operand.run
    return Expr(
        operand.type,
        lambda row: None if (v := run(row)) is None else -v,
        operand.nullable,
        operand.is_constant,
    )


def concat(compiler: Compiler, node: exp.Expression) -> Expr:
    parts = [compiler.text(compiler.value(part)) for part in (node.this, node.expression)]
    return concatenated(parts, compiler.context.text_limit)


def case(compiler: Compiler, node: exp.Case) -> Expr:
    conditions_: list[Run] = []
    subject = compiler.value(node.this) if node.this is not None else None
    for branch in node.args["ifs"]:
        if subject is None:
            conditions_.append(compiler.condition(branch.this))
        else:
            conditions_.append(
                comparing.compare(compiler, "=", subject, compiler.value(branch.this))
            )
    results = [compiler.value(branch.args["true"]) for branch in node.args["ifs"]]
    default = node.args.get("default")
    if default is not None:
        results.append(compiler.value(default))
    for result in results:
        if result.type.is_long:
            raise OracleError(932, "inconsistent datatypes: expected CHAR got LONG")
    kind = common_type([result.type for result in results])
    runs = [compiler.converted(result, kind).run for result in results]
    otherwise = runs.pop() if default is not None else _null_run
    pairs = list(zip(conditions_, runs, strict=True))

    def choose(row: Row) -> Any:
        for test, result in pairs:
            if test(row):
                return result(row)
        return otherwise(row)

    nullable = default is None or any(result.nullable for result in results)
    return Expr(kind, choose, nullable)


def at_time_zone(compiler: Compiler, node: exp.AtTimeZone) -> Expr:
    inner = compiler.value(node.this)
    if not inner.type.is_date or inner.type.name == "DATE":
        raise inconsistent("TIMESTAMP", inner.type)
    zone = node.args["zone"]
    nls, run = compiler.context.nls, inner.run
    target: Run
    if isinstance(zone, exp.Anonymous) and zone.this == "ORASIM_LOCAL":
        target = lambda row: nls.zone  # noqa: E731
    else:
        zone_text = compiler.text(compiler.value(zone)).run
        target = lambda row: parse_zone(zone_text(row))  # noqa: E731

    def shift(row: Row) -> Any:
        value = run(row)
        if value is None:
            return None
        if value.offset_minutes is None:
            value = with_zone(value, nls.zone)
        return at_zone(value, target(row))

    return Expr(timestamp_tz(inner.type.scale or 6), shift)


def _null_run(row: Row) -> Any:
    return None


def concatenated(parts: list[Expr], limit: int = 4000) -> Expr:
    """|| : NULL is the empty string, all NULL is NULL."""
    is_clob = any(family(part.type) == "clob" for part in parts)
    runs = [part.run for part in parts]

    def run(row: Row) -> Any:
        text = "".join([value for item in runs if (value := item(row)) is not None])
        if not is_clob and 4 * len(text) > limit < len(text.encode("utf-8", "replace")):
            raise OracleError(1489, "result of string concatenation is too long")
        return text or None

    if is_clob:
        return Expr(CLOB, run, all(part.nullable for part in parts))
    national = any(part.type.is_national for part in parts)
    characters = any(part.type.char_semantics for part in parts)
    length = min(sum(part.type.length or 0 for part in parts), limit)
    only_char = all(part.type.name == "CHAR" for part in parts) and length <= 2000
    kind = OraType(
        "NVARCHAR2" if national else ("CHAR" if only_char else "VARCHAR2"),
        length,
        characters or national,
    )
    return Expr(
        kind, run, all(part.nullable for part in parts), all(part.is_constant for part in parts)
    )
