"""What is worth knowing of values that can be loaded: nothing is changed by it.

Each observation is a code, a sentence and the rows it holds for. Values that cannot be
loaded must be gone before: some kernels stop at invalid text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.model import ColumnPlan, DataType

Mask = npt.NDArray[np.bool_]
_MOMENTS = {
    "DATE",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP WITH LOCAL TIME ZONE",
}
_CHARS = {"CHAR", "NCHAR"}
_LOBS = {"CLOB", "NCLOB", "BLOB"}
# Oracle reckons in Julian days before, PostgreSQL never does; the label is what is kept.
_GREGORIAN = np.datetime64("1582-10-15", "us")
_LAST_DAY = np.datetime64("9999-12-31", "us")


@dataclass(frozen=True, slots=True)
class Observation:
    """Something that holds for some rows of a batch."""

    code: str
    message: str
    rows: Mask


def observe(array: pa.Array, column: ColumnPlan) -> Iterator[Observation]:
    """What is to be said of one column of a batch; see ``typemap.load`` for its form."""
    type = column.source.type
    for applies, code, message, find in _OBSERVERS:
        if applies(type):
            rows = find(array)
            if rows.any():
                yield Observation(code, message, rows)


def _true(array: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(array, False)).astype(np.bool_)


def _nan(array: pa.Array) -> Mask:
    return _true(pc.is_nan(array)) if pa.types.is_floating(array.type) else _none(array)


def _infinite(array: pa.Array) -> Mask:
    return _true(pc.is_inf(array)) if pa.types.is_floating(array.type) else _none(array)


def _none(array: pa.Array) -> Mask:
    return np.zeros(len(array), np.bool_)


def _is_text(array: pa.Array) -> bool:
    return bool(pa.types.is_large_string(array.type) or pa.types.is_string(array.type))


def _before_christ(array: pa.Array) -> Mask:
    return _true(pc.starts_with(array, "-")) if _is_text(array) else _none(array)


def _julian(array: pa.Array) -> Mask:
    if _is_text(array):
        # Both begin with the sign or a blank.
        return _true(pc.less(array, " 1582-10-15")) & ~_before_christ(array)
    return _true(pc.less(array, pa.scalar(_GREGORIAN).cast(array.type)))


def _last_day(array: pa.Array) -> Mask:
    if _is_text(array):
        return _true(pc.starts_with(array, " 9999-12-31"))
    return _true(pc.greater_equal(array, pa.scalar(_LAST_DAY).cast(array.type)))


def _replaced(array: pa.Array) -> Mask:
    return _true(pc.match_substring(array, "\N{REPLACEMENT CHARACTER}"))


def _controls(array: pa.Array) -> Mask:
    return _true(pc.match_substring_regex(array, r"[\x{80}-\x{9F}]"))


def _padded(array: pa.Array) -> Mask:
    return _true(pc.ends_with(array, " "))


def _empty(array: pa.Array) -> Mask:
    return _true(pc.equal(pc.binary_length(array), 0))


def _named(names: set[str]) -> Callable[[DataType], bool]:
    return lambda type: type.name in names


_TEXTS = _named({*_CHARS, "VARCHAR2", "NVARCHAR2", "CLOB", "NCLOB", "LONG"})
_FLOATS = _named({"BINARY_FLOAT", "BINARY_DOUBLE"})
_OBSERVERS: tuple[tuple[Callable[[DataType], bool], str, str, Callable[[pa.Array], Mask]], ...] = (
    (_FLOATS, "nan", "not a number (NaN)", _nan),
    (_FLOATS, "infinity", "an infinite number", _infinite),
    (_named(_MOMENTS), "before-christ", "a moment before Christ", _before_christ),
    (
        _named(_MOMENTS),
        "julian",
        "a moment before 1582-10-15: Oracle counts days by another calendar, the label is kept",
        _julian,
    ),
    (_named(_MOMENTS), "last-day", "the last day, 9999-12-31, which often means never", _last_day),
    (
        _TEXTS,
        "replacement-character",
        "a text with U+FFFD: what stood there was lost before, in Oracle or on the way out of it",
        _replaced,
    ),
    (
        _TEXTS,
        "control-character",
        "a text with U+0080 to U+009F: often Windows-1252 that was stored as ISO 8859-1",
        _controls,
    ),
    (_named(_CHARS), "char-padding", "a CHAR with blanks at its end, which are kept", _padded),
    (_named(_LOBS), "empty-lob", "an empty LOB, which is not NULL and stays empty", _empty),
)
