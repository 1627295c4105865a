"""A job takes no more of the servers than it may, all lanes together, and hears of changes."""

from __future__ import annotations

import time

import pytest

from oraferry.errors import JobStateConflict
from oraferry.model import MigrationStatus, TaskKind, Throttle
from tests.scenarios.conftest import load_facts

ROWS = 12_000


def test_lanes_keep_to_the_rate_together_until_it_is_lifted(oracle, make_yard):
    """
    Given two workers and 2,000 rows a second, after the first rows no more come than that
    allows; when the limit is taken away, the waiting lanes go on at once.
    """
    load_facts(oracle, ROWS)
    yard = make_yard(chunk_rows=1_000, batch_rows=500)
    job = yard.submit("FACTS", throttle={"rows_per_second": 1_000})
    yard.start_worker()
    yard.start_worker()
    yard.wait_for("rows are in", lambda: yard.chunks_done(job) >= 1)

    before, started = yard.rows_done(job), time.monotonic()
    time.sleep(3)
    copied, seconds = yard.rows_done(job) - before, time.monotonic() - started
    # Each lane may be a batch and a chunk's report ahead of what it has paid for.
    assert copied <= 1_000 * seconds + 2 * 1_500
    assert yard.services.store.get_migration_job(job.id).status is MigrationStatus.IN_PROGRESS

    yard.services.store.set_throttle(job.id, Throttle())
    lifted = time.monotonic()
    done = yard.wait_until_done(job)

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified)
    assert time.monotonic() - lifted < 60
    with pytest.raises(JobStateConflict):
        yard.services.store.set_throttle(job.id, Throttle(rows_per_second=1))


def test_no_more_lanes_read_than_sessions_are_allowed(oracle, make_yard):
    """
    A claim over the limit is none; a lane that works on may take the next chunk; another
    job is not held back.
    """
    load_facts(oracle, 1_000)
    yard = make_yard(chunk_rows=100)
    store = yard.services.store
    job = yard.submit("FACTS", throttle={"source_sessions": 1, "target_sessions": 2})
    other = yard.submit("FACTS", target_schema="other")
    plan = store.claim_task("a", lease_seconds=30)
    assert (plan.job_id, plan.kind) == (job.id, TaskKind.PLAN)

    second = store.claim_task("b", lease_seconds=30)

    assert (second.job_id, second.kind) == (other.id, TaskKind.PLAN)
    assert store.claim_task("c", lease_seconds=30) is None
    store.set_throttle(job.id, Throttle())
    store.release_task(plan)
    assert job.id == store.claim_task("c", lease_seconds=30).job_id


def test_a_busy_source_is_left_alone(simulator, make_yard):
    """
    No chunk begins while the host is busier than the job allows; then all goes on.
    """
    load_facts(simulator, 1_000)
    simulator.simulator.host_load = 95.0
    yard = make_yard(chunk_rows=100)
    try:
        job = yard.submit("FACTS", throttle={"source_load": 60})
        yard.start_worker()
        yard.wait_for("a lane waits", lambda: yard.services.store.list_progress(job.id))
        time.sleep(2)
        assert 0 == yard.rows_done(job)
    finally:
        simulator.simulator.host_load = 0.0

    done = yard.wait_until_done(job)

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified)
