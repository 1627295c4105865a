"""
`oraferry` as processes that are forked from a warm one, instead of started anew.

Python and its libraries take a second to start, which was most of what a command in a test
took. A forked process has its own memory, environment, folder, session and pipes, as one that
a person starts; only its imports are there already. Lanes that oraferry itself starts are
still started anew.

Wishes and answers go over a socket: the words with the three files → the process's id; its end
over another socket, since whoever wished it is not its parent.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import pytest

ROOT = Path(__file__).parents[1]
LONGEST_WISH = 1 << 20


class WarmProcess:
    """What tests use of a Popen, for a process that the nursery forked."""

    def __init__(self, pid: int, end: socket.socket, out: Any, err: Any) -> None:
        self.pid = pid
        self.stdout, self.stderr = out, err
        self.returncode: int | None = None
        self._end = end

    def poll(self) -> int | None:
        """How it ended; None as long as it runs."""
        self._end.setblocking(False)
        return self._read_end()

    def wait(self, timeout: float | None = None) -> int:
        """Its end; TimeoutExpired when it does not come in time."""
        self._end.settimeout(timeout)
        if self._read_end() is None:
            raise subprocess.TimeoutExpired("oraferry", timeout or 0)
        return int(self.returncode or 0)

    def _read_end(self) -> int | None:
        if self.returncode is None:
            try:
                self.returncode = json.loads(self._end.recv(64))
            except (BlockingIOError, TimeoutError):
                return None
            self._end.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[Any, Any]:
        """All that is still in its two pipes, until it ends."""
        said: dict[Any, Any] = {}
        pipes = [pipe for pipe in (self.stdout, self.stderr) if pipe is not None]
        readers = [
            threading.Thread(target=lambda p=pipe: said.update({p: p.read()}), daemon=True)
            for pipe in pipes
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(timeout)
        self.wait(timeout)
        for pipe in pipes:
            pipe.close()
        return said.get(self.stdout), said.get(self.stderr)

    def terminate(self) -> None:
        """SIGTERM."""
        os.kill(self.pid, signal.SIGTERM)


class Nursery:
    """The warm process, and the way to it."""

    def __init__(self) -> None:
        self._line, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", str(other.fileno())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
                start_new_session=True,
            )

    def start(
        self,
        words: list[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        log: IO[bytes] | None = None,
    ) -> WarmProcess:
        """`oraferry words…` in a session of its own; to pipes, or both to *log*."""
        wish = json.dumps({"words": words, "env": dict(environment), "cwd": str(folder)})
        end, other_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pipes = [] if log else [os.pipe(), os.pipe()]
        given = [log.fileno()] * 2 if log else [write for _, write in pipes]
        socket.send_fds(self._line, [wish.encode()], [*given, other_end.fileno()])
        other_end.close()
        for _, write in pipes:
            os.close(write)
        pid = json.loads(self._line.recv(64))
        out, err = [os.fdopen(read, encoding="utf-8") for read, _ in pipes] or (None, None)
        return WarmProcess(pid, end, out, err)

    def close(self) -> None:
        """No more wishes."""
        self._line.close()
        self._process.wait(timeout=30)


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """One warm process for the whole run."""
    opened = Nursery()
    yield opened
    opened.close()


def live(words: list[str], environment: dict[str, str], folder: str, files: list[int]) -> None:
    """The forked process: become what was wished."""
    os.setsid()
    empty = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate([empty, *files]):
        os.dup2(file, number)
    os.closerange(3, 256)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
    sys.argv = ["oraferry", *words]
    from oraferry.cli.main import main

    main()


def serve(line: socket.socket) -> None:
    """Fork a process for each wish, and tell how each of them ended."""
    ears = selectors.DefaultSelector()
    ears.register(line, selectors.EVENT_READ)
    while True:
        for key, _ in ears.select():
            if key.fileobj is not line:
                ears.unregister(key.fileobj)
                tell_end(key.fd, *key.data)
            elif (born := fork(line)) is None:
                return
            else:
                pid, end = born
                ears.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, end))


def tell_end(handle: int, pid: int, end: int) -> None:
    """As Popen's returncode: negative for a signal."""
    os.close(handle)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with socket.socket(fileno=end) as answer:
        try:
            answer.send(json.dumps(code).encode())
        except BrokenPipeError:
            return  # nobody waits for it any more


def fork(line: socket.socket) -> tuple[int, int] | None:
    """The next wish's process, and where its end is to be told; None after the last wish."""
    text, files, _, _ = socket.recv_fds(line, LONGEST_WISH, 3)
    if not text:
        return None
    wish = json.loads(text)
    pid = os.fork()
    if pid == 0:
        live(wish["words"], wish["env"], wish["cwd"], files[:2])
    for file in files[:2]:
        os.close(file)
    line.send(json.dumps(pid).encode())
    return pid, files[2]


if __name__ == "__main__":
    import oraferry.cli.main
    import oraferry.wiring
    import oraferry.worker  # noqa: F401

    serve(socket.socket(fileno=int(sys.argv[1])))
