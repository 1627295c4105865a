"""PERCENTILE_CONT, PERCENTILE_DISC and MEDIAN: a place in the ordered values of a group."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql import arithmetic
from orasim.sql.aggregate import Aggregate
from orasim.sql.types import family
from orasim.values import NANOSECONDS, NUMBER, OraDate, OraType

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


def percentile(
    compiler: Compiler, call: exp.Expression, name: str, order: exp.Expression | None
) -> Aggregate:
    """PERCENTILE_…(place) WITHIN GROUP (ORDER BY value)."""
    if order is None:
        raise OracleError(30491, "missing ORDER BY clause")
    if len(call.expressions) != 1 or len(order.expressions) != 1:
        raise not_supported(f"{name} of several values")
    place = compiler.number(compiler.value(call.expressions[0]))
    if not place.is_constant:
        raise OracleError(30496, "Argument should be a constant.")
    item = order.expressions[0]
    value = compiler.value(item.this)
    if family(value.type) not in ("number", "float", "date"):
        value = compiler.number(value)
    return _aggregate(name, value, place.run, descending=bool(item.args.get("desc")))


def median(value: Any) -> Aggregate:
    """MEDIAN(value): PERCENTILE_CONT(0.5) of it."""
    return _aggregate("PERCENTILE_CONT", value, lambda row: Decimal("0.5"), descending=False)


def _aggregate(name: str, value: Any, place: Any, *, descending: bool) -> Aggregate:
    kind: OraType = value.type
    choose = _between if name == "PERCENTILE_CONT" else _reached

    def finish(values: list[Any]) -> Any:
        at = place(())
        if at is None or not 0 <= at <= 1:
            raise not_supported(f"{name} of {at}")
        if any(item != item for item in values):
            raise not_supported(f"{name} over NaN")
        return choose(sorted(values, reverse=descending), Decimal(at), kind) if values else None

    return Aggregate(value.run, False, finish, NUMBER if kind.is_number else kind)


def _reached(ordered: list[Any], place: Decimal, kind: OraType) -> Any:
    """The first value whose cumulative distribution reaches *place*."""
    at = int((place * len(ordered)).to_integral_value(ROUND_CEILING))
    return ordered[max(at, 1) - 1]


def _between(ordered: list[Any], place: Decimal, kind: OraType) -> Any:
    """The value at *place*, interpolated between the two around it."""
    at = place * (len(ordered) - 1)
    before = int(at.to_integral_value(ROUND_FLOOR))
    share = arithmetic.rounded(at - before)
    low = ordered[before]
    if not share or low == ordered[before + 1]:
        return low
    if isinstance(low, OraDate):
        return _moment_between(low, ordered[before + 1], Decimal(share), kind)
    high = arithmetic.multiply(share, ordered[before + 1])
    return arithmetic.add(arithmetic.multiply(arithmetic.subtract(1, share), low), high)


def _moment_between(low: OraDate, high: OraDate, share: Decimal, kind: OraType) -> OraDate:
    """A DATE between two others, if it is a whole second: how Oracle rounds is not known."""
    found = low.nanoseconds + share * (high.nanoseconds - low.nanoseconds)
    if kind.name != "DATE" or found % NANOSECONDS:
        raise not_supported(f"a {kind.data_type} interpolated between two others")
    return OraDate.of_nanoseconds(int(found))
