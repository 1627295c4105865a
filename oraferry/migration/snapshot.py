"""When the source no longer knows how a table was: smaller chunks, then what the user decided.

The job's SCN holds as long as undo does. A chunk that is cut reads less for less time; where
that does not help, the request says what is wanted: stop, begin the table anew at a later
SCN, or go on at later SCNs and read the rest again. In the end every table is whole at one
SCN, or the job has failed: rows of two moments are never called a table.
"""

from __future__ import annotations

from collections.abc import Sequence

from oraferry.errors import SchemaIncompatible, SnapshotTooOld
from oraferry.migration.request import DataMigrationRequest
from oraferry.model import (
    Chunk,
    ChunkKind,
    DataType,
    JobError,
    Table,
    TablePlan,
    TableProgress,
    Task,
    TaskStatus,
)
from oraferry.ports import Heartbeat, JobStore, Source, Target

PARTS = 4
MOST_SPLITS = 2  # a chunk ends in at most sixteen
MOST_MOMENTS = 4  # a table that needs more SCNs changes faster than it can be read
HINT = (
    "oraferry jobs resume {job} --snapshot-lost restart_table begins the table anew later; "
    "--snapshot-lost continue_later keeps what is in until the rest is read; "
    "a longer UNDO_RETENTION and smaller chunks avoid it"
)


def go_on(
    error: SnapshotTooOld,
    task: Task,
    plan: TablePlan,
    scn: int,
    request: DataMigrationRequest,
    source: Source,
    store: JobStore,
) -> None:
    """
    Decide about the COPY *task* that met *error* at *scn*: the store has something else to do
    in its place, or the error is raised for good.
    """
    assert task.chunk is not None and task.table_number is not None
    problem = JobError(error.code, error.message, error.hint, error.context)
    if error.smaller_helps and task.depth < MOST_SPLITS:
        parts = source.split_chunk(plan, task.chunk, PARTS)
        if len(parts) > 1:
            store.split_task(task, parts, problem)
            return
    wish = request.snapshot_lost
    moments = {chunk.scn for chunk in store.list_chunks(task.job_id, task.table_number)}
    if wish == "stop" or len(moments) > MOST_MOMENTS:
        hint = HINT.format(job=task.job_id)
        raise type(error)(error.message, hint=hint, context=error.context) from error
    if wish == "restart_table" or not error.smaller_helps:
        store.restart_table(task, problem)
        return
    newest = max(moments)
    store.read_later(task, newest if newest > scn else source.take_snapshot(), problem)


def plan_table(
    task: Task, plan: TablePlan, chunk_rows: int, source: Source, target: Target, store: JobStore
) -> None:
    """Begin one table anew: its rows leave, and it is planned at a later SCN."""
    scn = source.take_snapshot()
    _refuse_changed(plan, source)
    old = store.list_chunks(task.job_id, plan.number)
    target.retire_chunks(plan, task.job_id, [chunk.number for chunk in old])
    rows = source.count_rows([plan], scn)[plan.number]
    chunks = source.plan_chunks(plan, scn, plan.chunking.rows or chunk_rows, rows)
    store.save_table_plan(
        task,
        scn=scn,
        chunks=chunks or [Chunk(ChunkKind.WHOLE)],
        total=rows if plan.source.has_past else None,
    )


def reconcile(
    task: Task, plan: TablePlan, source: Source, store: JobStore, heartbeat: Heartbeat
) -> None:
    """Have every chunk that was read before the newest SCN of the table read again at it."""
    known = store.list_chunks(task.job_id, plan.number)
    chunks = [chunk for chunk in known if chunk.status is not TaskStatus.REPLACED]
    moments = {chunk.scn for chunk in known}
    if len(moments) > MOST_MOMENTS:
        raise SnapshotTooOld(
            f"{plan.source.ref} was read at {len(moments)} SCNs and changes faster than that",
            hint=HINT.format(job=task.job_id),
        )
    _refuse_changed(plan, source)
    newest = max(chunk.scn for chunk in chunks)
    try:
        rows = source.count_rows([plan], newest)[plan.number]
    except SnapshotTooOld:
        # Too long ago as well by now: everything is read again, at a moment of today.
        newest = source.take_snapshot()
        rows = source.count_rows([plan], newest)[plan.number]
    more = source.find_uncovered(plan, [chunk.chunk for chunk in chunks])
    heartbeat.check()
    store.read_again(
        task,
        [chunk.number for chunk in chunks if chunk.scn < newest],
        more=more,
        scn=newest,
        total=rows,
    )


def list_moments(tables: Sequence[TableProgress], scn: int | None) -> list[str]:
    """A sentence for each table that is not as of the job's SCN *scn*."""
    return [
        f"{table.source} was read at SCN {read.scn}, tables without such a note at {scn}: "
        "rows that belong together may be missing on one side"
        for table in tables
        for read in table.reads
        if read.scn != scn
    ]


def _refuse_changed(plan: TablePlan, source: Source) -> None:
    """SchemaIncompatible when the table has other columns than the plan knows."""
    if plan.source.query is not None:
        return
    now = source.get_tables([plan.source.ref])[plan.source.ref]
    if _shape(now) != _shape(plan.source):
        raise SchemaIncompatible(
            f"{plan.source.ref}: the columns were changed after the job was planned",
            hint="start a new job, which compares and plans the table as it is now",
            context={"table": str(plan.source.ref)},
        )


def _shape(table: Table) -> list[tuple[str, DataType]]:
    return [(column.name, column.type) for column in table.columns if column.expression is None]
