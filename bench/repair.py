"""What a repair costs: seconds and memory by how many rows differ, with a key and without."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import psycopg

from bench.ferry import migrate
from bench.measure import cpu_seconds, peak_mib
from bench.report import Report
from bench.servers import Oracle, Postgres, environment, settings_of_ends

MOST_MIB = 400
# What is done to the target: a column that every set has gets another value, or all is lost.
DAMAGES = {
    "1 row": "UPDATE {table} SET {column} = {column} + 1 WHERE id = 4711",
    "1 %": "UPDATE {table} SET {column} = {column} + 1 WHERE id % 100 = 7",
    "10 %": "UPDATE {table} SET {column} = {column} + 1 WHERE id % 10 = 7",
    "all rows": "UPDATE {table} SET {column} = {column} + 1",
    "empty target": "TRUNCATE {table}",
}
COLUMNS = {"mixed": "kind", "narrow": "value"}


def measure(name: str, source: Oracle, target: Postgres, report: Report, rows: int) -> None:
    """One repair of each kind; a repair leaves the table as the next one finds it."""
    load = migrate(source, target, rows, 2)
    report.line(name, "load, 2 lanes", seconds=load.seconds, cpu=load.cpu)
    table = f"{source.user.lower()}.{name}"
    for keys in ("keyless", "keyed"):
        if keys == "keyed":
            _execute(target, f"ALTER TABLE {table} ADD PRIMARY KEY (id)")
        for damage, statement in DAMAGES.items():
            differing = _execute(target, statement.format(table=table, column=COLUMNS[name]))
            _execute(target, f"VACUUM ANALYZE {table}")
            for dry_run in (True, False) if damage == "all rows" else (False,):
                found = _run(source, target, dry_run=dry_run)
                what = f"{'dry run' if dry_run else 'repair'}, {keys}, {damage}"
                differing = rows if damage == "empty target" else differing
                report.line(name, what, differing=differing, **found)
                report.floor(f"{name}: MiB, {what}", found["mib"], MOST_MIB, at_most=True)
                if damage == "empty target" and not dry_run:
                    rate = load.seconds / found["seconds"]
                    report.floor(f"{name}: of the load's rate, {what}", rate, 0.5)


def _execute(target: Postgres, statement: str) -> int:
    with psycopg.connect(target.target, autocommit=True) as connection:
        return connection.execute(statement).rowcount


def _run(source: Oracle, target: Postgres, *, dry_run: bool) -> dict[str, float]:
    arguments = [source.dsn, source.user, source.password, target.target, str(int(dry_run))]
    before = cpu_seconds(target.pid)
    done = subprocess.run(
        [sys.executable, "-m", "bench.repair", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment(),
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found | {"server_cpu": cpu_seconds(target.pid) - before}


def _main(dsn: str, user: str, password: str, target_dsn: str, dry_run: str) -> None:
    from oraferry.migration.repair import RepairRequest, repair_data
    from oraferry.wiring import open_comparison

    settings = settings_of_ends(dsn, user, password, target_dsn)
    request = RepairRequest(tables=[f"{user}.*"], dry_run=dry_run == "1")
    cpu, started = time.process_time(), time.perf_counter()
    with open_comparison(settings) as services:
        (outcome,) = repair_data(request, services).tables
    if outcome.status not in ("repaired", "planned"):
        raise SystemExit(f"{outcome.status}: {outcome.reason}")
    figures = {
        "seconds": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "mib": peak_mib(os.getpid()),
        "inserted": outcome.inserted,
        "updated": outcome.updated,
        "deleted": outcome.deleted,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    _main(*sys.argv[1:])
