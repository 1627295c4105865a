"""`oraferry jobs`: list, show, follow, rejects, throttle, restore, resume, cancel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from oraferry.cli import exits
from oraferry.cli.options import Invocation, takes
from oraferry.cli.selection import Html, Junit, MaxBadRows, MaxBadRowsPerJob, SnapshotLost
from oraferry.model import MigrationStatus

LIST_EXAMPLES = """\b
Examples:
  oraferry jobs list
  oraferry jobs list --status FAILED --json
"""
SHOW_EXAMPLES = """\b
Examples:
  oraferry jobs show JOB
  oraferry jobs show JOB --json
  oraferry jobs show JOB --html report.html --junit report.xml
"""
FOLLOW_EXAMPLES = """\b
Examples:
  oraferry jobs follow JOB
  oraferry jobs follow JOB --json | jq .status
"""
REJECTS_EXAMPLES = """\b
Examples:
  oraferry jobs rejects JOB
  oraferry jobs rejects JOB --table SALES.ORDERS --content --json
"""
RESTORE_EXAMPLES = """\b
Examples:
  oraferry jobs restore JOB
"""
THROTTLE_EXAMPLES = """\b
Examples:
  oraferry jobs throttle JOB --rows-per-second 20000 --source-load 70
  oraferry jobs throttle JOB --source-sessions 1
  oraferry jobs throttle JOB
"""
RESUME_EXAMPLES = """\b
Examples:
  oraferry jobs resume JOB
  oraferry jobs resume JOB --snapshot-lost restart_table
"""
CANCEL_EXAMPLES = """\b
Examples:
  oraferry jobs cancel JOB
"""

JobId = Annotated[str, typer.Argument(metavar="JOB", help="the job's id")]


@takes("store_dsn")
def list_jobs(
    invocation: Invocation,
    status: Annotated[
        MigrationStatus | None, typer.Option("--status", help="only these", case_sensitive=False)
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="how many")] = 50,
    before: Annotated[
        str | None, typer.Option("--before", metavar="JOB", help="continue after this job")
    ] = None,
) -> int:
    """List migrations, newest first."""
    from oraferry.cli import render
    from oraferry.wiring import open_store

    with open_store(invocation.settings) as store:
        jobs = store.list_migration_jobs(limit=limit, status=status, before=before)
    if invocation.wants_json:
        render.write_json(invocation.out, [render.describe(job) for job in jobs])
    elif jobs:
        render.print_jobs(jobs, invocation.out)
    else:
        invocation.talk.print("no migration yet")
    return exits.DONE


@takes("store_dsn", "target_dsn")
def show(
    invocation: Invocation,
    job_id: JobId,
    html: Html = None,
    junit: Junit = None,
) -> int:
    """
    Show a job: its tables, what the comparison found, and what verification saw.

    The reports say of each table what the job's methods saw, which values were altered, and
    name every row that was set aside (from the target; else a note).

    The exit code is that of a job that has ended: 0 verified, 3 differences, 4 to 6 failed,
    7 cancelled; 0 while it runs.
    """
    from oraferry.cli import render
    from oraferry.wiring import open_store

    with open_store(invocation.settings) as store:
        job = store.get_migration_job(job_id)
        tables = store.list_progress(job_id)
        if invocation.wants_json:
            troubles = store.list_troubles(job_id)
            render.write_json(invocation.out, render.describe(job, tables, troubles))
        else:
            render.print_job(store, job, invocation.out)
    if html or junit:
        _write_reports(invocation, job_id, html, junit)
    return exits.get_exit_code_of(job) if job.status in render.TERMINAL else exits.DONE


def _write_reports(
    invocation: Invocation, job_id: str, html: Path | None, junit: Path | None
) -> None:
    from oraferry.cli.render_verification import write_reports
    from oraferry.report import report_stored_job
    from oraferry.wiring import open_inspection

    with open_inspection(invocation.settings) as services:
        write_reports(report_stored_job(job_id, services), html, junit)


@takes("store_dsn")
def follow(invocation: Invocation, job_id: JobId) -> int:
    """
    Follow a job until it ends; Ctrl-C stops following, not the job.

    The exit code is the job's, as of `jobs show`. With --json a line of JSON per change.
    """
    from oraferry.cli import render
    from oraferry.wiring import open_store

    with open_store(invocation.settings) as store:
        console = invocation.out if invocation.wants_json else invocation.talk
        job = render.follow_job(store, job_id, console, json=invocation.wants_json)
        if not invocation.wants_json:
            render.print_job(store, job, invocation.out)
    return exits.get_exit_code_of(job)


@takes("store_dsn", "target_dsn")
def rejects(
    invocation: Invocation,
    job_id: JobId,
    table: Annotated[
        str | None, typer.Option("--table", metavar="NAME", help="only of this table of the job")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="how many")] = 100,
    offset: Annotated[int, typer.Option("--offset", min=0, help="leave out so many first")] = 0,
    content: Annotated[
        bool, typer.Option("--content", help="with what was kept of the rows: customers' values")
    ] = False,
) -> int:
    """
    List the rows that a job set aside because they could not be loaded.

    They are in the table oraferry.quarantine of the job's target. Exit code 3 when there are
    any.
    """
    from oraferry.cli import render
    from oraferry.migration.rejects import list_rejects
    from oraferry.wiring import open_inspection

    with open_inspection(invocation.settings) as services:
        found = list_rejects(job_id, services, table=table, limit=limit, offset=offset)
    if invocation.wants_json:
        described = render.describe_rejects(found, with_content=content)
        render.write_json(invocation.out, described)
    elif found:
        render.print_rejects(found, invocation.out, with_content=content)
    else:
        invocation.talk.print("no row was set aside")
    return exits.DIFFERENCES if found else exits.DONE


@takes("store_dsn", "broker_url", "queue")
def resume(
    invocation: Invocation,
    job_id: JobId,
    snapshot_lost: SnapshotLost = None,
    max_bad_rows: MaxBadRows = None,
    max_bad_rows_per_job: MaxBadRowsPerJob = None,
) -> int:
    """
    Let a job that failed or was cancelled go on where it was.

    Chunks that are in stay in and are not read again; failed and cancelled ones are tried
    afresh, at the job's SCN. What the flags say replaces what was asked for before. Workers
    take the job up. Another job cannot be resumed (exit code 2).
    """
    from oraferry.cli import render
    from oraferry.migration.start import resume_migration
    from oraferry.wiring import open_broker, open_store

    settings = invocation.settings
    with open_store(settings) as store, open_broker(settings) as broker:
        job = resume_migration(
            job_id,
            store,
            broker,
            snapshot_lost=snapshot_lost and snapshot_lost.value,
            max_bad_rows=max_bad_rows,
            max_bad_rows_per_job=max_bad_rows_per_job,
        )
    if invocation.wants_json:
        render.write_json(invocation.out, render.describe(job))
    else:
        invocation.out.print(f"{job.id} is {job.status}; workers go on with it")
    return exits.DONE


@takes("store_dsn")
def throttle(
    invocation: Invocation,
    job_id: JobId,
    rows_per_second: Annotated[
        int | None, typer.Option("--rows-per-second", min=1, metavar="N", help="of all lanes")
    ] = None,
    source_sessions: Annotated[
        int | None,
        typer.Option("--source-sessions", min=1, metavar="N", help="lanes that read at a time"),
    ] = None,
    target_sessions: Annotated[
        int | None,
        typer.Option("--target-sessions", min=1, metavar="N", help="lanes that work at a time"),
    ] = None,
    source_load: Annotated[
        float | None,
        typer.Option(
            "--source-load",
            min=1,
            metavar="PERCENT",
            help="begin no chunk while Oracle's host is busier",
        ),
    ] = None,
) -> int:
    """
    Limit a job, also while it runs; a limit that is not given is taken away.

    All lanes keep to it together, and hear of it within a heartbeat. A job that has ended
    cannot be limited (exit code 2).
    """
    from oraferry.cli import render
    from oraferry.model import Throttle
    from oraferry.wiring import open_store

    limits = Throttle(rows_per_second, source_sessions, target_sessions, source_load)
    with open_store(invocation.settings) as store:
        job = store.set_throttle(job_id, limits)
    if invocation.wants_json:
        render.write_json(invocation.out, render.describe(job))
    elif limits == Throttle():
        invocation.out.print(f"{job.id} has no limit")
    else:
        invocation.out.print(f"{job.id} is limited")
    return exits.DONE


@takes("store_dsn", "target_dsn")
def restore(invocation: Invocation, job_id: JobId) -> int:
    """
    Bring back the indexes, keys and triggers that a job's levers took and that it did not live to
    bring back.

    For a job that has ended; one that runs, or can go on (jobs resume), does it itself. What
    cannot be made is told, and its statement stays in oraferry.lever of the target (exit code 3).
    """
    from oraferry.migration.restoring import restore_levers
    from oraferry.wiring import open_inspection

    with open_inspection(invocation.settings) as services:
        notes = restore_levers(job_id, services)
    for note in notes:
        invocation.out.print(note)
    if not notes:
        invocation.talk.print("all is back")
    return exits.DIFFERENCES if notes else exits.DONE


@takes("store_dsn")
def cancel(invocation: Invocation, job_id: JobId) -> int:
    """
    Ask for the end of a job; workers stop within a heartbeat.

    Rows that are in stay in. A job that has ended otherwise cannot be cancelled (exit code 2).
    """
    from oraferry.cli import render
    from oraferry.wiring import open_store

    with open_store(invocation.settings) as store:
        job = store.request_cancel(job_id)
    if invocation.wants_json:
        render.write_json(invocation.out, render.describe(job))
    elif job.status is MigrationStatus.CANCELLED:
        invocation.out.print(f"{job.id} is {job.status}")
    else:
        invocation.out.print(f"{job.id} is {job.status}; its workers were asked to stop")
    return exits.DONE
