"""Splitting a table so that every row visible at the SCN is in exactly one chunk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oraferry.errors import RequestError
from oraferry.model import Chunk, ChunkKind, Column, TableKind, TablePlan
from oraferry.oracle.clauses import from_clause, scn_binds, where_sql
from oraferry.oracle.keys import by_key, find_key, list_keys
from oraferry.oracle.rowids import by_rowid
from oraferry.oracle.session import Session, translated

MAX_CHUNKS = 20_000
# Each bucket of a hash reads the whole table, so more of them only cost (facts §3.2).
MOST_BUCKETS = 8
# Counted in one statement: a round trip less per table, and far from any limit of a statement.
COUNTS_AT_ONCE = 100
_STORED = {TableKind.HEAP, TableKind.CLUSTERED, TableKind.INDEX_ORGANIZED}


def plan_chunks(
    session: Session,
    plan: TablePlan,
    scn: int,
    chunk_rows: int,
    rows: int,
    *,
    has_dba_views: Callable[[], bool],
) -> list[Chunk]:
    """
    Chunks of about *chunk_rows* of the plan's *rows* rows, by the way that the plan asks for
    or the best that its table has; the whole table where there is none.
    """
    with translated(f"planning the chunks of {plan.source.ref}"):
        whole = [Chunk(ChunkKind.WHOLE, estimated_rows=rows)]
        if rows <= chunk_rows or not plan.source.has_past or plan.chunking.by == "whole":
            return whole
        wanted = min(-(-rows // chunk_rows), MAX_CHUNKS)
        ways = _Ways(session, plan, scn, rows, wanted, has_dba_views)
        if plan.chunking.by == "auto":
            return ways.best() or whole
        found = ways.by(plan.chunking.by)
        if not found:
            raise RequestError(
                f"{plan.source.ref} cannot be split by {plan.chunking.by}",
                hint="leave the choice to oraferry (auto), or name a column to cut along",
            )
        return found


@dataclass(frozen=True, slots=True)
class _Ways:
    """The ways to split one table; each gives no chunk where it does not fit."""

    session: Session
    plan: TablePlan
    scn: int
    rows: int
    wanted: int
    has_dba_views: Callable[[], bool]

    def best(self) -> list[Chunk]:
        """By ROWID where extents may be read: each block is read once, and no key is needed."""
        kind, partitions = self.plan.source.kind, self.by_partition()
        if kind is TableKind.HEAP and (found := self.by_rowid()):
            return found
        if len(partitions) * 2 >= self.wanted:
            return partitions
        if kind in _STORED and (found := self.by_key(list_keys(self.plan.source))):
            return found
        return partitions or self.by_hash()

    def by(self, way: str) -> list[Chunk]:
        """By the way that a person asked for."""
        if way == "key":
            name = self.plan.chunking.column
            keys = [find_key(self.plan.source, name)] if name else list_keys(self.plan.source)
            return self.by_key(keys)
        ways = {"rowid": self.by_rowid, "partition": self.by_partition, "hash": self.by_hash}
        return ways[way]()

    def by_rowid(self) -> list[Chunk]:
        # A clustered table's extents are its cluster's, which other tables share.
        if self.plan.source.kind is not TableKind.HEAP or not self.has_dba_views():
            return []
        return by_rowid(self.session, self.plan.source, self.rows, self.wanted)

    def by_key(self, columns: list[Column]) -> list[Chunk]:
        return by_key(self.session, self.plan, self.scn, self.rows, self.wanted, columns)

    def by_partition(self) -> list[Chunk]:
        partitioning = self.plan.source.partitioning
        if partitioning is None or not partitioning.partitions:
            return []
        share = self.rows // len(partitioning.partitions)
        return [
            Chunk(ChunkKind.PARTITION, partition=p.name, estimated_rows=share)
            for p in partitioning.partitions
        ]

    def by_hash(self) -> list[Chunk]:
        """
        Buckets of ORA_HASH(ROWID). Not for index-organised tables, whose logical ROWIDs may
        change, nor for views.
        """
        if not self.plan.source.has_rowids:
            return []
        buckets = min(self.wanted, MOST_BUCKETS)
        return [
            Chunk(ChunkKind.HASH, bucket=b, buckets=buckets, estimated_rows=self.rows // buckets)
            for b in range(buckets)
        ]


def count(session: Session, plan: TablePlan, scn: int) -> int:
    """COUNT(*) at the SCN; the exact figure that the chunks must add up to."""
    found = session.query(_count_sql(plan, "COUNT(*)"), **scn_binds(plan.source, scn))
    return int(found[0][0])


def count_all(session: Session, plans: Sequence[TablePlan], scn: int) -> dict[int, int]:
    """``count`` of all *plans* by their numbers, many in one statement."""
    found: dict[int, int] = {}
    for start in range(0, len(plans), COUNTS_AT_ONCE):
        part = plans[start : start + COUNTS_AT_ONCE]
        sql = " UNION ALL ".join(_count_sql(p, f"{p.number} AS n, COUNT(*) AS c") for p in part)
        has_scn = any(p.source.has_past for p in part)
        rows = session.query(sql, **({"scn": scn} if has_scn else {}))
        found |= {int(number): int(rows_) for number, rows_ in rows}
    return found


def _count_sql(plan: TablePlan, items: str) -> str:
    where = f" WHERE {where_sql(plan.where)}" if plan.where else ""
    return f"SELECT {items} FROM {from_clause(plan.source)}{where}"
