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


Seen = Mapping[str, RowDigest]  # by the transaction that wrote the rows, as their xmin shows it


def add_digests(
    connection: psycopg.Connection[Any],
    plans: Seq[TablePlan],
    chunks: Mapping[int, ChunkDigests],
    seen: Mapping[int, Seen],
) -> None:
    """
    As ``readback.add_digests``, without reading the rows out of the server.

    Rows that were *seen* after their transaction ended, and are as many as then, are the same:
    whoever changes a row becomes its writer. They are counted only.
    """
    if not plans:
        return
    with translated(f"hashing {name_tables(plans)}"):
        found = _sum(connection, plans, seen)
        changed = [plan for plan in plans if _has_changed(found[plan.number], seen[plan.number])]
        if changed:
            found |= _sum(connection, changed, {plan.number: {} for plan in changed})
            seen = {**seen, **{plan.number: {} for plan in changed}}
    for number, digests in found.items():
        for xid, digest in digests.items():
            chunks[number].merge(xid, seen[number].get(xid, digest))


def _sum(
    connection: psycopg.Connection[Any], plans: Seq[TablePlan], seen: Mapping[int, Seen]
) -> dict[int, dict[str, RowDigest]]:
    is_alone = len(plans) == 1
    sums = [sums_sql(plan, is_alone=is_alone, seen=seen[plan.number]) for plan in plans]
    found: dict[int, dict[str, RowDigest]] = {plan.number: {} for plan in plans}
    for number, xid, rows, high, low in connection.execute(" UNION ALL ".join(sums)):
        found[number][str(xid)] = RowDigest(int(rows), int(high or 0), int(low or 0))
    return found


def _has_changed(found: Seen, seen: Seen) -> bool:
    return any(xid in found and found[xid].rows != digest.rows for xid, digest in seen.items())


def sums_sql(plan: TablePlan, *, is_alone: bool, seen: Seen) -> str:
    """
    Per writing transaction a row: the plan's number, its id, count, sums; these are NULL of
    what was *seen*. *is_alone*: the table is worth the server's parallel workers.
    """
    table = table_sql(plan)
    # Either end keeps the planner from writing the hash into each of its uses: nothing is pulled
    # up over OFFSET, nor out of an arm of UNION ALL but as a value that is computed once. Only
    # the second lets parallel workers scan and sum (if both arms have one type: else they hand
    # each row over, and are no faster); planning it takes a little longer.
    end = f"UNION ALL SELECT xmin, 0::bigint FROM {table} WHERE false" if is_alone else "OFFSET 0"
    return (
        f"SELECT {plan.number}, xmin::text, count(*), {SUMS_SQL} FROM "
        f"(SELECT xmin, {_hash_unless_seen(plan, seen)} AS h FROM {table} {end}) AS hashed "
        "GROUP BY xmin"
    )


def _hash_unless_seen(plan: TablePlan, seen: Seen) -> str:
    if not seen:
        return hash_sql(plan)
    return (
        f"CASE WHEN xmin = ANY ('{{{','.join(seen)}}}'::xid[]) THEN NULL ELSE {hash_sql(plan)} END"
    )


def hash_sql(plan: TablePlan) -> str:
    return row_hash_sql(
        [(quote(c.target.name), c.source.type, c.target.type) for c in plan.columns]
    )


def table_sql(plan: TablePlan) -> str:
    return quote_table(plan.target.ref.schema, plan.target.ref.name)
