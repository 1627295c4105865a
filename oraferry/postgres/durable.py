"""Many small chunks wait for the disk together: each is committed by itself, all flushed once."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

import psycopg

from oraferry.errors import TargetUnavailable
from oraferry.postgres.session import sql_text, translated


def make_durable(connection: psycopg.Connection[Any], job_id: str, numbers: Seq[int]) -> None:
    """
    Return when the chunks *numbers*, committed before with synchronous_commit off, are on disk.

    TargetUnavailable when some are not there any more: a server that crashed meanwhile forgot
    them whole, rows and ledger row, and they have to be loaded again.
    """
    binds = {"job_id": job_id, "numbers": list(numbers), "last": numbers[-1]}
    with translated("waiting for the disk"), connection.transaction():
        row = connection.execute(sql_text("make_durable"), binds).fetchone()
    if row is None or row[0] != len(numbers):
        raise TargetUnavailable(
            f"some of the last {len(numbers)} chunks are gone: PostgreSQL was restarted",
            hint="they are loaded again",
        )
