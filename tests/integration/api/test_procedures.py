"""POST /verifications/procedure and …-with-creds: the report, and errors as problems."""

import psycopg
import pytest

WRONG = "CREATE VIEW v AS\n  SELECT sysdate AS d"


@pytest.fixture
def creds(postgres_dsn):
    """The test's PostgreSQL, part by part."""
    parts = psycopg.conninfo.conninfo_to_dict(postgres_dsn)
    return {
        "host": parts["host"],
        "port": int(parts["port"]),
        "database": parts["dbname"],
        "user": parts["user"],
        "password": parts["password"],
    }


def test_both_routes_tell_the_same(client, creds):
    """
    The configured target and one that is named answer with the same report.
    """
    body = {"source_code": WRONG, "depends_on": ["CREATE TABLE t (a int)"], "kind": "view"}

    answers = [
        client.post("/verifications/procedure", json=body),
        client.post("/verifications/procedure-with-creds", json={**body, **creds}),
    ]

    first, second = (answer.json() for answer in answers)
    assert [200, 200] == [answer.status_code for answer in answers]
    assert first == second
    assert not first["is_valid"]
    (error,) = first["errors"]
    assert (2, 10, "42703", "view v", "source_code") == (
        error["line"],
        error["column"],
        error["sqlstate"],
        error["object"],
        error["text"],
    )
    assert "clock_timestamp" in error["hint"]
    assert "CREATE VIEW v AS" == error["statement"]


def test_valid_code_is_valid_twice(client):
    """
    Nothing stays: the same code is created again.
    """
    body = {
        "source_code": "CREATE VIEW v AS SELECT 1 AS x",
        "search_path": ["public", "pg_catalog"],
    }

    reports = [client.post("/verifications/procedure", json=body).json() for _ in range(2)]

    assert [True, True] == [report["is_valid"] for report in reports]
    assert {"kind": "view", "name": "v", "is_checked": False} == reports[0]["objects"][0]


REFUSED = [
    ({"password": "wr0ng-p4ss"}, 403, "TargetRefused"),
    ({"port": 1}, 502, "TargetUnavailable"),
    ({"database": "nowhere"}, 403, "TargetRefused"),
    ({"host": "/var/run/postgresql"}, 422, "InvalidRequest"),
    ({"host": "127.0.0.1,127.0.0.2"}, 422, "InvalidRequest"),
    ({"password": ""}, 422, "InvalidRequest"),
    ({"dsn": "service=x"}, 422, "InvalidRequest"),
    ({"kind": "package"}, 422, "InvalidRequest"),
    ({"source_code": "\u0000"}, 422, "RequestError"),
    ({"source_code": " "}, 422, "RequestError"),
]


def test_what_cannot_be_done_is_a_problem(client, creds):
    """
    Refused credentials, unreachable servers and bodies of another form, without what was sent.
    """
    answers = [
        client.post(
            "/verifications/procedure-with-creds", json={"source_code": WRONG, **creds, **change}
        )
        for change, _, _ in REFUSED
    ]

    told = [(a.status_code, a.json()["code"]) for a in answers]
    assert [(status, code) for _, status, code in REFUSED] == told
    text = "".join(answer.text for answer in answers)
    assert [] == [s for s in ("wr0ng-p4ss", creds["password"], "sysdate") if s in text]


def test_large_code_is_refused(client):
    """
    The limit of bodies holds for code too.
    """
    body = {"source_code": "-- " + "x" * 1024 * 1024}

    assert 413 == client.post("/verifications/procedure", json=body).status_code
