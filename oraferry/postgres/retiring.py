"""Chunks whose rows are not wanted any more: they leave, and nobody brings them in again.

A frozen worker may still hold a chunk that others hold the rows of by now. Therefore the
ledger keeps the number, marked as replaced, in the same transaction that removes the rows:
whoever comes later with the old claim finds it (copier.enter_ledger).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from oraferry.errors import TargetError
from oraferry.model import TablePlan
from oraferry.postgres.session import quote_table, sql_text, translated


def retire_chunks(
    connection: psycopg.Connection[Any], plan: TablePlan, job_id: str, numbers: Sequence[int]
) -> int:
    """
    Remove the rows of the chunks *numbers* exactly, in one transaction; how many rows.

    Rows are known by the transaction that wrote them. TargetError when not all are there
    as they were written: what others changed since cannot be told from what is theirs.
    """
    if not numbers:
        return 0
    binds = {"job_id": job_id, "table_number": plan.number, "numbers": list(numbers)}
    with translated(f"removing rows from {plan.target.ref}"):
        connection.execute(sql_text("end_replaced_sessions"), binds)
        with connection.transaction():
            # Waits for transactions that hold one of the numbers, and keeps later ones out.
            connection.execute(sql_text("claim_numbers"), binds)
            found = connection.execute(sql_text("replace_in_ledger"), binds).fetchall()
            connection.execute(sql_text("forget_rejects"), binds)
            loaded = [(xid, rows) for xid, rows in found if rows]
            # Rows that an upsert changed were there before: new ones are put over them.
            if not loaded or plan.mode == "upsert":
                return 0
            return _remove(connection, plan, loaded)


def _remove(
    connection: psycopg.Connection[Any], plan: TablePlan, loaded: list[tuple[int, int]]
) -> int:
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    written = [xid for xid, _ in loaded]
    wanted = sum(rows for _, rows in loaded)
    ours = "xmin::text::bigint = ANY(%s)"
    row = connection.execute(
        f"SELECT count(*) FILTER (WHERE {ours}), count(*) FILTER (WHERE NOT {ours}) FROM {table}",
        [written, written],
    ).fetchone()
    assert row
    if row[0] != wanted:
        raise TargetError(
            f"{plan.target.ref}: {wanted} rows of older chunks should be there, {row[0]} are",
            hint="rows were changed by others meanwhile; start a new job with mode truncate",
            context={"expected": wanted, "found": row[0]},
        )
    if plan.created and not row[1]:
        connection.execute(f"TRUNCATE {table}")  # leaves no dead rows behind
    else:
        connection.execute(f"DELETE FROM {table} WHERE {ours}", [written])
    return wanted
