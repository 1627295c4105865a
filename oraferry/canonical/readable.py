"""Canonical texts as people read them: moments and intervals are counts of microseconds else."""

from __future__ import annotations

from oraferry.canonical.moments import DAY
from oraferry.canonical.source import INTERVALS, MOMENTS
from oraferry.model import DataType

_DAYS_TO_EPOCH = 719_468  # from 0000-03-01, where the year of the formula starts
_SECOND = 1_000_000


def readable(text: str | None, type: DataType) -> str | None:
    """
    The canonical *text* of a source's column of *type*, to be shown.

    >>> readable("1603585800500000", DataType("TIMESTAMP"))
    '2020-10-25 00:30:00.5'
    >>> readable("-62135596800000001", DataType("DATE")), readable("infinity", DataType("DATE"))
    ('0001-12-31 23:59:59.999999 BC', 'infinity')
    >>> readable("0/-1/84840000000", DataType("INTERVAL DAY TO SECOND"))
    '-0 00:26:00'
    >>> readable("-17/0/0", DataType("INTERVAL YEAR TO MONTH"))
    '-1-05'
    """
    if text is None:
        return None
    if type.name in MOMENTS and _is_whole(text):
        return _moment(int(text)) + (" UTC" if "ZONE" in type.name else "")
    parts = text.split("/")
    if type.name in INTERVALS and len(parts) == 3 and all(map(_is_whole, parts)):
        return _interval(*map(int, parts))
    return text


def _is_whole(text: str) -> bool:
    return text.removeprefix("-").isdigit()


def _moment(micros: int) -> str:
    days, rest = divmod(micros, DAY)
    year, month, day = _civil_of_days(days)
    era = "" if year > 0 else " BC"
    year = year if year > 0 else 1 - year
    return f"{year:04}-{month:02}-{day:02} {_clock(rest)}{era}"


def _civil_of_days(days: int) -> tuple[int, int, int]:
    """The proleptic Gregorian date of days since 1970-01-01 (Hinnant's civil_from_days)."""
    era, of_era = divmod(days + _DAYS_TO_EPOCH, 146_097)
    years = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * years + years // 4 - years // 100)
    shifted = (5 * of_year + 2) // 153  # months since March
    month = shifted + 3 if shifted < 10 else shifted - 9
    day = of_year - (153 * shifted + 2) // 5 + 1
    return era * 400 + years + (month <= 2), month, day


def _interval(months: int, days: int, micros: int) -> str:
    """As Oracle writes the two kinds; both, where PostgreSQL's has both."""
    total = days * DAY + micros
    size = abs(total)
    of_days = f"{'-' if total < 0 else ''}{size // DAY} {_clock(size % DAY)}"
    if not months:
        return of_days
    of_months = f"{'-' if months < 0 else ''}{abs(months) // 12}-{abs(months) % 12:02}"
    return f"{of_months} {of_days}" if total else of_months


def _clock(micros: int) -> str:
    seconds, fraction = divmod(micros, _SECOND)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{clock}.{fraction:06}".rstrip("0") if fraction else clock
