"""oraferry end to end: a job through the store, carried out by worker processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench.measure import Peaks, cpu_seconds, watched
from bench.servers import Oracle, Postgres
from oraferry.config import Secret, Settings, load_settings
from oraferry.migration.request import DataMigrationRequest
from oraferry.migration.start import start_migration
from oraferry.ports import MigrationJob, Services
from oraferry.wiring import open_services
from oraferry.worker import environment_of

POLL_SECONDS = 0.05  # each look costs PostgreSQL CPU that is counted
ENDED = {"COMPLETED", "FAILED", "CANCELLED"}


@dataclass(frozen=True, slots=True)
class FerryRun:
    """One job, from the request to its end."""

    lanes: int
    rows: int
    seconds: float
    cpu: float  # of the lanes and of PostgreSQL, job store included
    lanes_cpu: float
    oracle_cpu: float
    start_seconds: float  # until the lanes were ready, before the job
    mib: dict[str, float] = field(default_factory=dict)  # the largest process of each role


class Lanes:
    """Worker processes as an operator starts them, and nobody who restarts them."""

    def __init__(self, settings: Settings, count: int, log: Path) -> None:
        self._settings, self._count, self._log = settings, count, log
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start all."""
        with self._log.open("ab") as log:
            self.processes = [
                subprocess.Popen(
                    [sys.executable, "-m", "oraferry", "worker"],
                    env=environment_of(self._settings),
                    stdout=log,
                    stderr=log,
                )
                for _ in range(self._count)
            ]

    @property
    def pids(self) -> list[int]:
        """Of the processes."""
        return [process.pid for process in self.processes]

    def kill(self) -> None:
        """SIGKILL for all."""
        for process in self.processes:
            process.kill()
            process.wait()

    def stop(self) -> None:
        """SIGTERM, and wait."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(30)


def settings_of(source: Oracle, postgres: Postgres, **more: str) -> Settings:
    """Defaults, but for where things are."""
    return load_settings(
        {
            "source_dsn": source.dsn,
            "source_user": source.user,
            "source_password": Secret(source.password),
            "store_dsn": Secret(postgres.store),
            "target_dsn": Secret(postgres.target),
            "secret_key_file": str(postgres.folder / "secret.key"),
            **more,
        },
        environment={},
    )


@contextmanager
def _ready(settings: Settings, lanes: Lanes) -> Iterator[tuple[Services, float]]:
    started = time.perf_counter()
    with open_services(settings, keeps_sessions=False) as services:
        lanes.start()
        try:
            while len(services.store.list_workers()) < len(lanes.pids):
                time.sleep(POLL_SECONDS)
            yield services, time.perf_counter() - started
        finally:
            lanes.stop()


def _follow(services: Services, postgres: Postgres, job_id: str) -> MigrationJob:
    # Not by the port: a job of a thousand tables comes with all that was found of each.
    query = "SELECT status FROM oraferry_jobs.job WHERE id = %s"
    with psycopg.connect(postgres.store, autocommit=True) as connection:
        while connection.execute(query, [job_id]).fetchall()[0][0] not in ENDED:
            time.sleep(POLL_SECONDS)
    return services.store.get_migration_job(job_id)


def _check(job: MigrationJob, services: Services, rows: int) -> None:
    done = sum(table.rows_done for table in services.store.list_progress(job.id))
    if job.verified is not True or done != rows:
        raise RuntimeError(f"the job ended {job.status} with {done} of {rows} rows: {job.error}")


def migrate(source: Oracle, postgres: Postgres, rows: int, lanes: int) -> FerryRun:
    """A whole job with so many lanes that wait for it already."""
    postgres.renew()
    settings = settings_of(source, postgres)
    workers = Lanes(settings, lanes, postgres.folder / "lanes.log")
    with _ready(settings, workers) as (services, start_seconds):
        roots = {f"lane {i + 1}": pid for i, pid in enumerate(workers.pids)}
        peaks = Peaks({**roots, "PostgreSQL": postgres.pid, "orasim": source.pid})
        counted = (cpu_seconds(*workers.pids), cpu_seconds(postgres.pid), cpu_seconds(source.pid))
        started = time.perf_counter()
        with watched(peaks):
            job = start_migration(DataMigrationRequest(tables=[f"{source.user}.*"]), services)
            job = _follow(services, postgres, job.id)
            seconds = time.perf_counter() - started
        after = (cpu_seconds(*workers.pids), cpu_seconds(postgres.pid), cpu_seconds(source.pid))
        lane, server, oracle = (b - a for a, b in zip(counted, after, strict=True))
        _check(job, services, rows)
    return FerryRun(
        lanes, rows, seconds, lane + server, lane, oracle, start_seconds, dict(peaks.mib)
    )


def killed_at_half(source: Oracle, postgres: Postgres, rows: int, lanes: int) -> float:
    """Seconds of a job whose lanes are all killed at half way and started again at once."""
    postgres.renew()
    settings = settings_of(source, postgres)
    workers = Lanes(settings, lanes, postgres.folder / "lanes.log")
    with _ready(settings, workers) as (services, _):
        started = time.perf_counter()
        job = start_migration(DataMigrationRequest(tables=[f"{source.user}.*"]), services)
        while sum(t.rows_done for t in services.store.list_progress(job.id)) < rows / 2:
            time.sleep(POLL_SECONDS)
            if services.store.get_migration_job(job.id).status.value in ENDED:
                break
        workers.kill()
        workers.start()
        job = _follow(services, postgres, job.id)
        seconds = time.perf_counter() - started
        _check(job, services, rows)
    return seconds


assert os.name == "posix"
