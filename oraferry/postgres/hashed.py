"""A target table's rows for a verification: hashed by bucket, listed by hash, read by ctid.

Only SELECT is needed. Where the server hashes rows as we do, nothing but sums travels; else
the rows come as text and are hashed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa

from oraferry.canonical import target_text
from oraferry.canonical.buckets import BucketSums, bucket_of, hash_texts
from oraferry.canonical.rowhash import SUMS_SQL
from oraferry.model import TablePlan
from oraferry.ports import Addresses, BucketTotals, Hashes, StoredRows
from oraferry.postgres.readback import BLOCK_BYTES, read_blocks
from oraferry.postgres.rowhash import hash_sql, table_sql
from oraferry.postgres.session import translated

ADDRESS = np.dtype([("part", ">u4"), ("block", ">u4"), ("offset", ">u2")])
# One tuple of COPY … (FORMAT binary) of a bigint, an oid and a tid: each with its length.
_TUPLE = np.dtype(
    [("fields", ">i2"), ("l1", ">i4"), ("hash", ">u8"), ("l2", ">i4"), ("part", ">u4"),
     ("l3", ">i4"), ("block", ">u4"), ("offset", ">u2")]
)  # fmt: skip
_HEADER = 19
_CTIDS_AT_ONCE = 10_000


@contextmanager
def snapshot(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """All reads in the block see the table as it is now."""
    with translated("reading in one snapshot"), connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # It may wait long between two reads, for the other side or for a repair.
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


def count_rows(connection: psycopg.Connection[Any], plan: TablePlan) -> int:
    """COUNT(*)."""
    with translated(f"counting {plan.target.ref}"):
        row = connection.execute(f"SELECT count(*) FROM {table_sql(plan)}").fetchone()
    assert row
    return int(row[0])


def sum_buckets(
    connection: psycopg.Connection[Any], plan: TablePlan, buckets: int, *, by_hash: bool
) -> BucketTotals:
    """Count and sums of the row hashes per bucket."""
    sums = BucketSums(buckets)
    with translated(f"hashing {plan.target.ref}"):
        if not by_hash:
            # Without addresses: a view's rows have none, and are summed too.
            for _, hashes in _hashed_here(connection, plan, "''"):
                sums.add(hashes)
            return sums.totals()
        # The arm without rows keeps the planner from writing the hash into each of its uses, and
        # parallel workers scan (rowhash.sums_sql).
        bucket, groups = f"(h & {buckets - 1})::integer", " GROUP BY 1"
        if buckets == 1:  # grouping would cost half as much again as hashing
            bucket, groups = "0", ""
        statement = (
            f"SELECT {bucket}, count(*), {SUMS_SQL} "
            f"FROM (SELECT {hash_sql(plan)} AS h FROM {table_sql(plan)} "
            f"UNION ALL SELECT 0::bigint FROM {table_sql(plan)} WHERE false) AS hashed{groups}"
        )
        for number, rows, high, low in connection.execute(statement):
            sums.put(number, int(rows), int(high or 0), int(low or 0))
    return sums.totals()


def list_hashes(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    buckets: int,
    wanted: Sequence[int],
    *,
    by_hash: bool,
) -> Iterator[tuple[Hashes, Addresses]]:
    """The hashes of the rows in the buckets *wanted*, and where each row is; in blocks."""
    with translated(f"hashing {plan.target.ref}"):
        if by_hash:
            yield from _list_by_hash(connection, plan, buckets, wanted)
            return
        is_wanted = np.zeros(buckets, np.bool_)
        is_wanted[list(wanted)] = True
        yield np.zeros(0, np.uint64), np.zeros(0, ADDRESS)
        for keys, hashes in _hashed_here(connection, plan, "tableoid::text || ctid::text"):
            places = np.flatnonzero(is_wanted[bucket_of(hashes, buckets)])
            yield hashes[places], _parse_addresses(keys.take(pa.array(places)).to_pylist())


def read_stored(
    connection: psycopg.Connection[Any], plan: TablePlan, addresses: Addresses
) -> Iterator[StoredRows]:
    """The rows at *addresses* in canonical text, in no order."""
    with translated(f"reading rows of {plan.target.ref}"):
        for part in np.unique(addresses["part"]).tolist():
            row = connection.execute("SELECT %s::oid::regclass::text", [part]).fetchone()
            assert row
            here = [ctid_text(a) for a in addresses[addresses["part"] == part]]
            for start in range(0, len(here), _CTIDS_AT_ONCE):
                listed = ",".join(f'"{ctid}"' for ctid in here[start : start + _CTIDS_AT_ONCE])
                where = f"tableoid = {part} AND ctid = ANY ('{{{listed}}}'::tid[])"
                for block in read_blocks(connection, plan, ["ctid::text"], where):
                    ctids = tuple(block.column(0).to_pylist())
                    yield StoredRows(ctids, str(row[0]), _texts(plan, block))


def ctid_text(address: Any) -> str:
    """As PostgreSQL writes a ctid."""
    return f"({int(address['block'])},{int(address['offset'])})"


def _list_by_hash(
    connection: psycopg.Connection[Any], plan: TablePlan, buckets: int, wanted: Sequence[int]
) -> Iterator[tuple[Hashes, Addresses]]:
    condition = (
        f"(h & {buckets - 1})::integer = ANY ('{{{','.join(map(str, wanted))}}}'::integer[])"
    )
    if len(wanted) == buckets:
        condition = "true"
    statement = (
        f"COPY (SELECT h, tableoid, ctid FROM (SELECT {hash_sql(plan)} AS h, tableoid, ctid "
        f"FROM {table_sql(plan)} OFFSET 0) AS hashed WHERE {condition}) TO STDOUT (FORMAT binary)"
    )
    data = bytearray()
    skipped = _HEADER
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in copy:
            data += piece
            if len(data) >= BLOCK_BYTES:
                yield _parse_listed(data, skipped)
                data = data[skipped + _count(data, skipped) * _TUPLE.itemsize :]
                skipped = 0
    yield _parse_listed(data, skipped)


def _count(data: bytearray, skipped: int) -> int:
    """Whole tuples; the end's mark is shorter than one."""
    return max(len(data) - skipped, 0) // _TUPLE.itemsize


def _parse_listed(data: bytearray, skipped: int) -> tuple[Hashes, Addresses]:
    count = _count(data, skipped)
    tuples = np.frombuffer(data, _TUPLE, count, min(skipped, len(data)))
    addresses = np.empty(count, ADDRESS)
    for name in ADDRESS.names or ():
        addresses[name] = tuples[name]
    return tuples["hash"].astype(np.uint64), addresses


def _hashed_here(
    connection: psycopg.Connection[Any], plan: TablePlan, address: str
) -> Iterator[tuple[pa.Array, Hashes]]:
    """Blocks of the table: the rows' addresses, by that expression, and their hashes."""
    for block in read_blocks(connection, plan, [address]):
        yield block.column(0), hash_texts(_texts(plan, block))


def _texts(plan: TablePlan, block: pa.RecordBatch) -> list[pa.Array]:
    """The canonical texts of a block whose first column is the address."""
    return [target_text(block.column(i + 1), c.target.type) for i, c in enumerate(plan.columns)]


def _parse_addresses(texts: Sequence[str]) -> Addresses:
    parts = [text[:-1].replace("(", ",").split(",") for text in texts]
    return np.array([tuple(map(int, part)) for part in parts], ADDRESS)
