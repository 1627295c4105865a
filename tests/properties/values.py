"""Random values of every type, as Oracle gets them and as PostgreSQL must show them.

The second form is made from the same draw, with no code of oraferry: whoever carries a value
wrongly is not asked what is right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa

Random = np.random.Generator
Shown = list[str | None]
_EXACT = Context(prec=400)


@dataclass(frozen=True)
class Values:
    """A column: its type in Oracle, what goes in, how it is asked for, what must come."""

    type: str
    array: pa.Array
    shown: Shown
    select: str = "{c}::text"  # on the target
    policy: str | None = None  # a type to load as


def with_nulls(rng: Random, values: Values) -> Values:
    """The same with every twentieth value NULL."""
    import pyarrow.compute as pc

    gone = rng.random(len(values.array)) < 0.05
    array = pc.if_else(pa.array(gone), pa.scalar(None, values.array.type), values.array)
    shown = [None if g else text for g, text in zip(gone.tolist(), values.shown, strict=True)]
    return Values(values.type, array, shown, values.select, values.policy)


# -- numbers -----------------------------------------------------------------------------------


def _wide(rng: Random, rows: int, digits: int) -> list[int]:
    """Integers of one to *digits* digits and either sign; the extremes first."""
    limit = 10**digits
    parts = rng.integers(0, 10**9, (rows, -(-digits // 9)))
    sizes = rng.integers(1, digits + 1, rows).tolist()
    signs = rng.choice([-1, 1], rows).tolist()
    found = [0, limit - 1, 1 - limit, 1, -1]
    for row, size, sign in zip(parts.tolist(), sizes, signs, strict=True):
        whole = int("".join(f"{part:09}" for part in row))
        found.append(sign * (whole % 10**size))
    return found[:rows]


def _point(value: int, scale: int) -> str:
    digits = f"{abs(value):0{scale + 1}}"
    text = f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits
    return f"-{text}" if value < 0 else text


def _decimals(values: list[int], scale: int) -> pa.Array:
    whole = pa.array([Decimal(v) for v in values], pa.decimal128(38, 0))
    return pa.Array.from_buffers(pa.decimal128(38, scale), len(values), whole.buffers())


def integers(digits: int, policy: str | None = None) -> Callable[[Random, int], Values]:
    """NUMBER(digits)."""

    def make(rng: Random, rows: int) -> Values:
        values = _wide(rng, rows, digits)
        array = pa.array(values) if digits <= 18 else _decimals(values, 0)
        return Values(f"NUMBER({digits})", array, [str(v) for v in values], policy=policy)

    return make


def decimals(digits: int, scale: int) -> Callable[[Random, int], Values]:
    """NUMBER(digits, scale), with as many places as the column shows."""

    def make(rng: Random, rows: int) -> Values:
        values = _wide(rng, rows, digits)
        shown = [_point(v, scale) for v in values]
        return Values(f"NUMBER({digits},{scale})", _decimals(values, scale), shown)

    return make


def hundreds(rng: Random, rows: int) -> Values:
    """NUMBER(5,-2): multiples of a hundred."""
    values = [v * 100 for v in _wide(rng, rows, 5)]
    return Values("NUMBER(5,-2)", pa.array(values), [str(v) for v in values])


def free(type: str, digits: int) -> Callable[[Random, int], Values]:
    """Numbers without scale: up to *digits* digits, from 1E-130 to 9.99E125."""

    def make(rng: Random, rows: int) -> Values:
        wholes = _wide(rng, rows, digits)
        # Oracle keeps 20 pairs of digits: 40 digits only where they are whole pairs.
        powers = (rng.integers(-60, 40, rows) * 2).tolist()
        texts = ["1E-130", "-1E-130", "9.99E125", "-9.99E125"]
        texts += [f"{w}E{p}" for w, p in zip(wholes, powers, strict=True)]
        texts = texts[:rows]
        return Values(type, pa.array(texts), [_plain(t) for t in texts], "trim_scale({c})::text")

    return make


def _plain(text: str) -> str:
    plain = format(_EXACT.create_decimal(text), "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in ("-0", "") else plain


def floats(bits: int) -> Callable[[Random, int], Values]:
    """Any bits there are; Oracle knows one NaN and no minus zero."""
    name, kind, send = {
        32: ("BINARY_FLOAT", "f4", "float4send"),
        64: ("BINARY_DOUBLE", "f8", "float8send"),
    }[bits]

    def make(rng: Random, rows: int) -> Values:
        raw = rng.integers(0, 2**bits, rows, dtype=f"u{bits // 8}").view(kind)
        raw[:5] = [0.0, np.inf, -np.inf, np.nan, 0.1]
        raw = np.where(raw == 0, np.zeros(1, kind), raw)
        raw = np.where(np.isnan(raw), np.full(1, np.nan, kind), raw)
        hexes = raw.astype(f">{kind}").tobytes().hex()
        width = bits // 4
        shown = [hexes[i * width : (i + 1) * width] for i in range(rows)]
        shown = ["NaN" if nan else text for nan, text in zip(np.isnan(raw), shown, strict=True)]
        select = f"CASE WHEN {{c}} = 'NaN' THEN 'NaN' ELSE encode({send}({{c}}), 'hex') END"
        return Values(name, pa.array(raw), shown, select)

    return make


# -- texts and bytes ---------------------------------------------------------------------------

_LETTERS = "aZ 09\"'\\\n\t\r,;|\x01\x7f\x80äß€語\ufeff\U0001f6a2\U0010ffff"


def _texts(rng: Random, rows: int, longest: int) -> list[str]:
    pool = "".join(rng.choice(list(_LETTERS), 200_000).tolist())
    starts = rng.integers(0, len(pool) - longest, rows).tolist()
    sizes = np.minimum(rng.geometric(4 / longest, rows) - 1, longest).tolist()
    return [pool[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def texts(type: str, longest: int, *, is_lob: bool = False) -> Callable[[Random, int], Values]:
    """Texts of many scripts; Oracle stores an empty one as NULL, but for LOBs."""

    def make(rng: Random, rows: int) -> Values:
        values = _texts(rng, rows, longest)
        shown: Shown = [v if v or is_lob else None for v in values]
        return Values(type, pa.array(values, pa.large_string()), shown)

    return make


def padded(type: str, size: int) -> Callable[[Random, int], Values]:
    """CHAR: blanks up to its size."""

    def make(rng: Random, rows: int) -> Values:
        values = _texts(rng, rows, size)
        shown: Shown = [v.ljust(size) if v else None for v in values]
        select = f"CASE WHEN {{c}} IS NOT NULL THEN rpad({{c}}::text, {size}) END"
        return Values(type, pa.array(values, pa.large_string()), shown, select)

    return make


def raws(
    type: str, sizes: tuple[int, int], *, is_lob: bool = False, policy: str | None = None
) -> Callable[[Random, int], Values]:
    """Bytes; none of them are NULL, but for LOBs."""

    def make(rng: Random, rows: int) -> Values:
        pool = rng.bytes(100_000)
        starts = rng.integers(0, len(pool) - sizes[1], rows).tolist()
        lengths = rng.integers(sizes[0], sizes[1] + 1, rows).tolist()
        values = [pool[start : start + n] for start, n in zip(starts, lengths, strict=True)]
        shown: Shown = [v.hex() if v or is_lob else None for v in values]
        select = "encode({c}, 'hex')" if policy is None else "encode(uuid_send({c}), 'hex')"
        return Values(type, pa.array(values, pa.large_binary()), shown, select, policy)

    return make


# -- moments -----------------------------------------------------------------------------------

_TICKS = "(extract(epoch FROM {c}) * 1000000)::bigint::text"
_FIRST, _LAST = -12_212_553_600, 253_402_300_799  # 1583-01-01 and the end of 9999, in seconds
_FIRST_NANO, _LAST_NANO = -9_223_372_036, 9_223_372_035  # what 64 bits of nanoseconds hold


def moments(type: str, digits: int, policy: str | None = None) -> Callable[[Random, int], Values]:
    """Labels with *digits* of a second; finer ones than microseconds are cut."""

    def make(rng: Random, rows: int) -> Values:
        is_fine = digits > 6
        low, high = (_FIRST_NANO, _LAST_NANO) if is_fine else (_FIRST, _LAST)
        seconds = rng.integers(low, high, rows)
        seconds[:2] = [low, high - 1]
        unit = 10**9 if is_fine else 10**6
        step = unit // 10**digits
        ticks = seconds * unit + rng.integers(0, unit, rows) // step * step
        shown = ticks // 1000 if is_fine else ticks
        kind = pa.timestamp("ns" if is_fine else "us")
        array = pa.array(ticks).cast(kind)
        return Values(type, array, [str(t) for t in shown.tolist()], _TICKS, policy)

    return make


def days(rng: Random, rows: int) -> Values:
    """DATEs without a time of day, for a date column."""
    numbers = rng.integers(_FIRST // 86_400, _LAST // 86_400, rows)
    labels = np.datetime_as_string(numbers.astype("datetime64[D]")).tolist()
    array = pa.array(numbers * 86_400).cast(pa.timestamp("s"))
    return Values("DATE", array, labels, "to_char({c}, 'YYYY-MM-DD')", "date")


def pick(values: Any, rng: Random, rows: int) -> list[Any]:
    """*rows* of *values*, drawn with replacement."""
    known = list(values)
    return [known[i] for i in rng.integers(0, len(known), rows).tolist()]
