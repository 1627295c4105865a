"""A chunk takes in those behind it that nobody has begun, as the table's speed allows."""

from __future__ import annotations

import psycopg
import pytest

from oraferry.jobs.widening import MOST_JOINED
from oraferry.model import Chunk, ChunkKind, TaskKind, TaskResult
from oraferry.ports import PlannedTask
from tests.integration.jobs.test_store import REQUEST, plan, store  # noqa: F401

CHUNKS = 64
ROWS = 100


def key_chunk(number):
    """The n-th of CHUNKS ranges."""
    lower = None if number == 1 else str(number)
    upper = None if number == CHUNKS else str(number + 1)
    return Chunk(ChunkKind.KEY, key_column="ID", lower=lower, upper=upper, estimated_rows=ROWS)


def rowid_chunk(number):
    """A range of one block."""
    return Chunk(ChunkKind.ROWID, rowid_ranges=((f"{number}a", f"{number}z"),), estimated_rows=ROWS)


@pytest.fixture
def start(store, store_dsn):  # noqa: F811
    """A job of CHUNKS chunks, the first of which is done at 1,000 rows a second."""

    def build(make_chunk):
        job = store.create_migration_job(REQUEST)
        task = store.claim_task("planner", lease_seconds=30)
        tasks = [PlannedTask(n, TaskKind.COPY, 1, make_chunk(n)) for n in range(1, CHUNKS + 1)]
        tasks += [PlannedTask(CHUNKS + 1, TaskKind.FINISH, 1)]
        store.save_plan(task, scn=7, plans=[plan()], tasks=tasks, totals={1: CHUNKS * ROWS})
        first = store.claim_task("a", lease_seconds=30)
        assert first == store.widen_task(first, 60.0)  # nothing is measured yet
        store.finish_task(first, TaskResult(rows=ROWS))
        with psycopg.connect(store_dsn) as connection:
            connection.execute(
                "UPDATE oraferry_jobs.task SET finished_at = started_at + interval '0.1 s' "
                "WHERE number = 1 AND kind = 'copy'"
            )
        return job

    return build


@pytest.mark.parametrize("make_chunk", [key_chunk, rowid_chunk])
def test_neighbours_are_taken_in_up_to_the_time(store, start, make_chunk):  # noqa: F811
    """
    At 1,000 rows a second half a second is five chunks; others go on behind them.
    """
    job = start(make_chunk)
    task = store.claim_task("a", lease_seconds=30)

    widened = store.widen_task(task, 0.5)

    assert 5 * ROWS == widened.chunk.estimated_rows
    if make_chunk is key_chunk:
        assert ("2", "7") == (widened.chunk.lower, widened.chunk.upper)
    else:
        assert tuple(make_chunk(n).rowid_ranges[0] for n in range(2, 7)) == (
            widened.chunk.rowid_ranges
        )
    assert 7 == store.claim_task("b", lease_seconds=30).number
    (progress,) = store.list_progress(job.id)
    assert CHUNKS - 4 == progress.chunks_total
    store.release_task(widened)
    again = store.claim_task("c", lease_seconds=30)
    assert (2, widened.chunk) == (again.number, again.chunk)


def test_a_chunk_that_was_begun_neither_grows_nor_is_taken_in(store, start):  # noqa: F811
    """
    It may be in the target under its own number, also when its attempt was given back.
    """
    start(key_chunk)
    second, third, fourth = (store.claim_task("a", lease_seconds=30) for _ in range(3))
    store.release_task(second)
    store.release_task(fourth)
    again = store.claim_task("b", lease_seconds=30)
    assert (second.number, 1) == (again.number, again.attempt)

    assert again == store.widen_task(again, 60.0)
    assert third == store.widen_task(third, 60.0)


@pytest.mark.parametrize("lanes", [3, 20])
def test_a_share_is_left_to_other_lanes(store, start, store_dsn, lanes):  # noqa: F811
    """
    However fast the table is, each lane that is heard of finds as much; those that went silent
    are not waited for.
    """
    start(key_chunk)
    for number in range(lanes + 5):
        store.record_worker(f"lane {number}", "here", 1000 + number, None)
    with psycopg.connect(store_dsn) as connection:
        connection.execute(
            "UPDATE oraferry_jobs.worker SET seen_at = seen_at - interval '1 min' WHERE id IN "
            "(SELECT id FROM oraferry_jobs.worker ORDER BY pid DESC LIMIT 5)"
        )
    task = store.claim_task("a", lease_seconds=30)

    widened = store.widen_task(task, 3600.0)

    assert (1 + (CHUNKS - 2) // (2 * lanes)) * ROWS == widened.chunk.estimated_rows


def test_a_lane_alone_takes_half_of_what_waits(store, start):  # noqa: F811
    """
    But never more than so many chunks: a lane that dies loses them all.
    """
    start(key_chunk)
    task = store.claim_task("a", lease_seconds=30)

    assert (1 + MOST_JOINED) * ROWS == store.widen_task(task, 3600.0).chunk.estimated_rows
