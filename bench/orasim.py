"""How fast orasim is: a part of `make bench`, alone `python -m bench.orasim [SHARE]`.

Server CPU beside that of python-oracledb's Arrow fetch, the start with a data set that exists,
and the memory of 50,000,000 narrow rows.
"""

from __future__ import annotations

import subprocess
import sys
import time

import oracledb

from bench.data import SETS
from bench.measure import cpu_seconds, peak_mib
from bench.report import Report, median
from bench.servers import Oracle, environment, oracle

MIXED_ROWS, NARROW_ROWS = 1_000_000, 50_000_000
FETCH_ROWS = 50_000


def measure(report: Report) -> None:
    """All three; the sizes shrink with the report's share."""
    share, repeats = report.data["share_of_full_size"], report.data["repeats"]
    mixed = share * MIXED_ROWS / SETS["mixed"].rows
    with oracle("mixed", mixed) as source:
        shares = [_fetch(source) for _ in range(repeats)]
    client, server, rows = (median(list(part)) for part in zip(*shares, strict=True))
    report.line(
        "orasim",
        "scan of mixed rows",
        rows=int(rows),
        server_us_per_row=server / rows * 1e6,
        client_us_per_row=client / rows * 1e6,
        server_of_client=server / client,
    )
    report.floor("orasim: server CPU of the client's", server / client, 1 / 3, at_most=True)
    starts = [_start("mixed", mixed) for _ in range(repeats)]
    report.line("orasim", "start with the set that exists", seconds=median(starts))
    report.floor("orasim: seconds to start", median(starts), 1.0, at_most=True)
    rows = int(NARROW_ROWS * share)
    mib = _narrow_memory(share * NARROW_ROWS / SETS["narrow"].rows)
    report.line("orasim", "memory of narrow rows, while made", rows=rows, peak_mib=mib)
    report.floor(f"orasim: GiB of {rows:,} narrow rows", mib / 1024, 8, at_most=True)


def _fetch(source: Oracle) -> tuple[float, float, int]:
    """CPU of the client and the server, and rows."""
    with oracledb.connect(user=source.user, password=source.password, dsn=source.dsn) as session:
        server, client, rows = cpu_seconds(source.pid), time.process_time(), 0
        for frame in session.fetch_df_batches("SELECT * FROM mixed", size=FETCH_ROWS):
            rows += frame.num_rows()
        return time.process_time() - client, cpu_seconds(source.pid) - server, rows


def _start(name: str, share: float) -> float:
    started = time.perf_counter()
    with oracle(name, share):
        return time.perf_counter() - started


def _narrow_memory(share: float) -> float:
    """Peak memory of a process that makes and holds the rows."""
    code = (
        "import sys; from bench.source import make; from bench.data import SETS; "
        f"kept = make(SETS['narrow'], {share!r}); print('made', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()
        mib = peak_mib(process.pid)
        process.stdin.close()
    return mib


if __name__ == "__main__":
    found = Report(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, 3)
    measure(found)
    found.print_floors()
