"""Rows that cannot be loaded: each is set aside alone, the others arrive, and the job says so."""

from __future__ import annotations

import json

import psycopg
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from oraferry.api.app import create_app
from oraferry.cli.exits import DIFFERENCES, TARGET, get_exit_code_of
from oraferry.cli.main import app
from oraferry.model import MigrationStatus
from oraferry.worker import Worker
from tests.scenarios.conftest import load_facts

GOOD = 3_000

# Row's id -> column, an SQL expression in Oracle that plants the damage, the reason's code.
PLANTINGS = {
    7: ("word", "'a' || CHR(0) || 'b'", "nul"),
    8: ("word", "UTL_RAW.CAST_TO_VARCHAR2(HEXTORAW('61FF62'))", "invalid-bytes"),
    999: ("at", "TO_DATE('1500-02-29', 'YYYY-MM-DD')", "calendar"),
    1000: ("at", "DATE '0001-01-01' - 1", "year-0"),
    2500: ("word", "CHR(0)", "nul"),
}


def run(yard, *tables, **options):
    """The job, carried out in this process."""
    job = yard.submit(*tables, **options)
    worker = Worker(yard.services)
    while worker.work_once():
        pass
    return yard.services.store.get_migration_job(job.id)


def list_quarantine(yard, columns):
    """The quarantine table's rows, in the order of the source's ids where they have one."""
    return yard.rows(f"SELECT {columns} FROM oraferry.quarantine ORDER BY content->>'ID', number")


def rowids_of(oracle, table="facts"):
    """ROWID by id."""
    with oracle.connect() as connection:
        cursor = connection.cursor()
        cursor.execute(f"SELECT id, ROWIDTOCHAR(ROWID) FROM {table}")
        return dict(cursor.fetchall())


def test_bad_rows_are_set_aside_and_the_others_arrive(oracle, make_yard):
    """
    Given a few rows among thousands that PostgreSQL cannot store, when the table is moved,
    then those rows are in the quarantine table with ROWID, column and reason, the others are
    in the table, and the job is done with findings.
    """
    load_facts(oracle, GOOD)
    for id, (column, planted, _) in PLANTINGS.items():
        oracle.run(f"UPDATE facts SET {column} = {planted} WHERE id = {id}")
    # Before Christ is no damage.
    oracle.run("UPDATE facts SET at = DATE '-0044-03-15' WHERE id = 1500")
    yard = make_yard(chunk_rows=1_000, batch_rows=300)

    job = run(yard, "FACTS")

    assert (MigrationStatus.COMPLETED, False) == (job.status, job.verified), job.error
    assert DIFFERENCES == get_exit_code_of(job)
    rowids = rowids_of(oracle)
    found = list_quarantine(yard, "(content->>'ID')::int, source_rowid, column_name, code")
    assert sorted(found) == [
        (id, rowids[id], column.upper(), code) for id, (column, _, code) in PLANTINGS.items()
    ]
    assert [({"hex": "61ff62"},)] == yard.rows(
        "SELECT content->'WORD' FROM oraferry.quarantine WHERE code = 'invalid-bytes'"
    )
    loaded = GOOD - len(PLANTINGS)
    assert [(loaded, GOOD * (GOOD + 1) // 2 - sum(PLANTINGS), "0044-03-15 BC")] == yard.rows(
        "SELECT count(*), sum(id), to_char(min(at), 'YYYY-MM-DD BC') "
        f"FROM {yard.schema.lower()}.facts"
    )
    (progress,) = yard.services.store.list_progress(job.id)
    assert (5, loaded, loaded) == (
        progress.set_aside,
        progress.source_rows,
        progress.target_rows,
    )
    assert progress.source_digest == progress.target_digest
    assert {"set-aside"} == {finding.kind for finding in progress.findings}


def test_more_bad_rows_than_allowed_stop_the_job(oracle, make_yard):
    """
    Given five bad rows in as many chunks, when two may be set aside, then the job fails, says
    why, and the quarantine table holds no row of a chunk that is not in.
    """
    load_facts(oracle, 20_000)
    for id in range(1_000, 20_000, 4_000):
        oracle.run(f"UPDATE facts SET word = CHR(0) WHERE id = {id}")
    yard = make_yard(chunk_rows=4_000)

    job = run(yard, "FACTS", max_bad_rows=2)

    assert (MigrationStatus.FAILED, "TooManyBadRows") == (job.status, job.error.code)
    assert TARGET == get_exit_code_of(job)
    assert "max_bad_rows" in job.error.hint
    assert [(2, 2)] == yard.rows(
        "SELECT count(*), (SELECT sum(set_aside)::int FROM oraferry.ledger) FROM oraferry.quarantine"
    )


def test_no_row_is_set_aside_when_none_may_be(oracle, make_yard):
    """
    With a limit of 0 the first bad row fails the job, by column and row.
    """
    load_facts(oracle, 100)
    oracle.run("UPDATE facts SET word = CHR(0) WHERE id = 7")
    yard = make_yard()

    job = run(yard, "FACTS", max_bad_rows=0)

    assert (MigrationStatus.FAILED, "SourceDataError", "WORD") == (
        job.status,
        job.error.code,
        job.error.context["column"],
    )


TARGET_TABLE = """
CREATE SCHEMA {schema};
CREATE DOMAIN {schema}.percent AS numeric(14,2) CHECK (VALUE < 20000);
CREATE TABLE {schema}.parent (word text PRIMARY KEY);
INSERT INTO {schema}.parent SELECT 'word ' || i FROM generate_series(0, 998) i;
CREATE TABLE {schema}.facts (
  id bigint PRIMARY KEY CHECK (id <> 13),
  amount numeric(14,2) NOT NULL,
  word varchar(20) REFERENCES {schema}.parent,
  at timestamp(0) UNIQUE DEFERRABLE INITIALLY DEFERRED
);
INSERT INTO {schema}.facts VALUES (5, 1, 'word 1', '1900-01-01');
CREATE FUNCTION {schema}.judge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id = 21 THEN RAISE EXCEPTION 'twenty-one % is secret', NEW.word; END IF;
  IF NEW.id = 22 THEN RETURN NULL; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER judge BEFORE INSERT ON {schema}.facts FOR EACH ROW EXECUTE FUNCTION {schema}.judge();
"""


def test_what_postgresql_refuses_is_set_aside(oracle, make_yard):
    """
    Given a target with keys, checks, a foreign key, a deferred constraint and a trigger, when
    rows are appended that violate each, then each of those rows is set aside with its
    SQLSTATE, and all the others are in.
    """
    load_facts(oracle, GOOD)
    oracle.run(
        "INSERT INTO facts SELECT id, amount, word, at + 100000 FROM facts WHERE id = 17",
        "UPDATE facts SET amount = NULL WHERE id = 31",
        "UPDATE facts SET at = (SELECT at FROM facts WHERE id = 2001) WHERE id = 2002",
        "UPDATE facts SET word = 'a' || CHR(0) WHERE id = 44",
    )
    yard = make_yard(chunk_rows=10_000, batch_rows=700)
    with_target(yard)

    job = run(yard, "FACTS", mode="append", accept_differences=True)

    assert (MigrationStatus.COMPLETED, False) == (job.status, job.verified), job.error
    found = yard.rows("SELECT (content->>'ID')::int, code FROM oraferry.quarantine")
    assert sorted(found) == [
        (5, "23505"),
        (13, "23514"),
        (17, "23505"),
        (21, "P0001"),
        (22, "suppressed"),
        (31, "23502"),
        (44, "nul"),
        (999, "23503"),
        (1999, "23503"),
        (2002, "23505"),
        (2999, "23503"),
    ]
    # 3001 rows read, 11 refused, one there before.
    assert [(GOOD + 1 - 11 + 1,)] == yard.rows(f"SELECT count(*) FROM {yard.schema.lower()}.facts")
    assert (
        "secret" not in yard.rows("SELECT string_agg(reason, ' ') FROM oraferry.quarantine")[0][0]
    )


def with_target(yard):
    """The target's tables, there before the job."""
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute(TARGET_TABLE.format(schema=yard.schema.lower()))


def test_rejects_are_listed_without_their_values_unless_asked(oracle, make_yard):
    """
    HTTP and the command line list the rows set aside, page by page; what was kept of the
    rows is shown only to who asks for it.
    """
    load_facts(oracle, 50)
    oracle.run("UPDATE facts SET word = 'se' || CHR(0) || 'cret' WHERE id IN (3, 4, 5)")
    yard = make_yard()
    job = run(yard, "FACTS")
    source = f"{yard.schema}.FACTS"
    with TestClient(create_app(yard.services)) as client:
        first = client.get(f"/migrations/{job.id}/rejects?limit=2").json()
        rest = client.get(first["next"]).json()
        whole = client.get(f"/migrations/{job.id}/rejects", params={"content": True}).json()
        missing = client.get(f"/migrations/{job.id}/rejects", params={"table": "X.Y"})
    listed = call("jobs", "rejects", job.id, "--table", source, "--json", yard=yard)
    shown = call("jobs", "rejects", job.id, "--content", yard=yard)

    rowids = rowids_of(oracle)
    assert [rowids[3], rowids[4]] == [reject["rowid"] for reject in first["rejects"]]
    assert ([rowids[5]], None) == ([r["rowid"] for r in rest["rejects"]], rest["next"])
    assert {("nul", "WORD", None)} == {
        (r["code"], r["column"], r["content"]) for r in [*first["rejects"], *rest["rejects"]]
    }
    assert b"se\0cret".hex() == whole["rejects"][0]["content"]["WORD"]["hex"]
    assert 422 == missing.status_code
    assert (1, first["rejects"][0]) == (listed.exit_code, json.loads(listed.stdout)[0])
    assert b"se\0cret".hex() in shown.stdout


def call(*words, yard):
    """`oraferry` in this process, with the yard's settings."""
    return CliRunner().invoke(app, words, env=yard.environment)
