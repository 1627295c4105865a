"""Ends what a run of tests started, however the run itself ended: also by SIGKILL.

A process beside pytest that reads a pipe from it. When the pipe ends, it ends every process
that carries the run's mark in its environment, and their children; then it removes the run's
folder, in which all temporary files are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

MARK = "TESTS_OF_FERRY"  # not ORAFERRY_…: tests take such variables from what they start
PATIENCE_SECONDS = 3.0


def start_guard() -> subprocess.Popen[bytes]:
    """Mark this process's children from now on, give them a folder for temporary files."""
    folder = tempfile.mkdtemp(prefix="oraferry-tests-")
    Path(folder).chmod(0o1777)  # servers run as users of their own
    mark = str(uuid.uuid4())
    guard = subprocess.Popen(
        [sys.executable, __file__, mark, folder], stdin=subprocess.PIPE, start_new_session=True
    )
    os.environ |= {MARK: mark, "TMPDIR": folder}
    tempfile.tempdir = None  # looked up anew
    return guard


def release(guard: subprocess.Popen[bytes]) -> None:
    """The run is over: wait until nothing is left of it."""
    assert guard.stdin is not None
    guard.stdin.close()
    guard.wait(timeout=60)


def find_marked(mark: str) -> Iterator[psutil.Process]:
    """What carries the mark, and children that lost it."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == mark:
                yield process
                yield from process.children(recursive=True)


def end_marked(mark: str) -> None:
    """Ask, wait, then end."""
    left = list(set(find_marked(mark)))
    for process in left:
        with suppress(psutil.Error):
            process.terminate()
    psutil.wait_procs(left, PATIENCE_SECONDS)
    for process in find_marked(mark):
        with suppress(psutil.Error):
            process.kill()


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end_marked(sys.argv[1])
    shutil.rmtree(sys.argv[2], ignore_errors=True)
