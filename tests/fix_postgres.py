"""A real PostgreSQL for tests: the one of ORAFERRY_TEST_POSTGRES_DSN, else an embedded one.

Every test gets fresh databases, which are dropped after it.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo, sql

from oraferry.postgres.embedded import EmbeddedPostgres


@dataclass
class PostgresForTests:
    """The run's server; *embedded* is None when it was given."""

    admin_dsn: str
    embedded: EmbeddedPostgres | None = None

    def create(self, options: str = "") -> str:
        """A new empty database's DSN; *options* as CREATE DATABASE takes them."""
        name = f"ferry_{secrets.token_hex(6)}"
        with psycopg.connect(self.admin_dsn, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(
                    sql.Identifier(name), sql.SQL(options)
                )
            )
        if self.embedded is not None:
            return self.embedded.dsn(name)
        return conninfo.make_conninfo(self.admin_dsn, dbname=name)

    def drop(self, dsn: str) -> None:
        """Drop the database behind *dsn*, with its sessions."""
        name = conninfo.conninfo_to_dict(dsn)["dbname"]
        with psycopg.connect(self.admin_dsn, autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(str(name)))
            )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresForTests]:
    """One PostgreSQL for the whole run."""
    dsn = os.environ.get("ORAFERRY_TEST_POSTGRES_DSN")
    if dsn:
        yield PostgresForTests(dsn)
        return
    directory = Path(tempfile.mkdtemp(prefix="oraferry-test-postgres-"))
    directory.chmod(0o755)
    server = EmbeddedPostgres(directory, durable=False)
    server.start()
    try:
        yield PostgresForTests(server.dsn("postgres"), server)
    finally:
        server.remove()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def postgres_dsn(postgres_server: PostgresForTests) -> Iterator[str]:
    """A fresh database: the target of a migration."""
    dsn = postgres_server.create()
    yield dsn
    postgres_server.drop(dsn)


@pytest.fixture
def store_dsn(postgres_server: PostgresForTests) -> Iterator[str]:
    """Another fresh database: the job store."""
    dsn = postgres_server.create()
    yield dsn
    postgres_server.drop(dsn)
