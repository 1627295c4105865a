"""A chunk with bad rows into PostgreSQL: find those that it refuses, load the others.

The rows that go in must carry the transaction's own id (readback.py knows them by it), so
they cannot be loaded under savepoints. Therefore twice: all batches under savepoints, cut in
pieces until each refused row stands alone, and all of that rolled back; then one COPY of
the rest.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pyarrow as pa

from oraferry.errors import CopyRejected
from oraferry.model import BadRowLimits, Refusal, TablePlan, Task
from oraferry.ports import CarefulRows, LedgerEntry
from oraferry.postgres.copier import (
    begin_chunk,
    complete_ledger,
    copy_rows,
    enter_ledger,
    read_entry,
)
from oraferry.postgres.quarantine import check_limits, store_rejects
from oraferry.postgres.session import translated

_NO_PARENT = "23503"
Load = Callable[[pa.RecordBatch], object]
_Orphan = tuple[pa.RecordBatch, Callable[[], None]]


class _Undo(Exception):
    """Ends a savepoint's block whose work is not wanted."""


def copy_chunk_carefully(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    task: Task,
    rows: CarefulRows,
    limits: BadRowLimits,
    *,
    probes: bool,
) -> LedgerEntry:
    """Load what can be loaded, set the rest aside, and record both, in one transaction."""
    with translated(f"loading {plan.target.ref}"):
        begin_chunk(connection, plan, task)
        with connection.transaction():
            if enter_ledger(connection, plan, task):
                entry = _load(connection, plan, task, rows, limits, probes)
            else:
                entry = read_entry(connection, task)
    return entry


def _load(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    task: Task,
    rows: CarefulRows,
    limits: BadRowLimits,
    probes: bool,
) -> LedgerEntry:
    # What a deferred constraint would refuse at COMMIT must name its row now.
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    if probes:
        probe(connection, plan, rows)
    sent = copy_rows(connection, plan, rows.accepted())
    rejects = rows.rejects()
    if rejects:
        store_rejects(connection, plan, task, rejects)
        check_limits(connection, plan, task, rejects, limits)
    return complete_ledger(connection, plan, task, sent, rows.summary(), len(rejects))


def probe(connection: psycopg.Connection[Any], plan: TablePlan, rows: CarefulRows) -> None:
    """Tell *rows* which of them PostgreSQL refuses; leaves nothing behind."""
    try:
        with connection.transaction():
            orphans: list[_Orphan] = []
            for batch in rows.probe():
                for row, refusal in find_refused(connection, plan, batch):
                    is_orphan = refusal.code == _NO_PARENT
                    take_back = rows.refuse(row, refusal, may_return=is_orphan)
                    if is_orphan:
                        orphans.append((batch.take([row]), take_back))
            _find_parents(connection, plan, orphans)
            raise _Undo
    except _Undo:
        pass


def _find_parents(
    connection: psycopg.Connection[Any], plan: TablePlan, orphans: list[_Orphan]
) -> None:
    """
    Rows whose parent is in the same table and came later are no bad rows.

    All at once, for foreign keys are checked after the last row of a COPY; and again as long
    as that brings some in, whose own children may wait.
    """
    while orphans:
        table = pa.Table.from_batches([row for row, _ in orphans]).combine_chunks()
        refused = {row for row, _ in find_refused(connection, plan, table.to_batches()[0])}
        for place, (_, take_back) in enumerate(orphans):
            if place not in refused:
                take_back()
        if len(refused) == len(orphans):
            return
        orphans = [orphan for place, orphan in enumerate(orphans) if place in refused]


def find_refused(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    batch: pa.RecordBatch,
    load: Load | None = None,
) -> Iterator[tuple[int, Refusal]]:
    """
    The rows of *batch* that cannot be loaded after those before them; the others are in.

    *load* puts rows in; None: into the plan's table.

    A piece that is refused is cut where PostgreSQL points, else in the middle: its finger is
    a guess to be tried, since triggers and foreign keys are checked after the rows.
    """
    load = load or (lambda piece: copy_rows(connection, plan, [piece]))
    waiting = [(0, batch.num_rows)]
    while waiting:
        low, high = waiting.pop()
        refusal = _try(connection, plan, batch.slice(low, high - low), load)
        if refusal is None:
            continue
        if high - low == 1:
            yield low, refusal
            continue
        cuts = sorted({low, *_cuts(low, high, refusal.line), high})
        waiting += reversed(list(itertools.pairwise(cuts)))


def _cuts(low: int, high: int, line: int | None) -> set[int]:
    if line is None or not 0 <= line < high - low:
        return {(low + high) // 2}
    return {low + line, low + line + 1}


def _try(
    connection: psycopg.Connection[Any], plan: TablePlan, piece: pa.RecordBatch, load: Load
) -> Refusal | None:
    """Load *piece* under a savepoint; why not, and then none of it is in."""
    try:
        with translated(f"loading {plan.target.ref}"), connection.transaction():
            load(piece)
    except CopyRejected as error:
        return _refusal(plan, error)
    return None


def _refusal(plan: TablePlan, error: CopyRejected) -> Refusal:
    found = error.context
    names = {c.target.name: c.source.name for c in plan.columns}
    row = found.get("row")
    return Refusal(
        code=str(found.get("sqlstate") or found.get("code") or error.code),
        reason=str(found.get("reason") or error.message),
        column=names.get(str(found.get("column"))),
        line=int(row) - 1 if row else found.get("batch_row"),
    )
