"""Which rule carries which type, what fits what, and what loading refuses or counts."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from oraferry.errors import SourceDataError
from oraferry.model import Column, DataType, Policy
from oraferry.typemap import Fitness, choose, fit, list_rules, load
from oraferry.typemap.load_moments import CUT, parse_moments
from oraferry.typemap.moments import ZONE_RULE
from oraferry.typemap.verdict import Verdict

# Oracle type -> rule, PostgreSQL type by default.
CASES = [
    (DataType("NUMBER", precision=1, scale=0), "number-integer", DataType("smallint")),
    (DataType("NUMBER", precision=4, scale=0), "number-integer", DataType("smallint")),
    (DataType("NUMBER", precision=5, scale=0), "number-integer", DataType("integer")),
    (DataType("NUMBER", precision=9, scale=0), "number-integer", DataType("integer")),
    (DataType("NUMBER", precision=10, scale=0), "number-integer", DataType("bigint")),
    (DataType("NUMBER", precision=18, scale=0), "number-integer", DataType("bigint")),
    (
        DataType("NUMBER", precision=19, scale=0),
        "number-decimal",
        DataType("numeric", precision=19, scale=0),
    ),
    (DataType("NUMBER", scale=0), "number-decimal", DataType("numeric", precision=38, scale=0)),
    (
        DataType("NUMBER", precision=12, scale=2),
        "number-decimal",
        DataType("numeric", precision=12, scale=2),
    ),
    (
        DataType("NUMBER", precision=3, scale=5),
        "number-decimal",
        DataType("numeric", precision=3, scale=5),
    ),
    (
        DataType("NUMBER", precision=5, scale=-2),
        "number-text",
        DataType("numeric", precision=5, scale=-2),
    ),
    (DataType("NUMBER"), "number-text", DataType("numeric")),
    (DataType("FLOAT", precision=126), "number-text", DataType("numeric")),
    (DataType("BINARY_FLOAT"), "binary-float", DataType("real")),
    (DataType("BINARY_DOUBLE"), "binary-double", DataType("double precision")),
    (DataType("CHAR", length=3), "char", DataType("character", length=3)),
    (DataType("NCHAR", length=3), "char", DataType("character", length=3)),
    (
        DataType("VARCHAR2", length=30, byte_length=True),
        "varchar",
        DataType("character varying", length=30),
    ),
    (DataType("NVARCHAR2", length=30), "varchar", DataType("character varying", length=30)),
    (DataType("CLOB"), "clob", DataType("text")),
    (DataType("NCLOB"), "clob", DataType("text")),
    (DataType("LONG"), "long", DataType("text")),
    (DataType("ROWID"), "rowid", DataType("character varying", length=18)),
    (DataType("UROWID", length=4000), "urowid", DataType("text")),
    (DataType("DATE"), "date", DataType("timestamp without time zone", scale=0)),
    (DataType("TIMESTAMP", scale=3), "timestamp", DataType("timestamp without time zone", scale=3)),
    (
        DataType("TIMESTAMP", scale=9),
        "timestamp-nanoseconds",
        DataType("timestamp without time zone", scale=6),
    ),
    (
        DataType("TIMESTAMP WITH TIME ZONE", scale=6),
        "timestamp-with-zone",
        DataType("timestamp with time zone", scale=6),
    ),
    (
        DataType("TIMESTAMP WITH TIME ZONE", scale=9),
        "timestamp-with-zone-nanoseconds",
        DataType("timestamp with time zone", scale=6),
    ),
    (
        DataType("TIMESTAMP WITH LOCAL TIME ZONE", scale=0),
        "timestamp-with-local-zone",
        DataType("timestamp with time zone", scale=0),
    ),
    (
        DataType("TIMESTAMP WITH LOCAL TIME ZONE", scale=7),
        "timestamp-with-local-zone-nanoseconds",
        DataType("timestamp with time zone", scale=6),
    ),
    (
        DataType("INTERVAL YEAR TO MONTH", precision=2, scale=0),
        "interval-year-to-month",
        DataType("interval"),
    ),
    (
        DataType("INTERVAL DAY TO SECOND", precision=2, scale=6),
        "interval-day-to-second",
        DataType("interval"),
    ),
    (DataType("RAW", length=16), "raw", DataType("bytea")),
    (DataType("LONG RAW"), "raw", DataType("bytea")),
    (DataType("BLOB"), "blob", DataType("bytea")),
    (DataType("XMLTYPE"), "xmltype", DataType("xml")),
    (DataType("JSON"), "json", DataType("jsonb")),
    (DataType("VECTOR"), "vector", DataType("text")),
    (DataType("T", schema="S", document=True), "object", DataType("jsonb")),
    (DataType("BOOLEAN"), "boolean", DataType("boolean")),
]


@pytest.mark.parametrize(("type", "rule", "target"), CASES, ids=str)
def test_each_type_has_its_rule_and_an_exact_default(type, rule, target):
    """
    The rule and the default type are the listed ones, and the default loses nothing unsaid.
    """
    chosen = choose(Column("C", type, 1))

    assert (rule, target) == (chosen.name, chosen.target(type))
    assert fit(type, target).fitness is Fitness.EXACT or chosen.loses


BY_POLICY = [
    (DataType("DATE"), Policy(to=DataType("text")), "date-text"),
    (DataType("TIMESTAMP", scale=9), Policy(nanoseconds="text"), "timestamp-text"),
    (DataType("TIMESTAMP", scale=6), Policy(nanoseconds="text"), "timestamp"),
    (DataType("TIMESTAMP WITH TIME ZONE", scale=6), Policy(time_zone="text"), "zoned-text"),
    (DataType("TIMESTAMP WITH TIME ZONE", scale=9), Policy(time_zone="column"), "timestamp-with-zone-nanoseconds"),
    (DataType("TIMESTAMP WITH LOCAL TIME ZONE", scale=9), Policy(nanoseconds="text"), "local-text"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "policy", "rule"), BY_POLICY, ids=str)
def test_a_policy_chooses_how_a_column_is_read(type, policy, rule):
    """
    What is kept as text is read as text; other columns of the type are not.
    """
    assert rule == choose(Column("C", type, 1), policy).name


def test_every_rule_has_a_case():
    """
    A rule that no case reaches is dead or untested.
    """
    reached = {name for _, name, _ in CASES} | {name for _, _, name in BY_POLICY} | {ZONE_RULE}
    assert {rule.name for rule in list_rules()} == reached


N9 = DataType("NUMBER", precision=9, scale=0)
N12_2 = DataType("NUMBER", precision=12, scale=2)
BARE = DataType("NUMBER")
V10 = DataType("VARCHAR2", length=10)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (N9, DataType("bigint"), Fitness.EXACT),
        (N9, DataType("smallint"), Fitness.CHECKED),
        (N9, DataType("numeric"), Fitness.EXACT),
        (N9, DataType("double precision"), Fitness.EXACT),
        (N9, DataType("real"), Fitness.LOSSY),
        (N12_2, DataType("numeric", precision=12, scale=2), Fitness.EXACT),
        (N12_2, DataType("numeric", precision=12, scale=3), Fitness.CHECKED),
        (N12_2, DataType("numeric", precision=14, scale=4), Fitness.EXACT),
        (N12_2, DataType("double precision"), Fitness.LOSSY),
        (BARE, DataType("bigint"), Fitness.CHECKED),
        (BARE, DataType("double precision"), Fitness.LOSSY),
        (BARE, DataType("text"), Fitness.EXACT),
        (BARE, DataType("date"), Fitness.IMPOSSIBLE),
        (V10, DataType("text"), Fitness.EXACT),
        (V10, DataType("character varying", length=10), Fitness.EXACT),
        (V10, DataType("character varying", length=5), Fitness.CHECKED),
        (V10, DataType("character", length=10), Fitness.LOSSY),
        (V10, DataType("integer"), Fitness.IMPOSSIBLE),
        (DataType("CLOB"), DataType("jsonb"), Fitness.CHECKED),
        (DataType("VECTOR"), DataType("jsonb"), Fitness.EXACT),
        (DataType("VECTOR"), DataType("bytea"), Fitness.IMPOSSIBLE),
        (DataType("DATE"), DataType("date"), Fitness.CHECKED),
        (DataType("DATE"), DataType("timestamp with time zone"), Fitness.LOSSY),
        (DataType("TIMESTAMP WITH TIME ZONE", scale=6), DataType("timestamp without time zone"), Fitness.LOSSY),
        (DataType("TIMESTAMP", scale=6), DataType("timestamp without time zone", scale=3), Fitness.CHECKED),
        (DataType("RAW", length=16), DataType("uuid"), Fitness.CHECKED),
        (DataType("RAW", length=32), DataType("uuid"), Fitness.IMPOSSIBLE),
        (DataType("BINARY_DOUBLE"), DataType("real"), Fitness.LOSSY),
        (DataType("BFILE"), DataType("bytea"), Fitness.IMPOSSIBLE),
    ],
    ids=str,
)  # fmt: skip
def test_fit_tells_exact_from_checked_from_lossy(source, target, expected):
    """
    What would change values is lossy; what may not fit is checked; the reason is said.
    """
    found = fit(source, target)

    assert expected is found.fitness
    assert expected is Fitness.EXACT or found.reason


@pytest.mark.parametrize(
    ("array", "source", "target"),
    [
        (pa.array([32768]), N9, DataType("smallint")),
        (pa.array([-(2**31) - 1]), N9, DataType("integer")),
        (pa.array([Decimal("0.5")], pa.decimal128(38, 2)), N12_2, DataType("bigint")),
        (pa.array(["1.5"]), BARE, DataType("bigint")),
        (pa.array(["9223372036854775808"]), BARE, DataType("bigint")),
        (pa.array(["123.45"]), BARE, DataType("numeric", precision=4, scale=1)),
        (pa.array([Decimal("999.99")], pa.decimal128(38, 2)), N12_2, DataType("numeric", precision=4, scale=2)),
        (pa.array([2]), DataType("NUMBER", precision=1, scale=0), DataType("boolean")),
        (pa.array(["too long"]), V10, DataType("character varying", length=5)),
        (pa.array(["nul\0"]), V10, DataType("text")),
        (pa.array([b"15 bytes only.."]), DataType("RAW", length=16), DataType("uuid")),
        (pa.array([3600], pa.timestamp("s")), DataType("DATE"), DataType("date")),
        (pa.array([1], pa.timestamp("us")), DataType("TIMESTAMP", scale=6), DataType("timestamp without time zone", scale=3)),
        (pa.array([" 0000-01-01 00:00:00"]), DataType("DATE"), DataType("timestamp without time zone", scale=0)),
        (pa.array([" 1500-02-29 00:00:00"]), DataType("DATE"), DataType("timestamp without time zone", scale=0)),
        (pa.array([1]), N9, DataType("point")),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_column(array, source, target):
    """
    A value that would be changed stops the chunk; beside NULLs too.
    """
    with pytest.raises(SourceDataError) as caught:
        load(array, source, target)
    assert "column" in str(caught.value)

    nulls = pa.array([None, None], array.type)
    if target.name != "point":
        assert [None, None] == load(nulls, source, target)[0].to_pylist()


def test_moments_keep_labels_and_count_what_is_cut():
    """
    BC and AD labels become the same labels in the calendar with a year 0; finer digits than
    microseconds are cut, never rounded, and counted.
    """
    texts = ["-4712-01-01 00:00:00", "-0001-12-31 23:59:59", " 0001-01-01 00:00:00",
             " 9999-12-31 23:59:59.999999999", " 1970-01-01 00:00:00.000001000", None]  # fmt: skip

    verdict = Verdict("C")
    found = parse_moments(pa.array(texts), Policy(), verdict)

    assert {CUT: 1} == verdict.altered
    assert [
        -210_831_897_600_000_000,  # numpy.datetime64("-4711-01-01")
        -62_135_596_801_000_000,
        -62_135_596_800_000_000,
        253_402_300_799_999_999,
        1,
        None,
    ] == found.cast(pa.int64()).to_pylist()
