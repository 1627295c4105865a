"""Vectorised encoders against the scalar codec, and the codec against documented bytes."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from orasim.sql.arithmetic import exact
from orasim.storage import codec
from orasim.storage.encode import encode_array
from orasim.values import (
    BINARY_DOUBLE,
    BINARY_FLOAT,
    DATE,
    NUMBER,
    IntervalDS,
    IntervalYM,
    OraDate,
    char,
    number,
    timestamp,
    varchar2,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "80"),
        (1, "c102"),
        (100, "c202"),
        (123, "c20218"),
        (-123, "3d644e66"),
        (Decimal("0.01"), "c002"),
        (Decimal("-0.5"), "3f3366"),
        (Decimal("1E125"), "ff0b"),
    ],
)
def test_numbers_have_oracles_bytes(value, expected):
    """The base-100 form with excess exponent, complemented for negatives."""
    assert expected == codec.encode_number(value).hex()
    assert value == codec.decode_number(bytes.fromhex(expected))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1, max_size=50))
def test_integers(values):
    """Arrays of integers encode as each one alone."""
    found = encode_array(pa.array(values, pa.int64()), number(18)).to_pylist()
    assert [codec.clr(codec.encode_number(value)) for value in values] == found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.none() | st.decimals("-99999999999999.999", "99999999999999.999", places=3), max_size=50
    )
)
def test_decimals(values):
    """Odd scales and NULLs included."""
    found = encode_array(pa.array(values, pa.decimal128(17, 3)), NUMBER).to_pylist()
    with exact():
        expected = [codec.clr(None if v is None else codec.encode_number(v)) for v in values]
    assert expected == found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=10),
    st.decimals(allow_nan=False, allow_infinity=False, places=10),
)
def test_number_bytes_sort_like_numbers(a, b):
    """Ranges over encoded numbers are ranges over numbers."""
    with exact():
        try:
            one, other = codec.encode_number(a), codec.encode_number(b)
        except Exception:
            return
        assert (a < b) == (one < other)


def test_dates_and_text_encode_as_one_by_one():
    """Timestamps, dates, strings, floats with NULLs."""
    moments = [
        datetime.datetime(2024, 2, 29, 23, 59, 59, 123456),
        None,
        datetime.datetime(1601, 1, 1),
        datetime.datetime(1500, 2, 28, 1),
    ]
    array = pa.array(moments, pa.timestamp("us"))
    plain = [
        None
        if m is None
        else OraDate(m.year, m.month, m.day, m.hour, m.minute, m.second, m.microsecond * 1000)
        for m in moments
    ]
    expected = [codec.clr(None if v is None else codec.encode_timestamp(v)) for v in plain]
    assert expected == encode_array(array, timestamp(6)).to_pylist()
    assert [codec.clr(None if v is None else codec.encode_date(v.rounded(0))) for v in plain] == (
        encode_array(array, DATE).to_pylist()
    )
    texts = ["a", None, "", "é" * 100, "x" * 300]
    assert [codec.clr(v.encode() if v else None) for v in texts] == (
        encode_array(pa.array(texts), varchar2(4000)).to_pylist()
    )
    assert [b"\x03a  ", b"\x03\xc3\xa9 "] == encode_array(pa.array(["a", "é"]), char(3)).to_pylist()


@pytest.mark.parametrize("kind", [BINARY_DOUBLE, BINARY_FLOAT])
def test_floats(kind):
    """Signs, zero, infinities and NaN."""
    values = [0.0, -0.0, 1.5, -2.25, float("inf"), float("-inf"), float("nan"), None]
    found = encode_array(pa.array(values), kind).to_pylist()
    back = [codec.decode(codec.of_clr(data), kind) for data in found]
    assert np.array_equal(np.array(values[:-1]), np.array(back[:-1]), equal_nan=True)
    assert back[-1] is None


def test_round_trips():
    """Zones, intervals, BC dates and ROWIDs."""
    from orasim.values import OraType, timestamp_tz

    for value, kind in [
        (OraDate(2024, 1, 1, 0, 30, offset_minutes=330), timestamp_tz(6)),
        (OraDate(2024, 1, 1, offset_minutes=-210, nanosecond=5), timestamp_tz(9)),
        (OraDate(-44, 3, 15), DATE),
        (IntervalDS(-86_400_000_000_001), OraType("INTERVAL DAY TO SECOND", precision=9, scale=9)),
        (IntervalYM(-13), OraType("INTERVAL YEAR TO MONTH", precision=9)),
        ("AAASLyAAEAAAAIXAAC", OraType("ROWID")),
    ]:
        assert value == codec.decode(codec.encode(value, kind), kind)


def test_the_smallest_number_is_not_zero():
    """
    1E-130 starts with the byte that alone stands for zero.
    """
    for value, image in ((Decimal("1E-130"), "8002"), (Decimal("-1E-130"), "7f6466")):
        assert image == codec.encode_number(value).hex()
        assert value == codec.decode_number(bytes.fromhex(image))
