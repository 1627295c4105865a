"""Dates, timestamps and intervals: labels are kept, finer digits cut and counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.model import DataType
from oraferry.typemap.intervals import parse_intervals
from oraferry.typemap.load_numbers import is_text
from oraferry.typemap.verdict import Verdict, without

CUT = "digits after the microsecond cut"
_MICRO = pa.timestamp("us")
_MICRO_UTC = pa.timestamp("us", "UTC")
_MICROSECONDS_PER_DAY = 86_400_000_000
_MOMENT_HINT = "correct the value in the source, or exclude the row with a filter"
_INTERVAL = pa.month_day_nano_interval()
Integers = npt.NDArray[np.int64]


def load_moment(array: pa.Array, target: DataType, verdict: Verdict) -> pa.Array:
    """Moments, fetched as timestamps or as text, for a timestamp or date column."""
    if is_text(array):
        array = parse_moments(array, verdict)
    array = array.cast(_MICRO)
    if target.name == "date":
        return _load_date(array, verdict)
    digits = 6 if target.scale is None else target.scale
    if digits < 6:
        array = _refuse_finer(array, digits, verdict)
    return array.cast(_MICRO_UTC) if target.name == "timestamp with time zone" else array


def _refuse_finer(array: pa.Array, digits: int, verdict: Verdict) -> pa.Array:
    step = 10 ** (6 - digits)
    ticks = array.cast(pa.int64())
    rest = pc.subtract(ticks, pc.multiply(pc.divide(ticks, step), step))
    what = f"a timestamp has more than {digits} digits of a second"
    hint = "give the target column more digits"
    return verdict.refuse(array, pc.not_equal(rest, 0), "fraction", what, hint)


def _load_date(array: pa.Array, verdict: Verdict) -> pa.Array:
    ticks = array.cast(pa.int64())
    days = pc.floor(pc.divide(ticks.cast(pa.float64()), float(_MICROSECONDS_PER_DAY)))
    days = days.cast(pa.int64())
    rest = pc.subtract(ticks, pc.multiply(days, _MICROSECONDS_PER_DAY))
    what = "a DATE has a time of day, which date cannot hold"
    hint = "give the target column the type timestamp(0)"
    days = verdict.refuse(days, pc.not_equal(rest, 0), "time-of-day", what, hint)
    return days.cast(pa.int32()).cast(pa.date32())


_PARTS = (
    r"^\s*(?P<sign>-?)(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r" (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?$"
)


def parse_moments(array: pa.Array, verdict: Verdict) -> pa.Array:
    """
    ``SYYYY-MM-DD HH24:MI:SS[.FF9]`` as microseconds; values that lose finer digits are counted.

    The labels of Oracle's calendar are kept: 1500-02-29, which the Gregorian calendar
    lacks, is refused, as is year 0.

    >>> parse_moments(pa.array([" 2024-02-29 23:59:59.123456789"]), Verdict("T")).to_pylist()
    [datetime.datetime(2024, 2, 29, 23, 59, 59, 123456)]
    """
    array = array.cast(pa.string())
    part = _extract(array)
    unread = pc.and_(pc.is_valid(array), pc.is_null(part))
    what = "a moment is not one that a calendar has"
    array = verdict.refuse(array, unread, "moment", what, _MOMENT_HINT)
    year, month, day = (_number(part, name) for name in ("year", "month", "day"))
    before = np.asarray(pc.equal(_field(part, "sign"), "-"))
    valid = np.asarray(pc.is_valid(array))
    what = "year 0 exists in Oracle only"
    array = verdict.refuse(array, valid & (year == 0), "year-0", what, _MOMENT_HINT)
    astronomical = np.where(before, 1 - year, year)
    wrong = valid & ~_is_gregorian(astronomical, month, day)
    what = "a day exists in Oracle's calendar only"
    array = verdict.refuse(array, wrong, "calendar", what, _MOMENT_HINT)
    nanoseconds = _nanoseconds(part)
    seconds = _days(astronomical, month, day) * 86_400
    seconds += _number(part, "hour") * 3600 + _number(part, "minute") * 60
    ticks = (seconds + _number(part, "second")) * 1_000_000 + nanoseconds // 1000
    valid = np.asarray(pc.is_valid(array))
    verdict.alter(CUT, valid & (nanoseconds % 1000 != 0))
    return pa.array(ticks, pa.int64(), mask=~valid).cast(_MICRO)


def _extract(array: pa.Array) -> pa.Array:
    return pc.extract_regex(array, _PARTS)


def _field(part: pa.Array, name: str) -> pa.Array:
    return pc.fill_null(pc.struct_field(part, name), "")


def _number(part: pa.Array, name: str) -> Integers:
    text = _field(part, name)
    found: Integers = np.asarray(pc.if_else(pc.equal(text, ""), "0", text).cast(pa.int64()))
    return found


def _nanoseconds(part: pa.Array) -> Integers:
    fraction = pc.utf8_rpad(_field(part, "fraction"), 9, "0")
    found: Integers = np.asarray(fraction.cast(pa.int64()))
    return found


def _is_gregorian(year: Integers, month: Integers, day: Integers) -> npt.NDArray[np.bool_]:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    limit = np.where((month == 2) & leap, 29, lengths[np.clip(month, 0, 12)])
    found: npt.NDArray[np.bool_] = (month >= 1) & (month <= 12) & (day >= 1) & (day <= limit)
    return found


def _days(year: Integers, month: Integers, day: Integers) -> Integers:
    """Days since 1970-01-01 in the proleptic Gregorian calendar."""
    y = np.where(month <= 2, year - 1, year)
    era = np.floor_divide(y, 400)
    of_era = y - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    days: Integers = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year
    return days - 719_468


def load_interval(array: pa.Array, source: str, verdict: Verdict) -> pa.Array:
    """month_day_nano with whole microseconds; finer digits are cut towards zero and counted."""
    if is_text(array):
        array = parse_intervals(array, source, verdict)
    if len(array) == 0:
        return array
    words = np.frombuffer(array.buffers()[1], np.int64).reshape(-1, 2)
    part = words[array.offset : array.offset + len(array)]
    nanoseconds = part[:, 1]
    rest = np.sign(nanoseconds) * (np.abs(nanoseconds) % 1000)
    valid = np.asarray(pc.is_valid(array))
    cut = valid & (rest != 0)
    if not cut.any():
        return array
    verdict.alter(CUT, cut)
    whole = np.column_stack([part[:, 0], nanoseconds - rest])
    buffers = [None, pa.py_buffer(whole.tobytes())]
    return without(pa.Array.from_buffers(_INTERVAL, len(array), buffers), ~valid)
