"""``python -m bench``: every comparison in one run, interleaved, medians."""

from __future__ import annotations

import argparse
import os
from collections import defaultdict

from bench import orasim, peers, repair, verify
from bench.data import SETS, DataSet
from bench.ferry import FerryRun, killed_at_half, migrate
from bench.legs import Run, load_raw, read_raw, save_binary
from bench.report import Report, median
from bench.servers import Oracle, Postgres, oracle, postgres

FULL_REPEATS, QUICK_REPEATS = 5, 3
QUICK_SHARE = 0.1
PARTS = "orasim,legs,verify,repair,kill,scaling,peers"


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS), help="data sets, by comma")
    parser.add_argument("--parts", default=PARTS, help="parts, by comma")
    parser.add_argument("--peers", default=",".join(peers.PEERS), help="peers, by comma")
    parser.add_argument("--share", type=float, help="of the full sizes (BENCH_QUICK=1: a tenth)")
    parser.add_argument("--repeats", type=int)
    options = parser.parse_args()
    is_quick = bool(os.environ.get("BENCH_QUICK"))
    share = options.share or (QUICK_SHARE if is_quick else 1.0)
    repeats = options.repeats or (QUICK_REPEATS if is_quick else FULL_REPEATS)
    report = Report(share, repeats)
    parts = options.parts.split(",")
    if "orasim" in parts:
        orasim.measure(report)
    with postgres() as target:
        for name in options.sets.split(","):
            with oracle(name, share) as source:
                measure(SETS[name], source, target, report, parts, options.peers.split(","))
    report.print_floors()
    report.write(os.environ.get("BENCH_JSON"))


def measure(
    data: DataSet,
    source: Oracle,
    target: Postgres,
    report: Report,
    parts: list[str],
    chosen: list[str],
) -> None:
    """All parts of one data set."""
    share, repeats = report.data["share_of_full_size"], report.data["repeats"]
    rows = data.total_rows(share)
    if data.tables > 1:
        _many_tables(data, source, target, report, rows)
        return
    if "verify" in parts:
        verify.measure(data.name, source, target, report, rows)
    if "repair" in parts and data.name in repair.COLUMNS:
        repair.measure(data.name, source, target, report, rows)
    if not {"legs", "kill", "scaling", "peers"} & set(parts):
        return
    migrate(source, target, rows, 2)  # warm, and the file of the raw load
    path = save_binary(target, source.user.lower(), data.name)
    legs: dict[str, list[Run]] = defaultdict(list)
    ferries: dict[int, list[FerryRun]] = defaultdict(list)
    lanes = [1, 2, 4] if data.name == "mixed" and "scaling" in parts else [1, 2]
    for _ in range(repeats):
        legs["read"].append(read_raw(source, data.name.upper()))
        for count in lanes:
            ferries[count].append(migrate(source, target, rows, count))
        legs["load"].append(load_raw(target, source.user.lower(), data.name, path))
    _legs(data.name, rows, legs, ferries, report)
    if data.name == "mixed":
        if "kill" in parts:
            usual = median([run.seconds for run in ferries[2]])
            killed = killed_at_half(source, target, rows, 2)
            report.line("mixed", "kill -9 of all lanes at half", lost_s=killed - usual)
        if "peers" in parts:
            best = max(rows / median([r.seconds for r in runs]) for runs in ferries.values())
            peers.measure(data, source, target, report, chosen, best)


def _legs(
    name: str,
    rows: int,
    legs: dict[str, list[Run]],
    ferries: dict[int, list[FerryRun]],
    report: Report,
) -> None:
    seconds = {leg: median([run.seconds for run in runs]) for leg, runs in legs.items()}
    cpu = {leg: median([run.cpu for run in runs]) for leg, runs in legs.items()}
    for leg, what in (
        ("read", "raw read (driver's Arrow fetch)"),
        ("load", "raw load (COPY file)"),
    ):
        report.line(
            name, what, rows_per_s=rows / seconds[leg], cpu_us_per_row=cpu[leg] / rows * 1e6
        )
    slower, both = max(seconds.values()), sum(cpu.values())
    for count, runs in ferries.items():
        took, used = median([r.seconds for r in runs]), median([r.cpu for r in runs])
        mib = {role: max(r.mib.get(role, 0.0) for r in runs) for role in runs[0].mib}
        lane = max(size for role, size in mib.items() if role.startswith("lane"))
        report.line(
            name,
            f"oraferry, {count} lane{'s' if count > 1 else ''}",
            rows_per_s=rows / took,
            cpu_us_per_row=used / rows * 1e6,
            of_slower_leg=slower / took,
            cpu_of_both_legs=used / both,
            lanes_cpu_us=median([r.lanes_cpu for r in runs]) / rows * 1e6,
            orasim_cpu_us=median([r.oracle_cpu for r in runs]) / rows * 1e6,
            start_s=median([r.start_seconds for r in runs]),
            peak_mib=mib,
        )
        if count in (1, 2):
            wanted = {1: 0.70, 2: 0.85}[count]
            report.floor(f"{name}: {count} lane(s) of the slower raw leg", slower / took, wanted)
        if count == 1:
            report.floor(f"{name}: CPU of both raw legs", used / both, 1.2, at_most=True)
        report.floor(f"{name}: MiB of a lane, {count} lane(s)", lane, 400, at_most=True)


def _many_tables(
    data: DataSet, source: Oracle, target: Postgres, report: Report, rows: int
) -> None:
    tables = len(data.names(report.data["share_of_full_size"]))
    for lanes in (1, 2):
        runs = [migrate(source, target, rows, lanes) for _ in range(report.data["repeats"])]
        took = median([run.seconds for run in runs])
        report.line(
            data.name,
            f"oraferry, {lanes} lane{'s' if lanes > 1 else ''}",
            tables_per_s=tables / took,
            cpu_ms_per_table=median([run.cpu for run in runs]) / tables * 1e3,
            lanes_cpu_ms=median([run.lanes_cpu for run in runs]) / tables * 1e3,
            orasim_cpu_ms=median([run.oracle_cpu for run in runs]) / tables * 1e3,
            peak_mib=runs[0].mib,
        )
    report.floor(f"{data.name}: tables/s, 2 lanes", tables / took, 50)


if __name__ == "__main__":
    main()
