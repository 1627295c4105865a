"""What a kernel is told of a column: one structure, as column.h has it."""

from __future__ import annotations

import ctypes
from enum import IntEnum

import pyarrow as pa

HAS_HEAD, IS_BLANK_PADDED = 1, 2  # flags of a text


class Kind(IntEnum):
    """What stands in the buffers, and what becomes of it."""

    FIXED = 1
    BOOLEAN = 2
    BYTES_32 = 3
    BYTES_64 = 4
    BLOCK = 5
    MOMENT = 6
    DAY = 7
    INTERVAL = 8
    DECIMAL = 9
    NUMBER_32 = 10
    NUMBER_64 = 11
    INTEGER = 12
    MOMENT_DAY = 13
    FLOAT = 14


class Slot(ctypes.Structure):
    """A column's buffers by address; the array must outlive it."""

    _fields_ = (
        ("kind", ctypes.c_int32),
        ("detail", ctypes.c_int32),
        ("factor", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("validity", ctypes.c_void_p),
        ("offsets", ctypes.c_void_p),
        ("data", ctypes.c_void_p),
        ("data_bytes", ctypes.c_int64),
    )


def slot(array: pa.Array, kind: Kind, detail: int = 0, factor: int = 0) -> Slot:
    """*array* as kernels take it; *detail* and *factor* as the kind has them (column.h)."""
    buffers = array.buffers()
    data = buffers[-1]
    return Slot(
        kind,
        detail,
        factor,
        array.offset,
        buffers[0].address if buffers[0] is not None and array.null_count else None,
        buffers[1].address if len(buffers) == 3 and buffers[1] is not None else None,
        data.address if data is not None else None,
        data.size if data is not None else 0,
    )


def text_kind(type: pa.DataType) -> Kind | None:
    """The kind of texts and bytes whose lengths differ; None for other types."""
    if pa.types.is_large_string(type) or pa.types.is_large_binary(type):
        return Kind.BYTES_64
    if pa.types.is_string(type) or pa.types.is_binary(type):
        return Kind.BYTES_32
    return None


def number_kind(type: pa.DataType) -> Kind | None:
    """The kind of numbers that are written as text, or of decimals of 128 bits."""
    if pa.types.is_decimal128(type):
        return Kind.DECIMAL
    if pa.types.is_large_string(type):
        return Kind.NUMBER_64
    return Kind.NUMBER_32 if pa.types.is_string(type) else None
