"""A verification as JSON: the same for HTTP, `--json` and whoever stores it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from oraferry.logs import redact, redact_value
from oraferry.model import Finding, StoredReject
from oraferry.verify.outcome import (
    MethodOutcome,
    RowDifference,
    RowFault,
    TableOutcome,
    VerificationReport,
)
from oraferry.verify.repairs import LeftRow, RepairReport, RepairStatus, TableRepair


class ValueView(BaseModel):
    """One column of a row that is on both sides."""

    column: str = Field(description="The source's name")
    source: str | None = Field(description="Canonical text; null is NULL")
    target: str | None
    reason: str | None = Field(description="Where it is known, such as 'trailing blanks'")


class RowView(BaseModel):
    """A row that is not the same on both sides."""

    fault: RowFault
    key: dict[str, str | None] = Field(description="Source column → canonical text")
    rowid: str | None = Field(description="Of the source's row")
    ctid: str | None = Field(description="Of the target's row, when it was looked at")
    part: str | None = Field(description="The target's table, or the partition that holds it")
    values: list[ValueView]

    @classmethod
    def of(cls, row: RowDifference) -> RowView:
        """What clients see of *row*: values as they are, since they were asked for."""
        return cls(**asdict(row))


class FoundView(BaseModel):
    """Something a method saw."""

    kind: str
    message: str
    chunk: str | None
    source: str | None
    target: str | None

    @classmethod
    def of(cls, found: Finding) -> FoundView:
        """What clients see of *found*."""
        fields: dict[str, Any] = redact_value(asdict(found))
        del fields["table"]
        return cls(**fields)


class MethodView(BaseModel):
    """What one method saw of a table."""

    method: str
    agrees: bool | None = Field(description="null: it could not look; the note says why")
    note: str | None
    seconds: float | None
    findings: list[FoundView]

    @classmethod
    def of(cls, outcome: MethodOutcome) -> MethodView:
        """What clients see of *outcome*."""
        return cls(
            method=outcome.method,
            agrees=outcome.agrees,
            note=redact(outcome.note) if outcome.note else None,
            seconds=outcome.seconds,
            findings=[FoundView.of(found) for found in outcome.findings],
        )


class SetAsideView(BaseModel):
    """A row in the quarantine table instead of the target."""

    rowid: str | None = Field(description="Where it is in Oracle")
    column: str | None
    code: str = Field(description="An SQLSTATE, or the name of a rule")
    reason: str

    @classmethod
    def of(cls, reject: StoredReject) -> SetAsideView:
        """What clients see of *reject*; never what was kept of the row."""
        return cls(rowid=reject.rowid, column=reject.column, code=reject.code, reason=reject.reason)


class TableOutcomeView(BaseModel):
    """One pair of tables at one SCN."""

    source: str
    target: str
    agrees: bool = Field(description="Some method looked, and none saw a difference")
    scn: int
    source_rows: int | None
    target_rows: int | None
    methods: list[MethodView]
    differing_rows: int = Field(description="Found; at least so many unless is_complete")
    is_complete: bool = Field(description="rows holds every row that differs")
    rows: list[RowView]
    reasons: dict[str, int] = Field(description="COLUMN: reason → values of differing rows")
    altered: dict[str, int] = Field(description="COLUMN: reason → values changed on purpose")
    set_aside: dict[str, int] = Field(description="COLUMN: reason → rows in quarantine")
    rejects: list[SetAsideView] = Field(description="Those rows, as far as they were listed")
    notes: list[str]
    seconds: float | None

    @classmethod
    def of(cls, table: TableOutcome) -> TableOutcomeView:
        """What clients see of *table*."""
        return cls(
            source=str(table.source),
            target=str(table.target),
            agrees=table.agrees,
            scn=table.scn,
            source_rows=table.source_rows,
            target_rows=table.target_rows,
            methods=[MethodView.of(outcome) for outcome in table.outcomes],
            differing_rows=table.differing_rows,
            is_complete=table.is_complete,
            rows=[RowView.of(row) for row in table.rows],
            reasons=table.reasons,
            altered=table.altered,
            set_aside=table.set_aside,
            rejects=[SetAsideView.of(reject) for reject in table.rejects],
            notes=_redacted(table.notes),
            seconds=table.seconds,
        )


class VerificationView(BaseModel):
    """A verification as a whole."""

    agrees: bool = Field(description="Every table does")
    at: datetime
    source: str = Field(description="The database, as it names itself")
    target: str
    job_id: str | None
    tables: list[TableOutcomeView]
    notes: list[str]

    @classmethod
    def of(cls, report: VerificationReport) -> VerificationView:
        """What clients see of *report*."""
        return cls(
            agrees=report.agrees,
            at=report.at,
            source=redact(report.source),
            target=redact(report.target),
            job_id=report.job_id,
            tables=[TableOutcomeView.of(table) for table in report.tables],
            notes=_redacted(report.notes),
        )


class LeftRowView(BaseModel):
    """A row of the source that a repair left out."""

    rowid: str | None
    column: str | None = Field(description="To blame, where it is one")
    code: str = Field(description="SQLSTATE, or a rule's name")
    reason: str

    @classmethod
    def of(cls, row: LeftRow) -> LeftRowView:
        """What clients see of *row*."""
        return cls(**asdict(row) | {"reason": redact(row.reason)})


class TableRepairView(BaseModel):
    """What was, or would be, done to one table."""

    source: str
    target: str
    status: RepairStatus = Field(
        description="agrees: nothing to do; planned: a dry run; repaired; refused: nothing changed"
    )
    scn: int
    inserted: int
    updated: int
    deleted: int
    columns: dict[str, int] = Field(description="COLUMN: reason → values changed")
    rows: list[RowView] = Field(description="Examples, with the target's values as they were")
    left: dict[str, int] = Field(
        description="COLUMN: reason → rows of the source that cannot be loaded, and were left out"
    )
    left_rows: list[LeftRowView] = Field(description="Examples of them")
    entry: int | None = Field(description="The row of oraferry.repair on the target")
    digest_before: str | None
    digest_after: str | None
    reason: str | None = Field(description="Why it was refused")
    hint: str | None
    notes: list[str]
    seconds: float | None

    @classmethod
    def of(cls, table: TableRepair) -> TableRepairView:
        """What clients see of *table*."""
        return cls(
            source=str(table.source),
            target=str(table.target),
            status=table.status,
            scn=table.scn,
            inserted=table.inserted,
            updated=table.updated,
            deleted=table.deleted,
            columns=table.columns,
            rows=[RowView.of(row) for row in table.rows],
            left={redact(name): count for name, count in table.left.items()},
            left_rows=[LeftRowView.of(row) for row in table.left_rows],
            entry=table.entry,
            digest_before=table.digest_before,
            digest_after=table.digest_after,
            reason=redact(table.reason) if table.reason else None,
            hint=redact(table.hint) if table.hint else None,
            notes=_redacted(table.notes),
            seconds=table.seconds,
        )


class RepairView(BaseModel):
    """A repair as a whole."""

    agrees: bool = Field(description="No difference is left that this repair knows of")
    is_dry_run: bool
    at: datetime
    source: str
    target: str
    job_id: str | None
    tables: list[TableRepairView]
    notes: list[str]

    @classmethod
    def of(cls, report: RepairReport) -> RepairView:
        """What clients see of *report*."""
        return cls(
            agrees=report.agrees,
            is_dry_run=report.is_dry_run,
            at=report.at,
            source=redact(report.source),
            target=redact(report.target),
            job_id=report.job_id,
            tables=[TableRepairView.of(table) for table in report.tables],
            notes=_redacted(report.notes),
        )


def _redacted(texts: Sequence[str]) -> list[str]:
    return [redact(text) for text in texts]
