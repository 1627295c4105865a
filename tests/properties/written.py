"""Values that only SQL can give Oracle: old labels, zones, intervals; written, then converted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from tests.properties.values import Random, Shown, Values, pick

# Months in which no clock is set: each label is one instant.
_MONTHS = (1, 2, 7, 8)
_REGIONS = ("Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
_TICKS = "(extract(epoch FROM {c}) * 1000000)::bigint::text"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def old_dates(rng: Random, rows: int) -> tuple[str, Values]:
    """DATEs from 4712 BC on, across the change of calendars: labels are kept."""
    years = rng.integers(1, 4713, rows).tolist()
    eras = rng.choice([-1, 1], rows).tolist()
    parts = [_label(rng) for _ in range(rows)]
    texts = [
        f"{'-' if e < 0 else ''}{y:04}-{p}" for y, e, p in zip(years, eras, parts, strict=True)
    ]
    shown: Shown = [
        f"{y:04}-{p}{' BC' if e < 0 else ''}" for y, e, p in zip(years, eras, parts, strict=True)
    ]
    select = (
        "to_char({c}, 'YYYY-MM-DD HH24:MI:SS') || "
        "CASE WHEN extract(year FROM {c}) < 0 THEN ' BC' ELSE '' END"
    )
    return (
        "TO_DATE({c}, 'SYYYY-MM-DD HH24:MI:SS')",
        Values("DATE", pa.array(texts), shown, select),
    )


def _label(rng: Random) -> str:
    # 5 to 14 October 1582 are in no calendar of Oracle's.
    month, day = int(rng.integers(1, 13)), int(rng.integers(15, 29))
    hour, minute, second = rng.integers(0, (24, 60, 60)).tolist()
    return f"{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"


def zoned(rng: Random, rows: int) -> tuple[str, Values]:
    """Instants with an offset or a region; nanoseconds are cut."""
    labels = [
        datetime(int(y), pick(_MONTHS, rng, 1)[0], int(d), int(h), int(m), int(s))
        for y, d, h, m, s in rng.integers((1990, 1, 0, 0, 0), (2030, 29, 24, 60, 60), (rows, 5))
    ]
    fractions = rng.integers(0, 10**9, rows).tolist()
    texts, shown = [], []
    for label, fraction in zip(labels, fractions, strict=True):
        zone, instant = _zone(rng, label)
        texts.append(f"{label:%Y-%m-%d %H:%M:%S}.{fraction:09} {zone}")
        seconds = (instant - _EPOCH) // timedelta(seconds=1)
        shown.append(str(seconds * 1_000_000 + fraction // 1000))
    return (
        "TO_TIMESTAMP_TZ({c}, 'YYYY-MM-DD HH24:MI:SS.FF9 TZR')",
        Values("TIMESTAMP(9) WITH TIME ZONE", pa.array(texts), shown, _TICKS),
    )


def _zone(rng: Random, label: datetime) -> tuple[str, datetime]:
    if rng.random() < 0.5:
        region = pick(_REGIONS, rng, 1)[0]
        return region, label.replace(tzinfo=ZoneInfo(region)).astimezone(UTC)
    minutes = int(rng.integers(-14 * 60, 14 * 60 + 1))
    sign = "-" if minutes < 0 else "+"
    text = f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    return text, label.replace(tzinfo=UTC) - timedelta(minutes=minutes)


def day_intervals(rng: Random, rows: int) -> tuple[str, Values]:
    """Up to nine digits of days; days and time of one sign, nanoseconds cut."""
    days = (rng.integers(0, 10**9, rows) // 10 ** rng.integers(0, 9, rows)).tolist()
    nanos = rng.integers(0, 86_400 * 10**9, rows).tolist()
    signs = rng.choice([-1, 1], rows).tolist()
    texts, shown = [], []
    for day, nano, sign in zip(days, nanos, signs, strict=True):
        second, fraction = divmod(nano, 10**9)
        clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}.{fraction:09}"
        texts.append(f"{'-' if sign < 0 else '+'}{day} {clock}")
        shown.append(f"{sign * day}/{sign * (nano // 1000)}")
    select = (
        "extract(day FROM {c})::text || '/' || (extract(hour FROM {c}) * 3600000000 + "
        "extract(minute FROM {c}) * 60000000 + extract(microseconds FROM {c}))::bigint::text"
    )
    kind = "INTERVAL DAY(9) TO SECOND(9)"
    return "TO_DSINTERVAL({c})", Values(kind, pa.array(texts), shown, select)


def year_intervals(rng: Random, rows: int) -> tuple[str, Values]:
    """As many years as PostgreSQL has."""
    months = rng.integers(0, 2**31 - 1, rows) // 10 ** rng.integers(0, 9, rows)
    signed = np.where(rng.random(rows) < 0.5, -months, months).tolist()
    texts = [f"{'-' if m < 0 else '+'}{abs(m) // 12}-{abs(m) % 12:02}" for m in signed]
    select = "(extract(year FROM {c}) * 12 + extract(month FROM {c}))::bigint::text"
    kind = "INTERVAL YEAR(9) TO MONTH"
    return "TO_YMINTERVAL({c})", Values(kind, pa.array(texts), [str(m) for m in signed], select)
