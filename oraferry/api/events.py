"""A job's history and live progress as server-sent events.

Each stored event carries its id, so a client that lost the connection resumes with
``Last-Event-ID`` and misses nothing. Between them come ``progress`` events without an id:
they show the tables as they are now and need no replay. The stream ends with ``end``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import anyio
from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from oraferry.api.views import TERMINAL, EventView, JobView, TableView
from oraferry.errors import StoreUnavailable
from oraferry.model import TableProgress
from oraferry.ports import JobEvent, JobStore, MigrationJob

logger = logging.getLogger(__name__)

# A person sees half a second as "live"; three small indexed queries per client and turn.
POLL_SECONDS = 0.5
# Who watches a job of thousands of tables must not slow it: rests so many times as long as it
# looked, up to some seconds.
REST, LONGEST_REST_SECONDS = 8, 5.0
# How many events one query may bring; the rest follows at once.
PAGE = 500
# What EventSource waits before it reconnects.
RETRY_MILLISECONDS = 2000


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look into the store showed."""

    job: MigrationJob
    events: list[JobEvent] = field(default_factory=list)
    tables: list[TableProgress] = field(default_factory=list)

    @property
    def is_last(self) -> bool:
        """The job has ended and all its events were read."""
        return self.job.status in TERMINAL and len(self.events) < PAGE


def look(store: JobStore, job_id: str, after: int) -> _Look:
    """
    The job, its events after *after* and its tables.

    The job is read first: when it is terminal, no event that belongs to it comes later
    than the events read after it.
    """
    job = store.get_migration_job(job_id)
    events = store.list_events(job_id, after=after, limit=PAGE)
    return _Look(job, events, store.list_progress(job_id))


def _views_of(tables: list[TableProgress]) -> list[TableView]:
    return [TableView.of(table) for table in tables]


async def read_events(store: JobStore, job_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
    """
    Events after *after*, then live ones, until the job has ended.

    When the store is lost, the stream just ends: the client reconnects and resumes.
    """
    yield ServerSentEvent(comment="oraferry", retry=RETRY_MILLISECONDS)
    shown: list[TableProgress] | None = None
    while True:
        asked = time.monotonic()
        try:
            # Async, so that a waiting client holds no thread of the pool.
            seen = await run_in_threadpool(look, store, job_id, after)
        except StoreUnavailable:
            logger.warning("event stream of %s cut: store unavailable", job_id)
            return
        # Tables first: events name them by their numbers.
        if seen.tables != shown:
            shown = seen.tables
            views = await run_in_threadpool(_views_of, shown)
            yield ServerSentEvent(event="progress", data={"tables": views})
        for event in seen.events:
            after = event.id
            # No `event:` field: EventSource can listen to unknown kinds only as messages.
            yield ServerSentEvent(id=str(event.id), data=EventView.of(event))
        if seen.is_last:
            yield ServerSentEvent(event="end", data=JobView.of(seen.job))
            return
        if len(seen.events) < PAGE:
            rest = REST * (time.monotonic() - asked)
            await anyio.sleep(max(POLL_SECONDS, min(rest, LONGEST_REST_SECONDS)))
