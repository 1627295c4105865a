"""Source sessions that read at the same time: a thread each, opened when it has work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from typing import Self, TypeVar

from oraferry.ports import Source

T = TypeVar("T")


class Lanes:
    """At most *count* sessions, kept until the block is left."""

    def __init__(self, open_source: Callable[[], AbstractContextManager[Source]], count: int):
        """*open_source* opens a session."""
        self._open = open_source
        self._pool = ThreadPoolExecutor(max(count, 1), thread_name_prefix="lane")
        self._own = threading.local()
        self._sessions = ExitStack()
        self._lock = threading.Lock()

    def run(self, pieces: Iterable[Callable[[Source], None]]) -> None:
        """Carry out all *pieces*; the first error ends the rest and is raised."""
        futures = [self._pool.submit(self._carry_out, piece) for piece in pieces]
        try:
            for future in futures:
                future.result()
        except BaseException:
            _cancel(futures)
            raise

    def ask(self, question: Callable[[Source], T]) -> T:
        """One question, asked by a lane."""
        return self._pool.submit(lambda: question(self._source())).result()

    def _carry_out(self, piece: Callable[[Source], None]) -> None:
        piece(self._source())

    def _source(self) -> Source:
        source: Source | None = getattr(self._own, "source", None)
        if source is None:
            context = self._open()
            source = context.__enter__()
            self._own.source = source
            with self._lock:
                self._sessions.push(context)
        return source

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._sessions.close()


def _cancel(futures: Iterable[Future[None]]) -> None:
    running = [future for future in futures if not future.cancel()]
    wait(running)
