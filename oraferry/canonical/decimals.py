"""PostgreSQL's hash of numerics: over the digits to base 10,000 between the zeros."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from oraferry.canonical import jenkins
from oraferry.canonical.jenkins import Hashes
from oraferry.canonical.source import source_text
from oraferry.model import DataType

_SCALE = 16  # four places after the point
_PLACES_AFTER = _SCALE // 4
_MOST_DIGITS = 18  # before the point, so that 64 bits hold them
_NUMBER = DataType("NUMBER")
_ZERO = np.uint64(2**64 - 1)  # seed - 1
_NO_NUMBER = np.uint64(0x1B6D5C8E0A7F2E93)


def hash_decimals(array: pa.Array) -> list[Hashes]:
    """``hash_numeric_extended(value, 0)`` and the hash of ``value < 0``, of any numbers."""
    parts = _split(array)
    if parts is None:
        return _one_by_one(array)
    whole, fraction, is_negative = parts
    digits = _digits(whole, fraction)
    found = _hash_digits(digits, digits.shape[1] - _PLACES_AFTER - 1)
    return [found, jenkins.hash_words(is_negative.astype(np.uint32))]


_Integers = npt.NDArray[np.int64]


_Parts = tuple[_Integers, _Integers, npt.NDArray[np.bool_]]


def _split(array: pa.Array) -> _Parts | None:
    """Magnitudes before and after the point and signs, where all fit; NULL as zero."""
    if pa.types.is_integer(array.type):
        values = np.asarray(array.fill_null(0)).astype(np.int64)
        if not (values == np.iinfo(np.int64).min).any():  # which has no magnitude
            return np.abs(values), np.zeros_like(values), values < 0
    if pa.types.is_decimal128(array.type) and 0 <= array.type.scale <= _SCALE:
        found = _split_words(array)
        if found is not None:
            return found
    return _split_wide(array)


def _words(array: pa.Array) -> tuple[_Integers, _Integers]:
    """The low and high halves of decimals; zero where NULL."""
    filled = array if array.null_count == 0 else array.fill_null(Decimal(0))
    halves = np.frombuffer(filled.buffers()[1], np.int64).reshape(-1, 2)
    halves = halves[filled.offset : filled.offset + len(filled)]
    return halves[:, 0], halves[:, 1]


def _split_words(array: pa.Array) -> _Parts | None:
    """Decimals that 64 bits hold."""
    low, high = _words(array)
    if not (high == low >> 63).all() or (low == np.iinfo(np.int64).min).any():
        return None
    step = 10**array.type.scale
    size = np.abs(low)
    whole = size // step
    return whole, (size - whole * step) * (10**_SCALE // step), low < 0


def _split_wide(array: pa.Array) -> _Parts | None:
    """Decimals and number texts whose two sides of the point 64 bits hold each."""
    try:
        exact = array.cast(pa.decimal128(38, _SCALE))
        whole = exact.cast(pa.decimal128(38, 0), safe=False).cast(pa.int64())
    except pa.ArrowInvalid:
        return None
    before = np.asarray(whole.fill_null(0))
    if len(before) and (before.max() >= 10**_MOST_DIGITS or before.min() <= -(10**_MOST_DIGITS)):
        return None
    # The difference is small, so its low 64 bits are all of it.
    after = _words(exact)[0] - before * 10**_SCALE
    return np.abs(before), np.abs(after), (before < 0) | (after < 0)


def _digits(whole: _Integers, fraction: _Integers) -> npt.NDArray[np.uint16]:
    largest = int(whole.max()) if len(whole) else 0
    before = max(1, -(-len(str(largest)) // 4))
    after = _PLACES_AFTER if fraction.any() else 0
    digits = np.zeros((len(whole), before + _PLACES_AFTER), np.uint16)
    for rest, last, count in ((whole, before - 1, before), (fraction, before + 3, after)):
        for place in range(count):
            higher = rest // 10_000  # numpy divides by a constant fast, divmod it does not
            digits[:, last - place] = rest - higher * 10_000
            rest = higher
    return digits


def _hash_digits(digits: npt.NDArray[np.uint16], top: int) -> Hashes:
    """*top*: the weight of the first digit."""
    rows, width = digits.shape
    is_digit = digits != 0
    first = np.argmax(is_digit, axis=1)
    last = width - 1 - np.argmax(is_digit[:, ::-1], axis=1)
    # The digits moved to the front of the row, zeros after them.
    padded = np.zeros((rows, -(-(2 * width + 1) // 12) * 6), "<u2")
    for skipped in range(width):
        rows_so = slice(None) if (first == skipped).all() else np.flatnonzero(first == skipped)
        padded[rows_so, : width - skipped] = digits[rows_so, skipped:]
    hashes = jenkins.hash_padded_words(padded.view("<u4"), 2 * (last - first + 1))
    hashes ^= (top - first).astype(np.int64).view(np.uint64)
    hashes[~is_digit[np.arange(rows), first]] = _ZERO
    return hashes


def _one_by_one(array: pa.Array) -> list[Hashes]:
    """Numbers of any size."""
    hashes = np.zeros(len(array), np.uint64)
    negative = np.zeros(len(array), np.uint32)
    groups, rows, weights = [], [], []
    for row, text in enumerate(source_text(array, _NUMBER).to_pylist()):
        if text is None:
            continue
        plain = text.lstrip("-")
        if plain in ("Infinity", "NaN"):
            negative[row] = text.startswith("-")
            continue  # the seed, 0
        if not plain.replace(".", "", 1).isdigit():
            hashes[row] = _NO_NUMBER
            continue
        negative[row] = text.startswith("-")
        places, weight = _base_10000(plain)
        if not places:
            hashes[row] = _ZERO
            continue
        groups.append(np.array(places, "<u2").tobytes())
        rows.append(row)
        weights.append(weight)
    if rows:
        found = jenkins.hash_bytes(pa.array(groups, pa.large_binary()))
        hashes[rows] = found ^ np.array(weights, np.int64).view(np.uint64)
    return [hashes, jenkins.hash_words(negative)]


def _base_10000(text: str) -> tuple[list[int], int]:
    """
    Digits without zeros at the ends, and the first one's weight.

    >>> _base_10000("1230000.05")
    ([123, 0, 500], 1)
    """
    whole, _, fraction = text.partition(".")
    whole = whole.zfill(-(-len(whole) // 4) * 4)
    fraction = fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    digits = whole + fraction
    places = [int(digits[i : i + 4]) for i in range(0, len(digits), 4)]
    weight = len(whole) // 4 - 1
    while places and places[0] == 0:
        del places[0]
        weight -= 1
    while places and places[-1] == 0:
        places.pop()
    return places, weight
