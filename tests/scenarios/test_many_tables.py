"""Many small tables: their tasks are carried out together, and still stand alone."""

from __future__ import annotations

import random
from contextlib import closing

import pytest

from oraferry.broker.bell import PostgresBell
from oraferry.model import MigrationStatus
from oraferry.worker import Worker

TABLES = [f"T{number:02}" for number in range(30)]
ROWS = 7


@pytest.fixture
def many(oracle):
    """Thirty tables of seven rows, each with a key, an index and a comment."""
    for name in TABLES:
        oracle.run(
            f"CREATE TABLE {name} (id NUMBER(9) PRIMARY KEY, word VARCHAR2(20))",
            f"INSERT INTO {name} SELECT level, 'word ' || level FROM dual CONNECT BY level <= {ROWS}",
            f"CREATE INDEX {name}_words ON {name} (word)",
            f"COMMENT ON TABLE {name} IS 'it''s {name}; 100%'",
        )
    return oracle


def copy_all(yard, job):
    """A worker in this process, when every chunk is in and no table is finished."""
    worker = Worker(yard.services)
    while yard.chunks_done(job) < len(TABLES):
        assert worker.work_once()
    return worker


def objects_of(yard, schema):
    """Per table: keys and indexes by name, the comment, whether there are statistics."""
    return yard.rows(
        "SELECT upper(c.relname), array_agg(lower(i.relname)::text ORDER BY i.relname), "
        "obj_description(c.oid), c.reltuples FROM pg_class c "
        "JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid "
        f"WHERE c.relnamespace = '{schema}'::regnamespace GROUP BY c.oid ORDER BY 1"
    )


def test_every_table_of_many_is_whole(many, make_yard):
    """
    Given thirty small tables, when a worker finishes several at once, then each has its rows,
    its verdict, its key, its index, its comment and its statistics.
    """
    yard = make_yard()
    job = yard.submit(*TABLES)
    worker = copy_all(yard, job)

    rounds = 0
    while worker.work_once():
        rounds += 1

    done = yard.services.store.get_migration_job(job.id)
    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    assert rounds < len(TABLES)
    tables = yard.services.store.list_progress(job.id)
    assert [(ROWS, True, "done")] * len(TABLES) == [
        (t.target_rows, t.verified, t.phase) for t in tables
    ]
    found = objects_of(yard, yard.schema.lower())
    assert TABLES == [name for name, *_ in found]
    for name, indexes, comment, rows in found:
        assert 2 == len(indexes) and f"{name.lower()}_words" in indexes
        assert (f"it's {name}; 100%", ROWS) == (comment, rows)


def test_keys_and_indexes_that_cannot_be_made_are_told(oracle, make_yard):
    """
    Given a key whose values are the same once their nanoseconds are cut, and an index of texts
    too long for one, when the tables are in and verified, then the job's notes name both.
    """
    oracle.run(
        "CREATE TABLE fine (at TIMESTAMP(9) CONSTRAINT fine_pk PRIMARY KEY)",
        "INSERT INTO fine VALUES (TIMESTAMP '2024-01-01 00:00:00.000000001')",
        "INSERT INTO fine VALUES (TIMESTAMP '2024-01-01 00:00:00.000000002')",
        "CREATE TABLE long (text VARCHAR2(4000))",
        f"INSERT INTO long VALUES ('{random.Random(1).randbytes(2_000).hex()}')",
        "CREATE INDEX long_ix ON long (text)",
    )
    yard = make_yard()

    done = yard.move("FINE", "LONG")

    assert done.verified
    schema = yard.schema.lower()
    expected = (f"{schema}.fine: primary key fine_pk", f"{schema}.long: index long_ix")
    assert expected == tuple(
        note.partition(" was not made: ")[0] for note in done.notes if " was not made: " in note
    )


def test_a_table_that_is_gone_costs_no_other(many, make_yard):
    """
    Given thirty loaded tables, when somebody drops one before it is verified, then the job
    fails for this one, and those that were to be finished with it are verified.
    """
    yard = make_yard(max_attempts=1)
    job = yard.submit(*TABLES)
    worker = copy_all(yard, job)
    yard.execute(f"DROP TABLE {yard.schema.lower()}.t03")

    while worker.work_once():
        pass

    done = yard.services.store.get_migration_job(job.id)
    assert MigrationStatus.FAILED == done.status
    assert "t03" in done.error.message
    tables = {t.source.rpartition(".")[2]: t for t in yard.services.store.list_progress(job.id)}
    assert tables["T03"].verified is None
    assert [True] * 3 == [tables[name].verified for name in ("T00", "T01", "T02")]
    assert [True] * 2 == [tables[name].verified for name in ("T04", "T05")]


def test_the_bell_rings_when_a_job_is_planned(oracle, make_yard):
    """
    Given a lane that heard of a job and found another planning it, when its chunks are there,
    then the bell rings again, instead of letting the lane wait for its next look.
    """
    oracle.run("CREATE TABLE planned (a NUMBER(9))")
    yard = make_yard()
    with closing(PostgresBell(yard.settings.require("store_dsn"))) as ears:
        ears.wait(0.01)  # from here on it hears
        job = yard.submit("PLANNED")
        assert job.id == ears.wait(10)

        Worker(yard.services).work_once()

        assert job.id == ears.wait(10)


def test_chunks_count_only_when_they_are_on_disk(many, make_yard):
    """
    Given a target that ends the session which waits for the disk, once, when a worker goes on,
    then the chunks of that batch are looked at again and every table is verified.
    """
    yard = make_yard()
    job = yard.submit(*TABLES)
    worker = Worker(yard.services)
    assert worker.work_once()
    yard.execute(
        "CREATE SEQUENCE oraferry.hiccup; CREATE FUNCTION oraferry.fail_once() RETURNS trigger "
        "LANGUAGE plpgsql AS $$ BEGIN IF nextval('oraferry.hiccup') = 1 THEN "
        "RAISE EXCEPTION 'going down' USING ERRCODE = '57P01'; END IF; RETURN NEW; END $$; "
        "CREATE TRIGGER hiccup BEFORE UPDATE OF committed_at ON oraferry.ledger "
        "FOR EACH ROW EXECUTE FUNCTION oraferry.fail_once()"
    )

    yard.wait_for("all is done", lambda: not worker.work_once() and yard.is_over(job))

    done = yard.services.store.get_migration_job(job.id)
    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    retries = sum(t.retries for t in yard.services.store.list_progress(job.id))
    # The first batch is a quarter of what is ready: its chunks are in, and found again.
    assert len(TABLES) // 4 - 1 <= retries <= len(TABLES)
    rows = yard.rows(f"SELECT count(*) FROM {yard.schema.lower()}.t00")
    assert [(ROWS,)] == rows


def test_workers_die_among_many_tables(many, make_yard):
    """
    Given two workers that hold several small tables each, when they are killed in turn, then
    the others go on and every table has its rows once.
    """
    yard = make_yard(lease_seconds=60)
    workers = [yard.start_worker(), yard.start_worker()]
    job = yard.submit(*TABLES)

    for turn, goal in enumerate((4, 16)):
        yard.wait_for("chunks are in", lambda goal=goal: yard.ledger_rows(job) >= goal)
        yard.kill(workers[turn % 2])
        workers[turn % 2] = yard.start_worker()

    done = yard.wait_until_done(job)
    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    counts = " UNION ALL ".join(
        f"SELECT count(*), count(DISTINCT id) FROM {yard.schema.lower()}.{name}" for name in TABLES
    )
    assert [(ROWS, ROWS)] * len(TABLES) == yard.rows(counts)
    assert len(TABLES) == yard.ledger_rows(job)
