"""Jobs that go on: outages, resuming, chunks and tables that are replaced."""

from __future__ import annotations

import json
import time

import psycopg
import pytest
from typer.testing import CliRunner

from oraferry.cli.main import app
from oraferry.config import Secret
from oraferry.errors import JobStateConflict, LeaseLost
from oraferry.jobs import PostgresJobStore
from oraferry.model import (
    Chunk,
    ChunkKind,
    Digest,
    JobError,
    MigrationStatus,
    TaskKind,
    TaskResult,
    TaskStatus,
)
from oraferry.ports import Verification
from tests.integration.jobs.test_store import ERROR, planned_job, store
from tests.unit.cli.conftest import logging_as_before

__all__ = ["logging_as_before", "store"]
GONE = JobError("SnapshotTooOld", "undo is gone")
PARTS = [Chunk(ChunkKind.KEY, key_column="ID", upper="5"), Chunk(ChunkKind.KEY, lower="5")]


def hurry(store_dsn):
    """Let no task wait for its back-off."""
    with psycopg.connect(store_dsn, autocommit=True) as connection:
        connection.execute("UPDATE oraferry_jobs.task SET next_at = now()")


def claim(store, lease_seconds=30):
    """The next task."""
    return store.claim_task("w", lease_seconds=lease_seconds)


def run(store, rows=10):
    """Finish tasks until none is ready; their (number, kind, scn, replaces)."""
    done = []
    while (task := claim(store)) is not None:
        done.append((task.number, task.kind.value, task.scn, task.replaces))
        store.finish_task(task, TaskResult(rows=rows))
    return done


def test_an_outage_may_last_longer_than_the_attempts(store, store_dsn):
    """
    A source that is away is tried until the outage has lasted too long; then the job fails.
    """
    patient = PostgresJobStore(Secret(store_dsn), max_attempts=2, outage_seconds=1.5)
    job = planned_job(patient, chunks=1)
    attempts = 0
    deadline = time.monotonic() + 10
    while (task := claim(patient)) is not None and time.monotonic() < deadline:
        attempts += 1
        patient.fail_task(task, ERROR, retryable=True, is_outage=True)
        hurry(store_dsn)
        time.sleep(0.1)
    patient.close()

    assert attempts > 5
    assert MigrationStatus.FAILED is store.get_migration_job(job.id).status


def test_a_failed_job_goes_on_where_it_was(store):
    """
    What is in stays in; the failed chunk and the cancelled ones wait again, with fresh
    attempts, and the job ends as if nothing had been.
    """
    job = planned_job(store, chunks=3)
    store.finish_task(claim(store), TaskResult(rows=10))
    store.fail_task(claim(store), ERROR, retryable=False)
    assert MigrationStatus.FAILED is store.get_migration_job(job.id).status

    resumed = store.resume_job(job.id)

    assert (MigrationStatus.PENDING, None, None) == (
        resumed.status, resumed.error, resumed.finished_at
    )  # fmt: skip
    task = claim(store)
    assert (2, 2) == (task.number, task.attempt)
    assert MigrationStatus.IN_PROGRESS is store.get_migration_job(job.id).status
    for _ in range(2):
        store.fail_task(task, ERROR, retryable=True)
        with store._pool.connection() as connection:
            connection.execute("UPDATE oraferry_jobs.task SET next_at = now()")
        task = claim(store)
    store.finish_task(task, TaskResult(rows=10))
    assert [3, 4, 5] == [number for number, *_ in run(store)]
    (progress,) = store.list_progress(job.id)
    assert (30, 3) == (progress.rows_done, progress.retries)
    assert [("SourceUnavailable", 1, 3)] == [
        (t.code, t.table_number, t.count) for t in store.list_troubles(job.id)
    ]


def test_a_cancelled_plan_goes_on(store):
    """
    A job that was cancelled before it was planned is planned when it is resumed.
    """
    job = store.create_migration_job({"tables": ["A.B"]})
    store.request_cancel(job.id)
    assert claim(store) is None

    store.resume_job(job.id)

    assert TaskKind.PLAN is claim(store).kind


def test_only_ended_jobs_are_resumed(store):
    """
    One that runs or completed is refused, and nothing changes.
    """
    job = planned_job(store, chunks=1)
    with pytest.raises(JobStateConflict):
        store.resume_job(job.id)
    run(store)
    store.update_migration_job_status(job.id, MigrationStatus.COMPLETED, verified=True)
    with pytest.raises(JobStateConflict):
        store.resume_job(job.id)


def test_the_command_line_resumes_and_decides_anew(store, store_dsn, tmp_path, monkeypatch):
    """
    `jobs resume` lets the job go on with another wish; of a job that runs it says no (2).
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ORAFERRY_STORE_DSN", store_dsn)
    job = planned_job(store, chunks=1)
    words = ["jobs", "resume", job.id, "--snapshot-lost", "restart_table", "--json"]
    assert 2 == CliRunner().invoke(app, words).exit_code
    store.fail_task(claim(store), GONE, retryable=False)

    done = CliRunner().invoke(app, words)

    assert (0, "SUBMITTED") == (done.exit_code, json.loads(done.stdout)["status"])
    assert "restart_table" == store.get_migration_job(job.id).request["snapshot_lost"]


def test_tables_that_differed_are_looked_at_again(store):
    """
    When the sides differed, resuming repeats the look at those tables and the verdict only.
    """
    job = planned_job(store, chunks=2)
    run(store)
    nothing = Digest(0, "")
    store.record_verification(job.id, Verification(1, False, nothing, nothing))
    store.update_migration_job_status(job.id, MigrationStatus.FAILED, verified=False)

    assert store.resume_job(job.id).verified is None

    assert [(3, "finish"), (4, "conclude")] == [(n, kind) for n, kind, *_ in run(store)]


def test_a_split_chunk_makes_place_for_its_parts(store):
    """
    The parts hold the rows from then on: they replace the chunk, whose number is not used
    again, and FINISH waits for them.
    """
    job = planned_job(store, chunks=2)
    task = claim(store)

    store.split_task(task, PARTS, GONE)

    with pytest.raises(LeaseLost):
        store.split_task(task, PARTS, GONE)
    with pytest.raises(LeaseLost):
        store.finish_task(task, TaskResult(rows=1))
    done = run(store)
    assert [(2, "copy", None, None), (5, "copy", None, 1), (6, "copy", None, 1)] == done[:3]
    assert [3, 4] == [number for number, *_ in done[3:]]
    (progress,) = store.list_progress(job.id)
    assert (3, 3, 30, 1) == (
        progress.chunks_done, progress.chunks_total, progress.rows_done, progress.splits
    )  # fmt: skip
    states = {c.number: c.status for c in store.list_chunks(job.id, 1)}
    assert {1: TaskStatus.REPLACED, 2: "DONE", 5: "DONE", 6: "DONE"} == states


def test_a_table_is_begun_anew(store):
    """
    All its chunks are void, those in other hands too; its new ones are read at the new SCN.
    """
    job = planned_job(store, chunks=3)
    store.finish_task(claim(store), TaskResult(rows=10))
    elsewhere, task = claim(store), claim(store)

    assert 1 == store.restart_table(task, GONE)

    with pytest.raises(LeaseLost):
        store.finish_task(elsewhere, TaskResult(rows=10))
    plan = claim(store)
    assert (TaskKind.PLAN, 1) == (plan.kind, plan.table_number)
    store.save_table_plan(plan, scn=10**15 + 7, chunks=PARTS, total=20)
    done = run(store)
    assert [(7, "copy", 10**15 + 7, None), (8, "copy", 10**15 + 7, None)] == done[:2]
    assert [4, 5] == [number for number, *_ in done[2:]]
    (progress,) = store.list_progress(job.id)
    assert (20, 20, 1) == (progress.rows_done, progress.rows_total, progress.restarts)
    assert [(10**15 + 7, 2, 20)] == [(r.scn, r.chunks, r.rows) for r in progress.reads]


def test_chunks_are_read_later_and_the_others_again(store):
    """
    A chunk that is read later makes two SCNs of one table; the rest is read again at the
    later one before the table is finished.
    """
    job = planned_job(store, chunks=2)
    later = 10**15 + 9
    store.read_later(claim(store), later, GONE)
    for _ in range(2):
        store.finish_task(claim(store), TaskResult(rows=10))
    finish = claim(store)
    assert TaskKind.FINISH is finish.kind
    assert [(1, 10**15, "REPLACED"), (2, 10**15, "DONE"), (5, later, "DONE")] == [
        (c.number, c.scn, c.status) for c in store.list_chunks(job.id, 1)
    ]

    store.read_again(finish, [2], more=PARTS[:1], scn=later, total=19)

    ended = [(3, "finish", None, None), (4, "conclude", None, None)]
    assert [(6, "copy", later, 2), (7, "copy", later, None), *ended] == run(store)
    (progress,) = store.list_progress(job.id)
    assert [(later, 3, 30)] == [(r.scn, r.chunks, r.rows) for r in progress.reads]
    assert 19 == progress.rows_total
