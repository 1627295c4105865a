"""Numbers as minimal plain decimal text: no exponent, no idle zeros, one form per value."""

from __future__ import annotations

import binascii
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

TEXT = pa.large_string()

# Arrow's words for the special values, and ours (PostgreSQL's).
SPECIALS = {"nan": "NaN", "-nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def number_text(array: pa.Array) -> pa.Array:
    """
    The canonical text of integers, decimals, floats or numbers written as text.

    >>> number_text(pa.array(["-.50", "1E+3", "007", "-0", None])).to_pylist()
    ['-0.5', '1000', '7', '0', None]
    """
    kind = array.type
    if pa.types.is_integer(kind):
        return array.cast(TEXT)
    if pa.types.is_floating(kind):
        return float_text(array)
    if pa.types.is_decimal(kind):
        return _without_minus_zero(_trim_fraction(_decimal_text(array)))
    return _without_minus_zero(_tidy(array.cast(TEXT)))


def float_text(array: pa.Array) -> pa.Array:
    """
    The shortest digits that give the same value in 64 bits; -0 is kept.

    A narrow float is widened first, which is exact: so the same value has the same text
    in BINARY_FLOAT, real and double precision.

    >>> float_text(pa.array([0.5, -0.0, 0.1], pa.float32())).to_pylist()
    ['0.5', '-0', '0.10000000149011612']
    """
    array = array.cast(pa.float64())
    text = array.cast(TEXT)
    if not _any(pc.invert(pc.is_finite(array))):
        return _tidy(text)
    finite = _tidy(pc.if_else(pc.is_finite(array), text, "0"))
    special = pa.array([SPECIALS.get(v, v) if v else v for v in text.to_pylist()], TEXT)
    return pc.if_else(pc.is_finite(array), finite, special)


def postgres_float_text(array: pa.Array) -> pa.Array:
    """The same of ``float4send`` or ``float8send`` in hex."""
    sizes = pc.max(pc.binary_length(array)).as_py() or 16
    values = np.frombuffer(read_hex(array, sizes // 2), dtype=f">f{sizes // 2}")
    return float_text(pa.array(values.astype(np.float64), mask=np.asarray(array.is_null())))


def read_hex(array: pa.Array, size: int) -> bytes:
    """*size* bytes per value of hex texts, one after the other; zeros for NULL."""
    text = array.cast(TEXT).fill_null("0" * 2 * size)
    if len(text) == 0:
        return b""
    _, offsets, data = text.buffers()
    ends = np.frombuffer(offsets, np.int64)[[text.offset, text.offset + len(text)]]
    return binascii.unhexlify(memoryview(data)[ends[0] : ends[1]])


def _any(mask: pa.Array) -> bool:
    return bool(pc.any(mask).as_py())


def _decimal_text(array: pa.Array) -> pa.Array:
    # Arrow writes small decimals with an exponent (0.0000000 as 0E-7). The same integers
    # under scale 0 are written plainly, so the point is put in here.
    scale = array.type.scale
    width = pa.decimal128(38, 0) if array.type.bit_width == 128 else pa.decimal256(76, 0)
    whole = pa.Array.from_buffers(width, len(array), array.buffers(), offset=array.offset)
    digits = whole.cast(TEXT)
    if scale == 0:
        return digits
    if scale < 0:
        zeros = pc.if_else(pc.equal(digits, "0"), "", "0" * -scale)
        return pc.binary_join_element_wise(digits, zeros.cast(TEXT), pa.scalar("", TEXT))
    is_negative = pc.starts_with(digits, "-")
    plain = pc.ascii_lpad(pc.ascii_ltrim(digits, "-"), scale + 1, "0")
    return pc.binary_join_element_wise(
        pc.if_else(is_negative, "-", "").cast(TEXT),
        pc.utf8_slice_codeunits(plain, 0, -scale),
        pa.scalar(".", TEXT),
        pc.utf8_slice_codeunits(plain, -scale),
        pa.scalar("", TEXT),
    )


def _tidy(text: pa.Array) -> pa.Array:
    """Plain decimal text of anything that a number may be written as."""
    has_exponent = pc.match_substring_regex(text, "[0-9.][eE]")
    if _any(has_exponent):
        wide = pc.filter(text, has_exponent.fill_null(False))
        plain = pa.array([format(Decimal(value), "f") for value in wide.to_pylist()], TEXT)
        text = pc.replace_with_mask(text, has_exponent, plain)
    text = pc.ascii_ltrim(text, "+ ")
    if _any(pc.match_substring_regex(text, r"^-?(\.|0[0-9])")):
        text = pc.replace_substring_regex(text, r"^(-?)0*(\.|[0-9])", r"\1\2")
        text = pc.replace_substring_regex(text, r"^(-?)\.", r"\10.")  # RE2: \1, then 0
    return _trim_fraction(text)


def _trim_fraction(text: pa.Array) -> pa.Array:
    has_point = pc.match_substring(text, ".")
    if not _any(has_point):
        return text
    trimmed = pc.ascii_rtrim(pc.ascii_rtrim(text, "0"), ".")
    return pc.if_else(has_point, trimmed, text)


def _without_minus_zero(text: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(text, "-0"), "0", text)
