"""Small tables' tasks are claimed and reported together, and still belong to one worker each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oraferry.migration.batch import claim_batch
from oraferry.model import Chunk, ChunkKind, Digest, TaskKind, TaskResult
from oraferry.ports import PlannedTask, Verification
from tests.integration.jobs.test_store import REQUEST, plan, store  # noqa: F401

BIG = 1_000_000


@pytest.fixture
def small_job(store):  # noqa: F811
    """Twelve tables of one chunk, the sixth of them large."""
    job = store.create_migration_job(REQUEST)
    task = store.claim_task("planner", lease_seconds=30)
    plans = [plan(number) for number in range(1, 13)]
    totals = {p.number: BIG if p.number == 6 else 10 for p in plans}
    whole = Chunk(ChunkKind.WHOLE)
    tasks = [PlannedTask(n, TaskKind.COPY, n, whole) for n in totals]
    tasks += [PlannedTask(12 + n, TaskKind.FINISH, n) for n in totals]
    tasks.append(PlannedTask(25, TaskKind.CONCLUDE))
    store.save_plan(task, scn=7, plans=plans, tasks=tasks, totals=totals)
    return job


def test_a_batch_leaves_something_for_others_and_large_tables_alone(store, small_job):  # noqa: F811
    """
    A quarter of what is ready; no task twice; none for a task of a large table.
    """
    first = store.claim_task("a", lease_seconds=30)

    batch = claim_batch(store, first, "a")

    assert batch is not None
    assert [1, 2, 3] == [task.number for task in batch.tasks]
    others = [store.claim_task("b", lease_seconds=30) for _ in range(3)]
    assert [4, 5, 6] == [task.number for task in others]
    assert claim_batch(store, others[-1], "b") is None  # task 6 is of the large table


def test_a_report_counts_what_is_still_ours(store, small_job):  # noqa: F811
    """
    Done tasks unblock what waits for them, with events; one that was lost changes nothing.
    """
    first = store.claim_task("a", lease_seconds=30)
    batch = claim_batch(store, first, "a")
    assert batch is not None
    one, two, three = batch.tasks
    stolen = replace(two, token="00000000-0000-0000-0000-000000000000")
    batch.add(one, TaskResult(rows=10, digest="d"))
    batch.add(stolen, TaskResult(rows=10))
    batch.drop(three)
    batch.renew()
    store.release_task(three)

    lost = batch.report()

    assert [stolen] == lost
    progress = {p.number: p for p in store.list_progress(small_job.id)}
    assert (10, 1, "finishing") == (
        progress[1].rows_done,
        progress[1].chunks_done,
        progress[1].phase,
    )
    assert 0 == progress[2].chunks_done
    done = [e.body for e in store.list_events(small_job.id) if e.kind == "task.done"]
    assert [(0, "plan"), (1, "copy")] == [(body["task"], body["kind"]) for body in done]
    # Three is ready again, and never counted as an attempt.
    again = store.claim_task("b", lease_seconds=30)
    assert (3, 1) == (again.number, again.attempt)


def test_verdicts_are_stored_with_the_report(store, small_job):  # noqa: F811
    """
    What tasks of a batch record comes with their end, not before.
    """
    while (task := store.claim_task("a", lease_seconds=30)).kind is TaskKind.COPY:
        store.finish_task(task, TaskResult(rows=1))
    batch = claim_batch(store, task, "a")
    assert batch is not None
    digest = Digest(1, "0" * 32)
    for each in batch.tasks:
        seen = Verification(each.table_number, True, digest, digest)
        batch.store.record_verification(small_job.id, seen)
        assert store.list_progress(small_job.id, [each.table_number])[0].verified is None
        batch.add(each, TaskResult())

    assert [] == batch.report()
    verified = [p.number for p in store.list_progress(small_job.id) if p.verified]
    assert [task.table_number for task in batch.tasks] == verified
    assert batch.store.get_plan(small_job.id, 1) == plan(1)
