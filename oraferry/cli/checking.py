"""`oraferry check`: what a load would meet, before anything is loaded."""

from __future__ import annotations

from typing import Annotated

import typer

from oraferry.cli import exits
from oraferry.cli.options import SOURCE, TARGET, Invocation, takes
from oraferry.cli.selection import (
    Exclude,
    Policies,
    RequestFile,
    Tables,
    TargetSchema,
    TheMode,
    build_check_request,
)

DATA_EXAMPLES = """\b
Examples:
  oraferry check data --table 'SALES.*'
  oraferry check data --table 'SALES.*' --sample 1 --lanes 4
  oraferry check data --table SALES.ORDERS --examples 20 --json
"""


@takes(*SOURCE, *TARGET, "lanes", "chunk_rows", "batch_rows", "batch_bytes")
def data(
    invocation: Invocation,
    table: Tables = None,
    request_file: RequestFile = None,
    exclude: Exclude = None,
    mode: TheMode = None,
    target_schema: TargetSchema = None,
    policy: Policies = None,
    sample: Annotated[
        float | None,
        typer.Option("--sample", metavar="PERCENT", help="of each table's rows to look at"),
    ] = None,
    examples: Annotated[
        int | None,
        typer.Option("--examples", min=0, max=1000, help="ROWIDs to name for each finding (5)"),
    ] = None,
) -> int:
    """
    Look for values that a load would refuse, change or that are worth knowing.

    Reads the tables as a migration would, at one SCN, and loads nothing. Where target tables
    exist, their columns are what values must fit; no target is needed. Exit code 3 when a row
    would be refused or changed.
    """
    from oraferry.cli import render_checks, writing
    from oraferry.migration.check import check_data
    from oraferry.wiring import open_comparison

    request = build_check_request(
        request_file,
        tables=table,
        exclude=exclude,
        mode=mode and mode.value,
        target_schema=target_schema,
        policies=policy,
        sample=sample,
        examples=examples,
        lanes=invocation.settings.lanes,
    )
    with open_comparison(invocation.settings) as services:
        found = check_data(request, services)
    if invocation.wants_json:
        writing.write_json(invocation.out, render_checks.describe_checks(found))
    else:
        render_checks.print_checks(found, invocation.out)
    return exits.DONE if all(check.is_clean for check in found) else exits.DIFFERENCES
