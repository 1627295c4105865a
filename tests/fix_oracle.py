"""An Oracle for tests: orasim on loopback, or a real one given by ORAFERRY_TEST_ORACLE_DSN.

A real Oracle needs ORAFERRY_TEST_ORACLE_USER and ORAFERRY_TEST_ORACLE_PASSWORD too: an
empty schema of its own, which tests fill and empty again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import oracledb
import pytest

SCHEMA = "FERRY"
PASSWORD = "ferry-Password1"


@dataclass
class OracleForTests:
    """Where the tests' Oracle is; *simulator* is None for a real one."""

    dsn: str
    user: str
    password: str
    simulator: Any = None  # orasim.database.Database
    server: Any = None  # orasim.server.OrasimServer
    created: list[str] = field(default_factory=list)

    @property
    def schema(self) -> str:
        """The schema's stored name."""
        return self.user.upper()

    def connect(self, **options: Any) -> oracledb.Connection:
        """A new session of the driver, thin."""
        return oracledb.connect(user=self.user, password=self.password, dsn=self.dsn, **options)

    def run(self, *statements: str) -> None:
        """Execute statements and commit."""
        with self.connect() as connection:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            connection.commit()

    def bulk_load(self, table: str, columns: dict[str, Any]) -> None:
        """
        Load Arrow arrays by column name into an existing table of the tests' schema.

        On the simulator straight into its storage; on a real Oracle with executemany.
        """
        import pyarrow as pa

        batch = pa.RecordBatch.from_pydict(columns)
        if self.simulator is not None:
            self.simulator.bulk_load(self.schema, table, batch)
            return
        names = ", ".join(f'"{name}"' for name in columns)
        binds = ", ".join(f":{i + 1}" for i in range(len(columns)))
        rows = list(zip(*(batch.column(i).to_pylist() for i in range(len(columns))), strict=True))
        with self.connect() as connection:
            connection.cursor().executemany(
                f'INSERT INTO "{table}" ({names}) VALUES ({binds})', rows
            )
            connection.commit()

    def empty(self) -> None:
        """Drop everything the schema holds."""
        with self.connect() as connection:
            cursor = connection.cursor()
            cursor.execute(
                "SELECT object_type, object_name FROM user_objects WHERE object_type IN "
                "('VIEW', 'TABLE', 'SEQUENCE', 'MATERIALIZED VIEW') "
                "AND object_name NOT LIKE 'ISEQ$$%' "
                "ORDER BY CASE object_type WHEN 'VIEW' THEN 1 WHEN 'TABLE' THEN 2 ELSE 3 END"
            )
            for kind, name in cursor.fetchall():
                tail = " CASCADE CONSTRAINTS PURGE" if kind == "TABLE" else ""
                with suppress(oracledb.DatabaseError):
                    cursor.execute(f'DROP {kind} "{name}"{tail}')


@pytest.fixture(scope="session")
def oracle_server() -> Iterator[OracleForTests]:
    """One Oracle for the whole run."""
    dsn = os.environ.get("ORAFERRY_TEST_ORACLE_DSN")
    if dsn:
        yield OracleForTests(
            dsn,
            os.environ["ORAFERRY_TEST_ORACLE_USER"],
            os.environ["ORAFERRY_TEST_ORACLE_PASSWORD"],
        )
        return
    from orasim.database import Database
    from orasim.server import OrasimServer

    database = Database(version="19c")
    database.create_user(SCHEMA, PASSWORD, profile="catalog-owner")
    with OrasimServer(database) as server:
        yield OracleForTests(f"127.0.0.1:{server.port}/ORASIM", SCHEMA, PASSWORD, database, server)


@pytest.fixture
def oracle(oracle_server: OracleForTests) -> Iterator[OracleForTests]:
    """An Oracle with an empty schema; emptied again after the test."""
    oracle_server.empty()
    yield oracle_server
    oracle_server.empty()


@pytest.fixture
def simulator(oracle: OracleForTests) -> OracleForTests:
    """The simulator; for tests that make it misbehave, which a real Oracle cannot be asked to."""
    if oracle.simulator is None:
        pytest.skip("needs orasim's faults; a real Oracle is given by ORAFERRY_TEST_ORACLE_DSN")
    return oracle
