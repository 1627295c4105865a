"""Numbers into PostgreSQL's number types: exact, or refused, or changed by policy and counted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.model import DataType, Policy
from oraferry.typemap.verdict import Mask, Verdict

INTEGERS = {"smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64()}
TEXT = pa.large_string()
ROUNDED = "fractions rounded"
_WIDER = "widen the target column, or make it numeric without precision"
_NUMERIC = "give the target column the type numeric"
_SHORT_INTEGER = r"^-?\d{1,18}$"
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
# Oracle's numbers have up to 126 digits before the point and 130 after it.
_WIDE = Context(prec=300, rounding=ROUND_HALF_UP)
# Fewer significant digits come back from the float as they went in.
_SURE_DIGITS = {"real": 6, "double precision": 15}


def is_text(array: pa.Array) -> bool:
    """True for Arrow's two string types."""
    return bool(pa.types.is_string(array.type) or pa.types.is_large_string(array.type))


def text_bytes(array: pa.Array) -> npt.NDArray[np.uint8]:
    """The bytes of all texts at once, uncopied; what NULLs hide may be among them."""
    _, offsets, data = array.buffers()
    if data is None or offsets is None or len(array) == 0:
        return np.zeros(0, np.uint8)
    wide = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)
    return np.frombuffer(data, np.uint8)[ends[array.offset] : ends[array.offset + len(array)]]


def load_integer(array: pa.Array, name: str, policy: Policy, verdict: Verdict) -> pa.Array:
    """*name* is PostgreSQL's; a fraction or a number out of its range is refused."""
    wanted = INTEGERS[name]
    if pa.types.is_integer(array.type):
        with contextlib.suppress(pa.ArrowInvalid):
            return array.cast(wanted)  # in one pass, where all values fit
    if is_text(array):
        array = _whole_texts(array, name, policy, verdict)
    elif pa.types.is_decimal(array.type):
        array = _whole_decimals(array, name, policy, verdict)
    bits = wanted.bit_width - 1
    low, high = pa.scalar(-(2**bits)), pa.scalar(2**bits - 1)
    out = pc.or_(pc.less(array, low), pc.greater(array, high))
    return _settle_large(array, out, name, policy, verdict).cast(wanted)


def _settle_large(
    array: pa.Array, out: pa.Array | Mask, name: str, policy: Policy, verdict: Verdict
) -> pa.Array:
    what, to_null = f"a number is too large for {name}", policy.overflow == "null"
    return verdict.settle(array, out, "overflow", what, _NUMERIC, to_null=to_null)


def _settle_fractions(
    array: pa.Array, bad: pa.Array | Mask, what: str, hint: str, policy: Policy, verdict: Verdict
) -> pa.Array:
    to_null = policy.overflow == "null"
    return verdict.settle(array, bad, "fraction", what, hint, to_null=to_null)


def _whole_decimals(array: pa.Array, name: str, policy: Policy, verdict: Verdict) -> pa.Array:
    array = _with_scale(array, 0, f"a fraction does not fit {name}", _NUMERIC, policy, verdict)
    low, high = (pa.scalar(Decimal(v)).cast(array.type) for v in (_LOWEST, _HIGHEST))
    out = pc.or_(pc.less(array, low), pc.greater(array, high))
    return _settle_large(array, out, name, policy, verdict).cast(pa.int64())


def _with_scale(
    array: pa.Array, scale: int, what: str, hint: str, policy: Policy, verdict: Verdict
) -> pa.Array:
    """Decimals with fewer places: exact, or as the policy says."""
    wanted = pa.decimal128(38, scale)
    array = array.cast(pa.decimal256(76, array.type.scale))  # room for a carry
    rounded = pc.round(array, scale, round_mode="half_towards_infinity")
    bad = pc.not_equal(rounded, array)
    if policy.overflow == "cut":
        verdict.alter(ROUNDED, bad)
        array = rounded
    else:
        array = _settle_fractions(array, bad, what, hint, policy, verdict)
    return array.cast(wanted, safe=False)


def _whole_texts(array: pa.Array, name: str, policy: Policy, verdict: Verdict) -> pa.Array:
    """Number texts as int64: at once where they are short and whole, else value by value."""
    if pc.all(pc.match_substring_regex(array, _SHORT_INTEGER)).as_py() is not False:
        return array.cast(pa.int64())
    array, values = _decimals(array, policy, verdict)
    what = f"a fraction does not fit {name}"
    array, values = _rounded(array, values, 0, what, _NUMERIC, policy, verdict)
    large = _marked(values, lambda v: not _LOWEST <= v <= _HIGHEST)
    array = _settle_large(array, large, name, policy, verdict)
    stays = np.asarray(pc.is_valid(array)).tolist()
    whole = [int(v) if kept else None for kept, v in zip(stays, values, strict=True)]
    return pa.array(whole, pa.int64())


def _rounded(
    array: pa.Array,
    values: list[Any],
    scale: int,
    what: str,
    hint: str,
    policy: Policy,
    verdict: Verdict,
) -> tuple[pa.Array, list[Any]]:
    """Texts and values without finer digits than *scale*: refused, or as the policy says."""
    bad = _marked(values, lambda v: not _has_scale(v, scale))
    if policy.overflow == "cut":
        verdict.alter(ROUNDED, bad)
        step = Decimal(1).scaleb(-scale)
        return array, [
            v if not wrong else v.quantize(step, context=_WIDE)
            for wrong, v in zip(bad.tolist(), values, strict=True)
        ]
    return _settle_fractions(array, bad, what, hint, policy, verdict), values


def _has_scale(value: Decimal, scale: int) -> bool:
    exponent = value.normalize(_WIDE).as_tuple().exponent
    return not value or int(exponent) >= -scale


def _decimals(array: pa.Array, policy: Policy, verdict: Verdict) -> tuple[pa.Array, list[Any]]:
    """*array* without what is no finite number, and its values; rare, so value by value."""
    values = [_decimal(text) for text in array.to_pylist()]
    bad = _marked(values, lambda v: not v.is_finite())
    what, hint = "a NUMBER is infinite or damaged", "correct the value in the source"
    to_null = policy.infinity == "null"
    array = verdict.settle(array, bad, "no-number", what, hint, to_null=to_null)
    return array, [None if wrong else v for wrong, v in zip(bad.tolist(), values, strict=True)]


def _decimal(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:  # Oracle writes a tilde for infinity
        return Decimal("NaN")


def _marked(values: list[Any], is_bad: Callable[[Decimal], bool]) -> Mask:
    return np.array([v is not None and is_bad(v) for v in values], np.bool_)


def load_numeric(array: pa.Array, target: DataType, policy: Policy, verdict: Verdict) -> pa.Array:
    """Decimals and number texts; refused where the target's precision has no room."""
    precision, scale = target.precision, target.scale or 0
    if is_text(array):
        return _load_numeric_text(array, precision, scale, policy, verdict)
    if pa.types.is_integer(array.type):
        array = array.cast(pa.decimal128(19, 0))
    if precision is None:
        return array
    if array.type.scale > scale:
        what = f"a number has more than {scale} decimal places"
        array = _with_scale(array, scale, what, _WIDER, policy, verdict)
    limit = Decimal(10) ** (precision - scale)
    digits = precision - scale + array.type.scale
    if digits < array.type.precision:
        if 0 < digits <= 38:
            with contextlib.suppress(pa.ArrowInvalid):
                return array.cast(pa.decimal128(digits, array.type.scale))
        bound = pa.scalar(limit).cast(pa.decimal256(76, array.type.scale))
        wide = pc.abs(array.cast(pa.decimal256(76, array.type.scale)))
        array = _settle_wide(array, pc.greater_equal(wide, bound), policy, verdict)
    return array


def _settle_wide(
    array: pa.Array, bad: pa.Array | Mask, policy: Policy, verdict: Verdict
) -> pa.Array:
    what, to_null = "a number has too many digits", policy.overflow == "null"
    return verdict.settle(array, bad, "overflow", what, _WIDER, to_null=to_null)


def _load_numeric_text(
    array: pa.Array, precision: int | None, scale: int, policy: Policy, verdict: Verdict
) -> pa.Array:
    if precision is None and is_plain(array):
        return array
    if pc.any(pc.match_substring(array, "~")).as_py():
        array = _load_infinities(array, precision, policy, verdict)
    if precision is None:
        return plain_numbers(array)
    values = [None if text is None else Decimal(text) for text in array.to_pylist()]
    what = f"a number has more than {scale} decimal places"
    array, values = _rounded(array, values, scale, what, _WIDER, policy, verdict)
    limit = Decimal(10) ** (precision - scale)
    # abs() would round to Python's 28 digits.
    bad = _marked(values, lambda v: v.copy_abs() >= limit)
    array = _settle_wide(array, bad, policy, verdict)
    stays = np.asarray(pc.is_valid(array)).tolist()
    plain = [format(v, "f") if kept else None for kept, v in zip(stays, values, strict=True)]
    return pa.array(plain, TEXT)


def is_plain(array: pa.Array) -> bool:
    """True when no byte of the texts stands behind the digits: no exponent, no tilde."""
    span = text_bytes(array)
    return span.size == 0 or int(span.max()) <= ord("9")


def _load_infinities(
    array: pa.Array, precision: int | None, policy: Policy, verdict: Verdict
) -> pa.Array:
    # ASSUMPTION(oracle): TO_CHAR writes an infinite NUMBER as ~ or -~. PostgreSQL 14 and newer
    # have infinity in a numeric without precision.
    if precision is None and policy.infinity == "keep":
        return pc.replace_substring(array.cast(TEXT), "~", "Infinity")
    return _decimals(array, policy, verdict)[0]


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
        plain = format(Decimal(str(value)), "f")
        if "." in plain:
            plain = plain.rstrip("0").rstrip(".")
        return "0" if plain == "-0" else plain

    return pa.array([None if v is None else shortest(v) for v in array.to_pylist()], TEXT)


# -- floats ------------------------------------------------------------------------------------


def load_float(array: pa.Array, name: str, policy: Policy, verdict: Verdict) -> pa.Array:
    """Floats that fit; decimals become the nearest float, and what that changes is counted."""
    if not pa.types.is_floating(array.type):
        return _nearest(array, name, policy, verdict)
    array = _settle_specials(array, policy, verdict)
    if name == "double precision" or array.type == pa.float32():
        return array.cast(pa.float32() if name == "real" else pa.float64())
    narrow = array.cast(pa.float32(), safe=False)
    both_nan = pc.and_(pc.is_nan(array), pc.is_nan(narrow))
    bad = pc.and_not(pc.not_equal(narrow.cast(pa.float64()), array), both_nan)
    if policy.overflow == "cut":
        verdict.alter("digits beyond real lost", bad)
        return narrow
    what, hint = "a BINARY_DOUBLE has more digits than real", "make the column double precision"
    array = _settle_fractions(array, bad, what, hint, policy, verdict)
    return array.cast(pa.float32(), safe=False)


def _settle_specials(array: pa.Array, policy: Policy, verdict: Verdict) -> pa.Array:
    if policy.infinity == "keep":
        return array
    bad = pc.invert(pc.is_finite(array))
    what, hint = "a number is infinite or NaN", "set the policy infinity to keep"
    to_null = policy.infinity == "null"
    return verdict.settle(array, bad, "infinity", what, hint, to_null=to_null)


def _nearest(array: pa.Array, name: str, policy: Policy, verdict: Verdict) -> pa.Array:
    texts = plain_numbers(array.cast(TEXT))
    if pc.any(pc.match_substring(texts, "~")).as_py():
        texts = _load_infinities(texts, None, policy, verdict)
        texts = pc.replace_substring(texts, "Infinity", "inf")
    wanted = pa.float32() if name == "real" else pa.float64()
    found = texts.cast(wanted)
    verdict.alter(f"digits beyond {name} lost", _changed(texts, found, _SURE_DIGITS[name]))
    return found


def _changed(texts: pa.Array, floats: pa.Array, sure_digits: int) -> int:
    """How many floats, at their shortest, are other numbers than the texts say."""
    long = pc.greater(pc.count_substring_regex(texts, r"\d"), sure_digits)
    found = zip(
        pc.filter(texts, long).to_pylist(),
        pc.filter(floats, long).cast(TEXT).to_pylist(),
        strict=True,
    )
    return sum(Decimal(text) != Decimal(short) for text, short in found)
