"""Implicit and explicit conversions under a session's NLS settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from orasim.charset import AL32UTF8, Charset
from orasim.engine import OracleError, not_supported
from orasim.sql.arithmetic import fit_number, number_text, parse_number, rounded
from orasim.sql.datemasks import format_date, parse_date
from orasim.sql.types import NULL, family
from orasim.storage.codec import one_nan
from orasim.storage.oson import MAGIC, oson_of_text, text_of_oson
from orasim.storage.vectors import fit_vector, parse_vector, vector_text
from orasim.values import NANOSECONDS, IntervalDS, IntervalYM, OraDate, OraType
from orasim.zones import at_zone, now, with_zone

Converter = Callable[[Any], Any]


@dataclass(slots=True)
class Nls:
    """What ALTER SESSION SET NLS_… changes; the defaults are America's."""

    parameters: dict[str, str] = field(
        default_factory=lambda: {
            "NLS_LANGUAGE": "AMERICAN",
            "NLS_TERRITORY": "AMERICA",
            "NLS_CURRENCY": "$",
            "NLS_ISO_CURRENCY": "AMERICA",
            "NLS_NUMERIC_CHARACTERS": ".,",
            "NLS_CALENDAR": "GREGORIAN",
            "NLS_DATE_FORMAT": "DD-MON-RR",
            "NLS_DATE_LANGUAGE": "AMERICAN",
            "NLS_SORT": "BINARY",
            "NLS_TIME_FORMAT": "HH.MI.SSXFF AM",
            "NLS_TIMESTAMP_FORMAT": "DD-MON-RR HH.MI.SSXFF AM",
            "NLS_TIME_TZ_FORMAT": "HH.MI.SSXFF AM TZR",
            "NLS_TIMESTAMP_TZ_FORMAT": "DD-MON-RR HH.MI.SSXFF AM TZR",
            "NLS_DUAL_CURRENCY": "$",
            "NLS_COMP": "BINARY",
            "NLS_LENGTH_SEMANTICS": "BYTE",
            "NLS_NCHAR_CONV_EXCP": "FALSE",
        }
    )
    zone: tuple[int | None, str | None] = (0, None)

    @property
    def decimal_point(self) -> str:
        return self.parameters["NLS_NUMERIC_CHARACTERS"][0]

    @property
    def separators(self) -> str:
        """Decimal point, group separator."""
        return self.parameters["NLS_NUMERIC_CHARACTERS"]

    def mask(self, kind: OraType) -> str:
        """The default format of a date type."""
        if kind.name == "DATE":
            return self.parameters["NLS_DATE_FORMAT"]
        if kind.name == "TIMESTAMP WITH TIME ZONE":
            return self.parameters["NLS_TIMESTAMP_TZ_FORMAT"]
        return self.parameters["NLS_TIMESTAMP_FORMAT"]

    def today(self) -> OraDate:
        """The session's wall clock."""
        return at_zone(now(), self.zone).without_zone()


def to_text(kind: OraType, nls: Nls) -> Converter:
    """Values of *kind* to text, as TO_CHAR without a format."""
    of = family(kind)
    if of in ("text", "clob", "long", "xmltype", "rowid", "null"):
        return _same
    if of == "json":
        return text_of_oson
    if of == "vector":
        return vector_text
    if of in ("number", "float"):
        return lambda value: number_text(value, nls.decimal_point)
    if of == "date":
        digits, is_date = 6 if kind.scale is None else kind.scale, kind.name == "DATE"
        mask = nls.mask(kind)
        return lambda value: format_date(value, mask, digits, is_date=is_date)
    if of in ("raw", "long raw"):
        return lambda value: value.hex().upper()
    if of == "interval day to second":
        return lambda value: interval_ds_text(value, kind)
    if of == "interval year to month":
        return lambda value: interval_ym_text(value, kind)
    if of == "boolean":
        return lambda value: "TRUE" if value else "FALSE"
    raise inconsistent("CHAR", kind)


def _same(value: Any) -> Any:
    return value


def to_number(kind: OraType, nls: Nls) -> Converter:
    of = family(kind)
    if of in ("number", "float", "null"):
        return _same
    if of in ("text", "clob"):
        return lambda value: parse_number(value, nls.decimal_point)
    if of == "boolean":
        return int
    raise inconsistent("NUMBER", kind)


def to_date(kind: OraType, target: OraType, nls: Nls) -> Converter:
    """Values of *kind* to one of the date types, rounded to its digits."""
    of = family(kind)
    if of in ("text", "clob"):
        mask = nls.mask(target)
        source = OraType(target.name if target.name != "DATE" else "TIMESTAMP", scale=9)
        if target.name == "TIMESTAMP WITH LOCAL TIME ZONE":
            source = OraType("TIMESTAMP", scale=9)
        shape = _between_dates(source, target, nls)
        return lambda value: shape(parse_date(value, mask, nls.today()))
    if of == "date":
        return _between_dates(kind, target, nls)
    if of == "null":
        return _same
    raise inconsistent(target.data_type, kind)


def _between_dates(kind: OraType, target: OraType, nls: Nls) -> Converter:
    digits = 0 if target.name == "DATE" else (6 if target.scale is None else target.scale)
    has_zone = kind.name == "TIMESTAMP WITH TIME ZONE"
    is_local = kind.name == "TIMESTAMP WITH LOCAL TIME ZONE"

    def wall(value: OraDate) -> OraDate:
        return (value.without_zone() if value.offset_minutes is not None else value).rounded(digits)

    def zoned(value: OraDate) -> OraDate:
        if value.offset_minutes is None:
            value = with_zone(value, nls.zone)
        return value.rounded(digits)

    def local(value: OraDate) -> OraDate:
        if value.offset_minutes is not None:
            value = at_zone(value, nls.zone).without_zone()
        return value.rounded(digits)

    if target.name == "TIMESTAMP WITH TIME ZONE":
        return zoned
    if target.name == "TIMESTAMP WITH LOCAL TIME ZONE":
        return local
    if target.name == "DATE" and not (has_zone or is_local):
        # ASSUMPTION(oracle): TIMESTAMP to DATE rounds the fraction (CAST truncates since 12c
        # according to some reports); documented for storing only.
        return lambda value: value.without_zone().rounded(0)
    return wall


def to_raw(kind: OraType) -> Converter:
    of = family(kind)
    if of in ("raw", "blob", "long raw", "null", "json"):
        return _same  # a JSON value becomes the bytes of its image
    if of == "text":
        return hex_to_raw
    raise inconsistent("BINARY", kind)


def to_json(kind: OraType) -> Converter:
    """JSON text, or bytes that are an image or UTF-8 text, to an image."""
    of = family(kind)
    if of == "json":
        return _same
    if of in ("text", "clob"):
        return oson_of_text
    if of in ("raw", "blob"):
        return lambda value: value if value.startswith(MAGIC) else oson_of_text(value.decode())
    raise inconsistent("JSON", kind)


def to_vector(kind: OraType) -> Converter:
    """A vector's text to its image."""
    of = family(kind)
    if of == "vector":
        return _same
    if of in ("text", "clob"):
        return parse_vector
    raise inconsistent("VECTOR", kind)


def hex_to_raw(value: str) -> bytes:
    """HEXTORAW: ORA-01465 for anything but hexadecimal digits."""
    try:
        return bytes.fromhex(value if len(value) % 2 == 0 else "0" + value)
    except ValueError:
        raise OracleError(1465, "invalid hex number") from None


def to_float(kind: OraType, nls: Nls) -> Converter:
    if family(kind) in ("number", "float"):
        return float
    if family(kind) == "text":
        return _float_of_text
    if kind == NULL:
        return _same
    raise inconsistent("BINARY_DOUBLE", kind)


def _float_of_text(value: str) -> float:
    special = {"NAN": "nan", "INF": "inf", "-INF": "-inf", "INFINITY": "inf"}
    text = special.get(value.strip().upper(), value)
    try:
        return one_nan(float(text))
    except ValueError:
        raise OracleError(1722, "invalid number") from None


def inconsistent(expected: str, kind: OraType) -> OracleError:
    """ORA-00932 with Oracle's wording."""
    return OracleError(
        932, f"inconsistent datatypes: expected {expected} got {kind.data_type.split('(')[0]}"
    )


def converter(kind: OraType, target: OraType, nls: Nls) -> Converter:
    """Implicit conversion of *kind*'s values to *target*'s family; lengths not checked."""
    if kind in (NULL, target):
        return _same
    of = family(target)
    if of == "json":
        return to_json(kind)
    if of == "vector":
        return to_vector(kind)
    if of in ("text", "clob", "long", "xmltype"):
        return to_text(kind, nls) if family(kind) not in ("blob",) else _refuse(target, kind)
    if of == "number":
        if family(kind) == "boolean":
            return int
        if family(kind) == "float":
            return _number_of_float
        return to_number(kind, nls)
    if of == "float":
        return to_float(kind, nls)
    if of == "date":
        return to_date(kind, target, nls)
    if of in ("raw", "blob", "long raw"):
        return to_raw(kind)
    if of == "interval day to second" and family(kind) == "text":
        return parse_interval_ds
    if of == "interval year to month" and family(kind) == "text":
        return parse_interval_ym
    if of == "object":
        raise inconsistent(target.data_type, kind)
    if of == family(kind) or (of == "rowid" and family(kind) == "text"):
        return _same
    if of == "boolean" and family(kind) in ("number", "text"):
        return bool if family(kind) == "number" else _boolean_of_text
    raise inconsistent(target.data_type, kind)


# Texts that 23ai reads as a BOOLEAN, in any case.
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1", "t", "y"), True),
    **dict.fromkeys(("false", "no", "off", "0", "f", "n"), False),
}


def _boolean_of_text(value: str) -> bool:
    found = _BOOLEANS.get(value.strip().lower())
    if found is None:
        raise OracleError(61800, f"invalid boolean literal: {value}")
    return found


def _refuse(target: OraType, kind: OraType) -> Converter:
    raise inconsistent(target.data_type, kind)


def _number_of_float(value: Any) -> Any:
    if isinstance(value, float):
        if value != value or abs(value) == float("inf"):
            raise OracleError(1426, "numeric overflow")
        return rounded(Decimal(repr(value)))
    return value


# -- storing -----------------------------------------------------------------------------------


def fitter(kind: OraType, column: str, characters: Charset = AL32UTF8) -> Converter:
    """Checks a converted value against the declared size, pads and rounds; for stored values."""
    if kind.is_number:
        return lambda value: fit_number(value, kind)
    if kind.is_text:
        return _text_fitter(kind, column, characters)
    if kind.name in ("CLOB", "LONG"):
        return characters.adopt
    if kind.name == "RAW":

        def fit_raw(value: bytes) -> bytes:
            if kind.length is not None and len(value) > kind.length:
                raise too_large(column, len(value), kind.length)
            return value

        return fit_raw
    if kind.name == "INTERVAL DAY TO SECOND":
        return lambda value: _fit_interval_ds(value, kind)
    if kind.name == "VECTOR":
        return lambda value: fit_vector(value, kind)
    return _same


def _text_fitter(kind: OraType, column: str, characters: Charset) -> Converter:
    limit = kind.length or 4000
    pads = kind.name in ("CHAR", "NCHAR")

    def size(value: str) -> int:
        if kind.is_national:
            return len(value.encode("utf-16-be", "surrogatepass")) // 2
        if kind.char_semantics:
            return characters.count(value)
        return characters.size(value)

    def fit(value: str) -> str:
        if not kind.is_national:
            value = characters.adopt(value)
        length = size(value)
        if length > limit:
            raise too_large(column, length, limit)
        return value + " " * (limit - length) if pads else value

    return fit


def too_large(column: str, actual: int, maximum: int) -> OracleError:
    return OracleError(
        12899, f"value too large for column {column} (actual: {actual}, maximum: {maximum})"
    )


def _fit_interval_ds(value: IntervalDS, kind: OraType) -> IntervalDS:
    days = abs(value.nanoseconds) // (86_400 * NANOSECONDS)
    if len(str(days)) > (2 if kind.precision is None else kind.precision):
        raise OracleError(1873, "the leading precision of the interval is too small")
    return value


# -- intervals ---------------------------------------------------------------------------------


def interval_ds_text(value: IntervalDS, kind: OraType) -> str:
    """``+01 02:03:04.500000``"""
    sign = "-" if value.nanoseconds < 0 else "+"
    seconds, nano = divmod(abs(value.nanoseconds), NANOSECONDS)
    days, second = divmod(seconds, 86_400)
    width = 2 if kind.precision is None else kind.precision
    digits = 6 if kind.scale is None else kind.scale
    fraction = f".{nano:09d}"[: digits + 1] if digits else ""
    hour, second = divmod(second, 3600)
    minute, second = divmod(second, 60)
    return f"{sign}{days:0{width}d} {hour:02d}:{minute:02d}:{second:02d}{fraction}"


def interval_ym_text(value: IntervalYM, kind: OraType) -> str:
    """``+01-02``"""
    years, months = divmod(abs(value.months), 12)
    width = 2 if kind.precision is None else kind.precision
    return f"{'-' if value.months < 0 else '+'}{years:0{width}d}-{months:02d}"


def parse_interval_ds(text: str) -> IntervalDS:
    """``[+-]d hh:mi:ss[.f]``; ORA-01867 otherwise."""
    import re

    match = re.fullmatch(r"\s*([+-])?(\d+)(?:\s+(\d+):(\d+)(?::(\d+)(?:\.(\d{1,9}))?)?)?\s*", text)
    if match is None:
        raise OracleError(1867, "the interval is invalid")
    hour, minute, second = (int(match[i] or 0) for i in (3, 4, 5))
    if hour > 23 or minute > 59 or second > 59:
        raise OracleError(1850, "hour must be between 0 and 23")
    total = ((int(match[2]) * 24 + hour) * 60 + minute) * 60 + second
    nano = int((match[6] or "0").ljust(9, "0"))
    value = total * NANOSECONDS + nano
    return IntervalDS(-value if match[1] == "-" else value)


def parse_interval_ym(text: str) -> IntervalYM:
    """``[+-]y-m``; ORA-01867 otherwise."""
    import re

    match = re.fullmatch(r"\s*([+-])?(\d+)-(\d+)\s*", text)
    if match is None or int(match[3]) > 11:
        raise OracleError(1867, "the interval is invalid")
    months = int(match[2]) * 12 + int(match[3])
    return IntervalYM(-months if match[1] == "-" else months)


def interval_literal(text: str, first: str, last: str | None) -> IntervalDS | IntervalYM:
    """INTERVAL 'text' first [TO last]."""
    if first in ("YEAR", "MONTH"):
        if last == "MONTH":
            return parse_interval_ym(text)
        number = int(text)
        return IntervalYM(number * 12 if first == "YEAR" else number)
    units = {"DAY": 86_400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
    if first not in units:
        raise OracleError(30089, "missing or invalid <datetime field>")
    if last is None or (first == last):
        seconds = Decimal(text) * units[first]
        return IntervalDS(int(seconds * NANOSECONDS))
    if first == "DAY":
        padded = {"SECOND": text, "MINUTE": text + ":00", "HOUR": text + ":00:00"}[last]
        return parse_interval_ds(padded)
    if first == "HOUR":
        body = text if last == "SECOND" else text + ":00"
        sign, body = (body[0], body[1:]) if body[0] in "+-" else ("+", body)
        hours, _, rest = body.partition(":")
        days, hour = divmod(int(hours), 24)
        return parse_interval_ds(f"{sign}{days} {hour}:{rest}")
    if first == "MINUTE":
        sign, body = (text[0], text[1:]) if text[0] in "+-" else ("+", text)
        minutes, _, rest = body.partition(":")
        hours, minute = divmod(int(minutes), 60)
        days, hour = divmod(hours, 24)
        return parse_interval_ds(f"{sign}{days} {hour}:{minute}:{rest}")
    raise not_supported(f"INTERVAL {first} TO {last}")
