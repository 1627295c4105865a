"""The verb tree. Each verb lives in the module named after its noun."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from oraferry.cli import (
    checking,
    coding,
    comparing,
    jobs,
    migrating,
    pinging,
    repairing,
    serving,
    showing,
    verifying,
)

app = typer.Typer(
    name="oraferry",
    help="Moves an Oracle database to PostgreSQL and proves that nothing was lost.",
    no_args_is_help=True,
    add_completion=True,
    # Its tracebacks would show a person what only --debug should.
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
jobs_app = typer.Typer(
    help="List, show, follow, throttle, resume and cancel migrations.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

check_app = typer.Typer(
    help="Look at the data before it moves.", no_args_is_help=True, rich_markup_mode=None
)

verify_app = typer.Typer(
    help="Prove that what is there is what should be.", no_args_is_help=True, rich_markup_mode=None
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("oraferry"))
        raise typer.Exit


@app.callback()
def _start(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="print it")
    ] = False,
) -> None:
    pass


app.command("ping", epilog=pinging.EXAMPLES)(pinging.ping)
app.command("migrate", epilog=migrating.EXAMPLES)(migrating.migrate)
app.command("compare", epilog=comparing.EXAMPLES)(comparing.compare)
app.add_typer(check_app, name="check")
check_app.command("data", epilog=checking.DATA_EXAMPLES)(checking.data)
app.add_typer(verify_app, name="verify")
app.command("repair", epilog=repairing.EXAMPLES)(repairing.repair)
verify_app.command("data", epilog=verifying.DATA_EXAMPLES)(verifying.data)
verify_app.command("procedure", epilog=coding.PROCEDURE_EXAMPLES)(coding.procedure)
app.add_typer(jobs_app, name="jobs")
jobs_app.command("list", epilog=jobs.LIST_EXAMPLES)(jobs.list_jobs)
jobs_app.command("show", epilog=jobs.SHOW_EXAMPLES)(jobs.show)
jobs_app.command("follow", epilog=jobs.FOLLOW_EXAMPLES)(jobs.follow)
jobs_app.command("rejects", epilog=jobs.REJECTS_EXAMPLES)(jobs.rejects)
jobs_app.command("throttle", epilog=jobs.THROTTLE_EXAMPLES)(jobs.throttle)
jobs_app.command("restore", epilog=jobs.RESTORE_EXAMPLES)(jobs.restore)
jobs_app.command("resume", epilog=jobs.RESUME_EXAMPLES)(jobs.resume)
jobs_app.command("cancel", epilog=jobs.CANCEL_EXAMPLES)(jobs.cancel)
app.command("worker", epilog=serving.WORKER_EXAMPLES)(serving.worker)
app.command("serve", epilog=serving.SERVE_EXAMPLES)(serving.serve)
app.command("settings", epilog=showing.EXAMPLES)(showing.settings)
app.command("demo", epilog=showing.DEMO_EXAMPLES)(showing.demo)


def main() -> None:
    """The `oraferry` command."""
    app(prog_name="oraferry")
    sys.exit(0)
