"""What a scan of the data asks Oracle beside the rows: a sample of them, repeated keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from oraferry.model import Column, Duplicates, Key, TablePlan
from oraferry.oracle.clauses import (
    ROWID,
    column_sql,
    from_clause,
    scn_binds,
    where_sql,
)
from oraferry.oracle.session import Session, translated

_BUCKETS = 1_000_000


def sample_rows(plan: TablePlan, percent: float) -> TablePlan | None:
    """
    The plan of about *percent* of the rows, the same ones each time; None without ROWIDs.

    By a hash of the ROWID, not by SAMPLE: that draws anew for each statement.
    """
    if not plan.source.has_rowids:
        return None
    wanted = max(1, round(_BUCKETS * percent / 100))
    condition = f"ORA_HASH(t.ROWID, {_BUCKETS - 1}) < {wanted}"
    return replace(
        plan, where=f"{where_sql(plan.where)} AND {condition}" if plan.where else condition
    )


def find_duplicates(
    session: Session, plan: TablePlan, scn: int, examples: int
) -> Iterator[Duplicates]:
    """For each key of the target that the source does not enforce: rows that repeat another's."""
    names = {column.target.name: column.source for column in plan.columns}
    for key in [k for k in (plan.target.primary_key, *plan.target.unique_keys) if k]:
        if not all(name in names for name in key.columns):
            continue
        columns = [names[name] for name in key.columns]
        if any(_enforces(own, columns) for own in _keys(plan)):
            continue
        found = _find(session, plan, columns, scn, examples)
        if found.rows:
            yield found


def _keys(plan: TablePlan) -> list[Key]:
    return [k for k in (plan.source.primary_key, *plan.source.unique_keys) if k]


def _enforces(key: Key, columns: list[Column]) -> bool:
    own = {column.name for column in columns if column.expression is None}
    return key.enabled and key.validated and set(key.columns) <= own


def _find(
    session: Session, plan: TablePlan, columns: list[Column], scn: int, examples: int
) -> Duplicates:
    # A key with a NULL in it is no duplicate for PostgreSQL.
    listed = ", ".join(column_sql(column) for column in columns)
    present = " AND ".join(f"{column_sql(column)} IS NOT NULL" for column in columns)
    where = f" WHERE {present}" + (f" AND {where_sql(plan.where)}" if plan.where else "")
    source, binds = from_clause(plan.source), scn_binds(plan.source, scn)
    rowid = f"MAX({ROWID})" if plan.source.has_rowids else "NULL"
    groups = (
        f"SELECT COUNT(*) AS n, {rowid} AS example FROM {source}{where} "
        f"GROUP BY {listed} HAVING COUNT(*) > 1"
    )
    with translated(f"looking for repeated keys in {plan.source.ref}"):
        total = session.query(f"SELECT NVL(SUM(g.n - 1), 0) FROM ({groups}) g", **binds)
        rows = int(total[0][0])
        rowids = []
        if rows and examples and plan.source.has_rowids:
            rowids = session.query(
                f"SELECT g.example FROM ({groups}) g WHERE ROWNUM <= :most", **binds, most=examples
            )
    return Duplicates(
        tuple(column.name for column in columns), rows, tuple(str(row[0]) for row in rowids)
    )
