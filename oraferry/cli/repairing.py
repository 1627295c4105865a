"""`oraferry repair`: the target gets the source's values where they differ."""

from __future__ import annotations

from typing import Annotated

import typer

from oraferry.cli import exits
from oraferry.cli.options import COMPARISON, Invocation, takes
from oraferry.cli.selection import (
    AtScn,
    Exclude,
    HideValues,
    OfJob,
    Policies,
    RequestFile,
    RowExamples,
    Tables,
    TargetSchema,
    build_repair_request,
)

EXAMPLES = """\b
Examples:
  oraferry repair --table SALES.ORDERS --dry-run
  oraferry repair --table 'SALES.*' --target-schema imported
  oraferry repair --table SALES.ORDERS --scn 8531 --json
  oraferry repair --job JOB --dry-run
"""


@takes(
    *COMPARISON,
)
def repair(
    invocation: Invocation,
    table: Tables = None,
    request_file: RequestFile = None,
    exclude: Exclude = None,
    target_schema: TargetSchema = None,
    policy: Policies = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would change, and change nothing")
    ] = False,
    examples: RowExamples = None,
    scn: AtScn = None,
    job: OfJob = None,
    lock_seconds: Annotated[
        float | None,
        typer.Option("--lock-seconds", metavar="N", help="how long to wait for others' locks (10)"),
    ] = None,
    leave_unloadable: Annotated[
        bool,
        typer.Option(
            "--leave-unloadable", help="leave out rows that cannot be loaded, repair the others"
        ),
    ] = False,
    hide_values: HideValues = False,
) -> int:
    """
    Bring tables of the target to the source's values, row by row, whoever loaded them.

    The tables are compared as `verify data` does. Rows that the source lacks leave, changed ones
    get its values in the columns that differ, missing ones come: in one transaction per table,
    read again before it is committed, with an entry in oraferry.repair. Exit code 3 when
    something is left to do: a dry run's differences, a table that could not be repaired, or rows
    that were left out.
    """
    from oraferry.cli.render_repair import show_repair
    from oraferry.migration.repair import repair_data
    from oraferry.wiring import open_comparison, open_inspection

    request = build_repair_request(
        request_file,
        tables=table,
        exclude=exclude,
        target_schema=target_schema,
        policies=policy,
        dry_run=dry_run,
        examples=examples,
        scn=scn,
        job=job,
        lock_seconds=lock_seconds,
        leave_unloadable=leave_unloadable,
        lanes=invocation.settings.lanes,
    )
    opened = open_comparison if job is None else open_inspection
    with opened(invocation.settings) as services:
        report = repair_data(request, services)
    show_repair(
        report, invocation.out, wants_json=invocation.wants_json, without_values=hide_values
    )
    return exits.DONE if report.agrees else exits.DIFFERENCES
