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
from oraferry.oracle import careful, large
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
    return work_on(yard, yard.submit(*tables, **options))


def work_on(yard, job):
    """The job, when there is nothing to do any more."""
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
    why, and the quarantine table holds no row of a chunk that is not in; resumed with a higher
    limit it goes on to its end.
    """
    load_facts(oracle, 20_000)
    for id in range(1_000, 20_000, 4_000):
        oracle.run(f"UPDATE facts SET word = CHR(0) WHERE id = {id}")
    yard = make_yard(chunk_rows=4_000)

    job = run(yard, "FACTS", max_bad_rows=2)

    assert (MigrationStatus.FAILED, "TooManyBadRows") == (job.status, job.error.code)
    assert TARGET == get_exit_code_of(job)
    assert "max_bad_rows" in job.error.hint
    counted = "SELECT count(*), (SELECT sum(set_aside)::int FROM oraferry.ledger) FROM oraferry.quarantine"
    assert [(2, 2)] == yard.rows(counted)

    resumed = call("jobs", "resume", job.id, "--max-bad-rows", "5", yard=yard)
    done = work_on(yard, job)

    assert 0 == resumed.exit_code, resumed.output
    assert (MigrationStatus.COMPLETED, False) == (done.status, done.verified), done.error
    assert [(5, 5)] == yard.rows(counted)


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
    assert (3, first["rejects"][0]) == (listed.exit_code, json.loads(listed.stdout)[0])
    assert b"se\0cret".hex() in shown.stdout


def call(*words, yard):
    """`oraferry` in this process, with the yard's settings."""
    return CliRunner().invoke(app, words, env=yard.environment)


def test_a_row_that_oracle_cannot_compute_is_found_by_halving(oracle, make_yard):
    """
    Given an expression that fails for two rows among hundreds, which ends the fetch without
    naming them, when the table is moved, then exactly those are set aside, and what can be
    read of them is kept.
    """
    load_facts(oracle, 600)
    oracle.run(
        "UPDATE facts SET word = TO_CHAR(id)",
        "UPDATE facts SET word = 'x' || CHR(0), at = DATE '-0044-03-15' WHERE id IN (7, 431)",
    )
    yard = make_yard(batch_rows=100)
    name = f"{yard.schema}.FACTS"
    options = {name: {"expressions": {"WORD": {"sql": "TO_NUMBER(word)", "type": "NUMBER"}}}}

    job = run(yard, "FACTS", table_options=options)

    assert (MigrationStatus.COMPLETED, False) == (job.status, job.verified), job.error
    rowids = rowids_of(oracle)
    found = list_quarantine(yard, "source_rowid, column_name, code, content")
    for id, row in zip((7, 431), sorted(found, key=lambda row: int(row[3]["ID"])), strict=True):
        assert (rowids[id], "WORD", "ORA-01722", str(id)) == (*row[:3], row[3]["ID"])
        assert {"unreadable": True} == row[3]["WORD"]
    assert [(598,)] == yard.rows(f"SELECT count(word) FROM {yard.schema.lower()}.facts")


def test_a_lob_that_no_column_holds_is_not_even_fetched(oracle, make_yard, monkeypatch):
    """
    A LOB over the limit costs its row, whose other values are kept; the LOB is not read.
    """
    for module in (large, careful):
        monkeypatch.setattr(module, "LOB_LIMIT", 10_000)
    oracle.run(
        "CREATE TABLE papers (id NUMBER(9) PRIMARY KEY, body CLOB, scan BLOB)",
        "INSERT INTO papers SELECT LEVEL, TO_CLOB('fits'), NULL FROM dual CONNECT BY LEVEL <= 30",
    )
    with oracle.connect() as connection:
        connection.cursor().execute("UPDATE papers SET body = :1 WHERE id = 9", ["é" * 10_000])
        connection.commit()
    yard = make_yard()

    job = run(yard, "PAPERS")

    assert (MigrationStatus.COMPLETED, False) == (job.status, job.verified), job.error
    assert [
        ("BODY", "too-long", {"ID": "9", "BODY": {"length": 10_000}, "SCAN": {"length": 0}})
    ] == (yard.rows("SELECT column_name, code, content FROM oraferry.quarantine"))
    assert [(29,)] == yard.rows(f"SELECT count(*) FROM {yard.schema.lower()}.papers")


def test_rows_without_rowids_are_known_by_their_content(oracle, make_yard):
    """
    Given a view, whose rows have no ROWIDs, with equal rows in it and a target that takes each
    of them once, when it is moved, then as many of the equal rows are set aside as must be.
    """
    load_facts(oracle, 300)
    oracle.run(
        "UPDATE facts SET word = 'a' || CHR(0) WHERE id = 5",
        "CREATE VIEW twofold AS SELECT id, word FROM facts UNION ALL "
        "SELECT id, word FROM facts WHERE id <= 20",
    )
    yard = make_yard(batch_rows=50)
    schema = yard.schema.lower()
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"CREATE TABLE {schema}.twofold (id bigint PRIMARY KEY, word text)")

    job = run(yard, "TWOFOLD", mode="append", accept_differences=True)

    assert (MigrationStatus.COMPLETED, False) == (job.status, job.verified), job.error
    assert [("23505", 19), ("nul", 2)] == yard.rows(
        "SELECT code, count(*) FROM oraferry.quarantine WHERE source_rowid IS NULL "
        "GROUP BY code ORDER BY code"
    )
    assert [(299, 299)] == yard.rows(f"SELECT count(*), count(DISTINCT id) FROM {schema}.twofold")


def test_a_child_that_comes_before_its_parent_is_no_bad_row(oracle, make_yard):
    """
    Given a table that refers to itself, children first, and one other bad row, when it is
    loaded under its foreign key, then only the bad row and the real orphan are set aside.
    """
    oracle.run(
        "CREATE TABLE staff (id NUMBER(9), boss NUMBER(9), name VARCHAR2(9))",
        "INSERT INTO staff SELECT LEVEL, CASE WHEN LEVEL < 200 THEN LEVEL + 1 END, 'n' "
        "FROM dual CONNECT BY LEVEL <= 200",
        "UPDATE staff SET boss = 999 WHERE id = 30",
        "UPDATE staff SET name = NULL WHERE id = 60",
    )
    yard = make_yard(batch_rows=16)
    schema = yard.schema.lower()
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(
            f"CREATE TABLE {schema}.staff (id bigint PRIMARY KEY, "
            f"boss bigint REFERENCES {schema}.staff, name text NOT NULL)"
        )

    job = run(yard, "STAFF", mode="append", accept_differences=True)

    # 29 children hang on 30, and 59 to 31 on 60.
    assert (MigrationStatus.COMPLETED, False) == (job.status, job.verified), job.error
    assert [("23502", 60, 60, 1), ("23503", 1, 59, 59)] == yard.rows(
        "SELECT code, min((content->>'ID')::int), max((content->>'ID')::int), count(*)::int "
        "FROM oraferry.quarantine GROUP BY code ORDER BY code"
    )


def test_workers_that_die_double_no_reject_and_the_limit_is_exact(oracle, make_yard):
    """
    Given a bad row in each of many chunks and two workers, when one is killed,
    then every bad row is in the quarantine table once; and with a limit one short of them the
    job fails with exactly as many set aside as are allowed.
    """
    load_facts(oracle, 30_000)
    oracle.run("UPDATE facts SET word = CHR(0) WHERE MOD(id, 2500) = 1250")
    yard = make_yard(chunk_rows=2_500, batch_rows=500)
    yard.start_worker()
    victim = yard.start_worker()
    job = yard.submit("FACTS")
    yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 3)
    yard.kill(victim)
    done = yard.wait_until_done(job)

    assert (MigrationStatus.COMPLETED, False) == (done.status, done.verified), done.error
    assert [(12, 12)] == yard.rows(
        "SELECT count(*), count(DISTINCT source_rowid) FROM oraferry.quarantine"
    )
    assert [(29_988,)] == yard.rows(f"SELECT count(*) FROM {yard.schema.lower()}.facts")

    limited = run(yard, "FACTS", target_schema="limited", max_bad_rows=11)
    limited = yard.wait_until_done(limited)

    assert (MigrationStatus.FAILED, "TooManyBadRows") == (limited.status, limited.error.code)
    assert [(11, 11)] == yard.rows(
        "SELECT count(*), (SELECT sum(set_aside)::int FROM oraferry.ledger "
        f"WHERE job_id = '{limited.id}') FROM oraferry.quarantine WHERE job_id = '{limited.id}'"
    )


def test_an_upsert_leaves_the_rows_of_bad_ones_alone(oracle, make_yard):
    """
    Given rows of the target that bad rows of the source would replace, when they are upserted,
    then those stay as they were, and every good row is there.
    """
    load_facts(oracle, 500)
    oracle.run(
        "UPDATE facts SET word = 'a' || CHR(0) WHERE id = 5",
        "UPDATE facts SET amount = NULL WHERE id = 400",
    )
    yard = make_yard(batch_rows=100)
    schema = yard.schema.lower()
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(
            f"CREATE TABLE {schema}.facts (id bigint PRIMARY KEY, amount numeric NOT NULL, "
            "word text, at timestamp)"
        )
        connection.execute(
            f"INSERT INTO {schema}.facts VALUES (5, 0, 'old'), (6, 0, 'old'), (9999, 0, 'mine')"
        )

    job = run(yard, "FACTS", mode="upsert", accept_differences=True)

    assert (MigrationStatus.COMPLETED, False) == (job.status, job.verified), job.error
    assert [("23502", "400"), ("nul", "5")] == sorted(
        yard.rows("SELECT code, content->>'ID' FROM oraferry.quarantine")
    )
    assert [(5, "old"), (6, "word 6"), (9999, "mine")] == yard.rows(
        f"SELECT id, word FROM {schema}.facts WHERE id IN (5, 6, 400, 9999) ORDER BY id"
    )
    assert [(500,)] == yard.rows(f"SELECT count(*) FROM {schema}.facts")


def test_many_small_tables_each_keep_their_own_rejects(oracle, make_yard):
    """
    Tables so small that their tasks are claimed together set their rows aside one by one; the
    limit of the job counts all of them.
    """
    for number in range(12):
        oracle.run(
            f"CREATE TABLE small{number} (id NUMBER(9), word VARCHAR2(9))",
            f"INSERT INTO small{number} SELECT LEVEL, CASE WHEN LEVEL = 2 THEN CHR(0) END "
            "FROM dual CONNECT BY LEVEL <= 3",
        )
    yard = make_yard()

    job = run(yard, "SMALL*")
    stopped = run(yard, "SMALL*", target_schema="few", max_bad_rows_per_job=7)

    assert (MigrationStatus.COMPLETED, False) == (job.status, job.verified), job.error
    seen = yard.services.store.list_progress(job.id)
    assert {(1, 2, 2)} == {(t.set_aside, t.source_rows, t.target_rows) for t in seen}
    assert (MigrationStatus.FAILED, "TooManyBadRows") == (stopped.status, stopped.error.code)
    assert [(7,)] == yard.rows(
        f"SELECT count(*) FROM oraferry.quarantine WHERE job_id = '{stopped.id}'"
    )
