"""
Workers that die at a chosen line: a process that forks them on command.

A line of the worker's own code is a step, so nothing in the product knows of these tests:
the child traces itself and kills itself with SIGKILL when it comes to the line. Forked, since
starting Python and its libraries anew for each line would take most of the time.

Commands and answers are lines of JSON: {"job": id, "stop": [file, line] or null} →
{"signal": 9 or 0, "lines": [[file, line], …]}, the lines in the order they were first met.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pyarrow as pa

import oraferry
from oraferry.config import load_settings
from oraferry.jobs.states import is_terminal
from oraferry.wiring import open_services
from oraferry.worker import Worker

# Where the steps are: what a task does, on its way to the two databases and the store.
STEPS = (
    "worker/heartbeat.py",
    "worker/lane.py",
    "worker/carrying.py",
    "worker/reporting.py",
    "migration/run.py",
    "migration/plan.py",
    "copying/transfer.py",
    "copying/account.py",
    "copying/finish.py",
    "oracle/source.py",
    "oracle/reader.py",
    "postgres/target.py",
    "postgres/copier.py",
    "postgres/finish.py",
    "postgres/loaded.py",
    "jobs/pool.py",
    "jobs/store.py",
    "jobs/claims.py",
    "jobs/planning.py",
    "jobs/unblocking.py",
    "verify/method.py",
)
PACKAGE = str(Path(oraferry.__file__).parent) + os.sep
MOST_SECONDS = 120

# pyarrow looks for pandas when it makes its first array: here, not in every child.
pa.array([0])

Trace = Callable[[FrameType, str, Any], Any]


def trace_lines(stop: tuple[str, int] | None, met: dict[tuple[str, int], None]) -> Trace:
    """A tracer that notes each line of STEPS, or of *stop*'s file alone, and dies at *stop*."""
    names = {PACKAGE + step: step for step in ([stop[0]] if stop else STEPS)}
    assert all(Path(name).is_file() for name in names), "a step has moved"

    def on_line(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            place = (names[frame.f_code.co_filename], frame.f_lineno)
            if place == stop:
                os.kill(os.getpid(), signal.SIGKILL)
            met.setdefault(place)
        return on_line

    def on_call(frame: FrameType, event: str, argument: Any) -> Any:
        return on_line if frame.f_code.co_filename in names else None

    return on_call


def work(job_id: str, stop: tuple[str, int] | None, answer: int) -> None:
    """Carry out the job's tasks until it ends; write the lines that were met to *answer*."""
    met: dict[tuple[str, int], None] = {}
    with open_services(load_settings()) as services:
        worker = Worker(services)
        threading.settrace(trace_lines(stop, met))
        sys.settrace(trace_lines(stop, met))
        until = time.monotonic() + MOST_SECONDS
        while time.monotonic() < until:
            if not worker.work_once():
                time.sleep(0.02)
            if is_terminal(services.store.get_migration_job(job_id).status):
                break
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]
    os.write(answer, json.dumps(list(met)).encode())


def run_one(job_id: str, stop: tuple[str, int] | None) -> dict[str, Any]:
    """A forked worker's end: the signal that ended it, and the lines that it met."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        try:
            work(job_id, stop, send)
        finally:
            os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    signalled = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return {"signal": signalled, "lines": json.loads(text or b"[]")}


def main() -> None:
    """Answer commands until there are no more."""
    for line in sys.stdin:
        command = json.loads(line)
        stop = command["stop"]
        answer = run_one(command["job"], (stop[0], stop[1]) if stop else None)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
