"""Connections to the job store's PostgreSQL, and what its errors mean."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from oraferry.config import Secret
from oraferry.errors import StoreUnavailable
from oraferry.jobs.statements import Connection

POOL_SIZE = 4
POOL_WAIT_SECONDS = 15.0


class StorePool:
    """A few connections for several threads."""

    def __init__(self, dsn: Secret) -> None:
        """StoreUnavailable when the database cannot be reached."""
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            dsn.reveal(),
            min_size=1,
            max_size=POOL_SIZE,
            timeout=POOL_WAIT_SECONDS,
            kwargs={"autocommit": True, "application_name": "oraferry-store"},
            check=ConnectionPool.check_connection,
            open=False,
        )
        try:
            with psycopg.connect(dsn.reveal(), connect_timeout=10) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            self._pool.close()
            raise StoreUnavailable(
                "the job store's PostgreSQL cannot be reached, or refused the credentials",
                hint="check store_dsn, and that the server runs and the database exists",
            ) from error
        self._pool.open()

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection]:
        """Each statement is its own transaction; StoreUnavailable when the server is away."""
        try:
            with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise StoreUnavailable(
                "the job store's PostgreSQL cannot be reached",
                hint="it is tried again; check that the server runs",
            ) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction for the block."""
        with self.connection() as connection, connection.transaction():
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
