"""A verification for a person at a terminal, and the files that a verb may write of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from oraferry.cli.writing import add_row, format_count, make_table, print_section, print_text
from oraferry.errors import RequestError
from oraferry.report import VerificationView, hide_values, write_html, write_junit
from oraferry.report.summary import (
    Totals,
    count,
    describe_differing,
    describe_finding,
    describe_place,
    describe_verdict,
    get_verdict,
    list_advice,
)
from oraferry.report.texts import Excerpt, excerpt_pair, make_visible
from oraferry.verify.outcome import RowDifference, ValueDifference, VerificationReport


def write_reports(report: VerificationReport, html: Path | None, junit: Path | None) -> None:
    """The files that were asked for; RequestError when one cannot be written."""
    for path, write in ((html, write_html), (junit, write_junit)):
        if path is None:
            continue
        try:
            write(report, path)
        except OSError as error:
            raise RequestError(f"{path} cannot be written: {error.strerror}") from None


def show_verification(
    report: VerificationReport,
    out: Console,
    *,
    wants_json: bool,
    html: Path | None = None,
    junit: Path | None = None,
    without_values: bool = False,
) -> None:
    """All that a verb says of *report*: its files, then JSON or text."""
    if without_values:
        report = hide_values(report)
    write_reports(report, html, junit)
    if wants_json:
        from oraferry.cli.writing import write_json

        write_json(out, describe_verification(report))
    else:
        print_verification(report, out)


def describe_verification(report: VerificationReport) -> dict[str, Any]:
    """As JSON, in the same shape as HTTP gives it."""
    return VerificationView.of(report).model_dump(mode="json")


def print_verification(report: VerificationReport, console: Console) -> None:
    """Verdict, tables, what methods saw, rows side by side, altered, set aside, what to do."""
    print_text(console, f"Verification: {describe_verdict(report)}")
    if report.tables:
        console.print()
        _print_tables(report, console)
    print_section("What was found", _list_findings(report), console)
    _print_rows(report, console)
    reasons = (f"{t.source}  {why}  {n:,}" for t in report.tables for why, n in t.reasons.items())
    print_section("Values that differ (COLUMN: reason, count)", reasons, console)
    altered = (f"{t.source}  {why}  {n:,}" for t in report.tables for why, n in t.altered.items())
    print_section("Altered values (COLUMN: reason, count)", altered, console)
    print_section("Rows set aside", _list_set_aside(report), console)
    print_section("Notes", _list_notes(report), console)
    print_section("What to do next", list_advice(report), console)
    console.print()
    print_text(console, _total(report))


def _print_tables(report: VerificationReport, console: Console) -> None:
    table = make_table(
        "table", "target", "scn", "source rows", "target rows", "differing", "methods", "verdict",
        right=("source rows", "target rows", "differing"),
    )  # fmt: skip
    for line in report.tables:
        add_row(
            table,
            make_visible(str(line.source)),
            make_visible(str(line.target)),
            line.scn,
            format_count(line.source_rows),
            format_count(line.target_rows),
            describe_differing(line),
            " ".join(outcome.method for outcome in line.outcomes) or "–",
            get_verdict(line) if line.agrees else get_verdict(line).upper(),
        )
    console.print(table)


def _list_findings(report: VerificationReport) -> Iterator[str]:
    for table in report.tables:
        for outcome in table.outcomes:
            for found in outcome.findings:
                yield f"{table.source}  {outcome.method}  {describe_finding(found)}"
            if outcome.agrees is False and not outcome.findings:
                yield f"{table.source}  {outcome.method}  the two sides differ"


def _list_set_aside(report: VerificationReport) -> Iterator[str]:
    for table in report.tables:
        for reason, rows in table.set_aside.items():
            yield f"{table.source}  {make_visible(reason)}  {count(rows, 'row')}"
        for reject in table.rejects:
            where = reject.rowid or f"row {reject.number} of chunk {reject.task_number}"
            yield f"  {where}  {reject.column or '–'}  {reject.code}: {make_visible(reject.reason)}"


def _list_notes(report: VerificationReport) -> Iterator[str]:
    """What is the same of many tables in one line: a person looks for what is not."""
    yield from report.notes
    sources: dict[str, list[str]] = {}
    for table in report.tables:
        methods = (f"{o.method}: {o.note}" for o in table.outcomes if o.note)
        for note in (*table.notes, *methods):
            sources.setdefault(note, []).append(str(table.source))
    for note, names in sources.items():
        yield f"{names[0] if len(names) == 1 else count(len(names), 'table')}: {note}"


# --- rows side by side ----------------------------------------------------------------------


def _print_rows(report: VerificationReport, console: Console) -> None:
    for table in report.tables:
        if table.rows:
            console.print()
            shown = f"{len(table.rows)} of {describe_differing(table)}"
            print_text(console, f"Rows that differ in {table.source} ({shown})")
            print_rows(table.rows, console)


def print_rows(rows: Sequence[RowDifference], console: Console) -> None:
    """Rows that differ, their values side by side."""
    lines = make_table("fault", "where", "column", "source", "target", "reason")
    for row in rows:
        place = [row.fault, describe_place(row)]
        if not row.values:
            add_row(lines, *place)
        for value in row.values:
            add_row(lines, *place, *_sides(value))
            place = ["", ""]
    console.print(lines)


def _sides(value: ValueDifference) -> list[str]:
    sides = excerpt_pair(value.source, value.target)
    return [make_visible(value.column), *map(_quote, sides), value.reason or ""]


def _quote(excerpt: Excerpt | None) -> str:
    return "NULL" if excerpt is None else f"'{excerpt}'"


def _total(report: VerificationReport) -> str:
    totals = Totals.of(report)
    least = "" if totals.is_complete else "at least "
    return (
        f"Total: {count(totals.tables, 'table')}, {totals.agreeing} agree, "
        f"{count(totals.rows, 'row')}, {least}{totals.differing_rows:,} differ, "
        f"{count(totals.altered, 'value')} altered, {totals.set_aside:,} set aside"
    )
