"""From the fetched Arrow form to the one whose binary form the target column has.

A binary COPY trusts its bytes, so each PostgreSQL type takes exactly one Arrow type here
(its *load type*), every cast is exact or refused, and every permitted change is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.errors import SourceDataError
from oraferry.model import ColumnPlan, DataType

_INTEGERS = {"smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64()}
_TEXT = {"text", "character varying", "character", "xml", "json", "jsonb", "name"}
_MICRO = pa.timestamp("us")
_MICRO_UTC = pa.timestamp("us", "UTC")
_MICROSECONDS_PER_DAY = 86_400_000_000
CUT = "digits after the microsecond cut"


def load_batch(
    batch: pa.RecordBatch, columns: Sequence[ColumnPlan]
) -> tuple[pa.RecordBatch, dict[str, int]]:
    """
    *batch* with each column in its target's load type, and how many values changed, by
    ``"COLUMN: reason"``. SourceDataError names column and row of a value that cannot go.
    """
    arrays, altered = [], {}
    for position, plan in enumerate(columns):
        array, changes = load(batch.column(position), plan.source.type, plan.target.type, plan)
        arrays.append(array)
        for reason, count in changes.items():
            altered[f"{plan.source.name}: {reason}"] = count
    names = [plan.target.name for plan in columns]
    return pa.RecordBatch.from_arrays(arrays, names=names), altered


def load(
    array: pa.Array, source: DataType, target: DataType, plan: ColumnPlan | None = None
) -> tuple[pa.Array, dict[str, int]]:
    """One column; see ``load_batch``."""
    name = target.name
    label = plan.source.name if plan else "value"
    if name in _INTEGERS:
        return _integer(array, name, label), {}
    if name == "numeric":
        return _numeric(array, target, label), {}
    if name == "real":
        return _float(array, pa.float32(), source, label), {}
    if name == "double precision":
        return _float(array, pa.float64(), source, label), {}
    if name == "boolean":
        return _boolean(array, label), {}
    if name in _TEXT:
        return _text(array, source, target, label), {}
    if name == "bytea":
        return array.cast(pa.large_binary()), {}
    if name == "uuid":
        return _uuid(array, label), {}
    if name in ("timestamp without time zone", "timestamp with time zone", "date"):
        return _moment(array, target, label)
    if name == "interval":
        return _interval(array)
    raise SourceDataError(
        f"column {label}: nothing loads {source.name} into {name}",
        hint="exclude the column's table, or give the target column another type",
    )


def _refuse(label: str, bad: pa.Array, what: str, hint: str) -> SourceDataError:
    row = int(np.flatnonzero(np.asarray(pc.fill_null(bad, False)))[0])
    return SourceDataError(
        f"column {label}: {what} (row {row} of its batch)",
        hint=hint,
        context={"column": label, "batch_row": row},
    )


def _check(label: str, bad: pa.Array, what: str, hint: str) -> None:
    if pc.any(bad).as_py():
        raise _refuse(label, bad, what, hint)


def _integer(array: pa.Array, name: str, label: str) -> pa.Array:
    wanted = _INTEGERS[name]
    hint = "give the target column the type numeric"
    if pa.types.is_large_string(array.type) or pa.types.is_string(array.type):
        array = _decimals(array, label)
    if pa.types.is_decimal(array.type):
        whole = pc.trunc(array)
        _check(label, pc.not_equal(whole, array), f"a fraction does not fit {name}", hint)
    bits = wanted.bit_width - 1
    low, high = pa.scalar(-(2**bits)), pa.scalar(2**bits - 1)
    if pa.types.is_decimal(array.type):
        kind = pa.decimal256(76, array.type.scale) if array.type.scale else pa.decimal128(38, 0)
        wide = array.cast(kind)
        low, high = (pa.scalar(Decimal(s.as_py())).cast(kind) for s in (low, high))
        out = pc.or_(pc.less(wide, low), pc.greater(wide, high))
        _check(label, out, f"a number is too large for {name}", hint)
        return array.cast(pa.decimal128(38, 0), safe=False).cast(wanted)
    out = pc.or_(pc.less(array, low), pc.greater(array, high))
    _check(label, out, f"a number is too large for {name}", hint)
    return array.cast(wanted)


def _decimals(array: pa.Array, label: str) -> pa.Array:
    """Decimal text as decimal256 with as much scale as it needs; rare, so value by value."""
    try:
        values = [None if v is None else Decimal(v) for v in array.to_pylist()]
    except InvalidOperation:
        raise SourceDataError(f"column {label}: a value is no number") from None
    scale = max((-int(v.as_tuple().exponent) for v in values if v is not None), default=0)
    if not 0 <= scale <= 70:
        scale = max(0, min(scale, 70))
    return pa.array(values, pa.decimal256(76, scale))


def _numeric(array: pa.Array, target: DataType, label: str) -> pa.Array:
    hint = "widen the target column, or make it numeric without precision"
    precision, scale = target.precision, target.scale or 0
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        plain = plain_numbers(array)
        if precision is not None:
            _check(label, _too_wide(plain, precision, scale), "a number has too many digits", hint)
        return plain
    if pa.types.is_integer(array.type):
        array = array.cast(pa.decimal128(19, 0))
    if precision is None:
        return array
    if array.type.scale > scale:
        try:
            array = array.cast(pa.decimal128(38, scale))
        except pa.ArrowInvalid:
            bad = pc.not_equal(pc.round(array, scale), array)
            raise _refuse(
                label, bad, f"a number has more than {scale} decimal places", hint
            ) from None
    limit = Decimal(10) ** (precision - scale)
    if len(str(limit)) - 1 + array.type.scale < array.type.precision:
        bound = pa.scalar(limit).cast(pa.decimal256(76, array.type.scale))
        wide = pc.abs(array.cast(pa.decimal256(76, array.type.scale)))
        _check(label, pc.greater_equal(wide, bound), "a number has too many digits", hint)
    return array


def plain_numbers(array: pa.Array) -> pa.Array:
    """
    Oracle's number text without exponents: what a numeric encoder reads.

    >>> plain_numbers(pa.array([".5", "1.2E-05", None])).to_pylist()
    ['.5', '0.000012', None]
    """
    array = array.cast(pa.large_string())
    scientific = pc.fill_null(pc.match_substring(array, "E"), False)
    if not pc.any(scientific).as_py():
        return array
    values = array.to_pylist()
    for row in np.flatnonzero(np.asarray(scientific)):
        values[row] = format(Decimal(values[row]), "f")
    return pa.array(values, pa.large_string())


def minimal_numbers(array: pa.Array) -> pa.Array:
    """
    Numbers as their shortest plain text.

    >>> minimal_numbers(pa.array([".50", "-0.10", "1E+3", None])).to_pylist()
    ['0.5', '-0.1', '1000', None]
    """

    def shortest(value: object) -> str:
        text = format(Decimal(str(value)).normalize(), "f")
        return "0" if text == "-0" else text

    return pa.array(
        [None if v is None else shortest(v) for v in array.to_pylist()], pa.large_string()
    )


def _too_wide(plain: pa.Array, precision: int, scale: int) -> pa.Array:
    limit = Decimal(10) ** (precision - scale)
    step = Decimal(1).scaleb(-scale)

    def bad(text: str | None) -> bool:
        if text is None:
            return False
        value = Decimal(text)
        return abs(value) >= limit or value % step != 0

    return pa.array([bad(v) for v in plain.to_pylist()])


def _float(array: pa.Array, wanted: pa.DataType, source: DataType, label: str) -> pa.Array:
    if pa.types.is_floating(array.type):
        if array.type == pa.float64() and wanted == pa.float32():
            raise SourceDataError(f"column {label}: BINARY_DOUBLE does not fit real")
        return array.cast(wanted)
    # Only integers of few digits come here: fit() calls the rest lossy, which blocks.
    return array.cast(wanted)


def _boolean(array: pa.Array, label: str) -> pa.Array:
    if pa.types.is_boolean(array.type):
        return array
    array = array.cast(pa.int64())
    bad = pc.invert(pc.is_in(array, pa.array([0, 1, None], pa.int64())))
    _check(label, bad, "a number is neither 0 nor 1", "give the target column a number type")
    return array.cast(pa.bool_())


def _text(array: pa.Array, source: DataType, target: DataType, label: str) -> pa.Array:
    if source.name in ("NUMBER", "FLOAT"):
        return minimal_numbers(array)
    array = array.cast(pa.large_string())
    if source.name in ("CHAR", "NCHAR") and source.length and target.name != "character":
        # CHAR(n BYTE) holds fewer than n characters where they are wide; Oracle compares
        # CHARs padded, so the missing blanks mean nothing there, but would here.
        array = pc.utf8_rpad(array, source.length, " ")
    nul = pc.match_substring(array, "\0")
    _check(
        label,
        nul,
        "a text holds the NUL character, which PostgreSQL cannot store",
        "clean it in the source, or map the column to bytea",
    )
    if target.name in ("character varying", "character") and target.length is not None:
        if source.length is None or source.length > target.length:
            length = pc.utf8_length(array)
            what = f"a text is longer than {target.length} characters"
            _check(label, pc.greater(length, target.length), what, "widen the target column")
    return array


def _uuid(array: pa.Array, label: str) -> pa.Array:
    array = array.cast(pa.large_binary())
    bad = pc.not_equal(pc.binary_length(array), 16)
    _check(label, bad, "a RAW is not 16 bytes long", "give the target column the type bytea")
    return array.cast(pa.binary(16))


def _moment(array: pa.Array, target: DataType, label: str) -> tuple[pa.Array, dict[str, int]]:
    altered: dict[str, int] = {}
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        array, cut = parse_moments(array, label)
        if cut:
            altered[CUT] = cut
    array = array.cast(_MICRO)
    digits = 6 if target.scale is None else target.scale
    if target.name != "date" and digits < 6:
        step = 10 ** (6 - digits)
        ticks = array.cast(pa.int64())
        rest = pc.subtract(ticks, pc.multiply(pc.divide(ticks, step), step))
        what = f"a timestamp has more than {digits} digits of a second"
        _check(label, pc.not_equal(rest, 0), what, "give the target column more digits")
    if target.name == "timestamp with time zone":
        return array.cast(pa.int64()).cast(_MICRO_UTC), altered
    if target.name == "date":
        ticks = array.cast(pa.int64())
        days = pc.floor(pc.divide(ticks.cast(pa.float64()), float(_MICROSECONDS_PER_DAY)))
        days = days.cast(pa.int64())
        rest = pc.subtract(ticks, pc.multiply(days, _MICROSECONDS_PER_DAY))
        what = "a DATE has a time of day, which date cannot hold"
        _check(label, pc.not_equal(rest, 0), what, "give the target column the type timestamp(0)")
        return days.cast(pa.int32()).cast(pa.date32()), altered
    return array, altered


_PARTS = (
    r"^\s*(?P<sign>-?)(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r" (?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?$"
)


def parse_moments(array: pa.Array, label: str) -> tuple[pa.Array, int]:
    """
    ``SYYYY-MM-DD HH24:MI:SS[.FF9]`` as microseconds, and how many values lost finer digits.

    The labels of Oracle's calendar are kept: 1500-02-29, which the Gregorian calendar
    lacks, is refused, as is year 0.

    >>> parse_moments(pa.array([" 2024-02-29 23:59:59.123456789"]), "T")[0].to_pylist()
    [datetime.datetime(2024, 2, 29, 23, 59, 59, 123456)]
    """
    array = array.cast(pa.string())
    found = pc.extract_regex(array, _PARTS)
    hint = "correct the value in the source, or exclude the row with a filter"
    bad = pc.and_(pc.is_valid(array), pc.is_null(found))
    _check(label, bad, "a moment is not one that a calendar has", hint)
    part = {
        name: pc.fill_null(pc.struct_field(found, name), "")
        for name in ("sign", "year", "month", "day", "hour", "minute", "second", "fraction")
    }
    valid = np.asarray(pc.is_valid(array))

    def number(name: str) -> np.ndarray:
        text = pc.if_else(pc.equal(part[name], ""), "0", part[name])
        return np.asarray(text.cast(pa.int64()))

    year = number("year")
    before = np.asarray(pc.equal(part["sign"], "-"))
    zero = valid & (year == 0)
    _check(label, pa.array(zero), "year 0 exists in Oracle only", hint)
    astronomical = np.where(before, 1 - year, year)
    month, day = number("month"), number("day")
    leap = (astronomical % 4 == 0) & ((astronomical % 100 != 0) | (astronomical % 400 == 0))
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    limit = np.where((month == 2) & leap, 29, lengths[np.clip(month, 0, 12)])
    wrong = valid & ((month < 1) | (month > 12) | (day < 1) | (day > limit))
    _check(label, pa.array(wrong), "a day exists in Oracle's calendar only", hint)
    days = _days(astronomical, month, day)
    fraction = pc.utf8_rpad(part["fraction"], 9, "0")
    nanoseconds = np.asarray(fraction.cast(pa.int64()))
    seconds = days * 86_400 + number("hour") * 3600 + number("minute") * 60 + number("second")
    ticks = seconds * 1_000_000 + nanoseconds // 1000
    cut = int(np.count_nonzero(valid & (nanoseconds % 1000 != 0)))
    return pa.array(ticks, pa.int64(), mask=~valid).cast(_MICRO), cut


def _days(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Days since 1970-01-01 in the proleptic Gregorian calendar."""
    y = np.where(month <= 2, year - 1, year)
    era = np.floor_divide(y, 400)
    of_era = y - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    days: np.ndarray = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year
    return days - 719_468


def _interval(array: pa.Array) -> tuple[pa.Array, dict[str, int]]:
    """month_day_nano with whole microseconds; finer digits are cut towards zero and counted."""
    if len(array) == 0:
        return array, {}
    words = np.frombuffer(array.buffers()[1], np.int64).reshape(-1, 2)
    part = words[array.offset : array.offset + len(array)]
    nanoseconds = part[:, 1]
    rest = np.sign(nanoseconds) * (np.abs(nanoseconds) % 1000)
    valid = np.asarray(pc.is_valid(array))
    cut = int(np.count_nonzero(valid & (rest != 0)))
    if not cut:
        return array, {}
    whole = np.column_stack([part[:, 0], nanoseconds - rest])
    made = pa.Array.from_buffers(
        pa.month_day_nano_interval(), len(array), [None, pa.py_buffer(whole.tobytes())]
    )
    nothing = pa.scalar(None, pa.month_day_nano_interval())
    return pc.if_else(pa.array(valid), made, nothing), {CUT: cut}
