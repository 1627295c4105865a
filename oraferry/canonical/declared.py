"""The canonical text of a source's values after the changes that were asked for.

A policy is a promise made before the load. It is kept here a second time, from the fetched
values and the plan alone, with no code of the loading (typemap/) and no look at what
arrived: a policy that the load applies wrongly shows as a difference.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.canonical.moments import DAY, interval_text, moment_text
from oraferry.canonical.numbers import float_text, number_text
from oraferry.canonical.source import INTERVALS, MOMENTS, NUMBERS, source_text
from oraferry.canonical.texts import TEXT, binary_text, json_text, shorten, xml_text
from oraferry.model import ColumnPlan, DataType, Policy

_NOTHING = Policy()
_TEXTS = {"CHAR", "NCHAR", "VARCHAR2", "NVARCHAR2", "VARCHAR", "CLOB", "NCLOB", "LONG"}
_DOCUMENTS = {"JSON", "XMLTYPE", "VECTOR"}
_STRUCTURED = {"json", "jsonb", "xml"}
_WRITTEN = {"text", "character varying"}
_HIGHEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1, "boolean": 1}
_FLOATS = {"real": pa.float32(), "double precision": pa.float64()}
_LAST_DAY = 253_402_214_400_000_000  # 9999-12-31, in microseconds since 1970
_YEAR_ONE = "-62135596800000000"
_WIDE = Context(prec=300, rounding=ROUND_HALF_UP)


def declared_text(array: pa.Array, plan: ColumnPlan) -> pa.Array:
    """
    ``source_text`` of the column, changed as its policy says.

    >>> from oraferry.model import Column
    >>> source, target = (Column("C", DataType(n), 1) for n in ("VARCHAR2", "text"))
    >>> plan = ColumnPlan(source, target, "varchar", Policy(nul="remove"))
    >>> declared_text(pa.array(["a\\0b"]), plan).to_pylist()
    ['ab']
    """
    type = plan.source.type
    if type.name in _DOCUMENTS or plan.target.type.name in _STRUCTURED:
        return _documents(array, plan)
    is_plain = plan.policy == _NOTHING and not _is_filled(plan)
    if is_plain or pa.types.is_null(array.type):
        return source_text(array, type)
    if type.name in _TEXTS:
        return _texts(array, plan)
    if type.name in MOMENTS | INTERVALS and plan.target.type.name in _WRITTEN:
        return shorten(_cut(_written(array), plan))
    if type.name in MOMENTS:
        return _moments(array, plan)
    if type.name in INTERVALS:
        return _intervals(array, plan.policy)
    if type.name in NUMBERS:
        return _numbers(array, plan)
    return source_text(array, type)


def _documents(array: pa.Array, plan: ColumnPlan) -> pa.Array:
    """Written texts, or documents whatever their blanks: as the column holds them."""
    target, text = plan.target.type.name, array.cast(TEXT)
    if target in ("json", "jsonb"):
        return json_text(text, keeps_all=target == "json")
    return xml_text(text) if target == "xml" else shorten(text)


# -- texts -------------------------------------------------------------------------------------


def _texts(array: pa.Array, plan: ColumnPlan) -> pa.Array:
    source, target, policy = plan.source.type, plan.target.type, plan.policy
    if target.name == "bytea":
        return binary_text(array.cast(pa.large_binary()))
    text = array.cast(TEXT)
    if policy.invalid_bytes == "replace":
        raw = text.cast(pa.large_binary()).to_pylist()
        text = pa.array([v if v is None else str(v, "utf-8", "replace") for v in raw], TEXT)
    if source.name in ("CHAR", "NCHAR"):
        is_trimmed = policy.padding == "trim" and target.name != "character"
        text = pc.utf8_rtrim(text, " ") if is_trimmed else _padded(text, source)
    if policy.nul in ("remove", "replace"):
        text = pc.replace_substring(text, "\0", {"remove": "", "replace": "\ufffd"}[policy.nul])
    text = _cut(text, plan)
    if _is_filled(plan):
        text = _padded(text, target)
    if policy.empty_text == "empty" and not plan.target.nullable:
        text = pc.fill_null(text, "")
    return shorten(text)


def _is_filled(plan: ColumnPlan) -> bool:
    """True where PostgreSQL has blanks that Oracle has not, and which mean nothing to it."""
    source, target = plan.source.type, plan.target.type
    is_same = source.name in ("CHAR", "NCHAR") and source.length == target.length
    return source.name in _TEXTS and target.name == "character" and not is_same


def _padded(text: pa.Array, type: DataType) -> pa.Array:
    return pc.utf8_rpad(text, type.length, " ") if type.length else text


def _cut(text: pa.Array, plan: ColumnPlan) -> pa.Array:
    limit, policy = plan.target.type.length, plan.policy
    if limit is None or policy.overflow not in ("cut", "null"):
        return text
    is_long = pc.greater(pc.utf8_length(text), limit)
    other = pa.scalar(None, TEXT)
    if policy.overflow == "cut":
        other = pc.utf8_slice_codeunits(text, 0, limit)
    return pc.if_else(is_long, other, text)


# -- moments and intervals ---------------------------------------------------------------------


def _written(array: pa.Array) -> pa.Array:
    """As Oracle wrote it, without the place of the sign; an offset stands once."""
    text = pc.ascii_trim_whitespace(array.cast(TEXT))
    offset = r"[-+]\d{2}:\d{2}"
    return pc.replace_substring_regex(text, rf"({offset}) {offset}$", r"\1")


def _moments(array: pa.Array, plan: ColumnPlan) -> pa.Array:
    policy, text = plan.policy, moment_text(array)
    is_written = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
    if is_written and policy.nanoseconds == "round":
        text = _plus_one(text, _rounds_up(array.cast(TEXT)))
    known = pc.match_substring_regex(text, r"^-?\d+$")
    if policy.moments == "null":
        text = pc.if_else(known, text, pa.scalar(None, TEXT))
    elif policy.moments == "clamp" and pc.any(pc.invert(known)).as_py():
        text = pc.if_else(known, text, _clamped(array.cast(TEXT), policy))
    if plan.target.type.name == "date" and policy.time_of_day == "cut":
        text = _changed(text, lambda ticks: str(ticks // DAY * DAY))
    if policy.last_day == "infinity":
        text = _changed(text, lambda ticks: "infinity" if 0 <= ticks - _LAST_DAY < DAY else None)
    return text


def _clamped(text: pa.Array, policy: Policy) -> pa.Array:
    # What no other calendar has: the year 0, and the 29th of some Februaries.
    is_zero = pc.match_substring_regex(text, r"^\s*-?0000-")
    day_before = moment_text(pc.replace_substring(text, "-02-29", "-02-28"))
    if policy.nanoseconds == "round":
        day_before = _plus_one(day_before, _rounds_up(text))
    return pc.if_else(is_zero, _YEAR_ONE, day_before)


def _rounds_up(text: pa.Array) -> pa.Array:
    """Where the seventh digit of the fraction is 5 or more."""
    return pc.match_substring_regex(text, r"[.,]\d{6}[5-9]")


def _plus_one(text: pa.Array, where: pa.Array) -> pa.Array:
    is_number = pc.match_substring_regex(text, r"^-?\d+$")
    numbers = pc.if_else(is_number, text, "0").cast(pa.int64())
    more = pc.add(numbers, 1).cast(TEXT)
    return pc.if_else(pc.and_(where, is_number), more, text)


def _changed(text: pa.Array, change) -> pa.Array:  # type: ignore[no-untyped-def]
    """*text* with each number of microseconds replaced, where *change* gives something."""

    def one(value: str | None) -> str | None:
        if value is None or not value.lstrip("-").isdigit():
            return value
        return change(int(value)) or value

    return pa.array([one(value) for value in text.to_pylist()], TEXT)


def _intervals(array: pa.Array, policy: Policy) -> pa.Array:
    text = interval_text(array)
    if policy.nanoseconds == "round":
        up = np.asarray(pc.fill_null(_rounds_up(array.cast(TEXT)), False))
        minus = np.asarray(pc.fill_null(pc.match_substring(array.cast(TEXT), "-"), False))
        values = text.to_pylist()
        for row in np.flatnonzero(up):
            months, days, micros = map(int, values[row].split("/"))
            more, micros = divmod(micros + (-1 if minus[row] else 1), DAY)
            values[row] = f"{months}/{days + more}/{micros}"
        text = pa.array(values, TEXT)
    if policy.overflow == "null":
        months = pc.list_element(pc.split_pattern(text, "/"), 0).cast(pa.int64())
        fits = pc.less_equal(pc.abs(months), 2**31 - 1)
        text = pc.if_else(fits, text, pa.scalar(None, TEXT))
    return text


# -- numbers -----------------------------------------------------------------------------------


def _numbers(array: pa.Array, plan: ColumnPlan) -> pa.Array:
    policy, target = plan.policy, plan.target.type
    text = source_text(array, plan.source.type)
    if policy.infinity == "null":
        special = pc.is_in(text, pa.array(["NaN", "Infinity", "-Infinity"], TEXT))
        text = pc.if_else(special, pa.scalar(None, TEXT), text)
    if target.name in _WRITTEN:
        return shorten(_cut(text, plan))
    if target.name in _FLOATS:
        return _floats(text, plan)
    if policy.overflow not in ("null", "cut"):
        return text
    return pa.array([_fitting(value, target, policy) for value in text.to_pylist()], TEXT)


def _floats(text: pa.Array, plan: ColumnPlan) -> pa.Array:
    """The nearest float, where a float was asked for."""
    policy, wanted = plan.policy, _FLOATS[plan.target.type.name]
    is_asked = policy.to is not None and policy.to.name == plan.target.type.name
    if plan.source.type.name == "BINARY_DOUBLE":
        is_asked = policy.overflow == "cut"
    if not is_asked:
        return text
    found = pc.replace_substring(text, "Infinity", "inf").cast(wanted)
    return float_text(found)


def _fitting(value: str | None, target: DataType, policy: Policy) -> str | None:
    if value is None or value in ("NaN", "Infinity", "-Infinity"):
        return value
    number, limit, scale = Decimal(value), _limit(target), target.scale or 0
    if limit is None:
        return value
    rounded = number.quantize(Decimal(1).scaleb(-scale), context=_WIDE)
    if policy.overflow == "null":
        lowest = 0 if target.name == "boolean" else -limit - (target.name in _HIGHEST)
        return value if rounded == number and lowest <= number <= limit else None
    found: str = number_text(pa.array([format(rounded, "f")]))[0].as_py()
    return found


def _limit(target: DataType) -> Decimal | None:
    """The largest number of *target*; None where there is no limit."""
    if target.name in _HIGHEST:
        return Decimal(_HIGHEST[target.name])
    if target.name != "numeric" or target.precision is None:
        return None
    scale = target.scale or 0
    return _WIDE.subtract(Decimal(10) ** (target.precision - scale), Decimal(1).scaleb(-scale))
