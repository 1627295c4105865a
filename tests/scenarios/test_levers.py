"""Levers: what is dropped for a load comes back, whatever happens to the job."""

from __future__ import annotations

import uuid

import psycopg
import pytest
from fastapi.testclient import TestClient

from oraferry.api.app import create_app
from oraferry.errors import JobStateConflict
from oraferry.migration.restoring import restore_levers
from oraferry.model import MigrationStatus
from oraferry.worker import Worker
from tests.scenarios.conftest import load_facts

OBJECTS = (
    "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = 'app.facts'::regclass "
    "UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE conrelid = 'app.facts'::regclass "
    "UNION ALL SELECT tgname || tgenabled::text FROM pg_trigger "
    "WHERE tgrelid = 'app.facts'::regclass AND NOT tgisinternal ORDER BY 1"
)
ALL = {"indexes_after": True, "keys_after": True, "triggers_off": True, "index_workers": 0}


@pytest.fixture
def yard(oracle, make_yard):
    """A thousand rows, and a target table with everything that slows a load."""
    load_facts(oracle, 1_000)
    made = make_yard(chunk_rows=250)
    with psycopg.connect(made.target_dsn) as connection:
        connection.execute(
            """
            CREATE SCHEMA app;
            CREATE TABLE app.kind (word varchar(20) PRIMARY KEY);
            INSERT INTO app.kind SELECT 'word ' || n FROM generate_series(0, 999) n;
            CREATE TABLE app.facts (
              id bigint CONSTRAINT facts_pk PRIMARY KEY, amount numeric(14,2),
              word varchar(20) CONSTRAINT facts_kind_fk REFERENCES app.kind,
              at timestamp(0));
            CREATE INDEX "Facts by Word" ON app.facts (word, upper(word) DESC) WHERE id > 5;
            CREATE INDEX kept ON app.facts (amount);
            COMMENT ON INDEX app.kept IS 'somebody''s';
            CREATE FUNCTION app.refuse() RETURNS trigger LANGUAGE plpgsql AS
              $$ BEGIN RAISE EXCEPTION 'fired'; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON app.facts
              FOR EACH ROW EXECUTE FUNCTION app.refuse();
            """
        )
    return made


def test_what_slows_a_load_is_away_for_its_time(yard):
    """
    After the plan, indexes, keys and triggers are gone and recorded; after the job they are as
    they were, and the trigger has not fired.
    """
    before = yard.rows(OBJECTS)
    job = yard.submit(
        "FACTS", mode="append", target_schema="app", levers=ALL, accept_differences=True
    )

    Worker(yard.services).work_once()

    assert [("CREATE INDEX kept ON app.facts USING btree (amount)",), ("refuseD",)] == yard.rows(
        OBJECTS
    )
    done = yard.carry_out(job)
    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    assert before == yard.rows(OBJECTS)
    assert [(1_000,)] == yard.rows("SELECT count(*) FROM app.facts")
    assert [(0,)] == yard.rows("SELECT count(*) FROM oraferry.lever WHERE restored_at IS NULL")
    assert any("oraferry.lever" in note for note in done.notes)


def test_a_key_that_cannot_come_back_keeps_its_statement(yard):
    """
    Rows that break the key are in: the job says so, and the definition is not lost.
    """
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute("ALTER TABLE app.facts DISABLE TRIGGER refuse")
        connection.execute("INSERT INTO app.facts (id) VALUES (7)")

    yard.move("FACTS", mode="append", target_schema="app", levers=ALL, accept_differences=True)

    ((kind, statement),) = yard.rows(
        "SELECT kind, restore FROM oraferry.lever WHERE restored_at IS NULL"
    )
    assert ("key", True) == (kind, "facts_pk" in statement and "PRIMARY KEY (id)" in statement)


def test_a_cancelled_jobs_levers_are_brought_back_by_hand(yard):
    """
    A job that ended in its middle leaves what `jobs restore` needs.
    """
    before = yard.rows(OBJECTS)
    job = yard.submit(
        "FACTS", mode="append", target_schema="app", levers=ALL, accept_differences=True
    )
    Worker(yard.services).work_once()
    with pytest.raises(JobStateConflict):
        restore_levers(job.id, yard.services)
    yard.services.store.request_cancel(job.id)
    assert before != yard.rows(OBJECTS)

    assert [] == restore_levers(job.id, yard.services)
    with TestClient(create_app(yard.services), base_url="http://127.0.0.1:8085") as client:
        answer = client.post(f"/migrations/{job.id}/restore")
        assert (200, {"notes": []}) == (answer.status_code, answer.json())
        assert 404 == client.post(f"/migrations/{uuid.uuid4()}/restore").status_code

    assert before == yard.rows(OBJECTS)


def test_own_tables_are_unlogged_frozen_and_then_like_any_other(yard):
    """
    Created tables are UNLOGGED until the job ends; one of a single chunk is frozen by its COPY,
    and its rows are still told by the transaction that wrote them.
    """
    levers = {
        "unlogged": True,
        "freeze": True,
        "asynchronous_commit": True,
        "maintenance_work_mem": "64MB",
    }
    persistence = "SELECT relpersistence FROM pg_class WHERE oid = 'own.facts'::regclass"
    job = yard.submit("FACTS", target_schema="own", levers=levers, chunk_rows=100_000)
    worker = Worker(yard.services)
    worker.work_once()
    assert [("u",)] == yard.rows(persistence)
    worker.work_once()
    with psycopg.connect(yard.target_dsn, autocommit=True) as connection:
        connection.execute("ANALYZE own.facts")
    ((pages, visible),) = yard.rows(
        "SELECT relpages, relallvisible FROM pg_class WHERE oid = 'own.facts'::regclass"
    )
    assert pages == visible > 0

    done = yard.carry_out(job)

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    assert [("p",)] == yard.rows(persistence)
    assert any("UNLOGGED" in note for note in done.notes)


STORED = (
    "SELECT c.relname, t.spcname, c.reloptions, x.indisprimary, "
    "(SELECT array_agg(coalesce(a.attstattarget, -1)) FROM pg_attribute a WHERE a.attrelid = c.oid) "
    "FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid "
    "LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace "
    "WHERE x.indrelid = 'app.facts'::regclass ORDER BY 1"
)


@pytest.fixture
def tablespace(yard):
    """A tablespace of the server's own, empty again when it goes."""
    name = f"{yard.target_dsn.rpartition('/')[2]}_space"
    with psycopg.connect(yard.target_dsn, autocommit=True) as connection:
        connection.execute("SET allow_in_place_tablespaces = on")
        connection.execute(f"CREATE TABLESPACE {name} LOCATION ''")
    yield name
    with psycopg.connect(yard.target_dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE app.facts")
        connection.execute(f"DROP TABLESPACE {name}")


def test_what_is_back_is_stored_as_it_was(yard, tablespace):
    """
    Tablespaces, fill factors, statistics targets and deferrable keys come back; a trigger that
    fires always is silent too, and fires always again. A published table keeps its primary key.
    """
    index = "CREATE INDEX {0} ON app.facts (upper(word)) WITH (fillfactor = 60) TABLESPACE {1}{2}"
    with psycopg.connect(yard.target_dsn) as connection:
        for statement in (
            "ALTER TABLE app.facts ENABLE ALWAYS TRIGGER refuse",
            index.format("a", tablespace, " WHERE word <> ' WHERE '"),
            index.format("b", tablespace, ""),
            "ALTER INDEX app.a ALTER COLUMN 1 SET STATISTICS 700",
            "ALTER TABLE app.facts ADD CONSTRAINT late UNIQUE (id, at) WITH (fillfactor = 80, "
            f"deduplicate_items = off) USING INDEX TABLESPACE {tablespace} "
            "DEFERRABLE INITIALLY DEFERRED",
            "CREATE PUBLICATION news FOR TABLE app.facts",
        ):
            connection.execute(statement)
    before = yard.rows(STORED), yard.rows(OBJECTS)
    job = yard.submit(
        "FACTS", mode="append", target_schema="app", levers=ALL, accept_differences=True
    )
    Worker(yard.services).work_once()
    assert ["facts_pk", "kept"] == [row[0] for row in yard.rows(STORED)]

    done = yard.carry_out(job)

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    assert before == (yard.rows(STORED), yard.rows(OBJECTS))


def test_partitioned_tables_keep_what_they_have(yard):
    """
    And the job says so, instead of that it was taken away.
    """
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute("ALTER TABLE app.facts DISABLE TRIGGER refuse")
        connection.execute("ALTER TABLE app.facts RENAME TO part")
        connection.execute("CREATE TABLE app.facts (LIKE app.part) PARTITION BY RANGE (id)")
        connection.execute("ALTER TABLE app.facts ATTACH PARTITION app.part DEFAULT")

    done = yard.move(
        "FACTS", mode="append", target_schema="app", levers=ALL, accept_differences=True
    )

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    assert any("is partitioned" in note for note in done.notes)
