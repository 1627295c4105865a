"""What is compared need not be a plain table: index-organised, queried, unreadable, a view."""

from __future__ import annotations

import psycopg
import pytest

from oraferry.errors import TargetError
from oraferry.migration.verify import DataVerificationRequest, verify_data
from tests.scenarios.conftest import change
from tests.scenarios.test_verify_data import verify


def test_rows_without_rowids_are_compared_too(oracle, make_yard):
    """
    An index-organised table and a query's rows have no ROWID: values and ctids are shown.
    """
    oracle.run(
        "CREATE TABLE flat (id NUMBER(9) PRIMARY KEY, word VARCHAR2(9)) ORGANIZATION INDEX",
        "INSERT INTO flat SELECT LEVEL, 'w' || LEVEL FROM dual CONNECT BY LEVEL <= 50",
    )
    yard = make_yard()
    change(
        yard,
        "CREATE SCHEMA {schema}",
        "CREATE TABLE {schema}.flat (id integer, word text)",
        "INSERT INTO {schema}.flat SELECT i, 'w' || i FROM generate_series(1, 50) AS i",
        "CREATE TABLE {schema}.few AS SELECT * FROM {schema}.flat WHERE id <= 9",
        "UPDATE {schema}.flat SET word = '' WHERE id = 3",
        "UPDATE {schema}.few SET word = NULL WHERE id = 4",
    )
    sql = f"SELECT id, word FROM {yard.schema}.flat WHERE id <= 9"
    request = DataVerificationRequest(
        tables=[f"{yard.schema}.FLAT"], queries=[{"name": "FEW", "sql": sql}]
    )

    report = verify_data(request, yard.services)

    seen = {
        table.source.name: [
            (row.fault, row.rowid, [(v.column, v.source, v.target) for v in row.values])
            for row in table.rows
        ]
        for table in report.tables
    }
    assert {
        "FLAT": [("changed", None, [("WORD", "w3", "")])],
        "FEW": [("changed", None, [("WORD", "w4", None)])],
    } == seen


def test_rows_that_cannot_be_read_are_told_and_the_others_compared(oracle, make_yard):
    """
    Bytes that are no text, and an expression that fails, are no silent equality: such rows are
    told, the rest is compared.
    """
    oracle.run(
        "CREATE TABLE broken (id NUMBER(9), word VARCHAR2(9))",
        "INSERT INTO broken SELECT LEVEL, 'w' FROM dual CONNECT BY LEVEL <= 30",
        "UPDATE broken SET word = UTL_RAW.CAST_TO_VARCHAR2(HEXTORAW('C328')) WHERE id = 5",
        "CREATE TABLE failing AS SELECT id FROM broken",
    )
    yard = make_yard()
    change(
        yard,
        "CREATE SCHEMA {schema}",
        "CREATE TABLE {schema}.broken (id integer, word text)",
        "INSERT INTO {schema}.broken SELECT i, 'w' FROM generate_series(1, 30) AS i WHERE i <> 5",
        "UPDATE {schema}.broken SET word = 'x' WHERE id = 6",
        "CREATE TABLE {schema}.failing (id integer, part numeric)",
        "INSERT INTO {schema}.failing SELECT i, 4 / (i - 5)::numeric "
        "FROM generate_series(1, 9) AS i WHERE i IN (1, 3, 4, 6, 7, 9)",
    )
    options = {
        "FAILING": {"expressions": {"PART": {"sql": "4 / (id - 5)"}}, "where": "id IN (1,3,4,5,6)"}
    }

    outcomes = verify(yard, "BROKEN", "FAILING", table_options=options)

    shown = {row.fault: row for row in outcomes["BROKEN"].rows}
    assert ({"ID": "5", "WORD": "\\xc3("}, 2) == (shown["missing"].key, len(shown))
    assert [("WORD", "w", "x")] == [(v.column, v.source, v.target) for v in shown["changed"].values]
    failing = outcomes["FAILING"]
    assert ["unreadable"] == [f.kind for f in failing.findings if "cannot be read" in f.message]
    assert {"7", "9"} == {row.key["ID"] for row in failing.rows}


@pytest.mark.parametrize(
    ("ours", "theirs"), [("", ""), (", past INTERVAL DAY TO SECOND", ", NULL::interval AS past")]
)
def test_a_view_on_the_target_is_compared_but_not_looked_into(oracle, make_yard, ours, theirs):
    """
    Its rows have no address: digests tell that something differs, the method of rows says why
    it cannot tell what. So it is where the server cannot hash a column itself.
    """
    oracle.run(f"CREATE TABLE seen (id NUMBER(9){ours})", "INSERT INTO seen (id) VALUES (1)")
    yard = make_yard()
    change(
        yard,
        "CREATE SCHEMA {schema}",
        f"CREATE VIEW {{schema}}.seen AS SELECT 2 AS id{theirs}",
    )

    outcome = verify(yard, "SEEN")["SEEN"]

    seen = {method.method: method for method in outcome.outcomes}
    assert (True, False, None) == tuple(
        seen[name].agrees for name in ("counts", "checksums", "rows")
    )
    assert "no ctid" in str(seen["rows"].note)


def test_names_in_capitals_are_found(oracle, make_yard):
    """
    Tools that keep Oracle's names in quotes make tables and columns in capitals.
    """
    oracle.run(
        "CREATE TABLE loud (id NUMBER(9), word VARCHAR2(9))", "INSERT INTO loud VALUES (1, 'a')"
    )
    yard = make_yard()
    change(
        yard,
        f'CREATE SCHEMA "{yard.schema}"',
        f'CREATE TABLE "{yard.schema}"."LOUD" ("ID" integer, "WORD" text)',
        f'INSERT INTO "{yard.schema}"."LOUD" VALUES (1, \'b\')',
    )

    outcome = verify(yard, "LOUD")["LOUD"]

    assert (f"{yard.schema}.LOUD", 1) == (str(outcome.target), len(outcome.rows))
    assert [["WORD"]] == [[value.column for value in row.values] for row in outcome.rows]


def test_long_columns_computed_values_and_texts_in_other_clothes_are_compared(oracle, make_yard):
    """
    LONG, a virtual column that another tool copied, one that PostgreSQL computes, a domain and
    an enumeration: each of their values counts; what only PostgreSQL has is told.
    """
    oracle.run(
        "CREATE TABLE mixed (id NUMBER(9) PRIMARY KEY, told LONG, kind VARCHAR2(9), mood VARCHAR2(9), "
        "twice AS (id * 2), thrice AS (id * 3))",
        "INSERT INTO mixed (id, told, kind, mood) VALUES (1, 'long one', 'x', 'glad')",
        "INSERT INTO mixed (id, told, kind, mood) VALUES (2, 'long two', 'y', 'sad')",
    )
    yard = make_yard()
    change(
        yard,
        "CREATE SCHEMA {schema}",
        "CREATE DOMAIN {schema}.short AS text CHECK (length(VALUE) < 10)",
        "CREATE TYPE {schema}.mood AS ENUM ('glad', 'sad')",
        "CREATE TABLE {schema}.mixed (id integer, told text, kind {schema}.short, "
        "mood {schema}.mood, twice integer, "
        "thrice integer GENERATED ALWAYS AS (id * 4) STORED, loaded_at timestamptz)",
        "INSERT INTO {schema}.mixed VALUES (1, 'long one', 'x', 'glad', 2), "
        "(2, 'long Two', 'Y', 'glad', 5)",
        "UPDATE {schema}.mixed SET loaded_at = now()",
    )

    outcome = verify(yard, "MIXED")["MIXED"]

    seen = {(v.column, v.source, v.target) for row in outcome.rows for v in row.values}
    assert {
        ("TOLD", "long two", "long Two"),
        ("KIND", "y", "Y"),
        ("MOOD", "sad", "glad"),
        ("TWICE", "4", "5"),
        ("THRICE", "3", "4"),
        ("THRICE", "6", "8"),
    } == seen
    assert 2 == outcome.differing_rows
    assert ["only PostgreSQL has loaded_at: nothing to compare with"] == list(outcome.notes)


def test_a_table_that_may_not_be_read_does_not_keep_the_others_from_being_compared(
    oracle, make_yard
):
    """
    A right that is missing for one table is its finding; for all of them it is the error.
    """
    oracle.run(
        "CREATE TABLE open (id NUMBER(9))",
        "CREATE TABLE hidden (id NUMBER(9))",
        "INSERT INTO open VALUES (1)",
    )
    yard = make_yard()
    role = f"half_{yard.schema.lower()}"
    change(
        yard,
        "CREATE SCHEMA {schema}",
        "CREATE TABLE {schema}.open AS SELECT 1 AS id",
        "CREATE TABLE {schema}.hidden (id integer)",
        f"CREATE ROLE {role} LOGIN PASSWORD 'reading'",
        f"GRANT USAGE ON SCHEMA {{schema}} TO {role}",
        f"GRANT SELECT ON {{schema}}.open TO {role}",
    )
    dsn = psycopg.conninfo.make_conninfo(yard.target_dsn, user=role, password="reading")

    try:
        outcomes = verify(yard, "OPEN", "HIDDEN", target={"dsn": dsn})
        with pytest.raises(TargetError):
            verify(yard, "HIDDEN", target={"dsn": dsn})
    finally:
        change(yard, f"DROP OWNED BY {role}", f"DROP ROLE {role}")

    assert outcomes["OPEN"].agrees
    (found,) = outcomes["HIDDEN"].findings
    assert ("error", False) == (found.kind, outcomes["HIDDEN"].agrees)


def test_tables_without_rows(oracle, make_yard):
    """
    Nothing on both sides is the same; nothing on one side is all rows of the other, counted
    also when none is to be shown.
    """
    oracle.run(
        "CREATE TABLE bare (id NUMBER(9))",
        "CREATE TABLE full (id NUMBER(9))",
        "INSERT INTO full SELECT LEVEL FROM dual CONNECT BY LEVEL <= 3",
    )
    yard = make_yard()
    change(
        yard,
        "CREATE SCHEMA {schema}",
        "CREATE TABLE {schema}.bare (id integer)",
        "CREATE TABLE {schema}.full (id integer)",
    )
    every = ["counts", "aggregates", "checksums", "inside", "rows"]

    outcomes = verify(yard, "BARE", "FULL", examples=0, methods=every)

    assert {True} == {seen.agrees for seen in outcomes["BARE"].outcomes}
    assert {False} == {seen.agrees for seen in outcomes["FULL"].outcomes}
    assert ((), 3, False) == (
        outcomes["FULL"].rows,
        outcomes["FULL"].differing_rows,
        outcomes["FULL"].is_complete,
    )
