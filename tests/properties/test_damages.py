"""Ten thousand random damages, one value each, in random rows of every type.

Each must move its row's hash: the drill-down names exactly the rows and columns that were
damaged, without any key. ORAFERRY_PROPERTY_SEED draws others.
"""

from __future__ import annotations

import numpy as np
import psycopg
import pytest

from oraferry.migration.verify import DataVerificationRequest, verify_data
from tests.fix_moving import open_alone
from tests.properties.served import FAMILIES, fill_table, write_table
from tests.properties.test_values import SEED

ROWS = 3_900  # per family; every one of them is damaged

# By stored type: another value, from {c}, a random share {r} and a random bit or place {n}.
_DIGIT = (
    "overlay({c}::text placing (({n} % 10)::text) from ({r} * length({c}::text))::int + 1 for 1)"
)
_TEXT = (
    "CASE {n} % 5 WHEN 0 THEN {c} || ' ' WHEN 1 THEN left({c}::text, -1) "
    "WHEN 2 THEN overlay({c}::text placing chr(33 + {n}) from ({r} * length({c}::text))::int + 1 for 1) "
    "WHEN 3 THEN upper({c}::text) ELSE reverse({c}::text) END"
)
_BITS = "set_bit({b}, ({r} * (8 * length({b}) - 1))::int, 1 - get_bit({b}, ({r} * (8 * length({b}) - 1))::int))"
_FLOAT = (
    "CASE WHEN {n} % 4 = 0 THEN - {c} WHEN {n} % 4 = 1 THEN 'NaN' WHEN {c} = 0 THEN '-0' "
    "WHEN abs({c}) BETWEEN 1e-30 AND 1e30 THEN {c} * (1 + {eps}) ELSE 0.5 END"
)
_MOMENT = "{c} + (1 + {n}) * interval '1 microsecond' * power(10, ({r} * 12)::int)"
MUTATIONS = {
    "smallint": "({c}::int # (1 << {n} % 14))::smallint",
    "integer": "{c} # (1 << {n} % 29)",
    "bigint": "{c} # (1::bigint << {n} % 59)",
    "numeric": f"CASE WHEN substr({{c}}::text, ({{r}} * length({{c}}::text))::int + 1, 1) ~ '[1-9]' THEN ({_DIGIT})::numeric ELSE - {{c}} END",
    "real": f"({_FLOAT.replace('{eps}', '1.2e-7::float8')})::real",
    "double precision": _FLOAT.replace("{eps}", "2.3e-16::float8"),
    "text": _TEXT,
    "character varying": _TEXT,
    "character": _TEXT,
    "bytea": f"CASE WHEN length({{c}}) > 0 THEN {_BITS.replace('{b}', '{c}')} ELSE '\\x00' END",
    "uuid": f"encode({_BITS.replace('{b}', 'uuid_send({c})')}, 'hex')::uuid",
    "timestamp without time zone": _MOMENT,
    "timestamp with time zone": _MOMENT,
    "date": "{c} + 1 + {n}",
    "interval": "CASE {n} % 4 WHEN 0 THEN {c} + interval '1 microsecond' WHEN 1 THEN {c} + interval '1 day' - interval '24 hours' WHEN 2 THEN {c} - interval '1 month' + interval '30 days' ELSE {c} - interval '1 second' END",
}
# Another form of the same value is no damage.
DIFFERS = {
    "numeric": "{c} IS DISTINCT FROM o.{c}",
    "real": "{c} IS DISTINCT FROM o.{c} OR {c}::text <> o.{c}::text",
    "double precision": "{c} IS DISTINCT FROM o.{c} OR {c}::text <> o.{c}::text",
    "interval": "record_image_ne(ROW(justify_hours({c})), ROW(justify_hours(o.{c})))",
}


@pytest.mark.timeout(600)
def test_ten_thousand_damages_are_found_each(simulator, move, postgres_dsn):
    """
    Given rows of every type, when one value of nearly every row is another one, then the
    checksums differ, and each row and column is named that was damaged, and no other.
    """
    rng = np.random.default_rng([SEED, 10_000])
    policies = {name: fill_table(simulator, rng, name, ROWS) for name in FAMILIES}
    policies["WRITTEN"] = []
    write_table(simulator, rng)
    damaged = set()
    for table, wishes in policies.items():
        moved = move(table, *wishes)
        assert moved.verdict.is_verified
        damaged |= {(table, *found) for found in _damage(moved, rng)}
    assert len(damaged) >= 10_000

    request = DataVerificationRequest(
        tables=[f"{simulator.schema}.{table}" for table in policies],
        policies=[wish for wishes in policies.values() for wish in wishes],
        all_rows=True,
    )
    with open_alone(simulator, postgres_dsn) as services:
        tables = verify_data(request, services).tables

    assert damaged == {found for outcome in tables for found in _list_found(outcome, postgres_dsn)}
    assert all(outcome.is_complete for outcome in tables)


def _damage(moved, rng):
    """Another value in one column of each row; the rows' numbers and the columns."""
    ref = moved.plan.target.ref
    table = f'{ref.schema}."{ref.name}"'
    plans = [c for c in moved.plan.columns if c.source.name != "#"]
    with psycopg.connect(moved.dsn) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute(f"CREATE TEMP TABLE o ON COMMIT DROP AS TABLE {table}")
        rows = connection.execute("SELECT count(*) FROM o").fetchone()[0]
        picks = rng.integers(0, len(plans), rows)
        for place, plan in enumerate(plans):
            numbers = np.flatnonzero(picks == place).tolist()
            yield from (
                (number, plan.source.name)
                for number in _mutate(connection, table, plan, moved, numbers, rng)
            )


def _mutate(connection, table, plan, moved, numbers, rng):
    """The numbers of those rows whose value is another one now."""
    quoted, type = f'"{plan.target.name}"', plan.target.type.name
    values = {"{c}": f"t.{quoted}", "{r}": "p.r", "{n}": "p.n"}
    mutated, differs = MUTATIONS[type], DIFFERS.get(type, "record_image_ne(ROW({c}), ROW(o.{c}))")
    mutated = mutated.replace("%", "%%")
    for name, value in values.items():
        mutated = mutated.replace(name, value)
    differs = differs.replace("o.{c}", f"o.{quoted}").replace("{c}", f"t.{quoted}")
    found = connection.execute(
        f"UPDATE {table} t SET {quoted} = ({mutated})::{moved.types[plan.target.name]} FROM unnest("
        f'%s::int[], %s::float8[], %s::int[]) AS p (k, r, n) WHERE t."#" = p.k '
        f'AND t.{quoted} IS NOT NULL RETURNING t."#"',
        [numbers, rng.random(len(numbers)).tolist(), rng.integers(0, 64, len(numbers)).tolist()],
    ).fetchall()
    changed = connection.execute(
        f'SELECT t."#" FROM {table} t JOIN o ON o."#" = t."#" '
        f'WHERE t."#" = ANY (%s) AND ({differs})',
        [[number for (number,) in found]],
    )
    return [number for (number,) in changed.fetchall()]


def _list_found(outcome, dsn):
    """Table, number of the row and column of each value that was found to differ."""
    with psycopg.connect(dsn) as connection:
        numbers = dict(
            connection.execute(
                f'SELECT ctid::text, "#" FROM {outcome.target.schema}."{outcome.target.name}"'
            ).fetchall()
        )
    for row in outcome.rows:
        for value in row.values or [None]:
            yield outcome.source.name, numbers.get(row.ctid), value and value.column
