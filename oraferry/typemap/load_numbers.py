"""Numbers into PostgreSQL's number types: exact, or refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.model import DataType
from oraferry.typemap.verdict import Mask, Verdict

INTEGERS = {"smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64()}
TEXT = pa.large_string()
_WIDER = "widen the target column, or make it numeric without precision"
_NUMERIC = "give the target column the type numeric"
_SHORT_INTEGER = r"^-?\d{1,18}$"
# Of a numeric without precision: what the server allows on each side of the point.
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


def is_text(array: pa.Array) -> bool:
    """True for Arrow's two string types."""
    return bool(pa.types.is_string(array.type) or pa.types.is_large_string(array.type))


def load_integer(array: pa.Array, name: str, verdict: Verdict) -> pa.Array:
    """*name* is PostgreSQL's; a fraction or a number out of its range is refused."""
    wanted = INTEGERS[name]
    if is_text(array):
        array = _whole_texts(array, name, verdict)
    elif pa.types.is_decimal(array.type):
        array = _whole_decimals(array, name, verdict)
    bits = wanted.bit_width - 1
    low, high = pa.scalar(-(2**bits)), pa.scalar(2**bits - 1)
    out = pc.or_(pc.less(array, low), pc.greater(array, high))
    return _refuse_large(array, out, name, verdict).cast(wanted)


def _refuse_large(array: pa.Array, out: pa.Array | Mask, name: str, verdict: Verdict) -> pa.Array:
    return verdict.refuse(array, out, "overflow", f"a number is too large for {name}", _NUMERIC)


def _refuse_fractions(
    array: pa.Array, bad: pa.Array | Mask, name: str, verdict: Verdict
) -> pa.Array:
    return verdict.refuse(array, bad, "fraction", f"a fraction does not fit {name}", _NUMERIC)


def _whole_decimals(array: pa.Array, name: str, verdict: Verdict) -> pa.Array:
    array = _refuse_fractions(array, pc.not_equal(pc.trunc(array), array), name, verdict)
    wide = array.cast(pa.decimal256(76, array.type.scale))
    low, high = (pa.scalar(Decimal(v)).cast(wide.type) for v in (_LOWEST, _HIGHEST))
    out = pc.or_(pc.less(wide, low), pc.greater(wide, high))
    array = _refuse_large(array, out, name, verdict)
    return array.cast(pa.decimal128(38, 0), safe=False).cast(pa.int64())


def _whole_texts(array: pa.Array, name: str, verdict: Verdict) -> pa.Array:
    """Number texts as int64: at once where they are short and whole, else value by value."""
    if pc.all(pc.match_substring_regex(array, _SHORT_INTEGER)).as_py() is not False:
        return array.cast(pa.int64())
    array, values = _decimals(array, verdict)
    fractions = _marked(values, lambda v: v != v.to_integral_value())
    array = _refuse_fractions(array, fractions, name, verdict)
    large = _marked(values, lambda v: not _LOWEST <= v <= _HIGHEST)
    array = _refuse_large(array, large, name, verdict)
    stays = np.asarray(pc.is_valid(array)).tolist()
    whole = [int(v) if kept else None for kept, v in zip(stays, values, strict=True)]
    return pa.array(whole, pa.int64())


def _decimals(array: pa.Array, verdict: Verdict) -> tuple[pa.Array, list[Any]]:
    """*array* without what is no finite number, and its values; rare, so value by value."""
    values = [_decimal(text) for text in array.to_pylist()]
    bad = _marked(values, lambda v: not v.is_finite())
    what = "a NUMBER is infinite or damaged"
    array = verdict.refuse(array, bad, "no-number", what, "correct the value in the source")
    return array, [None if wrong else v for wrong, v in zip(bad.tolist(), values, strict=True)]


def _decimal(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:  # Oracle writes a tilde for infinity
        return Decimal("NaN")


def _marked(values: list[Any], is_bad: Callable[[Decimal], bool]) -> Mask:
    return np.array([v is not None and is_bad(v) for v in values], np.bool_)


def load_numeric(array: pa.Array, target: DataType, verdict: Verdict) -> pa.Array:
    """Decimals and number texts; refused where the target's precision has no room."""
    precision, scale = target.precision, target.scale or 0
    if is_text(array):
        return _load_numeric_text(array, precision, scale, verdict)
    if pa.types.is_integer(array.type):
        array = array.cast(pa.decimal128(19, 0))
    if precision is None:
        return array
    if array.type.scale > scale:
        array = _with_scale(array, scale, verdict)
    limit = Decimal(10) ** (precision - scale)
    if len(str(limit)) - 1 + array.type.scale < array.type.precision:
        bound = pa.scalar(limit).cast(pa.decimal256(76, array.type.scale))
        wide = pc.abs(array.cast(pa.decimal256(76, array.type.scale)))
        array = _refuse_wide(array, pc.greater_equal(wide, bound), verdict)
    return array


def _refuse_wide(array: pa.Array, bad: pa.Array | Mask, verdict: Verdict) -> pa.Array:
    return verdict.refuse(array, bad, "overflow", "a number has too many digits", _WIDER)


def _with_scale(array: pa.Array, scale: int, verdict: Verdict) -> pa.Array:
    wanted = pa.decimal128(38, scale)
    try:
        return array.cast(wanted)
    except pa.ArrowInvalid:
        bad = pc.not_equal(pc.round(array, scale), array)
        what = f"a number has more than {scale} decimal places"
        return verdict.refuse(array, bad, "fraction", what, _WIDER).cast(wanted)


def _load_numeric_text(
    array: pa.Array, precision: int | None, scale: int, verdict: Verdict
) -> pa.Array:
    if pc.any(pc.match_substring(array, "~")).as_py():
        array, _ = _decimals(array, verdict)
    plain = plain_numbers(array)
    if precision is None:
        return plain
    limit = Decimal(10) ** (precision - scale)
    step = Decimal(1).scaleb(-scale)
    values = [None if text is None else Decimal(text) for text in plain.to_pylist()]
    bad = _marked(values, lambda v: abs(v) >= limit or not _is_multiple(v, step))
    return _refuse_wide(plain, bad, verdict)


def _is_multiple(value: Decimal, step: Decimal) -> bool:
    exponent = value.normalize().as_tuple().exponent
    return not value or int(exponent) >= int(step.as_tuple().exponent)


def plain_numbers(array: pa.Array) -> pa.Array:
    """
    Oracle's number text without exponents: what a numeric encoder reads.

    >>> plain_numbers(pa.array([".5", "1.2E-05", None])).to_pylist()
    ['.5', '0.000012', None]
    """
    array = array.cast(TEXT)
    scientific = pc.fill_null(pc.match_substring(array, "E"), False)
    if not pc.any(scientific).as_py():
        return array
    values = array.to_pylist()
    for row in np.flatnonzero(np.asarray(scientific)):
        values[row] = format(Decimal(values[row]), "f")
    return pa.array(values, TEXT)


def minimal_numbers(array: pa.Array) -> pa.Array:
    """
    Numbers as their shortest plain text.

    >>> minimal_numbers(pa.array([".50", "-0.10", "1E+3", None])).to_pylist()
    ['0.5', '-0.1', '1000', None]
    """

    def shortest(value: object) -> str:
        text = str(value)
        plain = format(Decimal(text), "f")
        if "." in plain:
            plain = plain.rstrip("0").rstrip(".")
        return "0" if plain == "-0" else plain

    return pa.array([None if v is None else shortest(v) for v in array.to_pylist()], TEXT)


def load_float(array: pa.Array, name: str, verdict: Verdict) -> pa.Array:
    """Floats that fit, and integers of few digits; ``fit`` calls the rest lossy, which blocks."""
    wanted = pa.float32() if name == "real" else pa.float64()
    if array.type == pa.float64() and wanted == pa.float32():
        narrow = array.cast(pa.float32(), safe=False).cast(pa.float64())
        both_nan = pc.and_(pc.is_nan(array), pc.is_nan(narrow))
        bad = pc.and_not(pc.not_equal(narrow, array), both_nan)
        what = "a BINARY_DOUBLE has more digits than real"
        hint = "give the target column the type double precision"
        array = verdict.refuse(array, bad, "fraction", what, hint)
        return array.cast(pa.float32(), safe=False)
    return array.cast(wanted)
