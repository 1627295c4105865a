"""What the scenarios share: a big table in Oracle, settings, workers as real processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import psycopg
import pyarrow as pa
import pytest

from oraferry.config import Settings, load_settings
from oraferry.migration.request import DataMigrationRequest
from oraferry.migration.start import start_migration
from oraferry.model import MigrationStatus
from oraferry.ports import MigrationJob, Services
from oraferry.wiring import open_services
from oraferry.worker import Worker
from tests.warm import Nursery, WarmProcess

TERMINAL = {MigrationStatus.COMPLETED, MigrationStatus.FAILED, MigrationStatus.CANCELLED}
WAIT_SECONDS = 240


@dataclass
class Yard:
    """Everything a scenario needs: settings, services, worker processes, the target."""

    settings: Settings
    services: Services
    target_dsn: str
    schema: str
    environment: dict[str, str]
    log: Path
    nursery: Nursery
    workers: list[WarmProcess] = field(default_factory=list)

    def submit(self, *tables: str, **options: Any) -> MigrationJob:
        """POST without HTTP: the same function the API calls."""
        return self.submit_request(tables=[f"{self.schema}.{t}" for t in tables], **options)

    def submit_request(self, **wishes: Any) -> MigrationJob:
        """The same with a request's own words."""
        return start_migration(DataMigrationRequest(**wishes), self.services)

    def carry_out(self, job: MigrationJob) -> MigrationJob:
        """The job's end, by a worker in this process: for tests that kill nobody."""
        worker = Worker(self.services)
        while worker.work_once():
            pass
        return self.services.store.get_migration_job(job.id)

    def move(self, *tables: str, **options: Any) -> MigrationJob:
        """Submit and carry out."""
        return self.carry_out(self.submit(*tables, **options))

    def start_worker(self) -> WarmProcess:
        """One worker process."""
        with self.log.open("ab") as log:
            worker = self.nursery.start(
                ["worker"], environment=self.environment, folder=self.log.parent, log=log
            )
        self.workers.append(worker)
        return worker

    def kill(self, worker: WarmProcess) -> None:
        """SIGKILL the worker and whatever it started."""
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        self.workers.remove(worker)

    def wait_for(
        self, what: str, condition: Callable[[], Any], seconds: float = WAIT_SECONDS
    ) -> Any:
        """Poll until *condition* gives something true; fail with the workers' log."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"never: {what}\n{self.log.read_text()[-4000:]}")

    def ledger_rows(self, job: MigrationJob) -> int:
        """Chunks that the target knows of."""
        if self.rows("SELECT to_regclass('oraferry.ledger')") == [(None,)]:
            return 0
        query = f"SELECT count(*) FROM oraferry.ledger WHERE job_id = '{job.id}' AND NOT replaced"
        return int(self.rows(query)[0][0])

    def is_over(self, job: MigrationJob) -> bool:
        """True when the job's status is a last one."""
        return self.services.store.get_migration_job(job.id).status in TERMINAL

    def rows_done(self, job: MigrationJob) -> int:
        """Rows copied so far, running chunks included."""
        return sum(t.rows_done for t in self.services.store.list_progress(job.id))

    def chunks_done(self, job: MigrationJob) -> int:
        """Chunks that are in."""
        return sum(t.chunks_done for t in self.services.store.list_progress(job.id))

    def wait_until_done(self, job: MigrationJob, seconds: float = WAIT_SECONDS) -> MigrationJob:
        """The job in its terminal status."""
        return self.wait_for(
            "the job ends",
            lambda: (j := self.services.store.get_migration_job(job.id)).status in TERMINAL and j,
            seconds,
        )

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Query the target."""
        with psycopg.connect(self.target_dsn) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, sql: str) -> None:
        """Change the target behind oraferry's back."""
        with psycopg.connect(self.target_dsn) as connection:
            connection.execute(sql)

    def memory_peak(self, worker: WarmProcess) -> int:
        """Largest resident size in bytes among the worker's processes right now."""
        try:
            main = psutil.Process(worker.pid)
            return max(p.memory_info().rss for p in [main, *main.children(recursive=True)])
        except psutil.NoSuchProcess:
            return 0


@pytest.fixture
def make_yard(
    oracle: Any, postgres_dsn: str, store_dsn: str, tmp_path: Path, nursery: Nursery
) -> Iterator[Callable[..., Yard]]:
    """Build a Yard; settings may be given by name."""
    yards: list[Yard] = []
    contexts: list[Any] = []

    def build(**options: Any) -> Yard:
        flags = {
            "source_dsn": oracle.dsn,
            "source_user": oracle.user,
            "source_password": oracle.password,
            "target_dsn": postgres_dsn,
            "store_dsn": store_dsn,
            "secret_key_file": str(tmp_path / "secret.key"),
            "lease_seconds": 4,
            "chunk_seconds": 0,  # chunks as they were planned: tests count them
            **options,
        }
        environment = {**os.environ, **{f"ORAFERRY_{k.upper()}": str(v) for k, v in flags.items()}}
        settings = load_settings(flags, environment={})
        context = open_services(settings)
        services = context.__enter__()
        contexts.append(context)
        yard = Yard(
            settings,
            services,
            postgres_dsn,
            oracle.schema,
            environment,
            tmp_path / "workers.log",
            nursery,
        )
        yards.append(yard)
        return yard

    yield build
    for yard in yards:
        for worker in list(yard.workers):
            yard.kill(worker)
    for context in contexts:
        context.__exit__(None, None, None)


def load_facts(oracle: Any, rows: int, table: str = "FACTS") -> None:
    """A table without any key: duplicates and losses would show."""
    oracle.run(
        f"CREATE TABLE {table} (id NUMBER(12) NOT NULL, amount NUMBER(14,2), word VARCHAR2(20), "
        "at DATE)"
    )
    step = 500_000
    for start in range(0, rows, step):
        ids = np.arange(start + 1, min(start + step, rows) + 1)
        oracle.bulk_load(
            table,
            {
                "ID": pa.array(ids),
                "AMOUNT": pa.array(ids * 7).cast(pa.decimal128(19, 0)),
                "WORD": pa.array([f"word {i % 1000}" for i in ids], pa.large_string()),
                "AT": pa.array(ids * 60_000_000, pa.timestamp("us")),
            },
        )


# What load_facts loads, as another tool would have it.
FACTS = """
CREATE SCHEMA {schema};
CREATE TABLE {schema}.facts (
  id bigint NOT NULL, amount numeric(14,2), word varchar(20), at timestamp(0)
);
INSERT INTO {schema}.facts
SELECT i, i * 7, 'word ' || i % 1000, timestamp '1970-01-01' + i * interval '1 minute'
FROM generate_series(1, {rows}) AS i ORDER BY i % 7
"""


def change(yard: Any, *statements: str) -> None:
    """Change the target as another tool, or a person, would."""
    with psycopg.connect(yard.target_dsn) as connection:
        for statement in statements:
            connection.execute(statement.format(schema=yard.schema.lower()))


@pytest.fixture
def facts(oracle: Any, make_yard: Any) -> Any:
    """A keyless table of 3,000 rows on both sides, which no job loaded."""
    load_facts(oracle, 3_000)
    yard = make_yard(chunk_rows=1_000, batch_rows=400)
    change(yard, FACTS.replace("{rows}", "3000"))
    return yard
