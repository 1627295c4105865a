"""Both sides' canonical texts agree: values written into a real PostgreSQL and read back."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pyarrow as pa
import pytest

from oraferry.canonical import source_text, target_sql, target_text
from oraferry.model import DataType

LONG = "ä🚢" * 1000


def case(oracle, fetched, kind, postgres, type, literals):
    """An Oracle type with fetched values, and a PostgreSQL type with the same values."""
    return pytest.param(oracle, pa.array(fetched, kind), postgres, type, literals, id=postgres)


STAMP = DataType("timestamp without time zone", scale=6)
CASES = [
    case(DataType("NUMBER", precision=4, scale=0), [1, -9999, None], pa.int64(),
         "smallint", DataType("smallint"), ["1", "-9999", None]),
    case(DataType("NUMBER", precision=18, scale=0), [10**17, 0, None], pa.int64(),
         "bigint", DataType("bigint"), [str(10**17), "0", None]),
    case(DataType("NUMBER"), ["1E+125", "-1E-30", ".10", "-0", None], pa.string(),
         "numeric", DataType("numeric"), ["1E+125", "-1E-30", "0.10", "0", None]),
    case(DataType("NUMBER", precision=12, scale=4), [Decimal("1.5"), Decimal("-0.0001"), None],
         pa.decimal128(38, 4), "numeric(12,4)", DataType("numeric", precision=12, scale=4),
         ["1.5000", "-0.0001", None]),
    case(DataType("NUMBER", precision=5, scale=-2), [Decimal(9999900), Decimal(-100)],
         pa.decimal128(38, -2), "numeric(5,-2)", DataType("numeric", precision=5, scale=-2),
         ["9999900", "-100"]),
    case(DataType("BINARY_FLOAT"), [0.1, -0.0, 3.4e38, 1e-45, float("nan"), float("-inf"), None],
         pa.float32(), "real", DataType("real"),
         ["0.1", "-0", "3.4e38", "1e-45", "NaN", "-Infinity", None]),
    case(DataType("BINARY_FLOAT"), [0.5, None], pa.float32(),
         "double precision", DataType("double precision"), ["0.5", None]),
    case(DataType("BINARY_DOUBLE"),
         [0.1, 9007199254740993.0, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308, None],
         pa.float64(), "float8", DataType("double precision"),
         ["0.1", "9007199254740993", "5e-324", "1.7976931348623157e308",
          "2.2250738585072014e-308", None]),
    case(DataType("VARCHAR2", length=40), ["a", "  b ", "", "ä🚢\n\t\\", "sha256:b", "SHA256:b", None],
         pa.string(), "varchar(40)", DataType("character varying", length=40),
         ["a", "  b ", "", "ä🚢\n\t\\", "sha256:b", "SHA256:b", None]),
    case(DataType("CLOB"), [LONG, "", "x" * 1000, "x" * 1001, "sha256:", None], pa.string(),
         "text", DataType("text"), [LONG, "", "x" * 1000, "x" * 1001, "sha256:", None]),
    case(DataType("CHAR", length=300), ["é" + " " * 298, "x" * 300, None], pa.string(),
         "char(300)", DataType("character", length=300), ["é", "x" * 300, None]),
    case(DataType("CHAR", length=3), ["a  ", "abc", None], pa.string(),
         "char(3)", DataType("character", length=3), ["a", "abc", None]),
    case(DataType("BLOB"), [b"\x00\xff", b"", None], pa.large_binary(),
         "bytea", DataType("bytea"), ["\\x00ff", "\\x", None]),
    case(DataType("RAW", length=16), [bytes(range(16)), None], pa.large_binary(),
         "uuid", DataType("uuid"), ["000102030405060708090a0b0c0d0e0f", None]),
    case(DataType("DATE"), [253402214400, -62135596800, 0, None], pa.timestamp("s"),
         "timestamp(0)", DataType("timestamp without time zone", scale=0),
         ["9999-12-31", "0001-01-01", "1970-01-01", None]),
    case(DataType("DATE"), ["-4712-01-01 00:00:00", "2024-02-29 23:59:59"], pa.string(),
         "timestamp", STAMP, ["4712-01-01 BC", "2024-02-29 23:59:59"]),
    case(DataType("DATE"), [86400, None], pa.timestamp("s"), "date", DataType("date"),
         ["1970-01-02", None]),
    case(DataType("TIMESTAMP", scale=9), ["1969-12-31 23:59:59.999999999"], pa.string(),
         "timestamp(6)", STAMP, ["1969-12-31 23:59:59.999999"]),
    case(DataType("TIMESTAMP WITH TIME ZONE"), [1709231399500000, None], pa.timestamp("us"),
         "timestamptz", DataType("timestamp with time zone", scale=6),
         ["2024-02-29 23:59:59.5+05:30", None]),
    case(DataType("INTERVAL DAY TO SECOND"), [(0, -10, -1000), (0, 4, 18367891000000), None],
         pa.month_day_nano_interval(), "interval", DataType("interval"),
         ["-10 days -00:00:00.000001", "4 days 05:06:07.891", None]),
    case(DataType("INTERVAL YEAR TO MONTH"), [(147, 0, 0), (-13, 0, 0)],
         pa.month_day_nano_interval(), "interval year to month", DataType("interval"),
         ["12 years 3 months", "-1 years -1 months"]),
    case(DataType("BOOLEAN"), [True, False, None], pa.bool_(), "boolean", DataType("boolean"),
         ["true", "false", None]),
    case(DataType("NUMBER", precision=1, scale=0), [1, 0, None], pa.int64(),
         "bool", DataType("boolean"), ["true", "false", None]),
    case(DataType("JSON"), ['{"b":1.50,"a":[1,{"ä":null}]}', '"' + LONG + '"', None], pa.string(),
         "jsonb", DataType("jsonb"), ['{"b":1.50,"a":[1,{"ä":null}]}', '"' + LONG + '"', None]),
    case(DataType("JSON"), ['{"b":1, "a":2}'], pa.string(), "json", DataType("json"),
         ['{"a":2,"b":1.0}']),
    case(DataType("XMLTYPE"), ['<?xml version="1.0" encoding="UTF-8"?>\n<a>ä</a>', "<b/>", None],
         pa.string(), "xml", DataType("xml"), ["<a>ä</a>", "<b/>", None]),
]  # fmt: skip


@pytest.fixture(scope="module")
def connection(postgres_server):
    """One database for all cases, with settings that change how values are written."""
    dsn = postgres_server.create()
    with psycopg.connect(dsn, autocommit=True) as opened:
        opened.execute("SET DateStyle = 'German, DMY'; SET TimeZone = 'Asia/Kathmandu'")
        opened.execute("SET IntervalStyle = 'sql_standard'; SET extra_float_digits = 0")
        opened.execute("SET bytea_output = 'escape'")
        yield opened
    postgres_server.drop(dsn)


@pytest.mark.parametrize(("oracle", "fetched", "postgres", "type", "literals"), CASES)
def test_the_same_values_have_the_same_text(connection, oracle, fetched, postgres, type, literals):
    """
    What Oracle's side says of a value is what PostgreSQL's side says of it, whatever the
    session's way of writing values is.
    """
    connection.execute("DROP TABLE IF EXISTS t")
    connection.execute(f"CREATE TABLE t (n serial, c {postgres})")
    for literal in literals:
        # By way of ISO texts, whatever DateStyle is.
        connection.execute(f"INSERT INTO t (c) VALUES (CAST(%s::text AS {postgres}))", [literal])

    rows = connection.execute(f"SELECT {target_sql('c', type)} FROM t ORDER BY n").fetchall()

    found = target_text(pa.array([row[0] for row in rows], pa.string()), type)
    assert source_text(fetched, oracle).to_pylist() == found.to_pylist()
