"""Oracle's interval texts as Arrow's month_day_nano."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.errors import SourceDataError

_YEARS = r"^\s*(?P<sign>[+-]?)(?P<year>\d+)-(?P<month>\d+)\s*$"
_DAYS = (
    r"^\s*(?P<sign>[+-]?)(?P<day>\d+) (?P<hour>\d+):(?P<minute>\d+):(?P<second>\d+)"
    r"(?:[.,](?P<fraction>\d{1,9}))?\s*$"
)
_INTERVAL = pa.month_day_nano_interval()


def parse_year_intervals(array: pa.Array) -> pa.Array:
    """
    ``+0012-03`` as months.

    >>> parse_year_intervals(pa.array(["-01-01", None])).to_pylist()
    [MonthDayNano(months=-13, days=0, nanoseconds=0), None]
    """
    sign, part, valid = _parts(array, _YEARS)
    months = sign * (part("year") * 12 + part("month"))
    return _build(months, np.zeros_like(months), np.zeros_like(months), valid)


def parse_day_intervals(array: pa.Array) -> pa.Array:
    """
    ``+04 05:06:07.891`` as days and nanoseconds, both of the interval's sign.

    >>> parse_day_intervals(pa.array(["-10 00:00:00.000001"])).to_pylist()
    [MonthDayNano(months=0, days=-10, nanoseconds=-1000)]
    """
    sign, part, valid = _parts(array, _DAYS)
    seconds = part("hour") * 3600 + part("minute") * 60 + part("second")
    nanoseconds = sign * (seconds * 1_000_000_000 + part("fraction"))
    days = sign * part("day")
    return _build(np.zeros_like(days), days, nanoseconds, valid)


def _parts(array: pa.Array, pattern: str):  # type: ignore[no-untyped-def]
    array = array.cast(pa.string())
    found = pc.extract_regex(array, pattern)
    valid = np.asarray(pc.is_valid(array))
    if bool(np.any(valid & np.asarray(pc.is_null(found)))):
        raise SourceDataError("an interval's text is not one that Oracle documents")

    def part(name: str) -> np.ndarray:
        text = pc.fill_null(pc.struct_field(found, name), "")
        if name == "fraction":
            text = pc.utf8_rpad(text, 9, "0")
        return np.asarray(pc.if_else(pc.equal(text, ""), "0", text).cast(pa.int64()))

    sign = pc.fill_null(pc.equal(pc.struct_field(found, "sign"), "-"), False)
    return np.where(np.asarray(sign), -1, 1), part, valid


def _build(
    months: np.ndarray, days: np.ndarray, nanoseconds: np.ndarray, valid: np.ndarray
) -> pa.Array:
    record = np.empty(
        len(months), np.dtype([("months", "<i4"), ("days", "<i4"), ("nanoseconds", "<i8")])
    )
    record["months"], record["days"], record["nanoseconds"] = months, days, nanoseconds
    made = pa.Array.from_buffers(_INTERVAL, len(months), [None, pa.py_buffer(record.tobytes())])
    return pc.if_else(pa.array(valid), made, pa.scalar(None, _INTERVAL))
