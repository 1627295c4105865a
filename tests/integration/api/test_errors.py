"""Every error of every route has one shape, and repeats nothing that was sent."""

from __future__ import annotations

import inspect
import socket
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from oraferry import errors
from oraferry.api.app import create_app
from oraferry.api.errors import STATUS_OF, get_status
from oraferry.api.guards import MAX_BODY_BYTES
from oraferry.api.server import is_loopback, serve
from oraferry.config import load_settings

FIELDS = {"type", "title", "status", "detail", "code", "hint", "details"}


def assert_problem(response, status, code=None):
    """The response is a problem, whole and consistent."""
    assert status == response.status_code, response.text
    assert "application/problem+json" == response.headers["content-type"]
    body = response.json()
    assert set(body) == FIELDS
    assert status == body["status"]
    assert f"urn:oraferry:problem:{body['code']}" == body["type"]
    assert body["title"] and body["detail"]
    if code:
        assert code == body["code"]
    return body


def operations(app):
    """(method, path) of every route."""
    return [
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    ]


def test_every_route_answers_bad_input_and_wrong_methods_as_a_problem(client):
    """
    Each route is visited with a method it lacks, and with an id or a body that is wrong.
    """
    seen = operations(client.app)
    assert len(seen) >= 8
    for method, path in seen:
        filled = path.replace("{job_id}", "no-such-job")
        allowed = sorted(m for m, p in seen if p == path)

        wrong = client.request("PATCH", filled)
        assert_problem(wrong, 405, "MethodNotAllowed")
        assert allowed == sorted(wrong.headers["allow"].split(", "))

        if "{job_id}" in path:
            body = {"json": {}} if method == "POST" else {}
            assert_problem(client.request(method, filled, **body), 404, "JobNotFound")
        elif method == "POST":
            for body in (b"", b"{", b"[]", b'"hunter2"', b'{"tables": {"hunter2": 1}}'):
                headers = {"content-type": "application/json"}
                answer = client.request(method, filled, content=body, headers=headers)
                problem = assert_problem(answer, 422, "InvalidRequest")
                assert "hunter2" not in str(problem["detail"])


@pytest.mark.parametrize("path", ["/nowhere", "/migrations/", "/migrations/a/b/c", "/docs"])
def test_an_unknown_route_is_a_problem(client, path):
    """
    A path without a route is 404 in the same shape.
    """
    assert_problem(client.get(path), 404, "NotFound")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "status=DONE", "before=" + "x" * 200],
)
def test_wrong_parameters_are_problems(client, query):
    """
    A parameter outside its range is 422 and names the parameter.
    """
    body = assert_problem(client.get(f"/migrations?{query}"), 422, "InvalidRequest")

    assert query.split("=")[0] in body["detail"]


def test_an_unknown_job_to_continue_after_is_a_problem(client):
    """
    A page cannot continue after a job that does not exist.
    """
    assert_problem(client.get("/migrations?before=no-such-job"), 404, "JobNotFound")


@pytest.mark.parametrize("value", ["x", "-1", str(2**63)])
def test_a_wrong_last_event_id_is_a_problem(client, value):
    """
    The id to resume after is a number that the store can hold.
    """
    answer = client.get("/migrations/no-such-job/events", headers={"last-event-id": value})

    assert_problem(answer, 422, "InvalidRequest")


@pytest.mark.parametrize("announced", [True, False])
def test_a_large_body_is_refused(client, announced):
    """
    More than the limit is 413, whether the length was announced or came in pieces.
    """
    piece = b" " * 65536
    pieces = MAX_BODY_BYTES // len(piece) + 1
    content = piece * pieces if announced else (piece for _ in range(pieces))
    headers = {"content-type": "application/json"}

    answer = client.post("/migrations", content=content, headers=headers)

    assert_problem(answer, 413)


def test_a_foreign_host_header_is_refused(services):
    """
    A request under another name than ours (DNS rebinding) is 421, one that another site's page
    sent is 403.
    """
    app = create_app(services, hosts=frozenset({"127.0.0.1", "localhost", "::1"}))
    with TestClient(app, base_url="http://127.0.0.1:8085") as client:
        assert 200 == client.get("/health").status_code
        assert 200 == client.get("/health", headers={"host": "localhost"}).status_code
        assert 200 == client.get("/health", headers={"host": "[::1]:8085"}).status_code
        for host in ("evil.example", "127.0.0.1.evil.example:8085", ""):
            answer = client.get("/health", headers={"host": host})
            assert_problem(answer, 421, "MisdirectedRequest")
        for origin, status in [
            ("http://localhost:8085", 200),
            ("http://evil.example", 403),
            ("null", 403),
        ]:
            assert status == client.get("/health", headers={"origin": origin}).status_code


def test_a_bug_is_a_problem_without_its_text(services):
    """
    An unexpected exception shows nothing of itself.
    """
    app = create_app(services)

    @app.get("/broken")
    def fail() -> None:
        raise ZeroDivisionError("hunter2")

    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/broken")

    assert_problem(answer, 500, "InternalError")
    assert "hunter2" not in answer.text


def test_every_error_class_has_a_status_and_is_rendered(services):
    """
    Each class of errors.py becomes a problem with its code, hint and details, redacted.
    """
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.OraferryError)
    ]
    app = create_app(services)

    @app.get("/fail/{name}")
    def fail(name: str) -> None:
        raise getattr(errors, name)(
            "cannot reach pg://u:hunter2@h", hint="try password=x2", context={"password": "x2"}
        )

    with TestClient(app) as client:
        for kind in kinds:
            answer = client.get(f"/fail/{kind.__name__}")
            body = assert_problem(answer, get_status(kind()), kind.__name__)
            assert {"password": "•••"} == body["details"]
            assert "hunter2" not in answer.text and "x2" not in answer.text
            assert ("retry-after" in answer.headers) == (answer.status_code == 503)


def test_the_status_table_has_no_unreachable_line():
    """
    No class stands behind one of its ancestors, where it would never be found.
    """
    for i, (kind, _) in enumerate(STATUS_OF):
        assert not [k for k, _ in STATUS_OF[:i] if issubclass(kind, k)], kind


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("db.example", False),
    ],
)
def test_loopback_is_told_from_the_rest(host, expected):
    """
    Only what no other machine can reach counts as loopback.
    """
    assert expected == is_loopback(host)


def test_serving_strangers_needs_a_word():
    """
    An address that others can reach is refused before anything is opened.
    """
    with pytest.raises(errors.ConfigError, match=r"0\.0\.0\.0.*no authentication") as refused:
        serve(load_settings({"api_host": "0.0.0.0"}, environment={}))

    assert "--expose" in refused.value.hint


def test_a_taken_port_is_a_setting_error(settings):
    """
    Listening where somebody listens already says so, instead of a traceback.
    """
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(errors.ConfigError, match=rf"cannot listen on 127\.0\.0\.1 port {port}"):
            serve(replace(settings, api_port=port))
