"""How far a job's tables are, and what verification saw of them."""

from __future__ import annotations

from collections.abc import Sequence as Seq

from psycopg.types.json import Jsonb

from oraferry.jobs.rows import checked_id, describe_verification, progress_of
from oraferry.jobs.statements import CHUNK, Connection, fetch_all, sql_text
from oraferry.model import ChunkState, TableProgress, TaskStatus, Trouble
from oraferry.ports import Verification


def record_verifications(connection: Connection, job_id: str, seen: Seq[Verification]) -> None:
    """What verification saw of some tables."""
    rows = [describe_verification(each) for each in seen]
    binds = {"job_id": checked_id(job_id), "seen": Jsonb(rows)}
    connection.execute(sql_text("record_verifications"), binds)


def list_progress(
    connection: Connection, job_id: str, numbers: Seq[int] | None = None
) -> list[TableProgress]:
    """Every table of the job, or some."""
    wanted = None if numbers is None else list(numbers)
    rows = fetch_all(connection, "list_progress", job_id=checked_id(job_id), numbers=wanted)
    return [progress_of(row) for row in rows]


def list_chunks(connection: Connection, job_id: str, table_number: int) -> list[ChunkState]:
    """Every chunk that the table has or had."""
    rows = fetch_all(
        connection, "list_chunks", job_id=checked_id(job_id), table_number=table_number
    )
    return [
        ChunkState(number, TaskStatus(status), CHUNK.validate_python(chunk), int(scn), rows)
        for number, status, chunk, scn, rows in rows
    ]


def list_troubles(connection: Connection, job_id: str) -> list[Trouble]:
    """What was tried again or ended the job."""
    rows = fetch_all(connection, "list_troubles", job_id=checked_id(job_id))
    return [Trouble(*row) for row in rows]
