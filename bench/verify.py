"""What proof costs: the digests' share of a load's CPU, a verification alone beside its load."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass

from bench.ferry import FerryRun, migrate
from bench.measure import cpu_seconds
from bench.report import Report, median
from bench.servers import Oracle, Postgres, environment, settings_of_ends

MOST_DIGEST_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Verified:
    """One verification of its own process, or the digests of one read."""

    seconds: float
    cpu: float  # of our process
    server_cpu: float = 0.0  # of PostgreSQL


def measure(name: str, source: Oracle, target: Postgres, report: Report, rows: int) -> None:
    """Loads and verifications in turn, with one lane and with two."""
    for lanes in (1, 2):
        loads: list[FerryRun] = []
        checks: list[Verified] = []
        for _ in range(report.data["repeats"]):
            loads.append(migrate(source, target, rows, lanes))
            checks.append(_verify(source, target, lanes))
        load, check = (median([run.seconds for run in runs]) for runs in (loads, checks))
        report.line(
            name,
            f"verify data, {lanes} lane{'s' if lanes > 1 else ''}",
            rows_per_s=rows / check,
            cpu_us_per_row=median([c.cpu + c.server_cpu for c in checks]) / rows * 1e6,
            of_load_rate=load / check,
        )
        report.floor(f"{name}: verification's rate of the load's, {lanes} lane(s)", load / check, 1)
        if lanes == 1:
            used = median([run.cpu for run in loads])
            digests = [_digest(source, target) for _ in range(report.data["repeats"])]
            ours = median([d.cpu for d in digests]) / used
            both = median([d.cpu + d.server_cpu for d in digests]) / used
            report.line(name, "digests, of the load's CPU", source=ours, both_sides=both)
            report.floor(
                f"{name}: digests of the load's CPU", ours, MOST_DIGEST_SHARE, at_most=True
            )


def _verify(source: Oracle, target: Postgres, lanes: int) -> Verified:
    return _run(source, target, "verify", str(lanes))


def _digest(source: Oracle, target: Postgres) -> Verified:
    return _run(source, target, "digest", "1")


def _run(source: Oracle, target: Postgres, what: str, lanes: str) -> Verified:
    before = cpu_seconds(target.pid)
    arguments = [source.dsn, source.user, source.password, target.target, what, lanes]
    done = subprocess.run(
        [sys.executable, "-m", "bench.verify", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    return Verified(**json.loads(done.stdout), server_cpu=cpu_seconds(target.pid) - before)


def _main(dsn: str, user: str, password: str, target_dsn: str, what: str, lanes: str) -> None:
    from oraferry.migration.verify import DataVerificationRequest, open_verification
    from oraferry.wiring import open_comparison

    settings = settings_of_ends(dsn, user, password, target_dsn)
    request = DataVerificationRequest(tables=[f"{user}.*"], lanes=int(lanes))
    cpu, started = time.process_time(), time.perf_counter()
    with open_comparison(settings) as services, open_verification(request, services) as opened:
        if what == "verify":
            if not opened.report().agrees:
                raise SystemExit("the two sides differ")
        else:
            cpu = sum(_hash_all(opened, planned) for planned in opened.planned.pairs)
    used = time.process_time() - cpu if what == "verify" else cpu
    print(json.dumps({"seconds": time.perf_counter() - started, "cpu": used}))


def _hash_all(opened, planned) -> float:  # type: ignore[no-untyped-def]
    """CPU seconds of our hashes alone, of every row; the caller counts the server's."""
    from oraferry.canonical.buckets import hash_fetched

    used = 0.0

    class Hashing:
        def add(self, batch, rowids) -> None:  # type: ignore[no-untyped-def]
            nonlocal used
            before = time.thread_time()
            hash_fetched(batch, planned.plan.columns, by_hash=True)
            used += time.thread_time() - before

    with opened.open_pair(planned) as pair:
        pair.scan(Hashing, lambda taker, chunk: None)
        pair.target.sum_buckets(pair.plan, pair.buckets)
    return used


if __name__ == "__main__":
    _main(*sys.argv[1:])
