"""Rows that replace those with the same key, and are added where there are none.

A chunk is copied into a table of its transaction and merged from there. Every row it holds is
written anew, also when nothing of it differs: its xmin then names the chunk's transaction, by
which verification reads it back. Rows of the target that the source lacks stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import psycopg
import pyarrow as pa

from oraferry.errors import CopyRejected
from oraferry.model import TablePlan
from oraferry.postgres.session import quote, quote_table, sql_text

STAGE = "pg_temp.oraferry_upsert"
Copy = Callable[[psycopg.Connection[Any], TablePlan, Iterable[pa.RecordBatch], str], int]


def copy(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    batches: Iterable[pa.RecordBatch],
    copy_into: Copy,
) -> int:
    """
    Merge *batches* into the target; inside the chunk's transaction.

    CopyRejected when two rows of the chunk have the same key: which one should win?
    """
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    names = ", ".join(quote(c.target.name) for c in plan.columns)
    # AS SELECT takes over names and types only: defaults and NOT NULL are the target's business.
    connection.execute(
        f"CREATE TEMP TABLE oraferry_upsert ON COMMIT DROP AS SELECT {names} FROM {table} "
        "WITH NO DATA"
    )
    sent = copy_into(connection, plan, batches, STAGE)
    _refuse_null_keys(connection, plan, table)
    try:
        merged = connection.execute(merge_sql(plan)).rowcount
    except psycopg.errors.CardinalityViolation as error:
        raise CopyRejected(
            f"loading {plan.target.ref}: two rows of the source have the same key "
            f"({', '.join(plan.key)})",
            hint="give a key that is unique in the source, or narrow the rows with where",
        ) from error
    # Here and not only at the end: rows are probed under savepoints, several times.
    connection.execute(f"DROP TABLE {STAGE}")
    if merged != sent:
        raise CopyRejected(
            f"loading {plan.target.ref}: {sent} rows were sent, {merged} were merged",
            hint="look for triggers or rules on the target table",
            context={"code": "suppressed", "reason": "a trigger left the row out"},
        )
    return sent


def _refuse_null_keys(connection: psycopg.Connection[Any], plan: TablePlan, table: str) -> None:
    """Such a row meets no other: each upsert would add it once more."""
    may_be_null = {c.target.name for c in plan.columns if c.target.nullable} & set(plan.key)
    if not may_be_null:
        return
    is_null = " OR ".join(f"{quote(name)} IS NULL" for name in sorted(may_be_null))
    row = connection.execute(f"SELECT count(*) FROM {STAGE} WHERE {is_null}").fetchone()
    assert row
    if not row[0]:
        return
    binds = {"table": table, "key": sorted(plan.key)}
    equal = connection.execute(sql_text("equal_nulls"), binds).fetchone()
    if equal is None or not equal[0]:
        raise CopyRejected(
            f"loading {plan.target.ref}: {row[0]} rows have NULL in the key "
            f"({', '.join(plan.key)})",
            hint="give a key without NULLs, or make the unique constraint NULLS NOT DISTINCT",
            context={"code": "null-key", "reason": "NULL in the key names no row to replace"},
        )


def merge_sql(plan: TablePlan) -> str:
    """INSERT … ON CONFLICT from the chunk's own table."""
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    names = [quote(c.target.name) for c in plan.columns]
    key = [quote(name) for name in plan.key]
    changed = [quote(name) for name in list_changed(plan)]
    listed = ", ".join(names)
    return (
        f"INSERT INTO {table} ({listed}) OVERRIDING SYSTEM VALUE "
        f"SELECT {listed} FROM {STAGE} "
        f"ON CONFLICT ({', '.join(key)}) "
        f"DO UPDATE SET {', '.join(f'{name} = EXCLUDED.{name}' for name in changed)}"
    )


def list_changed(plan: TablePlan) -> list[str]:
    """The columns that are set in a row that is there."""
    others = [c.target.name for c in plan.columns if c.target.name not in plan.key]
    # A key alone is set to itself: the row must be written for its xmin to be ours.
    return others or list(plan.key[:1])
