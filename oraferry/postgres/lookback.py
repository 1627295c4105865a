"""A chunk's rows hashed soon after its COMMIT, so that the end of a table need only count them.

Whoever changes a row becomes its writer: rows of a transaction that are as many as they were
when they were hashed are the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from oraferry.canonical import RowDigest
from oraferry.canonical.rowhash import SUMS_SQL
from oraferry.model import TablePlan
from oraferry.postgres.rowhash import Seen, hash_sql, table_sql
from oraferry.postgres.session import sql_text, translated

# PostgreSQL adds up to 512 pages at once where sessions wait for each other (hio.c).
PAGES_AHEAD = 512
# So often the pages before are looked through, each time twice as many.
STEPS_BACK = 4


def look_back(
    connection: psycopg.Connection[Any], plan: TablePlan, job_id: str, task_number: int
) -> None:
    """
    Hash the rows of a chunk that is in, and record what was seen. Nothing is recorded where not
    all of them are found in the pages that the chunk added, or a while before: a COPY also
    fills older pages that have room.
    """
    number = {"job_id": job_id, "task_number": task_number}
    with translated(f"hashing {plan.target.ref}"):
        row = connection.execute(sql_text("find_chunk"), number).fetchone()
        if row is None or row[4] is None or not row[2]:
            return
        xid, writer, rows, first, end = row
        found = RowDigest()
        for start, stop in _windows(first, end):
            found.merge(_hash_pages(connection, plan, writer, start, stop))
            if found.rows >= rows:
                break
        if found.rows == rows:
            high, low = found.sums
            binds = {**number, "xid": xid, "rows": rows, "high": high, "low": low}
            connection.execute(sql_text("record_lookback"), binds)


def are_there(connection: psycopg.Connection[Any], plan: TablePlan, seen: Seen) -> bool:
    """True when the rows *seen* are all there, and others only if the mode adds to a table."""
    wanted = sum(digest.rows for digest in seen.values())
    ours = f"xmin = ANY ('{{{','.join(seen)}}}'::xid[])"
    with translated(f"counting {plan.target.ref}"):
        row = connection.execute(
            f"SELECT count(*) FILTER (WHERE {ours}), count(*) FROM {table_sql(plan)}"
        ).fetchone()
    assert row
    return bool(row[0] == wanted and (row[1] == wanted or plan.mode == "append"))


def _windows(first: int, end: int) -> Iterator[tuple[int, int]]:
    # The end is before the first where the chunk's transaction emptied the table (COPY FREEZE).
    start = max(0, min(first, end) - PAGES_AHEAD)
    yield start, end
    size = end - start
    for _ in range(STEPS_BACK):
        if not start:
            return
        start, stop = max(0, start - size), start
        yield start, stop
        size *= 2


def _hash_pages(
    connection: psycopg.Connection[Any], plan: TablePlan, writer: int, start: int, stop: int
) -> RowDigest:
    where = f"ctid >= '({start},0)' AND ctid < '({stop},0)' AND xmin = '{writer}'"
    row = connection.execute(
        f"SELECT count(*), {SUMS_SQL} FROM "
        f"(SELECT {hash_sql(plan)} AS h FROM {table_sql(plan)} WHERE {where} OFFSET 0) AS hashed"
    ).fetchone()
    assert row
    return RowDigest(row[0], int(row[1] or 0), int(row[2] or 0))
