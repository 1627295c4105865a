"""A correct load of random data of every type has no difference, by any method, and one has one.

``make properties`` loads more rows, more often (ORAFERRY_VERIFY_ROWS, ORAFERRY_VERIFY_ROUNDS);
every round has a seed of its own, drawn from ORAFERRY_PROPERTY_SEED.
"""

from __future__ import annotations

import os

import numpy as np
import psycopg
import pyarrow as pa
import pytest

from oraferry.migration.verify import DataVerificationRequest, verify_data
from oraferry.verify.data.methods import METHODS
from tests.properties import values as v
from tests.properties.test_values import MOMENTS, NUMBERS, SEED, TEXTS, WRITTEN

# Pulls in the yard of the scenarios: a job is what loads.
from tests.scenarios.conftest import make_yard  # noqa: F401

ROUNDS = int(os.environ.get("ORAFERRY_VERIFY_ROUNDS", "1"))
ROWS = int(os.environ.get("ORAFERRY_VERIFY_ROWS", "6000"))  # of all families together
DRAWN = 50_000  # values of a column, which are then dealt to rows
FAMILIES = {"NUMBERS": NUMBERS, "TEXTS": TEXTS, "MOMENTS": MOMENTS}
WRITTEN_ROWS = 300


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_correct_load_has_no_difference_and_one_change_is_one(simulator, make_yard, number):  # noqa: F811
    """
    Given random rows of every type that a job loaded, when both sides are compared by every
    method, then nothing differs; and after one value was changed, its row does and no other.
    """
    rng = np.random.default_rng([SEED, number])
    policies = [p for name in FAMILIES for p in fill_table(simulator, rng, name, ROWS // 3)]
    write_table(simulator, rng)
    yard = make_yard(chunk_rows=max(ROWS // 12, 100))
    job = yard.move(*FAMILIES, "WRITTEN", policies=policies, max_bad_rows=0)
    assert job.verified, job.error
    request = DataVerificationRequest(job=job.id, methods=list(METHODS))

    report = verify_data(request, yard.services)

    assert report.agrees, (SEED, number, [(t.source, t.findings, t.rows) for t in report.tables])
    assert all(seen.agrees for table in report.tables for seen in table.outcomes)
    table, column, row = _change(yard, rng)
    for outcome in verify_data(request, yard.services).tables:
        if outcome.source.name != table:
            assert outcome.agrees
            continue
        (found,) = outcome.rows
        told = (found.fault, [value.column for value in found.values])
        assert ("changed", [column]) == told, (SEED, number, row)
        by_ctid = f'SELECT "#" FROM {found.part} WHERE ctid = %s'
        with psycopg.connect(yard.target_dsn) as connection:
            assert (row,) == connection.execute(by_ctid, [found.ctid]).fetchone()


def fill_table(oracle, rng, table, rows):
    """A table of the family's types; the policies that its columns need."""
    makers = FAMILIES[table]
    drawn = {
        n.upper(): v.with_nulls(rng, make(rng, min(rows, DRAWN))) for n, make in makers.items()
    }
    types = ", ".join(f'"{name}" {made.type}' for name, made in drawn.items())
    oracle.run(f'CREATE TABLE {table} ("#" NUMBER(9), {types})')
    step = 250_000
    for start in range(0, rows, step):
        ids = np.arange(start, min(start + step, rows))
        dealt = {
            name: made.array.take(pa.array(rng.integers(0, len(made.array), len(ids))))
            for name, made in drawn.items()
        }
        oracle.bulk_load(table, {"#": ids} | dealt)
    return [
        {"column": f"{table}.{name}", "to": made.policy}
        for name, made in drawn.items()
        if made.policy
    ]


def write_table(oracle, rng):
    """A table of what only SQL can give Oracle: old labels, zones, intervals."""
    made = {name.upper(): make(rng, WRITTEN_ROWS) for name, make in WRITTEN.items()}
    texts = ", ".join(f'"{name}" VARCHAR2(80)' for name in made)
    types = ", ".join(f'"{name}" {values.type}' for name, (_, values) in made.items())
    oracle.run(
        f'CREATE TABLE said ("#" NUMBER(9), {texts})',
        f'CREATE TABLE written ("#" NUMBER(9), {types})',
    )
    arrays = {name: values.array for name, (_, values) in made.items()}
    oracle.bulk_load("SAID", {"#": np.arange(WRITTEN_ROWS)} | arrays)
    taken = ", ".join(sql.replace("{c}", f'"{name}"') for name, (sql, _) in made.items())
    oracle.run(f'INSERT INTO written SELECT "#", {taken} FROM said', "DROP TABLE said PURGE")


def _change(yard, rng):
    """Gives a value of a random column to a row that has another one; which it was."""
    table = v.pick([*FAMILIES, "WRITTEN"], rng, 1)[0]
    columns = [name.upper() for name in FAMILIES.get(table, WRITTEN)]
    column = v.pick(columns, rng, 1)[0]
    name, quoted = f"{yard.schema.lower()}.{table.lower()}", f'"{column.lower()}"'
    with psycopg.connect(yard.target_dsn) as connection:
        found = connection.execute(
            f'UPDATE {name} SET {quoted} = o.value FROM (SELECT a."#" AS id, b.{quoted} AS value '
            f"FROM {name} a, {name} b WHERE a.{quoted} <> b.{quoted} LIMIT 1) o "
            f'WHERE "#" = o.id RETURNING "#"'
        ).fetchone()
    return table, column, found[0]
