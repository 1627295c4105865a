"""All together: what doors hand to the story."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from oraferry.config import Secret, Settings
from oraferry.ports.advisor import Advisor
from oraferry.ports.broker import Broker
from oraferry.ports.endpoint import SourceEndpoint, TargetEndpoint
from oraferry.ports.scratch import Scratch
from oraferry.ports.source import Source
from oraferry.ports.store import JobStore
from oraferry.ports.target import Target


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
