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
        sums = [sums_sql(plan, is_alone=len(plans) == 1) for plan in plans]
        found = connection.execute(" UNION ALL ".join(sums))
        for number, xid, rows, high, low in found:
            chunks[number].merge(str(xid), RowDigest(int(rows), int(high), int(low)))


def sums_sql(plan: TablePlan, *, is_alone: bool) -> str:
    """
    Per writing transaction a row: the plan's number, its id, count, sums. *is_alone*: the
    table is worth the server's parallel workers.
    """
    columns = [(quote(c.target.name), c.source.type, c.target.type) for c in plan.columns]
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    # Either end keeps the planner from writing the hash into each of its uses: nothing is pulled
    # up over OFFSET, nor out of an arm of UNION ALL but as a value that is computed once. Only
    # the second lets parallel workers scan and sum (if both arms have one type: else they hand
    # each row over, and are no faster); planning it takes a little longer.
    end = f"UNION ALL SELECT xmin, 0::bigint FROM {table} WHERE false" if is_alone else "OFFSET 0"
    return (
        f"SELECT {plan.number}, xmin::text, count(*), {SUMS_SQL} FROM "
        f"(SELECT xmin, {row_hash_sql(columns)} AS h FROM {table} {end}) AS hashed GROUP BY xmin"
    )
