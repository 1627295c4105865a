"""One table from a real driver into a real PostgreSQL, through the parts that a worker uses."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from oraferry.config import Secret, load_settings
from oraferry.copying.transfer import transfer_chunk
from oraferry.migration.policies import PolicyRequest
from oraferry.model import Chunk, ChunkKind, TablePlan, TableRef, Task, TaskKind
from oraferry.oracle.source import OracleSource
from oraferry.ports import Services, SourceEndpoint, TargetEndpoint
from oraferry.postgres.target import PostgresTarget
from oraferry.schema.translate import translate_tables
from oraferry.verify.method import TableVerdict, verify_table
from oraferry.wiring import open_comparison
from tests.fix_oracle import PASSWORD, SCHEMA, OracleForTests


class Quiet:
    """A heartbeat that nobody hears."""

    def check(self) -> None:
        """Nobody asks for an end."""

    def progress(self, rows: int, bytes: int) -> None:
        """Nobody counts."""


@dataclass
class Moved:
    """What came of it."""

    plan: TablePlan
    altered: dict[str, int]
    verdict: TableVerdict
    dsn: str
    notes: tuple[str, ...]
    job: str

    def select(self, sql: str) -> list[Any]:
        """The first column of a query on the target."""
        with psycopg.connect(self.dsn) as connection:
            return [row[0] for row in connection.execute(sql).fetchall()]

    @property
    def types(self) -> dict[str, str]:
        """The target's types by column, as the server names them."""
        with psycopg.connect(self.dsn) as connection:
            rows = connection.execute(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
                "WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
                [f'{self.plan.target.ref.schema}."{self.plan.target.ref.name}"'],
            )
            return dict(rows.fetchall())


@pytest.fixture
def move(oracle: OracleForTests, postgres_dsn: str) -> Iterator[Callable[..., Moved]]:
    """``move("T", {"nul": "remove"}, …)`` plans, creates, copies and verifies a table."""
    yield from make_mover(oracle, postgres_dsn)


@pytest.fixture
def newest_oracle() -> Iterator[OracleForTests]:
    """A simulator of 23ai with an empty schema."""
    from orasim.database import Database
    from orasim.server import OrasimServer

    database = Database(version="23ai")
    database.create_user(SCHEMA, PASSWORD, profile="catalog-owner")
    with OrasimServer(database) as server:
        yield OracleForTests(f"127.0.0.1:{server.port}/ORASIM", SCHEMA, PASSWORD, database, server)


@pytest.fixture
def move_newest(newest_oracle: OracleForTests, postgres_dsn: str) -> Iterator[Callable[..., Moved]]:
    """``move`` from the newest Oracle."""
    yield from make_mover(newest_oracle, postgres_dsn)


@contextmanager
def open_alone(oracle: OracleForTests, postgres_dsn: str) -> Iterator[Services]:
    """Two connections and nothing else, for a verification alone."""
    flags = {
        "source_dsn": oracle.dsn,
        "source_user": oracle.user,
        "source_password": oracle.password,
        "target_dsn": postgres_dsn,
    }
    with open_comparison(load_settings(flags, environment={})) as services:
        yield services


def make_mover(
    oracle: OracleForTests, postgres_dsn: str, *, by_hash: bool = True
) -> Iterator[Callable[..., Moved]]:
    """
    The mover between two databases; closes its sessions. Not *by_hash*: as with a server whose
    hashes are others.
    """
    endpoint = SourceEndpoint(oracle.dsn, oracle.user, Secret(oracle.password))
    source = OracleSource(endpoint, batch_rows=20_000)
    target = PostgresTarget(TargetEndpoint(Secret(postgres_dsn)))
    target.prepare()
    if not by_hash:
        target._hashes = False

    def run(name: str, *policies: dict[str, str]) -> Moved:
        ref = TableRef(oracle.schema, name)
        rules = [PolicyRequest(**policy).to_rule() for policy in policies]
        (made,) = translate_tables([source.get_tables([ref])[ref]], None, rules)
        assert not made.differences, made.differences
        plan = TablePlan(1, made.source, made.table, made.columns, "create", True)
        target.create_tables([plan.target])
        job, scn = str(uuid.uuid4()), source.take_snapshot()
        task = Task(job, 1, TaskKind.COPY, 1, None, 1, str(uuid.uuid4()), 30)
        whole = Chunk(ChunkKind.WHOLE)
        result = transfer_chunk(plan, task, whole, scn, source, target, Quiet())
        verdict = verify_table(plan, job, target, source.count_rows([plan], scn)[1])
        return Moved(plan, result.altered, verdict, postgres_dsn, made.notes, job)

    yield run
    target.close()
    source.close()
