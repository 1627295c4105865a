"""CORR, COVAR_… and REGR_…: aggregates of pairs, exact until the last rounding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql import arithmetic
from orasim.sql.aggregate import Aggregate
from orasim.sql.scope import Row
from orasim.sql.types import family
from orasim.values import NUMBER

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the pairs (y, x) of a group come to; sxx, syy and sxy are about the means."""

    count: int
    mean_y: Decimal
    mean_x: Decimal
    syy: Decimal
    sxx: Decimal
    sxy: Decimal


def _sums(pairs: list[tuple[Any, Any]]) -> _Sums:
    count = len(pairs)
    ys, xs = ([Decimal(pair[side]) for pair in pairs] for side in (0, 1))
    total_y, total_x = sum(ys, Decimal()), sum(xs, Decimal())

    def about(a: list[Decimal], b: list[Decimal], product: Decimal) -> Decimal:
        # One division, so that what is a whole number stays one.
        terms = sum((i * j for i, j in zip(a, b, strict=True)), Decimal())
        return (terms * count - product) / count

    return _Sums(
        count,
        total_y / count,
        total_x / count,
        about(ys, ys, total_y * total_y),
        about(xs, xs, total_x * total_x),
        about(xs, ys, total_x * total_y),
    )


def _correlation(sums: _Sums) -> Decimal | None:
    product = sums.sxx * sums.syy
    return sums.sxy / product.sqrt() if product else None


def _fit(sums: _Sums) -> Decimal | None:
    if not sums.sxx:
        return None
    return sums.sxy**2 / (sums.sxx * sums.syy) if sums.syy else Decimal(1)


# ASSUMPTION(oracle): rounded once, at the end; a server's sums may round the last digits before.
_RESULTS: dict[str, Callable[[_Sums], Decimal | None]] = {
    "CORR": _correlation,
    "COVAR_POP": lambda s: s.sxy / s.count,
    "COVAR_SAMP": lambda s: s.sxy / (s.count - 1) if s.count > 1 else None,
    "REGR_AVGX": lambda s: s.mean_x,
    "REGR_AVGY": lambda s: s.mean_y,
    "REGR_INTERCEPT": lambda s: s.mean_y - s.sxy / s.sxx * s.mean_x if s.sxx else None,
    "REGR_R2": _fit,
    "REGR_SLOPE": lambda s: s.sxy / s.sxx if s.sxx else None,
    "REGR_SXX": lambda s: s.sxx,
    "REGR_SXY": lambda s: s.sxy,
    "REGR_SYY": lambda s: s.syy,
}
PAIRED = frozenset(_RESULTS) | {"REGR_COUNT"}


def paired(compiler: Compiler, call: exp.Expression, name: str) -> Aggregate:
    """An aggregate of two expressions; pairs with a NULL do not count."""
    if len(call.expressions) != 2:
        raise OracleError(909, "invalid number of arguments")
    exprs = [compiler.number(expr) for expr in compiler.values(call.expressions)]
    if any(family(expr.type) == "float" for expr in exprs):
        raise not_supported(f"{name} of binary floats")
    y, x = (expr.run for expr in exprs)

    def pair(row: Row) -> tuple[Any, Any] | None:
        found = y(row), x(row)
        return None if None in found else found

    if name == "REGR_COUNT":
        return Aggregate(pair, False, len, NUMBER)

    def finish(pairs: list[Any]) -> Any:
        found = _RESULTS[name](_sums(pairs)) if pairs else None
        return None if found is None else arithmetic.rounded(found)

    return Aggregate(pair, False, finish, NUMBER)
