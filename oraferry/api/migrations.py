"""Routes about migrations: accept, list, show, resume, restore, cancel, follow.

Handlers that block are plain functions: FastAPI runs them in its thread pool.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from oraferry.api.errors import NothingMore
from oraferry.api.events import read_events
from oraferry.api.services import ServicesDep
from oraferry.api.views import (
    TERMINAL,
    JobDetailView,
    JobListView,
    JobView,
    RejectListView,
    RejectView,
    RestoreView,
)
from oraferry.migration.rejects import list_rejects
from oraferry.migration.request import DataMigrationRequest, ResumeRequest
from oraferry.migration.restoring import restore_levers
from oraferry.migration.start import resume_migration as resume
from oraferry.migration.start import start_migration as start
from oraferry.migration.throttle import ThrottleRequest
from oraferry.model import MigrationStatus
from oraferry.ports import MigrationJob
from oraferry.report import render_html, render_junit, report_stored_job
from oraferry.report.html_page import content_policy

router = APIRouter(prefix="/migrations", tags=["migrations"])

# What the page itself says, which a browser also heeds before it has read it.
PAGE_HEADERS = {
    "Content-Security-Policy": f"{content_policy()}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


class XmlResponse(Response):
    """An XML document."""

    media_type = "application/xml"


# The store's event ids are bigint.
EventId = Annotated[int, Query(ge=0, le=2**63 - 1)]


@router.post("", status_code=202)
def start_migration(
    body: DataMigrationRequest,
    services: ServicesDep,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="The same key starts one job only"),
    ] = None,
) -> JobView:
    """Accept a migration and return the job that will carry it out."""
    job = JobView.of(start(body, services, idempotency_key=idempotency_key))
    response.headers["Location"] = job.links.self
    return job


@router.get("")
def list_migrations(
    services: ServicesDep,
    status: MigrationStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[str | None, Query(max_length=100, description="A job id")] = None,
) -> JobListView:
    """The jobs, newest first, a page at a time."""
    # One more than asked for tells whether there is another page.
    jobs = services.store.list_migration_jobs(limit=limit + 1, status=status, before=before)
    page, rest = jobs[:limit], jobs[limit:]
    following = None
    if rest:
        query = {"limit": limit, "before": page[-1].id, **({"status": status} if status else {})}
        following = f"{router.prefix}?{urlencode(query)}"
    return JobListView(migrations=[JobView.of(job) for job in page], next=following)


@router.get("/{job_id}")
def get_migration(job_id: str, services: ServicesDep) -> JobDetailView:
    """Everything known about one job: its tables' progress and what verification saw."""
    job = services.store.get_migration_job(job_id)
    store = services.store
    return JobDetailView.with_tables(job, store.list_progress(job_id), store.list_troubles(job_id))


@router.get("/{job_id}/report.html", response_class=HTMLResponse)
def get_migration_report(job_id: str, services: ServicesDep) -> HTMLResponse:
    """What the job's verification saw, as one page without outside assets."""
    page = render_html(report_stored_job(job_id, services))
    return HTMLResponse(page, headers=PAGE_HEADERS)


@router.get("/{job_id}/report.xml", response_class=XmlResponse)
def get_migration_junit(job_id: str, services: ServicesDep) -> XmlResponse:
    """The same as JUnit XML, a case per table and method."""
    return XmlResponse(render_junit(report_stored_job(job_id, services)))


@router.post("/{job_id}/resume", status_code=202)
def resume_migration(
    job_id: str, services: ServicesDep, body: ResumeRequest | None = None
) -> JobView:
    """
    Let a job that failed or was cancelled go on where it was.

    Chunks that are in are not read again. A job in another status cannot be resumed: 409.
    """
    wishes = body.model_dump() if body else {}
    return JobView.of(resume(job_id, services.store, services.broker, **wishes))


@router.post("/{job_id}/restore")
def restore_migration_levers(job_id: str, services: ServicesDep) -> RestoreView:
    """
    Bring back the indexes, keys and triggers that a job's levers took and that it did not live
    to bring back.

    For a job that has ended; safe to repeat. One that runs does it itself: 409.
    """
    return RestoreView(notes=restore_levers(job_id, services))


@router.post("/{job_id}/throttle")
def throttle_migration(job_id: str, body: ThrottleRequest, services: ServicesDep) -> JobView:
    """
    Limit a job, also while it runs; what is left out has no limit any more.

    Lanes hear of it within a heartbeat. A job that has ended cannot be limited: 409.
    """
    return JobView.of(services.store.set_throttle(job_id, body.to_throttle()))


@router.get("/{job_id}/rejects")
def list_migration_rejects(
    job_id: str,
    services: ServicesDep,
    table: Annotated[
        str | None, Query(max_length=600, description="SCHEMA.TABLE, as the job shows it")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    content: Annotated[
        bool, Query(description="With what was kept of the rows: customers' values")
    ] = False,
) -> RejectListView:
    """The rows that the job set aside, from its target's quarantine table, a page at a time."""
    found = list_rejects(job_id, services, table=table, limit=limit + 1, offset=offset)
    page, rest = found[:limit], found[limit:]
    following = None
    if rest:
        query: dict[str, object] = {"limit": limit, "offset": offset + limit}
        query |= {"table": table} if table is not None else {}
        query |= {"content": "true"} if content else {}
        following = f"{router.prefix}/{job_id}/rejects?{urlencode(query)}"
    views = [RejectView.of(reject, with_content=content) for reject in page]
    return RejectListView(rejects=views, next=following)


@router.post("/{job_id}/cancel", status_code=202)
def cancel_migration(job_id: str, services: ServicesDep) -> JobView:
    """
    Ask for the end of a job; workers stop within a heartbeat.

    Chunks that are in stay in. A job that has ended otherwise cannot be cancelled: 409.
    """
    return JobView.of(services.store.request_cancel(job_id))


def get_followed_job(
    job_id: str,
    services: ServicesDep,
    after: EventId = 0,
    last_event_id: Annotated[int | None, Header(ge=0, le=2**63 - 1)] = None,
) -> tuple[MigrationJob, int]:
    """The job and the event to resume after; NothingMore when the client has seen the end."""
    job = services.store.get_migration_job(job_id)
    resumed = last_event_id if last_event_id is not None else after
    has_seen_all = resumed > 0 and not services.store.list_events(job_id, after=resumed, limit=1)
    if job.status in TERMINAL and has_seen_all:
        raise NothingMore
    return job, resumed


@router.get("/{job_id}/events", response_class=EventSourceResponse)
async def follow_migration(
    followed: Annotated[tuple[MigrationJob, int], Depends(get_followed_job)],
    services: ServicesDep,
) -> AsyncIterator[ServerSentEvent]:
    """
    The job's events, past and live, as server-sent events; ends when the job has ended.

    Resumes after `Last-Event-ID` (or `?after=`); 204 when there is nothing more to come.
    """
    job, after = followed
    async for event in read_events(services.store, job.id, after):
        yield event
