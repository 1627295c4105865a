"""Installs the peers, runs each on a part of the mixed set, and checks what arrived."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import conninfo

from bench.data import DataSet
from bench.ferry import migrate
from bench.report import Report, median
from bench.servers import Oracle, Postgres, oracle

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".run" / "bench"
SCRIPTS = Path(__file__).parent
SHARE = 0.25  # of the set: the slowest peers would take minutes
FEWEST_ROWS = 200_000  # where there are so many: on fewer, starting weighs more than rows
REPEATS = 3
SECONDS = 600
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_REASON = re.compile(r"error|invalid|cannot|could not|fail|DPI-|ORA-|DPY-", re.IGNORECASE)
# What is summed up of each column, so that a value that changed shows.
SUMS = {
    "id": "sum(id::numeric)",
    "customer": "sum(customer::numeric)",
    "kind": "sum(kind::numeric)",
    "amount": "sum(amount::numeric)",
    "rate": "sum(rate::numeric)",
    "code": "sum(length(code))",
    "note": "sum(length(note)) + count(note)",
    "created": "sum(extract(epoch FROM created::timestamp))",
    "changed": "sum(extract(epoch FROM changed::timestamp)) + count(changed)",
    "hash": "min(hash::bytea)",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool: what is installed, and what is run."""

    name: str
    environment: str  # the virtual environment's folder
    packages: tuple[str, ...]
    command: tuple[str, ...]  # {bin}, {scripts} and the addresses are filled in


_DLT = ("dlt[postgres,sql_database]", "oracledb==26.1.0", "pyarrow", "connectorx")
PEERS = {
    peer.name: peer
    # Sling and dlt's CSV cannot carry RAW, so they are let off that column.
    for peer in (
        Peer(
            "sling", "sling", ("sling-linux-amd64==1.4.11",),
            ("{sling}", "run", "--src-conn", "SOURCE", "--src-stream", "BENCH.MIXED",
             "--tgt-conn", "TARGET", "--tgt-object", "peer.mixed", "--mode", "full-refresh",
             "--select", "-hash"),
        ),
        Peer("dlt pyarrow", "dlt", _DLT, ("{bin}/python", "{scripts}/with_dlt.py", "pyarrow")),
        Peer(
            "dlt connectorx", "dlt", _DLT, ("{bin}/python", "{scripts}/with_dlt.py", "connectorx")
        ),
        Peer(
            "ingestr", "ingestr", ("ingestr", "oracledb"),
            ("{bin}/ingestr", "ingest", "--yes", "--progress", "log",
             "--source-uri", "oracle+oracledb://{user}:{password}@{host}/?service_name={service}",
             "--source-table", "bench.mixed", "--sql-backend", "pyarrow",
             "--sql-exclude-columns", "hash",
             "--dest-uri", "{target}", "--dest-table", "peer.mixed"),
        ),
        Peer(
            "pandas", "pandas", ("pandas", "sqlalchemy", "oracledb==26.1.0", "psycopg[binary]"),
            ("{bin}/python", "{scripts}/with_pandas.py"),
        ),
        Peer(
            "psycopg loop", "pandas",
            ("pandas", "sqlalchemy", "oracledb==26.1.0", "psycopg[binary]"),
            ("{bin}/python", "{scripts}/with_loop.py"),
        ),
    )
}  # fmt: skip


def install(peer: Peer) -> Path:
    """The peer's virtual environment; made once."""
    home = HOME / peer.environment
    if not (home / ".done").exists():
        uv = str(ROOT / ".tools" / "bin" / "uv")
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(home)], check=True)
        subprocess.run(
            [uv, "pip", "install", "-q", "--python", str(home / "bin" / "python"), *peer.packages],
            check=True,
        )
        (home / ".done").touch()
    return home


@dataclass(frozen=True, slots=True)
class PeerRun:
    """One run of a peer, from its start to its end."""

    seconds: float
    cpu: float  # of the peer's own processes
    mib: float
    rows: int
    changed: tuple[str, ...]  # columns whose sums differ


def measure(
    data: DataSet,
    source: Oracle,
    target: Postgres,
    report: Report,
    chosen: Sequence[str],
    best: float,
) -> None:
    """Every peer; *best*: rows/s of oraferry on the whole set."""
    whole = report.data["share_of_full_size"]
    share = whole * min(1.0, max(SHARE, FEWEST_ROWS / data.total_rows(whole)))
    rows = data.total_rows(share)
    report.line(data.name, "peers run on so many rows", rows=rows)
    with oracle(data.name, share) as part:
        ours = [rows / migrate(part, target, rows, 2).seconds for _ in range(REPEATS)]
        report.line(data.name, "oraferry, 2 lanes, the same rows", rows_per_s=median(ours))
        with psycopg.connect(target.target) as connection:
            expected = _sums(connection, "bench.mixed")
        for name in chosen:
            _measure_one(PEERS[name], part, target, report, rows, expected, median(ours))


def _measure_one(
    peer: Peer,
    source: Oracle,
    target: Postgres,
    report: Report,
    rows: int,
    expected: dict[str, str],
    ours: float,
) -> None:
    try:
        home = install(peer)
        runs = [_run(peer, home, source, target, expected) for _ in range(REPEATS)]
    except (subprocess.SubprocessError, RuntimeError, psycopg.Error, OSError) as error:
        lines = str(error).strip().splitlines()
        report.line("mixed", peer.name, does_not_run=lines[-1][:240] if lines else repr(error))
        return
    speed = median([run.rows / run.seconds for run in runs])
    report.line(
        "mixed",
        peer.name,
        rows_per_s=speed,
        cpu_us_per_row=median([run.cpu for run in runs]) / rows * 1e6,
        peak_mib=max(run.mib for run in runs),
        oraferry_is_times=ours / speed,
        rows=runs[0].rows,
        differs=", ".join(runs[0].changed) or "nothing",
    )
    if peer.name in ("sling", "dlt pyarrow", "dlt connectorx"):
        report.floor(f"mixed: times the throughput of {peer.name}", ours / speed, 3)


def _run(
    peer: Peer, home: Path, source: Oracle, target: Postgres, expected: dict[str, str]
) -> PeerRun:
    target.renew()
    dsn = _url(target.target)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA peer")
    host, _, service = source.dsn.partition("/")
    places = {
        "bin": str(home / "bin"), "scripts": str(SCRIPTS), "target": dsn, "host": host,
        "service": service, "user": source.user, "password": source.password,
        "sling": next((str(path) for path in home.rglob("bin/sling-linux-amd64")), "sling"),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "HOME": folder,
            "PEER_FOLDER": folder,
            "SOURCE_DSN": source.dsn,
            "SOURCE_USER": source.user,
            "SOURCE_PASSWORD": source.password,
            "TARGET_DSN": dsn,
            "SOURCE": f"oracle://{source.user}:{source.password}@{host}/{service}",
            "TARGET": f"{dsn}?sslmode=disable",
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "SLING_DISABLE_TELEMETRY": "true",
            "DISABLE_TELEMETRY": "true",
        }
        log = Path(folder) / "log"
        started = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [part.format(**places) for part in peer.command],
                env=environment,
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            status, usage = _wait(process)
        seconds = time.perf_counter() - started
        if status != 0:
            raise RuntimeError(f"exit status {status}: {_last_words(log)}")
    with psycopg.connect(dsn) as connection:
        found = _sums(connection, "peer.mixed")
    changed = tuple(name for name in SUMS if found[name] != expected[name])
    cpu = usage.ru_utime + usage.ru_stime
    return PeerRun(seconds, cpu, usage.ru_maxrss / 1024, int(found["rows"]), changed)


def _wait(process: subprocess.Popen[bytes]) -> tuple[int, object]:
    deadline = time.monotonic() + SECONDS
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.02)


def _last_words(log: Path) -> str:
    """The last line of the log that sounds like a reason."""
    text = _COLOURS.sub("", log.read_text(errors="replace"))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    reasons = [line for line in lines if _REASON.search(line)]
    return (reasons or lines or ["no word"])[-1]


def _url(dsn: str) -> str:
    parts = conninfo.conninfo_to_dict(dsn)
    return (
        f"postgresql://{parts['user']}:{parts['password']}@{parts['host']}:{parts['port']}"
        f"/{parts['dbname']}"
    )


def _sums(connection: psycopg.Connection, table: str) -> dict[str, str]:
    """Rows, and per column its sum, or why it has none."""
    found = {"rows": str(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])}
    for name, expression in SUMS.items():
        try:
            with connection.transaction():
                row = connection.execute(f"SELECT {expression} FROM {table}").fetchone()
            value = row[0] if row else None
            found[name] = value.hex() if isinstance(value, bytes) else f"{value}"
        except psycopg.Error as error:
            found[name] = f"no sum: {error.sqlstate}"
    return found
