"""What a job did, for a person: the job, its tables, and what was found."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from oraferry.model import Comparison, Finding, TableProgress
from oraferry.ports import JobStore, MigrationJob

_COMPARISONS = TypeAdapter(list[Comparison])


@dataclass(frozen=True, slots=True)
class Report:
    """A job as far as it has come."""

    job: MigrationJob
    tables: tuple[TableProgress, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def rows(self) -> int:
        """Rows copied."""
        return sum(table.rows_done for table in self.tables)

    @property
    def altered(self) -> dict[str, int]:
        """Values that were changed on purpose, by ``TABLE.COLUMN: reason``."""
        return {
            f"{table.source}.{reason}": count
            for table in self.tables
            for reason, count in table.altered.items()
        }

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What verification saw, over all tables."""
        return tuple(finding for table in self.tables for finding in table.findings)

    @property
    def seconds(self) -> float | None:
        """How long the work took; None while it runs."""
        if self.job.started_at is None or self.job.finished_at is None:
            return None
        return (self.job.finished_at - self.job.started_at).total_seconds()


def build_report(store: JobStore, job_id: str) -> Report:
    """The report of a job; JobNotFound."""
    job = store.get_migration_job(job_id)
    return Report(
        job=job,
        tables=tuple(store.list_progress(job_id)),
        comparisons=tuple(_COMPARISONS.validate_python(job.comparison)),
    )
