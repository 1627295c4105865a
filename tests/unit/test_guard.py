"""A run of tests that is killed leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil

from tests import guard

# A run of tests: it starts a process in a session of its own, as workers and servers are.
RUN = textwrap.dedent(
    """
    import os, subprocess, sys, tempfile, time
    os.environ.pop("TESTS_OF_FERRY", None)
    from tests.guard import start_guard
    start_guard()
    file = tempfile.mkstemp()[1]
    sleeper = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print(sleeper.pid, file, flush=True)
    time.sleep(600)
    """
)


def test_nothing_is_left_of_a_killed_run(tmp_path):
    """
    Given a run with a process and a temporary file, when it is killed with SIGKILL, then both
    are gone soon after.
    """
    root = Path(guard.__file__).parents[1]
    run = subprocess.Popen([sys.executable, "-c", RUN], cwd=root, stdout=subprocess.PIPE, text=True)
    sleeper, file = run.stdout.readline().split()
    assert psutil.pid_exists(int(sleeper))
    assert Path(file).exists()
    assert Path(file).parent.name.startswith("oraferry-tests-")

    run.send_signal(signal.SIGKILL)
    run.communicate()

    until = time.monotonic() + 20
    while Path(file).parent.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(file).parent.exists()
    assert not psutil.pid_exists(int(sleeper))
