"""What a scan of the data found, for a person and for a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console

from oraferry.cli.writing import add_row, format_count, make_table, print_text
from oraferry.migration.tally import NOTED, REFUSED, DataFinding, TableCheck

# So many columns of a table with the same thing worth knowing have a line each.
MOST_COLUMNS = 3


def describe_checks(checks: Sequence[TableCheck]) -> dict[str, Any]:
    """As JSON, in the same shape as HTTP gives it."""
    from oraferry.api.checks import ChecksView

    return ChecksView.of(checks).model_dump(mode="json")


def print_checks(checks: Sequence[TableCheck], console: Console) -> None:
    """A line per finding, the examples below it, a sum at the end."""
    if any(check.findings for check in checks):
        table = make_table("table", "column", "effect", "rows", "what", "e.g.", right=("rows",))
        for check in checks:
            for finding in _gather(check.findings):
                add_row(
                    table,
                    check.source,
                    finding.column or "–",
                    finding.effect,
                    format_count(finding.rows),
                    f"{finding.message} ({finding.code})",
                    ", ".join(finding.rowids) or "–",
                    style="dim" if finding.effect == NOTED else "",
                )
        console.print(table)
        console.print()
    for check in checks:
        for note in check.notes:
            print_text(console, f"{check.source}: {note}")
    print_text(console, _sum_up(checks))


def _gather(findings: Iterable[DataFinding]) -> Iterator[DataFinding]:
    """A line of its own for all that costs a row or a value; many columns' notes in one."""
    alike: dict[str, list[DataFinding]] = {}
    for finding in findings:
        if finding.effect == NOTED:
            alike.setdefault(finding.code, []).append(finding)
        else:
            yield finding
    for same in alike.values():
        if len(same) <= MOST_COLUMNS:
            yield from same
            continue
        named = ", ".join(str(f.column) for f in same[:MOST_COLUMNS])
        columns = f"{named} and {len(same) - MOST_COLUMNS} more"
        yield replace(same[0], column=columns, rows=sum(f.rows for f in same))


def _sum_up(checks: Sequence[TableCheck]) -> str:
    looked = sum(check.rows for check in checks)
    totals = [check.rows_total for check in checks]
    whole = "" if None in totals else f" of {sum(t or 0 for t in totals):,}"
    unclean = sum(not check.is_clean for check in checks)
    refused = sum(f.rows for check in checks for f in check.findings if f.effect == REFUSED)
    verdict = f"{unclean} with findings, {refused:,} values refused" if unclean else "all clean"
    return f"{len(checks)} tables, {looked:,}{whole} rows looked at: {verdict}"
