"""An orasim in a process of its own with random rows of every type, however many.

The rows are made and saved by one process and mapped by another: neither they nor the work of
handing them out are in the process that compares.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tests.fix_oracle import PASSWORD, SCHEMA, OracleForTests
from tests.properties import values as v
from tests.properties.test_values import MOMENTS, NUMBERS, TEXTS, WRITTEN

FAMILIES = {"NUMBERS": NUMBERS, "TEXTS": TEXTS, "MOMENTS": MOMENTS}
TABLES = (*FAMILIES, "WRITTEN")
DRAWN = 50_000  # values of a column, which are then dealt to rows
DEALT = 100_000  # rows at once
WRITTEN_ROWS = 300


@contextmanager
def served(folder: Path, rows: int, *seed: int) -> Iterator[tuple[OracleForTests, list[Any]]]:
    """So many rows in all families together, and the policies that a load of them needs."""
    made = _start("make", str(folder), str(rows), *map(str, seed))
    policies = json.loads(made.communicate()[0])
    server = _start("serve", str(folder))
    assert server.stdin and server.stdout
    try:
        yield OracleForTests(server.stdout.readline().strip(), SCHEMA, PASSWORD), policies
    finally:
        server.stdin.close()
        server.wait()


def _start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.properties.served", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def make(folder: Path, rows: int, seed: list[int]) -> None:
    """Save the database in *folder*; the policies go to standard output."""
    from orasim.database import Database
    from orasim.saved import save
    from orasim.server import OrasimServer

    rng = np.random.default_rng(seed)
    database = Database(version="19c")
    database.create_user(SCHEMA, PASSWORD, profile="catalog-owner")
    with OrasimServer(database) as server:
        oracle = OracleForTests(f"127.0.0.1:{server.port}/ORASIM", SCHEMA, PASSWORD, database)
        policies = [
            p for name in FAMILIES for p in fill_table(oracle, rng, name, rows // len(FAMILIES))
        ]
        write_table(oracle, rng)
    save(database, folder)
    print(json.dumps(policies))


def serve(folder: Path) -> None:
    """Say where the saved database is, until standard input is closed."""
    from orasim.saved import open_saved
    from orasim.server import OrasimServer

    with OrasimServer(open_saved(folder)) as server:
        print(f"127.0.0.1:{server.port}/ORASIM", flush=True)
        sys.stdin.read()


def fill_table(
    oracle: OracleForTests, rng: v.Random, table: str, rows: int
) -> list[dict[str, str]]:
    """A table of the family's types; the policies that its columns need."""
    makers = FAMILIES[table]
    drawn = {
        n.upper(): v.with_nulls(rng, maker(rng, min(rows, DRAWN))) for n, maker in makers.items()
    }
    types = ", ".join(f'"{name}" {made.type}' for name, made in drawn.items())
    oracle.run(f'CREATE TABLE {table} ("#" NUMBER(9), {types})')
    for start in range(0, rows, DEALT):
        ids = np.arange(start, min(start + DEALT, rows))
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


def write_table(oracle: OracleForTests, rng: v.Random) -> None:
    """A table of what only SQL can give Oracle: old labels, zones, intervals."""
    made = {name.upper(): maker(rng, WRITTEN_ROWS) for name, maker in WRITTEN.items()}
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


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]), int(sys.argv[3]), [int(part) for part in sys.argv[4:]])
    else:
        serve(Path(sys.argv[2]))
