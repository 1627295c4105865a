"""`oraferry migrate`: the same start_migration as HTTP, with lanes of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from oraferry.cli import exits
from oraferry.cli.options import ADVICE, JOBS, SOURCE, TARGET, WORK, Invocation, takes
from oraferry.cli.selection import (
    DataOnly,
    Exclude,
    LeverWishes,
    MaxBadRows,
    MaxBadRowsPerJob,
    Policies,
    RequestFile,
    SnapshotLost,
    Tables,
    TargetSchema,
    TheAi,
    TheMode,
    build_request,
)

if TYPE_CHECKING:
    from oraferry.config import Settings
    from oraferry.ports import MigrationJob, Services

EXAMPLES = """\b
Examples:
  oraferry migrate --table 'SALES.*'
  oraferry migrate --table SALES.ORDERS --table SALES.LINES --mode truncate --lanes 4
  oraferry migrate --table 'SALES.*' --exclude 'SALES.TMP_*' --queue
  oraferry migrate --request sales.toml --mode upsert
  oraferry migrate --table 'SALES.*' --lever unlogged --lever maintenance_work_mem=2GB
"""

# `--queue` is this verb's own flag; the queue's name stays a setting (ORAFERRY_QUEUE).
_JOBS = tuple(name for name in JOBS if name != "queue")


@takes(*SOURCE, *TARGET, *_JOBS, *ADVICE, "lanes", *WORK)
def migrate(
    invocation: Invocation,
    table: Tables = None,
    request_file: RequestFile = None,
    exclude: Exclude = None,
    mode: TheMode = None,
    target_schema: TargetSchema = None,
    ai: TheAi = None,
    data_only: DataOnly = False,
    policy: Policies = None,
    accept_differences: Annotated[
        bool,
        typer.Option("--accept-differences", help="load although the comparison would refuse"),
    ] = False,
    max_bad_rows: MaxBadRows = None,
    max_bad_rows_per_job: MaxBadRowsPerJob = None,
    snapshot_lost: SnapshotLost = None,
    lever: LeverWishes = None,
    queue: Annotated[
        bool, typer.Option("--queue", help="only submit; workers elsewhere do it")
    ] = False,
    key: Annotated[
        str | None,
        typer.Option("--idempotency-key", metavar="TEXT", help="the same key starts one job only"),
    ] = None,
) -> int:
    """
    Move tables from Oracle to PostgreSQL, and verify them.

    Follows the job until it ends, with worker processes of its own (--lanes). The first
    Ctrl-C lets them finish the chunk in hand, the second leaves at once; the job can be
    continued either way (oraferry worker).
    """
    from oraferry.migration.start import start_migration
    from oraferry.wiring import open_services

    request = build_request(
        request_file,
        tables=table,
        exclude=exclude,
        mode=mode and mode.value,
        target_schema=target_schema,
        ai=ai and ai.value,
        data_migration_mode=data_only,
        policies=policy,
        accept_differences=accept_differences,
        max_bad_rows=max_bad_rows,
        max_bad_rows_per_job=max_bad_rows_per_job,
        snapshot_lost=snapshot_lost and snapshot_lost.value,
        levers=lever,
    )
    with open_services(invocation.settings) as services:
        job = start_migration(request, services, idempotency_key=key)
        if queue:
            return _tell_submitted(job, invocation)
        return _carry_out(job, services, invocation)


def _tell_submitted(job: MigrationJob, invocation: Invocation) -> int:
    from oraferry.cli import render

    if invocation.wants_json:
        render.write_json(invocation.out, render.describe(job))
    else:
        invocation.out.print(job.id)
        invocation.talk.print(f"submitted; follow it with: oraferry jobs follow {job.id}")
    return exits.DONE


def _carry_out(job: MigrationJob, services: Services, invocation: Invocation) -> int:
    from oraferry.cli import progress, render
    from oraferry.worker import spawn_workers

    settings, talk = invocation.settings, invocation.talk
    talk.print(f"job {job.id}, {settings.lanes} lane(s)")
    try:
        with spawn_workers(_quiet(settings), settings.lanes):
            try:
                job = progress.follow_job(services.store, job.id, talk)
            except KeyboardInterrupt:
                talk.print("finishing the chunks in hand; Ctrl-C again leaves at once")
                raise
    except KeyboardInterrupt:
        talk.print(f"left; the job goes on with: oraferry worker; oraferry jobs follow {job.id}")
        talk.print(f"or ends with: oraferry jobs cancel {job.id}")
        return exits.CANCELLED
    if invocation.wants_json:
        tables = services.store.list_progress(job.id)
        render.write_json(invocation.out, render.describe(job, tables))
    else:
        render.print_job(services.store, job, invocation.out)
    return exits.get_exit_code_of(job)


def _quiet(settings: Settings) -> Settings:
    """For lanes beside a progress display: what goes well is shown there already."""
    if settings.origins.get("log_level"):
        return settings
    return replace(settings, log_level="warning")
