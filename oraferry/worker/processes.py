"""Lanes as processes, because decoding Oracle's rows holds the GIL.

The first SIGTERM or Ctrl-C lets the task in hand end; the second leaves at once, and another
worker repeats it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO, Any

from oraferry.config import ENVIRONMENT_PREFIX, SETTING_NAMES, Secret, Settings
from oraferry.worker.lane import PARENT_VARIABLE, Worker

logger = logging.getLogger(__name__)

RESTART_SECONDS = 1.0
STOP_SECONDS = 60.0


def run_workers(settings: Settings, processes: int) -> int:
    """`oraferry worker`: in this process, or as the parent of several."""
    if processes == 1:
        return run_here(settings)
    stop = threading.Event()
    _on_signals(lambda: stop.set())
    with spawn_workers(settings, processes):
        stop.wait()
    return 0


def run_here(settings: Settings) -> int:
    """One lane in this process; 0 after a polite stop."""
    from oraferry.wiring import open_services

    with open_services(settings) as services:
        worker = Worker(services)
        _on_signals(worker.stop)
        worker.run()
    return 0


def _on_signals(stop: Any) -> None:
    """First signal: stop politely. Second: leave now."""
    seen = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal seen
        seen += 1
        if seen > 1:
            os._exit(128 + number)
        stop()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings as environment variables: secrets never stand in a command line."""
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(ENVIRONMENT_PREFIX)
    }
    for name in SETTING_NAMES:
        value = getattr(settings, name)
        if value is not None:
            shown = value.reveal() if isinstance(value, Secret) else str(value)
            environment[ENVIRONMENT_PREFIX + name.upper()] = shown
    environment[PARENT_VARIABLE] = str(os.getpid())
    return environment


class _Lanes:
    """Child processes that are started again when they crash."""

    def __init__(self, settings: Settings, count: int, log: IO[Any] | None) -> None:
        self._environment = environment_of(settings)
        self._log = log
        self._stopping = threading.Event()
        self.processes = [self._start() for _ in range(count)]
        self._watch = threading.Thread(target=self._supervise, name="lanes", daemon=True)
        self._watch.start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "oraferry", "worker"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log or subprocess.DEVNULL,
            stderr=self._log,
            start_new_session=True,  # Ctrl-C is ours to pass on
        )

    def _supervise(self) -> None:
        while not self._stopping.wait(RESTART_SECONDS):
            for place, process in enumerate(self.processes):
                if process.poll() is not None and not self._stopping.is_set():
                    logger.warning("a lane ended with %s; starting another", process.returncode)
                    self.processes[place] = self._start()

    def stop(self) -> None:
        """SIGTERM to all; SIGKILL to what is still there after a minute."""
        self._stopping.set()
        self._watch.join()
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextlib.contextmanager
def spawn_workers(settings: Settings, count: int, log: Path | None = None) -> Iterator[_Lanes]:
    """*count* lanes as processes, until the block ends; their log goes to *log* or stderr."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(log.open("ab")) if log else None
        lanes = _Lanes(settings, count, file)
        try:
            yield lanes
        finally:
            lanes.stop()
