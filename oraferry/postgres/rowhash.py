"""Count and digest per chunk, hashed by PostgreSQL from the values it stores."""

from __future__ import annotations

from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from oraferry.canonical import RowDigest
from oraferry.canonical.jenkins import hash_bytes
from oraferry.canonical.rowhash import SUMS_SQL, row_hash_sql
from oraferry.model import Digest, TablePlan
from oraferry.postgres.readback import ChunkDigests
from oraferry.postgres.session import quote, quote_table, translated

OLDEST = 140_000  # hash_record_extended
_PROBES = ("", "twelve bytes", "oraferry: a text of some length, with ü")


def hashes_as_expected(connection: psycopg.Connection[Any]) -> bool:
    """
    True when the server hashes as we do. A server on a big-endian machine does not: its
    hashes are those of words in another order.
    """
    if connection.info.server_version < OLDEST:
        return False
    row = ", ".join('hash_record_extended(ROW(%s::text COLLATE "C"), 0)' for _ in _PROBES)
    with translated("asking PostgreSQL for hashes"):
        found = connection.execute(f"SELECT {row}", _PROBES).fetchone()
    ours = hash_bytes(pa.array(_PROBES, pa.large_string())).view(np.int64)
    return found is not None and list(found) == ours.tolist()


def read_digests(
    connection: psycopg.Connection[Any], plan: TablePlan, job_id: str
) -> dict[int, Digest]:
    """As ``readback.read_digests``, without reading the rows out of the server."""
    columns = [(quote(c.target.name), c.source.type, c.target.type) for c in plan.columns]
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    # OFFSET 0 keeps the planner from writing the hash into each of its uses.
    statement = (
        f"SELECT xmin::text, count(*), {SUMS_SQL} FROM "
        f"(SELECT xmin, {row_hash_sql(columns)} AS h FROM {table} OFFSET 0) AS hashed GROUP BY xmin"
    )
    with translated(f"hashing {plan.target.ref}"), connection.transaction():
        chunks = ChunkDigests(connection, plan, job_id)
        for xid, rows, high, low in connection.execute(statement):
            chunks.merge(str(xid), RowDigest(int(rows), int(high), int(low)))
    return chunks.result()
