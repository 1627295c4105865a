"""The two legs alone: the driver's Arrow fetch, and a COPY of a ready binary file."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass

import psycopg

from bench.measure import cpu_seconds, peak_mib
from bench.servers import Oracle, Postgres, environment

BATCH_ROWS, BATCH_BYTES = 10_000, 8 * 1024 * 1024  # oraferry's defaults


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run."""

    rows: int
    seconds: float
    cpu: float
    mib: float = 0.0


def read_raw(source: Oracle, table: str) -> Run:
    """Fetch *table* with oraferry's own select list and forget it; in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.legs", source.dsn, source.user, source.password, table],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    return Run(**json.loads(done.stdout))


def save_binary(postgres: Postgres, schema: str, table: str) -> str:
    """The loaded table as a file of binary COPY, written by the server; its path."""
    path = f"{postgres.folder}/{table}.copy"
    with psycopg.connect(postgres.target, autocommit=True) as connection:
        connection.execute(f"COPY {schema}.{table} TO '{path}' (FORMAT binary)")
    return path


def load_raw(postgres: Postgres, schema: str, table: str, path: str) -> Run:
    """COPY the file into an empty table of the same columns."""
    with psycopg.connect(postgres.target, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS public.raw_load")
        connection.execute(f"CREATE TABLE public.raw_load (LIKE {schema}.{table})")
        connection.execute("CHECKPOINT")
        before, started = cpu_seconds(postgres.pid), time.perf_counter()
        rows = connection.execute(f"COPY public.raw_load FROM '{path}' (FORMAT binary)").rowcount
        seconds = time.perf_counter() - started
        found = Run(rows, seconds, cpu_seconds(postgres.pid) - before)
        connection.execute("DROP TABLE public.raw_load")
    return found


def _read(dsn: str, user: str, password: str, table: str) -> Run:
    import os

    from oraferry.config import Secret
    from oraferry.model import Column, ColumnPlan, TablePlan, TableRef
    from oraferry.oracle.reader import SelectList, batch_rows
    from oraferry.oracle.session import Session
    from oraferry.oracle.source import OracleSource
    from oraferry.ports import SourceEndpoint
    from oraferry.typemap import choose

    endpoint = SourceEndpoint(dsn, user, Secret(password))
    source = OracleSource(endpoint)
    ref = TableRef(user, table)
    found = source.get_tables([ref])[ref]
    source.close()
    columns = []
    for column in found.columns:
        rule = choose(column)
        target = Column(column.name.lower(), rule.target(column.type), column.position)
        columns.append(ColumnPlan(column, target, rule.name))
    plan = TablePlan(1, found, found, tuple(columns), "create", True)
    select = SelectList(plan)
    session = Session(endpoint)
    statement = f'SELECT {", ".join(select.items)} FROM "{user}"."{table}" t'
    rows = 0
    cpu, started = time.process_time(), time.perf_counter()
    for frame in session.connection.fetch_df_batches(
        statement, size=batch_rows(plan, BATCH_ROWS, BATCH_BYTES), requested_schema=select.schema
    ):
        rows += frame.num_rows()
    return Run(
        rows, time.perf_counter() - started, time.process_time() - cpu, peak_mib(os.getpid())
    )


if __name__ == "__main__":
    seen = _read(*sys.argv[1:])
    print(json.dumps({f: getattr(seen, f) for f in Run.__slots__}))
