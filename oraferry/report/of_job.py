"""A job's own verification as a report: its chunks' digests, what was altered, what set aside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from oraferry.errors import ConfigError, OraferryError, TargetError
from oraferry.migration.rejects import list_rejects
from oraferry.migration.report import Report, build_report
from oraferry.migration.request import DataMigrationRequest, get_target_endpoint
from oraferry.model import Finding, Severity, StoredReject, TableProgress, TableRef
from oraferry.ports import Services
from oraferry.postgres.session import safe_dsn
from oraferry.verify.outcome import MethodOutcome, TableOutcome, VerificationReport

# Which method of a job makes which kind of finding (verify/counts.py, checksums.py, set_aside.py).
_KINDS: Mapping[str, str] = {"counts": "rows", "checksums": "digest", "set-aside": "set-aside"}

MOST_REJECTS = 10_000  # a report is read by people


def report_stored_job(job_id: str, services: Services) -> VerificationReport:
    """
    The report of a job; JobNotFound. Rows set aside are read from the target, and a target
    that cannot be read is a note.
    """
    report = build_report(services.store, job_id)
    rejects: list[StoredReject] = []
    notes: list[str] = []
    if any(table.set_aside for table in report.tables):
        try:
            rejects = list_rejects(job_id, services, limit=MOST_REJECTS)
        except (ConfigError, TargetError) as error:
            notes.append(f"the rows set aside could not be listed: {error.message}")
    source, target = _name_databases(report, services)
    return report_job(report, rejects, source=source, target=target, notes=notes)


def _name_databases(report: Report, services: Services) -> tuple[str, str]:
    request = DataMigrationRequest.model_validate(report.job.request)
    source = request.source.dsn or services.settings.source_dsn or ""
    try:
        return source, safe_dsn(get_target_endpoint(request, services).dsn)
    except OraferryError:
        return source, ""


def report_job(
    report: Report,
    rejects: Sequence[StoredReject] = (),
    *,
    source: str = "",
    target: str = "",
    notes: Sequence[str] = (),
) -> VerificationReport:
    """
    What the job's workers saw. *rejects* are the rows set aside, as far as they could be read.
    """
    refs = {str(c.source): (c.source, c.target) for c in report.comparisons}
    by_table: dict[int, list[StoredReject]] = defaultdict(list)
    for reject in rejects:
        by_table[reject.table_number].append(reject)
    job = report.job
    return VerificationReport(
        at=job.finished_at or job.updated_at,
        source=source,
        target=target,
        job_id=job.id,
        tables=tuple(
            _outcome(table, refs, job.scn or 0, tuple(by_table[table.number]))
            for table in report.tables
        ),
        notes=(*_list_notes(report), *notes),
    )


def _list_notes(report: Report) -> Iterator[str]:
    job = report.job
    yield f"job {job.id} is {job.status}"
    if job.error:
        hint = f" ({job.error.hint})" if job.error.hint else ""
        yield f"{job.error.code}: {job.error.message}{hint}"
    yield from job.notes
    for found in (d for c in report.comparisons for d in c.differences):
        if found.severity is not Severity.NOTE:
            where = f"{found.table}.{found.column}" if found.column else found.table
            yield f"{found.severity}: {where}: {found.message}"


def _outcome(
    table: TableProgress,
    refs: Mapping[str, tuple[TableRef, TableRef]],
    scn: int,
    rejects: tuple[StoredReject, ...],
) -> TableOutcome:
    source, target = refs.get(table.source, (_parse(table.source), _parse(table.target)))
    error = [f"{table.error.code}: {table.error.message}"] if table.error else []
    return TableOutcome(
        source=source,
        target=target,
        scn=max((read.scn for read in table.reads), default=scn),
        source_rows=table.source_rows,
        target_rows=table.target_rows,
        outcomes=tuple(_list_methods(table)),
        altered=table.altered,
        set_aside=_count_reasons(table, rejects),
        rejects=rejects,
        notes=tuple(error + _list_reads(table)),
        seconds=table.seconds,
    )


def _list_methods(table: TableProgress) -> Iterator[MethodOutcome]:
    for method, kind in _KINDS.items():
        findings = tuple(found for found in table.findings if found.kind == kind)
        if table.verified is None:
            note = f"the job has not looked at this table yet (it is {table.phase})"
            yield MethodOutcome(method, None, note=note)
        else:
            yield MethodOutcome(method, not findings, findings)
    others = tuple(found for found in table.findings if found.kind not in _KINDS.values())
    # A table that did not verify and has no finding must not look as if it had.
    if others or (table.verified is False and not table.findings):
        yield MethodOutcome("digests", False, others or (_unequal(table),))


def _unequal(table: TableProgress) -> Finding:
    return Finding(
        table=table.source,
        kind="digest",
        message="the digests of the two sides differ",
        source=table.source_digest,
        target=table.target_digest,
    )


def _count_reasons(table: TableProgress, rejects: Sequence[StoredReject]) -> dict[str, int]:
    if len(rejects) < table.set_aside:
        return {"see oraferry.quarantine": table.set_aside}
    reasons = (": ".join(filter(None, (r.column, r.reason))) for r in rejects)
    return dict(Counter(reasons))


def _list_reads(table: TableProgress) -> list[str]:
    if len(table.reads) < 2:
        return []
    return [f"{read.rows:,} rows were read at SCN {read.scn}" for read in table.reads]


def _parse(name: str) -> TableRef:
    schema, _, rest = name.partition(".")
    return TableRef(schema, rest)
