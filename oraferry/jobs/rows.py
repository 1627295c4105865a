"""The store's rows as the model's values, and values as what the statements take."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from oraferry.errors import JobNotFound
from oraferry.jobs.statements import CHUNK
from oraferry.model import (
    Finding,
    JobError,
    MigrationStatus,
    SnapshotRead,
    TableProgress,
    Task,
    TaskKind,
    TaskResult,
    Throttle,
)
from oraferry.ports import NO_THROTTLE, MigrationJob, Verification

_FINDINGS = TypeAdapter(tuple[Finding, ...])
_ERROR = TypeAdapter(JobError)
_READS = TypeAdapter(tuple[SnapshotRead, ...])
Row = tuple[Any, ...]


def checked_id(job_id: str) -> str:
    """JobNotFound for what is no job id."""
    try:
        return str(uuid.UUID(job_id))
    except (ValueError, AttributeError, TypeError):
        raise not_found(str(job_id)) from None


def not_found(job_id: str) -> JobNotFound:
    """There is no such job."""
    return JobNotFound(
        f"there is no job {job_id[:64]}",
        hint="`oraferry jobs list` shows all jobs",
        context={"job_id": job_id[:64]},
    )


def throttle_of(body: dict[str, Any] | None) -> Throttle:
    """The limits in a stored JSON."""
    return Throttle(**(body or {}))


def describe_throttle(throttle: Throttle) -> dict[str, Any]:
    """The limits that there are, for a stored JSON."""
    return {name: value for name, value in asdict(throttle).items() if value is not None}


def task_of(row: Row, lease_seconds: float, throttle: Throttle = NO_THROTTLE) -> Task:
    """A claim, as the claiming statements return it."""
    job_id, number, kind, table_number, chunk, attempt, token, scn, replaces, depth = row
    return Task(
        job_id,
        number,
        TaskKind(kind),
        table_number,
        None if chunk is None else CHUNK.validate_python(chunk),
        attempt,
        token,
        lease_seconds,
        None if scn is None else int(scn),
        replaces,
        depth,
        throttle,
    )


def describe_result(task: Task, result: TaskResult) -> dict[str, Any]:
    """What finish_tasks takes."""
    return {
        "number": task.number,
        "token": task.token,
        "rows": result.rows,
        "bytes": result.bytes,
        "digest": result.digest,
        "altered": result.altered,
        "set_aside": result.set_aside,
    }


def describe_verification(seen: Verification) -> dict[str, Any]:
    """What record_verifications takes."""
    return {
        "number": seen.table_number,
        "verified": seen.verified,
        "source_rows": seen.source.rows,
        "target_rows": seen.target.rows,
        "source_digest": seen.source.value,
        "target_digest": seen.target.value,
        "findings": _FINDINGS.dump_python(tuple(seen.findings), mode="json"),
        "notes": list(seen.notes),
    }


def job_of(row: Row) -> MigrationJob:
    """A job, as get_job and list_jobs return it."""
    return MigrationJob(
        id=row[0],
        status=MigrationStatus(row[1]),
        request=row[2],
        created_at=row[3],
        updated_at=row[4],
        cancel_requested=row[5],
        scn=None if row[6] is None else int(row[6]),
        error=None if row[7] is None else _ERROR.validate_python(row[7]),
        comparison=row[8],
        notes=row[9],
        verified=row[10],
        started_at=row[11],
        finished_at=row[12],
        throttle=throttle_of(row[13]),
    )


def progress_of(row: Row) -> TableProgress:
    """A table, as list_progress returns it."""
    total, chunks_done, chunks = row[3], row[12], row[13]
    has_failed, has_started, is_finished = bool(row[14]), bool(row[15]), bool(row[16])
    copied = chunks > 0 and chunks_done == chunks
    phase = (
        "failed"
        if has_failed
        else "done"
        if is_finished
        else "finishing"
        if copied
        else "copying"
        if has_started
        else "waiting"
    )
    altered: Counter[str] = Counter()
    for part in row[20]:
        altered.update(part)
    return TableProgress(
        number=row[0],
        source=row[1],
        target=row[2],
        phase=phase,
        rows_done=row[10],
        rows_total=total,
        bytes_done=row[11],
        chunks_done=chunks_done,
        chunks_total=chunks,
        verified=row[4],
        source_rows=row[5],
        target_rows=row[6],
        source_digest=row[7],
        target_digest=row[8],
        altered=dict(altered),
        set_aside=row[21],
        findings=_FINDINGS.validate_python(row[9]),
        error=None if row[19] is None else _ERROR.validate_python(row[19]),
        seconds=row[17] if copied else row[18],
        retries=row[22],
        rows_again=row[23],
        splits=row[24],
        restarts=row[25],
        reads=_READS.validate_python(row[26]),
    )
