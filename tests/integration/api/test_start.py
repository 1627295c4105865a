"""POST /migrations and /comparisons: what is refused, how, and that nothing half-made stays."""

from __future__ import annotations

import psycopg
import pytest
from fastapi.testclient import TestClient

from oraferry.api.app import create_app


@pytest.fixture
def body(oracle, postgres_dsn):
    """A request for one small table, with endpoints of its own."""
    oracle.run(
        "CREATE TABLE orders (id NUMBER(9) PRIMARY KEY, word VARCHAR2(40))",
        "INSERT INTO orders VALUES (1, 'a')",
    )
    return {
        "tables": [f"{oracle.schema}.ORDERS"],
        "source": {"dsn": oracle.dsn, "user": oracle.user, "password": oracle.password},
        "target": {"dsn": postgres_dsn},
    }


def tables_of(dsn):
    """What the target holds besides the system's own."""
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT schemaname, tablename FROM pg_tables "
            "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()


def test_a_migration_is_accepted(client, services, body):
    """
    202 with the job, its links and its address; the job is stored and announced.
    """
    answer = client.post("/migrations", json=body)

    assert 202 == answer.status_code, answer.text
    job = answer.json()
    assert f"/migrations/{job['job_id']}" == answer.headers["location"] == job["links"]["self"]
    assert job["status"] in ("PENDING", "SUBMITTED")
    assert job["job_id"] == services.store.get_migration_job(job["job_id"]).id
    assert client.get(answer.headers["location"]).json()["request"]["tables"] == body["tables"]


def test_the_same_key_starts_one_job(client, services, body):
    """
    A repetition answers with the first job; another request under the same key is a conflict.
    """
    headers = {"idempotency-key": "order-66"}
    first, second = (client.post("/migrations", json=body, headers=headers) for _ in range(2))
    other = client.post("/migrations", json={**body, "mode": "append"}, headers=headers)

    assert (202, 202) == (first.status_code, second.status_code), second.text
    assert first.json()["job_id"] == second.json()["job_id"]
    assert (409, "JobStateConflict") == (other.status_code, other.json()["code"])
    assert 1 == len(services.store.list_migration_jobs())


def break_request(body, what):
    """The request with one thing wrong."""
    source, target = body["source"], body["target"]
    return {
        "table": {**body, "tables": [body["tables"][0], body["tables"][0] + "_NOT"]},
        "password": {**body, "source": {**source, "password": "wrong"}},
        "source host": {**body, "source": {**source, "dsn": "127.0.0.1:1/x"}},
        "service": {**body, "source": {**source, "dsn": source["dsn"] + "_NOT"}},
        "target host": {**body, "target": {"dsn": "postgresql://u@127.0.0.1:1/x"}},
        "target name": {**body, "target": {"dsn": target["dsn"] + "_not"}},
        "reference": {**body, "source": {**source, "password": "env:NOT_SET_ANYWHERE"}},
        "mode": {**body, "mode": "improve"},
        "unknown field": {**body, "tabels": []},
        "no table": {**body, "tables": []},
    }[what]


@pytest.mark.parametrize("route", ["/migrations", "/comparisons"])
@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("table", 404, "TableNotFound"),
        ("password", 403, "SourceRefused"),
        ("source host", 502, "SourceUnavailable"),
        ("service", 502, "SourceUnavailable"),
        ("target host", 502, "TargetUnavailable"),
        ("reference", 400, "ConfigError"),
        ("mode", 422, "InvalidRequest"),
        ("unknown field", 422, "InvalidRequest"),
        ("no table", 422, None),
    ],
)
def test_each_cause_has_a_different_clear_answer(
    client, services, body, postgres_dsn, route, what, status, code
):
    """
    What cannot work is refused with its own code, and neither a job nor a table stays.
    """
    answer = client.post(route, json=break_request(body, what))

    assert (status, "application/problem+json") == (
        answer.status_code,
        answer.headers["content-type"],
    ), answer.text
    if code:
        assert code == answer.json()["code"]
    if what == "table":
        assert "ORDERS_NOT" in answer.json()["detail"]
    assert body["source"]["password"] not in answer.text
    assert [] == services.store.list_migration_jobs()
    assert [] == tables_of(postgres_dsn)


@pytest.mark.parametrize(
    ("ddl", "code"),
    [
        ("id smallint PRIMARY KEY", "SchemaIncompatible"),
        ("id integer PRIMARY KEY, word varchar(40)", "TargetNotEmpty"),
    ],
)
def test_a_target_table_that_does_not_fit_is_a_conflict(
    client, services, body, oracle, postgres_dsn, ddl, code
):
    """
    An incompatible or filled target table is 409, and it is left as it was.
    """
    schema = oracle.schema.lower()
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"CREATE TABLE {schema}.orders ({ddl})")
        connection.execute(f"INSERT INTO {schema}.orders (id) VALUES (7)")

    answer = client.post("/migrations", json=body)

    assert (409, code) == (answer.status_code, answer.json()["code"]), answer.text
    assert answer.json()["hint"]
    assert [] == services.store.list_migration_jobs()
    assert [(schema, "orders")] == tables_of(postgres_dsn)


def test_a_comparison_answers_and_stores_nothing(client, services, body, postgres_dsn):
    """
    200 with one comparison per table; no job, no table.
    """
    answer = client.post("/comparisons", json=body)

    assert 200 == answer.status_code, answer.text
    (comparison,) = answer.json()["comparisons"]
    assert (body["tables"][0], False, True) == (
        comparison["source"],
        comparison["target_exists"],
        comparison["is_compatible"],
    )
    assert [] == services.store.list_migration_jobs()
    assert [] == tables_of(postgres_dsn)


def test_a_comparison_shows_what_differs(client, body, oracle, postgres_dsn):
    """
    Each difference has its severity, who decided, and the evidence of both sides.
    """
    schema = oracle.schema.lower()
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"CREATE TABLE {schema}.orders (id smallint PRIMARY KEY)")

    answer = client.post("/comparisons", json=body)

    (comparison,) = answer.json()["comparisons"]
    assert comparison["is_compatible"] is False
    found = {d["column"]: d for d in comparison["differences"]}
    assert "blocking" == found["WORD"]["severity"] == found["ID"]["severity"]
    assert found["ID"]["decided_by"].startswith("rule:")
    assert "smallint" in found["ID"]["target"]


def test_without_endpoints_the_server_settings_apply(settings, body, services, oracle):
    """
    A request that names no endpoints uses the server's.
    """
    from dataclasses import replace

    from oraferry.config import Secret

    own = replace(
        settings,
        source_dsn=oracle.dsn,
        source_user=oracle.user,
        source_password=Secret(oracle.password),
    )
    with TestClient(create_app(own)) as client:
        answer = client.post("/migrations", json={"tables": body["tables"]})

    assert 202 == answer.status_code, answer.text
