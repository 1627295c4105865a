"""What a person reads in the end: a job's report, comparisons, lists of jobs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console

from oraferry.cli.progress import TERMINAL, follow_job, format_seconds
from oraferry.cli.writing import (
    MOST_LINES,
    add_row,
    format_count,
    format_verdict,
    make_table,
    print_section,
    print_text,
    write_json,
)
from oraferry.model import (
    Comparison,
    Difference,
    JobError,
    Severity,
    StoredReject,
    TableProgress,
    Trouble,
)
from oraferry.ports import JobStore, MigrationJob

__all__ = ["TERMINAL", "follow_job", "print_job", "write_json"]

COMPARISONS = TypeAdapter(list[Comparison])
_ORDER = {Severity.BLOCKING: 0, Severity.WARNING: 1, Severity.NOTE: 2}
# Digests that differ do so in the first digits already.
DIGEST_DIGITS = 12


def describe(
    job: MigrationJob,
    tables: Sequence[TableProgress] | None = None,
    troubles: Sequence[Trouble] = (),
) -> dict[str, Any]:
    """The job as JSON, in the same shape as HTTP gives it, without links."""
    from oraferry.api.views import JobDetailView, JobView

    view = (
        JobView.of(job)
        if tables is None
        else JobDetailView.with_tables(job, list(tables), troubles)
    )
    return view.model_dump(mode="json", exclude={"links"})


def describe_comparisons(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    """The comparisons as JSON, in the same shape as HTTP gives them."""
    from oraferry.api.views import ComparisonView

    return [ComparisonView.of(found).model_dump(mode="json") for found in comparisons]


def describe_rejects(
    rejects: Sequence[StoredReject], *, with_content: bool
) -> list[dict[str, Any]]:
    """Rows set aside as JSON, in the same shape as HTTP gives them."""
    from oraferry.api.views import RejectView

    views = [RejectView.of(reject, with_content=with_content) for reject in rejects]
    return [view.model_dump(mode="json") for view in views]


def print_rejects(rejects: Sequence[StoredReject], console: Console, *, with_content: bool) -> None:
    """A line per row that was set aside."""
    titles = ["table", "rowid", "column", "code", "reason"]
    table = make_table(*titles, *(["content"] if with_content else []))
    for reject in rejects:
        kept = [json.dumps(reject.content, ensure_ascii=False)] if with_content else []
        add_row(
            table,
            reject.source,
            reject.rowid or "–",
            reject.column or "–",
            reject.code,
            reject.reason,
            *kept,
        )
    console.print(table)


def print_jobs(jobs: Sequence[MigrationJob], console: Console) -> None:
    """A line per job."""
    table = make_table("job", "status", "verified", "created")
    for job in jobs:
        created = job.created_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        add_row(table, job.id, job.status, format_verdict(job.verified), created)
    console.print(table)


def print_job(store: JobStore, job: MigrationJob, console: Console) -> None:
    """The job's report, or how far it is."""
    print_job_tables(job, store.list_progress(job.id), console, store.list_troubles(job.id))


def print_job_tables(
    job: MigrationJob,
    tables: Sequence[TableProgress],
    console: Console,
    troubles: Sequence[Trouble] = (),
) -> None:
    """Verdict, comparison, tables, altered values, findings, what was tried again, total."""
    print_text(console, _verdict(job, tables))
    if job.error:
        print_problem(job.error, console)
    comparisons = COMPARISONS.validate_python(job.comparison)
    if comparisons:
        console.print()
        print_comparisons(comparisons, console)
    if tables:
        console.print()
        _print_tables(tables, console)
    print_section("Altered values (COLUMN: reason, count)", _list_altered(tables), console)
    print_section("Findings", _list_findings(tables), console)
    print_section("Errors", _list_errors(tables), console)
    again = [*_list_again(tables), *_list_troubles(troubles, tables)]
    print_section("Tried again", again, console)
    told = {note for found in comparisons for note in found.notes}
    print_section("Notes", [note for note in job.notes if note not in told], console)
    if tables:
        console.print()
        print_text(console, _total(job, tables))


def print_problem(error: JobError, console: Console) -> None:
    """Why a job failed, and what to do."""
    print_text(console, f"{error.code}: {error.message}")
    if error.hint:
        print_text(console, f"hint: {error.hint}")


def _shortfall(tables: Sequence[TableProgress]) -> str:
    kinds = {finding.kind for table in tables for finding in table.findings}
    rows = sum(table.set_aside for table in tables)
    if kinds == {"set-aside"}:
        return f", {_count(rows, 'ROW')} SET ASIDE, all others verified"
    return ", VERIFICATION FOUND DIFFERENCES"


def _verdict(job: MigrationJob, tables: Sequence[TableProgress]) -> str:
    verified = {
        True: ", every table verified",
        False: _shortfall(tables),
        None: "",
    }[job.verified]
    asked = " (cancel was asked for)" if job.cancel_requested and job.status not in TERMINAL else ""
    at = f" at SCN {job.scn}" if job.scn is not None else ""
    later = sum(any(read.scn != job.scn for read in table.reads) for table in tables)
    rest = f" ({_count(later, 'table')} at a later one)" if later else ""
    return f"Job {job.id}: {job.status}{asked}{verified}{at}{rest}"


# --- comparison -----------------------------------------------------------------------------


def print_comparisons(comparisons: Sequence[Comparison], console: Console) -> None:
    """What differs, the worst first, with who decided and what to do."""
    differences = sorted(
        (d for c in comparisons for d in c.differences), key=lambda d: _ORDER[d.severity]
    )
    new = sum(not c.target_exists for c in comparisons)
    print_text(console, f"Comparison: {_count(len(comparisons), 'table')}, {_sum_up(differences)}")
    if new:
        print_text(console, f"{_count(new, 'table')} not there yet in PostgreSQL")
    for difference in differences[:MOST_LINES]:
        _print_difference(difference, console)
    if len(differences) > MOST_LINES:
        print_text(console, f"… and {len(differences) - MOST_LINES} more; --json shows all")
    for note in dict.fromkeys(note for c in comparisons for note in c.notes):
        print_text(console, f"  doubt     {note}")


def _sum_up(differences: Sequence[Difference]) -> str:
    if not differences:
        return "no differences"
    kinds = Counter(d.severity for d in differences)
    words = [f"{kinds[severity]} {severity}" for severity in _ORDER if kinds[severity]]
    return f"{_count(len(differences), 'difference')} ({', '.join(words)})"


def _print_difference(found: Difference, console: Console) -> None:
    where = f"{found.table}.{found.column}" if found.column else found.table
    print_text(
        console,
        f"  {found.severity:<9} {where}: {found.message} [{found.kind}, {found.decided_by}]",
    )
    if found.hint:
        print_text(console, f"            hint: {found.hint}")


# --- tables ---------------------------------------------------------------------------------


def _print_tables(tables: Sequence[TableProgress], console: Console) -> None:
    table = make_table(
        "table", "phase", "source rows", "target rows", "source digest", "target digest",
        "set aside", "verified", "rows/s",
        right=("source rows", "target rows", "set aside", "rows/s"),
    )  # fmt: skip
    for line in tables:
        rate = f"{line.rows_done / line.seconds:,.0f}" if line.rows_done and line.seconds else ""
        add_row(
            table,
            line.source,
            line.phase,
            format_count(line.source_rows),
            format_count(line.target_rows),
            (line.source_digest or "–")[:DIGEST_DIGITS],
            (line.target_digest or "–")[:DIGEST_DIGITS],
            format_count(line.set_aside),
            format_verdict(line.verified),
            rate,
        )
    console.print(table)


def _list_altered(tables: Sequence[TableProgress]) -> Iterable[str]:
    return [
        f"{table.source}  {reason}  {count:,}"
        for table in tables
        for reason, count in table.altered.items()
    ]


def _list_findings(tables: Sequence[TableProgress]) -> Iterable[str]:
    return [
        f"{finding.table}  {finding.kind}  {finding.message}"
        + (f"  ({finding.chunk})" if finding.chunk else "")
        for table in tables
        for finding in table.findings
    ]


def _list_errors(tables: Sequence[TableProgress]) -> Iterable[str]:
    return [
        f"{table.source}  {table.error.code}: {table.error.message}"
        for table in tables
        if table.error
    ]


def _list_again(tables: Sequence[TableProgress]) -> Iterable[str]:
    """Per table: attempts, what was read twice, and at which SCN what was read."""
    for table in tables:
        parts = []
        if table.retries:
            parts.append(_count(table.retries, "attempt") + " after the first")
        if table.rows_again:
            parts.append(f"{table.rows_again:,} rows read again")
        if table.splits:
            parts.append(_count(table.splits, "chunk") + " made smaller")
        if table.restarts:
            parts.append("begun anew " + _count(table.restarts, "time"))
        if len(table.reads) > 1 or table.restarts:
            parts += [
                f"{_count(read.chunks, 'chunk')} ({read.rows:,} rows) read at SCN {read.scn}"
                for read in table.reads
            ]
        if parts:
            yield f"{table.source}  {'; '.join(parts)}"


def _list_troubles(troubles: Sequence[Trouble], tables: Sequence[TableProgress]) -> Iterable[str]:
    names = {table.number: table.source for table in tables}
    for found in troubles:
        where = names.get(found.table_number or 0, "the job")
        yield f"{where}  {found.code} ×{found.count}, last: {found.message}"


def _total(job: MigrationJob, tables: Sequence[TableProgress]) -> str:
    rows = sum(table.rows_done for table in tables)
    verified = sum(table.verified is True for table in tables)
    text = f"Total: {_count(len(tables), 'table')}, {verified} verified, {rows:,} rows"
    if job.started_at and job.finished_at:
        seconds = (job.finished_at - job.started_at).total_seconds()
        text += f" in {format_seconds(seconds)}"
        if seconds > 0:
            text += f", {rows / seconds:,.0f} rows/s"
    return text


def _count(number: int, noun: str) -> str:
    many = "S" if noun.isupper() else "s"
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{many}"
