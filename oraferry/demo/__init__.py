"""`oraferry demo`: the main job on this machine, with nothing to prepare.

An embedded PostgreSQL (local binaries, else the wheel), orasim with the Meridian schema,
two worker processes, and the bell or a real RabbitMQ between them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg import conninfo

from oraferry.config import Secret, Settings, load_settings
from oraferry.errors import ConfigError, SourceUnavailable
from oraferry.model import MigrationStatus

DIRECTORY = Path(".run") / "demo"
STORE, TARGET = "oraferry_jobs", "meridian"
EXIT_DONE, EXIT_FAILED = 0, 1


@contextmanager
def demo_source() -> Iterator[dict[str, str]]:
    """Orasim with the demo schema in a process of its own; its dsn, user and password."""
    process = subprocess.Popen(
        [sys.executable, "-m", "oraferry.demo.source"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    try:
        line = process.stdout.readline()
        if not line:
            raise SourceUnavailable(
                "the demo's Oracle simulator ended before it was ready",
                hint="its last words stand above",
            )
        yield json.loads(line)
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def stop() -> None:
    """Stop the PostgreSQL that an earlier demo left running."""
    from oraferry.postgres.embedded import EmbeddedPostgres

    EmbeddedPostgres(DIRECTORY / "postgres").stop()


def _settings(source: dict[str, str], store: str, target: str, broker: str, lanes: int) -> Settings:
    flags: dict[str, Any] = {
        "source_dsn": source["dsn"],
        "source_user": source["user"],
        "source_password": Secret(source["password"]),
        "store_dsn": Secret(store),
        "target_dsn": Secret(target),
        "secret_key_file": str(DIRECTORY / "secret.key"),
        "lanes": lanes,
    }
    if broker == "rabbitmq":
        url = os.environ.get("ORAFERRY_BROKER_URL") or _rabbitmq_url()
        flags["broker_url"] = Secret(url)
    elif broker != "bell":
        raise ConfigError(f"unknown broker {broker!r}", hint="use bell or rabbitmq")
    return load_settings(flags)


def _rabbitmq_url() -> str:
    done = subprocess.run(["scripts/rabbitmq", "url"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ConfigError(
            "no RabbitMQ is running for the demo",
            hint="`make demo BROKER=rabbitmq` installs and starts one, "
            "or set ORAFERRY_BROKER_URL to yours",
        )
    return done.stdout.strip()


def _write_configuration(store: str, target: str) -> Path:
    """A settings file for looking further; it holds passwords, so only its owner reads it."""
    path = DIRECTORY / "oraferry.toml"
    path.touch(mode=0o600)
    path.write_text(
        f"store_dsn = {json.dumps(store)}\ntarget_dsn = {json.dumps(target)}\n", encoding="utf-8"
    )
    return path


def _write_passfile(target: str) -> tuple[Path, str]:
    """A password file for psql, and the DSN without its password: terminals are recorded."""
    parts = conninfo.conninfo_to_dict(target)
    path = DIRECTORY / "pgpass"
    path.touch(mode=0o600)
    path.write_text(
        f"{parts['host']}:{parts['port']}:*:{parts['user']}:{parts.pop('password')}\n",
        encoding="utf-8",
    )
    return path, conninfo.make_conninfo(**{k: str(v) for k, v in parts.items()})


def run(broker: str = "bell", lanes: int = 2) -> int:
    """Migrate the Meridian schema and report; 0 only if every table verified."""
    from rich.console import Console

    from oraferry.cli.progress import follow_job
    from oraferry.cli.render import print_job_tables
    from oraferry.migration.report import build_report
    from oraferry.migration.request import DataMigrationRequest
    from oraferry.migration.start import start_migration
    from oraferry.postgres.embedded import EmbeddedPostgres
    from oraferry.wiring import open_services
    from oraferry.worker import spawn_workers

    # A pipe has no width; 80 columns would fold every name.
    console = Console() if sys.stdout.isatty() else Console(width=140)
    started = time.monotonic()
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    server = EmbeddedPostgres(DIRECTORY / "postgres")
    server.start()
    for name in (STORE, TARGET):
        server.create_database(name, replace=True)
    store, target = server.dsn(STORE), server.dsn(TARGET)
    console.print(f"PostgreSQL {server.version} is ready; filling the Oracle simulator …")
    with demo_source() as source:
        settings = _settings(source, store, target, broker, lanes)
        console.print(f"Oracle (orasim) is ready after {time.monotonic() - started:.0f} s")
        with open_services(settings) as services:
            request = DataMigrationRequest(tables=["MERIDIAN.*"])
            job = start_migration(request, services)
            console.print(f"Job {job.id} is {job.status}; {lanes} workers take it from {broker}\n")
            with spawn_workers(settings, lanes, log=DIRECTORY / "workers.log"):
                job = follow_job(services.store, job.id, console)
            report = build_report(services.store, job.id)
            console.print()
            print_job_tables(report.job, report.tables, console)
    path = _write_configuration(store, target)
    passfile, shown = _write_passfile(target)
    console.print("\nLook further:")
    console.print(f'  PGPASSFILE={passfile} psql "{shown}"', soft_wrap=True, highlight=False)
    console.print(f"  ORAFERRY_CONFIG={path} .venv/bin/oraferry jobs show {job.id}", soft_wrap=True)
    console.print(f"  ORAFERRY_CONFIG={path} .venv/bin/oraferry serve", soft_wrap=True)
    console.print("  make demo-stop        stops the PostgreSQL that is left running for you")
    done = job.status is MigrationStatus.COMPLETED and job.verified is True
    return EXIT_DONE if done else EXIT_FAILED
