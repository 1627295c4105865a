"""The five things outside us: a source, a target, the job store, a broker, an adviser.

The story (``migration/``) and the joins (``copying/``, ``verify/``) see other systems only
through these. Adapters implement them and are strangers to each other; ``wiring.py`` is
the only file that knows every concrete class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from oraferry.config import Secret, Settings
from oraferry.model import (
    BadRowLimits,
    Chunk,
    ChunkState,
    Column,
    DataType,
    Digest,
    Duplicates,
    Finding,
    ForeignKey,
    JobError,
    MigrationStatus,
    Refusal,
    Reject,
    Sequence,
    StoredReject,
    Table,
    TablePlan,
    TableProgress,
    TableRef,
    Task,
    TaskKind,
    TaskResult,
    Throttle,
    Trouble,
)

NO_THROTTLE = Throttle()
Hashes = npt.NDArray[np.uint64]
# Where rows of the target are: a numpy record each, of its table's oid, block and offset.
Addresses = npt.NDArray[Any]

# --- source ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceEndpoint:
    """Where the source is, and who asks."""

    dsn: str
    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a server says of itself."""

    product: str
    version: str
    user: str
    database: str
    charset: str
    # Capabilities that a probe found missing, each with what it costs and what to grant.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnTotals:
    """Of the values of a column; canonical texts, None where there is none, or none is asked."""

    values: int  # that are not NULL
    least: str | None = None
    greatest: str | None = None
    total: str | None = None


@dataclass(frozen=True, slots=True)
class CarefulBatch:
    """Rows as ``read_batches`` gives them, each with its ROWID, and those that cannot be read."""

    rows: pa.RecordBatch
    rowids: tuple[str | None, ...]
    unreadable: tuple[Reject, ...] = ()


class Source(Protocol):
    """A database that rows leave. Raises SourceError subclasses (see errors.py)."""

    def describe(self) -> ServerInfo:
        """Version, character set, user, and what this user cannot do."""

    def list_tables(self, schema: str) -> list[TableRef]:
        """The schema's own tables that can be moved, sorted; RequestError: no such schema."""

    def get_tables(self, refs: Seq[TableRef]) -> dict[TableRef, Table]:
        """All of *refs*, in few round trips; TableNotFound names every missing one."""

    def get_table_ddl(self, ref: TableRef) -> str:
        """CREATE TABLE as Oracle writes it, or rendered from the dictionary where not allowed."""

    def list_sequences(self, schema: str) -> list[Sequence]:
        """The schema's sequences, without those behind identity columns."""

    def take_snapshot(self) -> int:
        """The SCN that all reads of a job use."""

    def describe_expressions(
        self, table: Table, expressions: Mapping[str, str], where: str | None
    ) -> dict[str, DataType]:
        """
        What Oracle makes of SQL over *table*: the type of each expression. RequestError, in
        Oracle's words, when an expression or *where* is wrong.
        """

    def describe_query(self, table: Table) -> tuple[Column, ...]:
        """The columns of ``table.query``; RequestError in Oracle's words."""

    def read_load(self) -> float | None:
        """Per cent of the source host's CPU that are busy; None where it is not told."""

    def has_past(self, table: Table) -> bool:
        """True when *table*, a view perhaps, can be read AS OF SCN."""

    def plan_chunks(self, plan: TablePlan, scn: int, chunk_rows: int, rows: int) -> list[Chunk]:
        """
        Split the plan's *rows* rows so that each that is visible at *scn* is in exactly one
        chunk.

        *scn* was taken before this call: extents added later hold only newer rows.
        """

    def count_rows(self, plans: Seq[TablePlan], scn: int) -> dict[int, int]:
        """COUNT(*) AS OF SCN by the plans' numbers, with each plan's WHERE; in few round trips."""

    def split_chunk(self, plan: TablePlan, chunk: Chunk, parts: int) -> list[Chunk]:
        """About *parts* chunks that hold exactly the rows of *chunk*; none: it cannot be cut."""

    def find_uncovered(self, plan: TablePlan, chunks: Seq[Chunk]) -> list[Chunk]:
        """Chunks for rows that may have come since *chunks* were planned, and are in none."""

    def read_batches(self, plan: TablePlan, chunk: Chunk, scn: int) -> Iterator[pa.RecordBatch]:
        """
        The chunk's rows at *scn*: one Arrow column per ``plan.columns``, in that order, of
        the type that the column's rule fetches (``TypeRule.fetch``). NULL and empty LOBs
        stay different. Raises SourceDataError where a value cannot be read exactly.
        """

    def sample_rows(self, plan: TablePlan, percent: float) -> TablePlan | None:
        """The plan of about *percent* of its rows, the same each time; None: not possible."""

    def find_duplicates(self, plan: TablePlan, scn: int, examples: int) -> Iterable[Duplicates]:
        """Per key of the target that the source does not enforce: rows that repeat another's."""

    def read_carefully(self, plan: TablePlan, chunk: Chunk, scn: int) -> Iterator[CarefulBatch]:
        """
        The same rows, with their ROWIDs where they have any; a row that cannot be read is
        given as a reject instead of an error, where ROWIDs allow to find it.
        """

    def total_columns(self, plan: TablePlan, scn: int, charset: str) -> dict[str, ColumnTotals]:
        """Count, extremes and total of each column (canonical/aggregates.py), by its name."""

    def digest_inside(self, plan: TablePlan, chunk: Chunk, scn: int, charset: str) -> Digest:
        """
        Count and digest of the chunk's rows, hashed by Oracle itself from texts that it writes
        (canonical/inside.py); *charset* is the database's.
        """

    def close(self) -> None:
        """Give the session back; never raises."""


# --- target ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TargetEndpoint:
    """Where the target is: a libpq URL or key=value string, which may hold a password."""

    dsn: Secret


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """The row that commits with a chunk's rows and speaks for them."""

    job_id: str
    task_number: int
    table_number: int
    rows: int
    digest: str  # Digest.value of the chunk as it was read from the source
    altered: dict[str, int] = field(default_factory=dict)
    set_aside: int = 0  # rows in the quarantine table instead of the target


@dataclass(frozen=True, slots=True)
class BucketTotals:
    """Per bucket of the rows' hashes: how many, and two sums modulo 2**64."""

    rows: npt.NDArray[np.int64]
    high: Hashes
    low: Hashes


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Rows of a target's table as they are stored."""

    ctids: tuple[str, ...]
    part: str  # the table, or the partition, that holds them
    texts: Seq[pa.Array]  # canonical, one array per plan column


@dataclass(frozen=True, slots=True)
class LoadedTable:
    """What the target holds of a job's table."""

    ledger: tuple[LedgerEntry, ...]
    # Per task number of its chunks: count and digest over the values *read back* from the
    # table. Rows are told apart by the transaction that wrote them; rows that nobody in the
    # ledger speaks for come under 0, unless the mode is append or upsert.
    digests: Mapping[int, Digest]
    rejects: Mapping[str, int]  # rows of the quarantine table by "COLUMN: reason"
    is_repaired: bool = False  # some of the rows under 0 may be a repair's


class CarefulRows(Protocol):
    """A chunk's rows for a load that leaves out what cannot be loaded. Read twice at most."""

    def probe(self) -> Iterator[pa.RecordBatch]:
        """All rows that we would send, in load form, to learn which the target refuses."""

    def refuse(self, row: int, refusal: Refusal, *, may_return: bool = False) -> Callable[[], None]:
        """
        The target refused a row of the batch that ``probe`` gave last. Calling the result
        takes that back; *may_return* announces it, and TooManyBadRows waits.
        """

    def accepted(self) -> Iterator[pa.RecordBatch]:
        """The rows that nobody refused, in load form."""

    def summary(self) -> tuple[Digest, dict[str, int]]:
        """Of the accepted rows, after the last of them."""

    def rejects(self) -> Seq[Reject]:
        """The refused rows, after the last accepted one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A row to be brought into line, by its number among those of its table."""

    number: int
    fault: str  # missing, extra, changed
    part: str | None = None  # the target's table, or the partition, that holds it
    ctid: str | None = None
    places: tuple[int, ...] = ()  # of the plan's columns that differ


class RepairStage(Protocol):
    """What is to be done with a table, gathered on the target's session before any lock."""

    def add(self, faults: Seq[Fault]) -> None:
        """Rows that differ."""

    def load(self, numbers: Seq[int], rows: pa.RecordBatch) -> None:
        """The source's rows for some of them, in ``typemap.load`` form."""

    def pair(self, key: Seq[int]) -> None:
        """Missing and extra rows with the same values in the columns *key* are changed ones."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A staged table, and what its ledger entry says of the whole."""

    stage: RepairStage
    plan: TablePlan
    scn: int
    before: Digest  # of the target, when it was compared
    after: Digest  # of the source
    count_differing: Callable[[], int]  # how many parts of the target still differ, read again
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class RepairDone:
    """A committed repair, as ``oraferry.repair`` has it."""

    id: int
    inserted: int
    updated: int
    deleted: int
    notes: tuple[str, ...] = ()


class Target(Protocol):
    """A database that rows enter. Raises TargetError subclasses (see errors.py)."""

    def describe(self) -> ServerInfo:
        """Version, encoding, user."""

    def find_tables(self, refs: Seq[TableRef]) -> dict[TableRef, Table]:
        """Those of *refs* that exist (views and foreign tables included)."""

    def get_table_ddl(self, ref: TableRef) -> str:
        """CREATE TABLE with keys and indexes, rendered from the catalog; TableNotFound."""

    def has_rows(self, ref: TableRef) -> bool:
        """True when at least one row is there."""

    def prepare(self) -> None:
        """Create the ledger (schema ``oraferry``) if it is missing; safe to run at once twice."""

    def create_tables(self, tables: Seq[Table], *, unlogged: bool = False) -> None:
        """
        Create schemas and tables without keys, checks and indexes; all or nothing. A table
        that exists already is left alone: the plan is run again after a crash.
        """

    def pull_levers(self, plan: TablePlan, job_id: str) -> list[str]:
        """
        Drop or disable what is in the way of the load, as the plan's levers allow, and record
        how it comes back; a sentence for each that stays. Safe to repeat.
        """

    def restore_levers(self, plan: TablePlan, job_id: str) -> list[str]:
        """Bring back what ``pull_levers`` took of the table; a sentence for what is not."""

    def restore_job(self, job_id: str) -> list[str]:
        """The same for all tables of a job that has ended early."""

    def set_logged(self, plan: TablePlan) -> None:
        """A table that the levers made UNLOGGED is logged again."""

    def truncate_tables(self, refs: Seq[TableRef]) -> None:
        """Empty the tables in one transaction."""

    def copy_chunk(
        self,
        plan: TablePlan,
        task: Task,
        batches: Iterable[pa.RecordBatch],
        summary: Callable[[], tuple[Digest, dict[str, int]]],
    ) -> LedgerEntry:
        """
        COPY *batches* (Arrow columns in ``typemap.load`` form, one per plan column) and the
        ledger row in one transaction. *summary* is called after the last batch. A chunk
        that the ledger already holds is not loaded again: its entry is returned. A previous
        claimant's session (``task.attempt > 1``) is ended first. CopyRejected when the row
        count PostgreSQL reports differs from the rows sent.
        """

    def copy_chunk_carefully(
        self, plan: TablePlan, task: Task, rows: CarefulRows, limits: BadRowLimits, *, probes: bool
    ) -> LedgerEntry:
        """
        As ``copy_chunk``, but rows that are refused go into the quarantine table, in the same
        transaction. *probes*: first find the rows that the target refuses, by loading them
        under savepoints that are rolled back. TooManyBadRows when the table or the job would
        have more than *limits* allow; then nothing of the chunk is in.
        """

    def make_durable(self, job_id: str, numbers: Seq[int]) -> None:
        """
        Return when the chunks *numbers*, whose transactions did not wait for the disk, are on
        it; TargetUnavailable when a crash of the server has taken some, which are to be loaded
        again.
        """

    def list_rejects(
        self, job_id: str, *, table_number: int | None = None, limit: int = 100, offset: int = 0
    ) -> list[StoredReject]:
        """Rows of the quarantine table, by task and number."""

    def retire_chunks(self, plan: TablePlan, job_id: str, numbers: Seq[int]) -> int:
        """
        Remove the rows that the chunks *numbers* brought in, exactly, and keep whoever still
        has one of them from bringing them in again. How many rows; TargetError when others
        changed them meanwhile. Safe to repeat. ``copy_chunk`` does so for ``task.replaces``.
        """

    def read_ledger(self, job_id: str, table_number: int | None = None) -> list[LedgerEntry]:
        """The chunks that are in."""

    def hashes_rows(self, plan: TablePlan) -> bool:
        """
        True when the digests of the plan's rows are sums of hashes that the target computes
        itself (canonical/rowhash.py); False when they are taken of canonical text.
        """

    def read_tables(self, plans: Seq[TablePlan], job_id: str) -> dict[int, LoadedTable]:
        """What is there of each table, by the plans' numbers; several in few round trips."""

    def snapshot(self) -> AbstractContextManager[None]:
        """All reads within the block see the target as it was when it was entered."""

    def count_rows(self, plan: TablePlan) -> int:
        """COUNT(*)."""

    def sum_buckets(self, plan: TablePlan, buckets: int) -> BucketTotals:
        """
        Count and sums of the row hashes by bucket of the hash (canonical/buckets.py), taken
        as ``hashes_rows`` says. Needs the right to read, no more.
        """

    def list_hashes(
        self, plan: TablePlan, buckets: int, wanted: Seq[int]
    ) -> tuple[Hashes, Addresses]:
        """The hashes of the rows in the buckets *wanted*, and where each of the rows is."""

    def total_columns(self, plan: TablePlan, charset: str) -> dict[str, ColumnTotals]:
        """As ``Source.total_columns`` takes them, by the source's names."""

    def digest_inside(self, plan: TablePlan, charset: str) -> Digest:
        """Count and digest of all rows, as ``Source.digest_inside`` takes them."""

    def read_stored(self, plan: TablePlan, addresses: Addresses) -> Iterator[StoredRows]:
        """The rows at *addresses*, in no order."""

    def prepare_repairs(self) -> None:
        """Create the repairs' ledger if it is missing."""

    def find_repair_obstacle(self, plan: TablePlan) -> str | None:
        """Why the table cannot be repaired row by row; None when it can. Changes nothing."""

    def stage_repair(self, plan: TablePlan) -> AbstractContextManager[RepairStage]:
        """A place on this session to gather a repair, gone after the block."""

    def apply_repairs(self, repairs: Seq[Repair], *, lock_seconds: float) -> list[RepairDone]:
        """
        All of *repairs* and their ledger entries in one transaction: extra rows leave, changed
        ones get the source's values in the columns that differ, missing ones come. Before the
        COMMIT each table is read again. RepairRefused, with nothing changed, when a row was
        changed meanwhile, or the table does not come right.
        """

    def finish_tables(self, plans: Seq[TablePlan]) -> dict[int, list[str]]:
        """
        Keys, unique constraints, checks, indexes, comments, ANALYZE of tables that the job
        created; skips what exists. By the plans' numbers, one sentence for each object that
        could not be made, with the reason. Several tables are one transaction, if it goes well.
        """

    def add_foreign_keys(self, plan: TablePlan, keys: Seq[ForeignKey]) -> list[str]:
        """Foreign keys after all tables are loaded; as ``finish_tables``."""

    def set_sequences(self, sequences: Seq[Sequence], plans: Seq[TablePlan]) -> list[str]:
        """Create sequences, and set them and identity columns past source and data."""

    def close(self) -> None:
        """Give the session back; never raises."""


# --- scratch --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamePlace:
    """A relation's name in a statement's text: characters from *start* to *end*."""

    schema: str | None
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ScratchStatement:
    """One statement that only defines something, and what must be taken care of."""

    text: str
    kind: str  # function, view, … or "change" of what the text created, or comment
    schema: str | None
    name: str
    locked: tuple[NamePlace, ...] = ()  # a copy stands in for those that others use
    own: tuple[NamePlace, ...] = ()  # must have been created in this transaction
    replaces: NamePlace | None = None  # the view itself
    without_data: bool = False  # WITH NO DATA is to be added


@dataclass(frozen=True, slots=True)
class ScratchRoutine:
    """A routine that a statement created."""

    oid: int
    name: str  # with the types of its arguments
    language: str
    definition: str  # as PostgreSQL writes it
    is_trigger: bool
    is_polymorphic: bool


@dataclass(frozen=True, slots=True)
class ScratchFailure:
    """Why a statement could not be carried out."""

    message: str
    sqlstate: str | None = None  # None: we refused it
    detail: str | None = None
    hint: str | None = None
    offset: int | None = None  # into the statement's text
    body_line: int | None = None  # of a routine's body, where there is no offset


@dataclass(frozen=True, slots=True)
class ScratchOutcome:
    """What became of one statement."""

    failure: ScratchFailure | None = None
    routines: tuple[ScratchRoutine, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BodyFinding:
    """What a look at every statement of a routine's body found."""

    is_error: bool
    message: str
    sqlstate: str
    line: int | None  # of the body
    query: str | None  # the SQL in which *position* counts, from 1
    position: int | None
    detail: str | None = None
    hint: str | None = None


class Scratch(Protocol):
    """
    A transaction of a PostgreSQL in which things are created, and that is never committed.

    Nothing that a statement defines is run: not while it is created, not while it is checked.
    """

    def describe(self) -> ServerInfo:
        """The server; *notes* say what it lacks for a full look at bodies."""

    def checkers(self) -> tuple[str, ...]:
        """Who looks, with versions: the server, and plpgsql_check where it has it."""

    def define(self, statement: ScratchStatement) -> ScratchOutcome:
        """Carry *statement* out; what fails leaves nothing, and the next one can be tried."""

    def check_body(self, routine: ScratchRoutine) -> list[BodyFinding] | None:
        """What plpgsql_check says of the body; None where it cannot look."""

    def close(self) -> None:
        """Roll back and end the session; never raises."""


# --- job store ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MigrationJob:
    """A job as the store holds it."""

    id: str
    status: MigrationStatus
    request: dict[str, Any]  # DataMigrationRequest as JSON, passwords sealed or referenced
    created_at: datetime
    updated_at: datetime
    cancel_requested: bool = False
    scn: int | None = None
    error: JobError | None = None
    comparison: list[dict[str, Any]] = field(default_factory=list)  # Comparison as JSON
    notes: list[str] = field(default_factory=list)
    verified: bool | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    throttle: Throttle = NO_THROTTLE


@dataclass(frozen=True, slots=True)
class JobWork:
    """What every task of a job needs, without what only a person looks at."""

    id: str
    request: dict[str, Any]
    scn: int | None


@dataclass(frozen=True, slots=True)
class Verification:
    """What verification saw of one table, to be stored."""

    table_number: int
    verified: bool
    source: Digest
    target: Digest
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """A task to store: COPY tasks start READY, FINISH and CONCLUDE BLOCKED."""

    number: int
    kind: TaskKind
    table_number: int | None = None
    chunk: Chunk | None = None


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened to a job; *id* grows and is the SSE event id."""

    id: int
    job_id: str
    at: datetime
    kind: str  # job.submitted, task.done, table.verified, …
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """A worker that was seen."""

    id: str
    host: str
    pid: int
    seen_at: datetime
    task: str | None = None


class JobStore(Protocol):
    """What is to be done and what was: the only truth about jobs."""

    def create_migration_job(
        self,
        request: dict[str, Any],
        *,
        comparison: Seq[dict[str, Any]] = (),
        idempotency_key: str | None = None,
    ) -> MigrationJob:
        """
        Store a job as PENDING with its PLAN task (number 0, READY) and an outbox row, in
        one transaction. The same key with the same request returns the first job; with
        another request: JobStateConflict.
        """

    def get_migration_job(self, job_id: str) -> MigrationJob:
        """JobNotFound when there is none (also for text that is no job id)."""

    def get_work(self, job_id: str) -> JobWork:
        """The part of a job that each of its tasks needs; JobNotFound."""

    def list_migration_jobs(
        self, *, limit: int = 50, status: MigrationStatus | None = None, before: str | None = None
    ) -> list[MigrationJob]:
        """Newest first; *before* is a job id to continue after."""

    def update_migration_job_status(
        self,
        job_id: str,
        status: MigrationStatus,
        *,
        error: JobError | None = None,
        verified: bool | None = None,
        notes: Seq[str] = (),
    ) -> MigrationJob:
        """
        Move the job to *status*; JobStateConflict where states.py does not allow it. The
        same status again is allowed and changes nothing. A terminal status cancels the
        tasks that are not running.
        """

    def request_cancel(self, job_id: str) -> MigrationJob:
        """
        Ask for the end of a job: its READY and BLOCKED tasks become CANCELLED; the job is
        CANCELLED at once, or as soon as the last running task has let go.
        """

    def resume_job(
        self, job_id: str, changes: Mapping[str, Any] = MappingProxyType({})
    ) -> MigrationJob:
        """
        Let a FAILED or CANCELLED job go on where it was: PENDING, with an outbox row; its
        failed and cancelled tasks wait again with fresh attempts, and tables that did not
        verify are looked at again. *changes* replace parts of the request. JobStateConflict
        for jobs in another status.
        """

    def save_plan(
        self,
        task: Task,
        *,
        scn: int,
        plans: Seq[TablePlan],
        tasks: Seq[PlannedTask],
        totals: dict[int, int | None],
        notes: Seq[str] = (),
        sequences: Seq[Sequence] = (),
    ) -> None:
        """Store tables and tasks and finish the PLAN task, in one transaction; LeaseLost."""

    def get_plans(self, job_id: str) -> list[TablePlan]:
        """The stored plans, by number."""

    def get_plan(self, job_id: str, table_number: int) -> TablePlan:
        """One stored plan."""

    def list_plans(self, job_id: str, numbers: Seq[int]) -> list[TablePlan]:
        """The stored plans of some tables, by number."""

    def get_planned_sequences(self, job_id: str) -> list[Sequence]:
        """The sequences that ``save_plan`` stored."""

    def claim_task(
        self, worker: str, *, lease_seconds: float, job_id: str | None = None
    ) -> Task | None:
        """
        Lease one READY task (of that job, if given), oldest job first, in task order; moves
        a SUBMITTED job to IN_PROGRESS. None when nothing is ready.
        """

    def claim_alike(self, task: Task, worker: str, *, most: int, small_rows: int) -> list[Task]:
        """
        Lease up to *most* more READY tasks of the same job and kind, never attempted, of
        tables of at most *small_rows* rows; none when the claimed *task* is of a larger one.
        """

    def widen_task(self, task: Task, seconds: float) -> Task:
        """
        The claimed COPY *task*, its chunk joined with neighbours that nobody has begun, as far
        as its table's rows per second say that it then takes about *seconds*; LeaseLost. Most
        of what is ready is left to other lanes.
        """

    def renew_leases(self, tasks: Seq[Task]) -> None:
        """Extend the leases of several tasks of one job, as far as they are still ours."""

    def finish_tasks(
        self, job_id: str, done: Seq[tuple[Task, TaskResult]], seen: Seq[Verification]
    ) -> list[int]:
        """
        ``finish_task`` and ``record_verification`` of several, in one transaction; the
        numbers of the tasks that were still ours and are DONE.
        """

    def set_throttle(self, job_id: str, throttle: Throttle) -> MigrationJob:
        """New limits for a job that has not ended, for workers to see; JobStateConflict."""

    def pace(self, job_id: str, rows: int) -> float:
        """
        Book *rows* of the job's rows per second; the seconds to wait before going on, which
        keep all lanes together to the limit. 0 without a limit.
        """

    def renew_lease(self, task: Task, *, rows: int = 0, bytes: int = 0) -> Throttle:
        """
        Extend the lease, record progress, and return the job's limits; LeaseLost when another
        worker has the task, JobCancelled when the job was asked to stop.
        """

    def finish_task(self, task: Task, result: TaskResult) -> None:
        """
        LEASED → DONE, guarded by the token (LeaseLost). The last COPY of a table makes its
        FINISH READY; the last FINISH makes CONCLUDE READY.
        """

    def fail_task(
        self, task: Task, error: JobError, *, retryable: bool, is_outage: bool = False
    ) -> None:
        """
        Give a task back (READY after a back-off) or, when permanent or out of attempts,
        FAIL it and with it the job. An outage may last longer than the attempts. Does
        nothing when the lease is lost.
        """

    def split_task(self, task: Task, chunks: Seq[Chunk], error: JobError) -> None:
        """*chunks* take the place of the task's own, in one transaction; LeaseLost."""

    def read_later(self, task: Task, scn: int, error: JobError) -> None:
        """The task's chunk is READY again, to be read at *scn*; LeaseLost."""

    def restart_table(self, task: Task, error: JobError) -> int:
        """
        All chunks of the task's table become REPLACED, and a PLAN task for this table alone
        READY. How often that happened to the table now; LeaseLost.
        """

    def save_table_plan(
        self, task: Task, *, scn: int, chunks: Seq[Chunk], total: int | None
    ) -> None:
        """The table's new chunks, and its PLAN task done, in one transaction; LeaseLost."""

    def read_again(
        self,
        task: Task,
        numbers: Seq[int],
        *,
        more: Seq[Chunk] = (),
        scn: int,
        total: int | None,
    ) -> None:
        """
        The table's chunks *numbers* are to be read again at *scn*, and *more* for the first
        time; the FINISH *task* waits for them; LeaseLost.
        """

    def list_chunks(self, job_id: str, table_number: int) -> list[ChunkState]:
        """Every chunk that the table has or had, by number."""

    def list_troubles(self, job_id: str) -> list[Trouble]:
        """What was tried again or ended the job, the newest last."""

    def release_task(self, task: Task) -> None:
        """Give a task back at once, unharmed (a polite stop); the attempt does not count."""

    def reap_leases(self) -> int:
        """
        Leases that expired, or whose worker is gone, become READY (or FAILED out of attempts);
        how many.
        """

    def record_verification(
        self,
        job_id: str,
        table_number: int,
        *,
        verified: bool,
        source: Digest,
        target: Digest,
        findings: Seq[Finding] = (),
        notes: Seq[str] = (),
    ) -> None:
        """What verification saw of one table."""

    def list_progress(self, job_id: str, numbers: Seq[int] | None = None) -> list[TableProgress]:
        """Every table of the job, or some of them, by number."""

    def relay_outbox(self, announce: Callable[[str], None]) -> int:
        """
        Call *announce* with each waiting job id and forget it only when that returned; a
        PENDING job becomes SUBMITTED then. How many. Several relays may run at once.
        """

    def add_event(self, job_id: str, kind: str, body: dict[str, Any]) -> None:
        """Append to the job's history."""

    def list_events(self, job_id: str, *, after: int = 0, limit: int = 500) -> list[JobEvent]:
        """Events with a greater id, oldest first."""

    def record_worker(self, worker: str, host: str, pid: int, task: str | None) -> None:
        """This worker lives."""

    def list_workers(self) -> list[WorkerInfo]:
        """Workers seen in the last minutes."""

    def close(self) -> None:
        """Close all connections."""


# --- broker ---------------------------------------------------------------------------------


class Broker(Protocol):
    """A bell: it says "job J has work", never what the work is. Losing a ring is harmless."""

    def announce(self, job_id: str) -> None:
        """Ring for *job_id*, durably and confirmed where the broker can; BrokerUnavailable."""

    def wait(self, timeout_seconds: float) -> str | None:
        """
        The next announced job id, acknowledged before it is returned, or None after the
        timeout. An outage of the broker is reported as None (and logged), and healed by
        itself: workers look into the store anyway.
        """

    def ping(self) -> None:
        """BrokerUnavailable when the broker cannot be reached."""

    def close(self) -> None:
        """Never raises."""


# --- worker ---------------------------------------------------------------------------------


class Heartbeat(Protocol):
    """How a running task stays a worker's own, and how it learns that it is not any more."""

    def check(self) -> None:
        """LeaseLost or JobCancelled when this task must stop; cheap enough for every batch."""

    def progress(self, rows: int, bytes: int) -> None:
        """So much more of this task is done; waits where the job may not go faster."""

    @property
    def throttle(self) -> Throttle:
        """The job's limits as last heard of."""

    def report(self) -> None:
        """Tell the store now what was done so far; never raises."""


# --- adviser --------------------------------------------------------------------------------

Purpose = Literal["data", "schema"]  # data: column names only; schema: everything


@dataclass(frozen=True, slots=True)
class Advice:
    """A model's opinion. It adds doubts; it never erases a rule's finding."""

    is_compatible: bool
    issues: tuple[str, ...]
    model: str
    prompt: str  # name and version of the prompt file


class Advisor(Protocol):
    """Someone to ask for a second opinion on two raw DDL texts."""

    def compare_ddl(self, source_ddl: str, target_ddl: str, purpose: Purpose) -> Advice:
        """AdvisorError when no usable answer came in time."""


# --- all together ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Services:
    """What doors hand to the story: ports, and ways to open them."""

    settings: Settings
    store: JobStore
    broker: Broker
    open_source: Callable[[SourceEndpoint], AbstractContextManager[Source]]
    open_target: Callable[[TargetEndpoint], AbstractContextManager[Target]]
    # (TargetEndpoint, *, search_path: Seq[str]); a transaction that is rolled back
    open_scratch: Callable[..., AbstractContextManager[Scratch]]
    advisor: Advisor | None
    seal: Callable[[Secret, str], str]  # (secret, job identity) -> "sealed:…"
    unseal: Callable[[str, str], Secret]
