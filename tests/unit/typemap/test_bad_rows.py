"""Which rows of a batch cannot go: each is found, the rest loads, and loading agrees."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from oraferry.errors import SourceDataError
from oraferry.model import Column, ColumnPlan, DataType
from oraferry.typemap import find_bad_rows, load, load_batch

TEXT = DataType("text")
STAMP = DataType("timestamp without time zone", scale=6)


def texts_of(*values: bytes | None) -> pa.Array:
    """Texts as the driver hands them out: bytes that nobody checked."""
    made = pa.array(values, pa.large_binary())
    return pa.Array.from_buffers(pa.large_string(), len(made), made.buffers())


def plan_of(source: DataType, target: DataType, name="C") -> ColumnPlan:
    """A column's plan; its rule has no part in loading."""
    return ColumnPlan(Column(name, source, 1), Column(name.lower(), target, 1), "any")


CASES = {
    "small": (pa.array([1, 40_000, None, -40_000]), DataType("NUMBER", precision=9, scale=0), DataType("smallint"), "overflow", [1, 3]),
    "decimal-fraction": (pa.array([Decimal("0.50"), Decimal("1.00"), None], pa.decimal128(38, 2)), DataType("NUMBER", scale=2), DataType("bigint"), "fraction", [0]),
    "decimal-large": (pa.array([Decimal(10**19), Decimal(1)], pa.decimal128(38, 0)), DataType("NUMBER", scale=0), DataType("bigint"), "overflow", [0]),
    "text-fraction": (pa.array(["1", "1.5", None, "7E+3"]), DataType("NUMBER"), DataType("bigint"), "fraction", [1]),
    "text-large": (pa.array(["1", "1E+125", "-9223372036854775809", "-9223372036854775808"]), DataType("NUMBER"), DataType("bigint"), "overflow", [1, 2]),
    "infinite": (pa.array(["1", "~", "-~", None]), DataType("NUMBER"), DataType("numeric", precision=9, scale=0), "no-number", [1, 2]),
    "numeric-nines": (pa.array(["9" * 38 + "00", "1E+40", "-" + "9" * 38 + "00"]), DataType("NUMBER", precision=38, scale=-2), DataType("numeric", precision=38, scale=-2), "overflow", [1]),
    "numeric-wide": (pa.array(["99.9", "100", "1E+125", ".1"]), DataType("NUMBER"), DataType("numeric", precision=3, scale=1), "overflow", [1, 2]),
    "numeric-fine": (pa.array(["99.9", "1E-130", ".11", "-.1"]), DataType("NUMBER"), DataType("numeric", precision=3, scale=1), "fraction", [1, 2]),
    "widest-decimal": (pa.array([Decimal("9" * 36 + ".99"), Decimal("9" * 36 + ".90")], pa.decimal128(38, 2)), DataType("NUMBER", precision=38, scale=2), DataType("numeric", precision=37, scale=1), "fraction", [0]),
    "decimal-places": (pa.array([Decimal("1.23"), Decimal("1.20"), None], pa.decimal128(38, 2)), DataType("NUMBER", precision=9, scale=2), DataType("numeric", precision=9, scale=1), "fraction", [0]),
    "real": (pa.array([0.1, 0.5, float("inf"), float("nan"), 1e300, None]), DataType("BINARY_DOUBLE"), DataType("real"), "fraction", [0, 4]),
    "boolean": (pa.array([0, 1, 2, None]), DataType("NUMBER", precision=1, scale=0), DataType("boolean"), "overflow", [2]),
    "nul": (pa.array(["a", "a\0b", None, "\0"]), DataType("VARCHAR2", length=9), TEXT, "nul", [1, 3]),
    "json-nul": (pa.array(['{"a":"\\u0000"}', '{"a":"\\\\u0000"}', '{"a":"\\\\\\u0000"}']), DataType("JSON"), DataType("jsonb"), "nul", [0, 2]),
    "invalid": (texts_of(b"a\xff", "ü".encode(), b"\xed\xa0\x80", b""), DataType("VARCHAR2", length=9), TEXT, "invalid-bytes", [0, 2]),
    "long": (pa.array(["abc", "äöüß", None]), DataType("VARCHAR2", length=9), DataType("character varying", length=3), "too-long", [1]),
    "uuid": (pa.array([bytes(16), bytes(15), None]), DataType("RAW", length=16), DataType("uuid"), "length", [1]),
    "finer": (pa.array([1000, 1, None], pa.timestamp("us")), DataType("TIMESTAMP", scale=6), DataType("timestamp without time zone", scale=3), "fraction", [1]),
    "time-of-day": (pa.array([-86_400, -1, None], pa.timestamp("s")), DataType("DATE"), DataType("date"), "time-of-day", [1]),
    "year-0": (pa.array(["-0001-01-01 00:00:00", " 0000-12-31 23:59:59"]), DataType("DATE"), STAMP, "year-0", [1]),
    "julian": (pa.array([" 1500-02-29 00:00:00", " 1500-03-01 00:00:00", None]), DataType("DATE"), STAMP, "calendar", [0]),
    "no-moment": (pa.array(["junk", " 1500-03-01 00:00:00"]), DataType("DATE"), STAMP, "moment", [0]),
    "years": (pa.array(["+999999999-11", "-178956970-07", "-178956970-08", None]), DataType("INTERVAL YEAR TO MONTH"), DataType("interval"), "overflow", [0, 2]),
    "no-interval": (pa.array(["junk", "+01 02:03:04.5"]), DataType("INTERVAL DAY TO SECOND"), DataType("interval"), "no-interval", [0]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_bad_row_is_found_and_the_rest_loads(case):
    """
    The rows with their code; loading the batch refuses, loading the others does not.
    """
    array, source, target, code, rows = CASES[case]
    plans = [plan_of(source, target)]
    batch = pa.RecordBatch.from_arrays([array], names=["C"])

    bad = find_bad_rows(batch, plans)

    assert [(row, "C", code) for row in rows] == [(b.row, b.column, b.code) for b in bad]
    assert all(b.reason and b.hint for b in bad)
    with pytest.raises(SourceDataError):
        load_batch(batch, plans)
    good = batch.filter(pa.array(~np.isin(np.arange(len(array)), rows)))
    loaded, _ = load_batch(good, plans)
    assert len(array) - len(rows) == loaded.num_rows


def test_a_row_is_named_once_with_its_first_column():
    """
    Several bad columns of one row are one bad row; rows come in order, slices count from 0.
    """
    plans = [
        plan_of(DataType("VARCHAR2", length=9), TEXT, "A"),
        plan_of(DataType("NUMBER"), DataType("smallint"), "B"),
    ]
    batch = pa.RecordBatch.from_arrays(
        [pa.array(["x", "ok", "\0", "ok"]), pa.array(["1", "70000", "70000", "2"])],
        names=["A", "B"],
    ).slice(1)

    bad = find_bad_rows(batch, plans)

    assert [(0, "B", "overflow"), (1, "A", "nul")] == [(b.row, b.column, b.code) for b in bad]


def test_a_clean_batch_has_no_bad_rows():
    """
    NULLs and empties are no reason to stay.
    """
    batch = pa.RecordBatch.from_arrays([pa.array([None, "", "x"])], names=["A"])

    assert [] == find_bad_rows(batch, [plan_of(DataType("VARCHAR2", length=9), TEXT, "A")])


@pytest.mark.parametrize("target", ["smallint", "bigint", "numeric"])
def test_truths_become_numbers_where_a_table_has_them_so(target):
    """
    As another tool made it: a repair fills it, a verification counts nothing as unloadable.
    """
    truths = pa.array([True, None, False])
    loaded, altered = load(truths, DataType("BOOLEAN"), DataType(target))
    assert ([1, None, 0], {}) == (
        [None if v is None else int(v) for v in loaded.to_pylist()],
        altered,
    )
