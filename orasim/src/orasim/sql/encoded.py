"""Functions of one stored column over whole columns of encoded values, for scans.

Each takes an array of CLRs and gives one; what it gives is what the function of the same name
gives value by value.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from orasim.sql.arithmetic import number_text
from orasim.storage.codec import clr, decode_number, of_clr

Bytes = npt.NDArray[np.uint8]

_ZERO = 0x80
_TAIL = 102  # after a negative number's digits, where there is room
_MOST_PLACES = 25  # base-100 places of a text that surely has 64 characters at most
TEXT_LIMIT = 64


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
        texts = _texts(values)
        if texts is None:
            return _one_by_one(column)
        for places, text in texts:
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
    if head == _ZERO:
        return [(everything, np.full((len(values), 1), ord("0"), np.uint8))]
    if head > _ZERO:
        places, top = values[:, 1:] - 1, head - 193
    else:
        end = values.shape[1] - (values[0, -1] == _TAIL)
        places, top = 101 - values[:, 1:end], 62 - head
    if max(top + 1, places.shape[1]) + max(-1 - top, 0) > _MOST_PLACES:
        return None
    digits = np.empty((len(values), 2 * places.shape[1]), np.uint8)
    digits[:, 0::2], digits[:, 1::2] = places // 10 + ord("0"), places % 10 + ord("0")
    return _with_point(digits, 2 * (top + 1), "" if head > _ZERO else "-")


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


def _one_by_one(column: pa.Array) -> pa.Array:
    def text(value: bytes) -> bytes:
        inside = of_clr(value)
        if inside is None:
            return value
        return clr(number_text(decode_number(inside), ".", TEXT_LIMIT).encode())

    return pa.array([text(value) for value in column.to_pylist()], pa.binary())


def utc_timestamps(column: pa.Array) -> pa.Array:
    """SYS_EXTRACT_UTC of TIMESTAMPs WITH TIME ZONE: their first bytes are in UTC already."""
    cut = pc.binary_join_element_wise(
        pa.scalar(b"\x0b", pa.binary()), pc.binary_slice(column, 1, 12), pa.scalar(b"", pa.binary())
    )
    return pc.if_else(pc.equal(pc.binary_length(column), 1), column, cut)
