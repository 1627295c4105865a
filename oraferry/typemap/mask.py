"""Masks: what is loaded instead of a column's values.

Values are masked as soon as they are read, before their digest is taken, so verification
proves that PostgreSQL holds exactly the masked source. NULL stays NULL, but for ``null`` and
``constant``, which are the same in every row. Hash and random draw from HMAC-SHA256 of the job's
key and the value: equal values get equal masks in all tables, and nobody without the key can
try values out.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from oraferry.errors import RequestError, SourceDataError
from oraferry.model import Column, ColumnPlan, DataType, Mask, MaskKind

TEXTS = {"CHAR", "NCHAR", "VARCHAR2", "NVARCHAR2", "VARCHAR", "CLOB", "NCLOB", "LONG"}
NUMBERS = {"NUMBER"}
FLOATS = {"FLOAT", "BINARY_FLOAT", "BINARY_DOUBLE"}
BINARIES = {"RAW", "LONG RAW", "BLOB"}
MOMENTS = {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"}
_FITS = {
    MaskKind.HASH: TEXTS | NUMBERS | BINARIES,
    MaskKind.PARTIAL: TEXTS,
    MaskKind.RANDOM: TEXTS | NUMBERS | MOMENTS,
    MaskKind.CONSTANT: TEXTS | NUMBERS | FLOATS | MOMENTS,
}
HASH_DIGITS = 32  # hexadecimal: 128 bits
FREE_DIGITS = 15  # of a NUMBER that says no precision
# Two of a hundred million rows meet with a probability below one in ten thousand.
UNIQUE_BITS = 64
_MOMENT = "%Y-%m-%d %H:%M:%S"


def check_mask(column: Column) -> None:
    """RequestError when *column*'s mask does not fit its type."""
    mask, name = column.mask, column.type.name
    if mask is None or mask.kind is MaskKind.NULL:
        return
    if name not in _FITS[mask.kind]:
        fitting = [kind.value for kind in MaskKind if name in _FITS.get(kind, {name})]
        raise RequestError(
            f"column {column.name}: the mask {mask.kind} does not fit {name}",
            hint=f"use {' or '.join(fitting)}, or leave the column out",
        )
    try:
        if mask.kind is MaskKind.CONSTANT:
            _constant(mask, column.type)
        if mask.low is not None and mask.high is not None:
            if name not in NUMBERS or Decimal(mask.low) > Decimal(mask.high):
                raise ValueError
            for bound in (mask.low, mask.high):
                _constant(Mask(MaskKind.CONSTANT, bound), column.type)
    except (ValueError, ArithmeticError):
        raise RequestError(
            f"column {column.name}: a value of its mask is none that {name} holds",
            hint="numbers as 12.5, dates as 2024-12-31 or 2024-12-31 23:59:59",
        ) from None


def keeps_unique(column: Column) -> bool:
    """
    True when different values of *column* stay different, for all that is likely.

    >>> keeps_unique(Column("N", DataType("NUMBER", precision=9), 1, mask=Mask(MaskKind.HASH)))
    False
    """
    if column.mask is None:
        return True
    if column.mask.kind is not MaskKind.HASH:
        return False
    length, name = column.type.length, column.type.name
    if name in NUMBERS:
        return _digits(column.type) * 3.32 >= UNIQUE_BITS
    return length is None or length * (8 if name in BINARIES else 4) >= UNIQUE_BITS


def mask_batch(batch: pa.RecordBatch, columns: Sequence[ColumnPlan], key: bytes) -> pa.RecordBatch:
    """*batch* as it was read, with each masked column's values replaced."""
    if not any(plan.source.mask for plan in columns):
        return batch
    arrays = [
        _mask(batch.column(i), plan.source, key) if plan.source.mask else batch.column(i)
        for i, plan in enumerate(columns)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)


def _mask(array: pa.Array, column: Column, key: bytes) -> pa.Array:
    mask = column.mask
    assert mask is not None
    if mask.kind is MaskKind.NULL:
        return pa.nulls(len(array), array.type)
    if mask.kind is MaskKind.CONSTANT:
        value = _as_fetched(_constant(mask, column.type), array.type)
        return pa.repeat(pa.scalar(value, array.type), len(array))
    change = _CHANGES[mask.kind]
    # Each different value once: names and towns come often.
    encoded = array.dictionary_encode()
    values = [change(value, column, mask, key) for value in encoded.dictionary.to_pylist()]
    masked = pa.array([_as_fetched(value, array.type) for value in values], array.type)
    return pc.take(masked, encoded.indices)


def _as_fetched(value: Any, type: pa.DataType) -> Any:
    if not pa.types.is_large_string(type) or isinstance(value, str):
        return int(value) if pa.types.is_integer(type) else value
    return format(value, "f") if isinstance(value, Decimal) else value.strftime(_MOMENT)


def _constant(mask: Mask, type: DataType) -> Any:
    text = mask.value or ""
    if type.name in TEXTS:
        if type.length is not None and len(text) > type.length:
            raise ValueError
        return text
    if type.name in MOMENTS:
        return datetime.fromisoformat(text)
    value = Decimal(text)
    if type.name not in NUMBERS:
        return float(value)
    room = Decimal(10) ** _digits(type, free=40)
    if not value.is_finite() or value.scaleb(_scale(type)) != int(value.scaleb(_scale(type))):
        raise ValueError
    if abs(value.scaleb(_scale(type))) >= room:
        raise ValueError
    return value


# --- hash, partial, random --------------------------------------------------------------------


def _draw(key: bytes, value: Any, label: bytes = b"") -> bytes:
    text = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
    return hmac.digest(key, label + text, "sha256")


def _hash(value: Any, column: Column, mask: Mask, key: bytes) -> Any:
    type = column.type
    if type.name in BINARIES:
        return _draw(key, value)[: type.length]
    if type.name in TEXTS:
        return _draw(key, _unpadded(value, type)).hex()[: min(type.length or HASH_DIGITS, 32)]
    drawn = int.from_bytes(_draw(key, _plain(value)))
    return Decimal(drawn % 10 ** _digits(type)).scaleb(-_scale(type))


def _partial(value: str, column: Column, mask: Mask, key: bytes) -> str:
    text = _unpadded(value, column.type)
    if len(text) <= mask.keep_start + mask.keep_end:
        return mask.cover * len(text)  # the parts that stay would be the whole
    end = len(text) - mask.keep_end
    return text[: mask.keep_start] + mask.cover * (end - mask.keep_start) + text[end:]


def _random(value: Any, column: Column, mask: Mask, key: bytes) -> Any:
    type = column.type
    if type.name in TEXTS:
        return _random_text(_unpadded(value, type), key)
    if type.name in NUMBERS:
        return _random_number(_plain(value), type, mask, key)
    moment = _moment(value, column)
    drawn = int.from_bytes(_draw(key, moment.strftime(_MOMENT)))
    days = 1 + (drawn >> 1) % mask.days
    try:
        return moment + timedelta(days=days if drawn & 1 else -days)
    except OverflowError:
        return moment + timedelta(days=-days if drawn & 1 else days)


def _random_text(text: str, key: bytes) -> str:
    """Letters for letters, digits for digits; the rest (blanks, @, -) keeps the shape."""
    drawn = b"".join(_draw(key, text, b"%d:" % i) for i in range(-(-len(text) // 32)))
    return "".join(_other(sign, byte) for sign, byte in zip(text, drawn, strict=False))


def _other(sign: str, drawn: int) -> str:
    if sign.isdigit():
        return str(drawn % 10)
    if sign.isalpha():
        letter = chr(ord("a") + drawn % 26)
        return letter.upper() if sign.isupper() else letter
    return sign


def _random_number(value: Decimal, type: DataType, mask: Mask, key: bytes) -> Decimal:
    places = max(_scale(type), -int(value.as_tuple().exponent)) if type.scale is None else 0
    scale = places or _scale(type)
    low, high = Decimal(0), Decimal(0)
    if mask.low is not None and mask.high is not None:
        low, high = Decimal(mask.low), Decimal(mask.high)
    else:
        # As many digits as the value has: 10^(n-1) … 10^n - 1 of its smallest unit.
        digits = len(str(abs(int(value.scaleb(scale)))))
        low = Decimal(10 ** (digits - 1) if digits > 1 else 0).scaleb(-scale)
        high = Decimal(10**digits - 1).scaleb(-scale)
    steps = int((high - low).scaleb(scale)) + 1
    drawn = low + Decimal(int.from_bytes(_draw(key, value)) % steps).scaleb(-scale)
    return -drawn if value < 0 and mask.low is None else drawn


_CHANGES: dict[MaskKind, Callable[[Any, Column, Mask, bytes], Any]] = {
    MaskKind.HASH: _hash,
    MaskKind.PARTIAL: _partial,
    MaskKind.RANDOM: _random,
}


def _unpadded(value: str, type: DataType) -> str:
    # CHAR's blanks are none of the value's: the same name in a CHAR and a VARCHAR2 masks alike.
    return value.rstrip(" ") if type.name in ("CHAR", "NCHAR") else value


def _plain(value: Any) -> Decimal:
    """One form per number: 1, 1.0 and 1.00 mask alike."""
    number = Decimal(value).normalize()
    return Decimal(format(number, "f"))


def _digits(type: DataType, free: int = FREE_DIGITS) -> int:
    return min(type.precision or free, 38 if type.precision else free)


def _scale(type: DataType) -> int:
    return type.scale or 0


def _moment(value: Any, column: Column) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(value.strip()[:26])
    except ValueError:
        raise SourceDataError(
            f"column {column.name}: a moment before year 1 cannot be moved at random",
            hint="use the mask null or constant",
        ) from None
