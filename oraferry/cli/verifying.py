"""`oraferry verify`: compare what is there with what should be there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oraferry.cli import exits
from oraferry.cli.options import COMPARISON, Invocation, takes
from oraferry.cli.selection import (
    AtScn,
    Exclude,
    HideValues,
    Html,
    Junit,
    OfJob,
    Policies,
    RequestFile,
    RowExamples,
    Tables,
    TargetSchema,
    build_verification_request,
)

DATA_EXAMPLES = """\b
Examples:
  oraferry verify data --table 'SALES.*'
  oraferry verify data --table SALES.ORDERS --target-schema imported --examples 100
  oraferry verify data --table SALES.ORDERS --method counts --json
  oraferry verify data --job JOB --html report.html
"""


@takes(
    *COMPARISON,
)
def data(
    invocation: Invocation,
    table: Tables = None,
    request_file: RequestFile = None,
    exclude: Exclude = None,
    target_schema: TargetSchema = None,
    policy: Policies = None,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            metavar="NAME",
            help="way to look: counts, aggregates, checksums, inside, rows; repeatable "
            "(counts, checksums and rows)",
        ),
    ] = None,
    examples: RowExamples = None,
    scn: AtScn = None,
    job: OfJob = None,
    html: Html = None,
    junit: Junit = None,
    all_rows: Annotated[
        Path | None,
        typer.Option(
            "--all-rows", metavar="FILE", help="write every differing row, a line of JSON each"
        ),
    ] = None,
    hide_values: HideValues = False,
) -> int:
    """
    Compare tables of both sides, row by row, whoever loaded them.

    Both sides are read only, and nothing else is needed: no job, no key, no right but to read.
    Rows that differ are shown with their ROWID, ctid and values. Exit code 3 on a difference.
    """
    from oraferry.cli.render_verification import show_verification
    from oraferry.migration.verify import verify_data
    from oraferry.report.lines import open_lines
    from oraferry.wiring import open_comparison, open_inspection

    request = build_verification_request(
        request_file,
        tables=table,
        exclude=exclude,
        target_schema=target_schema,
        policies=policy,
        methods=method,
        examples=examples,
        scn=scn,
        job=job,
        lanes=invocation.settings.lanes,
    )
    opened = open_comparison if job is None else open_inspection
    with opened(invocation.settings) as services:
        if all_rows is None:
            report = verify_data(request, services)
        else:
            with open_lines(all_rows, without_values=hide_values) as lines:
                report = verify_data(request, services, lines)
    show_verification(
        report,
        invocation.out,
        wants_json=invocation.wants_json,
        html=html,
        junit=junit,
        without_values=hide_values,
    )
    return exits.DONE if report.agrees else exits.DIFFERENCES
