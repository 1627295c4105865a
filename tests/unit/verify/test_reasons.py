"""What happened to a value is told where its two texts say so, and nothing is made up."""

from __future__ import annotations

import pytest

from oraferry.model import DataType
from oraferry.verify.data.reasons import find_reason

SECOND, DAY = 1_000_000, 86_400_000_000
TEXT, NUMBER, DATE = DataType("VARCHAR2"), DataType("NUMBER"), DataType("DATE")
STAMP = DataType("timestamp without time zone")
CASES = [
    (TEXT, "a ", "a", DataType("text"), "trailing blanks"),
    (DataType("CHAR", length=5, byte_length=True), "ü    ", "ü   ", DataType("text"),
     "CHAR(n BYTE) as Oracle stores it: blanks to n bytes, not to n characters"),
    (DataType("CHAR", length=5, byte_length=True), "ü    ", "ü  ", DataType("text"),
     "trailing blanks"),
    (TEXT, " a", "a", DataType("text"), "blanks at the ends"),
    (TEXT, "a\0b", "ab", DataType("text"), "NUL removed"),
    (TEXT, "a\0b", "a b", DataType("text"), "NUL replaced"),
    (TEXT, "a\0b", "a", DataType("text"), "NUL and what follows cut"),
    (TEXT, "abc", "ab", DataType("text"), "text cut"),
    (TEXT, "a\r\nb", "a\nb", DataType("text"), "line ends changed"),
    (TEXT, "Straße", "STRASSE", DataType("text"), "only case differs"),
    (TEXT, "é", "e\u0301", DataType("text"), "Unicode form changed"),
    (TEXT, "é", "Ã©", DataType("text"), "UTF-8 read as cp1252"),
    (TEXT, "語", "?", DataType("text"), "characters replaced"),
    (TEXT, "007", "7", DataType("integer"), "written differently"),
    (TEXT, "Y ", "1", DataType("boolean"), "a word as a truth value"),
    (TEXT, "no", "1", DataType("boolean"), "the opposite truth value"),
    (TEXT, "maybe", "1", DataType("boolean"), None),
    (TEXT, "a", "b", DataType("text"), None),
    (TEXT, "sha256:aa", "sha256:bb", DataType("text"), None),
    (TEXT, "", None, DataType("text"), "NULL instead of ''"),
    (TEXT, None, "", DataType("text"), "'' instead of NULL"),
    (NUMBER, None, "0", DataType("numeric"), "a value instead of NULL"),
    (NUMBER, "1", "-1", DataType("numeric"), "sign flipped"),
    (NUMBER, "0.1234567890123456789", "0.12345678901234568", DataType("double precision"),
     "rounded to double"),
    (NUMBER, "16777217", "16777216", DataType("real"), "rounded to real"),
    (NUMBER, "1.005", "1.01", DataType("numeric", precision=9, scale=2), "digits rounded"),
    (NUMBER, "1.009", "1", DataType("numeric", precision=9, scale=2), "digits cut"),
    (NUMBER, "12.5", "1250", DataType("numeric"), "decimal point moved"),
    (NUMBER, "1E125", "5", DataType("numeric"), None),
    (NUMBER, "3", "4", DataType("numeric"), None),
    (DataType("BINARY_DOUBLE"), "0", "-0", DataType("double precision"), "-0.0"),
    (DataType("BINARY_DOUBLE"), "NaN", "0", DataType("double precision"), "a number instead of NaN"),
    (DATE, "0", str(3600 * SECOND), STAMP, "shifted by 3600 s"),
    (DATE, str(DAY // 2), "0", DataType("date"), "time of day cut"),
    (DATE, "0", str(10 * DAY), STAMP, "shifted by 10 days"),
    (DATE, "123456", "123000", STAMP, "digits after the millisecond cut"),
    (DATE, "123756", "124000", STAMP, "milliseconds rounded"),
    (DATE, "999999", "1000000", STAMP, "microseconds rounded"),
    (DATE, "0", "1", STAMP, None),
    (DATE, "1500-02-29 00:00:00", "0", STAMP, "a label that only Oracle's calendar has"),
    (DataType("INTERVAL DAY TO SECOND"), "0/1/0", "0/2/0", DataType("interval"), None),
]  # fmt: skip


@pytest.mark.parametrize(("type", "source", "target", "stored", "reason"), CASES)
def test_a_reason_is_told_where_it_is_known(type, source, target, stored, reason):
    """
    A rule for each thing that loads are known to do to values.
    """
    assert reason == (find_reason(source, target, type, stored) or None)
