"""PostgreSQL's own hash functions, over whole columns at once.

Bob Jenkins' lookup3 as ``hash_bytes_extended`` has it. PostgreSQL cannot change it without
breaking every hash-partitioned table at pg_upgrade; the target checks it before it is used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Words = npt.NDArray[np.uint32]
Hashes = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

_START = (0x9E3779B9 + 3923095) & 0xFFFFFFFF
_BLOCK = 12
# Values are padded to one width per class of lengths, so that little is padded.
_CLASSES = np.searchsorted([71, 287, 1151, 4607], np.arange(4609)).astype(np.int8)
_PADDED_BYTES = 4 << 20  # long texts are padded by and by


def hash_integers(values: Integers) -> Hashes:
    """
    ``hashint4extended(value, 0)``; also that of smallint and dates.

    Wider values have the hash of PostgreSQL's bigint, which is that of other values too.

    >>> hash_integers(np.array([1], np.int64)).astype(np.int64).tolist()
    [-3670598878359251130]
    """
    folded = (values ^ (values >> 63)) >> 32  # the high half, or its complement below zero
    return hash_words((values ^ folded).astype(np.uint32))


def hash_words(values: Words) -> Hashes:
    """``hash_uint32_extended(value, 0)``."""
    start = np.uint32(_START + 4)
    a = values + start
    b = np.full(len(values), start, np.uint32)
    c = b.copy()
    _final(a, b, c, np.empty_like(a))
    return _joined(b, c)


def hash_bytes(values: pa.Array) -> Hashes:
    """``hash_bytes_extended(value, length, 0)`` of large_string or large_binary values."""
    values = values.cast(pa.large_binary()).fill_null(b"")
    lengths = np.asarray(pc.binary_length(values))
    found = np.empty(len(values), np.uint64)
    classes = _CLASSES[np.minimum(lengths, len(_CLASSES) - 1)]
    for number in np.flatnonzero(np.bincount(classes)):
        places = np.flatnonzero(classes == number)
        if len(places) == len(values):
            return _hash_padded(values, lengths)
        found[places] = _hash_padded(values.take(pa.array(places)), lengths[places])
    return found


def hash_fixed(rows: npt.NDArray[np.uint8]) -> Hashes:
    """The same of the rows of a byte matrix."""
    count, width = rows.shape
    padded = np.zeros((count, -(-(width + 1) // _BLOCK) * _BLOCK), np.uint8)
    padded[:, :width] = rows
    return hash_padded_words(padded.view("<u4"), np.full(count, width))


def _hash_padded(values: pa.Array, lengths: Integers) -> Hashes:
    width = (int(lengths.max()) // _BLOCK + 1) * _BLOCK
    rows = max(_PADDED_BYTES // width, 1)
    if rows < len(values):
        starts = range(0, len(values), rows)
        parts = [_hash_padded(values[i : i + rows], lengths[i : i + rows]) for i in starts]
        return np.concatenate(parts)
    text = values.view(pa.large_string())
    padded = pc.ascii_rpad(text, width, "\0")
    start = padded.offset * width
    data = np.frombuffer(padded.buffers()[2], "<u4", len(padded) * width // 4, start)
    return hash_padded_words(data.reshape(len(padded), -1), lengths)


def hash_padded_words(rows: Words, lengths: Integers) -> Hashes:
    """Values as rows of words, zero after their end; each row ends with an incomplete block."""
    blocks = lengths // _BLOCK
    is_even = blocks.min() == blocks.max()
    # Small integers are sorted by radix.
    small = blocks.astype(np.int16) if blocks.max() < 2**15 else blocks
    order = None if is_even else np.argsort(-small, kind="stable")
    if order is not None:
        rows, lengths, blocks = rows[order], lengths[order], blocks[order]
    words = np.ascontiguousarray(rows.T)
    a = (lengths + _START).astype(np.uint32)
    b, c, spare = a.copy(), a.copy(), np.empty_like(a)
    for number in range(int(blocks[0])):
        # Longest first: the values that still have a block are the first ones.
        count = int(np.searchsorted(-blocks, -number, "left"))
        one, two, three = words[3 * number : 3 * number + 3, :count]
        a[:count] += one
        b[:count] += two
        c[:count] += three
        _mix(a[:count], b[:count], c[:count], spare[:count])
    last: Any = 3 * blocks
    row: Any = np.arange(len(lengths))
    if is_even:
        last, row = int(last[0]), slice(None)
    a += words[last, row]
    b += words[last + 1, row]
    c += words[last + 2, row] << np.uint32(8)  # its lowest byte is the length's
    _final(a, b, c, spare)
    hashes = _joined(b, c)
    if order is None:
        return hashes
    found = np.empty_like(hashes)
    found[order] = hashes
    return found


def combine(columns: list[Hashes]) -> Hashes:
    """``hash_record_extended`` of the columns' hashes; NULL's is 0."""
    total = columns[0]
    for column in columns[1:]:
        total = (total << np.uint64(5)) - total + column
    return total


def _joined(high: Words, low: Words) -> Hashes:
    return (high.astype(np.uint64) << np.uint64(32)) | low


def _rotated(value: Words, by: int, out: Words) -> Words:
    np.left_shift(value, np.uint32(by), out=out)
    out |= value >> np.uint32(32 - by)
    return out


def _mix(a: Words, b: Words, c: Words, spare: Words) -> None:
    for x, y, z, by in (
        (a, c, b, 4), (b, a, c, 6), (c, b, a, 8), (a, c, b, 16), (b, a, c, 19), (c, b, a, 4),
    ):  # fmt: skip
        x -= y
        x ^= _rotated(y, by, spare)
        y += z


def _final(a: Words, b: Words, c: Words, spare: Words) -> None:
    for x, y, by in (
        (c, b, 14), (a, c, 11), (b, a, 25), (c, b, 16), (a, c, 4), (b, a, 14), (c, b, 24),
    ):  # fmt: skip
        x ^= y
        x -= _rotated(y, by, spare)
