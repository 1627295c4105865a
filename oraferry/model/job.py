"""Jobs: their states, their tasks, and how far they are."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oraferry.model.chunk import Chunk
from oraferry.model.finding import Finding


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


# The code of a job whose rows were all looked at, and differ: no error of ours.
VERIFICATION_FAILED = "VerificationFailed"


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
