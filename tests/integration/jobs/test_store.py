"""The job store on a real PostgreSQL: claims, leases, statuses, outbox."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from oraferry.config import Secret
from oraferry.errors import (
    BrokerUnavailable,
    ConfigError,
    JobCancelled,
    JobNotFound,
    JobStateConflict,
    LeaseLost,
)
from oraferry.jobs import PostgresJobStore, schema, sealing
from oraferry.model import (
    Chunk,
    ChunkKind,
    Column,
    ColumnPlan,
    DataType,
    Digest,
    JobError,
    MigrationStatus,
    Table,
    TablePlan,
    TableRef,
    TaskKind,
    TaskResult,
    TaskStatus,
)
from oraferry.ports import PlannedTask, Verification

REQUEST = {"tables": ["HR.EMP"], "source": {"password": "sealed:v1:abc"}}
ERROR = JobError("SourceUnavailable", "the session was lost")


@pytest.fixture
def store(store_dsn):
    """A migrated store."""
    opened = PostgresJobStore(Secret(store_dsn), max_attempts=3)
    opened.migrate()
    yield opened
    opened.close()


def plan(number=1):
    """A plan of one column."""
    source = Column("ID", DataType("NUMBER", precision=9, scale=0), 1)
    target = Column("id", DataType("integer"), 1)
    return TablePlan(
        number,
        Table(TableRef("HR", f"T{number}"), (source,)),
        Table(TableRef("hr", f"t{number}"), (target,)),
        (ColumnPlan(source, target, "number-integer"),),
        "create",
        True,
    )


def planned_job(store, chunks=4):
    """A job whose plan is saved: *chunks* COPY tasks, FINISH, CONCLUDE."""
    job = store.create_migration_job(REQUEST)
    task = store.claim_task("planner", lease_seconds=30)
    assert (task.kind, task.job_id) == (TaskKind.PLAN, job.id)
    tasks = [
        PlannedTask(i, TaskKind.COPY, 1, Chunk(ChunkKind.WHOLE, estimated_rows=i))
        for i in range(1, chunks + 1)
    ]
    tasks.append(PlannedTask(chunks + 1, TaskKind.FINISH, 1))
    tasks.append(PlannedTask(chunks + 2, TaskKind.CONCLUDE))
    store.save_plan(task, scn=10**15, plans=[plan()], tasks=tasks, totals={1: 40}, notes=["n"])
    return store.get_migration_job(job.id)


def test_a_new_job_is_pending_and_its_plan_can_be_claimed(store):
    """
    create stores the request; the first claim moves the job to IN_PROGRESS.
    """
    job = store.create_migration_job(REQUEST, comparison=[{"a": 1}])
    claimed = store.claim_task("w", lease_seconds=30)

    assert (MigrationStatus.PENDING, REQUEST, [{"a": 1}]) == (
        job.status,
        job.request,
        job.comparison,
    )
    assert (0, TaskKind.PLAN, 1) == (claimed.number, claimed.kind, claimed.attempt)
    assert MigrationStatus.IN_PROGRESS is store.get_migration_job(job.id).status


@pytest.mark.parametrize("job_id", ["no uuid", "00000000-0000-0000-0000-000000000000", ""])
def test_unknown_jobs_are_not_found(store, job_id):
    """
    Any text that is no job's id is JobNotFound, not a database error.
    """
    with pytest.raises(JobNotFound):
        store.get_migration_job(job_id)


def test_claims_are_exclusive_under_threads(store):
    """
    Eight threads that claim at once get each task exactly once.
    """
    planned_job(store, chunks=60)
    seen, lock = [], threading.Lock()

    def work(name):
        while task := store.claim_task(name, lease_seconds=30):
            with lock:
                seen.append(task.number)
            store.finish_task(task, TaskResult(rows=1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [f"w{i}" for i in range(8)]))

    assert sorted(seen) == list(range(1, 63))


def test_finish_and_conclude_wait_for_what_is_before_them(store):
    """
    FINISH becomes ready after the last chunk, CONCLUDE after the last FINISH.
    """
    planned_job(store, chunks=2)
    kinds = []
    first = store.claim_task("a", lease_seconds=30)
    second = store.claim_task("b", lease_seconds=30)
    assert store.claim_task("c", lease_seconds=30) is None

    store.finish_task(first, TaskResult(rows=1))
    assert store.claim_task("c", lease_seconds=30) is None
    store.finish_task(second, TaskResult(rows=2, altered={"X: cut": 3}))
    while task := store.claim_task("c", lease_seconds=30):
        kinds.append(task.kind)
        store.finish_task(task, TaskResult())

    assert [TaskKind.FINISH, TaskKind.CONCLUDE] == kinds
    (progress,) = store.list_progress(first.job_id)
    assert (3, 40, 2, {"X: cut": 3}, "done") == (
        progress.rows_done,
        progress.rows_total,
        progress.chunks_done,
        progress.altered,
        progress.phase,
    )


def test_an_expired_lease_goes_to_another_and_the_zombie_is_refused(store):
    """
    After the lease the task can be claimed again; the first claimant's token is worthless.
    """
    planned_job(store, chunks=1)
    zombie = store.claim_task("zombie", lease_seconds=0.1)
    time.sleep(0.2)

    assert 1 == store.reap_leases()
    taken = None
    deadline = time.monotonic() + 5
    while taken is None and time.monotonic() < deadline:
        taken = store.claim_task("heir", lease_seconds=30)
        time.sleep(0.05)

    assert (zombie.number, 2) == (taken.number, taken.attempt)
    with pytest.raises(LeaseLost):
        store.finish_task(zombie, TaskResult(rows=1))
    with pytest.raises(LeaseLost):
        store.renew_lease(zombie)
    store.fail_task(zombie, ERROR, retryable=False)
    store.finish_task(taken, TaskResult(rows=7))
    assert 7 == store.list_progress(taken.job_id)[0].rows_done


def test_a_worker_that_is_gone_is_not_waited_for(store, store_dsn):
    """
    A lease ends with the worker: when its session has ended and it was not heard of for two
    beats. While the session lives, or the worker was just heard of, the lease holds.
    """
    planned_job(store, chunks=1)
    worker = PostgresJobStore(Secret(store_dsn))
    lost = worker.claim_task("killed", lease_seconds=600)
    worker.record_worker("killed", "host", 1, None)
    silence = "UPDATE oraferry_jobs.worker SET seen_at = now() - interval '1 minute'"
    with psycopg.connect(store_dsn, autocommit=True) as own:
        own.execute(silence)
        assert 0 == store.reap_leases()
        worker.record_worker("killed", "host", 1, None)
        worker.close()
        assert 0 == store.reap_leases()

        own.execute(silence)
        # Twenty seconds of grace after the start of the server; it has run longer, mostly.
        deadline = time.monotonic() + 30
        while not (reaped := store.reap_leases()) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert 1 == reaped
        own.execute("UPDATE oraferry_jobs.task SET next_at = now()")
    assert lost.number == store.claim_task("heir", lease_seconds=30).number


def test_retryable_failures_come_back_until_attempts_are_used_up(store):
    """
    Three attempts, then the task and its job are FAILED with the reason.
    """
    job = planned_job(store, chunks=1)
    attempts = []
    deadline = time.monotonic() + 20
    while len(attempts) < 3 and time.monotonic() < deadline:
        task = store.claim_task("w", lease_seconds=30)
        if task is None:
            time.sleep(0.05)
            continue
        attempts.append(task.attempt)
        store.fail_task(task, ERROR, retryable=True)

    assert [1, 2, 3] == attempts
    failed = store.get_migration_job(job.id)
    assert (MigrationStatus.FAILED, ERROR) == (failed.status, failed.error)
    assert store.claim_task("w", lease_seconds=30) is None


def test_a_permanent_failure_fails_the_job_at_once(store):
    """
    Nothing is tried again, and the other tasks are cancelled.
    """
    job = planned_job(store, chunks=3)
    task = store.claim_task("w", lease_seconds=30)

    store.fail_task(task, ERROR, retryable=False)

    assert MigrationStatus.FAILED is store.get_migration_job(job.id).status
    assert store.claim_task("w", lease_seconds=30) is None


def test_a_released_task_does_not_lose_an_attempt(store):
    """
    A polite stop gives the task back unharmed.
    """
    planned_job(store, chunks=1)
    task = store.claim_task("w", lease_seconds=30)

    store.release_task(task)

    again = store.claim_task("v", lease_seconds=30)
    assert (task.number, 1) == (again.number, again.attempt)


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ([], "COMPLETED"),
        (["SUBMITTED"], "COMPLETED"),
        (["SUBMITTED"], "PENDING"),
        (["SUBMITTED", "IN_PROGRESS", "COMPLETED"], "FAILED"),
        (["SUBMITTED", "IN_PROGRESS", "COMPLETED"], "IN_PROGRESS"),
        (["FAILED"], "SUBMITTED"),
        (["CANCELLED"], "IN_PROGRESS"),
    ],
)
def test_illegal_transitions_are_refused(store, path, wrong):
    """
    The error carries the status found and the one wanted; nothing changes.
    """
    job = store.create_migration_job(REQUEST)
    for status in path:
        store.update_migration_job_status(job.id, MigrationStatus(status))

    with pytest.raises(JobStateConflict) as caught:
        store.update_migration_job_status(job.id, MigrationStatus(wrong))

    found = path[-1] if path else "PENDING"
    assert (found, wrong) == (caught.value.context["found"], caught.value.context["wanted"])
    assert found == store.get_migration_job(job.id).status


def test_a_status_may_be_set_again(store):
    """
    The same status twice is no error: a repeated message must be harmless.
    """
    job = store.create_migration_job(REQUEST)
    for _ in range(2):
        job = store.update_migration_job_status(job.id, MigrationStatus.SUBMITTED)

    assert MigrationStatus.SUBMITTED is job.status


def test_relay_and_claim_at_once_leave_the_job_in_progress(store):
    """
    Whoever comes first, announcing and claiming never undo each other.
    """
    for _ in range(20):
        job = store.create_migration_job(REQUEST)
        threads = [
            threading.Thread(target=lambda: store.relay_outbox(lambda _: None)),
            threading.Thread(target=lambda: store.claim_task("w", lease_seconds=30)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert MigrationStatus.IN_PROGRESS is store.get_migration_job(job.id).status


def test_idempotency_keys(store):
    """
    The same key with the same request is the same job, however its password was sealed;
    with another request it is a conflict.
    """
    first = store.create_migration_job(REQUEST, idempotency_key="k")
    other_seal = {**REQUEST, "source": {"password": "sealed:v1:xyz"}}

    assert first.id == store.create_migration_job(other_seal, idempotency_key="k").id
    with pytest.raises(JobStateConflict):
        store.create_migration_job({"tables": ["HR.DEPT"]}, idempotency_key="k")


def test_cancel_waits_for_the_running_task(store):
    """
    Waiting tasks are cancelled at once, the job when the running one has let go.
    """
    job = planned_job(store, chunks=2)
    running = store.claim_task("w", lease_seconds=30)

    asked = store.request_cancel(job.id)
    assert (MigrationStatus.IN_PROGRESS, True) == (asked.status, asked.cancel_requested)
    with pytest.raises(JobCancelled):
        store.renew_lease(running)
    store.release_task(running)

    assert MigrationStatus.CANCELLED is store.get_migration_job(job.id).status
    assert store.claim_task("w", lease_seconds=30) is None
    with pytest.raises(JobStateConflict):
        store.update_migration_job_status(job.id, MigrationStatus.COMPLETED)


def test_the_outbox_keeps_what_was_not_announced(store):
    """
    A bell that fails costs nothing: the job is announced later, and only then SUBMITTED.
    """
    job = store.create_migration_job(REQUEST)

    def broken(job_id):
        raise BrokerUnavailable

    with pytest.raises(BrokerUnavailable):
        store.relay_outbox(broken)
    assert MigrationStatus.PENDING is store.get_migration_job(job.id).status
    heard = []
    assert 1 == store.relay_outbox(heard.append)

    assert [job.id] == heard
    assert MigrationStatus.SUBMITTED is store.get_migration_job(job.id).status
    assert 0 == store.relay_outbox(heard.append)


def test_plans_come_back_as_they_were_stored(store):
    """
    A plan is equal after its way through JSON; so are chunks, notes and the SCN.
    """
    job = planned_job(store, chunks=1)
    task = store.claim_task("w", lease_seconds=30)

    assert [plan()] == store.get_plans(job.id)
    assert plan() == store.get_plan(job.id, 1)
    assert Chunk(ChunkKind.WHOLE, estimated_rows=1) == task.chunk
    assert (10**15, ["n"]) == (job.scn, job.notes)


def test_events_and_verification_are_kept(store):
    """
    Events come in order after an id; a verified table says so.
    """
    job = planned_job(store, chunks=1)
    digest = Digest(40, "0" * 32)

    store.record_verification(job.id, Verification(1, True, digest, digest))

    events = store.list_events(job.id)
    assert ["job.created", "job.status", "task.done", "plan.saved", "table.verified"] == [
        e.kind for e in events
    ]
    assert events[3:] == store.list_events(job.id, after=events[2].id)
    (progress,) = store.list_progress(job.id)
    assert (True, 40, "0" * 32) == (
        progress.verified,
        progress.target_rows,
        progress.target_digest,
    )
    assert isinstance(TaskStatus.READY, str)


def test_many_starters_migrate_once(store_dsn):
    """
    Six processes that start at once find or make one schema.
    """

    def start(_):
        with psycopg.connect(store_dsn, autocommit=True) as connection:
            schema.migrate(connection)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(start, range(6)))

    with psycopg.connect(store_dsn) as connection:
        versions = connection.execute("SELECT number FROM oraferry_jobs.version").fetchall()
    assert [(number,) for number, _, _ in schema.versions()] == versions


@pytest.mark.parametrize("change", ["newer", "tampered"])
def test_a_foreign_schema_is_refused(store_dsn, change):
    """
    A newer database, or a changed file, is an error that says what to do.
    """
    with psycopg.connect(store_dsn, autocommit=True) as connection:
        schema.migrate(connection)
        if change == "newer":
            connection.execute("INSERT INTO oraferry_jobs.version VALUES (999, 'x', 'y')")
        else:
            connection.execute("UPDATE oraferry_jobs.version SET checksum = 'other'")
        with pytest.raises(ConfigError):
            schema.migrate(connection)


def test_sealed_secrets_open_only_where_they_belong(tmp_path):
    """
    Another identity, another key or a changed text does not open a seal.
    """
    key = sealing.load_key(tmp_path / "a" / "key")
    sealed = sealing.seal(key, Secret("tiger"), "source:SCOTT")

    assert "tiger" not in sealed
    assert Secret("tiger") == sealing.unseal(key, sealed, "source:SCOTT")
    assert key == sealing.load_key(tmp_path / "a" / "key")
    assert 0o600 == (tmp_path / "a" / "key").stat().st_mode & 0o777
    for other_key, text, identity in [
        (key, sealed, "source:OTHER"),
        (sealing.load_key(tmp_path / "b"), sealed, "source:SCOTT"),
        (key, sealed[:-8] + "AAAAAAA=", "source:SCOTT"),
    ]:
        with pytest.raises(ConfigError):
            sealing.unseal(other_key, text, identity)
