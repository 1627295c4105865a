"""Count and digest per chunk, hashed by PostgreSQL from the values it stores."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from oraferry.canonical import RowDigest
from oraferry.canonical.jenkins import hash_bytes
from oraferry.canonical.rowhash import SUMS_SQL, row_hash_sql
from oraferry.model import TablePlan
from oraferry.postgres.readback import ChunkDigests
from oraferry.postgres.session import name_tables, quote, quote_table, translated

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


def add_digests(
    connection: psycopg.Connection[Any], plans: Seq[TablePlan], chunks: Mapping[int, ChunkDigests]
) -> None:
    """As ``readback.add_digests``, without reading the rows out of the server."""
    if not plans:
        return
    with translated(f"hashing {name_tables(plans)}"):
        found = connection.execute(" UNION ALL ".join(_sums_sql(plan) for plan in plans))
        for number, xid, rows, high, low in found:
            chunks[number].merge(str(xid), RowDigest(int(rows), int(high), int(low)))


def _sums_sql(plan: TablePlan) -> str:
    columns = [(quote(c.target.name), c.source.type, c.target.type) for c in plan.columns]
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    # OFFSET 0 keeps the planner from writing the hash into each of its uses.
    return (
        f"SELECT {plan.number}, xmin::text, count(*), {SUMS_SQL} FROM "
        f"(SELECT xmin, {row_hash_sql(columns)} AS h FROM {table} OFFSET 0) AS hashed GROUP BY xmin"
    )
