"""Workers, brokers and sessions die in the middle; the rows arrive once each."""

from __future__ import annotations

import time

import pytest

from oraferry.model import MigrationStatus
from tests.scenarios.conftest import load_facts

ROWS = 300_000


def assert_each_row_once(yard, job, rows=ROWS):
    """The target equals the source: by count, by distinct ids, by the job's own verification."""
    done = yard.wait_until_done(job)
    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), (
        done.error,
        yard.log.read_text()[-4000:],
    )
    found = yard.rows(
        "SELECT count(*), count(DISTINCT id), sum(id), sum(amount) "
        f"FROM {yard.schema.lower()}.facts"
    )
    total = rows * (rows + 1) // 2
    assert [(rows, rows, total, 7 * total)] == found
    (progress,) = yard.services.store.list_progress(job.id)
    assert (rows, rows, True) == (progress.source_rows, progress.target_rows, progress.verified)
    assert progress.source_digest == progress.target_digest


@pytest.mark.parametrize("kills", [1, 4])
def test_a_killed_worker_loses_and_doubles_nothing(oracle, make_yard, kills):
    """
    Given two workers on one table, when one is killed with SIGKILL in the middle, again and
    again, then the others finish and every row is there once.
    """
    load_facts(oracle, ROWS)
    yard = make_yard(chunk_rows=10_000, batch_rows=1_000)
    yard.start_worker()
    victim = yard.start_worker()
    job = yard.submit("FACTS")

    for turn in range(kills):
        goal = min(5 + turn * 4, 20)
        yard.wait_for("some chunks are in", lambda goal=goal: yard.chunks_done(job) >= goal)
        yard.kill(victim)
        victim = yard.start_worker()

    assert_each_row_once(yard, job)


def test_all_workers_killed_and_started_later(oracle, make_yard):
    """
    Given a job whose only worker was killed, when a worker starts later, then it goes on
    where the ledger ends.
    """
    load_facts(oracle, ROWS)
    yard = make_yard(chunk_rows=10_000)
    worker = yard.start_worker()
    job = yard.submit("FACTS")
    yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 5)

    yard.kill(worker)
    before = yard.chunks_done(job)
    yard.start_worker()

    assert_each_row_once(yard, job)
    assert before >= 5


def test_a_dead_workers_lease_is_not_waited_for(oracle, make_yard):
    """
    Given leases of ten minutes, when the only worker is killed and another started, then the
    job is done long before the lease is over.
    """
    load_facts(oracle, ROWS)
    yard = make_yard(chunk_rows=10_000, lease_seconds=600)
    worker = yard.start_worker()
    job = yard.submit("FACTS")
    yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 5)

    yard.kill(worker)
    yard.start_worker()

    assert_each_row_once(yard, job)


def test_sigterm_ends_a_worker_after_its_chunk(oracle, make_yard):
    """
    Given a running worker, when it gets SIGTERM, then it exits with 0 soon, gives nothing
    back half done, and another worker finishes the job.
    """
    load_facts(oracle, ROWS)
    yard = make_yard(chunk_rows=10_000)
    worker = yard.start_worker()
    job = yard.submit("FACTS")
    yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 3)

    worker.terminate()

    assert 0 == worker.wait(timeout=30)
    yard.workers.remove(worker)
    yard.start_worker()
    assert_each_row_once(yard, job)


def test_rabbitmq_stops_for_ten_seconds(oracle, make_yard, rabbitmq_server, rabbitmq_url):
    """
    Given two workers over RabbitMQ, when the broker stops for ten seconds in the middle,
    then the job completes, and so does a job submitted while it was down.
    """
    load_facts(oracle, ROWS)
    yard = make_yard(chunk_rows=5_000, batch_rows=500, broker_url=rabbitmq_url)
    yard.start_worker()
    yard.start_worker()
    job = yard.submit("FACTS")
    yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 3)

    rabbitmq_server.stop()
    second = yard.submit("FACTS", mode="append", target_schema="elsewhere")
    time.sleep(10)
    rabbitmq_server.start()

    assert_each_row_once(yard, job)
    assert MigrationStatus.COMPLETED is yard.wait_until_done(second).status
    assert [(ROWS,)] == yard.rows("SELECT count(*) FROM elsewhere.facts")


def test_source_session_lost_in_mid_chunk(simulator, make_yard):
    """
    Given a worker that reads, when Oracle drops the socket in the middle of a fetch, then
    the chunk is read again and nothing is doubled.
    """
    load_facts(simulator, ROWS)
    yard = make_yard(chunk_rows=50_000, batch_rows=5_000)
    simulator.server.faults.drop_socket(matching="FACTS", at_fetch=3)
    yard.start_worker()
    job = yard.submit("FACTS")

    assert_each_row_once(yard, job)


def test_target_sessions_terminated(oracle, make_yard):
    """
    Given two workers that copy, when PostgreSQL ends their sessions, then the chunks are
    loaded again, once.
    """
    load_facts(oracle, ROWS)
    yard = make_yard(chunk_rows=20_000, batch_rows=1_000)
    yard.start_worker()
    yard.start_worker()
    job = yard.submit("FACTS")
    yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 2)

    yard.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name LIKE 'oraferry:%' AND pid <> pg_backend_pid()"
    )

    assert_each_row_once(yard, job)


def test_postgresql_crashes_and_comes_back(oracle, make_yard, postgres_server):
    """
    Given two workers, when the PostgreSQL of store and target crashes and comes back, then
    the job completes and every row is there once.
    """
    if postgres_server.embedded is None:
        pytest.skip("the given PostgreSQL is not ours to crash")
    load_facts(oracle, ROWS)
    yard = make_yard(chunk_rows=10_000, batch_rows=1_000)
    yard.start_worker()
    yard.start_worker()
    job = yard.submit("FACTS")
    yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 4)

    postgres_server.embedded.kill()
    time.sleep(2)
    postgres_server.embedded.start()

    assert_each_row_once(yard, job)


def test_cancel_stops_and_says_so(oracle, make_yard):
    """
    Given a running job, when it is cancelled, then it ends as CANCELLED and no worker goes on.
    """
    load_facts(oracle, ROWS)
    yard = make_yard(chunk_rows=10_000, batch_rows=500)
    yard.start_worker()
    job = yard.submit("FACTS")
    yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 2)

    yard.services.store.request_cancel(job.id)

    assert MigrationStatus.CANCELLED is yard.wait_until_done(job).status
    rows = yard.rows(f"SELECT count(*) FROM {yard.schema.lower()}.facts")
    time.sleep(2)
    assert rows == yard.rows(f"SELECT count(*) FROM {yard.schema.lower()}.facts")


def test_chunks_that_grow_hold_each_row_once_too(oracle, make_yard):
    """
    Given chunks much smaller than their table's speed makes good, when workers join them and
    one is killed, then every row is there once.
    """
    load_facts(oracle, ROWS)
    yard = make_yard(chunk_rows=2_500, batch_rows=1_000, chunk_seconds=2)
    yard.start_worker()
    victim = yard.start_worker()
    job = yard.submit("FACTS")
    yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 5)
    yard.kill(victim)

    assert_each_row_once(yard, job)
    events = yard.services.store.list_events(job.id, limit=5_000)
    assert any(event.kind == "task.widened" for event in events)
