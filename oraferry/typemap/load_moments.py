"""Dates, timestamps and intervals: labels are kept, finer digits cut and counted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.model import DataType, Policy
from oraferry.typemap.intervals import parse_intervals
from oraferry.typemap.load_numbers import is_text
from oraferry.typemap.policy import ZONED
from oraferry.typemap.verdict import Mask, Verdict, without

CUT = "digits after the microsecond cut"
ROUNDED = "digits after the microsecond rounded"
FOR_EVER = "9999-12-31 stored as infinity"
_MICRO = pa.timestamp("us")
_MICRO_UTC = pa.timestamp("us", "UTC")
_DAY = 86_400_000_000  # microseconds
_LAST_DAY = 253_402_214_400_000_000  # 9999-12-31
_YEAR_ONE = -62_135_596_800_000_000
_INFINITY = 2**63 - 1  # PostgreSQL's own mark, in the encoder's hands
_MOMENT_HINT = "set the policy moments to null or clamp, or correct the value in the source"
_INTERVAL = pa.month_day_nano_interval()
Integers = npt.NDArray[np.int64]


def load_moment(
    array: pa.Array, source: str, target: DataType, policy: Policy, verdict: Verdict
) -> pa.Array:
    """Moments, fetched as timestamps or as text, for a timestamp or date column."""
    if is_text(array):
        array = parse_moments(array, policy, verdict)
    is_of_seconds = array.type.unit == "s"
    array = array.cast(_MICRO)
    if target.name == "date":
        return _load_date(array, policy, verdict)
    _count_zone(array, source, target, verdict)
    digits = 6 if target.scale is None else target.scale
    if digits < 6 and not is_of_seconds:
        array = _refuse_finer(array, digits, verdict)
    if policy.last_day == "infinity":
        array = _with_infinity(array, verdict)
    return array.cast(_MICRO_UTC) if target.name == "timestamp with time zone" else array


def _count_zone(array: pa.Array, source: str, target: DataType, verdict: Verdict) -> None:
    has_zone = source in ZONED
    if has_zone and target.name == "timestamp without time zone":
        verdict.alter("time zone left out: the label is in UTC", len(array) - array.null_count)
    elif not has_zone and target.name == "timestamp with time zone":
        verdict.alter("taken as UTC", len(array) - array.null_count)


def _with_infinity(array: pa.Array, verdict: Verdict) -> pa.Array:
    """The last day that Oracle has stands for "for ever"; the largest number is infinity."""
    ticks = array.cast(pa.int64())
    last = pc.and_(pc.greater_equal(ticks, _LAST_DAY), pc.less(ticks, _LAST_DAY + _DAY))
    verdict.alter(FOR_EVER, last)
    return pc.if_else(last, pa.scalar(_INFINITY, pa.int64()), ticks).cast(_MICRO)


def _refuse_finer(array: pa.Array, digits: int, verdict: Verdict) -> pa.Array:
    step = 10 ** (6 - digits)
    ticks = array.cast(pa.int64())
    rest = pc.subtract(ticks, pc.multiply(pc.divide(ticks, step), step))
    what = f"a timestamp has more than {digits} digits of a second"
    hint = "give the target column more digits"
    return verdict.refuse(array, pc.not_equal(rest, 0), "fraction", what, hint)


def _load_date(array: pa.Array, policy: Policy, verdict: Verdict) -> pa.Array:
    ticks = np.asarray(pc.fill_null(array.cast(pa.int64()), 0))
    days = pa.array(ticks // _DAY, pa.int64(), mask=np.asarray(pc.is_null(array)))
    has_time = ticks % _DAY != 0
    if policy.time_of_day == "cut":
        verdict.alter("time of day cut", has_time)
    else:
        what = "a DATE has a time of day, which date cannot hold"
        hint = "give the target column the type timestamp(0), or set time_of_day to cut"
        days = verdict.refuse(days, has_time, "time-of-day", what, hint)
    days = days.cast(pa.int32())
    if policy.last_day == "infinity":
        last = pc.equal(days, pa.scalar(_LAST_DAY // _DAY, pa.int32()))
        verdict.alter(FOR_EVER, last)
        days = pc.if_else(last, pa.scalar(2**31 - 1, pa.int32()), days)
    return days.cast(pa.date32())


_PARTS = (
    r"^\s*(?P<sign>-?)(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r" (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?$"
)


def parse_moments(array: pa.Array, policy: Policy, verdict: Verdict) -> pa.Array:
    """
    ``SYYYY-MM-DD HH24:MI:SS[.FF9]`` as microseconds; values that lose finer digits are counted.

    The labels of Oracle's calendar are kept. 1500-02-29, which the Gregorian calendar lacks,
    and year 0 are refused, or become NULL or the next label that there is.

    >>> texts = pa.array([" 2024-02-29 23:59:59.123456789"])
    >>> parse_moments(texts, Policy(), Verdict("T")).to_pylist()
    [datetime.datetime(2024, 2, 29, 23, 59, 59, 123456)]
    """
    array = array.cast(pa.string())
    part = pc.extract_regex(array, _PARTS)
    unread = pc.and_(pc.is_valid(array), pc.is_null(part))
    what = "a moment is not one that a calendar has"
    array = _settle(array, unread, "moment", what, policy, verdict)
    year, month, day = (_number(part, name) for name in ("year", "month", "day"))
    before = np.asarray(pc.equal(_field(part, "sign"), "-"))
    valid = np.asarray(pc.is_valid(array))
    zero = valid & (year == 0)
    astronomical = np.where(before, 1 - year, year)
    wrong = valid & ~zero & ~_is_gregorian(astronomical, month, day)
    if policy.moments == "clamp" and (zero | wrong).any():
        verdict.alter("year 0 moved to the start of year 1", zero)
        verdict.alter("29 February moved to the 28th", wrong)
        day = np.where(wrong, 28, day)
    else:
        what = "year 0 exists in Oracle only"
        array = _settle(array, zero, "year-0", what, policy, verdict)
        what = "a day exists in Oracle's calendar only"
        array = _settle(array, wrong, "calendar", what, policy, verdict)
    seconds = _days(astronomical, month, day) * 86_400
    seconds += _number(part, "hour") * 3600 + _number(part, "minute") * 60
    seconds += _number(part, "second")
    micro, array = _to_micro(_nanoseconds(part), array, policy, verdict)
    ticks = np.where(zero, _YEAR_ONE, seconds * 1_000_000 + micro)
    return pa.array(ticks, pa.int64(), mask=~np.asarray(pc.is_valid(array))).cast(_MICRO)


def _settle(
    array: pa.Array, bad: pa.Array | Mask, code: str, what: str, policy: Policy, verdict: Verdict
) -> pa.Array:
    to_null = policy.moments == "null"
    return verdict.settle(array, bad, code, what, _MOMENT_HINT, to_null=to_null)


def _to_micro(
    nanoseconds: Integers, array: pa.Array, policy: Policy, verdict: Verdict
) -> tuple[Integers, pa.Array]:
    """Microseconds of (signed) nanoseconds as the policy says, and *array* without the refused."""
    rest = np.sign(nanoseconds) * (np.abs(nanoseconds) % 1000)
    finer = np.asarray(pc.is_valid(array)) & (rest != 0)
    whole = (nanoseconds - rest) // 1000
    if not finer.any():
        return whole, array
    if policy.nanoseconds == "round":
        verdict.alter(ROUNDED, finer)
        return whole + np.where(np.abs(rest) >= 500, np.sign(rest), 0), array
    if policy.nanoseconds == "refuse":
        what = "a value has digits after the microsecond"
        hint = "set the policy nanoseconds to cut, round or text"
        return whole, verdict.refuse(array, finer, "nanoseconds", what, hint)
    verdict.alter(CUT, finer)
    return whole, array


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


def load_interval(
    array: pa.Array, source: str, target: DataType, policy: Policy, verdict: Verdict
) -> pa.Array:
    """month_day_nano with whole microseconds; finer digits go as the policy says."""
    if is_text(array):
        array = parse_intervals(array, source, policy, verdict)
    if len(array) == 0:
        return array
    words = np.frombuffer(array.buffers()[1], np.int64).reshape(-1, 2)
    part = words[array.offset : array.offset + len(array)]
    micro, array = _to_micro(part[:, 1], array, policy, verdict)
    if target.scale is not None and target.scale < 6:
        finer = (micro % 10 ** (6 - target.scale) != 0) & np.asarray(pc.is_valid(array))
        what = f"an interval has more than {target.scale} digits of a second"
        array = verdict.refuse(array, finer, "fraction", what, "give the target column more digits")
    whole = np.column_stack([part[:, 0], micro * 1000])
    buffers = [None, pa.py_buffer(whole.tobytes())]
    stays = np.asarray(pc.is_valid(array))
    return without(pa.Array.from_buffers(_INTERVAL, len(array), buffers), ~stays)
