"""A digest of rows that Oracle computes itself: STANDARD_HASH, since 12.1."""

from __future__ import annotations

from oraferry.canonical.inside import find_inside, make_digest, row_text
from oraferry.model import Chunk, Digest, TablePlan
from oraferry.oracle.clauses import column_sql, from_clause, scn_binds
from oraferry.oracle.reader import conditions
from oraferry.oracle.session import Session, translated

# Two numbers of 48 bits each: their sums over any table stay exact in a NUMBER.
_SUMS = ", ".join(
    f"NVL(SUM(TO_NUMBER(SUBSTR(h, {first}, 12), 'XXXXXXXXXXXX')), 0)" for first in (1, 13)
)


def digest_inside(
    session: Session, plan: TablePlan, chunk: Chunk, scn: int, charset: str
) -> Digest:
    """Of the plan's columns, all of which have an expression to be hashed by."""
    items = []
    for column in plan.columns:
        found = find_inside(column, charset)
        assert found is not None
        quoted = column_sql(column.source)
        # The hash of NULL is that of nothing, which is a value elsewhere.
        hashed = _hex(found[0].replace("{c}", quoted))
        items.append(f"CASE WHEN {quoted} IS NULL THEN '-' ELSE {hashed} END")
    source = from_clause(plan.source, chunk.partition)
    rows, high, low = 0, 0, 0
    with translated(f"hashing {plan.source.ref} ({chunk})"):
        for condition, binds in conditions(plan, chunk):
            statement = (
                f"SELECT COUNT(*), {_SUMS} FROM "
                f"(SELECT {_hex(row_text(items, _hex))} AS h FROM {source}{condition})"
            )
            found_sums = session.query(statement, **binds, **scn_binds(plan.source, scn))[0]
            more, left, right = (int(number) for number in found_sums)
            rows, high, low = rows + more, high + left, low + right
    return make_digest(rows, high, low)


def _hex(text: str) -> str:
    return f"RAWTOHEX(STANDARD_HASH({text}, 'MD5'))"
