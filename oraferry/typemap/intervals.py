"""Oracle's interval texts as Arrow's month_day_nano."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.model import Policy
from oraferry.typemap.verdict import Verdict, without

_YEARS = r"^\s*(?P<sign>[+-]?)(?P<year>\d{1,9})-(?P<month>\d{1,2})\s*$"
_DAYS = (
    r"^\s*(?P<sign>[+-]?)(?P<day>\d{1,9}) (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
    r"(?:[.,](?P<fraction>\d{1,9}))?\s*$"
)
_INTERVAL = pa.month_day_nano_interval()
_MOST_MONTHS = 2**31 - 1
Integers = npt.NDArray[np.int64]


def parse_intervals(array: pa.Array, name: str, policy: Policy, verdict: Verdict) -> pa.Array:
    """
    The texts that Oracle writes for values of its type *name*.

    A day-to-second interval is days and nanoseconds, both of its sign.

    >>> texts, name = pa.array(["-01-01"]), "INTERVAL YEAR TO MONTH"
    >>> parse_intervals(texts, name, Policy(), Verdict("C")).to_pylist()
    [MonthDayNano(months=-13, days=0, nanoseconds=0)]
    """
    if name == "INTERVAL YEAR TO MONTH":
        return _parse_years(array, policy, verdict)
    return _parse_days(array, verdict)


def _parse_years(array: pa.Array, policy: Policy, verdict: Verdict) -> pa.Array:
    array, parts = _read(array, _YEARS, verdict)
    months = parts.sign * (parts.number("year") * 12 + parts.number("month"))
    what = "an interval has more years than PostgreSQL's 178,956,970"
    hint = "give the target column the type text"
    out, to_null = np.abs(months) > _MOST_MONTHS, policy.overflow == "null"
    array = verdict.settle(array, out, "overflow", what, hint, to_null=to_null)
    nothing = np.zeros_like(months)
    return _build(months, nothing, nothing, array)


def _parse_days(array: pa.Array, verdict: Verdict) -> pa.Array:
    array, parts = _read(array, _DAYS, verdict)
    seconds = parts.number("hour") * 3600 + parts.number("minute") * 60 + parts.number("second")
    nanoseconds = parts.sign * (seconds * 1_000_000_000 + parts.number("fraction"))
    days = parts.sign * parts.number("day")
    return _build(np.zeros_like(days), days, nanoseconds, array)


class _Parts:
    """The named groups of the texts, as integers."""

    def __init__(self, found: pa.Array) -> None:
        self._found = found
        negative = pc.fill_null(pc.equal(pc.struct_field(found, "sign"), "-"), False)
        self.sign: Integers = np.where(np.asarray(negative), -1, 1)

    def number(self, name: str) -> Integers:
        """Zero where there is nothing."""
        text = pc.fill_null(pc.struct_field(self._found, name), "")
        if name == "fraction":
            text = pc.utf8_rpad(text, 9, "0")
        found: Integers = np.asarray(pc.if_else(pc.equal(text, ""), "0", text).cast(pa.int64()))
        return found


def _read(array: pa.Array, pattern: str, verdict: Verdict) -> tuple[pa.Array, _Parts]:
    array = array.cast(pa.string())
    found = pc.extract_regex(array, pattern)
    unread = pc.and_(pc.is_valid(array), pc.is_null(found))
    what = "an interval's text is not one that Oracle documents"
    hint = "give the target column the type text"
    return verdict.refuse(array, unread, "no-interval", what, hint), _Parts(found)


def _build(months: Integers, days: Integers, nanoseconds: Integers, array: pa.Array) -> pa.Array:
    kind = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanoseconds", "<i8")])
    record = np.zeros(len(months), kind)
    stays = np.asarray(pc.is_valid(array))
    record["months"] = np.where(stays, months, 0)
    record["days"], record["nanoseconds"] = days, nanoseconds
    made = pa.Array.from_buffers(_INTERVAL, len(months), [None, pa.py_buffer(record.tobytes())])
    return without(made, ~stays)
