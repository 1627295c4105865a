"""Random values of every type leave Oracle and are equal in PostgreSQL.

A million values and more per run, with a fixed seed; ``make properties`` draws a new seed and
more rows (ORAFERRY_PROPERTY_SEED, ORAFERRY_PROPERTY_SCALE).
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import psycopg
import pytest

from tests.properties import values as v
from tests.properties import written as w

SEED = int(os.environ.get("ORAFERRY_PROPERTY_SEED", "15821015"))
SCALE = float(os.environ.get("ORAFERRY_PROPERTY_SCALE", "1"))

Maker = Callable[[np.random.Generator, int], v.Values]

NUMBERS: dict[str, Maker] = {
    "n4": v.integers(4),
    "n9": v.integers(9),
    "n18": v.integers(18),
    "n19": v.integers(19),
    "n38": v.integers(38),
    "n12_2": v.decimals(12, 2),
    "n38_20": v.decimals(38, 20),
    "n3_5": v.decimals(3, 5),
    "hundreds": v.hundreds,
    "bare": v.free("NUMBER", 40),
    "float": v.free("FLOAT(126)", 37),
    "text": v.integers(18, "text"),
    "binary_float": v.floats(32),
    "binary_double": v.floats(64),
}
TEXTS: dict[str, Maker] = {
    "varchar": v.texts("VARCHAR2(40 CHAR)", 40),
    "wide": v.texts("VARCHAR2(1000 CHAR)", 1000),
    "nvarchar": v.texts("NVARCHAR2(80)", 40),
    "char": v.padded("CHAR(12 CHAR)", 12),
    "raw": v.raws("RAW(40)", (0, 40)),
    "uuid": v.raws("RAW(16)", (16, 16), policy="uuid"),
    "clob": v.texts("CLOB", 500, is_lob=True),
    "nclob": v.texts("NCLOB", 100, is_lob=True),
    "blob": v.raws("BLOB", (0, 300), is_lob=True),
}
MOMENTS: dict[str, Maker] = {
    "date": v.moments("DATE", 0),
    "day": v.days,
    "t0": v.moments("TIMESTAMP(0)", 0),
    "t3": v.moments("TIMESTAMP(3)", 3),
    "t6": v.moments("TIMESTAMP(6)", 6),
    "t9": v.moments("TIMESTAMP(9)", 9),
    "z6": v.moments("TIMESTAMP(6) WITH TIME ZONE", 6),
    "l6": v.moments("TIMESTAMP(6) WITH LOCAL TIME ZONE", 6),
    "l9": v.moments("TIMESTAMP(9) WITH LOCAL TIME ZONE", 9),
}
FAMILIES = {"numbers": (NUMBERS, 30_000), "texts": (TEXTS, 32_000), "moments": (MOMENTS, 33_000)}
WRITTEN = {
    "old": w.old_dates,
    "zoned": w.zoned,
    "days": w.day_intervals,
    "years": w.year_intervals,
}
WRITTEN_ROWS = 1_500


def test_a_run_is_a_million_values():
    """
    What the families draw, NULLs among them.
    """
    drawn = sum(len(makers) * rows for makers, rows in FAMILIES.values())

    assert drawn + len(WRITTEN) * WRITTEN_ROWS >= 1_000_000


@pytest.mark.parametrize("family", FAMILIES)
def test_random_values_arrive_equal(simulator, move, family):
    """
    Bulk data of a family through the real driver and COPY: equal value by value, verified too.
    """
    makers, rows = FAMILIES[family]
    rng = np.random.default_rng([SEED, *family.encode()])
    rows = int(rows * SCALE)
    columns = {name: v.with_nulls(rng, make(rng, rows)) for name, make in makers.items()}
    types = ", ".join(f'"{name.upper()}" {made.type}' for name, made in columns.items())
    simulator.run(f'CREATE TABLE t ("#" NUMBER(9), {types})')
    simulator.bulk_load(
        "T",
        {"#": np.arange(rows)} | {name.upper(): made.array for name, made in columns.items()},
    )

    moved = move("T", *_policies(columns))

    _compare(moved, simulator.schema.lower(), columns)


def test_random_values_that_sql_writes_arrive_equal(oracle, move):
    """
    Old labels, zones with offsets and regions, intervals: equal value by value, verified too.
    """
    rng = np.random.default_rng([SEED, 4])
    rows = int(WRITTEN_ROWS * min(SCALE, 10))
    made = {name: make(rng, rows) for name, make in WRITTEN.items()}
    texts = ", ".join(f'"{name.upper()}" VARCHAR2(80)' for name in made)
    types = ", ".join(f'"{name.upper()}" {values.type}' for name, (_, values) in made.items())
    oracle.run(
        f'CREATE TABLE said ("#" NUMBER(9), {texts})', f'CREATE TABLE t ("#" NUMBER(9), {types})'
    )
    oracle.bulk_load(
        "SAID",
        {"#": np.arange(rows)} | {name.upper(): values.array for name, (_, values) in made.items()},
    )
    taken = ", ".join(sql.replace("{c}", f'"{name.upper()}"') for name, (sql, _) in made.items())
    oracle.run(f'INSERT INTO t SELECT "#", {taken} FROM said')

    moved = move("T")

    _compare(moved, oracle.schema.lower(), {name: values for name, (_, values) in made.items()})


def _policies(columns):
    return [
        {"column": f"T.{name.upper()}", "to": made.policy}
        for name, made in columns.items()
        if made.policy
    ]


def _compare(moved, schema, columns):
    items = [made.select.replace("{c}", f'"{name}"') for name, made in columns.items()]
    with psycopg.connect(moved.dsn) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        found = connection.execute(
            f'SELECT {", ".join(items)} FROM {schema}.t ORDER BY "#"'
        ).fetchall()
    for (name, made), arrived in zip(columns.items(), zip(*found, strict=True), strict=True):
        if made.shown != list(arrived):
            row = next(
                i for i, (a, b) in enumerate(zip(made.shown, arrived, strict=True)) if a != b
            )
            pytest.fail(f"seed {SEED}, {name}, row {row}: {made.shown[row]!r} != {arrived[row]!r}")
    assert (True, ()) == (moved.verdict.is_verified, moved.verdict.findings)
