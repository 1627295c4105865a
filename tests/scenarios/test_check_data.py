"""Whatever a load would refuse, change or be surprised by is found before it, by column."""

from __future__ import annotations

import json

import psycopg
from fastapi.testclient import TestClient

from oraferry.api.app import create_app
from oraferry.migration.check import DataCheckRequest, check_data
from tests.scenarios.test_bad_rows import call, rowids_of, run

# Column, type, planted expression -> effect and code of the finding.
PLANTINGS = [
    ("NUL", "VARCHAR2(20)", "'a' || CHR(0)", "refused", "nul"),
    (
        "BYTES",
        "VARCHAR2(20)",
        "UTL_RAW.CAST_TO_VARCHAR2(HEXTORAW('C328'))",
        "refused",
        "invalid-bytes",
    ),
    ("LOB_NUL", "CLOB", "TO_CLOB('x' || CHR(0) || 'y')", "refused", "nul"),
    ("ZERO_YEAR", "DATE", "DATE '0001-01-01' - 1", "refused", "year-0"),
    ("LEAP", "DATE", "TO_DATE('1500-02-29', 'YYYY-MM-DD')", "refused", "calendar"),
    ("OLD", "DATE", "DATE '-0044-03-15'", "noted", "before-christ"),
    ("EARLY", "TIMESTAMP(3)", "TIMESTAMP '1500-01-02 00:00:00'", "noted", "julian"),
    ("NEVER", "DATE", "DATE '9999-12-31'", "noted", "last-day"),
    ("FINE", "TIMESTAMP(9)", "TIMESTAMP '2024-01-01 00:00:00.123456789'", "altered", None),
    ("WEIRD", "BINARY_DOUBLE", "BINARY_DOUBLE_NAN", "noted", "nan"),
    ("HUGE", "BINARY_FLOAT", "BINARY_FLOAT_INFINITY", "noted", "infinity"),
    ("HOLLOW", "BLOB", "EMPTY_BLOB()", "noted", "empty-lob"),
    ("PADDED", "CHAR(5)", "'ab'", "noted", "char-padding"),
    ("LOST", "VARCHAR2(20)", "UNISTR('\\FFFD')", "noted", "replacement-character"),
    ("CP1252", "VARCHAR2(20)", "UNISTR('\\0093')", "noted", "control-character"),
    # These by the target's own columns:
    ("OVER", "NUMBER", "100000", "refused", "overflow"),
    ("LONG_TEXT", "VARCHAR2(20)", "'abcdef'", "refused", "too-long"),
    ("NO_UUID", "RAW(16)", "HEXTORAW('00FF')", "refused", None),
    ("AT_NOON", "DATE", "TO_DATE('2024-01-01 12', 'YYYY-MM-DD HH24')", "refused", None),
    ("MISSING", "NUMBER(5)", "NULL", "refused", "null"),
    ("TWICE", "NUMBER(5)", "1", "refused", "duplicate"),
]
TARGET = """
CREATE SCHEMA {schema};
CREATE TABLE {schema}.trouble (
  id integer, nul varchar(20), bytes varchar(20), lob_nul text, zero_year timestamp(0),
  leap timestamp(0), old timestamp(0), early timestamp(3), never timestamp(0), fine timestamp(6),
  weird double precision, huge real, hollow bytea, padded character(5), lost varchar(20),
  cp1252 varchar(20), over smallint, long_text varchar(3), no_uuid uuid, at_noon date,
  missing integer NOT NULL, twice integer UNIQUE
)
"""


def plant(oracle, yard):
    """A table with a bad row per column, among good ones, and its narrower target."""
    columns = ", ".join(f"{name} {type}" for name, type, *_ in PLANTINGS)
    oracle.run(
        f"CREATE TABLE trouble (id NUMBER(9), {columns})",
        "INSERT INTO trouble (id, missing, twice) SELECT LEVEL, 0, -LEVEL FROM dual "
        "CONNECT BY LEVEL <= 400",
        "UPDATE trouble SET twice = 1 WHERE id = 5",
        *(
            f"UPDATE trouble SET {name} = {planted} WHERE id = {100 + place}"
            for place, (name, _, planted, *_) in enumerate(PLANTINGS)
        ),
    )
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute(TARGET.format(schema=yard.schema.lower()))


def test_every_kind_of_trouble_is_found_and_the_bad_rows_are_those_set_aside(oracle, make_yard):
    """
    Given a row for each kind of trouble, when the data is checked, then each is found in its
    column, once, by its ROWID; and a migration sets aside exactly what was called refused.
    """
    yard = make_yard(batch_rows=50)
    plant(oracle, yard)
    request = DataCheckRequest(tables=[f"{yard.schema}.TROUBLE"], mode="append")

    (checked,) = check_data(request, yard.services)

    found = {f.column: (f.effect, f.code, f.rows, f.rowids) for f in checked.findings}
    rowids = rowids_of(oracle, "trouble")
    for place, (name, _, _, effect, code) in enumerate(PLANTINGS):
        seen = found.pop(name)
        assert (effect, 1) == (seen[0], seen[2]), name
        assert code in (None, seen[1]), name
        expected = {rowids[100 + place], rowids[5]} if name == "TWICE" else {rowids[100 + place]}
        assert set(seen[3]) <= expected and len(seen[3]) == 1, name
    assert {} == found
    assert (400, 400, False) == (checked.rows, checked.rows_total, checked.is_clean)

    run(yard, "TROUBLE", mode="append", accept_differences=True)

    refused = {100 + i for i, p in enumerate(PLANTINGS) if p[3] == "refused" and p[0] != "TWICE"}
    aside = {id for (id,) in yard.rows("SELECT (content->>'ID')::int FROM oraferry.quarantine")}
    assert refused == aside - {5, 100 + len(PLANTINGS) - 1}
    assert 1 == len(aside & {5, 100 + len(PLANTINGS) - 1})


def test_a_policy_turns_a_refusal_into_a_change(oracle, make_yard):
    """
    The data is judged under the request's policies, as it would be loaded.
    """
    oracle.run(
        "CREATE TABLE words (id NUMBER(9), word VARCHAR2(9))",
        "INSERT INTO words SELECT LEVEL, 'w' || CHR(0) FROM dual CONNECT BY LEVEL <= 3",
    )
    yard = make_yard()
    request = {"tables": [f"{yard.schema}.WORDS"], "examples": 2}

    (strict,) = check_data(DataCheckRequest(**request), yard.services)
    policies = [{"type": "VARCHAR2", "nul": "remove"}]
    (lenient,) = check_data(DataCheckRequest(**request, policies=policies), yard.services)

    assert [("refused", "nul", 3, 2)] == seen_in(strict)
    ((effect, _, rows, examples),) = seen_in(lenient)
    assert ("altered", 3, 2) == (effect, rows, examples)


def test_a_column_that_no_rule_carries_is_named(oracle, make_yard):
    """
    What was not looked at does not pass for clean without a word.
    """
    oracle.run("CREATE TABLE files (id NUMBER(9), f BFILE)", "INSERT INTO files VALUES (1, NULL)")
    yard = make_yard()

    (found,) = check_data(DataCheckRequest(tables=[f"{yard.schema}.FILES"]), yard.services)

    assert ("not looked at: column F: no rule carries the Oracle type BFILE",) == found.notes


def seen_in(checked):
    """A table's findings in short."""
    return [(f.effect, f.code, f.rows, len(f.rowids)) for f in checked.findings]


def test_a_sample_and_a_clean_table(oracle, make_yard):
    """
    A sample looks at about its share of the rows, the same ones each time; a clean table is
    clean, over HTTP and on the command line, without a target too.
    """
    oracle.run(
        "CREATE TABLE clean (id NUMBER(9), word VARCHAR2(9))",
        "INSERT INTO clean SELECT LEVEL, 'w' || LEVEL FROM dual CONNECT BY LEVEL <= 2000",
    )
    yard = make_yard()
    table = f"{yard.schema}.CLEAN"

    with TestClient(create_app(yard.services)) as client:
        sampled = [
            client.post("/checks", json={"tables": [table], "sample": 10}).json() for _ in range(2)
        ]
        refused = client.post("/checks", json={"tables": [table], "sample": 0})
    without_target = {k: v for k, v in yard.environment.items() if k != "ORAFERRY_TARGET_DSN"}
    yard.environment = without_target
    listed = call("check", "data", "--table", table, "--json", yard=yard)
    shown = call("check", "data", "--table", table, yard=yard)

    assert sampled[0] == sampled[1]
    assert 100 < sampled[0]["tables"][0]["rows"] < 300
    assert 422 == refused.status_code
    assert (0, True) == (listed.exit_code, json.loads(listed.stdout)["is_clean"])
    assert "2,000 of 2,000 rows looked at: all clean" in shown.stdout
