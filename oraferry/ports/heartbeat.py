"""A running task's tie to the store."""

from __future__ import annotations

from typing import Protocol

from oraferry.model import (
    Throttle,
)


class Heartbeat(Protocol):
    """How a running task stays a worker's own, and how it learns that it is not any more."""

    def check(self) -> None:
        """LeaseLost or JobCancelled when this task must stop; cheap enough for every batch."""

    def progress(self, rows: int, bytes: int) -> None:
        """So much more of this task is done; waits where the job may not go faster."""

    @property
    def throttle(self) -> Throttle:
        """The job's limits as last heard of."""

    def report(self) -> None:
        """Tell the store now what was done so far; never raises."""
