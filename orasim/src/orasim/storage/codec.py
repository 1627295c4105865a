"""One value to and from its wire bytes (the inside of a CLR), by type. None is NULL."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from orasim.engine import OracleError
from orasim.values import NANOSECONDS, IntervalDS, IntervalYM, OraDate, OraType

NULL_CLR = b"\x00"
_CLR_PIECE = 32767


def clr(value: bytes | None) -> bytes:
    """*value* with its length in front, in pieces when longer than 252 bytes; NULL is 00."""
    if not value:
        return NULL_CLR
    if len(value) <= 252:
        return bytes((len(value),)) + value
    pieces = [b"\xfe"]
    for start in range(0, len(value), _CLR_PIECE):
        piece = value[start : start + _CLR_PIECE]
        pieces.append(_ub4(len(piece)) + piece)
    return b"".join(pieces) + b"\x00"


def of_clr(data: bytes) -> bytes | None:
    """The value inside one CLR."""
    first = data[0]
    if first in (0, 255):
        return None
    if first != 254:
        return data[1:]
    pieces, at = [], 1
    while data[at]:
        width = data[at]
        length = int.from_bytes(data[at + 1 : at + 1 + width], "big")
        at += 1 + width
        pieces.append(data[at : at + length])
        at += length
    return b"".join(pieces)


def _ub4(number: int) -> bytes:
    width = (number.bit_length() + 7) // 8
    return bytes((width,)) + number.to_bytes(width, "big")


# -- NUMBER ------------------------------------------------------------------------------------


def encode_number(value: int | Decimal | float) -> bytes:
    """
    NUMBER bytes of at most 40 significant digits (20 base-100 places).

    >>> encode_number(0).hex(), encode_number(123).hex(), encode_number(-5).hex()
    ('80', 'c20218', '3e6066')
    """
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, int):
        negative, digits, exponent = value < 0, str(abs(value)), 0
    else:
        sign, parts, power = Decimal(value).as_tuple()
        if not isinstance(power, int):
            raise OracleError(1426, "numeric overflow")
        negative, digits, exponent = bool(sign), "".join(map(str, parts)), power
    stripped = digits.rstrip("0")
    exponent += len(digits) - len(stripped)
    digits = stripped.lstrip("0")
    if not digits:
        return b"\x80"
    if exponent & 1:
        digits, exponent = digits + "0", exponent - 1
    if len(digits) & 1:
        digits = "0" + digits
    places = [int(digits[i : i + 2]) for i in range(0, len(digits), 2)]
    top = exponent // 2 + len(places) - 1
    if top < -65:
        return b"\x80"
    if top > 62 or len(places) > 21:
        raise OracleError(1426, "numeric overflow")
    if not negative:
        return bytes((top + 193, *(place + 1 for place in places)))
    tail = (102,) if len(places) < 20 else ()
    return bytes((62 - top, *(101 - place for place in places), *tail))


def decode_number(data: bytes) -> int | Decimal:
    """The number in NUMBER bytes: int when integral."""
    head = data[0]
    if len(data) == 1 and head == 0x80:
        return 0
    if head >= 0x80:
        top, negative = head - 193, False
        number = 0
        for place in data[1:]:
            number = number * 100 + place - 1
        places = len(data) - 1
    else:
        top, negative = 62 - head, True
        body = data[1:-1] if data[-1] == 102 else data[1:]
        number = 0
        for place in body:
            number = number * 100 + 101 - place
        places = len(body)
    shift = top - places + 1
    if negative:
        number = -number
    if shift >= 0:
        return number * 100**shift
    sign, digits, _ = Decimal(number).as_tuple()
    return normal(Decimal((sign, digits, 2 * shift)))


def normal(value: Decimal) -> int | Decimal:
    """The same number as int when integral, else without trailing zeros."""
    if value == value.to_integral_value():
        return int(value)
    sign, digits, exponent = value.as_tuple()
    cut = len(digits)
    while digits[cut - 1] == 0:
        cut -= 1
    return Decimal((sign, digits[:cut], int(exponent) + len(digits) - cut))


# -- dates -------------------------------------------------------------------------------------


def encode_date(value: OraDate) -> bytes:
    """Seven bytes: century and year in excess 100, then month … second."""
    century, year = divmod(abs(value.year), 100)
    if value.year < 0:
        century, year = -century, -year
    return bytes(
        (
            century + 100,
            year + 100,
            value.month,
            value.day,
            value.hour + 1,
            value.minute + 1,
            value.second + 1,
        )
    )


def decode_date(data: bytes) -> OraDate:
    """DATE or TIMESTAMP bytes without zone."""
    year = (data[0] - 100) * 100 + data[1] - 100
    nanosecond = int.from_bytes(data[7:11], "big") if len(data) >= 11 else 0
    return OraDate(year, data[2], data[3], data[4] - 1, data[5] - 1, data[6] - 1, nanosecond)


def encode_timestamp(value: OraDate) -> bytes:
    """Eleven bytes: a DATE and the nanoseconds."""
    return encode_date(value) + value.nanosecond.to_bytes(4, "big")


# Zones by name need the time zone file's region ids; 0x80 in byte 11 makes the thin driver
# raise DPY-3022, which is what a real region does. The ids below 0x80 << 4 are invented.
# Oracle's numbers of time zone regions, as V$TIMEZONE_NAMES has them: those that clients send.
# ASSUMPTION(oracle): all others get numbers of orasim's own, which no client can name.
_REGIONS = {"Etc/UTC": 28, "Europe/Berlin": 383, "GMT": 513, "US/Pacific": 615, "UTC": 5121}
_FIRST_OWN_REGION = 6001
_IS_REGION, _IS_WALL_CLOCK = 0x80, 0x40  # bits of the zone's first byte


def encode_timestamp_tz(value: OraDate) -> bytes:
    """Thirteen bytes: the UTC fields, then the offset, or a region's id."""
    utc = value.at_offset(0)
    if value.region:
        number = _REGIONS.setdefault(value.region, _FIRST_OWN_REGION + len(_REGIONS))
        return encode_timestamp(utc) + bytes((_IS_REGION | (number >> 6), (number & 0x3F) << 2))
    offset = value.offset_minutes or 0
    sign = -1 if offset < 0 else 1
    hours, minutes = divmod(abs(offset), 60)
    return encode_timestamp(utc) + bytes((sign * hours + 20, sign * minutes + 60))


def decode_timestamp_tz(data: bytes) -> OraDate:
    """The instant on its own wall clock."""
    utc = decode_date(data[:11])
    if data[11] & _IS_REGION:
        number = ((data[11] & 0x7F) << 6) | (data[12] >> 2)
        name = next((name for name, known in _REGIONS.items() if known == number), None)
        if name is None:
            raise OracleError(1882, "timezone region not found")
        from orasim.zones import offset_of_region

        return utc.at_offset(offset_of_region(name, utc), name)
    offset = ((data[11] & ~_IS_WALL_CLOCK) - 20) * 60 + data[12] - 60
    if data[11] & _IS_WALL_CLOCK:  # as OCI may send it: the fields are local already
        return OraDate.of_nanoseconds(utc.nanoseconds, offset)
    return utc.at_offset(offset)


def encode_interval_ds(value: IntervalDS) -> bytes:
    """Eleven bytes; every part carries the interval's sign."""
    sign = -1 if value.nanoseconds < 0 else 1
    seconds, nanosecond = divmod(abs(value.nanoseconds), NANOSECONDS)
    days, second = divmod(seconds, 86_400)
    hour, second = divmod(second, 3600)
    minute, second = divmod(second, 60)
    return (
        (sign * days + 2**31).to_bytes(4, "big")
        + bytes((sign * hour + 60, sign * minute + 60, sign * second + 60))
        + (sign * nanosecond + 2**31).to_bytes(4, "big")
    )


def decode_interval_ds(data: bytes) -> IntervalDS:
    days = int.from_bytes(data[:4], "big") - 2**31
    hour, minute, second = (part - 60 for part in data[4:7])
    fraction = int.from_bytes(data[7:11], "big") - 2**31
    seconds = days * 86_400 + hour * 3600 + minute * 60 + second
    return IntervalDS(seconds * NANOSECONDS + fraction)


def encode_interval_ym(value: IntervalYM) -> bytes:
    sign = -1 if value.months < 0 else 1
    years, months = divmod(abs(value.months), 12)
    return (sign * years + 2**31).to_bytes(4, "big") + bytes((sign * months + 60,))


def decode_interval_ym(data: bytes) -> IntervalYM:
    return IntervalYM((int.from_bytes(data[:4], "big") - 2**31) * 12 + data[4] - 60)


# -- floats ------------------------------------------------------------------------------------


def _encode_float(value: float, layout: str) -> bytes:
    raw = bytearray(struct.pack(layout, value + 0.0 if value else 0.0))
    if raw[0] & 0x80:
        return bytes(byte ^ 0xFF for byte in raw)
    raw[0] |= 0x80
    return bytes(raw)


def one_nan(value: float) -> float:
    """*value*; each NaN is the same object, so that groups and sets know it again."""
    return value if value == value else math.nan


def _decode_float(data: bytes, layout: str) -> float:
    if data[0] & 0x80:
        raw = bytes((data[0] & 0x7F,)) + data[1:]
    else:
        raw = bytes(byte ^ 0xFF for byte in data)
    return one_nan(struct.unpack(layout, raw)[0])


# -- by type -----------------------------------------------------------------------------------


def _encode_rowid_text(value: str) -> bytes:
    from orasim.storage.rowid import encode_rowid, parse_rowid

    return encode_rowid(parse_rowid(value))


def decode_rowid(data: bytes) -> str:
    """ROWID bytes, or the text a client bound."""
    if len(data) != 13:
        return data.decode("ascii")
    from orasim.storage.rowid import RowId

    return str(
        RowId(
            int.from_bytes(data[:4], "big"),
            int.from_bytes(data[4:6], "big"),
            int.from_bytes(data[7:11], "big"),
            int.from_bytes(data[11:13], "big"),
        )
    )


def _encode_text(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _decode_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _encode_float8(value: float) -> bytes:
    return _encode_float(value, ">d")


def _encode_float4(value: float) -> bytes:
    try:
        return _encode_float(value, ">f")
    except OverflowError:
        return _encode_float(float("inf") if value > 0 else float("-inf"), ">f")


ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "NUMBER": encode_number,
    "FLOAT": encode_number,
    "VARCHAR2": _encode_text,
    "CHAR": _encode_text,
    "NVARCHAR2": lambda value: value.encode("utf-16-be", "surrogatepass"),
    "NCHAR": lambda value: value.encode("utf-16-be", "surrogatepass"),
    "LONG": _encode_text,
    "CLOB": _encode_text,
    "NCLOB": _encode_text,
    "XMLTYPE": _encode_text,
    "JSON": bytes,
    "VECTOR": bytes,
    "OBJECT": bytes,
    "DATE": encode_date,
    "TIMESTAMP": encode_timestamp,
    "TIMESTAMP WITH TIME ZONE": encode_timestamp_tz,
    "TIMESTAMP WITH LOCAL TIME ZONE": encode_timestamp,
    "INTERVAL DAY TO SECOND": encode_interval_ds,
    "INTERVAL YEAR TO MONTH": encode_interval_ym,
    "RAW": bytes,
    "LONG RAW": bytes,
    "BLOB": bytes,
    "BFILE": bytes,
    "BINARY_DOUBLE": _encode_float8,
    "BINARY_FLOAT": _encode_float4,
    "BOOLEAN": lambda value: b"\x01\x01" if value else b"\x00",
    "ROWID": _encode_rowid_text,
    "UROWID": _encode_text,
}

DECODERS: dict[str, Callable[[bytes], Any]] = {
    "NUMBER": decode_number,
    "FLOAT": decode_number,
    "VARCHAR2": _decode_text,
    "CHAR": _decode_text,
    "NVARCHAR2": lambda data: data.decode("utf-16-be", "surrogatepass"),
    "NCHAR": lambda data: data.decode("utf-16-be", "surrogatepass"),
    "LONG": _decode_text,
    "CLOB": _decode_text,
    "NCLOB": _decode_text,
    "XMLTYPE": _decode_text,
    "JSON": bytes,
    "VECTOR": bytes,
    "OBJECT": bytes,
    "DATE": decode_date,
    "TIMESTAMP": decode_date,
    "TIMESTAMP WITH TIME ZONE": decode_timestamp_tz,
    "TIMESTAMP WITH LOCAL TIME ZONE": decode_date,
    "INTERVAL DAY TO SECOND": decode_interval_ds,
    "INTERVAL YEAR TO MONTH": decode_interval_ym,
    "RAW": bytes,
    "LONG RAW": bytes,
    "BLOB": bytes,
    "BFILE": bytes,
    "BINARY_DOUBLE": lambda data: _decode_float(data, ">d"),
    "BINARY_FLOAT": lambda data: _decode_float(data, ">f"),
    "BOOLEAN": lambda data: data[-1] == 1,
    "ROWID": decode_rowid,
    "UROWID": _decode_text,
}


def encode(value: Any, kind: OraType) -> bytes | None:
    """Wire bytes of *value* as *kind*; None for NULL. The value must fit the type."""
    return None if value is None else ENCODERS[kind.name](value)


def decode(data: bytes | None, kind: OraType) -> Any:
    """The Python value in wire bytes."""
    return None if data is None else DECODERS[kind.name](data)
