"""Tables of both sides compared over two connections: every damage found, down to its row."""

from __future__ import annotations

import json

import psycopg
from fastapi.testclient import TestClient

from oraferry.api.app import create_app
from oraferry.migration.verify import DataVerificationRequest, verify_data
from oraferry.verify.data import drill, room
from tests.scenarios.conftest import FACTS, change, load_facts
from tests.scenarios.test_bad_rows import call

FACTS_TWICE = ("facts", "more")


def verify(yard, *tables, **wishes):
    """The outcomes by table."""
    names = [f"{yard.schema}.{table}" for table in tables]
    report = verify_data(DataVerificationRequest(tables=names, **wishes), yard.services)
    return {outcome.source.name: outcome for outcome in report.tables}


def test_a_table_that_another_tool_loaded_agrees(facts):
    """
    Given the same rows in another order, when both sides are compared, then nothing differs.
    """
    outcome = verify(facts, "FACTS")["FACTS"]

    assert (True, 3_000, 3_000, ()) == (
        outcome.agrees,
        outcome.source_rows,
        outcome.target_rows,
        outcome.findings,
    )
    assert {"counts": True, "checksums": True, "rows": True} == {
        seen.method: seen.agrees for seen in outcome.outcomes
    }


def test_every_damage_is_found_down_to_its_row_without_a_key(facts, oracle):
    """
    Given rows that were changed, lost, doubled and added, when both sides are compared, then
    each is shown once, with ROWID and ctid, its values side by side and the reason.
    """
    change(
        facts,
        "UPDATE {schema}.facts SET amount = amount + 0.01 WHERE id = 17",
        "UPDATE {schema}.facts SET at = at + interval '1 hour', word = word || ' ' WHERE id = 18",
        "DELETE FROM {schema}.facts WHERE id = 19",
        "INSERT INTO {schema}.facts SELECT * FROM {schema}.facts WHERE id = 20",
        "INSERT INTO {schema}.facts VALUES (9999999, NULL, 'alone', NULL)",
    )

    outcome = verify(facts, "FACTS")["FACTS"]

    with oracle.connect() as connection:
        rows = connection.cursor().execute("SELECT id, ROWIDTOCHAR(ROWID) FROM facts").fetchall()
    rowids = dict(rows)
    seen = {(row.fault, row.rowid): row for row in outcome.rows}
    assert (False, 5, True) == (outcome.agrees, outcome.differing_rows, outcome.is_complete)
    assert {"changed": 2, "missing": 1, "extra": 2} == {
        fault: sum(row.fault == fault for row in outcome.rows)
        for fault in ("changed", "missing", "extra")
    }
    (amount,) = seen["changed", rowids[17]].values
    assert ("AMOUNT", "119", "119.01") == (amount.column, amount.source, amount.target)
    reasons = {v.column: v.reason for v in seen["changed", rowids[18]].values}
    assert {"AT": "shifted by 3600 s", "WORD": "trailing blanks"} == reasons
    assert "19" == seen["missing", rowids[19]].key["ID"]
    assert {"20", "9999999"} == {row.key["ID"] for row in outcome.rows if row.fault == "extra"}
    for row in outcome.rows:
        if row.ctid and row.fault == "extra":
            found = facts.rows(f"SELECT id FROM {row.part} WHERE ctid = '{row.ctid}'")
            assert [(int(row.key["ID"]),)] == found
    assert {"AMOUNT: another value": 1, "AT: shifted by 3600 s": 1, "WORD: trailing blanks": 1} == (
        outcome.reasons
    )


def test_only_the_two_connections_are_needed(facts):
    """
    As a role that may only SELECT, without store and ledger, on the command line: exit code 3
    on a difference, 0 without, and the target holds what it held before.
    """
    schema = facts.schema.lower()
    change(
        facts,
        f"CREATE ROLE reader_{schema} LOGIN PASSWORD 'reading'",
        f"GRANT USAGE ON SCHEMA {schema} TO reader_{schema}",
        f"GRANT SELECT ON {schema}.facts TO reader_{schema}",
    )
    dsn = psycopg.conninfo.make_conninfo(
        facts.target_dsn, user=f"reader_{schema}", password="reading"
    )
    without = {k: v for k, v in facts.environment.items() if k != "ORAFERRY_STORE_DSN"}
    facts.environment = without | {"ORAFERRY_TARGET_DSN": dsn}
    table = f"{facts.schema}.FACTS"

    same = call("verify", "data", "--table", table, yard=facts)
    change(facts, "UPDATE {schema}.facts SET word = upper(word) WHERE id = 5")
    differing = call("verify", "data", "--table", table, "--json", yard=facts)

    change(facts, f"DROP OWNED BY reader_{schema}", f"DROP ROLE reader_{schema}")
    assert (0, 3) == (same.exit_code, differing.exit_code), same.output + differing.output
    (found,) = json.loads(differing.stdout)["tables"]
    assert [["only case differs"]] == [[v["reason"] for v in r["values"]] for r in found["rows"]]
    assert [] == facts.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'oraferry'")


def test_what_the_target_lacks_is_a_finding(facts, oracle):
    """
    A table or column that is not there is a difference, and the rest is compared.
    """
    oracle.run("CREATE TABLE absent (id NUMBER(9))", "INSERT INTO absent VALUES (1)")
    change(facts, "ALTER TABLE {schema}.facts DROP COLUMN word")

    outcomes = verify(facts, "FACTS", "ABSENT")

    assert ["table-missing"] == [f.kind for f in outcomes["ABSENT"].findings]
    assert (1, None) == (outcomes["ABSENT"].source_rows, outcomes["ABSENT"].target_rows)
    assert ["column-missing"] == [f.kind for f in outcomes["FACTS"].findings]
    assert {False, True} == {seen.agrees for seen in outcomes["FACTS"].outcomes}
    assert not outcomes["FACTS"].agrees


def test_a_job_is_verified_again_without_what_it_set_aside(oracle, make_yard):
    """
    Given a job that altered values by its policies and set rows aside, when it is verified
    again after others wrote on both sides, then what it loaded is compared at its SCN.
    """
    oracle.run(
        "CREATE TABLE words (id NUMBER(9) PRIMARY KEY, word VARCHAR2(9), code CHAR(5))",
        "INSERT INTO words SELECT LEVEL, 'w' || LEVEL, 'c' FROM dual CONNECT BY LEVEL <= 300",
        "UPDATE words SET word = 'n' || CHR(0) WHERE id IN (7, 8)",
    )
    yard = make_yard(chunk_rows=100)
    job = yard.move("WORDS", policies=[{"type": "CHAR", "padding": "trim"}])
    oracle.run("UPDATE words SET word = 'later' WHERE id = 9", "DELETE FROM words WHERE id = 10")

    agreeing = verify_data(DataVerificationRequest(job=job.id), yard.services)
    change(yard, "UPDATE {schema}.words SET code = 'd' WHERE id = 11")
    shown = call("verify", "data", "--job", job.id, "--json", yard=yard)
    now = verify_data(
        DataVerificationRequest(job=job.id, tables=["WORDS"], scn=_scn(oracle)), yard.services
    )

    (table,) = agreeing.tables
    assert (True, job.id, 300, 298) == (
        agreeing.agrees,
        agreeing.job_id,
        table.source_rows,
        table.target_rows,
    ), table.findings
    assert [2] == list(table.set_aside.values())
    assert 3 == shown.exit_code, shown.output
    (row,) = json.loads(shown.stdout)["tables"][0]["rows"]
    assert ({"ID": "11"}, ["CODE"]) == (row["key"], [v["column"] for v in row["values"]])
    assert {"9", "10", "11"} == {row.key["ID"] for row in now.tables[0].rows}


def _scn(oracle):
    with oracle.connect() as connection:
        way = "SELECT current_scn FROM v$database"
        return int(connection.cursor().execute(way).fetchone()[0])


def test_more_differing_rows_than_may_be_held_are_counted_and_some_shown_with_their_partners(
    oracle, make_yard
):
    """
    Given a table without a key of which every row was changed, when few rows are asked for,
    then each one shown is beside its partner; and all of them are given to who wants all.
    """
    rows = 21_000
    load_facts(oracle, rows)
    yard = make_yard()
    change(
        yard,
        FACTS.replace("{rows}", str(rows)),
        "UPDATE {schema}.facts SET word = word || ' '",
        "DELETE FROM {schema}.facts WHERE id = 7",
    )

    some = verify(yard, "FACTS", examples=5)["FACTS"]
    every = verify(yard, "FACTS", all_rows=True)["FACTS"]

    assert (5, rows, False) == (len(some.rows), some.differing_rows, some.is_complete)
    assert {("changed", "trailing blanks")} == {
        (row.fault, value.reason) for row in some.rows for value in row.values
    } - {("missing", None)}
    assert (rows, rows, True) == (len(every.rows), every.differing_rows, every.is_complete)
    assert ["7"] == [row.key["ID"] for row in every.rows if row.fault == "missing"]
    assert {"WORD: trailing blanks": rows - 1} == every.reasons


def test_an_answer_is_bounded_however_many_rows_differ(facts, oracle, monkeypatch):
    """
    Given more differing rows, of two tables, than an answer holds, when all are asked for, then
    each is counted, as many as have room are there, and the answer says how to get the others.
    """
    oracle.run("CREATE TABLE more AS SELECT * FROM facts")
    change(
        facts,
        "CREATE TABLE {schema}.more AS SELECT * FROM {schema}.facts",
        *(f"UPDATE {{schema}}.{name} SET amount = -amount WHERE id < 21" for name in FACTS_TWICE),
    )
    monkeypatch.setattr(room, "MOST_ROWS", 30)
    body = {"tables": [f"{facts.schema}.{name.upper()}" for name in FACTS_TWICE]}

    with TestClient(create_app(facts.services)) as client:
        every, few = (
            client.post("/verifications/data", json=body | wish).json()["tables"]
            for wish in ({"all_rows": True}, {"examples": 9})
        )
        monkeypatch.setattr(room, "MOST_CHARACTERS", 20)
        (short, _) = client.post("/verifications/data", json=body).json()["tables"]

    assert [20, 20] == [table["differing_rows"] for table in every]
    assert 30 == sum(len(table["rows"]) for table in every)
    told = [any("--all-rows FILE" in note for note in table["notes"]) for table in every]
    assert told == [not table["is_complete"] for table in every] and any(told)
    assert [(9, []), (9, [])] == [(len(table["rows"]), table["notes"]) for table in few]
    assert len(short["rows"]) < 20 == short["differing_rows"]


def test_wide_rows_are_held_by_their_size(facts, monkeypatch):
    """
    Given differing rows whose values are more than may be held, on both sides or on one, then
    some are shown, those that changed beside their partners, and it is said that there are more.
    """
    change(facts, "UPDATE {schema}.facts SET word = word || ' ' WHERE id <= 600")
    monkeypatch.setattr(drill, "MOST_BYTES", 20_000)

    both = verify(facts, "FACTS", examples=5)["FACTS"]
    change(facts, "DELETE FROM {schema}.facts WHERE id <= 600")
    missing = verify(facts, "FACTS", examples=5)["FACTS"]
    change(facts, "INSERT INTO {schema}.facts SELECT i + 10000 FROM generate_series(1, 600) AS i")
    added = verify(facts, "FACTS", examples=5)["FACTS"]

    for seen in (both, missing, added):
        assert (5, 600, False) == (len(seen.rows), seen.differing_rows, seen.is_complete)
    assert {"changed"} == {row.fault for row in both.rows}
    assert {"missing"} == {row.fault for row in missing.rows}
    monkeypatch.setattr(drill, "MOST_BYTES", 1 << 20)
    whole = verify(facts, "FACTS", examples=5000)["FACTS"]
    assert (1200, True) == (whole.differing_rows, whole.is_complete)


def test_copies_of_a_row_are_counted(oracle, make_yard):
    """
    Given rows that are there several times, when one side has more copies of one, then as
    many are missing or extra, each with a ROWID or ctid of its own.
    """
    oracle.run(
        "CREATE TABLE twins (word VARCHAR2(9), code NUMBER(3))",
        *["INSERT INTO twins VALUES ('same', 1)"] * 5,
        *["INSERT INTO twins VALUES ('other', 2)"] * 2,
    )
    yard = make_yard()
    change(
        yard,
        "CREATE SCHEMA {schema}",
        "CREATE TABLE {schema}.twins (word text, code integer)",
        "INSERT INTO {schema}.twins SELECT 'same', 1 FROM generate_series(1, 2)",
        "INSERT INTO {schema}.twins SELECT 'other', 2 FROM generate_series(1, 4)",
    )

    outcome = verify(yard, "TWINS")["TWINS"]

    missing = [row for row in outcome.rows if row.fault == "missing"]
    extra = [row for row in outcome.rows if row.fault == "extra"]
    assert (3, 2, 5) == (len(missing), len(extra), outcome.differing_rows)
    assert {"same"} == {row.key["WORD"] for row in missing}
    assert {"other"} == {row.key["WORD"] for row in extra}
    assert (3, 2) == (len({row.rowid for row in missing}), len({row.ctid for row in extra}))


def test_a_verification_over_http(facts):
    """
    The answer has what the command shows; a method that is none is refused.
    """
    change(facts, "UPDATE {schema}.facts SET amount = -amount WHERE id = 8")
    body = {"tables": [f"{facts.schema}.FACTS"], "methods": ["checksums", "rows"]}

    with TestClient(create_app(facts.services)) as client:
        answer = client.post("/verifications/data", json=body)
        refused = client.post("/verifications/data", json=body | {"methods": ["guess"]})

    assert (200, 422) == (answer.status_code, refused.status_code)
    assert not answer.json()["agrees"]
    (row,) = answer.json()["tables"][0]["rows"]
    assert [("AMOUNT", "56", "-56", "sign flipped")] == [
        (v["column"], v["source"], v["target"], v["reason"]) for v in row["values"]
    ]
