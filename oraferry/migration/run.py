"""The story, one task at a time: plan, copy each chunk, finish each table, conclude.

Any worker may carry out any task, and carry it out again after a crash: every step either
finds its work done or does it whole.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from oraferry.copying.finish import analyze_created, conclude_tables, finish_tables
from oraferry.copying.masked import mask_source
from oraferry.copying.transfer import NO_BAD_ROWS, transfer_chunk
from oraferry.errors import (
    CopyRejected,
    OraferryError,
    ParentsMissing,
    RequestError,
    SnapshotTooOld,
    SourceBusy,
    SourceDataError,
)
from oraferry.migration import snapshot
from oraferry.migration.compare import compare_pairs, open_both
from oraferry.migration.plan import plan_migration, plan_tables
from oraferry.migration.request import (
    DataMigrationRequest,
    get_mask_key,
    get_source_endpoint,
    get_target_endpoint,
)
from oraferry.migration.throttle import BLIND_NOTE, wait_for_calm
from oraferry.model import (
    VERIFICATION_FAILED,
    BadRowLimits,
    Chunk,
    JobError,
    MigrationStatus,
    TablePlan,
    TableProgress,
    TableRef,
    Task,
    TaskKind,
    TaskResult,
)
from oraferry.ports import (
    Heartbeat,
    JobStore,
    JobWork,
    MigrationJob,
    Services,
    Verification,
)
from oraferry.schema.sequences import translate_sequences
from oraferry.verify import set_aside
from oraferry.verify.method import verify_tables

logger = logging.getLogger(__name__)


def run_task(
    task: Task, services: Services, heartbeat: Heartbeat, *, waits_for_disk: bool = True
) -> TaskResult | None:
    """
    Carry out a claimed task. None: the store knows already (PLAN, whose end stores the plan;
    a chunk that others take the place of); else the result to finish it with.

    Without *waits_for_disk* a chunk's result counts only after ``wait_for_disk``.
    """
    job = services.store.get_work(task.job_id)
    request = DataMigrationRequest.model_validate(job.request)
    if task.kind is TaskKind.PLAN:
        whole = services.store.get_migration_job(task.job_id)
        try:
            _run_plan(task, whole, request, services, heartbeat)
        except SnapshotTooOld as error:
            # No row was read at this SCN yet: the next attempt takes another.
            raise SourceBusy(error.message, hint=error.hint, context=error.context) from error
        return None
    if task.kind is TaskKind.COPY:
        return _run_copy(task, job, request, services, heartbeat, waits_for_disk=waits_for_disk)
    if task.kind is TaskKind.FINISH:
        return _run_finish(task, request, services, heartbeat)
    return _run_conclude(task, request, services, heartbeat)


def _run_plan(
    task: Task,
    job: MigrationJob,
    request: DataMigrationRequest,
    services: Services,
    heartbeat: Heartbeat,
) -> None:
    chunk_rows = request.chunk_rows or services.settings.chunk_rows
    with open_both(request, services) as (source, target):
        if task.table_number is not None:
            planned = services.store.get_plan(job.id, task.table_number)
            snapshot.plan_table(task, planned, chunk_rows, source, target, services.store)
            return
        # Before the definitions are read: a column added in between makes the reading at this
        # SCN fail, instead of being forgotten.
        scn = source.take_snapshot()
        without_advice = request.model_copy(update={"ai": "off"})
        pairs = compare_pairs(without_advice, source, target, services)
        heartbeat.check()
        plans, notes = plan_tables(pairs, request, _existing_before(job))
        if heartbeat.throttle.source_load is not None and source.read_load() is None:
            notes.append(BLIND_NOTE)
        sequences, more = translate_sequences(
            [
                sequence
                for schema in sorted({plan.source.ref.schema for plan in plans})
                for sequence in source.list_sequences(schema)
            ],
            request.target_schema,
        )
        plan = plan_migration(
            plans,
            source,
            scn,
            chunk_rows,
            sequences,
            [*notes, *more],
        )
        target.prepare()
        heartbeat.check()
        # Column defaults may name sequences, so they come before the tables; CONCLUDE sets
        # them again, past what was loaded.
        target.set_sequences(plan.sequences, [])
        target.create_tables(
            [p.target for p in plan.plans if p.created], unlogged=request.levers.unlogged
        )
        # Only here, before any chunk can be claimed: a plan that is run again meets no rows of
        # this job.
        target.truncate_tables([p.target.ref for p in plan.plans if p.mode == "truncate"])
        # What is refused above leaves nothing to bring back.
        stays = [note for p in plan.plans for note in target.pull_levers(p, job.id)]
        services.store.save_plan(
            task,
            scn=scn,
            plans=plan.plans,
            tasks=plan.tasks,
            totals=plan.totals,
            notes=[*plan.notes, *stays],
            sequences=plan.sequences,
        )


def _existing_before(job: MigrationJob) -> list[TableRef]:
    # A repeated plan finds tables that its first run created; what start_migration saw tells
    # them from those of others.
    return [TableRef(**c["target"]) for c in job.comparison if c["target_exists"]]


def _run_copy(
    task: Task,
    job: JobWork,
    request: DataMigrationRequest,
    services: Services,
    heartbeat: Heartbeat,
    *,
    waits_for_disk: bool,
) -> TaskResult | None:
    if task.table_number is None or task.chunk is None or job.scn is None:
        raise RequestError(f"task {task.number} of job {job.id} is no chunk")
    plan = services.store.get_plan(job.id, task.table_number)
    if not waits_for_disk:
        plan = replace(plan, levers=replace(plan.levers, asynchronous_commit=True))
    scn = task.scn or job.scn
    try:
        return _copy(task, plan, task.chunk, scn, request, services, heartbeat)
    except SnapshotTooOld as error:
        heartbeat.report()
        with services.open_source(get_source_endpoint(request, services)) as source:
            snapshot.go_on(error, task, plan, scn, request, source, services.store)
    return None


def wait_for_disk(tasks: Sequence[Task], services: Services) -> None:
    """Return when the chunks of COPY tasks of one job are on disk, as far as the job wants it."""
    job_id = tasks[0].job_id
    request = DataMigrationRequest.model_validate(services.store.get_work(job_id).request)
    if not request.levers.asynchronous_commit:
        with services.open_target(get_target_endpoint(request, services)) as target:
            target.make_durable(job_id, [task.number for task in tasks])


def _copy(
    task: Task,
    plan: TablePlan,
    chunk: Chunk,
    scn: int,
    request: DataMigrationRequest,
    services: Services,
    heartbeat: Heartbeat,
) -> TaskResult:
    endpoint = get_target_endpoint(request, services)
    with (
        services.open_source(get_source_endpoint(request, services)) as source,
        services.open_target(endpoint) as target,
    ):
        wait_for_calm(source, heartbeat)
        # Which rows are bad is seen when all that they lean on is in.
        is_early = not _parents_are_in(plan, task.job_id, services.store)
        limits = (
            NO_BAD_ROWS
            if is_early
            else BadRowLimits(request.max_bad_rows, request.max_bad_rows_per_job)
        )
        masked = mask_source(source, get_mask_key(request, services))
        try:
            result = transfer_chunk(plan, task, chunk, scn, masked, target, heartbeat, limits)
        except (SourceDataError, CopyRejected) as error:
            raise (_parents_missing(plan) if is_early else _with_table(error, plan)) from error
    if heartbeat.throttle.target_sessions is None:  # it takes a session of its own
        services.lookback.submit(endpoint, plan, task, result.rows)
    return result


def _with_table(error: OraferryError, plan: TablePlan) -> OraferryError:
    """*error* of a row, which may know its column only."""
    table = str(plan.source.ref)
    if table in error.message:
        return error
    context = {"table": table, **error.context}
    return type(error)(f"{table}: {error.message}", hint=error.hint, context=context)


def _parents_are_in(plan: TablePlan, job_id: str, store: JobStore) -> bool:
    if not plan.waits_for:
        return True
    parents = store.list_progress(job_id, plan.waits_for)
    return all(parent.chunks_done >= parent.chunks_total for parent in parents)


def _parents_missing(plan: TablePlan) -> ParentsMissing:
    return ParentsMissing(
        f"{plan.target.ref} leans by a foreign key on tables that are still being loaded",
        hint="it is tried again; where those take long, drop the foreign key for the load "
        "(lever indexes_after), or resume the job",
    )


def _run_finish(
    task: Task, request: DataMigrationRequest, services: Services, heartbeat: Heartbeat
) -> TaskResult | None:
    finished = finish_together([task], services, heartbeat)
    if not finished:
        assert task.table_number is not None
        plan = services.store.get_plan(task.job_id, task.table_number)
        with services.open_source(get_source_endpoint(request, services)) as source:
            snapshot.reconcile(task, plan, source, services.store, heartbeat)
    return finished.get(task.number)


def finish_together(
    tasks: Sequence[Task], services: Services, heartbeat: Heartbeat
) -> dict[int, TaskResult]:
    """
    The results of FINISH tasks of one job by their numbers; without those whose tables were
    read at several SCNs, and have to be read again.
    """
    job_id, store = tasks[0].job_id, services.store
    numbers = {task.table_number: task.number for task in tasks}
    if None in numbers:
        raise RequestError(f"task {numbers[None]} of job {job_id} names no table")
    tables = store.list_progress(job_id, [number for number in numbers if number is not None])
    counted = {table.number: table.rows_total for table in tables if len(table.reads) <= 1}
    if not counted:
        return {}
    plans = store.list_plans(job_id, list(counted))
    request = DataMigrationRequest.model_validate(store.get_work(job_id).request)
    with services.open_target(get_target_endpoint(request, services)) as target:
        # First, for in the meantime the last chunks are read back beside it.
        analyze_created(plans, target)
        heartbeat.check()
        services.lookback.wait()
        # Before the keys: building them may rewrite nothing, but a person may, and a row
        # version written anew no longer names the chunk it came with.
        seen = verify_tables(plans, job_id, target, counted)
        heartbeat.check()
        notes = finish_tables(plans, target, job_id)
    heartbeat.check()
    for number, verdict in seen.items():
        told = (verdict.source, verdict.target, tuple(verdict.findings), tuple(notes[number]))
        store.record_verification(job_id, Verification(number, verdict.is_verified, *told))
    return {numbers[n]: TaskResult(digest=verdict.target.value) for n, verdict in seen.items()}


def _run_conclude(
    task: Task, request: DataMigrationRequest, services: Services, heartbeat: Heartbeat
) -> TaskResult:
    store = services.store
    plans = store.get_plans(task.job_id)
    with services.open_target(get_target_endpoint(request, services)) as target:
        notes = conclude_tables(plans, store.get_planned_sequences(task.job_id), target)
    heartbeat.check()
    tables = store.list_progress(task.job_id)
    notes += snapshot.list_moments(tables, store.get_work(task.job_id).scn)
    unproven = [table for table in tables if table.verified is not True]
    differing = [t for t in unproven if not _lacks_only_what_was_set_aside(t)]
    if not differing:
        # Rows set aside are within the limit that the request allowed, and every other row
        # agrees: done, but not everything is there, so not verified.
        store.update_migration_job_status(
            task.job_id, MigrationStatus.COMPLETED, verified=not unproven, notes=notes
        )
        return TaskResult()
    findings = [f"{f.table}: {f.message}" for table in differing for f in table.findings]
    store.update_migration_job_status(
        task.job_id,
        MigrationStatus.FAILED,
        verified=False,
        notes=notes,
        error=JobError(
            code=VERIFICATION_FAILED,
            message=f"the two sides differ: {', '.join(t.source for t in differing)}",
            hint="the findings name the chunks; the rows stay in the target for looking",
            context={"tables": [t.source for t in differing], "findings": findings[:50]},
        ),
    )
    return TaskResult()


def _lacks_only_what_was_set_aside(table: TableProgress) -> bool:
    agrees = table.source_digest == table.target_digest and table.source_rows == table.target_rows
    return agrees and {finding.kind for finding in table.findings} == {set_aside.KIND}
