"""All together: what doors hand to the story."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from oraferry.config import Secret, Settings
from oraferry.model import TablePlan, Task
from oraferry.ports.advisor import Advisor
from oraferry.ports.broker import Broker
from oraferry.ports.endpoint import SourceEndpoint, TargetEndpoint
from oraferry.ports.scratch import Scratch
from oraferry.ports.source import Source
from oraferry.ports.store import JobStore
from oraferry.ports.target import Target


class Lookback(Protocol):
    """Looks, beside the loading, at what PostgreSQL stored of chunks that are in."""

    def submit(self, endpoint: TargetEndpoint, plan: TablePlan, task: Task, rows: int) -> None:
        """A chunk of so many *rows* was committed. Returns at once, never raises."""

    def wait(self) -> None:
        """Until what was submitted here was looked at; not for ever."""


@dataclass(frozen=True)
class Services:
    """What doors hand to the story: ports, and ways to open them."""

    settings: Settings
    store: JobStore
    broker: Broker
    open_source: Callable[[SourceEndpoint], AbstractContextManager[Source]]
    open_target: Callable[[TargetEndpoint], AbstractContextManager[Target]]
    # (TargetEndpoint, *, search_path: Seq[str]); a transaction that is rolled back
    open_scratch: Callable[..., AbstractContextManager[Scratch]]
    advisor: Advisor | None
    seal: Callable[[Secret, str], str]  # (secret, job identity) -> "sealed:…"
    unseal: Callable[[str, str], Secret]
    lookback: Lookback
