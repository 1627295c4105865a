"""Other tools choose other types, and change values in their own ways: all of it is told apart."""

from __future__ import annotations

import pytest

from tests.scenarios.conftest import change
from tests.scenarios.test_verify_data import verify

# Column: Oracle type, value in Oracle, type on the target, the same value there.
SAME = {
    "n_double": ("NUMBER(10,2)", "1234.56", "double precision", "1234.56"),
    "n_numeric": ("NUMBER", "1E-20", "numeric", "0.00000000000000000001"),
    "n_bigint": ("NUMBER(18)", "123456789012", "bigint", "123456789012"),
    "n_text": ("NUMBER(12,3)", "-0.5", "text", "'-0.5'"),
    "n_true": ("NUMBER(1)", "1", "boolean", "true"),
    "f_double": ("BINARY_DOUBLE", "0.1", "double precision", "0.1"),
    "f_numeric": ("BINARY_DOUBLE", "0.1", "numeric", "0.1"),
    "d_date": ("DATE", "DATE '2024-02-29'", "date", "'2024-02-29'"),
    "d_stamp": ("DATE", "DATE '2024-02-29' + 0.5", "timestamp(0)", "'2024-02-29 12:00'"),
    "d_tz": ("DATE", "DATE '2024-02-29'", "timestamptz", "'2024-02-29 00:00+00'"),
    "z_tz": (
        "TIMESTAMP(6) WITH TIME ZONE",
        "TIMESTAMP '2024-02-29 12:00:00.5 +02:00'",
        "timestamptz",
        "'2024-02-29 10:00:00.5+00'",
    ),
    "c_char": ("CHAR(5)", "'ab'", "char(5)", "'ab'"),
    "c_wide": ("CHAR(5)", "'ab'", "varchar(9)", "'ab   '"),
    "v_text": ("VARCHAR2(20)", "'größe'", "text", "'größe'"),
    "v_json": ("VARCHAR2(40)", "'{\"a\": 1.0}'", "jsonb", "'{\"a\":1}'"),
    "l_varchar": ("CLOB", "TO_CLOB('abc')", "varchar(10)", "'abc'"),
    "r_uuid": (
        "RAW(16)",
        "HEXTORAW('00112233445566778899AABBCCDDEEFF')",
        "uuid",
        "'00112233-4455-6677-8899-aabbccddeeff'",
    ),
    "r_bytea": ("RAW(4)", "HEXTORAW('00FF')", "bytea", "'\\x00ff'"),
    "b_bytea": ("BLOB", "TO_BLOB(HEXTORAW('00FF'))", "bytea", "'\\x00ff'"),
    "i_interval": ("INTERVAL DAY TO SECOND", "INTERVAL '3' HOUR", "interval", "'3 hours'"),
    "i_negative": ("INTERVAL DAY TO SECOND", "INTERVAL '-26' MINUTE", "interval", "'-1 day 23:34'"),
    "i_hours": ("INTERVAL DAY TO SECOND", "INTERVAL '3 02' DAY TO HOUR", "interval", "'74 hours'"),
    "y_interval": ("INTERVAL YEAR TO MONTH", "INTERVAL '14' MONTH", "interval", "'14 months'"),
}
# The same with what another tool made of it, and the reason that is given.
OTHER = {
    "trimmed": ("CHAR(5)", "'ab'", "varchar(5)", "'ab'", "trailing blanks"),
    "empty": ("VARCHAR2(5)", "NULL", "text", "''", "'' instead of NULL"),
    "cut": ("VARCHAR2(9)", "'abcdef'", "varchar(3)", "'abc'", "text cut"),
    "nul": ("VARCHAR2(9)", "'a' || CHR(0) || 'b'", "text", "'ab'", "NUL removed"),
    "upper": ("VARCHAR2(9)", "'Ab'", "text", "'AB'", "only case differs"),
    "latin": ("VARCHAR2(9)", "'ü'", "text", "'Ã¼'", "UTF-8 read as cp1252"),
    "question": ("VARCHAR2(9)", "'a語'", "text", "'a?'", "characters replaced"),
    "crlf": ("VARCHAR2(9)", "'a' || CHR(10)", "text", "E'a\\r\\n'", "line ends changed"),
    "rounded": (
        "NUMBER(20)",
        "12345678901234567891",
        "double precision",
        "12345678901234567891",
        "rounded to double",
    ),
    "single": ("NUMBER(12)", "123456789", "real", "123456789", "rounded to real"),
    "digits": ("NUMBER(9,4)", "1.2345", "numeric(9,2)", "1.23", "digits rounded"),
    "sign": ("NUMBER(9)", "5", "integer", "-5", "sign flipped"),
    "minus_zero": ("BINARY_DOUBLE", "0", "double precision", "'-0'", "-0.0"),
    "nan": ("BINARY_DOUBLE", "1", "double precision", "'NaN'", "NaN instead of a number"),
    "hour": ("DATE", "DATE '2024-01-01'", "timestamp(0)", "'2024-01-01 01:00'", "shifted by 3600 s"),
    "day": ("DATE", "DATE '2024-01-01'", "date", "'2024-01-03'", "shifted by 2 days"),
    "time": ("DATE", "DATE '2024-01-01' + 0.5", "date", "'2024-01-01'", "time of day cut"),
    "micro": (
        "TIMESTAMP(6)",
        "TIMESTAMP '2024-01-01 00:00:00.123456'",
        "timestamp(0)",
        "'2024-01-01'",
        "microseconds cut",
    ),
    "never": ("DATE", "DATE '9999-12-31'", "timestamp(0)", "'infinity'", "infinity instead of a moment"),
}  # fmt: skip


def build(oracle, yard, columns, name):
    """A row with these values on both sides, and another one full of NULLs."""
    ours = ", ".join(f"{column} {made[0]}" for column, made in columns.items())
    theirs = ", ".join(f"{column} {made[2]}" for column, made in columns.items())
    oracle.run(
        f"CREATE TABLE {name} (id NUMBER(9) PRIMARY KEY, {ours})",
        f"INSERT INTO {name} VALUES (1, {', '.join(made[1] for made in columns.values())})",
        f"INSERT INTO {name} (id) VALUES (2)",
    )
    schema = yard.schema.lower()
    change(
        yard,
        "CREATE SCHEMA IF NOT EXISTS {schema}",
        f"CREATE TABLE {schema}.{name} (id bigint, {theirs})",
    )
    values = ", ".join(made[3] for made in columns.values())
    with_braces = values.replace("{", "{{").replace("}", "}}")
    change(
        yard,
        f"INSERT INTO {schema}.{name} VALUES (1, {with_braces})",
        f"INSERT INTO {schema}.{name} (id) VALUES (2)",
    )


@pytest.mark.parametrize("is_whole", [True, False])
def test_the_same_values_in_other_types_agree(oracle, make_yard, is_whole):
    """
    Given values that another tool loaded into types of its choice without changing them, when
    both sides are compared, then they agree: also in a table that the server itself hashes.
    """
    yard = make_yard()
    hashed = {
        name: made for name, made in SAME.items() if is_whole or made[2] in ("bigint", "uuid")
    }
    build(oracle, yard, hashed, "same")

    outcome = verify(yard, "SAME")["SAME"]

    assert outcome.agrees, (outcome.rows, outcome.findings)
    assert [name for name in hashed if hashed[name][2] == "jsonb"] == [
        note.split()[0].lower() for note in outcome.notes
    ]
    assert "canonical text" in str(outcome.outcomes[1].note) if is_whole else True


def test_what_another_tool_made_of_values_is_told_with_its_reason(oracle, make_yard):
    """
    Given a damage of each kind in a column of its own, then each is found with its reason.
    """
    yard = make_yard()
    build(oracle, yard, OTHER, "other")
    change(yard, "UPDATE {schema}.other SET empty = '' WHERE id = 2")

    outcome = verify(yard, "OTHER")["OTHER"]

    by_key = {row.fault: row for row in outcome.rows}
    assert 2 == outcome.differing_rows
    seen = {v.column: v.reason for v in by_key["changed"].values} | {
        v.column: v.reason for row in outcome.rows for v in row.values
    }
    assert {name.upper(): made[4] for name, made in OTHER.items()} == seen
    hour = next(v for row in outcome.rows for v in row.values if v.column == "HOUR")
    assert ("2024-01-01 00:00:00", "2024-01-01 01:00:00") == (hour.source, hour.target)


def test_what_has_no_form_in_common_is_named_and_the_rest_compared(oracle, make_yard):
    """
    A BLOB that became a large object, and a moment that became text, are in the notes.
    """
    yard = make_yard()
    columns = {
        "big": ("BLOB", "TO_BLOB(HEXTORAW('00FF'))", "oid", "lo_from_bytea(0, '\\x00ff')"),
        "told": ("DATE", "DATE '2024-01-01'", "text", "'01.01.2024'"),
        "plain": ("NUMBER(5)", "5", "integer", "6"),
    }
    build(oracle, yard, columns, "apart")

    outcome = verify(yard, "APART")["APART"]

    assert [
        "BIG is not compared: BLOB and oid have no form in common",
        "TOLD is not compared: DATE and text have no form in common",
    ] == list(outcome.notes)
    assert [["PLAIN"]] == [[value.column for value in row.values] for row in outcome.rows]


def test_a_partitioned_target_names_the_partition_of_each_row(oracle, make_yard):
    """
    A ctid means a row only together with its partition.
    """
    oracle.run(
        "CREATE TABLE parts (id NUMBER(9), word VARCHAR2(9))",
        "INSERT INTO parts SELECT LEVEL, 'w' FROM dual CONNECT BY LEVEL <= 40",
    )
    yard = make_yard()
    change(
        yard,
        "CREATE SCHEMA {schema}",
        "CREATE TABLE {schema}.parts (id bigint, word text) PARTITION BY RANGE (id)",
        "CREATE TABLE {schema}.low PARTITION OF {schema}.parts FOR VALUES FROM (0) TO (21)",
        "CREATE TABLE {schema}.high PARTITION OF {schema}.parts FOR VALUES FROM (21) TO (99)",
        "INSERT INTO {schema}.parts SELECT i, 'w' FROM generate_series(1, 40) AS i",
        "UPDATE {schema}.parts SET word = 'x' WHERE id IN (1, 21)",
    )

    outcome = verify(yard, "PARTS")["PARTS"]

    schema = yard.schema.lower()
    assert {f"{schema}.low", f"{schema}.high"} == {row.part for row in outcome.rows}
    for row in outcome.rows:
        found = yard.rows(f"SELECT word FROM {row.part} WHERE ctid = '{row.ctid}'")
        assert [("x",)] == found


# What each server hashes itself: a change of the target's value that must be seen.
INSIDE = {
    "n_numeric": "n_numeric + 1E-20",
    "n_bigint": "-n_bigint",
    "d_date": "d_date + 1",
    "d_stamp": "d_stamp + interval '1 second'",
    "d_tz": "d_tz + interval '1 hour'",
    "z_tz": "z_tz - interval '1 microsecond'",
    "c_char": "'ac'",
    "v_text": "'grösse'",
    "r_uuid": "'00112233-4455-6677-8899-aabbccddeefe'",
    "r_bytea": "'\\x00fe'",
}


def test_each_server_hashes_what_both_write_alike(oracle, make_yard):
    """
    Without any row leaving either server the two agree; a change in any column that is covered
    is seen, and the others are named.
    """
    yard = make_yard()
    build(oracle, yard, SAME, "same")

    (first,) = verify(yard, "SAME", methods=["inside"])["SAME"].outcomes

    assert first.agrees, first.findings
    assert "without " + ", ".join(n.upper() for n in SAME if n not in INSIDE) == first.note
    for name, changed in INSIDE.items():
        change(yard, f"UPDATE {{schema}}.same SET {name} = {changed} WHERE id = 1")
        (seen,) = verify(yard, "SAME", methods=["inside"])["SAME"].outcomes
        change(yard, f"UPDATE {{schema}}.same SET {name} = {SAME[name][3]} WHERE id = 1")
        assert seen.agrees is False, name
    change(yard, "UPDATE {schema}.same SET v_text = '' WHERE id = 2")
    assert not verify(yard, "SAME", methods=["inside"])["SAME"].agrees


# What a column's aggregates show: the finding's words.
SUMMED = {
    "n_numeric": ("-1", "greatest value"),
    "n_bigint": ("n_bigint + 1", "total"),
    "n_double": ("1234.57", "least value"),
    "n_true": ("false", "total"),
    "f_double": ("'NaN'", "greatest value"),
    "d_date": ("d_date + 1", "least value"),
    "z_tz": ("z_tz + interval '1 microsecond'", "greatest value"),
    "v_text": ("'grosse'", "total"),
    "l_varchar": ("'ab'", "total"),
    "r_bytea": ("'\\x00ff00'", "total"),
    "b_bytea": ("''", "total"),
    "v_json": ("NULL", "values that are not NULL"),
    "i_interval": ("NULL", "values that are not NULL"),
    "c_char": ("NULL", "values that are not NULL"),
}


def test_aggregates_name_the_column(oracle, make_yard):
    """
    Counts, extremes and totals are the same where nothing was changed; a change is named by
    its column and by what it moved.
    """
    yard = make_yard()
    build(oracle, yard, SAME, "same")

    (first,) = verify(yard, "SAME", methods=["aggregates"])["SAME"].outcomes

    assert first.agrees, first.findings
    for name, (changed, told) in SUMMED.items():
        change(yard, f"UPDATE {{schema}}.same SET {name} = {changed} WHERE id = 1")
        (seen,) = verify(yard, "SAME", methods=["aggregates"])["SAME"].outcomes
        kept = SAME[name][3].replace("{", "{{").replace("}", "}}")
        change(yard, f"UPDATE {{schema}}.same SET {name} = {kept} WHERE id = 1")
        assert seen.agrees is False, name
        assert all(found.message.startswith(f"{name.upper()}: ") for found in seen.findings)
        assert any(told in found.message for found in seen.findings), (name, seen.findings)
