"""Dates, timestamps and intervals as integers: microseconds since 1970-01-01, proleptic Gregorian.

PostgreSQL keeps microseconds, so digits beyond the sixth are cut here as they are cut on
loading; the load counts them as altered.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.canonical.numbers import read_hex

TEXT = pa.large_string()
Integers = npt.NDArray[np.int64]

DAY = 86_400_000_000
# Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL's clock starts.
POSTGRES_EPOCH = 946_684_800_000_000
_LARGEST = np.iinfo(np.int64).max
_SMALLEST = np.iinfo(np.int64).min

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}

# As TO_CHAR writes them: an optional sign or era, T or a blank, an optional offset.
_MOMENT = (
    r"^\s*(?P<sign>[-+]?)(?P<year>\d{1,6})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2})(?:[.,](?P<fraction>\d*))?)?"
    r"\s*(?P<zone>Z|UTC|[-+]\d{2}(?::?\d{2})?)?\s*(?P<era>BC|B\.C\.|AD|A\.D\.)?\s*$"
)
_DAYS = (
    r"^\s*(?P<sign>[-+]?)(?P<days>\d+) (?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})"
    r"(?:\.(?P<fraction>\d*))?\s*$"
)
_MONTHS = r"^\s*(?P<sign>[-+]?)(?P<years>\d+)-(?P<months>\d{1,2})\s*$"


def moment_text(array: pa.Array) -> pa.Array:
    """
    Microseconds since the epoch, as text, of Arrow timestamps, dates or written moments.

    >>> moment_text(pa.array(["1970-01-01 00:00:01.000000999", "0001-01-01 BC"])).to_pylist()
    ['1000000', '-62167219200000000']
    """
    kind = array.type
    if pa.types.is_date(kind):
        array = array.cast(pa.timestamp("s" if pa.types.is_date32(kind) else "ms"))
    if pa.types.is_timestamp(array.type):
        ticks, is_null = _integers(array.cast(pa.int64()))
        per_second = _PER_SECOND[array.type.unit]
        if per_second > 1_000_000:
            ticks = ticks // (per_second // 1_000_000)
        else:
            ticks = ticks * (1_000_000 // per_second)
        return pa.array(ticks, mask=is_null).cast(TEXT)
    return _written_moment_text(array.cast(TEXT))


def postgres_moment_text(array: pa.Array) -> pa.Array:
    """The same of ``timestamp_send`` in hex: 8 bytes of microseconds since 2000."""
    ticks, is_null = _integers_of_hex(array, 8)
    text = pa.array(ticks + POSTGRES_EPOCH, mask=is_null).cast(TEXT)
    return _with_infinities(text, ticks == _LARGEST, ticks == _SMALLEST)


def postgres_date_text(array: pa.Array) -> pa.Array:
    """The same of ``date_send`` in hex: 4 bytes of days since 2000."""
    days, is_null = _integers_of_hex(array, 4)
    text = pa.array(days * DAY + POSTGRES_EPOCH, mask=is_null).cast(TEXT)
    return _with_infinities(text, days == 2**31 - 1, days == -(2**31))


def interval_text(array: pa.Array) -> pa.Array:
    """
    ``months/days/microseconds`` of Arrow intervals, durations or written intervals, the last
    never negative and less than a day: a day has 24 hours, for Oracle and for PostgreSQL's =.

    >>> interval_text(pa.array(["+12-03", "-10 00:00:00.000001", None])).to_pylist()
    ['147/0/0', '0/-11/86399999999', None]
    """
    kind = array.type
    if pa.types.is_interval(kind):
        raw = np.frombuffer(array.buffers()[1], dtype="<i4,<i4,<i8")
        raw = raw[array.offset : array.offset + len(array)]
        # Toward zero: digits are cut from what is written, also of negative intervals.
        micros = np.sign(raw["f2"]) * (np.abs(raw["f2"]) // 1000)
        return _join_interval(raw["f0"], raw["f1"], micros, _is_null(array))
    if pa.types.is_duration(kind):
        micros, is_null = _integers(array.cast(pa.duration("us")).cast(pa.int64()))
        return _join_interval(micros * 0, micros * 0, micros, is_null)
    if pa.types.is_integer(kind):
        months, is_null = _integers(array.cast(pa.int64()))
        return _join_interval(months, months * 0, months * 0, is_null)
    return _written_interval_text(array.cast(TEXT))


def postgres_interval_text(array: pa.Array) -> pa.Array:
    """The same of ``interval_send`` in hex: 8 bytes of microseconds, 4 of days, 4 of months."""
    text = array.cast(TEXT)
    micros, is_null = _integers_of_hex(pc.utf8_slice_codeunits(text, 0, 16), 8)
    days, _ = _integers_of_hex(pc.utf8_slice_codeunits(text, 16, 24), 4)
    months, _ = _integers_of_hex(pc.utf8_slice_codeunits(text, 24, 32), 4)
    joined = _join_interval(months, days, micros, is_null)
    return _with_infinities(joined, micros == _LARGEST, micros == _SMALLEST)


def _is_null(array: pa.Array) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = np.asarray(array.is_null())
    return found


def _integers(array: pa.Array) -> tuple[Integers, npt.NDArray[np.bool_]]:
    is_null = _is_null(array)
    return array.fill_null(0).to_numpy(zero_copy_only=False), is_null


def _integers_of_hex(array: pa.Array, size: int) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Big-endian signed integers of *size* bytes, written as hex."""
    values: Integers = np.frombuffer(read_hex(array, size), dtype=f">i{size}").astype(np.int64)
    return values, _is_null(array)


def _with_infinities(
    text: pa.Array, is_largest: npt.NDArray[np.bool_], is_smallest: npt.NDArray[np.bool_]
) -> pa.Array:
    if is_largest.any() or is_smallest.any():
        text = pc.if_else(pa.array(is_largest & ~_is_null(text)), "infinity", text)
        text = pc.if_else(pa.array(is_smallest & ~_is_null(text)), "-infinity", text)
    return text


def _join_interval(
    months: Integers, days: Integers, micros: Integers, is_null: npt.NDArray[np.bool_]
) -> pa.Array:
    # One form for each length: tools that write what a driver gave store -1 day 23:34 for -26
    # minutes, or 74 hours for 3 days and 2. Days are no microseconds: that would not fit.
    days = days + micros // DAY
    parts = [pa.array(part, mask=is_null).cast(TEXT) for part in (months, days, micros % DAY)]
    return pc.binary_join_element_wise(*parts, pa.scalar("/", TEXT))


def _whole(text: pa.Array, empty: str = "0") -> Integers:
    """Integers of digits; *empty* where there are none."""
    filled = pc.if_else(pc.equal(pc.fill_null(text, ""), ""), empty, pc.fill_null(text, ""))
    numbers: Integers = filled.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _microseconds_of(fraction: pa.Array) -> Integers:
    filled = pc.ascii_rpad(pc.fill_null(fraction, ""), 6, "0")
    return _whole(pc.utf8_slice_codeunits(filled, 0, 6))


def _written_moment_text(text: pa.Array) -> pa.Array:
    found = pc.extract_regex(text, _MOMENT)
    part = {name: pc.struct_field(found, name) for name in (f.name for f in found.type)}
    year, month, day = (
        _whole(part["year"], "1970"),
        _whole(part["month"], "1"),
        _whole(part["day"], "1"),
    )
    era = pc.fill_null(part["era"], "")
    is_bc = np.asarray(
        pc.or_(pc.equal(pc.fill_null(part["sign"], ""), "-"), pc.starts_with(era, "B"))
    )
    has_year = year != 0  # Oracle's year 0 has no place in any other calendar
    year = np.where(is_bc, 1 - year, year)
    seconds = (_whole(part["hour"]) * 60 + _whole(part["minute"])) * 60 + _whole(part["second"])
    micros = _days_of_civil(year, month, day) * DAY + seconds * 1_000_000
    micros += _microseconds_of(part["fraction"]) - _offset_micros(part["zone"])
    # A label that is no day of this calendar (1500-02-29 exists in Oracle's) keeps its text:
    # it must not look equal to the day after.
    is_moment = np.asarray(pc.is_valid(found)) & _is_civil(year, month, day) & has_year
    stays = pa.array(~is_moment & ~_is_null(text))
    return pc.if_else(stays, text, pa.array(micros, mask=_is_null(text)).cast(TEXT))


def _offset_micros(zone: pa.Array) -> Integers:
    zone = pc.fill_null(zone, "")
    is_offset = pc.match_substring_regex(zone, r"^[-+]")
    digits = pc.replace_substring(pc.if_else(is_offset, zone, "+00:00"), ":", "")
    digits = pc.ascii_rpad(digits, 5, "0")
    minutes = _whole(pc.utf8_slice_codeunits(digits, 1, 3)) * 60
    minutes = minutes + _whole(pc.utf8_slice_codeunits(digits, 3, 5))
    sign = np.where(np.asarray(pc.starts_with(digits, "-")), -1, 1)
    offset: Integers = sign * minutes * 60_000_000
    return offset


def _days_of_civil(year: Integers, month: Integers, day: Integers) -> Integers:
    """Days since 1970-01-01 of proleptic Gregorian dates (Hinnant's days_from_civil)."""
    shifted = year - (month <= 2)
    era = shifted // 400
    year_of_era = shifted - era * 400
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    days: Integers = era * 146_097 + day_of_era - 719_468
    return days


def _is_civil(year: Integers, month: Integers, day: Integers) -> npt.NDArray[np.bool_]:
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    in_year = (month >= 1) & (month <= 12)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    length = lengths[np.where(in_year, month, 0)] + (is_leap & (month == 2))
    found: npt.NDArray[np.bool_] = in_year & (day >= 1) & (day <= length)
    return found


def _written_interval_text(text: pa.Array) -> pa.Array:
    found = pc.extract_regex(text, _DAYS)
    part = {name: pc.struct_field(found, name) for name in (f.name for f in found.type)}
    sign = np.where(np.asarray(pc.equal(pc.fill_null(part["sign"], ""), "-")), -1, 1)
    seconds = (_whole(part["hour"]) * 60 + _whole(part["minute"])) * 60 + _whole(part["second"])
    micros = seconds * 1_000_000 + _microseconds_of(part["fraction"])
    of_days = _join_interval(sign * 0, sign * _whole(part["days"]), sign * micros, _is_null(found))

    months = pc.extract_regex(text, _MONTHS)
    part = {name: pc.struct_field(months, name) for name in (f.name for f in months.type)}
    sign = np.where(np.asarray(pc.equal(pc.fill_null(part["sign"], ""), "-")), -1, 1)
    count = sign * (_whole(part["years"]) * 12 + _whole(part["months"]))
    of_months = _join_interval(count, sign * 0, sign * 0, _is_null(months))
    return pc.coalesce(of_days, of_months, text)
