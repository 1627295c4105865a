"""Functions over encoded columns give what they give value by value."""

from __future__ import annotations

import random
from decimal import Decimal

import pyarrow as pa
import pytest
from orasim.sql.arithmetic import number_text
from orasim.sql.datemasks import format_date
from orasim.sql.encoded import lob_lengths, moment_texts, number_texts, text_lengths
from orasim.storage.codec import (
    clr,
    decode_number,
    encode_date,
    encode_number,
    encode_timestamp,
    of_clr,
)
from orasim.values import OraDate

RANDOM = random.Random(7)


def numbers(digits: int, shift: int, count: int) -> list[Decimal]:
    """Numbers of many lengths and magnitudes, zero and powers of ten among them."""
    found = [
        Decimal(v) for v in (0, 1, -1, 10, 100, "0.1", "0.01", "-0.01", "1E2", "12E1", "1E-130")
    ]
    for _ in range(count):
        size = 10 ** RANDOM.randint(1, digits)
        found.append(Decimal(RANDOM.randint(-size, size)).scaleb(RANDOM.randint(-shift, shift)))
    return found


def check(values: list[Decimal]) -> None:
    """Encoded, written by columns, and compared with the function for one value."""
    stored = [clr(encode_number(value)) for value in values] + [b"\0"]
    column = pa.array(stored, pa.binary())
    found = number_texts(column.slice(1)).to_pylist()
    for value, text in zip(stored[1:], found, strict=True):
        inside = of_clr(value)
        expected = None if inside is None else number_text(decode_number(inside), ".", 64)
        got = of_clr(text)
        assert expected == (None if got is None else got.decode())


def test_numbers_of_usual_size_are_written_by_columns():
    """
    TO_CHAR(n, 'TM9') of thousands of numbers and NULL.
    """
    check(numbers(17, 10, 3000))


def test_numbers_of_any_size_are_written():
    """
    Numbers that would take more than 64 characters are written one by one.
    """
    check(numbers(38, 80, 500))


def test_a_scan_takes_the_quick_way_and_gives_the_same(oracle):
    """
    Given numbers and instants, a scan by columns and a sorted query give the same.
    """
    oracle.run("CREATE TABLE en (n NUMBER, z TIMESTAMP(6) WITH TIME ZONE)")
    for number in ("NULL", "0", "-50 / 7", "12 / 7", "1E30", "100", "-0.001"):
        oracle.run(f"INSERT INTO en VALUES ({number}, TIMESTAMP '2024-02-29 23:30:00.5 -03:30')")
    oracle.run("INSERT INTO en VALUES (5, NULL)")
    items = "TO_CHAR(n, 'TM9'), SYS_EXTRACT_UTC(z)"

    scanned = oracle.rows(f"SELECT {items} FROM en")
    ordered = oracle.rows(f"SELECT {items} FROM en ORDER BY n")

    assert sorted(scanned, key=str) == sorted(ordered, key=str)
    assert 8 == len(set(scanned))


@pytest.mark.parametrize(
    "mask", ["SYYYY-MM-DD HH24:MI:SS", "SYYYY-MM-DD HH24:MI:SS.FF9", "SYYYY-MM-DD HH24:MI:SS.FF2",
             'SYYYY-MM-DD HH24:MI:SS".000"']
)  # fmt: skip
def test_moments_are_written_by_columns(mask):
    """
    TO_CHAR of moments of all eras, with and without a fraction, and of NULL.
    """
    moments = [
        OraDate(year, 1 + year % 12, 1 + abs(year) % 28, hour, 59, 7, nanosecond)
        for year in (-4712, -1, 1, 1582, 2024, 9999)
        for hour, nanosecond in ((0, 0), (23, 1), (12, 999_999_999), (1, 120_000_000))
    ]
    write = encode_date if "FF" not in mask else encode_timestamp
    stored = [b"\0", *(clr(write(moment)) for moment in moments), b"\0"]

    found = moment_texts(mask)(pa.array(stored, pa.binary()).slice(1)).to_pylist()

    expected = [clr(format_date(moment, mask).encode()) for moment in moments]
    assert [*expected, b"\0"] == found


def test_lobs_are_measured_by_columns():
    """
    GETLENGTH in bytes, or in UTF-16 units, also of what is no UTF-8.
    """
    texts = ["", "ascii", "ü€", "\U0001f6a2" * 3, None, "x" * 300]
    lengths = [*(None if t is None else len(t.encode("utf-16-be")) // 2 for t in texts), 3]
    stored = [None if t is None else t.encode() for t in texts]

    for values in (stored, [*stored, b"a\xff\xfe"]):
        found = text_lengths(pa.array(values, pa.large_binary())).to_pylist()
        assert [
            b"\0" if n is None else clr(encode_number(n)) for n in lengths[: len(values)]
        ] == found
    assert [clr(encode_number(2)), b"\0"] == lob_lengths(
        pa.array([b"ab", None], pa.large_binary())
    ).to_pylist()


def test_moments_and_lobs_of_a_scan_are_as_those_of_a_query(oracle):
    """
    Given moments of every type and LOBs, a scan by columns and a sorted query give the same.
    """
    oracle.run(
        "CREATE TABLE em (d DATE, t TIMESTAMP(9), l TIMESTAMP(6) WITH LOCAL TIME ZONE, "
        "z TIMESTAMP(9) WITH TIME ZONE, f FLOAT(126), c CLOB, b BLOB)"
    )
    moment = "TIMESTAMP '1582-02-03 04:05:06.123456789'"
    oracle.run(
        f"INSERT INTO em VALUES (DATE '-4712-01-01', {moment}, {moment}, "
        "TIMESTAMP '2024-02-29 23:30:00.5 -03:30', 0.1, 'ü', HEXTORAW('00FF'))"
    )
    oracle.run("INSERT INTO em VALUES (NULL, NULL, NULL, NULL, NULL, NULL, EMPTY_BLOB())")
    mask = "'SYYYY-MM-DD HH24:MI:SS.FF9'"
    items = (
        f"TO_CHAR(d, 'SYYYY-MM-DD HH24:MI:SS'), TO_CHAR(t, {mask}), TO_CHAR(l, {mask}), "
        f"TO_CHAR(SYS_EXTRACT_UTC(z), {mask}), TO_CHAR(z, {mask}), TO_CHAR(f, 'TM9'), "
        "DBMS_LOB.GETLENGTH(c), DBMS_LOB.GETLENGTH(b)"
    )

    scanned = oracle.rows(f"SELECT {items} FROM em")

    assert oracle.rows(f"SELECT {items} FROM em ORDER BY d NULLS LAST") == scanned
    assert scanned == [row[:8] for row in oracle.rows(f"SELECT {items}, c FROM em")]
