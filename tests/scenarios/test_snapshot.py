"""Oracle forgets how a table was: chunks get smaller, or the user's wish decides."""

from __future__ import annotations

import io

import psycopg
import pytest
from rich.console import Console

from oraferry.cli.render import print_job
from oraferry.errors import LeaseLost
from oraferry.migration.run import run_task
from oraferry.migration.start import resume_migration
from oraferry.model import MigrationStatus, Throttle
from oraferry.worker import Worker
from tests.scenarios.conftest import load_facts

ROWS = 9_000
FACTS = r'FROM "FERRY"."FACTS" AS OF SCN'


class Steps:
    """A worker in this process, one task at a time: what happens between is not left to luck."""

    def __init__(self, oracle, make_yard, **options):
        self.yard = make_yard(chunk_rows=ROWS // 2, batch_rows=250)
        self.job = self.yard.submit("FACTS", **options)
        self._worker = Worker(self.yard.services)

    def take(self, count):
        """Carry out so many tasks."""
        for _ in range(count):
            self.yard.wait_for("a task is ready", self._worker.work_once)

    def end(self):
        """Carry out all that comes; the job in its terminal status."""

        def is_over():
            self._worker.work_once()
            job = self.yard.services.store.get_migration_job(self.job.id)
            return job.finished_at and job

        return self.yard.wait_for("the job ends", is_over)

    def table(self):
        """The table's progress."""
        (found,) = self.yard.services.store.list_progress(self.job.id)
        return found

    def rows(self):
        """(id, amount) on the target, sorted."""
        found = self.yard.rows(f"SELECT id, amount FROM {self.yard.schema.lower()}.facts")
        return sorted((int(i), int(a)) for i, a in found)


def read_source(simulator):
    """(id, amount) in the source as it is now, sorted."""
    with simulator.connect() as connection:
        rows = connection.cursor().execute("SELECT id, amount FROM facts").fetchall()
    return sorted((int(i), int(a)) for i, a in rows)


def tell(store, job):
    """What `oraferry jobs show` says."""
    console = Console(file=io.StringIO(), width=200)
    print_job(store, job, console)
    return console.file.getvalue()


CHANGES = (
    "UPDATE facts SET amount = 0 WHERE id <= 10",
    "DELETE FROM facts WHERE id BETWEEN 11 AND 20",
    "INSERT INTO facts SELECT id + 1000000, amount, word, at FROM facts WHERE id > 7000",
)


def test_undo_gone_in_one_chunk_cuts_it(simulator, make_yard):
    """
    Given ORA-01555 in the middle of a chunk, once, when it is cut, then its parts are read
    at the same SCN and every row is there once.
    """
    load_facts(simulator, ROWS)
    before = read_source(simulator)
    steps = Steps(simulator, make_yard)
    simulator.server.faults.raise_error(1555, matching=r"oraferry.*" + FACTS, at_fetch=3)

    done = steps.end()

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    assert before == steps.rows()
    table = steps.table()
    assert (1, 0) == (table.splits, table.restarts)
    assert [(done.scn, ROWS)] == [(read.scn, read.rows) for read in table.reads]
    assert table.chunks_total > 2 and table.rows_again >= 250
    troubles = steps.yard.services.store.list_troubles(done.id)
    assert [("SnapshotTooOld", 1)] == [(t.code, t.count) for t in troubles]
    told = tell(steps.yard.services.store, done)
    assert "Tried again" in told and "1 chunk made smaller" in told
    assert f"{table.rows_again:,} rows read again" in told and "SnapshotTooOld ×1" in told


def test_undo_gone_for_good_stops_until_the_user_decides(simulator, make_yard):
    """
    Given undo that is gone for good, when nothing else was asked for, then the job fails
    with what to do; and when it is resumed with restart_table, then the table is whole at
    a later SCN.
    """
    load_facts(simulator, ROWS)
    steps = Steps(simulator, make_yard)
    steps.take(2)
    simulator.run(*CHANGES)
    simulator.simulator.expire_undo()
    failed = steps.end()
    assert (MigrationStatus.FAILED, "SnapshotTooOld") == (failed.status, failed.error.code)
    assert f"jobs resume {failed.id} --snapshot-lost restart_table" in failed.error.hint
    assert ROWS // 8 < len(steps.rows()) < ROWS * 3 // 4

    services = steps.yard.services
    resume_migration(failed.id, services.store, services.broker, snapshot_lost="restart_table")
    done = steps.end()

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    assert read_source(simulator) == steps.rows()
    (read,) = steps.table().reads
    assert (1, True) == (steps.table().restarts, read.scn > done.scn)
    told = tell(services.store, done)
    assert f"({read.rows:,} rows) read at SCN {read.scn}" in told
    assert f"at SCN {done.scn} (1 table at a later one)" in told and "Errors" not in told
    assert f"FERRY.FACTS was read at SCN {read.scn}, tables without such a note" in told


@pytest.mark.parametrize("shape", ["rowid", "key"])
def test_continue_later_ends_whole_at_one_moment(simulator, make_yard, shape):
    """
    Given undo that is gone for good while rows come, go and change, when the wish is to
    continue later, then what is in stays until the rest is read at a later SCN, and in the
    end the table is exactly what it was at that one SCN.
    """
    load_facts(simulator, ROWS)
    if shape == "key":
        simulator.run("ALTER TABLE facts ADD CONSTRAINT facts_pk PRIMARY KEY (id)")
    steps = Steps(simulator, make_yard, snapshot_lost="continue_later")
    steps.take(2)
    simulator.run(*CHANGES)
    simulator.simulator.expire_undo()

    done = steps.end()

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    assert read_source(simulator) == steps.rows()
    (read,) = steps.table().reads
    assert read.scn > done.scn
    assert steps.table().rows_again >= ROWS // 4


@pytest.mark.parametrize("mode", ["create", "append"])
def test_a_table_rebuilt_meanwhile_is_begun_anew_if_wanted(simulator, make_yard, mode):
    """
    Given a TRUNCATE and a reload in the middle (ORA-01466, ORA-08103), when the wish is
    restart_table, then the job goes on with the table as it is now; rows of others stay.
    """
    load_facts(simulator, ROWS)
    steps = Steps(simulator, make_yard, snapshot_lost="restart_table", mode=mode)
    steps.take(2)
    if mode == "append":
        with psycopg.connect(steps.yard.target_dsn) as connection:
            connection.execute(f"INSERT INTO {steps.yard.schema.lower()}.facts VALUES (-1, -7)")
    simulator.run("TRUNCATE TABLE facts", "INSERT INTO facts VALUES (1, 7, 'new', SYSDATE)")

    done = steps.end()

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    strangers = [(-1, -7)] if mode == "append" else []
    assert [*strangers, (1, 7)] == steps.rows()


def test_a_changed_definition_is_not_read_on(simulator, make_yard):
    """
    Given another column in the middle, when the table is to be begun anew, then the job
    fails and says why: the column would be forgotten.
    """
    load_facts(simulator, ROWS)
    steps = Steps(simulator, make_yard, snapshot_lost="restart_table")
    steps.take(2)
    simulator.run("ALTER TABLE facts ADD (more NUMBER(3) DEFAULT 5 NOT NULL)")

    failed = steps.end()

    assert (MigrationStatus.FAILED, "SchemaIncompatible") == (failed.status, failed.error.code)


def test_rows_that_others_changed_are_not_taken_for_ours(simulator, make_yard):
    """
    Given rows on the target that somebody changed meanwhile, when a table is to be begun
    anew, then the job fails instead of leaving or removing what it cannot tell apart.
    """
    load_facts(simulator, ROWS)
    steps = Steps(simulator, make_yard, snapshot_lost="restart_table")
    steps.take(2)
    with psycopg.connect(steps.yard.target_dsn) as connection:
        connection.execute(f"UPDATE {steps.yard.schema.lower()}.facts SET word = 'x' WHERE id = 7")
    simulator.simulator.expire_undo()

    failed = steps.end()

    assert (MigrationStatus.FAILED, "TargetError") == (failed.status, failed.error.code)
    assert "changed by others" in failed.error.hint


def test_a_late_claimant_of_a_cut_chunk_loads_nothing(simulator, make_yard):
    """
    Given a worker that froze before its first byte, when its chunk was cut and the parts are
    in, then it wakes up to a number that is not its own any more.
    """
    load_facts(simulator, ROWS)
    before = read_source(simulator)
    steps = Steps(simulator, make_yard)
    steps.take(1)
    services = steps.yard.services
    frozen = services.store.claim_task("frozen", lease_seconds=60)
    with psycopg.connect(steps.yard.environment["ORAFERRY_STORE_DSN"]) as connection:
        connection.execute(
            "UPDATE oraferry_jobs.task SET lease_until = now() WHERE lease_until > now()"
        )
    services.store.reap_leases()
    simulator.server.faults.raise_error(1555, matching=r"oraferry.*" + FACTS, at_fetch=2)
    with psycopg.connect(steps.yard.environment["ORAFERRY_STORE_DSN"]) as connection:
        connection.execute("UPDATE oraferry_jobs.task SET next_at = now()")
    steps.take(8)
    assert 1 == steps.table().splits

    with pytest.raises(LeaseLost):
        run_task(frozen, services, Quiet())

    done = steps.end()
    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    assert before == steps.rows()


class Quiet:
    """A heartbeat that hears nothing: the worker was frozen."""

    throttle = Throttle()

    def check(self):
        """No news."""

    def progress(self, rows, bytes):
        """Nobody counts."""

    def report(self):
        """Nobody listens."""
