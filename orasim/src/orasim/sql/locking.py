"""SELECT … FOR UPDATE: locks on the rows that the query finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql.sources import TableSource
from orasim.storage.rowid import parse_rowid

if TYPE_CHECKING:
    from orasim.sql.context import Context
    from orasim.sql.result import Plan


def lock_rows(plan: Plan, tree: exp.Expression, context: Context) -> None:
    """Lock every row of the query's tables; ORA-00054 with NOWAIT."""
    (lock,) = tree.args["locks"]
    wait = lock.args.get("wait")
    if not lock.args.get("update") or wait is False:
        raise not_supported("FOR UPDATE SKIP LOCKED")
    if plan.raw_rows is None or plan.scope is None:
        raise OracleError(2014, "cannot select FOR UPDATE from view with DISTINCT, GROUP BY, etc.")
    session, scope = context.session, plan.scope
    tables: list[tuple[int, Any]] = []
    for number, relation in enumerate(scope.relations):
        if not isinstance(relation.source, TableSource):
            raise not_supported("FOR UPDATE of a view")
        session.require_change(relation.source.table.schema, relation.source.table.name, "UPDATE")
        relation.used.add(relation.source.rowid_at)
        segments = {s.data_object_id: s for s in relation.source.segments()}
        tables.append((scope.offsets[number] + relation.source.rowid_at, segments))
    session.transaction.holds_locks = True
    waited = True
    while waited:
        waited = False
        for row in plan.raw_rows():
            for place, segments in tables:
                if row[place] is None:
                    continue
                rowid = parse_rowid(row[place])
                segment = segments[rowid.object_id]
                ordinal = segment.ordinal(rowid)
                waited |= not session.storage.lock_row(
                    segment, ordinal, session.transaction, wait=wait is not True
                )
        if waited:
            context.states.clear()
            context.execution += 1
