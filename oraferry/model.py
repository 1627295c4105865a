"""The nouns: what a database holds, what moves, what was found.

All values are frozen dataclasses that pydantic's ``TypeAdapter`` turns into JSON and
back, because a plan is stored with the job and read by every worker.
A name is always what the database stores: ``ORDERS`` in Oracle, ``orders`` in
PostgreSQL; folding happens once, in ``schema/translate.py``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True, order=True)
class TableRef:
    """A table (or view, or sequence) by schema and name, exactly as stored."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class DataType:
    """A column's type in its own database's words.

    Oracle names: ``NUMBER FLOAT BINARY_FLOAT BINARY_DOUBLE CHAR NCHAR VARCHAR2 NVARCHAR2
    LONG CLOB NCLOB RAW "LONG RAW" BLOB BFILE DATE TIMESTAMP "TIMESTAMP WITH TIME ZONE"
    "TIMESTAMP WITH LOCAL TIME ZONE" "INTERVAL YEAR TO MONTH" "INTERVAL DAY TO SECOND"
    ROWID UROWID XMLTYPE JSON BOOLEAN VECTOR`` or a user type's name with *schema*.
    PostgreSQL names are those of ``format_type``: ``smallint integer bigint numeric real
    "double precision" "character varying" character text bytea "timestamp without time zone"
    "timestamp with time zone" date interval boolean uuid json jsonb xml`` …
    """

    name: str
    length: int | None = None  # characters; bytes for RAW
    precision: int | None = None  # decimal digits; FLOAT: bits; INTERVAL: leading field's digits
    scale: int | None = None  # digits after the point; TIMESTAMP, INTERVAL: of the second
    byte_length: bool = False  # VARCHAR2(n BYTE): *length* counts bytes of the database charset
    schema: str | None = None  # owner of a user-defined type
    # Of a user-defined type: the column's expression gives it as JSON.
    document: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence, or the one behind an identity column."""

    ref: TableRef
    next_value: int  # the next value that is certainly unused (Oracle: LAST_NUMBER)
    increment: int = 1
    minimum: int | None = None
    maximum: int | None = None
    cache: int = 1
    cycle: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """A column's identity property."""

    always: bool
    sequence: Sequence | None = None


class MaskKind(enum.StrEnum):
    """What stands in a value's place."""

    NULL = "null"
    CONSTANT = "constant"
    HASH = "hash"  # keyed, the same value always gives the same
    PARTIAL = "partial"  # some characters stay, the others are covered
    RANDOM = "random"  # of the same shape, drawn from the key and the value


@dataclass(frozen=True, slots=True)
class Mask:
    """What is loaded instead of a column's values; see typemap/mask.py."""

    kind: MaskKind
    value: str | None = None  # CONSTANT
    keep_start: int = 0  # PARTIAL: characters that stay
    keep_end: int = 0
    cover: str = "*"  # PARTIAL: stands for each other character
    low: str | None = None  # RANDOM numbers: bounds
    high: str | None = None
    days: int = 365  # RANDOM moments: how far at most from the value


@dataclass(frozen=True, slots=True)
class Column:
    """One column, in the order of *position* (1 is the first)."""

    name: str
    type: DataType
    position: int
    nullable: bool = True
    default: str | None = None  # SQL text of its own database
    identity: Identity | None = None
    generated: str | None = None  # expression of a virtual or generated column
    invisible: bool = False
    comment: str | None = None
    # What a person asked for this column of a source:
    rename: str | None = None  # its name on the target
    expression: str | None = None  # SQL that is read in its place
    mask: Mask | None = None  # what is loaded in its place


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key or unique constraint."""

    name: str
    columns: tuple[str, ...]
    primary: bool
    deferrable: bool = False
    initially_deferred: bool = False
    enabled: bool = True
    validated: bool = True
    generated_name: bool = False  # SYS_C…: never kept on the target


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key; *parent* may be in another schema."""

    name: str
    columns: tuple[str, ...]
    parent: TableRef
    parent_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"  # CASCADE, SET NULL
    deferrable: bool = False
    initially_deferred: bool = False
    enabled: bool = True
    validated: bool = True
    generated_name: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A check constraint, in the SQL of its own database."""

    name: str
    expression: str
    enabled: bool = True
    validated: bool = True
    generated_name: bool = False


@dataclass(frozen=True, slots=True)
class IndexPart:
    """A column or, when *is_expression*, an SQL expression of an index."""

    text: str
    descending: bool = False
    is_expression: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An index that backs no constraint."""

    name: str
    parts: tuple[IndexPart, ...]
    unique: bool = False
    kind: str = "NORMAL"  # Oracle's INDEX_TYPE; PostgreSQL's access method
    predicate: str | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition, with the bound's text as its dictionary shows it."""

    name: str
    high_value: str | None = None
    subpartitions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Partitioning:
    """How a table is partitioned."""

    method: str  # RANGE, LIST, HASH, REFERENCE, SYSTEM
    columns: tuple[str, ...]
    partitions: tuple[Partition, ...] = ()
    subpartition_method: str | None = None
    interval: str | None = None


class TableKind(enum.StrEnum):
    """How a table stores its rows; decides how it can be read in chunks."""

    HEAP = "heap"
    INDEX_ORGANIZED = "index-organized"
    CLUSTERED = "clustered"
    EXTERNAL = "external"
    TEMPORARY = "temporary"
    VIEW = "view"
    QUERY = "query"  # somebody's SELECT in place of a table


@dataclass(frozen=True, slots=True)
class Table:
    """A table's whole definition, as its own database describes it."""

    ref: TableRef
    columns: tuple[Column, ...]
    kind: TableKind = TableKind.HEAP
    primary_key: Key | None = None
    unique_keys: tuple[Key, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    indexes: tuple[Index, ...] = ()
    partitioning: Partitioning | None = None
    comment: str | None = None
    estimated_rows: int | None = None  # from statistics: a hint for planning, never a count
    rename: TableRef | None = None  # of a source: where a person wants it
    query: str | None = None  # of kind QUERY: the SELECT
    has_past: bool = True  # can be read AS OF SCN

    @property
    def has_rowids(self) -> bool:
        """True when each row has an address that stays while the table is not reorganised."""
        return self.kind in (TableKind.HEAP, TableKind.CLUSTERED)

    def column(self, name: str) -> Column:
        """The column of that stored name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


# --- comparison -----------------------------------------------------------------------------


class Severity(enum.StrEnum):
    """What a difference means for the load."""

    BLOCKING = "blocking"  # the load would fail or change values
    WARNING = "warning"  # the data arrives exact, the definition differs
    NOTE = "note"  # worth knowing


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between source and target; a result, not an error."""

    table: str  # the source's name, SCHEMA.NAME
    column: str | None
    kind: str  # column-missing, type, length, nullability, primary-key, ...
    severity: Severity
    message: str  # one sentence for a person
    decided_by: str  # "rule:<name>" or "ai:<model>@<prompt>"
    source: str | None = None  # evidence: the definition on each side
    target: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found about one pair of tables; ``is_compatible`` means nothing blocks."""

    source: TableRef
    target: TableRef
    target_exists: bool
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()  # doubts that concern the comparison itself (AI down, …)

    @property
    def is_compatible(self) -> bool:
        """True when no difference blocks the load."""
        return not any(d.severity is Severity.BLOCKING for d in self.differences)


# --- plan -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Policy:
    """
    What becomes of a column's values that PostgreSQL cannot hold as they are.

    The defaults refuse, or keep; only digits after the microsecond are cut, and counted.
    """

    to: DataType | None = None  # the PostgreSQL type that was asked for
    nul: Literal["refuse", "remove", "replace", "bytea"] = "refuse"
    invalid_bytes: Literal["refuse", "replace", "bytea"] = "refuse"
    padding: Literal["keep", "trim"] = "keep"  # CHAR's trailing blanks
    empty_text: Literal["null", "empty"] = "null"  # NULL for a NOT NULL text column
    nanoseconds: Literal["cut", "round", "text", "refuse"] = "cut"
    moments: Literal["refuse", "null", "clamp"] = "refuse"  # year 0, days of Oracle's calendar
    last_day: Literal["keep", "infinity"] = "keep"  # 9999-12-31
    time_of_day: Literal["refuse", "cut"] = "refuse"  # for a date column
    time_zone: Literal["instant", "text", "column"] = "instant"
    infinity: Literal["keep", "null", "refuse"] = "keep"  # and NaN
    overflow: Literal["refuse", "null", "cut", "widen"] = "refuse"


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How one column travels: read by *rule*, loaded as the target column's type."""

    source: Column
    target: Column
    rule: str  # TypeRule.name
    policy: Policy = Policy()


@dataclass(frozen=True, slots=True)
class Chunking:
    """How a person wants a table split."""

    by: str = "auto"  # auto, rowid, key, hash, partition, whole
    column: str | None = None  # by key: the source column
    rows: int | None = None  # rows that a chunk aims at


@dataclass(frozen=True, slots=True)
class Levers:
    """What a person allows for the sake of a faster load; see docs/howto/fast-loads.md."""

    unlogged: bool = False
    freeze: bool = False
    asynchronous_commit: bool = False
    indexes_after: bool = False
    keys_after: bool = False
    triggers_off: bool = False
    maintenance_work_mem: str | None = None
    index_workers: int | None = None


@dataclass(frozen=True, slots=True)
class TablePlan:
    """Everything a worker needs to move one table; stored with the job."""

    number: int
    source: Table
    target: Table
    columns: tuple[ColumnPlan, ...]
    mode: str  # create, append, truncate, upsert
    created: bool  # this job creates the target table (keys and indexes come after the load)
    where: str | None = None
    key: tuple[str, ...] = ()  # upsert: the target columns that say which row is meant
    chunking: Chunking = Chunking()
    levers: Levers = Levers()


class ChunkKind(enum.StrEnum):
    """How a chunk's rows are told from the rest of the table."""

    WHOLE = "whole"
    ROWID = "rowid"  # physical ROWID ranges, inclusive on both ends
    KEY = "key"  # lower <= key < upper; None is open; includes NULL keys when is_first
    PARTITION = "partition"
    HASH = "hash"  # ORA_HASH(ROWID, buckets - 1) = bucket
    ROWIDS = "rowids"  # single rows, for a repair; a thousand at most


@dataclass(frozen=True, slots=True)
class Chunk:
    """A set of rows fixed at planning time, at the job's SCN."""

    kind: ChunkKind
    rowid_ranges: tuple[tuple[str, str], ...] = ()
    key_column: str | None = None
    lower: str | None = None  # canonical text of the key; bound with the key column's type
    upper: str | None = None
    partition: str | None = None
    bucket: int | None = None
    buckets: int | None = None
    estimated_rows: int = 0
    rowids: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind is ChunkKind.ROWID:
            return f"rowid {self.rowid_ranges[0][0]}…{self.rowid_ranges[-1][1]}"
        if self.kind is ChunkKind.KEY:
            return f"{self.key_column} in [{_shown(self.lower, '-∞')}, {_shown(self.upper, '∞')})"
        if self.kind is ChunkKind.PARTITION:
            return f"partition {self.partition}"
        if self.kind is ChunkKind.HASH:
            return f"hash {self.bucket} of {self.buckets}"
        if self.kind is ChunkKind.ROWIDS:
            return f"{len(self.rowids)} rows"
        return "whole table"


# --- rows that cannot be loaded ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row cannot be loaded; never a value."""

    code: str  # an SQLSTATE, or the name of a rule of ours
    reason: str
    column: str | None = None  # the source's name, where one column is to blame
    line: int | None = None  # of the rows sent, the one that was named; 0 is the first


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is set aside: where it is in the source, why, and what can be kept of it."""

    rowid: str | None  # None where the source's rows have none
    refusal: Refusal
    content: dict[str, Any]  # source column -> text, number, NULL or {"hex": …}; cut when long


@dataclass(frozen=True, slots=True)
class StoredReject:
    """A reject as the quarantine table of the target holds it."""

    task_number: int
    number: int  # within its task
    table_number: int
    source: str
    rowid: str | None
    column: str | None
    code: str
    reason: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Source rows that repeat the key of another, where the target has a key."""

    columns: tuple[str, ...]  # the source's names
    rows: int  # that are too many: one of each key may stay
    rowids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BadRowLimits:
    """How many rows may be set aside; 0: the first one stops the job."""

    per_table: int
    per_job: int


def _shown(bound: str | None, open_end: str) -> str:
    """Numbers and dates are shown; a text may be somebody's name."""
    if bound is None:
        return open_end
    return bound if set(bound) <= set("0123456789+-.:E ") else "…"


# --- verification ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Digest:
    """A count and an order-independent digest of rows (see verify/digest.py).

    *value* is 32 hex digits: two sums modulo 2**64 over a 128-bit hash of each row's
    canonical form. Doubled, lost and changed rows all move it.
    """

    rows: int
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something verification saw."""

    table: str
    kind: str  # rows, digest, set-aside
    message: str
    chunk: str | None = None
    source: str | None = None
    target: str | None = None


# --- jobs -----------------------------------------------------------------------------------


class MigrationStatus(enum.StrEnum):
    """A job's public state; jobs/states.py says which may follow which."""

    PENDING = "PENDING"
    SUBMITTED = "SUBMITTED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class TaskKind(enum.StrEnum):
    """The units that workers claim."""

    PLAN = "plan"  # take the SCN, create tables, fix the chunks
    COPY = "copy"  # one chunk
    FINISH = "finish"  # one table: verify, then keys, indexes, statistics
    CONCLUDE = "conclude"  # the job: foreign keys, sequences, the verdict


class TaskStatus(enum.StrEnum):
    """BLOCKED waits for the tasks before it; READY can be claimed."""

    BLOCKED = "BLOCKED"
    READY = "READY"
    LEASED = "LEASED"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    REPLACED = "REPLACED"  # other chunks hold its rows now


@dataclass(frozen=True, slots=True)
class Throttle:
    """How much a job may take of the servers, all its lanes together; None: no limit."""

    rows_per_second: int | None = None
    source_sessions: int | None = None
    target_sessions: int | None = None
    source_load: float | None = None  # per cent of the source host's CPU: wait while above


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed task; *token* proves the claim in every later update."""

    job_id: str
    number: int
    kind: TaskKind
    table_number: int | None
    chunk: Chunk | None
    attempt: int  # 1 is the first
    token: str
    lease_seconds: float
    scn: int | None = None  # read at; None: at the job's
    replaces: int | None = None  # the chunk that this one takes the place of
    depth: int = 0  # how often it was split on the way
    throttle: Throttle = Throttle()  # the job's, when it was claimed


@dataclass(frozen=True, slots=True)
class ChunkState:
    """A chunk of a table as the store holds it, REPLACED ones included."""

    number: int
    status: TaskStatus
    chunk: Chunk
    scn: int  # that it is, or was, read at
    rows: int


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What a finished task reports."""

    rows: int = 0
    set_aside: int = 0
    bytes: int = 0
    digest: str | None = None
    altered: dict[str, int] = field(default_factory=dict)  # "COLUMN: reason" -> values


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job or task failed, safe to show."""

    code: str
    message: str
    hint: str | None = None
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error that tasks of a job met and went on from, or ended with."""

    code: str
    table_number: int | None
    count: int
    last_at: datetime
    message: str  # of the last one


@dataclass(frozen=True, slots=True)
class SnapshotRead:
    """Which part of a table was read at which SCN."""

    scn: int
    chunks: int
    rows: int


@dataclass(frozen=True, slots=True)
class TableProgress:
    """One table of a job, as a person follows it."""

    number: int
    source: str
    target: str
    phase: str  # waiting, copying, finishing, done, failed
    rows_done: int
    rows_total: int | None  # exact when counted at the SCN, else the estimate, else unknown
    bytes_done: int
    chunks_done: int
    chunks_total: int
    verified: bool | None  # None: not looked at yet
    source_rows: int | None = None
    target_rows: int | None = None
    source_digest: str | None = None
    target_digest: str | None = None
    altered: dict[str, int] = field(default_factory=dict)
    set_aside: int = 0  # rows in the quarantine table instead of the target
    findings: tuple[Finding, ...] = ()
    error: JobError | None = None
    seconds: float | None = None  # from the first chunk's claim to the last chunk's end
    retries: int = 0  # attempts after each task's first
    rows_again: int = 0  # rows that were read in vain and read again
    splits: int = 0  # chunks that were made smaller
    restarts: int = 0  # how often the table was begun anew
    reads: tuple[SnapshotRead, ...] = ()  # by SCN
