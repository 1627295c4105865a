"""Key ranges: half-open, the first and last without an end, NULLs with the first.

Bounds are values of the column as text that Oracle turns back into its type, so that they are
exact (nanoseconds, years before Christ) and can be stored with the plan.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from oraferry.errors import RequestError
from oraferry.model import Chunk, ChunkKind, Column, Table, TablePlan
from oraferry.oracle.clauses import column_sql, from_clause, scn_binds, where_sql
from oraferry.oracle.session import Session

_DATE = "'SYYYY-MM-DD HH24:MI:SS'"
_TIMESTAMP = "'SYYYY-MM-DD HH24:MI:SS.FF9'"
# How a bound is read, and how its text becomes a value again.
_FORMS = {
    "NUMBER": ("{c}", ":{b}"),
    "DATE": (f"TO_CHAR({{c}}, {_DATE})", f"TO_DATE(:{{b}}, {_DATE})"),
    "TIMESTAMP": (f"TO_CHAR({{c}}, {_TIMESTAMP})", f"TO_TIMESTAMP(:{{b}}, {_TIMESTAMP})"),
    # Sorting is pinned to BINARY, so ranges hold what their bounds say.
    "VARCHAR2": ("{c}", ":{b}"),
    "CHAR": ("{c}", ":{b}"),
}
# What a column must give to be worth a sort: a share of the chunks that are wanted.
ENOUGH = 0.5
# A bound that a JSON document cannot hold is no bound.
_UNSAFE = re.compile("[\x00\ud800-\udfff]")


def can_be_key(column: Column) -> bool:
    """True for a plain column whose type has an order that both sides know."""
    # The bounds are stored and shown: those of a masked column would tell its values.
    plain = column.expression is None and column.generated is None and column.mask is None
    return plain and column.type.name in _FORMS


def find_key(table: Table, name: str) -> Column:
    """The column that a person wants to cut along; RequestError when it cannot be."""
    column = table.column(name)
    if not can_be_key(column):
        raise RequestError(
            f"{table.ref} cannot be cut along {name}",
            hint="a chunk's key is a stored NUMBER, DATE, TIMESTAMP, VARCHAR2 or CHAR column "
            "without mask or expression",
        )
    return column


def list_keys(table: Table) -> list[Column]:
    """Columns to try, best first: those of the primary key, then of unique keys."""
    keys = [k for k in (table.primary_key, *table.unique_keys) if k and k.enabled]
    names = dict.fromkeys(name for key in keys for name in key.columns)
    there = {column.name: column for column in table.columns}
    return [there[name] for name in names if name in there and can_be_key(there[name])]


def by_key(
    session: Session, plan: TablePlan, scn: int, rows: int, wanted: int, columns: list[Column]
) -> list[Chunk]:
    """
    Ranges of one of *columns*: the first that splits well enough, else the best of them.

    A composite key's first column may have few values; any other column serves as well, since
    ranges of whatever column hold every row once.
    """
    best: list[str] = []
    for column in columns:
        cuts = find_cuts(session, plan, scn, wanted, column)
        if len(cuts) > len(best):
            best, chosen = cuts, column
        if len(cuts) + 1 >= wanted * ENOUGH:
            break
    if not best:
        return []
    share = rows // (len(best) + 1)
    return [
        Chunk(ChunkKind.KEY, key_column=chosen.name, lower=low, upper=high, estimated_rows=share)
        for low, high in zip([None, *best], [*best, None], strict=True)
    ]


def find_cuts(
    session: Session,
    plan: TablePlan,
    scn: int,
    wanted: int,
    column: Column,
    within: Chunk | None = None,
) -> list[str]:
    """
    Bounds between even buckets of the table, or of the KEY chunk *within*: arithmetic would
    be as skewed as the values.
    """
    limits, binds = range_condition(column, within) if within else ([], {})
    name = column_sql(column)
    read = _FORMS[column.type.name][0].format(c="MIN(x.k)")
    # NULLs have no place in an order; the first range takes them.
    where = "".join(
        f"{part} AND " for part in ([where_sql(plan.where)] if plan.where else []) + limits
    )
    found = session.query(
        f"SELECT {read}, x.b FROM (SELECT {name} AS k, NTILE(:wanted) OVER (ORDER BY {name}) AS b "
        f"FROM {from_clause(plan.source)} WHERE {where}{name} IS NOT NULL) x "
        "GROUP BY x.b ORDER BY x.b",
        wanted=wanted,
        **binds,
        **scn_binds(plan.source, scn),
    )
    bounds = list(dict.fromkeys(str(low) for low, _ in found))[1:]
    return [bound for bound in bounds if not _UNSAFE.search(bound)]


def range_condition(column: Column, chunk: Chunk) -> tuple[list[str], dict[str, Any]]:
    """The conditions of a KEY chunk, and their binds."""
    name, form = column_sql(column), _FORMS[column.type.name][1]
    conditions: list[str] = []
    binds: dict[str, Any] = {}
    if chunk.lower is not None:
        conditions.append(f"{name} >= {form.format(b='lo')}")
        binds["lo"] = _bind(column, chunk.lower)
    if chunk.upper is not None:
        nulls = f" OR {name} IS NULL" if chunk.lower is None else ""
        conditions.append(f"({name} < {form.format(b='hi')}{nulls})")
        binds["hi"] = _bind(column, chunk.upper)
    return conditions, binds


def _bind(column: Column, text: str) -> Any:
    return Decimal(text) if column.type.name == "NUMBER" else text
