"""DATE, TIMESTAMP with and without zones, intervals."""

from __future__ import annotations

import pyarrow as pa

from oraferry.model import DataType
from oraferry.typemap.policy import wants_text
from oraferry.typemap.rule import TypeRule, register

SECOND_MASK = "SYYYY-MM-DD HH24:MI:SS"
NANOSECOND_MASK = "SYYYY-MM-DD HH24:MI:SS.FF9"
MICROSECOND_DIGITS = 6
ZONE_RULE = "zone"


def _digits(type: DataType) -> int:
    return 6 if type.scale is None else type.scale


def _micro(type: DataType) -> pa.DataType:
    return pa.timestamp("us")


def _string(type: DataType) -> pa.DataType:
    return pa.large_string()


def _target(type: DataType) -> DataType:
    return DataType("timestamp without time zone", scale=min(_digits(type), MICROSECOND_DIGITS))


def _zoned_target(type: DataType) -> DataType:
    return DataType("timestamp with time zone", scale=min(_digits(type), MICROSECOND_DIGITS))


def _named(name: str, fine: bool) -> object:
    def applies(type: DataType) -> bool:
        return type.name == name and (_digits(type) > MICROSECOND_DIGITS) == fine

    return applies


_UTC = "SYS_EXTRACT_UTC({c})"
_LOCAL = "TIMESTAMP WITH LOCAL TIME ZONE"
_ZONED = "TIMESTAMP WITH TIME ZONE"
_CUT = "digits after the microsecond are cut, and counted"


def _text_of(expression: str, mask: str) -> str:
    return f"TO_CHAR({expression}, '{mask}')"


def _pair(name: str, label: str, expression: str, *, zoned: bool, lost: str | None) -> None:
    """Two rules: up to microseconds natively, finer ones as text."""
    text = _text_of(expression, NANOSECOND_MASK)
    target = _zoned_target if zoned else _target
    lost_here = (lost,) if lost else ()
    register(
        TypeRule(
            label,
            _named(name, False),  # type: ignore[arg-type]
            expression,
            _micro,
            target,
            loses=lost_here,
            as_text=text,
        ),
        TypeRule(
            f"{label}-nanoseconds",
            _named(name, True),  # type: ignore[arg-type]
            text,
            _string,
            target,
            loses=(*lost_here, _CUT),
        ),
    )


# TZR is the region, or the offset where there is none: the loader then leaves it out.
ZONED_MASK = f"{NANOSECOND_MASK} TZH:TZM TZR"

register(
    TypeRule(
        "zoned-text",
        lambda type: type.name == _ZONED,
        _text_of("{c}", ZONED_MASK),
        _string,
        lambda type: DataType("text"),
        when=wants_text,
    ),
    TypeRule(
        "date-text",
        lambda type: type.name == "DATE",
        _text_of("{c}", SECOND_MASK),
        _string,
        lambda type: DataType("text"),
        when=wants_text,
    ),
    TypeRule(
        "timestamp-text",
        lambda type: type.name == "TIMESTAMP",
        _text_of("{c}", NANOSECOND_MASK),
        _string,
        lambda type: DataType("text"),
        when=wants_text,
    ),
    TypeRule(
        "local-text",
        lambda type: type.name == _LOCAL,
        # In the session's zone, which is UTC: the offset says so.
        _text_of("{c}", f"{NANOSECOND_MASK} TZH:TZM"),
        _string,
        lambda type: DataType("text"),
        when=wants_text,
    ),
    # Of the companion column that keeps the zone beside the instant; never chosen for a column.
    TypeRule(
        ZONE_RULE,
        lambda type: False,
        "TO_CHAR({c}, 'TZR')",
        _string,
        lambda type: DataType("text"),
    ),
    TypeRule(
        "date",
        lambda type: type.name == "DATE",
        "{c}",
        lambda type: pa.timestamp("s"),
        lambda type: DataType("timestamp without time zone", scale=0),
        as_text=_text_of("{c}", SECOND_MASK),
    ),
)
_pair("TIMESTAMP", "timestamp", "{c}", zoned=False, lost=None)
# The driver hands out the wall clock of each row's own zone and drops the zone: ask for UTC.
_pair(
    _ZONED,
    "timestamp-with-zone",
    _UTC,
    zoned=True,
    lost="the instant is kept, the row's own offset or region is not",
)
# The session's time zone is pinned to UTC, in which the driver then hands it out.
_pair(_LOCAL, "timestamp-with-local-zone", "{c}", zoned=True, lost=None)
register(
    TypeRule(
        "interval-year-to-month",
        lambda type: type.name == "INTERVAL YEAR TO MONTH",
        # A schema cannot ask the driver for intervals (DPY-3038), so they come as text.
        "TO_CHAR({c})",
        _string,
        lambda type: DataType("interval"),
    ),
    TypeRule(
        "interval-day-to-second",
        lambda type: type.name == "INTERVAL DAY TO SECOND",
        "TO_CHAR({c})",
        _string,
        lambda type: DataType("interval"),
        loses=(_CUT,),
    ),
)
