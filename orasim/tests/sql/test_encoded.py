"""Functions over encoded columns give what they give value by value."""

from __future__ import annotations

import random
from decimal import Decimal

import pyarrow as pa
from orasim.sql.arithmetic import number_text
from orasim.sql.encoded import number_texts
from orasim.storage.codec import clr, decode_number, encode_number, of_clr

RANDOM = random.Random(7)


def numbers(digits: int, shift: int, count: int) -> list[Decimal]:
    """Numbers of many lengths and magnitudes, zero and powers of ten among them."""
    found = [Decimal(v) for v in (0, 1, -1, 10, 100, "0.1", "0.01", "-0.01", "1E2", "12E1")]
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
    Numbers that would take more than 64 characters make the column go value by value.
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
