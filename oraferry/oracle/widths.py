"""How wide a table's rows are, before it is cut: what LOBs take is looked at in a few places."""

from __future__ import annotations

from collections.abc import Sequence

import oracledb

from oraferry.model import Chunk, TablePlan
from oraferry.oracle.clauses import and_also, column_sql, from_clause, scn_binds
from oraferry.oracle.large import list_lobs
from oraferry.oracle.reader import conditions
from oraferry.oracle.session import Session

PLACES, ROWS_OF_A_PLACE = 8, 128


def sample_lobs(session: Session, plan: TablePlan, scn: int, chunks: Sequence[Chunk]) -> int | None:
    """
    Bytes that the LOBs of a row take on average, by the first rows of some of *chunks*, which
    lie all over the table; None where nothing is known.

    A segment's size would also count what is free in it, and statistics know no LOB's length.
    """
    lobs = list_lobs(plan)
    if not lobs:
        return None
    # A character counts as one byte: what most texts take, and only work is divided by it.
    total = " + ".join(f"NVL(DBMS_LOB.GETLENGTH({column_sql(lob.source)}), 0)" for lob in lobs)
    step = -(-len(chunks) // PLACES)
    try:
        found = [_sample(session, plan, scn, chunk, total) for chunk in chunks[::step]]
    except oracledb.DatabaseError as error:
        if getattr(error.args[0], "isrecoverable", False):
            raise
        return None
    rows = sum(count for count, _ in found)
    return sum(size for _, size in found) // rows if rows else None


def _sample(
    session: Session, plan: TablePlan, scn: int, chunk: Chunk, total: str
) -> tuple[int, int]:
    """Rows and their bytes at the start of *chunk*."""
    condition, binds = next(conditions(plan, chunk))
    few = and_also(condition, f"ROWNUM <= {ROWS_OF_A_PLACE}")
    rows = f"SELECT {total} AS x0 FROM {from_clause(plan.source, chunk.partition)}{few}"
    statement = f"SELECT COUNT(*), NVL(SUM(x0), 0) FROM ({rows})"
    count, size = session.query(statement, **binds, **scn_binds(plan.source, scn))[0]
    return int(count), int(size)
