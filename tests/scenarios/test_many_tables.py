"""Many small tables: their tasks are carried out together, and still stand alone."""

from __future__ import annotations

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
