"""Date, timestamp, time zone and interval functions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError, not_supported
from orasim.sql import arithmetic
from orasim.sql.convert import inconsistent, parse_interval_ds, parse_interval_ym
from orasim.sql.encoded import utc_timestamps
from orasim.sql.functions.registry import (
    Call,
    applied,
    check_count,
    coerced,
    function,
    pseudo,
    simple,
)
from orasim.sql.scope import Encoded, Expr
from orasim.sql.types import family
from orasim.values import (
    DATE,
    NANOSECONDS,
    NUMBER,
    IntervalDS,
    IntervalYM,
    OraDate,
    OraType,
    date_of_day_number,
    days_in_month,
    timestamp,
    timestamp_tz,
    varchar2,
)
from orasim.zones import at_zone, offset_text, parse_zone, seconds_since_1970, with_zone

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

INTERVAL_DS = OraType("INTERVAL DAY TO SECOND", precision=9, scale=9)
INTERVAL_YM = OraType("INTERVAL YEAR TO MONTH", precision=9)


# -- now ---------------------------------------------------------------------------------------


@pseudo("SYSDATE")
def sysdate(compiler: Compiler, call: Call) -> Expr:
    """The server's clock, which runs in UTC here."""
    context = compiler.context
    return Expr(DATE, lambda row: replace(context.now.without_zone(), nanosecond=0), False, True)


@pseudo("SYSTIMESTAMP")
def systimestamp(compiler: Compiler, call: Call) -> Expr:
    context = compiler.context
    return Expr(timestamp_tz(6), lambda row: context.now, False, True)


@pseudo("CURRENT_DATE")
def current_date(compiler: Compiler, call: Call) -> Expr:
    context = compiler.context
    return Expr(
        DATE,
        lambda row: replace(at_zone(context.now, context.nls.zone).without_zone(), nanosecond=0),
        False,
        True,
    )


@pseudo("CURRENT_TIMESTAMP")
@function("CURRENT_TIMESTAMP")
def current_timestamp(compiler: Compiler, call: Call) -> Expr:
    context = compiler.context
    return Expr(timestamp_tz(6), lambda row: at_zone(context.now, context.nls.zone), False, True)


@pseudo("LOCALTIMESTAMP")
@function("LOCALTIMESTAMP")
def localtimestamp(compiler: Compiler, call: Call) -> Expr:
    context = compiler.context
    return Expr(
        timestamp(6),
        lambda row: at_zone(context.now, context.nls.zone).without_zone(),
        False,
        True,
    )


@pseudo("DBTIMEZONE")
def dbtimezone(compiler: Compiler, call: Call) -> Expr:
    return Expr(varchar2(6), lambda row: "+00:00", False, True)


@pseudo("SESSIONTIMEZONE")
def sessiontimezone(compiler: Compiler, call: Call) -> Expr:
    nls = compiler.context.nls

    def zone(row: Any) -> str:
        offset, region = nls.zone
        return region or offset_text(offset or 0)

    return Expr(varchar2(75), zone, False, True)


# -- parts -------------------------------------------------------------------------------------


def extract(compiler: Compiler, field: str, expr: Expr) -> Expr:
    """EXTRACT(field FROM value): of a zoned timestamp the fields are UTC's, as documented."""
    of = family(expr.type)
    if of == "date":
        return _extract_date(compiler, field, expr)
    if of == "interval day to second":
        return _extract_interval(compiler, field, expr)
    if of == "interval year to month" and field in ("YEAR", "MONTH"):

        def months(value: IntervalYM) -> int:
            sign = -1 if value.months < 0 else 1
            years, rest = divmod(abs(value.months), 12)
            return sign * (years if field == "YEAR" else rest)

        return applied(compiler, months, [expr], NUMBER)
    raise OracleError(30076, "invalid extract field for extract source")


def _extract_date(compiler: Compiler, field: str, expr: Expr) -> Expr:
    if field in ("HOUR", "MINUTE", "SECOND") and expr.type.name == "DATE":
        raise OracleError(30076, "invalid extract field for extract source")
    if field.startswith("TIMEZONE"):
        return _extract_zone(compiler, field, expr)
    if field not in ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"):
        raise OracleError(30076, "invalid extract field for extract source")

    def part(value: OraDate) -> Any:
        if value.offset_minutes:
            value = value.at_offset(0)
        if field == "SECOND":
            return arithmetic.rounded(
                Decimal(value.second * NANOSECONDS + value.nanosecond) / NANOSECONDS
            )
        return getattr(value, field.lower())

    return applied(compiler, part, [expr], NUMBER)


def _extract_zone(compiler: Compiler, field: str, expr: Expr) -> Expr:
    if field == "TIMEZONE_REGION":
        return applied(compiler, lambda v: v.region or "UNKNOWN", [expr], varchar2(64))

    def part(value: OraDate) -> int:
        offset = value.offset_minutes
        if offset is None:
            raise OracleError(30076, "invalid extract field for extract source")
        sign = -1 if offset < 0 else 1
        whole = divmod(abs(offset), 60)
        return sign * whole[0 if field == "TIMEZONE_HOUR" else 1]

    return applied(compiler, part, [expr], NUMBER)


def _extract_interval(compiler: Compiler, field: str, expr: Expr) -> Expr:
    if field not in ("DAY", "HOUR", "MINUTE", "SECOND"):
        raise OracleError(30076, "invalid extract field for extract source")

    def part(value: IntervalDS) -> Any:
        sign = -1 if value.nanoseconds < 0 else 1
        total = abs(value.nanoseconds)
        seconds = total // NANOSECONDS
        parts = {
            "DAY": seconds // 86_400,
            "HOUR": seconds // 3600 % 24,
            "MINUTE": seconds // 60 % 60,
        }
        if field in parts:
            return sign * parts[field]
        return arithmetic.rounded(sign * Decimal(total % (60 * NANOSECONDS)) / NANOSECONDS)

    return applied(compiler, part, [expr], NUMBER)


# -- TRUNC and ROUND of dates ------------------------------------------------------------------


def _unit_of(compiler: Compiler, call: Call) -> list[Expr]:
    value = call.args[0]
    # A TIMESTAMP argument is converted to DATE first, so the result is a DATE.
    plain = applied(compiler, lambda v: replace(v.without_zone(), nanosecond=0), [value], DATE)
    return [plain, *(compiler.text(arg) for arg in call.args[1:])]


def trunc_date(compiler: Compiler, call: Call) -> Expr:
    return applied(compiler, _truncated, _unit_of(compiler, call), DATE)


def round_date(compiler: Compiler, call: Call) -> Expr:
    return applied(compiler, _rounded, _unit_of(compiler, call), DATE)


def _truncated(value: OraDate, unit: str = "DD") -> OraDate:
    name = unit.upper()
    day = value.day_number
    if name in ("DD", "DDD", "J"):
        return value.truncated()
    if name in ("YEAR", "YYYY", "YYY", "YY", "Y", "SYYYY", "SYEAR"):
        return OraDate(value.year)
    if name in ("MM", "MON", "MONTH", "RM"):
        return OraDate(value.year, value.month)
    if name == "Q":
        return OraDate(value.year, (value.month - 1) // 3 * 3 + 1)
    if name in ("HH", "HH12", "HH24"):
        return replace(value, minute=0, second=0)
    if name == "MI":
        return replace(value, second=0)
    if name in ("CC", "SCC"):
        return OraDate((value.year - 1) // 100 * 100 + 1)
    if name in ("D", "DY", "DAY"):
        return OraDate(*date_of_day_number(day - (day + 1) % 7))
    if name == "IW":
        return OraDate(*date_of_day_number(day - day % 7))
    if name == "WW":
        first = OraDate(value.year).day_number
        return OraDate(*date_of_day_number(day - (day - first) % 7))
    if name == "W":
        return OraDate(*date_of_day_number(day - (value.day - 1) % 7))
    if name in ("IYYY", "IYY", "IY", "I"):
        raise not_supported(f"TRUNC(date, '{unit}')")
    raise OracleError(1898, "too many precision specifiers")


def _rounded(value: OraDate, unit: str = "DD") -> OraDate:
    name = unit.upper()
    if name in ("DD", "DDD", "J"):
        later = 1 if value.second_of_day >= 43_200 else 0
        return OraDate(*date_of_day_number(value.day_number + later))
    if name in ("MM", "MON", "MONTH", "RM"):
        start = OraDate(value.year, value.month)
        return add_months(start, 1) if value.day >= 16 else start
    if name in ("YEAR", "YYYY", "YYY", "YY", "Y", "SYYYY", "SYEAR"):
        return OraDate(value.year + (value.month >= 7))
    if name in ("HH", "HH12", "HH24"):
        half = value.minute >= 30
        total = _truncated(value, "HH").nanoseconds + half * 3600 * NANOSECONDS
        return OraDate.of_nanoseconds(total)
    if name == "MI":
        half = value.second >= 30
        total = _truncated(value, "MI").nanoseconds + half * 60 * NANOSECONDS
        return OraDate.of_nanoseconds(total)
    raise not_supported(f"ROUND(date, '{unit}')")


# -- calendar ----------------------------------------------------------------------------------


@simple("ADD_MONTHS", args="DN", gives=DATE)
def add_months(value: OraDate, months: Any) -> OraDate:
    """Same day, or the last one; the last day of a month stays the last."""
    total = value.year * 12 + value.month - 1 + int(months)
    year, month = divmod(total, 12)
    if not -4712 <= year <= 9999:
        raise OracleError(1841, "(full) year must be between -4713 and +9999, and not be 0")
    last = days_in_month(year, month + 1)
    was_last = value.day == days_in_month(value.year, value.month)
    day = last if was_last else min(value.day, last)
    return replace(value.without_zone(), year=year, month=month + 1, day=day, nanosecond=0)


@simple("LAST_DAY", args="D", gives=DATE)
def last_day(value: OraDate) -> OraDate:
    return replace(value.without_zone(), day=days_in_month(value.year, value.month), nanosecond=0)


@simple("MONTHS_BETWEEN", args="DD", gives=NUMBER)
def months_between(a: OraDate, b: OraDate) -> Any:
    """Whole for equal days or two last days, otherwise in months of 31 days."""
    months = (a.year - b.year) * 12 + a.month - b.month
    both_last = a.day == days_in_month(a.year, a.month) and b.day == days_in_month(b.year, b.month)
    if a.day == b.day or both_last:
        return months
    seconds = (a.day - b.day) * 86_400 + a.second_of_day - b.second_of_day
    return arithmetic.add(months, arithmetic.divide(seconds, 31 * 86_400))


@simple("NEXT_DAY", args="DT", gives=DATE)
def next_day(value: OraDate, name: str) -> OraDate:
    from orasim.sql.datemasks import DAYS

    wanted = [i for i, day in enumerate(DAYS) if day.startswith(name.strip().upper()[:3])]
    if not wanted:
        raise OracleError(1846, "not a valid day of the week")
    ahead = (wanted[0] - (value.day_number + 1) % 7 - 1) % 7 + 1
    label = date_of_day_number(value.day_number + ahead)
    return replace(value.without_zone(), year=label[0], month=label[1], day=label[2], nanosecond=0)


# -- zones -------------------------------------------------------------------------------------


@function("SYS_EXTRACT_UTC")
def sys_extract_utc(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 1)
    expr = call.args[0]
    if not expr.type.is_date or expr.type.name == "DATE":
        raise inconsistent("TIMESTAMP WITH TIME ZONE", expr.type)
    nls = compiler.context.nls

    def utc(value: OraDate) -> OraDate:
        if value.offset_minutes is None:
            value = with_zone(value, nls.zone)
        return value.at_offset(0).without_zone()

    digits = 6 if expr.type.scale is None else expr.type.scale
    found = applied(compiler, utc, [expr], timestamp(digits))
    if expr.column is not None and expr.type.name == "TIMESTAMP WITH TIME ZONE":
        found.encoded = Encoded(expr.column, utc_timestamps, found.type)
    return found


@function("FROM_TZ")
def from_tz(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 2, 2)
    if call.args[0].type.name != "TIMESTAMP":
        raise inconsistent("TIMESTAMP", call.args[0].type)
    return applied(
        compiler,
        lambda value, zone: with_zone(value, parse_zone(zone)),
        [call.args[0], compiler.text(call.args[1])],
        timestamp_tz(9),
    )


@simple("TZ_OFFSET", args="T", gives=varchar2(7))
def tz_offset(name: str) -> str:
    from orasim.zones import now

    return offset_text(at_zone(now(), parse_zone(name)).offset_minutes or 0)


# -- intervals ---------------------------------------------------------------------------------


@simple("NUMTODSINTERVAL", args="NT", gives=INTERVAL_DS)
def numtodsinterval(number: Any, unit: str) -> IntervalDS:
    seconds = {"DAY": 86_400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}.get(unit.strip().upper())
    if seconds is None:
        raise OracleError(1760, "illegal argument for function")
    return IntervalDS(int((Decimal(number) * seconds * NANOSECONDS).to_integral_value()))


@simple("NUMTOYMINTERVAL", args="NT", gives=INTERVAL_YM)
def numtoyminterval(number: Any, unit: str) -> IntervalYM:
    months = {"YEAR": 12, "MONTH": 1}.get(unit.strip().upper())
    if months is None:
        raise OracleError(1760, "illegal argument for function")
    return IntervalYM(int((Decimal(number) * months).to_integral_value()))


simple("TO_DSINTERVAL", args="T", gives=INTERVAL_DS)(parse_interval_ds)
simple("TO_YMINTERVAL", args="T", gives=INTERVAL_YM)(parse_interval_ym)


# -- SCN ---------------------------------------------------------------------------------------


@function("TIMESTAMP_TO_SCN")
def timestamp_to_scn(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 1)
    context = compiler.context
    storage = context.session.storage
    value = coerced(compiler, call.args[0], "D")

    def scn(moment: OraDate) -> int:
        if moment.offset_minutes is None:
            moment = with_zone(moment, context.nls.zone)
        return storage.scn_at(seconds_since_1970(moment))

    return applied(compiler, scn, [value], NUMBER)


@simple("SCN_TO_TIMESTAMP", args="N", gives=timestamp(9))
def scn_to_timestamp(scn: Any) -> OraDate:
    raise not_supported("SCN_TO_TIMESTAMP")
