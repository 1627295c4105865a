"""A digest of rows that PostgreSQL computes itself of texts, as Oracle can compute it too."""

from __future__ import annotations

from typing import Any

import psycopg

from oraferry.canonical.inside import find_inside, make_digest, row_text
from oraferry.model import Digest, TablePlan
from oraferry.postgres.session import quote, quote_table, translated


def digest_inside(connection: psycopg.Connection[Any], plan: TablePlan, charset: str) -> Digest:
    """Of the plan's columns, all of which have an expression to be hashed by."""
    items = []
    for column in plan.columns:
        found = find_inside(column, charset)
        assert found is not None
        quoted = quote(column.target.name)
        hashed = _hex(found[1].replace("{c}", quoted))
        items.append(f"CASE WHEN {quoted} IS NULL THEN '-' ELSE {hashed} END")
    sums = ", ".join(
        f"COALESCE(sum(('x' || substr(h, {first}, 12))::bit(48)::bigint), 0)" for first in (1, 13)
    )
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    statement = (
        f"SELECT count(*), {sums} FROM (SELECT {_hex(row_text(items, _hex))} AS h "
        f"FROM {table} OFFSET 0) AS hashed"
    )
    with translated(f"hashing {plan.target.ref}"):
        row = connection.execute(statement).fetchone()
    assert row
    return make_digest(*(int(number) for number in row))


def _hex(text: str) -> str:
    # Oracle writes capitals.
    return f"upper(md5({text}))"
