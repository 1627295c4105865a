"""What clients see of jobs: the store's values, without secrets and with links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter

from oraferry.logs import MASK, redact, redact_value
from oraferry.model import (
    Comparison,
    MigrationStatus,
    Severity,
    StoredReject,
    TableProgress,
    Trouble,
)
from oraferry.ports import JobEvent, MigrationJob

TERMINAL = frozenset({MigrationStatus.COMPLETED, MigrationStatus.FAILED, MigrationStatus.CANCELLED})


_COMPARISONS = TypeAdapter(list[Comparison])


class Links(BaseModel):
    """Where to go from here."""

    self: str
    events: str
    cancel: str
    resume: str

    @classmethod
    def of(cls, job_id: str) -> Links:
        """The links of one job."""
        base = f"/migrations/{job_id}"
        return cls(
            self=base, events=f"{base}/events", cancel=f"{base}/cancel", resume=f"{base}/resume"
        )


class ErrorView(BaseModel):
    """Why a job or a table failed."""

    code: str
    message: str
    hint: str | None = None
    context: dict[str, Any] = Field(default_factory=dict)


class RestoreView(BaseModel):
    """What came of bringing back what a job's levers took."""

    notes: list[str] = Field(
        description="A sentence for each that is not back; its statement stays in oraferry.lever"
    )


class JobView(BaseModel):
    """One job in a list, or as it was just accepted."""

    job_id: str
    status: MigrationStatus
    cancel_requested: bool
    verified: bool | None = Field(
        description="All tables' digests agree and no row was set aside; null while unknown"
    )
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None
    error: ErrorView | None
    links: Links

    @classmethod
    def of(cls, job: MigrationJob) -> JobView:
        """What clients see of *job*."""
        return cls(**_fields_of(job))


class TableView(BaseModel):
    """One table of a job: how far it is, and what verification saw."""

    number: int
    source: str
    target: str
    phase: str = Field(description="waiting, copying, finishing, done or failed")
    rows_done: int
    rows_total: int | None = Field(description="Exact or estimated; null while unknown")
    bytes_done: int
    chunks_done: int
    chunks_total: int
    seconds: float | None
    verified: bool | None
    source_rows: int | None
    target_rows: int | None
    source_digest: str | None
    target_digest: str | None
    altered: dict[str, int] = Field(description="COLUMN: reason → values changed on purpose")
    set_aside: int = Field(description="Rows in the quarantine table instead of the target")
    findings: list[dict[str, Any]]
    error: ErrorView | None
    retries: int = Field(description="Attempts after each task's first")
    rows_again: int = Field(description="Rows that were read in vain and read again")
    splits: int = Field(description="Chunks that were made smaller")
    restarts: int = Field(description="How often the table was begun anew at a later SCN")
    reads: list[dict[str, int]] = Field(description="Chunks and rows that are in, by SCN")

    @classmethod
    def of(cls, progress: TableProgress) -> TableView:
        """What clients see of *progress*."""
        return cls(**redact_value(asdict(progress)))


class DifferenceView(BaseModel):
    """One difference, with who decided and the evidence of both sides."""

    table: str
    column: str | None
    kind: str
    severity: Severity
    message: str
    decided_by: str
    source: str | None
    target: str | None
    hint: str | None


class ComparisonView(BaseModel):
    """One pair of tables."""

    source: str
    target: str
    target_exists: bool
    is_compatible: bool = Field(description="No difference would stop or damage the load")
    differences: list[DifferenceView]
    notes: list[str]

    @classmethod
    def of(cls, found: Comparison) -> ComparisonView:
        """What clients see of *found*."""
        differences: list[dict[str, Any]] = redact_value([asdict(d) for d in found.differences])
        return cls(
            source=str(found.source),
            target=str(found.target),
            target_exists=found.target_exists,
            is_compatible=found.is_compatible,
            differences=[DifferenceView(**d) for d in differences],
            notes=list(redact_value(found.notes)),
        )


class TroubleView(BaseModel):
    """An error that tasks met and went on from, or ended with."""

    code: str
    table: str | None = Field(description="The table in Oracle; null for the job as a whole")
    count: int
    last_at: datetime
    message: str = Field(description="Of the last time")

    @classmethod
    def of(cls, trouble: Trouble, tables: Sequence[TableProgress]) -> TroubleView:
        """What clients see of *trouble*."""
        names = {table.number: table.source for table in tables}
        return cls(
            code=trouble.code,
            table=names.get(trouble.table_number or 0),
            count=trouble.count,
            last_at=trouble.last_at,
            message=redact(trouble.message),
        )


class JobDetailView(JobView):
    """One job with its request, comparison and tables: everything known about it."""

    request: dict[str, Any] = Field(description="The request, secrets masked")
    scn: int | None
    comparison: list[ComparisonView]
    notes: list[str]
    tables: list[TableView]
    troubles: list[TroubleView] = Field(description="Errors met on the way, the newest last")

    @classmethod
    def with_tables(
        cls, job: MigrationJob, tables: list[TableProgress], troubles: Sequence[Trouble] = ()
    ) -> JobDetailView:
        """What clients see of *job* and its *tables*."""
        return cls(
            **_fields_of(job),
            request=mask_request(job.request),
            scn=job.scn,
            comparison=[ComparisonView.of(found) for found in read_comparisons(job)],
            notes=redact_value(job.notes),
            tables=[TableView.of(table) for table in tables],
            troubles=[TroubleView.of(trouble, tables) for trouble in troubles],
        )


class JobListView(BaseModel):
    """A page of jobs, newest first."""

    migrations: list[JobView]
    next: str | None = Field(description="The next page's address; null on the last page")


class RejectView(BaseModel):
    """One row that was set aside."""

    source: str
    rowid: str | None = Field(description="Where it is in Oracle; null where rows have no ROWID")
    column: str | None
    code: str = Field(description="An SQLSTATE, or the name of a rule")
    reason: str
    task: int
    number: int
    content: dict[str, Any] | None = Field(
        description="Source column → text, null or {hex}; null unless asked for"
    )

    @classmethod
    def of(cls, reject: StoredReject, *, with_content: bool) -> RejectView:
        """What clients see of *reject*."""
        return cls(
            source=reject.source,
            rowid=reject.rowid,
            column=reject.column,
            code=reject.code,
            reason=reject.reason,
            task=reject.task_number,
            number=reject.number,
            content=reject.content if with_content else None,
        )


class RejectListView(BaseModel):
    """A page of rows that were set aside."""

    rejects: list[RejectView]
    next: str | None = Field(description="The next page's address; null on the last page")


class EventView(BaseModel):
    """The data of one server-sent event."""

    at: datetime
    kind: str
    body: dict[str, Any]

    @classmethod
    def of(cls, event: JobEvent) -> EventView:
        """What clients see of *event*."""
        return cls(at=event.at, kind=event.kind, body=redact_value(event.body))


def _fields_of(job: MigrationJob) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "status": job.status,
        "cancel_requested": job.cancel_requested,
        "verified": job.verified,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "updated_at": job.updated_at,
        "finished_at": job.finished_at,
        "error": ErrorView(**redact_value(asdict(job.error))) if job.error else None,
        "links": Links.of(job.id),
    }


def read_comparisons(job: MigrationJob) -> list[Comparison]:
    """What the comparison found when the job was asked for."""
    return _COMPARISONS.validate_python(job.comparison)


def mask_request(request: dict[str, Any]) -> dict[str, Any]:
    """*request* without secrets: sealed ones are as secret as plain ones, references are not."""
    masked = _mask(request)
    assert isinstance(masked, dict)
    return masked


def _mask(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _mask(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_mask(item, key) for item in value]
    if isinstance(value, str):
        if value.startswith(("env:", "file:")):
            return value
        if value.startswith("sealed:"):
            return MASK
    return redact_value({key: value})[key] if key else redact_value(value)
