"""+, -, *, / with dates and intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError
from orasim.sql import arithmetic
from orasim.sql.convert import inconsistent
from orasim.sql.scope import Expr, Row
from orasim.sql.types import family
from orasim.values import (
    DATE,
    NANOSECONDS,
    NUMBER,
    SECONDS_PER_DAY,
    IntervalDS,
    IntervalYM,
    OraDate,
    OraType,
    days_in_month,
)

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

_DAY = SECONDS_PER_DAY * NANOSECONDS
INTERVAL_DS = OraType("INTERVAL DAY TO SECOND", precision=9, scale=9)
INTERVAL_YM = OraType("INTERVAL YEAR TO MONTH", precision=9)


def strict_binary(
    compiler: Compiler, kind: OraType, operation: Callable[[Any, Any], Any], a: Expr, b: Expr
) -> Expr:
    left, right = a.run, b.run

    def run(row: Row) -> Any:
        x = left(row)
        if x is None:
            return None
        y = right(row)
        return None if y is None else operation(x, y)

    is_constant = a.is_constant and b.is_constant
    return Expr(
        kind,
        compiler.context.once(run) if is_constant else run,
        a.nullable or b.nullable,
        is_constant,
    )


def nanoseconds_of_days(number: Any) -> int:
    """Days as nanoseconds, rounded."""
    return int((Decimal(number) * _DAY).to_integral_value())


def interval_number(value: IntervalDS | IntervalYM) -> int:
    return value.months if isinstance(value, IntervalYM) else value.nanoseconds


def type_of_interval(kind: OraType) -> Callable[[int], Any]:
    return IntervalYM if kind.name == "INTERVAL YEAR TO MONTH" else IntervalDS


def _in_range(value: OraDate) -> OraDate:
    if not -4712 <= value.year <= 9999:
        raise OracleError(1841, "(full) year must be between -4713 and +9999, and not be 0")
    return value


def _shifted(value: OraDate, nanoseconds: int) -> OraDate:
    return _in_range(
        OraDate.of_nanoseconds(value.nanoseconds + nanoseconds, value.offset_minutes, value.region)
    )


def add_months_exact(value: OraDate, months: int) -> OraDate:
    """date + INTERVAL YEAR TO MONTH: ORA-01839 when the day does not exist."""
    total = value.year * 12 + value.month - 1 + months
    year, month = divmod(total, 12)
    if value.day > days_in_month(year, month + 1):
        raise OracleError(1839, "date not valid for month specified")
    return _in_range(replace(value, year=year, month=month + 1))


def date_arithmetic(compiler: Compiler, operator: type, left: Expr, right: Expr) -> Expr | None:
    kinds = family(left.type), family(right.type)
    is_interval = tuple(kind.startswith("interval") for kind in kinds)
    if kinds[0] != "date" and kinds[1] != "date" and not any(is_interval):
        return None
    sign = 1 if operator is exp.Add else -1
    if operator in (exp.Add, exp.Sub):
        if kinds == ("date", "date"):
            if operator is exp.Add:
                raise OracleError(975, "date + date not allowed")
            return _difference(compiler, left, right)
        if kinds[1] == "date" and operator is exp.Add:
            left, right, kinds = right, left, (kinds[1], kinds[0])
        if kinds[0] == "date":
            return _moved(compiler, sign, left, right)
        if is_interval == (True, True) and kinds[0] == kinds[1]:
            build = type_of_interval(left.type)
            return strict_binary(
                compiler,
                left.type,
                lambda a, b: build(interval_number(a) + sign * interval_number(b)),
                left,
                right,
            )
    if operator in (exp.Mul, exp.Div) and is_interval != (True, True):
        if is_interval[1] and operator is exp.Mul:
            left, right = right, left
        build, factor = type_of_interval(left.type), compiler.number(right)

        def scale(a: Any, b: Any) -> Any:
            number = Decimal(interval_number(a))
            product = number * Decimal(b) if operator is exp.Mul else number / Decimal(b)
            return build(int(product))

        return strict_binary(compiler, left.type, scale, left, factor)
    raise inconsistent("NUMBER", right.type if kinds[1] != "number" else left.type)


def _difference(compiler: Compiler, left: Expr, right: Expr) -> Expr:
    if left.type.name == right.type.name == "DATE":
        return strict_binary(
            compiler,
            NUMBER,
            lambda a, b: arithmetic.divide(
                (a.nanoseconds - b.nanoseconds) // NANOSECONDS, SECONDS_PER_DAY
            ),
            left,
            right,
        )
    return strict_binary(
        compiler, INTERVAL_DS, lambda a, b: IntervalDS(a.instant - b.instant), left, right
    )


def _moved(compiler: Compiler, sign: int, left: Expr, right: Expr) -> Expr:
    of = family(right.type)
    if of == "interval day to second":
        return strict_binary(
            compiler, left.type, lambda a, b: _shifted(a, sign * b.nanoseconds), left, right
        )
    if of == "interval year to month":
        return strict_binary(
            compiler, left.type, lambda a, b: add_months_exact(a, sign * b.months), left, right
        )
    number = compiler.number(right)
    # date + number is a DATE: whole seconds, and a TIMESTAMP loses its fraction.

    def move(a: OraDate, b: Any) -> OraDate:
        whole = a.nanoseconds // NANOSECONDS * NANOSECONDS
        seconds = (nanoseconds_of_days(b) * sign + NANOSECONDS // 2) // NANOSECONDS
        return _in_range(OraDate.of_nanoseconds(whole + seconds * NANOSECONDS))

    return strict_binary(compiler, DATE, move, left, number)
