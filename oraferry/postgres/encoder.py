"""Arrow batches → PostgreSQL's binary COPY, vectorised; exactly one Arrow type per type.

A field is a length and a payload, a row a count and its fields. Fixed-width fields are built
as byte matrices; neighbours without NULLs share one; texts pass uncopied beside their
lengths; Arrow joins the pieces of each row. A binary COPY trusts its bytes, so a pair of
types that is not in the table is refused (decisions/0007).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.errors import CopyRejected
from oraferry.model import DataType

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
BYTES = pa.large_binary()
Matrix = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_EPOCH_MICROSECONDS = 946_684_800_000_000  # 2000-01-01 after 1970-01-01
_EPOCH_DAYS = 10_957
_INFINITY, _INFINITE_DAY = 2**63 - 1, 2**31 - 1
# PostgreSQL's own limits: 4714-11-24 BC, and for dates 5874897-12-31.
_MIN_MICROSECONDS = -211_813_488_000_000_000
_MIN_DAYS, _MAX_DAYS = -2_451_545, 2_145_031_948
_SIGN_NEGATIVE, _SIGN_NAN = 0x4000, 0xC000
_SIGN_PLUS_INFINITY, _SIGN_MINUS_INFINITY = 0xD000, 0xF000


@dataclass(frozen=True, slots=True)
class Fixed:
    """A column of fixed-width payloads; *valid* is None where nothing is NULL."""

    payload: Matrix
    valid: Mask | None


@dataclass(frozen=True, slots=True)
class Varying:
    """A column of payloads of any width; *head* stands before each, inside its length."""

    payload: pa.Array
    head: bytes = b""


Encoded = Fixed | Varying


def encode_batch(batch: pa.RecordBatch, types: Sequence[DataType]) -> memoryview:
    """The batch's rows in binary COPY form, without header and trailer."""
    if batch.num_rows == 0:
        return memoryview(b"")
    columns = [
        encode_column(batch.column(i), type, batch.schema.names[i]) for i, type in enumerate(types)
    ]
    rows = _join(columns, batch.num_rows)
    _, offsets, data = rows.buffers()
    ends = np.frombuffer(offsets, np.int64)
    return memoryview(data)[ends[rows.offset] : ends[rows.offset + len(rows)]]


def _join(columns: Sequence[Encoded], rows: int) -> pa.Array:
    operands: list[pa.Array] = []
    count = np.frombuffer(len(columns).to_bytes(2, "big"), np.uint8)
    block: list[Matrix] = [np.broadcast_to(count, (rows, 2))]
    for column in columns:
        if isinstance(column, Fixed) and column.valid is None:
            block += [_lengths(column.payload.shape[1], rows), column.payload]
            continue
        if isinstance(column, Varying):
            size = pc.binary_length(column.payload)
            valid = _validity(column.payload)
            length = np.asarray(pc.fill_null(size, 0)).astype(np.int64) + len(column.head)
            _check_size(length)
            prefix = _prefix(length, valid, column.head)
            if valid is None:
                block.append(prefix)
                operands += _flush(block, rows)
            else:
                operands += [*_flush(block, rows), _ragged(prefix, valid)]
            operands.append(column.payload)
        else:
            whole = np.hstack([_lengths(column.payload.shape[1], rows), column.payload])
            whole[~column.valid, :4] = 0xFF  # type: ignore[operator]
            operands += [*_flush(block, rows), _ragged(whole, column.valid)]
    operands += _flush(block, rows)
    if len(operands) == 1:
        return operands[0]
    return pc.binary_join_element_wise(
        *operands, pa.scalar(b"", BYTES), null_handling="replace", null_replacement=b""
    )


def _check_size(lengths: npt.NDArray[np.int64]) -> None:
    if lengths.size and int(lengths.max()) >= 1 << 30:
        raise CopyRejected(
            "a value is larger than PostgreSQL's limit of 1 GB",
            hint="move this column by hand, as large objects",
        )


def _lengths(width: int, rows: int) -> Matrix:
    return np.broadcast_to(np.frombuffer(width.to_bytes(4, "big"), np.uint8), (rows, 4))


def _prefix(length: npt.NDArray[np.int64], valid: Mask | None, head: bytes) -> Matrix:
    prefix = np.empty((len(length), 4 + len(head)), np.uint8)
    prefix[:, :4] = length.astype(">i4").view(np.uint8).reshape(-1, 4)
    if head:
        prefix[:, 4:] = np.frombuffer(head, np.uint8)
    if valid is not None:
        prefix[~valid, :4] = 0xFF
    return prefix


def _flush(block: list[Matrix], rows: int) -> list[pa.Array]:
    """The collected fixed bytes as one operand; empties the list."""
    if not block:
        return []
    matrix = np.hstack(block) if len(block) > 1 else np.ascontiguousarray(block[0])
    block.clear()
    width = matrix.shape[1]
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int64)
    return [_binary(offsets, matrix)]


def _ragged(matrix: Matrix, valid: Mask | None) -> pa.Array:
    """Rows of the matrix, cut to their 4 length bytes where NULL."""
    assert valid is not None
    width = matrix.shape[1]
    sizes = np.where(valid, width, 4)
    offsets = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    keep = np.ones(matrix.shape, np.bool_)
    keep[~valid, 4:] = False
    return _binary(offsets, matrix[keep])


def _binary(offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> pa.Array:
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))]
    return pa.Array.from_buffers(BYTES, len(offsets) - 1, buffers)


def _validity(array: pa.Array) -> Mask | None:
    if array.null_count == 0:
        return None
    return np.asarray(pc.is_valid(array))


# -- columns -----------------------------------------------------------------------------------


def encode_column(array: pa.Array, type: DataType, name: str) -> Encoded:
    """One column; CopyRejected when its Arrow type is not the one that *type* takes."""
    return check_pair(array.type, type, name)(array, type, name)


def encode_payload(array: pa.Array, type: DataType, name: str) -> pa.Array:
    """One column's values as they stand after their lengths."""
    column = encode_column(array, type, name)
    if isinstance(column, Varying):
        payload = column.payload
        if column.head:
            head = pa.scalar(column.head, BYTES)
            payload = pc.binary_join_element_wise(head, payload, pa.scalar(b"", BYTES))
        _check_size(np.asarray(pc.fill_null(pc.binary_length(payload), 0)))
        return payload
    rows, width = column.payload.shape
    offsets = np.arange(0, (rows + 1) * width, width, dtype=np.int64)
    found = _binary(offsets, column.payload)
    return found if column.valid is None else pc.if_else(pa.array(column.valid), found, None)


def check_pair(found: pa.DataType, type: DataType, name: str) -> _Encoder:
    """What encodes *found* for *type*; CopyRejected where it is not what *type* takes."""
    entry = _ENCODERS.get(type.name)
    if entry is None:
        raise CopyRejected(
            f"column {name}: no binary encoder for the PostgreSQL type {type.name}",
            hint="give the target column a type that the documentation lists",
            context={"column": name, "type": type.name},
        )
    accepts, encode = entry
    if not accepts(found):
        raise CopyRejected(
            f"column {name}: {found} is not what {type.name} is loaded from",
            context={"column": name, "type": type.name},
        )
    return encode


def _numbers(array: pa.Array, kind: str) -> npt.NDArray[Any]:
    """Values as a numpy array, zero where NULL."""
    filled = array if array.null_count == 0 else pc.fill_null(array, pa.scalar(0, array.type))
    return np.asarray(filled).astype(kind)


def _bytes_of(values: npt.NDArray[Any]) -> Matrix:
    return values.view(np.uint8).reshape(len(values), -1)


def _simple(kind: str) -> Callable[[pa.Array, DataType, str], Encoded]:
    def encode(array: pa.Array, type: DataType, name: str) -> Encoded:
        return Fixed(_bytes_of(_numbers(array, kind)), _validity(array))

    return encode


def _boolean(array: pa.Array, type: DataType, name: str) -> Encoded:
    values = np.asarray(pc.fill_null(array, False).cast(pa.uint8()))
    return Fixed(values.reshape(-1, 1), _validity(array))


def _bytes(array: pa.Array, type: DataType, name: str) -> Encoded:
    return Varying(array.cast(BYTES))


def _jsonb(array: pa.Array, type: DataType, name: str) -> Encoded:
    return Varying(array.cast(BYTES), b"\x01")


def _uuid(array: pa.Array, type: DataType, name: str) -> Encoded:
    filled = pc.fill_null(array, pa.scalar(bytes(16), pa.binary(16)))
    data = np.frombuffer(filled.buffers()[1], np.uint8).reshape(-1, 16)
    return Fixed(data[filled.offset : filled.offset + len(filled)], _validity(array))


def _range(
    values: npt.NDArray[np.int64], valid: Mask | None, low: int, high: int, name: str, what: str
) -> None:
    outside = (values < low) | (values >= high)
    if valid is not None:
        outside &= valid
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise CopyRejected(
            f"column {name}: a {what} is outside PostgreSQL's range (row {row} of its batch)",
            hint="correct the value in the source",
            context={"column": name, "batch_row": row},
        )


def _timestamp(array: pa.Array, type: DataType, name: str) -> Encoded:
    valid = _validity(array)
    since_1970 = _numbers(array.cast(pa.int64()), "i8")
    # Before the subtraction, which would wrap around. Above there is room: the last moment
    # that 64 bits hold since 1970 lies in the year 294247.
    low = _MIN_MICROSECONDS + _EPOCH_MICROSECONDS
    # The largest number is infinity, here as in PostgreSQL.
    for_ever = since_1970 == _INFINITY
    _range(np.where(for_ever, 0, since_1970), valid, low, _INFINITY, name, "timestamp")
    ticks = np.where(for_ever, _INFINITY, since_1970 - _EPOCH_MICROSECONDS)
    if type.scale is not None and type.scale < 6:
        # The binary form is stored as it comes: finer digits would be invalid content.
        finer = (ticks % 10 ** (6 - type.scale) != 0) & ~for_ever
        if valid is not None:
            finer &= valid
        if finer.any():
            raise CopyRejected(
                f"column {name}: a timestamp is finer than {type.scale} digits of a second",
                context={"column": name},
            )
    return Fixed(_bytes_of(ticks.astype(">i8")), valid)


def _date(array: pa.Array, type: DataType, name: str) -> Encoded:
    valid = _validity(array)
    since_1970 = _numbers(array.cast(pa.int32()), "i8")
    for_ever = since_1970 == _INFINITE_DAY
    days = np.where(for_ever, 0, since_1970 - _EPOCH_DAYS)
    _range(days, valid, _MIN_DAYS, _MAX_DAYS, name, "date")
    days = np.where(for_ever, _INFINITE_DAY, days)
    return Fixed(_bytes_of(days.astype(">i4")), valid)


def _interval(array: pa.Array, type: DataType, name: str) -> Encoded:
    record = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanoseconds", "<i8")])
    values = np.frombuffer(array.buffers()[1], record)[array.offset : array.offset + len(array)]
    valid = _validity(array)
    finer = values["nanoseconds"] % 1000 != 0
    if valid is not None:
        finer &= valid
    if finer.any():
        raise CopyRejected(f"column {name}: an interval is finer than a microsecond")
    out = np.zeros(
        len(values), np.dtype([("microseconds", ">i8"), ("days", ">i4"), ("months", ">i4")])
    )
    out["microseconds"] = values["nanoseconds"] // 1000
    out["days"], out["months"] = values["days"], values["months"]
    return Fixed(_bytes_of(out), valid)


# -- numeric -----------------------------------------------------------------------------------


def _numeric(array: pa.Array, type: DataType, name: str) -> Encoded:
    if pa.types.is_decimal(array.type):
        return _decimal(array)
    return _decimal_text(array)


def _decimal(array: pa.Array) -> Encoded:
    scale = array.type.scale
    if pa.types.is_decimal128(array.type) and 0 <= scale <= 16:
        words = np.frombuffer(array.buffers()[1], np.int64).reshape(-1, 2)
        words = words[array.offset : array.offset + len(array)]
        valid = _validity(array)
        low, high = words[:, 0], words[:, 1]
        fits = high == low >> 63
        if valid is not None:
            fits |= ~valid
            low = np.where(valid, low, 0)
        if fits.all() and not (low == np.iinfo(np.int64).min).any():
            return Fixed(_numeric_matrix(low, scale, None), valid)
    return Varying(pa.array([_numeric_bytes(v) for v in array.to_pylist()], BYTES))


def _numeric_matrix(
    unscaled: npt.NDArray[np.int64], scale: int, shown: npt.NDArray[np.int64] | None
) -> Matrix:
    """
    Binary numerics of one width: groups of four digits, leading and trailing zeros included,
    which the server strips. *shown* is the display scale per row, *scale* if None.
    """
    magnitude = np.abs(unscaled)
    whole, fraction = np.divmod(magnitude, 10**scale)
    padded = -(-scale // 4) * 4
    fraction = fraction * 10 ** (padded - scale)
    largest = int(whole.max()) if len(whole) else 0
    whole_groups = max(1, -(-len(str(largest)) // 4))
    groups = np.empty((len(unscaled), 4 + whole_groups + padded // 4), ">i2")
    groups[:, 0] = whole_groups + padded // 4
    groups[:, 1] = whole_groups - 1
    groups[:, 2] = np.where(unscaled < 0, _SIGN_NEGATIVE, 0)
    groups[:, 3] = scale if shown is None else shown
    for place in range(whole_groups):
        groups[:, 4 + whole_groups - 1 - place] = whole // 10 ** (4 * place) % 10_000
    for place in range(padded // 4):
        groups[:, 4 + whole_groups + padded // 4 - 1 - place] = (
            fraction // 10 ** (4 * place) % 10_000
        )
    return _bytes_of(groups)


def _decimal_text(array: pa.Array) -> Encoded:
    """Decimal text: at once where all values of the batch fit 64 bits at one scale."""
    array = array.cast(pa.large_string())
    plain = pc.match_substring_regex(array, r"^-?(\d{0,18})(\.\d{1,16})?$")
    if not pc.all(pc.fill_null(plain, True)).as_py():
        return _each(array)
    point = pc.find_substring(array, ".")
    length = pc.utf8_length(array)
    places = pc.if_else(pc.equal(point, -1), 0, pc.subtract(pc.subtract(length, point), 1))
    shown = np.asarray(pc.fill_null(places, 0)).astype(np.int64)
    scale = int(shown.max()) if len(shown) else 0
    try:
        exact = array.cast(pa.decimal128(38, scale))
    except pa.ArrowInvalid:
        return _each(array)
    words = np.frombuffer(exact.buffers()[1], np.int64).reshape(-1, 2)
    words = words[exact.offset : exact.offset + len(exact)]
    valid = _validity(array)
    low = words[:, 0] if valid is None else np.where(valid, words[:, 0], 0)
    high = words[:, 1] if valid is None else np.where(valid, words[:, 1], 0)
    if not (high == low >> 63).all():
        return _each(array)
    return Fixed(_numeric_matrix(low, scale, shown), valid)


def _each(array: pa.Array) -> Encoded:
    return Varying(
        pa.array([None if v is None else _numeric_bytes(v) for v in array.to_pylist()], BYTES)
    )


def _numeric_bytes(value: str | Decimal | None) -> bytes | None:
    """One numeric, of any size."""
    if value is None:
        return None
    number = value if isinstance(value, Decimal) else Decimal(value)
    if not number.is_finite():
        sign = (
            _SIGN_NAN
            if number.is_nan()
            else _SIGN_PLUS_INFINITY
            if number > 0
            else _SIGN_MINUS_INFINITY
        )
        return bytes(4) + sign.to_bytes(2, "big") + bytes(2)
    negative, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    if exponent > 0:
        text, exponent = text + "0" * exponent, 0
    scale = -exponent
    text = text.rjust(scale + 1, "0")
    whole, fraction = text[: len(text) - scale], text[len(text) - scale :]
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    fraction = fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    groups = [int(whole[i : i + 4]) for i in range(0, len(whole), 4)]
    weight = len(groups) - 1
    groups += [int(fraction[i : i + 4]) for i in range(0, len(fraction), 4)]
    sign = _SIGN_NEGATIVE if negative and any(digits) else 0
    head = (
        len(groups).to_bytes(2, "big")
        + weight.to_bytes(2, "big", signed=True)
        + sign.to_bytes(2, "big")
        + scale.to_bytes(2, "big")
    )
    return head + b"".join(g.to_bytes(2, "big") for g in groups)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_large_string(kind) or pa.types.is_string(kind))


def _is(*kinds: pa.DataType) -> Callable[[pa.DataType], bool]:
    return lambda kind: kind in kinds


_Encoder = Callable[[pa.Array, DataType, str], Encoded]
_TEXT: tuple[Callable[[pa.DataType], bool], _Encoder] = (_is_text, _bytes)
_ENCODERS: dict[str, tuple[Callable[[pa.DataType], bool], _Encoder]] = {
    "smallint": (_is(pa.int16()), _simple(">i2")),
    "integer": (_is(pa.int32()), _simple(">i4")),
    "bigint": (_is(pa.int64()), _simple(">i8")),
    "numeric": (lambda kind: _is_text(kind) or bool(pa.types.is_decimal(kind)), _numeric),
    "real": (_is(pa.float32()), _simple(">f4")),
    "double precision": (_is(pa.float64()), _simple(">f8")),
    "boolean": (_is(pa.bool_()), _boolean),
    "text": _TEXT,
    "character varying": _TEXT,
    "character": _TEXT,
    "name": _TEXT,
    "xml": _TEXT,
    "json": _TEXT,
    "jsonb": (_is_text, _jsonb),
    "bytea": (_is(pa.large_binary(), pa.binary()), _bytes),
    "uuid": (_is(pa.binary(16)), _uuid),
    "timestamp without time zone": (_is(pa.timestamp("us")), _timestamp),
    "timestamp with time zone": (_is(pa.timestamp("us", "UTC")), _timestamp),
    "date": (_is(pa.date32()), _date),
    "interval": (_is(pa.month_day_nano_interval()), _interval),
}
