"""Chunks that turn out small for the speed of their table take in those behind them.

Only chunks that nobody has begun: one that was, may be in the target already, under its own
number. The bounds stay those of the plan, so every row stays in exactly one chunk.
"""

from __future__ import annotations

from dataclasses import replace

from psycopg.types.json import Jsonb

from oraferry.jobs.statements import CHUNK, Connection, add_event, claim_of, lease_lost, sql_text
from oraferry.model import Chunk, ChunkKind, Task

MOST_JOINED = 15
# Lanes are heard of every two seconds; one that was not for so long takes nothing.
SILENCE_SECONDS = 10.0
# Ranges of a chunk are statements of their own.
MOST_RANGES = 200


def widen(connection: Connection, task: Task, seconds: float) -> Task:
    """*task* with a chunk that takes about *seconds*, as far as its neighbours are free."""
    assert task.chunk is not None
    found = connection.execute(
        sql_text("next_chunks"),
        {
            "job_id": task.job_id,
            "table_number": task.table_number,
            "number": task.number,
            "scn": task.scn,
            "most": MOST_JOINED,
            "silence": SILENCE_SECONDS,
        },
    ).fetchall()
    chunk = task.chunk
    taken: list[int] = []
    for number, body, rows_per_second in found:
        joined = join(chunk, CHUNK.validate_python(body))
        is_next = number == task.number + len(taken) + 1
        if not is_next or joined is None or joined.estimated_rows > rows_per_second * seconds:
            break
        chunk, taken = joined, [*taken, number]
    if not taken:
        return task
    binds = {**claim_of(task), "chunk": Jsonb(CHUNK.dump_python(chunk, mode="json"))}
    if connection.execute(sql_text("widen_task"), binds).rowcount == 0:
        raise lease_lost(task)
    connection.execute(sql_text("absorb_tasks"), {"job_id": task.job_id, "numbers": taken})
    body = {"task": task.number, "chunks": len(taken) + 1, "rows": chunk.estimated_rows}
    add_event(connection, task.job_id, "task.widened", body)
    return replace(task, chunk=chunk)


def join(first: Chunk, second: Chunk) -> Chunk | None:
    """
    The rows of both as one chunk; None where one condition cannot hold them.

    >>> first = Chunk(ChunkKind.KEY, key_column="ID", upper="5", estimated_rows=4)
    >>> str(join(first, Chunk(ChunkKind.KEY, key_column="ID", lower="5", upper="9")))
    'ID in [-∞, 9)'
    """
    rows = first.estimated_rows + second.estimated_rows
    if first.kind is ChunkKind.ROWID and second.kind is ChunkKind.ROWID:
        ranges = (*first.rowid_ranges, *second.rowid_ranges)
        if len(ranges) > MOST_RANGES:
            return None
        return replace(first, rowid_ranges=ranges, estimated_rows=rows)
    if first.kind is ChunkKind.KEY and second.kind is ChunkKind.KEY:
        if first.key_column != second.key_column or first.upper != second.lower:
            return None
        # Without bounds on either side there was nothing to join: NULLs stay with the first.
        return replace(first, upper=second.upper, estimated_rows=rows)
    return None
