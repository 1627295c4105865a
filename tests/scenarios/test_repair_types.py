"""Values of every type are repaired, whatever stands in their place."""

from __future__ import annotations

import numpy as np
import psycopg
import pytest

from tests.properties import test_values as drawn
from tests.properties import values as v
from tests.scenarios.conftest import change
from tests.scenarios.test_repair import repair
from tests.scenarios.test_verify_data import verify
from tests.scenarios.test_verify_types import OTHER, SAME, build

ROWS = 1_000


def read_shown(yard, columns):
    """The target's values by column, as the draw says that they must show."""
    items = [made.select.replace("{c}", f'"{name}"') for name, made in columns.items()]
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        found = connection.execute(
            f'SELECT {", ".join(items)} FROM {yard.schema.lower()}.t ORDER BY "#"'
        ).fetchall()
    return {name: list(got) for name, got in zip(columns, zip(*found, strict=True), strict=True)}


def draw(oracle, family):
    """A table of random values in Oracle; its columns."""
    rng = np.random.default_rng([drawn.SEED, 7, *family.encode()])
    if family != "written":
        makers, _ = drawn.FAMILIES[family]
        columns = {name: v.with_nulls(rng, make(rng, ROWS)) for name, make in makers.items()}
        types = ", ".join(f'"{name.upper()}" {made.type}' for name, made in columns.items())
        oracle.run(f'CREATE TABLE t ("#" NUMBER(9), {types})')
        arrays = {name.upper(): made.array for name, made in columns.items()}
        oracle.bulk_load("T", {"#": np.arange(ROWS)} | arrays)
        return columns
    made = {name: make(rng, ROWS) for name, make in drawn.WRITTEN.items()}
    texts = ", ".join(f'"{name.upper()}" VARCHAR2(80)' for name in made)
    types = ", ".join(f'"{name.upper()}" {values.type}' for name, (_, values) in made.items())
    taken = ", ".join(sql.replace("{c}", f'"{name.upper()}"') for name, (sql, _) in made.items())
    oracle.run(
        f'CREATE TABLE said ("#" NUMBER(9), {texts})', f'CREATE TABLE t ("#" NUMBER(9), {types})'
    )
    arrays = {name.upper(): values.array for name, (_, values) in made.items()}
    oracle.bulk_load("SAID", {"#": np.arange(ROWS)} | arrays)
    oracle.run(f'INSERT INTO t SELECT "#", {taken} FROM said')
    return {name: values for name, (_, values) in made.items()}


@pytest.mark.parametrize("family", [*drawn.FAMILIES, "written"])
def test_random_values_of_every_type_come_back(oracle, make_yard, family):
    """
    Given a keyless table with a column of every type, whose columns took other rows' values or
    NULL in some rows, and that lost and doubled rows, when it is repaired, then every value is
    what was drawn.
    """
    columns = draw(oracle, family)
    yard = make_yard(chunk_rows=400, batch_rows=150)
    yard.move("T", policies=drawn._policies(columns))
    schema = yard.schema.lower()
    change(
        yard,
        f"CREATE TABLE {schema}.other AS TABLE {schema}.t",
        *(
            f'UPDATE {schema}.t SET "{name}" = o."{name}" FROM {schema}.other o '
            f'WHERE t."#" % 50 = {place} AND o."#" = (t."#" + {place + 1}) % {ROWS}'
            for place, name in enumerate(columns)
        ),
        *(
            f'UPDATE {schema}.t SET "{name}" = NULL WHERE "#" % 100 = {99 - place}'
            for place, name in enumerate(columns)
        ),
        f'DELETE FROM {schema}.t WHERE "#" % 97 = 3',
        f'INSERT INTO {schema}.t SELECT * FROM {schema}.other WHERE "#" % 89 = 5',
    )

    outcome = repair(yard, "T")["T"]

    assert "repaired" == outcome.status, outcome.reason
    assert min(outcome.inserted, outcome.updated, outcome.deleted) > 5
    found = read_shown(yard, columns)
    assert [] == [name for name, made in columns.items() if list(made.shown) != found[name]]
    assert verify(yard, "T")["T"].agrees


def test_other_tools_types_are_repaired_or_refused_by_name(oracle, make_yard):
    """
    Given a table with every type that other tools choose, and one for each of their damages, all
    with a wrong value and a lost row, when they are repaired, then each agrees afterwards; or
    the column and the reason are named.
    """
    yard = make_yard()
    fit = {name: case for name, case in SAME.items() if name != "f_numeric"}
    cases = {"same": fit, "f_numeric": {"f_numeric": SAME["f_numeric"]}}
    cases |= {name: {name: case} for name, case in OTHER.items() if name != "empty"}
    tables = {name: f"t{place}" for place, name in enumerate(cases)}
    for name, table in tables.items():
        build(oracle, yard, cases[name], table)
        wrong = ", ".join(f"{column} = NULL" for column in cases[name])
        change(yard, f"UPDATE {{schema}}.{table} SET {wrong} WHERE id = 1",
               f"DELETE FROM {{schema}}.{table} WHERE id = 2")  # fmt: skip

    outcomes = repair(yard, *(table.upper() for table in tables.values()))

    seen = verify(yard, *(table.upper() for table in tables.values()))
    for name, table in tables.items():
        outcome = outcomes[table.upper()]
        assert ("repaired" == outcome.status) is seen[table.upper()].agrees, name
    refused = {n for n, t in tables.items() if "refused" == outcomes[t.upper()].status}
    # What a type cannot hold cannot be made right in it.
    unfit = {"cut", "nul", "rounded", "single", "digits", "time", "micro", "f_numeric"}
    assert unfit == refused
    for name in unfit - {"rounded", "single", "f_numeric"}:
        reason = outcomes[tables[name].upper()].reason
        assert f".{name.upper()} cannot be loaded" in reason and "ROWID" in reason
