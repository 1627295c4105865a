"""A worker dies between any two steps of PLAN, COPY, FINISH and CONCLUDE; nobody can tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psycopg
import pytest

from oraferry.migration.request import DataMigrationRequest
from oraferry.migration.start import start_migration
from oraferry.model import MigrationStatus

# Lines of a run to stop at, spread evenly; ORAFERRY_STOPS=all takes each (make chaos).
STOPS = os.environ.get("ORAFERRY_STOPS", "16")
PARTS = range(8 if STOPS == "all" else 1)  # for pytest's workers to share
ROWS = 60
SCHEMA = (
    "CREATE TABLE parents (id NUMBER(9) PRIMARY KEY, word VARCHAR2(20))",
    "CREATE TABLE bare (parent NUMBER(9) REFERENCES parents, at DATE)",
    "CREATE SEQUENCE numbers START WITH 17",
    f"INSERT INTO parents SELECT level, 'word ' || level FROM dual CONNECT BY level <= {ROWS}",
    # Twice the same without a key: neither one more nor one less would be noticed by a key.
    "INSERT INTO bare SELECT id, DATE '2024-02-29' FROM parents",
    "INSERT INTO bare SELECT id, DATE '2024-02-29' FROM parents",
)


class Ring:
    """Jobs of the same tables, each into a schema of its own, by workers that may die."""

    def __init__(self, oracle, yard):
        self.yard = yard
        self._schema = oracle.schema
        self._number = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.scenarios.stopper"],
            env=yard.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self):
        """A new job."""
        self._number += 1
        names = [f"{self._schema}.{table}" for table in ("PARENTS", "BARE")]
        request = DataMigrationRequest(tables=names, target_schema=f"s{self._number}")
        return start_migration(request, self.yard.services)

    def work(self, job, stop=None):
        """A worker for the job, until it ends or dies at *stop*: its answer."""
        self._process.stdin.write(json.dumps({"job": job.id, "stop": stop}) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def go_on(self, job):
        """Another worker, to the job's end; in this process, where all is open already."""
        self.yard.carry_out(job)

    def pass_time(self):
        """The dead worker's lease expires, and the back-off after it too."""
        store = self.yard.services.store
        with psycopg.connect(self.yard.environment["ORAFERRY_STORE_DSN"], autocommit=True) as own:
            own.execute("UPDATE oraferry_jobs.task SET lease_until = now() - interval '1 second'")
            store.reap_leases()
            own.execute("UPDATE oraferry_jobs.task SET next_at = now()")

    def result(self, job):
        """Everything that a run must not be able to differ in."""
        schema = f"s{self._number}"
        found = self.yard.services.store.get_migration_job(job.id)
        tables = self.yard.services.store.list_progress(job.id)
        return {
            "verdict": (found.status, found.verified, found.error and found.error.message),
            "tables": [(t.target_rows, t.target_digest, t.chunks_done, t.phase) for t in tables],
            "parents": self.yard.rows(f"SELECT * FROM {schema}.parents ORDER BY id"),
            "bare": self.yard.rows(f"SELECT * FROM {schema}.bare ORDER BY parent"),
            "ledger": self.yard.rows(
                "SELECT task_number, table_number, rows, digest FROM oraferry.ledger "
                f"WHERE job_id = '{job.id}' ORDER BY 1"
            ),
            "keys": self.yard.rows(
                f"SELECT contype, convalidated, replace(pg_get_constraintdef(oid), '{schema}.', '') "
                f"FROM pg_constraint WHERE connamespace = '{schema}'::regnamespace ORDER BY 1, 3"
            ),
            "sequences": self.yard.rows(f"SELECT last_value FROM {schema}.numbers"),
        }

    def close(self):
        """No more commands."""
        self._process.stdin.close()
        self._process.wait(timeout=30)


@pytest.fixture
def ring(oracle, make_yard):
    """A source, a target, a store, and workers that can be stopped at a line."""
    oracle.run(*SCHEMA)
    opened = Ring(oracle, make_yard(chunk_rows=25, batch_rows=20, lease_seconds=30))
    yield opened
    opened.close()


def choose(lines, part):
    """The lines to stop at."""
    if STOPS == "all":
        return lines[part :: len(PARTS)]
    step = max(1, len(lines) // int(STOPS))
    return lines[step // 2 :: step]


@pytest.mark.parametrize("part", PARTS)
def test_a_worker_may_die_between_any_two_steps(ring, part):
    """
    Given a run that is not disturbed, when a worker is killed with SIGKILL at a line of the
    same work and another goes on, then rows, ledger, keys, sequences and verdict are the same.
    """
    undisturbed = ring.begin()
    lines = ring.work(undisturbed)["lines"]
    expected = ring.result(undisturbed)
    assert (MigrationStatus.COMPLETED, True, None) == expected["verdict"]
    assert (ROWS, 2 * ROWS) == (len(expected["parents"]), len(expected["bare"]))
    kinds = {file for file, _ in lines}
    assert {
        "migration/run.py",
        "postgres/copier.py",
        "postgres/finish.py",
        "jobs/claims.py",
    } <= kinds

    differing, deaths, stops = [], 0, choose(lines, part)
    for stop in stops:
        job = ring.begin()
        deaths += ring.work(job, stop)["signal"] == 9
        ring.pass_time()
        ring.go_on(job)
        found = ring.result(job)
        differing += [(stop, what) for what in expected if expected[what] != found[what]]

    assert [] == differing
    assert deaths >= len(stops) * 0.9
    print(f"{deaths} deaths at {len(stops)} of {len(lines)} lines")
