"""Functions of one stored column over whole columns of encoded values, for scans.

Each takes an array of CLRs (of LOBs: of their bytes) and gives one of CLRs; what it gives is what
the function of the same name gives value by value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orasim.sql.arithmetic import number_text
from orasim.storage.codec import clr, decode_number, encode_number

Bytes = npt.NDArray[np.uint8]
Function = Callable[[pa.Array], pa.Array]

_ZERO = 0x80
_TAIL = 102  # after a negative number's digits, where there is room
_MOST_PLACES = 25  # base-100 places of a text that surely has 64 characters at most
TEXT_LIMIT = 64
_WORTH_A_PATTERN = 48  # fewer numbers of a kind are quicker one by one


def number_texts(column: pa.Array) -> pa.Array:
    """TO_CHAR(n, 'TM9') of NUMBERs."""
    if not len(column):
        return column
    data, starts, lengths = _parts(column)
    head, last = data[np.minimum(starts + 1, len(data) - 1)], data[starts + lengths - 1]
    # Numbers of one length, magnitude and sign are written to one pattern.
    kinds = (lengths * 256 + head) * 2 + (last == _TAIL)
    kinds[lengths == 1] = -1
    sizes = np.ones(len(column), np.int64)
    written: list[tuple[npt.NDArray[np.int64], Bytes]] = []
    for kind in np.unique(kinds[kinds >= 0]):
        rows = np.flatnonzero(kinds == kind)
        length = int(lengths[rows[0]])
        values = data[starts[rows][:, None] + np.arange(1, length)]
        many = len(rows) >= _WORTH_A_PATTERN
        for places, text in (_texts(values) if many else None) or _one_by_one(values):
            sizes[rows[places]] = text.shape[1] + 1
            written.append((rows[places], text))
    offsets = np.zeros(len(column) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    out = np.zeros(int(offsets[-1]), np.uint8)
    for rows, text in written:
        width = text.shape[1]
        out[offsets[rows]] = width
        out[offsets[rows][:, None] + np.arange(1, width + 1)] = text
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(out)]
    return pa.Array.from_buffers(pa.binary(), len(column), buffers)


def _parts(column: pa.Array) -> tuple[Bytes, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """All bytes, and where each value starts and how long it is."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return np.frombuffer(data, np.uint8), ends[:-1].astype(np.int64), np.diff(ends).astype(np.int64)


def _texts(values: Bytes) -> list[tuple[npt.NDArray[np.int64], Bytes]] | None:
    """Texts of NUMBERs of one kind by their width: places in *values*, characters."""
    head, everything = int(values[0, 0]), np.arange(len(values))
    if values.shape[1] == 1:  # 1E-130 has zero's first byte, but one more
        return [(everything, np.full((len(values), 1), ord("0"), np.uint8))]
    if head >= _ZERO:
        places, top = values[:, 1:] - 1, head - 193
    else:
        end = values.shape[1] - (values[0, -1] == _TAIL)
        places, top = 101 - values[:, 1:end], 62 - head
    if max(top + 1, places.shape[1]) + max(-1 - top, 0) > _MOST_PLACES:
        return None
    digits = np.empty((len(values), 2 * places.shape[1]), np.uint8)
    digits[:, 0::2], digits[:, 1::2] = places // 10 + ord("0"), places % 10 + ord("0")
    return _with_point(digits, 2 * (top + 1), "" if head >= _ZERO else "-")


def _with_point(digits: Bytes, point: int, sign: str) -> list[tuple[npt.NDArray[np.int64], Bytes]]:
    """The point after *point* digits; a zero at either end that means nothing is left out."""
    width, zero = digits.shape[1], ord("0")
    skips_first = (digits[:, 0] == zero) & (point > 0)
    skips_last = (digits[:, -1] == zero) & (point < width)
    found = []
    for first in (False, True):
        for last in (False, True):
            rows = np.flatnonzero((skips_first == first) & (skips_last == last))
            if not len(rows):
                continue
            before = digits[rows, int(first) : max(min(point, width), 0)]
            after = digits[rows, max(min(point, width), 0) : width - int(last)]
            parts = [
                _same(len(rows), sign),
                before,
                _same(len(rows), "0" * (point - width)),
                _same(len(rows), ("." + "0" * -point) if after.shape[1] else ""),
                after,
            ]
            found.append((rows, np.hstack(parts)))
    return found


def _same(rows: int, text: str) -> Bytes:
    return np.broadcast_to(np.frombuffer(text.encode(), np.uint8), (rows, len(text)))


def _one_by_one(values: Bytes) -> list[tuple[npt.NDArray[np.int64], Bytes]]:
    """The same of NUMBERs that need thought."""
    return [
        (np.array([place]), np.frombuffer(_text(value.tobytes()), np.uint8)[None, :])
        for place, value in enumerate(values)
    ]


@lru_cache(250_000)  # many a column has few values, and is read more than once
def _text(value: bytes) -> bytes:
    return number_text(decode_number(value), ".", TEXT_LIMIT).encode()


_MASK = re.compile(r'SYYYY-MM-DD HH24:MI:SS(?:\.FF([1-9])|"(\.0+)")?')
_FORM = np.frombuffer(b" YYYY-MM-DD HH:MI:SS", np.uint8)


def moment_texts(mask: str) -> Function | None:
    """TO_CHAR(moment, mask) of DATEs and TIMESTAMPs, for the masks that write a whole label."""
    found = _MASK.fullmatch(mask)
    if found is None:
        return None
    return partial(_moment_texts, int(found[1] or 0), (found[2] or "").encode())


def _moment_texts(places: int, tail: bytes, column: pa.Array) -> pa.Array:
    if not len(column):
        return column
    data, starts, lengths = _parts(column)
    is_there = lengths > 1
    starts = starts[is_there]
    parts = data[starts[:, None] + np.arange(1, 8)].astype(np.int64)
    years = (parts[:, 0] - 100) * 100 + parts[:, 1] - 100
    text = np.tile(np.concatenate([_FORM, np.frombuffer(tail, np.uint8)]), (len(starts), 1))
    text[years < 0, 0] = ord("-")
    _write(text, 1, 4, np.abs(years))
    for at, part, less in ((6, 2, 0), (9, 3, 0), (12, 4, 1), (15, 5, 1), (18, 6, 1)):
        _write(text, at, 2, parts[:, part] - less)
    if places:
        text = np.hstack([text, _fractions(data, starts, lengths[is_there] > 8, places)])
    width = text.shape[1]
    sizes = np.where(is_there, width + 1, 1)
    offsets = np.zeros(len(column) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    out = np.zeros(int(offsets[-1]), np.uint8)
    first = offsets[:-1][is_there]
    out[first] = width
    out[first[:, None] + np.arange(1, width + 1)] = text
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(out)]
    return pa.Array.from_buffers(pa.binary(), len(column), buffers)


def _fractions(
    data: Bytes, starts: npt.NDArray[np.int64], has_any: npt.NDArray[np.bool_], places: int
) -> Bytes:
    """A point and so many digits of a second; those beyond are cut."""
    nanoseconds = np.zeros(len(starts), np.int64)
    raw = data[starts[has_any][:, None] + np.arange(8, 12)]
    nanoseconds[has_any] = raw.copy().view(">u4")[:, 0]
    text = np.full((len(starts), places + 1), ord("."), np.uint8)
    _write(text, 1, places, nanoseconds // 10 ** (9 - places))
    return text


def _write(text: Bytes, at: int, width: int, numbers: npt.NDArray[np.int64]) -> None:
    """Decimal digits into columns of characters."""
    for place in range(at + width - 1, at - 1, -1):
        numbers, digits = np.divmod(numbers, 10)
        text[:, place] = digits + ord("0")


def lob_lengths(column: pa.Array) -> pa.Array:
    """DBMS_LOB.GETLENGTH of BLOBs as they are stored."""
    return _numbers(pc.binary_length(column))


def text_lengths(column: pa.Array) -> pa.Array:
    """The same of CLOBs: UTF-16 units."""
    try:
        text = column.cast(pa.large_string())
    except pa.ArrowInvalid:
        values = [v and v.decode("utf-8", "surrogateescape") for v in column.to_pylist()]
        units = [None if v is None else len(v) + sum(c > "\uffff" for c in v) for v in values]
        return _numbers(pa.array(units, pa.int64()))
    return _numbers(pc.add(pc.utf8_length(text), _count_beyond(column)))


def _count_beyond(column: pa.Array) -> npt.NDArray[np.int64]:
    """Characters of each text that take two units: those of four bytes."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, np.int64)[column.offset : column.offset + len(column) + 1]
    places = np.flatnonzero(np.frombuffer(data or b"", np.uint8)[: ends[-1]] >= 0xF0)
    return np.diff(np.searchsorted(places, ends))


def _numbers(values: pa.Array) -> pa.Array:
    """Integers as CLRs of NUMBERs."""
    known = values.dictionary_encode(null_encoding="encode")
    found = [b"\0" if v is None else clr(encode_number(v)) for v in known.dictionary.to_pylist()]
    return pa.array(found, pa.binary()).take(known.indices)


def utc_timestamps(column: pa.Array) -> pa.Array:
    """SYS_EXTRACT_UTC of TIMESTAMPs WITH TIME ZONE: their first bytes are in UTC already."""
    cut = pc.binary_join_element_wise(
        pa.scalar(b"\x0b", pa.binary()), pc.binary_slice(column, 1, 12), pa.scalar(b"", pa.binary())
    )
    return pc.if_else(pc.equal(pc.binary_length(column), 1), column, cut)


def chained(first: Function, second: Function) -> Function:
    """*second* of what *first* gives."""
    return lambda column: second(first(column))
