"""The broker-less bell: LISTEN and NOTIFY on the job store's database."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import Any

import psycopg

from oraferry.config import Secret
from oraferry.errors import BrokerUnavailable

logger = logging.getLogger(__name__)

CHANNEL = "oraferry_bell"


class PostgresBell:
    """Rings through PostgreSQL; every listener hears every ring."""

    def __init__(self, dsn: Secret) -> None:
        self._dsn = dsn
        self._listener: psycopg.Connection[Any] | None = None
        self._was_lost = False

    def _connect(self) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(
                self._dsn.reveal(),
                autocommit=True,
                application_name="oraferry-bell",
                connect_timeout=5,
            )
        except psycopg.OperationalError as error:
            raise BrokerUnavailable(
                "the job store's PostgreSQL cannot be reached", hint="it is tried again"
            ) from error

    def announce(self, job_id: str) -> None:
        """NOTIFY; BrokerUnavailable when PostgreSQL is not there."""
        with self._connect() as connection:
            connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, job_id])

    def wait(self, timeout_seconds: float) -> str | None:
        """The next ring, or None; an outage is silence."""
        deadline = time.monotonic() + timeout_seconds
        try:
            if self._listener is None:
                self._listener = self._connect()
                self._listener.execute(f"LISTEN {CHANNEL}")
                self._was_lost = False
            for notice in self._listener.notifies(timeout=timeout_seconds, stop_after=1):
                return notice.payload
        except (psycopg.OperationalError, BrokerUnavailable):
            if not self._was_lost:
                logger.warning("the bell is silent: PostgreSQL cannot be reached")
            self._was_lost = True
            self.close()
            time.sleep(max(0.0, deadline - time.monotonic()))
        return None

    def ping(self) -> None:
        """BrokerUnavailable when PostgreSQL is not there."""
        self._connect().close()

    def close(self) -> None:
        """Never raises."""
        if self._listener is not None:
            with contextlib.suppress(psycopg.Error):
                self._listener.close()
            self._listener = None
