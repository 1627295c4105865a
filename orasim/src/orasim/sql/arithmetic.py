"""NUMBER arithmetic and text: 20 base-100 places, rounding half away from zero."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, Overflow, localcontext
from typing import Any

from orasim.engine import OracleError
from orasim.storage.codec import normal, one_nan
from orasim.values import OraType

Number = int | Decimal

# Wide enough that every intermediate result is rounded once, by ``rounded``. Sessions run
# under it (``exact``): Python's default of 28 digits would round even a negation.
_WIDE = Context(prec=90, rounding=ROUND_HALF_UP, Emin=-999, Emax=999)
_EXACT_INT = 10**38
_LARGEST = Decimal("1E126")
_SMALLEST = Decimal("1E-130")


def exact() -> AbstractContextManager[Context]:
    """Decimal arithmetic that keeps all digits, for a with statement."""
    return localcontext(_WIDE)


def rounded(value: Decimal) -> Number:
    """
    *value* in the 20 base-100 places of a NUMBER.

    >>> rounded(Decimal(1) / 3) == Decimal("0.3333333333333333333333333333")
    True
    """
    if not value:
        return 0
    exponent = value.adjusted()
    if exponent >= 126:
        raise OracleError(1426, "numeric overflow")
    digits = 40 if exponent & 1 else 39
    if len(value.as_tuple().digits) > digits:
        value = Context(prec=digits, rounding=ROUND_HALF_UP).plus(value)
    if abs(value) < _SMALLEST:
        return 0
    return normal(value)


def add(a: Any, b: Any) -> Any:
    total = a + b if _both_ints(a, b) else None
    if total is not None and -_EXACT_INT < total < _EXACT_INT:
        return total
    if isinstance(a, float) or isinstance(b, float):
        return one_nan(float(a) + float(b))
    return rounded(_WIDE.add(Decimal(a), Decimal(b)))


def subtract(a: Any, b: Any) -> Any:
    return add(a, -b)


def multiply(a: Any, b: Any) -> Any:
    product = a * b if _both_ints(a, b) else None
    if product is not None and -_EXACT_INT < product < _EXACT_INT:
        return product
    if isinstance(a, float) or isinstance(b, float):
        return one_nan(float(a) * float(b))
    return rounded(_WIDE.multiply(Decimal(a), Decimal(b)))


def divide(a: Any, b: Any) -> Any:
    """ORA-01476 for a zero NUMBER divisor; floats give infinity or NaN."""
    if isinstance(a, float) or isinstance(b, float):
        a, b = float(a), float(b)
        if b == 0:
            return math.nan if a == 0 or a != a else math.inf * (1 if a > 0 else -1)
        return one_nan(a / b)
    if b == 0:
        raise OracleError(1476, "divisor is equal to zero")
    return rounded(_WIDE.divide(Decimal(a), Decimal(b)))


def power(a: Any, b: Any) -> Any:
    if isinstance(a, float) or isinstance(b, float):
        return one_nan(float(a) ** float(b))
    if isinstance(b, int) and isinstance(a, int) and 0 <= b <= 400:
        return rounded(Decimal(a**b))
    if a < 0 and b != int(b):
        raise OracleError(1428, f"argument '{number_text(a)}' is out of range")
    try:
        return rounded(_WIDE.power(Decimal(a), Decimal(b)))
    except Overflow:
        raise OracleError(1426, "numeric overflow") from None


def _both_ints(a: Any, b: Any) -> bool:
    return type(a) is int and type(b) is int


def round_number(value: Any, places: int = 0) -> Any:
    """ROUND(n, places): half away from zero."""
    if isinstance(value, int) and places >= 0:
        return value
    unit = Decimal(1).scaleb(-places)
    return normal(_WIDE.quantize(Decimal(value), unit)) if value else 0


def truncate_number(value: Any, places: int = 0) -> Any:
    """TRUNC(n, places): towards zero."""
    if isinstance(value, int) and places >= 0:
        return value
    from decimal import ROUND_DOWN

    unit = Decimal(1).scaleb(-places)
    return normal(Decimal(value).quantize(unit, ROUND_DOWN, _WIDE)) if value else 0


def fit_number(value: Number, kind: OraType) -> Number:
    """
    *value* as a column of *kind* stores it: rounded to the scale, ORA-01438 when too big.

    FLOAT(b) keeps ceil(b * 0.30103) decimal digits.
    """
    if kind.name == "FLOAT":
        bits = kind.precision or 126
        if bits >= 126 or not value:
            return value
        digits = -(-bits * 30103 // 100000)
        return normal(Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(value))
    if kind.precision is None and kind.scale is None:
        return value
    scale = kind.scale or 0
    if scale < 0 or isinstance(value, Decimal):
        value = round_number(value, scale)
    precision = 38 if kind.precision is None else kind.precision
    if abs(value) >= Decimal(10) ** (precision - scale):
        raise OracleError(1438, "value larger than specified precision allowed for this column")
    return value


# -- text --------------------------------------------------------------------------------------


def number_text(value: Any, decimal_point: str = ".", limit: int = 40) -> str:
    """
    TO_CHAR(n) without a format, at most *limit* characters before scientific notation.

    >>> number_text(Decimal("-0.50"))
    '-.5'
    """
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, int) and -(10**38) < value < 10**38:
        return str(value)
    decimal = Decimal(value)
    plain = format(decimal, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    negative = plain.startswith("-")
    body = plain.lstrip("-")
    if body.startswith("0."):
        body = body[1:]
    if len(body) > limit:
        body = _shortened(abs(decimal), body, limit)
    return ("-" if negative else "") + body.replace(".", decimal_point)


def _shortened(value: Decimal, body: str, limit: int) -> str:
    whole, _, _ = body.partition(".")
    if value >= 1 and len(whole) <= limit:
        places = max(limit - len(whole) - 1, 0)
        return _trim(format(round(value, places), "f"))
    if value < 1 and value.adjusted() >= -6:
        return _trim(format(Decimal(round(value, limit - 1)), "f"))[1:]
    # ASSUMPTION(oracle): scientific form with as many digits as fit in the limit.
    exponent = value.adjusted()
    digits = limit - 6
    scaled = Context(prec=digits, rounding=ROUND_HALF_UP).plus(value.scaleb(-exponent))
    return f"{_trim(format(scaled, 'f'))}E{'+' if exponent >= 0 else '-'}{abs(exponent):02d}"


def _trim(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def float_text(value: float) -> str:
    """
    A BINARY_DOUBLE as TO_CHAR shows it: 17 significant digits, scientific.

    >>> float_text(1.5)
    '1.5E+000'
    """
    if value != value:
        return "Nan"
    if value in (float("inf"), float("-inf")):
        return "Inf" if value > 0 else "-Inf"
    if value == 0:
        return "0"
    mantissa, _, exponent = format(value, ".16E").partition("E")
    return f"{_strip(mantissa)}E{'-' if exponent[0] == '-' else '+'}{int(exponent[1:]):03d}"


def _strip(mantissa: str) -> str:
    text = mantissa.rstrip("0")
    return text + "0" if text.endswith(".") else text


def parse_number(text: str, decimal_point: str = ".") -> Number:
    """TO_NUMBER(text) without a format; ORA-01722 when it is not a number."""
    cleaned = text.strip().replace(decimal_point, ".")
    body = cleaned.lstrip("+-")
    if not body or body[0] not in "0123456789." or "_" in body:
        raise OracleError(1722, "invalid number")
    try:
        value = Decimal(cleaned)
    except InvalidOperation:
        raise OracleError(1722, "invalid number") from None
    return rounded(value)
