"""The two databases of a benchmark: orasim in a process of its own, and a PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from oraferry.config import Secret, Settings, load_settings
from oraferry.postgres.embedded import EmbeddedPostgres

STORE, TARGET = "bench_store", "bench_target"


@dataclass(frozen=True, slots=True)
class Oracle:
    """Where orasim is."""

    dsn: str
    user: str
    password: str
    pid: int


@dataclass(frozen=True, slots=True)
class Postgres:
    """Where PostgreSQL is; *folder* is one that the server may read and write."""

    server: EmbeddedPostgres
    pid: int
    folder: Path

    @property
    def target(self) -> str:
        """The database that is loaded."""
        return self.server.dsn(TARGET)

    @property
    def store(self) -> str:
        """The database of oraferry's jobs."""
        return self.server.dsn(STORE)

    def renew(self) -> None:
        """Both databases, empty; no run pays for writing what another left dirty."""
        self.server.create_database(STORE, replace=True)
        self.server.create_database(TARGET, replace=True)
        with psycopg.connect(self.target, autocommit=True) as connection:
            connection.execute("CHECKPOINT")


@contextmanager
def oracle(name: str, share: float) -> Iterator[Oracle]:
    """orasim with one data set."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.source", name, str(share)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("orasim ended before it was ready")
        yield Oracle(**json.loads(line), pid=process.pid)
    finally:
        process.stdin.close()
        process.wait()


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL with default durability, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="oraferry-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = EmbeddedPostgres(home / "postgres")
        server.start()
        try:
            pid = int((server.data / "postmaster.pid").read_text().split()[0])
            yield Postgres(server, pid, server.data.parent)
        finally:
            server.remove()


def environment() -> dict[str, str]:
    """For child processes that import this folder."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def settings_of_ends(dsn: str, user: str, password: str, target_dsn: str) -> Settings:
    """Where the two databases are, for what needs no job."""
    return load_settings(
        {
            "source_dsn": dsn,
            "source_user": user,
            "source_password": Secret(password),
            "target_dsn": Secret(target_dsn),
        },
        environment={},
    )
