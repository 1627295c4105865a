"""Reading, cancelling and following jobs over HTTP, on a real store."""

from __future__ import annotations

import json
import threading
import time

import httpx
import pytest

from oraferry.api.app import create_app
from oraferry.jobs import pool
from oraferry.model import MigrationStatus
from oraferry.wiring import open_services

REQUEST = {"tables": ["S.T"], "source": {"dsn": "h:1/x", "user": "u", "password": "env:PW"}}


@pytest.fixture
def job(services):
    """A job as start_migration would store it; no worker runs."""
    return services.store.create_migration_job(REQUEST)


def read_stream(lines):
    """The events of an SSE stream as (id, event, data)."""
    found, fields = [], {}
    for line in lines:
        if not line:
            if "data" in fields:
                found.append(
                    (fields.get("id"), fields.get("event", "message"), json.loads(fields["data"]))
                )
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
    return found


def follow(url, **headers):
    """All events of a stream that ends by itself."""
    with httpx.stream("GET", url, headers=headers, timeout=30) as response:
        assert 200 == response.status_code
        assert response.headers["content-type"].startswith("text/event-stream")
        return read_stream(response.iter_lines())


def test_a_job_is_shown_with_links_and_without_secrets(client, services):
    """
    GET shows the request as it was asked for, sealed and plain secrets masked.
    """
    request = {**REQUEST, "source": {"dsn": "h:1/x", "user": "u", "password": "sealed:abc"}}
    request["target"] = {"dsn": "postgresql://u:hunter2@h/x"}
    job = services.store.create_migration_job(request)

    body = client.get(f"/migrations/{job.id}").json()

    assert job.id == body["job_id"]
    assert {"dsn": "h:1/x", "user": "u", "password": "•••"} == body["request"]["source"]
    assert "hunter2" not in str(body)
    assert [] == body["tables"]
    assert {
        "self": f"/migrations/{job.id}",
        "events": f"/migrations/{job.id}/events",
        "cancel": f"/migrations/{job.id}/cancel",
        "resume": f"/migrations/{job.id}/resume",
    } == body["links"]


def test_the_list_is_paged_newest_first(client, services):
    """
    Following `next` visits every job once, newest first, and ends.
    """
    ids = [services.store.create_migration_job(REQUEST).id for _ in range(5)]

    assert [] == client.get("/migrations?status=FAILED").json()["migrations"]
    seen, address = [], "/migrations?limit=2&status=PENDING"
    while address:
        page = client.get(address).json()
        seen += [job["job_id"] for job in page["migrations"]]
        address = page["next"]

    assert ids[::-1] == seen


def test_an_empty_list_is_a_page(client):
    """
    No job yet is an empty page, not an error.
    """
    assert {"migrations": [], "next": None} == client.get("/migrations").json()


def test_cancelling_twice_is_harmless_but_not_after_another_end(client, services, job):
    """
    Cancel is accepted, and again; a failed job is a conflict.
    """
    path = f"/migrations/{job.id}/cancel"
    first, second = client.post(path), client.post(path)
    assert (202, "CANCELLED") == (first.status_code, first.json()["status"])
    assert (202, "CANCELLED") == (second.status_code, second.json()["status"])

    other = services.store.create_migration_job(REQUEST)
    services.store.update_migration_job_status(other.id, MigrationStatus.FAILED)
    refused = client.post(f"/migrations/{other.id}/cancel")
    assert (409, "JobStateConflict") == (refused.status_code, refused.json()["code"])


def test_a_cancelled_job_goes_on_when_it_is_resumed(client, services, job):
    """
    202 and announced again; a job that waits is 409, an unknown one 404.
    """
    assert 409 == client.post(f"/migrations/{job.id}/resume").status_code
    client.post(f"/migrations/{job.id}/cancel")

    answer = client.post(f"/migrations/{job.id}/resume")

    resumed = answer.json()
    assert (202, "SUBMITTED", None) == (
        answer.status_code,
        resumed["status"],
        resumed["finished_at"],
    )
    assert services.store.claim_task("w", lease_seconds=30).job_id == job.id
    unknown = "00000000-0000-0000-0000-000000000000"
    assert 404 == client.post(f"/migrations/{unknown}/resume").status_code


def test_events_are_replayed_then_live_then_end(services, serve, job):
    """
    A follower gets the past, what happens while it listens, and the end, each event once.
    """
    store = services.store
    store.add_event(job.id, "test.past", {"n": 1})

    def live():
        time.sleep(1)
        store.add_event(job.id, "test.live", {"n": 2})
        store.request_cancel(job.id)

    threading.Thread(target=live).start()
    events = follow(f"{serve(create_app(services))}/migrations/{job.id}/events")

    kinds = [data["kind"] for _, event, data in events if event == "message"]
    assert kinds.index("test.past") < kinds.index("test.live")
    assert len(set(kinds)) == len(kinds)
    ids = [int(number) for number, event, _ in events if event == "message"]
    assert ids == sorted(set(ids)) == [e.id for e in store.list_events(job.id)]
    assert ("end", "CANCELLED") == (events[-1][1], events[-1][2]["status"])


def test_a_follower_resumes_after_the_last_event_it_saw(services, serve, job):
    """
    Last-Event-ID skips what was seen; after the end there is nothing more: 204.
    """
    store = services.store
    for n in range(4):
        store.add_event(job.id, "test.step", {"n": n})
    store.request_cancel(job.id)
    every = store.list_events(job.id)
    url = f"{serve(create_app(services))}/migrations/{job.id}/events"

    resumed = follow(url, **{"last-event-id": str(every[1].id)})
    asked = follow(f"{url}?after={every[1].id}")
    over = httpx.get(url, headers={"last-event-id": str(every[-1].id)})

    expected = [str(event.id) for event in every[2:]]
    assert expected == [number for number, event, _ in resumed if event == "message"]
    assert expected == [number for number, event, _ in asked if event == "message"]
    assert (204, b"") == (over.status_code, over.content)


def test_many_followers_do_not_block_other_requests(services, serve, job):
    """
    More open streams than the thread pool has threads leave room for a plain request.
    """
    base = serve(create_app(services))
    limits = httpx.Limits(max_connections=None)
    with httpx.Client(base_url=base, limits=limits, timeout=30) as web:
        streams = [
            web.send(web.build_request("GET", f"/migrations/{job.id}/events"), stream=True)
            for _ in range(60)
        ]
        answer = web.get(f"/migrations/{job.id}", timeout=10)
        services.store.request_cancel(job.id)
        ends = [read_stream(stream.iter_lines())[-1][1] for stream in streams]

    assert 200 == answer.status_code
    assert ["end"] * 60 == ends


def test_health_and_readiness(client):
    """
    The process lives, and store and broker answer.
    """
    assert "ok" == client.get("/health").json()["status"]
    ready = client.get("/health/ready")
    assert 200 == ready.status_code, ready.text
    assert {"store": True, "broker": True} == {
        name: check["ok"] for name, check in ready.json()["checks"].items()
    }


def test_a_lost_store_is_not_ready_and_503(settings, store_dsn, postgres_server, monkeypatch):
    """
    When the job store is gone, readiness and every route about jobs say so; health does not.
    """
    from fastapi.testclient import TestClient

    monkeypatch.setattr(pool, "POOL_WAIT_SECONDS", 1)
    with open_services(settings) as services, TestClient(create_app(services)) as client:
        assert 200 == client.get("/health/ready").status_code
        postgres_server.drop(store_dsn)

        ready, jobs = client.get("/health/ready"), client.get("/migrations")

        assert (503, "NotReady") == (ready.status_code, ready.json()["code"])
        assert (503, "StoreUnavailable") == (jobs.status_code, jobs.json()["code"])
        assert 200 == client.get("/health").status_code


def test_the_page_asks_nobody_else(client):
    """
    The live page and its parts come from this server only.
    """
    page = client.get("/dashboard")
    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for path in ("/dashboard/page.js", "/dashboard/page.css"):
        assert path in page.text
        assert 200 == client.get(path).status_code
    for name in ("redraw.js", "tables.js", "texts.js"):
        assert 200 == client.get(f"/dashboard/{name}").status_code
    for name in ("pages.py", "..%2Fpage.js", "page.html"):
        assert 404 == client.get(f"/dashboard/{name}").status_code
    assert "//" not in page.text.replace("<!doctype html>", "")
