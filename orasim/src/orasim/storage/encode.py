"""Whole Arrow arrays to CLR arrays with numpy, for generated data.

Every function returns a ``pa.binary()`` array without nulls whose values are CLRs (length
byte included, NULL = 00). Values a vectorised path cannot hold go through codec one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orasim.engine import OracleError
from orasim.storage import codec
from orasim.values import OraDate, OraType


def encode_array(array: pa.Array, kind: OraType) -> pa.Array:
    """*array* as a column of *kind*; OracleError when a value cannot be of that type."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if kind.name in codec.ENCODERS and kind.name in _BY_KIND:
        return _BY_KIND[kind.name](array, kind)
    return _one_by_one(array, kind)


def outline_array(array: pa.Array) -> pa.Array:
    """LOB and LONG values as large_binary with real nulls."""
    if pa.types.is_string(array.type):
        array = array.cast(pa.binary())
    elif pa.types.is_large_string(array.type):
        array = array.cast(pa.large_binary())
    return array.cast(pa.large_binary())


def _one_by_one(array: pa.Array, kind: OraType) -> pa.Array:
    encode = codec.ENCODERS[kind.name]
    values = (None if v is None else encode(_python_value(v, kind)) for v in array.to_pylist())
    return pa.array([codec.clr(value) for value in values], pa.binary())


def _python_value(value: Any, kind: OraType) -> Any:
    if kind.is_date and hasattr(value, "year"):
        micro = getattr(value, "microsecond", 0)
        hour = getattr(value, "hour", 0)
        minute, second = getattr(value, "minute", 0), getattr(value, "second", 0)
        offset = value.utcoffset() if hasattr(value, "utcoffset") else None
        zone = None if offset is None else int(offset.total_seconds()) // 60
        if kind.name == "TIMESTAMP WITH TIME ZONE":
            zone = zone or 0
        return OraDate(value.year, value.month, value.day, hour, minute, second, micro * 1000, zone)
    return value


def _from_matrix(matrix: np.ndarray, lengths: np.ndarray) -> pa.Array:
    """Row *i* is the first ``lengths[i]`` bytes of matrix row *i*."""
    rows, width = matrix.shape
    offsets = np.zeros(rows + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    if rows and int(lengths.min()) == width:
        data = np.ascontiguousarray(matrix).reshape(-1)
    else:
        data = matrix[np.arange(width) < lengths[:, None]]
    return pa.Array.from_buffers(
        pa.binary(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    )


def _null_mask(array: pa.Array) -> np.ndarray:
    return np.asarray(pc.is_null(array).to_numpy(zero_copy_only=False))


# -- numbers -----------------------------------------------------------------------------------


def _numbers(array: pa.Array, kind: OraType) -> pa.Array:
    if pa.types.is_floating(array.type):
        return _one_by_one(
            pa.array([None if v is None else _decimal_of(v) for v in array.to_pylist()]), kind
        )
    scaled = _unscaled(array)
    if scaled is None:
        return _one_by_one(array, kind)
    values, scale, nulls = scaled
    digits = kind.precision
    if digits is not None and kind.name == "NUMBER":
        spare = digits - (kind.scale or 0) + scale
        if (kind.scale or 0) < scale or (
            0 <= spare < 19 and values.size and _over(values, 10**spare)
        ):
            return _checked_numbers(array, kind)
    return encode_integers(values, scale, nulls)


def _over(values: np.ndarray, limit: int) -> bool:
    return int(values.max()) >= limit or int(values.min()) <= -limit


def _decimal_of(value: float) -> Any:
    from decimal import Decimal

    return Decimal(repr(value))


def _checked_numbers(array: pa.Array, kind: OraType) -> pa.Array:
    from orasim.sql.arithmetic import fit_number

    values = [
        None if value is None else codec.encode_number(fit_number(value, kind))
        for value in array.to_pylist()
    ]
    return pa.array([codec.clr(value) for value in values], pa.binary())


def _unscaled(array: pa.Array) -> tuple[np.ndarray, int, np.ndarray] | None:
    """Integers below 10**18 with a scale; None when the values do not all fit."""
    nulls = _null_mask(array)
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    if pa.types.is_integer(array.type):
        if pa.types.is_uint64(array.type):
            try:
                array = array.cast(pa.int64())
            except pa.ArrowInvalid:
                return None
        values = pc.fill_null(array.cast(pa.int64()), 0).to_numpy()
        return None if values.size and _over(values, 10**18) else (values, 0, nulls)
    if pa.types.is_decimal(array.type):
        scale = array.type.scale
        if scale < 0 or not pa.types.is_decimal128(array.type):
            return None
        words = np.frombuffer(array.buffers()[1], dtype=np.int64)
        words = words.reshape(-1, 2)[array.offset : array.offset + len(array)]
        values = np.where(nulls, 0, words[:, 0])
        high = np.where(nulls, 0, words[:, 1])
        if values.size and ((high != np.where(values < 0, -1, 0)).any() or _over(values, 10**17)):
            return None
        return values, scale, nulls
    return None


def encode_integers(values: np.ndarray, scale: int, nulls: np.ndarray) -> pa.Array:
    """NUMBER CLRs of ``values / 10**scale``; values below 10**18 (10**17 for odd scales)."""
    rows = values.size
    if scale & 1:
        values, scale = values * 10, scale + 1
    negative = values < 0
    rest = np.abs(values).astype(np.uint64)
    biggest = int(rest.max()) if rows else 0
    places = max(1, (len(str(biggest)) + 1) // 2)
    digits = np.empty((rows, places), dtype=np.uint8)
    for place in range(places):
        rest, low = np.divmod(rest, np.uint64(100))
        digits[:, place] = low  # least significant first
    used = digits != 0
    top = places - 1 - np.argmax(used[:, ::-1], axis=1)
    bottom = np.argmax(used, axis=1)
    zero = ~used.any(axis=1)
    count = np.where(zero, 0, top - bottom + 1)
    order = top[:, None] - np.arange(places)[None, :]
    body = np.take_along_axis(digits, np.maximum(order, 0), axis=1)
    exponent = top - scale // 2
    matrix = np.zeros((rows, places + 3), dtype=np.uint8)
    matrix[:, 1] = np.where(zero, 0x80, np.where(negative, 62 - exponent, 193 + exponent))
    matrix[:, 2 : 2 + places] = np.where(negative[:, None], 101 - body, body + 1)
    minus = np.flatnonzero(negative)
    matrix[minus, 2 + count[minus]] = 102
    inside = 1 + count + negative
    matrix[:, 0] = np.where(nulls, 0, inside)
    return _from_matrix(matrix, np.where(nulls, 1, inside + 1))


# -- text and bytes ----------------------------------------------------------------------------


def _texts(array: pa.Array, kind: OraType) -> pa.Array:
    text = array if _is_text(array.type) else array.cast(pa.string())
    data = text.cast(pa.large_string()).cast(pa.large_binary())
    if kind.is_national:
        return _one_by_one(text, kind)
    sizes = pc.fill_null(pc.binary_length(data), 0)
    _check_lengths(text, sizes, kind)
    if kind.name == "CHAR":
        return _padded(text, kind)
    return clr_array(data)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _check_lengths(text: pa.Array, sizes: pa.Array, kind: OraType) -> None:
    if kind.length is None or not len(text):
        return
    longest = pc.max(pc.utf8_length(text) if kind.char_semantics else sizes).as_py() or 0
    if longest > kind.length:
        raise OracleError(
            12899, f"value too large for column (actual: {longest}, maximum: {kind.length})"
        )


def _padded(text: pa.Array, kind: OraType) -> pa.Array:
    width = kind.length or 1
    if kind.char_semantics or pc.all(pc.string_is_ascii(text)).as_py() in (True, None):
        nonempty = pc.if_else(pc.equal(pc.binary_length(text), 0), None, text)
        return clr_array(pc.utf8_rpad(nonempty, width, " ").cast(pa.large_binary()))
    values = []
    for value in text.to_pylist():
        data = None if not value else value.encode()
        values.append(codec.clr(data and data.ljust(width)))
    return pa.array(values, pa.binary())


def clr_array(data: pa.Array) -> pa.Array:
    """Bytes with their CLR length in front."""
    data = pc.fill_null(data.cast(pa.large_binary()), b"")
    sizes = pc.binary_length(data).to_numpy()
    if not sizes.size:
        return pa.array([], pa.binary())
    if int(sizes.max()) > 252:
        return pa.array([codec.clr(value) for value in data.to_pylist()], pa.binary())
    heads = pa.Array.from_buffers(
        pa.large_binary(),
        sizes.size,
        [
            None,
            pa.py_buffer(np.arange(sizes.size + 1, dtype=np.int64)),
            pa.py_buffer(sizes.astype(np.uint8)),
        ],
    )
    return pc.binary_join_element_wise(heads, data, pa.scalar(b"", pa.large_binary())).cast(
        pa.binary()
    )


def _raws(array: pa.Array, kind: OraType) -> pa.Array:
    data = array.cast(pa.large_binary())
    longest = pc.max(pc.binary_length(data)).as_py() or 0
    if kind.length is not None and longest > kind.length:
        raise OracleError(
            12899, f"value too large for column (actual: {longest}, maximum: {kind.length})"
        )
    return clr_array(data)


# -- dates -------------------------------------------------------------------------------------


def _dates(array: pa.Array, kind: OraType) -> pa.Array:
    if not (pa.types.is_timestamp(array.type) or pa.types.is_date(array.type)):
        return _one_by_one(array, kind)
    nulls = _null_mask(array)
    unit = "ns" if pa.types.is_timestamp(array.type) and array.type.unit == "ns" else "us"
    ticks = pc.fill_null(array.cast(pa.timestamp(unit)).cast(pa.int64()), 0).to_numpy()
    per_second = 10**9 if unit == "ns" else 10**6
    fraction_digits = 0 if kind.name == "DATE" else (6 if kind.scale is None else kind.scale)
    step = per_second // 10 ** min(fraction_digits, 9 if unit == "ns" else 6)
    if step > 1:
        # Storing rounds TIMESTAMP's fraction half up; a DATE takes whole seconds the same way.
        ticks = (ticks + step // 2) // step * step
    seconds, fraction = np.divmod(ticks, per_second)
    days, second_of_day = np.divmod(seconds, 86_400)
    if days.size and int(days.min()) < -141_427:  # 15-OCT-1582: older labels are Julian
        return _one_by_one(array, kind)
    date = days.astype("datetime64[D]")
    months = date.astype("datetime64[M]").astype(np.int64)
    year = months // 12 + 1970
    length = 7 if fraction_digits == 0 else 11
    if kind.name == "TIMESTAMP WITH TIME ZONE":
        length = 13
    matrix = np.zeros((ticks.size, length + 1), dtype=np.uint8)
    matrix[:, 0] = np.where(nulls, 0, length)
    matrix[:, 1] = year // 100 + 100
    matrix[:, 2] = year % 100 + 100
    matrix[:, 3] = months % 12 + 1
    matrix[:, 4] = (date - date.astype("datetime64[M]")).astype(np.int64) + 1
    matrix[:, 5] = second_of_day // 3600 + 1
    matrix[:, 6] = second_of_day // 60 % 60 + 1
    matrix[:, 7] = second_of_day % 60 + 1
    if length >= 11:
        nanos = (fraction * (1 if unit == "ns" else 1000)).astype(">u4")
        matrix[:, 8:12] = nanos.view(np.uint8).reshape(-1, 4)
    if length == 13:
        matrix[:, 12:14] = (20, 60)
    return _from_matrix(matrix, np.where(nulls, 1, length + 1))


# -- floats ------------------------------------------------------------------------------------


def _floats(array: pa.Array, kind: OraType) -> pa.Array:
    wide = kind.name == "BINARY_DOUBLE"
    nulls = _null_mask(array)
    values = pc.fill_null(array.cast(pa.float64()), 0.0).to_numpy() + 0.0
    layout, size = (">f8", 8) if wide else (">f4", 4)
    raw = values.astype(layout).view(np.uint8).reshape(-1, size)
    flipped = np.where((raw[:, :1] & 0x80) != 0, raw ^ 0xFF, raw)
    flipped[:, 0] = np.where((raw[:, 0] & 0x80) != 0, flipped[:, 0], raw[:, 0] | 0x80)
    matrix = np.zeros((values.size, size + 1), dtype=np.uint8)
    matrix[:, 0] = np.where(nulls, 0, size)
    matrix[:, 1:] = flipped
    return _from_matrix(matrix, np.where(nulls, 1, size + 1))


_BY_KIND: dict[str, Callable[[pa.Array, OraType], pa.Array]] = {
    "NUMBER": _numbers,
    "FLOAT": _numbers,
    "VARCHAR2": _texts,
    "NVARCHAR2": _texts,
    "CHAR": _texts,
    "RAW": _raws,
    "DATE": _dates,
    "TIMESTAMP": _dates,
    "TIMESTAMP WITH TIME ZONE": _dates,
    "TIMESTAMP WITH LOCAL TIME ZONE": _dates,
    "BINARY_DOUBLE": _floats,
    "BINARY_FLOAT": _floats,
}
