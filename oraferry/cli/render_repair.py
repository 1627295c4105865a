"""What a repair did, or would do, for a person and for a program."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from oraferry.cli.render_verification import print_rows
from oraferry.cli.writing import (
    add_row,
    format_count,
    make_table,
    print_section,
    print_text,
    write_json,
)
from oraferry.report import RepairView, hide_repaired
from oraferry.report.summary import count
from oraferry.report.texts import make_visible
from oraferry.verify.repairs import RepairReport, TableRepair

_WORDS = {"agrees": "agrees", "planned": "to be done", "repaired": "repaired", "refused": "REFUSED"}


def show_repair(
    report: RepairReport, out: Console, *, wants_json: bool, without_values: bool
) -> None:
    """All that the verb says of *report*."""
    if without_values:
        report = hide_repaired(report)
    if wants_json:
        write_json(out, RepairView.of(report).model_dump(mode="json"))
    else:
        print_repair(report, out)


def print_repair(report: RepairReport, console: Console) -> None:
    """Tables, rows side by side, values by reason, what was refused, a sum."""
    table = make_table(
        "table", "target", "scn", "insert", "update", "delete", "status", "entry",
        right=("insert", "update", "delete"),
    )  # fmt: skip
    for line in report.tables:
        add_row(
            table,
            make_visible(str(line.source)),
            make_visible(str(line.target)),
            line.scn,
            format_count(line.inserted),
            format_count(line.updated),
            format_count(line.deleted),
            _describe_status(line),
            line.entry or "–",
        )
    console.print(table)
    for line in report.tables:
        if line.rows:
            console.print()
            shown = f"{len(line.rows)} of {line.count:,}"
            print_text(console, f"Rows of {line.source} ({shown}), as they were")
            print_rows(line.rows, console)
    values = (f"{t.source}  {why}  {n:,}" for t in report.tables for why, n in t.columns.items())
    print_section("Values that differed (COLUMN: reason, count)", values, console)
    print_section(
        "Left as they are: the source's rows cannot be loaded", _list_left(report), console
    )
    print_section("Refused, nothing changed", _list_refused(report.tables), console)
    notes = [f"{t.source}: {note}" for t in report.tables for note in t.notes]
    print_section("Notes", [*report.notes, *notes], console)
    console.print()
    print_text(console, _total(report))


def _describe_status(table: TableRepair) -> str:
    left = sum(table.left.values())
    return f"{_WORDS[table.status]}, {left:,} left" if left else _WORDS[table.status]


def _list_left(report: RepairReport) -> Iterator[str]:
    for table in report.tables:
        yield from (f"{table.source}  {why}  {n:,}" for why, n in table.left.items())
        for row in table.left_rows:
            yield f"  ROWID {row.rowid or '–'}  {row.column or 'a row'}: {row.reason} ({row.code})"


def _list_refused(tables: tuple[TableRepair, ...]) -> Iterator[str]:
    for table in tables:
        if table.reason:
            yield f"{table.source}: {table.reason}"
            if table.hint:
                yield f"  hint: {table.hint}"


def _total(report: RepairReport) -> str:
    done = sum(table.count for table in report.tables)
    refused = sum(table.status == "refused" for table in report.tables)
    left = sum(sum(table.left.values()) for table in report.tables)
    tail = f", {count(left, 'row')} left" if left else ""
    tail += f", {count(refused, 'table')} refused" if refused else ""
    if report.is_dry_run:
        return f"Dry run: {count(done, 'row')} would be repaired, nothing was changed{tail}"
    tables = sum(bool(table.count) for table in report.tables)
    return f"Total: {count(done, 'row')} repaired in {count(tables, 'table')}{tail}"
