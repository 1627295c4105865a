"""Converted expressions are SQL that a real PostgreSQL takes."""

from __future__ import annotations

import psycopg
import pytest

from oraferry.convert.expressions import convert_condition, convert_default, convert_expression
from oraferry.model import DataType
from tests.unit.schema.test_expressions import CONDITIONS, SCOPE


@pytest.fixture
def connection(postgres_dsn):
    """A database with a table of the columns that the examples use, and a sequence."""
    with psycopg.connect(postgres_dsn, autocommit=True) as opened:
        opened.execute(
            "CREATE TABLE t (a numeric, b numeric, s varchar(40), c char(1), d timestamp(0), "
            'f double precision, r bytea, "end" timestamp(0))'
        )
        opened.execute("CREATE SCHEMA hr; CREATE SEQUENCE hr.seq_1")
        yield opened


def test_checks_are_taken(connection):
    """
    Every converted condition becomes a check constraint.
    """
    for number, (oracle, _) in enumerate(CONDITIONS):
        condition = convert_condition(oracle, SCOPE)
        connection.execute(f"ALTER TABLE t ADD CONSTRAINT c{number} CHECK ({condition})")


@pytest.mark.parametrize(
    ("default", "column", "type"),
    [
        ("SYSDATE", "d", "timestamp without time zone"),
        ("TRUNC(SYSDATE) + 1/24", "d", "timestamp without time zone"),
        ("SYSTIMESTAMP", "d", "timestamp without time zone"),
        ("TO_DATE('1999-12-31 23:59', 'YYYY-MM-DD HH24:MI')", "d", "timestamp without time zone"),
        ("hr.seq_1.NEXTVAL", "a", "numeric"),
        ("0", "s", "character varying"),
        ("'0'", "a", "numeric"),
        ("USER", "s", "character varying"),
        ("SYS_GUID()", "r", "bytea"),
        ("HEXTORAW('00fF')", "r", "bytea"),
        ("EMPTY_BLOB()", "r", "bytea"),
        ("EMPTY_CLOB()", "s", "text"),
        ("SYS_GUID()", "s", "character varying"),
        ("'a' || 'b'", "s", "character varying"),
        ("DECODE(1, 1, 'x', 'y')", "c", "character"),
    ],
)
def test_defaults_are_taken_and_give_a_value(connection, default, column, type):
    """
    Every converted default fills its column.
    """
    converted = convert_default(default, SCOPE, DataType(type))
    connection.execute(f"ALTER TABLE t ALTER COLUMN {column} SET DEFAULT {converted}")

    found = connection.execute(f"INSERT INTO t DEFAULT VALUES RETURNING {column}").fetchone()

    assert found[0] is not None


@pytest.mark.parametrize(
    "expression",
    ["UPPER(s)", "NVL(s, 'x')", "TRUNC(d)", "a + b", "s || c2", "CASE WHEN a = 1 THEN b END",
     "DECODE(a, 1, 'x', 'y')", "ROUND(a, 2)", "TRUNC(d, 'MM')", "EXTRACT(YEAR FROM d)",
     "REPLACE(s, 'a')"],
)  # fmt: skip
def test_what_counts_as_immutable_is_immutable(connection, expression):
    """
    An expression that we put into an index is one that PostgreSQL lets into an index.
    """
    expression = expression.replace("c2", "'-' || s")
    converted = convert_expression(expression, SCOPE, must_be_immutable=True)

    connection.execute(f"CREATE INDEX ON t (({converted}))")
