"""Chunks that are in are looked at by the server while the next ones are read.

The end of a table needs every stored row hashed. Done there, it is a pass during which no lane
reads; done here, in a session of its own, it costs a lane nothing. What is not done in time, or
fails, is left to the end of the table, which finds out by itself (rowhash.add_digests).
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Self

from oraferry.errors import OraferryError
from oraferry.model import TablePlan, Task
from oraferry.ports import Target, TargetEndpoint

logger = logging.getLogger(__name__)

WORTH_ROWS = 20_000  # below, a look costs more than the rows in the pass at the end
WAIT_SECONDS = 60.0
STOP_SECONDS = 5.0  # a look that waits for somebody's lock ends with the process
_Look = tuple[TargetEndpoint, TablePlan, Task]


class ChunkLookback:
    """A thread that starts with the first chunk and ends with the block."""

    def __init__(
        self, open_target: Callable[[TargetEndpoint], AbstractContextManager[Target]]
    ) -> None:
        self._open_target = open_target
        self._looks: queue.SimpleQueue[_Look | None] = queue.SimpleQueue()
        self._idle = threading.Condition()
        self._waiting = 0
        self._thread: threading.Thread | None = None
        self._is_over = False

    def submit(self, endpoint: TargetEndpoint, plan: TablePlan, task: Task, rows: int) -> None:
        """Look at a chunk of so many *rows* that was committed."""
        if rows < WORTH_ROWS or plan.mode == "upsert":
            return
        with self._idle:
            self._waiting += 1
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="lookback", daemon=True)
            self._thread.start()
        self._looks.put((endpoint, plan, task))

    def wait(self) -> None:
        """Until all that was submitted was looked at, but not for long."""
        with self._idle:
            self._idle.wait_for(lambda: not self._waiting, WAIT_SECONDS)

    def _run(self) -> None:
        while (look := self._looks.get()) is not None:
            if not self._is_over:
                self._look(*look)
            with self._idle:
                self._waiting -= 1
                self._idle.notify_all()

    def _look(self, endpoint: TargetEndpoint, plan: TablePlan, task: Task) -> None:
        try:
            with self._open_target(endpoint) as target:
                target.look_back(plan, task)
        except OraferryError as error:
            # The end of the table does it, and says what is wrong if it still is.
            logger.info("chunk %d is read back with its table: %s", task.number, error)
        except Exception:  # a thread that died would be noticed by nobody
            logger.exception("reading back chunk %d of %s", task.number, plan.target.ref)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._is_over = True
        if self._thread is not None:
            self._looks.put(None)
            self._thread.join(STOP_SECONDS)
