"""What the job store tells, and is told, of a job."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oraferry.model import (
    Chunk,
    Digest,
    Finding,
    JobError,
    MigrationStatus,
    TaskKind,
    Throttle,
)

NO_THROTTLE = Throttle()


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
