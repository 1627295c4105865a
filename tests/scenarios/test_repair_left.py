"""Rows whose values cannot be loaded are left out by name, and the others are repaired."""

from __future__ import annotations

import json

import pytest

from tests.scenarios.conftest import change
from tests.scenarios.test_bad_rows import call, rowids_of
from tests.scenarios.test_repair import DAMAGES, hold_little, read_all, repair
from tests.scenarios.test_verify_data import verify


@pytest.mark.parametrize("key", [None, "ALTER TABLE {schema}.facts ADD PRIMARY KEY (id)"])
def test_rows_that_cannot_be_loaded_are_left_and_the_others_repaired(facts, oracle, key):
    """
    Given a changed and a new row in Oracle whose text holds a NUL character, beside other damages,
    when the table is repaired, then it is refused, in a dry run too; with the wish to leave such
    rows out all others are right afterwards, and what the target has of these is untouched.
    """
    damages = [DAMAGES[place] for place in (0, 1, 2, 4)]
    change(facts, *damages, *([key] if key else []))
    oracle.run(
        "UPDATE facts SET word = 'x' || CHR(0) WHERE id = 31",
        "INSERT INTO facts VALUES (5000, 1, 'y' || CHR(0), NULL)",
    )
    left = {row for row in read_all(facts) if row[2].startswith("(31,")}

    refused = [repair(facts, "FACTS", dry_run=dry)["FACTS"] for dry in (True, False)]
    wishes = {"leave_unloadable": True, "examples": 9}
    dry = repair(facts, "FACTS", dry_run=True, **wishes)["FACTS"]
    outcome = repair(facts, "FACTS", **wishes)["FACTS"]

    assert {("refused", True)} == {(o.status, "FACTS.WORD cannot be" in o.reason) for o in refused}
    assert "--leave-unloadable" in refused[0].hint
    assert ("repaired", 2, 2, 1) == (
        outcome.status, outcome.inserted, outcome.updated, outcome.deleted
    ), outcome.reason  # fmt: skip
    assert [2] == list(outcome.left.values()) and next(iter(outcome.left)).startswith("WORD: ")
    known = rowids_of(oracle)
    assert {known[31], known[5000]} == {row.rowid for row in outcome.left_rows}
    assert (dry.left, dry.columns, dry.count) == (outcome.left, outcome.columns, outcome.count)
    assert left <= set(read_all(facts))
    seen = verify(facts, "FACTS")["FACTS"]
    assert {"31", "5000"} == {row.key.get("ID", "31") for row in seen.rows}
    (*_, told) = seen.findings
    wanted = "rows that cannot be loaded as they are: 2, and no other row differs"
    assert f"{wanted}; {next(iter(outcome.left))} (2)" == told.message
    again = repair(facts, "FACTS", **wishes)["FACTS"]
    assert (0, outcome.left, None) == (again.count, again.left, again.entry)


def test_left_rows_end_with_3_and_are_told(facts, oracle):
    """
    On the command line and in JSON the rows left out are counted and named.
    """
    change(facts, *DAMAGES)
    oracle.run("UPDATE facts SET word = 'x' || CHR(0) WHERE id = 31")
    command = ("repair", "--table", f"{facts.schema}.FACTS", "--leave-unloadable")

    done = call(*command, yard=facts)
    told = call(*command, "--json", yard=facts)

    assert (3, 3) == (done.exit_code, told.exit_code), done.output
    assert "repaired, 1 left" in done.stdout and rowids_of(oracle)[31] in done.stdout
    answer = json.loads(told.stdout)
    assert (False, [1]) == (answer["agrees"], list(answer["tables"][0]["left"].values()))
    assert "WORD" == answer["tables"][0]["left_rows"][0]["column"]


def test_what_cannot_be_loaded_is_told_by_the_next_verification(facts, oracle, tmp_path):
    """
    Given a row left by a repair and later another damage, when the table is verified, then every
    form of the report counts the left row by its reason beside the other, and the code is 3.
    """
    change(facts, *DAMAGES)
    oracle.run("UPDATE facts SET word = 'x' || CHR(0) WHERE id = 31")
    name = ("--table", f"{facts.schema}.FACTS")
    call("repair", *name, "--leave-unloadable", yard=facts)
    files = [tmp_path / "r.html", tmp_path / "r.xml", tmp_path / "rows"]

    clean = call("verify", "data", *name, yard=facts)
    change(facts, "DELETE FROM {schema}.facts WHERE id = 77")
    written = ("--html", str(files[0]), "--junit", str(files[1]), "--all-rows", str(files[2]))
    worse = call("verify", "data", *name, *written, "--json", yard=facts)

    assert (3, 3) == (clean.exit_code, worse.exit_code)
    told = "rows that cannot be loaded as they are: 1"
    assert f"{told}, and no other row differs; WORD: " in clean.stdout
    told += " of those that differ; WORD: "
    assert [told in text for text in (worse.stdout, *(f.read_text() for f in files[:2]))] == [
        True
    ] * 3
    assert 2 == json.loads(worse.stdout)["tables"][0]["differing_rows"]


def test_rows_that_cannot_be_paired_with_what_stays_are_not_guessed(facts, oracle, monkeypatch):
    """
    Given a keyless table of which more rows differ than can be paired, one of which cannot be
    loaded, then nobody knows which row of the target is its: the table is refused.
    """
    change(facts, "UPDATE {schema}.facts SET amount = amount + 1 WHERE id BETWEEN 100 AND 399")
    oracle.run("UPDATE facts SET word = 'x' || CHR(0) WHERE id = 200")
    before = read_all(facts)
    hold_little(monkeypatch)

    outcome = repair(facts, "FACTS", leave_unloadable=True)["FACTS"]

    assert "refused" == outcome.status and "without a key" in outcome.reason
    assert before == read_all(facts)


def test_what_oracle_cannot_hand_out_is_never_taken_for_missing(oracle, make_yard):
    """
    Given a row that Oracle cannot compute, whose row is on the target, then it is no extra one:
    the table is refused, or the row is left and stays.
    """
    oracle.run(
        "CREATE TABLE failing (id NUMBER(9))",
        "INSERT INTO failing SELECT LEVEL FROM dual CONNECT BY LEVEL <= 9",
    )
    yard = make_yard()
    change(
        yard,
        "CREATE SCHEMA {schema}",
        "CREATE TABLE {schema}.failing (id integer, part numeric)",
        "INSERT INTO {schema}.failing SELECT i, 4 / NULLIF(i - 5, 0)::numeric "
        "FROM generate_series(1, 9) AS i WHERE i IN (1, 3, 4, 5, 6)",
        "UPDATE {schema}.failing SET part = 17 WHERE id = 3",
    )
    options = {
        "FAILING": {"expressions": {"PART": {"sql": "4 / (id - 5)"}}, "where": "id IN (1,3,4,5,6)"}
    }
    refused = repair(yard, "FAILING", table_options=options)["FAILING"]
    outcome = repair(yard, "FAILING", table_options=options, leave_unloadable=True)["FAILING"]

    assert ("refused", 1) == (refused.status, refused.reason.count("cannot be"))
    assert ("repaired", 0, 1, 0) == (
        outcome.status, outcome.inserted, outcome.updated, outcome.deleted
    ), outcome.reason  # fmt: skip
    assert 1 == sum(outcome.left.values())
    found = yard.rows(f"SELECT id, part::int FROM {yard.schema.lower()}.failing ORDER BY 1")
    assert [(1, -1), (3, -2), (4, -4), (5, None), (6, 4)] == found


@pytest.mark.parametrize("key", [None, "ALTER TABLE {schema}.facts ADD PRIMARY KEY (id)"])
def test_rows_that_only_postgresql_refuses_are_left_too(facts, oracle, key):
    """
    Given checks and a NOT NULL of the target that rows of the source do not fulfil,
    then these rows are left by name and constraint, and all others are repaired.
    """
    change(
        facts,
        *DAMAGES[:3],
        "ALTER TABLE {schema}.facts ALTER amount SET NOT NULL, ADD CHECK (word <> 'wrong'), "
        "ADD COLUMN own integer DEFAULT 7, ADD CONSTRAINT own_too CHECK (own > 0 AND id > 0), "
        "ADD CONSTRAINT late CHECK (at < DATE '2000-01-01') NOT VALID",
        *([key] if key else []),
    )
    oracle.run(
        "UPDATE facts SET word = 'wrong' WHERE id = 31",
        "UPDATE facts SET amount = NULL WHERE id = 32",
        "UPDATE facts SET at = DATE '2024-01-01' WHERE id = 33",
        "INSERT INTO facts VALUES (5000, 1, 'new', DATE '2024-01-01')",
    )
    left = {row for row in read_all(facts) if row[2].startswith(("(31,", "(32,", "(33,"))}

    refused = repair(facts, "FACTS")["FACTS"]
    outcome = repair(facts, "FACTS", leave_unloadable=True)["FACTS"]

    assert "refused" == refused.status and "--leave-unloadable" in refused.hint
    assert ("repaired", 2, 2, 0) == (
        outcome.status, outcome.inserted, outcome.updated, outcome.deleted
    ), outcome.reason  # fmt: skip
    assert {
        "AMOUNT: not null violation": 1,
        "check violation of facts_word_check": 1,
        "check violation of late": 2,
    } == outcome.left
    known = rowids_of(oracle)
    assert {known[n] for n in (31, 32, 33, 5000)} == {row.rowid for row in outcome.left_rows}
    assert left <= set(read_all(facts))
    seen = verify(facts, "FACTS")["FACTS"]
    assert 4 == seen.differing_rows
