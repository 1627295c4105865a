"""Canonical texts of Oracle's values, as they were fetched."""

from __future__ import annotations

import doctest
import hashlib
import importlib
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from oraferry.canonical import source_text, target_sql, target_text
from oraferry.canonical.declared import declared_text
from oraferry.canonical.texts import shorten
from oraferry.model import Column, ColumnPlan, DataType

NUMBER = DataType("NUMBER")
STAMP = DataType("TIMESTAMP", scale=9)


def text_of(values, kind, type):
    """The canonical texts of Python values fetched as *kind*."""
    return source_text(pa.array(values, kind), type).to_pylist()


@pytest.mark.parametrize("module", ["numbers", "moments", "texts", "source", "target", "digest"])
def test_examples_in_the_docstrings_run(module):
    """
    What the docstrings show is what happens.
    """
    result = doctest.testmod(importlib.import_module(f"oraferry.canonical.{module}"))

    assert result.attempted > 0
    assert 0 == result.failed


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("0.10", "0.1"),
        ("-0", "0"),
        ("-0.000", "0"),
        ("1E+125", "1" + "0" * 125),
        ("-1.5E-30", "-0." + "0" * 29 + "15"),
        ("100", "100"),
        ("0100.00", "100"),
        (" 7", "7"),
        ("+7", "7"),
        ("1234567890123456789012345678901234567.5", "1234567890123456789012345678901234567.5"),
    ],
)
def test_a_number_has_one_text_however_it_is_written(written, expected):
    """
    Text of a NUMBER becomes minimal plain digits.
    """
    assert [expected, None] == text_of([written, None], pa.large_string(), NUMBER)


@pytest.mark.parametrize("scale", [-2, 0, 2, 8, 20, 38])
def test_decimals_of_every_scale_are_plain(scale):
    """
    Arrow writes small decimals with an exponent; the canonical text never has one.
    """
    step = Decimal(1).scaleb(-scale)
    values = [Decimal(0), step, -step, step * 12340, None]

    found = text_of(values, pa.decimal128(38, scale), NUMBER)

    assert [None if v is None else Decimal(v) for v in found] == values
    assert "0" == found[0]
    for text in found[1:4]:
        assert "E" not in text.upper()
        assert not ("." in text and text.endswith("0"))


def test_a_slice_of_decimals_is_that_slice():
    """
    An offset in the array, as of a sliced batch, is respected.
    """
    array = pa.array([Decimal("1.10"), Decimal("2.20"), None, Decimal("4")], pa.decimal128(38, 2))

    assert ["2.2", None, "4"] == source_text(array.slice(1), NUMBER).to_pylist()


def test_integers_decimals_and_texts_of_one_value_agree():
    """
    The fetch form does not show in the text.
    """
    forms = [
        pa.array([1200], pa.int64()),
        pa.array([Decimal(1200)], pa.decimal128(38, 2)),
        pa.array([Decimal(1200)], pa.decimal128(38, -2)),
        pa.array(["1.2E+03"]),
    ]

    assert {"1200"} == {source_text(form, NUMBER)[0].as_py() for form in forms}


def test_floats_of_both_widths_and_special_values():
    """
    Shortest digits in 64 bits; -0, NaN and the infinities have texts of their own.
    """
    values = [1.0, -0.0, 0.1, 1e22, float("nan"), float("inf"), float("-inf"), None]
    expected = ["1", "-0", "0.1", "1" + "0" * 22, "NaN", "Infinity", "-Infinity", None]

    assert expected == text_of(values, pa.float64(), DataType("BINARY_DOUBLE"))
    assert ["0.10000000149011612"] == text_of([0.1], pa.float32(), DataType("BINARY_FLOAT"))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (datetime(2024, 2, 29, 23, 59, 59), pa.timestamp("s")),
        (datetime(2024, 2, 29, 23, 59, 59), pa.timestamp("us")),
        (datetime(2024, 2, 29, 23, 59, 59), pa.timestamp("ns")),
        ("2024-02-29 23:59:59", pa.string()),
        (" 2024-02-29 23:59:59.000000999", pa.string()),
        ("2024-02-29T23:59:59,0", pa.string()),
        ("2024-03-01 05:29:59 +05:30", pa.string()),
        ("2024-02-29 15:59:59 -0800", pa.string()),
        ("2024-02-29 23:59:59Z AD", pa.string()),
    ],
)
def test_a_moment_has_one_text_however_it_was_fetched(value, kind):
    """
    Microseconds since the epoch; finer digits are cut as PostgreSQL cannot hold them.
    """
    assert ["1709251199000000", None] == text_of([value, None], kind, STAMP)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("9999-12-31 23:59:59.999999999", 253402300799_999999),
        ("0001-01-01 00:00:00", -62135596800_000000),
        ("-0001-12-31 00:00:00", -62135683200_000000),
        ("0001-12-31 00:00:00 BC", -62135683200_000000),
        ("-4712-01-01 00:00:00", -210831897600_000000),
        ("1969-12-31 23:59:59.999999", -1),
    ],
)
def test_moments_at_the_ends_of_time(written, expected):
    """
    BC, year 1 and 9999 are counted in the proleptic Gregorian calendar, as PostgreSQL does.
    """
    assert [str(expected)] == text_of([written], pa.string(), STAMP)


def test_a_day_that_only_oracle_has_equals_no_other():
    """
    1500-02-29 is in Oracle's calendar only; it must not look like the first of March.
    """
    found = text_of(["1500-02-29 00:00:00", "1500-03-01 00:00:00"], pa.string(), STAMP)

    assert found[0] != found[1]


def test_a_date_without_time_is_its_midnight():
    """
    Arrow's dates, too, are microseconds.
    """
    assert ["86400000000"] == text_of([date(1970, 1, 2)], pa.date32(), DataType("DATE"))


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([(147, 0, 0), (0, -10, -1000), None], pa.month_day_nano_interval(),
         ["147/0/0", "0/-11/86399999999", None]),
        ([(0, 0, -1999)], pa.month_day_nano_interval(), ["0/-1/86399999999"]),
        (["+12-03", "-01-01", None], pa.string(), ["147/0/0", "-13/0/0", None]),
        (["+04 05:06:07.891000", "-10 00:00:00.000001"], pa.string(),
         ["0/4/18367891000", "0/-11/86399999999"]),
        ([147], pa.int64(), ["147/0/0"]),
    ],
)  # fmt: skip
def test_intervals_are_months_days_and_microseconds(values, kind, expected):
    """
    However an interval was fetched; digits beyond the microsecond are cut toward zero.
    """
    assert expected == text_of(values, kind, DataType("INTERVAL DAY TO SECOND"))


def test_text_is_kept_until_it_is_long():
    """
    Up to 1000 bytes of UTF-8 a text stands for itself, beyond that its SHA-256 does.
    """
    short, long = "ä" * 500, "ä" * 500 + "x"

    found = text_of([short, long, "", None], pa.string(), DataType("CLOB"))

    hashed = "sha256:" + hashlib.sha256(long.encode()).hexdigest()
    assert [short, hashed, "", None] == found


def test_a_short_text_cannot_pass_for_the_hash_of_a_long_one():
    """
    What begins like a hash is hashed itself.
    """
    (hashed,) = text_of(["x" * 1001], pa.string(), DataType("CLOB"))

    assert hashed != text_of([hashed], pa.string(), DataType("CLOB"))[0]
    assert shorten(pa.array([hashed.encode()]))[0].as_py() != hashed.encode()


def test_keys_that_stand_twice_are_compared_in_their_order():
    """
    Of json and texts; jsonb holds the last of them only.
    """
    twice, once, turned = '{"a": 1, "b": 0, "a": 2}', '{"b":0,"a":2}', '{"a": 2, "a": 1, "b": 0}'

    assert 3 == len(set(text_of([twice, once, turned], pa.string(), DataType("JSON"))))
    columns = [
        ColumnPlan(Column("C", DataType("JSON"), 1), Column("c", DataType(name), 1), "json")
        for name in ("json", "jsonb")
    ]
    kept, last = (declared_text(pa.array([twice, once]), c).to_pylist() for c in columns)
    assert kept[0] != kept[1]
    assert last[0] == last[1]


def test_char_is_padded_to_its_length():
    """
    A CHAR(3 BYTE) that holds two bytes of one letter lacks a blank, which means nothing.
    """
    type = DataType("CHAR", length=3, byte_length=True)

    assert ["é  ", "abc", None] == text_of(["é ", "abc", None], pa.string(), type)


def test_bytes_are_hashed_and_empty_is_not_null():
    """
    RAW and BLOB become hashes; an empty BLOB is a value.
    """
    found = text_of([b"\x00\xff", b"", None], pa.large_binary(), DataType("BLOB"))

    assert ["sha256:" + hashlib.sha256(v).hexdigest() for v in (b"\x00\xff", b"")] == found[:2]
    assert found[2] is None


def test_json_is_compared_by_its_content():
    """
    Order of keys, blanks and the way numbers are written do not count; content does.
    """
    type = DataType("JSON")
    same = ['{"b": 1.50, "a": [1E2, null]}', '{"a":[100,null],"b":1.5}']

    assert 1 == len(set(text_of(same, pa.string(), type)))
    assert 2 == len(set(text_of(['{"a": "1"}', '{"a": 1}'], pa.string(), type)))


def test_strange_json_is_compared_and_never_an_error():
    """
    Half a surrogate pair, numbers of a billion digits, deep nests, lax JSON.
    """
    type = DataType("JSON")
    deep = "[" * 100_000 + "]" * 100_000
    same = ['{"a": 10e999999998, "b": "\\ud800"}', '{"b":"\\uD800","a":1E999999999}']

    assert 1 == len(set(text_of(same, pa.string(), type)))
    assert ["{a:1}", None] == text_of(["{a:1}", None], pa.string(), type)
    assert 2 == len(set(text_of([deep, deep.replace("[]", "[1]")], pa.string(), type)))


def test_instructions_before_the_root_belong_to_an_xml_document():
    """
    Only the declaration does not.
    """
    type = DataType("XMLTYPE")
    declared, sheet = '<?xml version="1.0"?>', '<?xml-stylesheet href="a"?>'

    assert [f"{sheet}<a/>"] * 2 == text_of(
        [f"{declared}\n{sheet}<a/>", f"{sheet}<a/>"], pa.string(), type
    )


@pytest.mark.parametrize("name", ["NUMBER", "DATE", "CLOB", "BLOB", "INTERVAL DAY TO SECOND"])
def test_a_column_of_nulls_is_nulls(name):
    """
    An array that Arrow typed as null is no error.
    """
    assert [None, None] == source_text(pa.nulls(2), DataType(name)).to_pylist()


@pytest.mark.parametrize(
    "name",
    ["integer", "numeric", "real", "text", "timestamp without time zone", "date", "interval",
     "jsonb", "xml", "bytea"],
)  # fmt: skip
def test_no_rows_are_no_rows(name):
    """
    An empty answer of PostgreSQL is an empty array.
    """
    assert 0 == len(target_text(pa.array([], pa.string()), DataType(name)))


def test_short_text_columns_are_selected_without_a_detour():
    """
    Only columns that may hold long values are measured, and the shortest not looked at.
    """
    assert '"c"::text' == target_sql('"c"', DataType("character varying", length=6))
    assert "octet" not in target_sql('"c"', DataType("character varying", length=250))
    assert "octet" in target_sql('"c"', DataType("character varying", length=251))


def test_damaged_chars_have_a_text_too():
    """
    Bytes that are no UTF-8 are padded like others: a row that is set aside needs a digest.
    """
    made = pa.array([b"a\xff", None, "ä".encode()], pa.large_binary())
    damaged = pa.Array.from_buffers(pa.large_string(), 3, made.buffers(), made.null_count)

    found = source_text(damaged, DataType("CHAR", length=4)).cast(pa.large_binary()).to_pylist()

    assert [b"a\xff  ", None, "ä   ".encode()] == found
