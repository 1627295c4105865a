"""Number functions."""

from __future__ import annotations

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError
from orasim.sql import arithmetic
from orasim.sql.functions.registry import Call, applied, check_count, function, simple
from orasim.sql.scope import Expr
from orasim.sql.types import family
from orasim.storage.codec import normal
from orasim.values import BINARY_DOUBLE, NUMBER, OraType

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


def same_number(args: list[Expr]) -> OraType:
    """BINARY_DOUBLE when an argument is one, else NUMBER."""
    return BINARY_DOUBLE if any(family(arg.type) == "float" for arg in args) else NUMBER


simple("ABS", args="N", gives=same_number)(abs)


@simple("MOD", args="NN", gives=same_number)
def mod(a: Any, b: Any) -> Any:
    """Remainder with the sign of *a*; MOD(a, 0) is a."""
    if b == 0:
        return a
    if isinstance(a, float) or isinstance(b, float):
        return math.fmod(a, b)
    if isinstance(a, int) and isinstance(b, int):
        rest = abs(a) % abs(b)
        return -rest if a < 0 else rest
    return arithmetic.rounded(Decimal(a) % Decimal(b))


@simple("REMAINDER", args="NN", gives=same_number)
def remainder(a: Any, b: Any) -> Any:
    if b == 0:
        raise OracleError(1476, "divisor is equal to zero")
    quotient = (Decimal(a) / Decimal(b)).to_integral_value()  # half even, as documented
    return arithmetic.rounded(Decimal(a) - Decimal(b) * quotient)


@simple("SIGN", args="N", gives=NUMBER)
def sign(value: Any) -> int:
    return (value > 0) - (value < 0)


@simple("CEIL", args="N", gives=same_number)
def ceil(value: Any) -> Any:
    if isinstance(value, float):
        return float(math.ceil(value))
    return normal(Decimal(value).to_integral_value(ROUND_CEILING))


@simple("FLOOR", args="N", gives=same_number)
def floor(value: Any) -> Any:
    if isinstance(value, float):
        return float(math.floor(value))
    return normal(Decimal(value).to_integral_value(ROUND_FLOOR))


@simple("POWER", args="NN", gives=same_number)
def power(a: Any, b: Any) -> Any:
    return arithmetic.power(a, b)


@simple("SQRT", args="N", gives=same_number)
def sqrt(value: Any) -> Any:
    if value < 0:
        raise OracleError(1428, f"argument '{arithmetic.number_text(value)}' is out of range")
    if isinstance(value, float):
        return math.sqrt(value)
    return arithmetic.rounded(arithmetic._WIDE.sqrt(Decimal(value)))


@simple("EXP", args="N", gives=same_number)
def exp_(value: Any) -> Any:
    if isinstance(value, float):
        return math.exp(value)
    if value > 290:  # e ** 291 is beyond 1E126
        raise OracleError(1426, "numeric overflow")
    return arithmetic.rounded(arithmetic._WIDE.exp(Decimal(value)))


@simple("LN", args="N", gives=same_number)
def ln(value: Any) -> Any:
    if value <= 0:
        raise OracleError(1428, f"argument '{arithmetic.number_text(value)}' is out of range")
    if isinstance(value, float):
        return math.log(value)
    return arithmetic.rounded(arithmetic._WIDE.ln(Decimal(value)))


@simple("LOG", args="NN", gives=same_number)
def log(base: Any, value: Any) -> Any:
    wide = arithmetic._WIDE
    if base <= 0 or base == 1 or value <= 0:
        raise OracleError(1428, "argument is out of range")
    return arithmetic.rounded(wide.divide(wide.ln(Decimal(value)), wide.ln(Decimal(base))))


@simple("BITAND", args="NN", gives=NUMBER)
def bitand(a: Any, b: Any) -> int:
    return int(a) & int(b)


# ASSUMPTION(oracle): undocumented; SQLAlchemy's own tests call them on 23ai.
@simple("BITOR", args="NN", gives=NUMBER, since=(21,))
def bitor(a: Any, b: Any) -> int:
    return int(a) | int(b)


@simple("BITXOR", args="NN", gives=NUMBER, since=(21,))
def bitxor(a: Any, b: Any) -> int:
    return int(a) ^ int(b)


def _by_kind(number: Any, date: Any) -> Any:
    def build(compiler: Compiler, call: Call) -> Expr:
        check_count(call, 1, 2)
        if call.args[0].type.is_date:
            return date(compiler, call)
        exprs = [compiler.number(arg) for arg in call.args]

        def compute(value: Any, places: Any = 0) -> Any:
            if isinstance(value, float):
                if value != value or abs(value) == float("inf"):
                    return value
                return float(number(Decimal(repr(value)), int(places)))
            return number(value, int(places))

        return applied(compiler, compute, exprs, same_number(exprs[:1]))

    return build


def _register() -> None:
    from orasim.sql.functions.dates import round_date, trunc_date

    function("ROUND")(_by_kind(arithmetic.round_number, round_date))
    function("TRUNC")(_by_kind(arithmetic.truncate_number, trunc_date))


_register()


@simple("NANVL", args="NN", gives=same_number)
def nanvl(value: Any, other: Any) -> Any:
    return other if value != value else value


@simple("WIDTH_BUCKET", args="NNNN", gives=NUMBER)
def width_bucket(value: Any, low: Any, high: Any, count: Any) -> int:
    if value < low:
        return 0
    if value >= high:
        return int(count) + 1
    return int((Decimal(value) - Decimal(low)) * int(count) / (Decimal(high) - Decimal(low))) + 1
