"""The `oraferry` command as a person runs it: a process with an environment and three pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.warm import Nursery, WarmProcess

TIMEOUT_SECONDS = 120
Process = subprocess.Popen[str] | WarmProcess


@dataclass
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """stdout as the one JSON document that it should be."""
        return json.loads(self.out)


@dataclass
class Shell:
    """An environment in which commands run, and the processes that still do."""

    environment: dict[str, str]
    folder: Path
    nursery: Nursery | None = None  # without it, Python starts anew for each command
    running: list[Process] = field(default_factory=list)

    def start(self, *words: str, **variables: str) -> Process:
        """Start `oraferry words…` in a process group of its own, as a terminal would."""
        environment = {**self.environment, **variables}
        if self.nursery is not None:
            process: Process = self.nursery.start(
                [*words], environment=environment, folder=self.folder
            )
        else:
            process = subprocess.Popen(
                [sys.executable, "-m", "oraferry", *words],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def finish(self, process: Process) -> Result:
        """Wait for its end."""
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        self.running.remove(process)
        assert process.returncode is not None
        return Result(process.returncode, out, err)

    def run(self, *words: str, **variables: str) -> Result:
        """Run `oraferry words…` to its end."""
        return self.finish(self.start(*words, **variables))


@pytest.fixture
def bare_shell(tmp_path: Path, nursery: Nursery) -> Iterator[Shell]:
    """No setting at all."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ORAFERRY_", "PG"))}
    root = str(Path(__file__).parents[2])
    shell = Shell({**kept, "PYTHONPATH": root, "HOME": str(tmp_path)}, tmp_path, nursery)
    yield shell
    for process in shell.running:
        os.killpg(process.pid, 9)
        process.communicate()


@pytest.fixture
def shell(bare_shell: Shell, store_dsn: str, postgres_dsn: str) -> Shell:
    """Store and target are there; no Oracle listens where the source should be."""
    bare_shell.environment |= {
        "ORAFERRY_STORE_DSN": store_dsn,
        "ORAFERRY_TARGET_DSN": postgres_dsn,
        "ORAFERRY_SOURCE_DSN": "127.0.0.1:1/nowhere",
        "ORAFERRY_SOURCE_USER": "nobody",
        "ORAFERRY_SOURCE_PASSWORD": "hunter2",
        "ORAFERRY_SECRET_KEY_FILE": str(bare_shell.folder / "secret.key"),
        "ORAFERRY_LEASE_SECONDS": "4",
        "ORAFERRY_CHUNK_SECONDS": "0",  # chunks as they were planned
    }
    return bare_shell


@pytest.fixture
def ferry(shell: Shell, oracle: Any) -> Shell:
    """Everything is there."""
    shell.environment |= {
        "ORAFERRY_SOURCE_DSN": oracle.dsn,
        "ORAFERRY_SOURCE_USER": oracle.user,
        "ORAFERRY_SOURCE_PASSWORD": "env:THE_PASSWORD",
        "THE_PASSWORD": oracle.password,
    }
    return shell


@pytest.fixture
def read_target(postgres_dsn: str) -> Callable[[str], list[tuple[Any, ...]]]:
    """A function that queries the target."""

    def read(sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(postgres_dsn) as connection:
            return connection.execute(sql).fetchall()

    return read


@pytest.fixture
def read_everything(store_dsn: str) -> Callable[[], str]:
    """A function that gives every row of every table of the job store as text."""

    def read() -> str:
        with psycopg.connect(store_dsn) as connection:
            tables = connection.execute(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            assert tables
            rows = [
                connection.execute(f"SELECT t::text FROM {name} t").fetchall() for (name,) in tables
            ]
        return "\n".join(str(row) for table in rows for row in table)

    return read
