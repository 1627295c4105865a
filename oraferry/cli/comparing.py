"""`oraferry compare`: what differs, before anything moves."""

from __future__ import annotations

from oraferry.cli import exits
from oraferry.cli.options import ADVICE, SOURCE, TARGET, Invocation, takes
from oraferry.cli.selection import (
    DataOnly,
    Exclude,
    Policies,
    RequestFile,
    Tables,
    TargetSchema,
    TheAi,
    build_request,
)
from oraferry.model import Severity

EXAMPLES = """\b
Examples:
  oraferry compare --table 'SALES.*'
  oraferry compare --table SALES.ORDERS --data-only --json
  oraferry compare --table 'SALES.*' --ai on --ai-url http://127.0.0.1:11434
"""


@takes(*SOURCE, *TARGET, *ADVICE)
def compare(
    invocation: Invocation,
    table: Tables = None,
    request_file: RequestFile = None,
    exclude: Exclude = None,
    target_schema: TargetSchema = None,
    ai: TheAi = None,
    data_only: DataOnly = False,
    policy: Policies = None,
) -> int:
    """
    Compare Oracle tables with those in PostgreSQL; nothing is moved or stored.

    Exit code 3 when a difference would stop or damage the load, or the definitions differ;
    a note is no difference.
    """
    from oraferry.cli import render
    from oraferry.migration.compare import compare_schemas
    from oraferry.wiring import open_comparison

    request = build_request(
        request_file,
        tables=table,
        exclude=exclude,
        target_schema=target_schema,
        ai=ai and ai.value,
        data_migration_mode=data_only,
        policies=policy,
    )
    with open_comparison(invocation.settings) as services:
        found = compare_schemas(request, services)
    if invocation.wants_json:
        render.write_json(invocation.out, render.describe_comparisons(found))
    else:
        render.print_comparisons(found, invocation.out)
    differs = any(d.severity is not Severity.NOTE for c in found for d in c.differences)
    return exits.DIFFERENCES if differs else exits.DONE
