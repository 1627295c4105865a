"""A job's live progress.

On a terminal the progress is one block that redraws itself; elsewhere it is a line per
change. Nothing is said by colour alone, and rich obeys NO_COLOR.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from oraferry.cli.writing import write_line
from oraferry.errors import StoreUnavailable
from oraferry.logs import redact_value
from oraferry.model import MigrationStatus, TableProgress
from oraferry.ports import JobStore, MigrationJob

TERMINAL = frozenset({MigrationStatus.COMPLETED, MigrationStatus.FAILED, MigrationStatus.CANCELLED})
POLL_SECONDS = 0.4
# Who watches a job of thousands of tables must not slow it: rests so many times as long as it
# looked, up to some seconds.
REST, LONGEST_REST_SECONDS = 8, 5.0
# A rate over fewer seconds jumps with every heartbeat, over more it lags behind.
PACE_SECONDS = 8.0
# How long the job store may be away before following gives up.
PATIENCE_SECONDS = 60.0
# A line per table and this many percent, when there is no terminal.
STEP_PERCENT = 10
ACTIVE = frozenset({"copying", "finishing"})


@dataclass
class Pace:
    """How fast a number grows, over the last seconds."""

    samples: deque[tuple[float, int]] = field(default_factory=deque)

    def see(self, now: float, value: int) -> float | None:
        """
        Record *value* at *now*; units per second lately, or None while unknown.

        >>> pace = Pace()
        >>> pace.see(0.0, 0), pace.see(2.0, 100)
        (None, 50.0)
        """
        self.samples.append((now, value))
        while len(self.samples) > 2 and now - self.samples[1][0] >= PACE_SECONDS:
            self.samples.popleft()
        then, before = self.samples[0]
        return (value - before) / (now - then) if now > then else None


@dataclass(frozen=True, slots=True)
class TableLine:
    """One table's progress in words."""

    table: TableProgress
    rate: float | None

    @property
    def percent(self) -> int | None:
        """Rows done of all; None while the total is unknown."""
        total = self.table.rows_total
        if self.table.phase == "done":
            return 100
        if total is None:
            return None
        return min(99, self.table.rows_done * 100 // total) if total else 0

    @property
    def eta_seconds(self) -> float | None:
        """Until the last row, at the pace of the last seconds."""
        table = self.table
        if table.phase != "copying" or not self.rate or table.rows_total is None:
            return None
        return max(0, table.rows_total - table.rows_done) / self.rate

    def words(self) -> tuple[str, str, str, str, str, str]:
        """Name, phase, rows, percent, rows/s, ETA or verdict."""
        table = self.table
        total = "?" if table.rows_total is None else f"{table.rows_total:,}"
        return (
            table.source,
            table.phase,
            f"{table.rows_done:,} / {total}",
            "" if self.percent is None else f"{self.percent} %",
            f"{self.rate:,.0f} rows/s" if self.rate else "",
            self._outlook(),
        )

    def _outlook(self) -> str:
        if self.table.error:
            return self.table.error.code
        if self.table.verified is not None:
            if self.table.set_aside:
                return f"{self.table.set_aside} SET ASIDE"
            return "verified" if self.table.verified else "DIFFERS"
        return f"ETA {format_seconds(self.eta_seconds)}" if self.eta_seconds is not None else ""


def format_seconds(seconds: float) -> str:
    """
    A duration, as short as it can be read.

    >>> format_seconds(7.4), format_seconds(125), format_seconds(7260)
    ('7 s', '2 min 5 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class Follower:
    """Turns successive looks at a job into table lines with their pace."""

    def __init__(self) -> None:
        self._paces: dict[int, Pace] = {}

    def see(self, tables: Sequence[TableProgress], now: float) -> list[TableLine]:
        """The tables as lines."""
        return [TableLine(table, self._rate(table, now)) for table in tables]

    def _rate(self, table: TableProgress, now: float) -> float | None:
        lately = self._paces.setdefault(table.number, Pace()).see(now, table.rows_done)
        if table.phase == "copying":
            return lately
        # Over the whole load: the store knows when its first chunk began and its last ended.
        return table.rows_done / table.seconds if table.seconds else None


def follow_job(
    store: JobStore,
    job_id: str,
    console: Console,
    json: bool = False,
    *,
    until: Callable[[MigrationJob], bool] = lambda job: job.status in TERMINAL,
) -> MigrationJob:
    """
    Show the job's progress until it has ended; the job as it ended.

    With *json* each change is one JSON object on a line of its own.
    """
    if json:
        return _follow(store, job_id, until, _JsonLines(console).show)
    if not console.is_terminal:
        return _follow(store, job_id, until, _Lines(console).show)
    # What the screen shows last stays, so the final state is printed too.
    with Live(console=console, refresh_per_second=4, transient=False) as live:
        return _follow(
            store, job_id, until, lambda job, lines: live.update(_block(job, lines, console.height))
        )


def _follow(
    store: JobStore,
    job_id: str,
    until: Callable[[MigrationJob], bool],
    show: Callable[[MigrationJob, list[TableLine]], None],
) -> MigrationJob:
    follower = Follower()
    answered = time.monotonic()
    while True:
        asked = time.monotonic()
        try:
            # The job first: when it has ended, the tables read after it are final.
            job = store.get_migration_job(job_id)
            tables = store.list_progress(job_id)
        except StoreUnavailable:
            # Workers survive a restart of the store; so does the one who watches them.
            if time.monotonic() - answered > PATIENCE_SECONDS:
                raise
        else:
            answered = time.monotonic()
            show(job, follower.see(tables, answered))
            if until(job):
                return job
        rest = min(REST * (time.monotonic() - asked), LONGEST_REST_SECONDS)
        time.sleep(max(POLL_SECONDS, rest))


def _block(job: MigrationJob, lines: list[TableLine], height: int) -> Group:
    """The redrawn block: the tables that fit, the busy ones first, and a sum."""
    room = max(5, height - 4)
    shown = lines if len(lines) <= room else _most_telling(lines, room)
    grid = Table.grid(padding=(0, 2))
    for _ in range(2):
        grid.add_column(no_wrap=True)
    for _ in range(3):
        grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    for line in shown:
        grid.add_row(*(Text(word, style=_style(line)) for word in line.words()))
    parts: list[Any] = [grid]
    if len(shown) < len(lines):
        parts.append(Text(f"… and {len(lines) - len(shown)} more tables"))
    parts.append(Text(_summary(job, lines)))
    return Group(*parts)


def _most_telling(lines: list[TableLine], room: int) -> list[TableLine]:
    order = {"failed": 0, "copying": 1, "finishing": 2, "waiting": 3, "done": 4}
    chosen = sorted(lines, key=lambda line: order.get(line.table.phase, 2))[:room]
    return sorted(chosen, key=lambda line: line.table.number)


def _style(line: TableLine) -> str:
    if line.table.error or line.table.verified is False:
        return "bold red"
    if line.table.verified:
        return "green"
    return "dim" if line.table.phase == "waiting" else ""


# What a job without tables is doing.
_EMPTY = {
    MigrationStatus.PENDING: "waiting to be announced",
    MigrationStatus.SUBMITTED: "waiting for a worker",
    MigrationStatus.IN_PROGRESS: "planning",
}


def _summary(job: MigrationJob, lines: list[TableLine]) -> str:
    if not lines:
        return f"{job.status}: {_EMPTY.get(job.status, 'no table was planned')}"
    done = sum(line.table.phase == "done" for line in lines)
    rows = sum(line.table.rows_done for line in lines)
    rate = sum(line.rate or 0 for line in lines if line.table.phase == "copying")
    pace = f", {rate:,.0f} rows/s" if rate else ""
    asked = " (stopping: cancel was asked for)" if _is_stopping(job) else ""
    return f"{job.status}{asked}: {done} of {len(lines)} tables done, {rows:,} rows{pace}"


def _is_stopping(job: MigrationJob) -> bool:
    return job.cancel_requested and job.status not in TERMINAL


class _Lines:
    """A line per change, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: tuple[Any, ...] | None = None
        self._tables: dict[int, tuple[Any, ...]] = {}

    def show(self, job: MigrationJob, lines: list[TableLine]) -> None:
        """Print what is new since the last look."""
        for line in lines:
            state = self._state(line)
            before = self._tables.get(line.table.number)
            self._tables[line.table.number] = state
            # "waiting" is where every table starts: not worth a line.
            if state != before and (before or line.table.phase != "waiting"):
                self._print("  ".join(word for word in line.words() if word))
        status = (job.status, _is_stopping(job))
        if status != self._status:
            self._status = status
            self._print(_summary(job, lines))

    @staticmethod
    def _state(line: TableLine) -> tuple[Any, ...]:
        step = None if line.percent is None else line.percent // STEP_PERCENT
        return (line.table.phase, step, line.table.verified)

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class _JsonLines:
    """One JSON object per change, for programs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: str | None = None

    def show(self, job: MigrationJob, lines: list[TableLine]) -> None:
        """Print the state when it differs from the last one."""
        state = {
            "job_id": job.id,
            "status": job.status,
            "verified": job.verified,
            "cancel_requested": job.cancel_requested,
            "tables": [redact_value(asdict(line.table)) for line in lines],
        }
        text = json.dumps(state, ensure_ascii=False)
        if text != self._shown:
            self._shown = text
            write_line(self._console, text)
