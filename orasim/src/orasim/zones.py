"""Time zones: offsets from text, regions from the system's zone database."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from orasim.engine import OracleError
from orasim.values import NANOSECONDS, OraDate

_OFFSET = re.compile(r"\s*([+-])?\s*(\d{1,2}):(\d{1,2})\s*")
_FIXED = {"UTC": 0, "GMT": 0, "UCT": 0, "Z": 0}
_EPOCH = OraDate(1970).nanoseconds


def parse_zone(text: str) -> tuple[int | None, str | None]:
    """
    (offset in minutes, None), or (None, region) for a name; ORA-01882 when unknown.

    >>> parse_zone("-05:30")
    (-330, None)
    """
    match = _OFFSET.fullmatch(text)
    if match:
        sign = -1 if match[1] == "-" else 1
        minutes = int(match[2]) * 60 + int(match[3])
        if minutes > 15 * 60 or int(match[3]) > 59:
            raise OracleError(1874, "time zone hour must be between -15 and 15")
        return sign * minutes, None
    name = text.strip()
    if name.upper() in _FIXED:
        return None, name.upper()
    _region(name)
    return None, name


@lru_cache(maxsize=64)
def _region(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise OracleError(1882, "timezone region not found") from None


def offset_of_region(name: str, utc: OraDate) -> int:
    """The region's offset in minutes at an instant."""
    if name.upper() in _FIXED:
        return 0
    if not 1 <= utc.year <= 9998:
        raise OracleError(1878, "specified field not found in datetime or interval")
    moment = datetime(utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, tzinfo=UTC)
    shift = moment.astimezone(_region(name)).utcoffset()
    return int(shift.total_seconds()) // 60 if shift else 0


def offset_of_wall_clock(name: str, wall: OraDate) -> int:
    """The region's offset for a local time; the earlier one where it repeats."""
    if name.upper() in _FIXED:
        return 0
    moment = datetime(
        max(1, min(wall.year, 9998)), wall.month, wall.day, wall.hour, wall.minute, wall.second
    )
    shift = moment.replace(tzinfo=_region(name)).utcoffset()
    return int(shift.total_seconds()) // 60 if shift else 0


def with_zone(wall: OraDate, zone: tuple[int | None, str | None]) -> OraDate:
    """The wall clock placed in a zone."""
    offset, region = zone
    if offset is None:
        offset = offset_of_wall_clock(region or "UTC", wall)
    return OraDate.of_nanoseconds(wall.nanoseconds, offset, region)


def at_zone(value: OraDate, zone: tuple[int | None, str | None]) -> OraDate:
    """The same instant in another zone."""
    offset, region = zone
    if offset is None:
        offset = offset_of_region(region or "UTC", value.at_offset(0))
    return value.at_offset(offset, region)


def now() -> OraDate:
    """The clock in UTC with microseconds, as SYSTIMESTAMP has them."""
    import time

    return OraDate.of_nanoseconds(_EPOCH + time.time_ns() // 1000 * 1000, 0)


def seconds_since_1970(value: OraDate) -> float:
    return (value.instant - _EPOCH) / NANOSECONDS


def offset_text(minutes: int) -> str:
    """``+02:00``"""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
