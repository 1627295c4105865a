"""Policies on the way of a whole job: stored with the plan, applied by workers, verified."""

from __future__ import annotations

import json

import psycopg
import pytest
from fastapi.testclient import TestClient

from oraferry.api.app import create_app
from oraferry.errors import RequestError, SchemaIncompatible
from oraferry.migration.report import build_report
from oraferry.model import MigrationStatus

TARGET = """
CREATE SCHEMA {schema};
CREATE TABLE {schema}.given (
  id bigint, active boolean, code varchar(3), day date, price numeric(6,1),
  at timestamp(3), note text NOT NULL, doc jsonb
)
"""
POLICIES = [
    {"column": "GIVEN.ACTIVE", "to": "boolean"},
    {"column": "GIVEN.CODE", "overflow": "cut", "padding": "trim"},
    {"column": "GIVEN.DAY", "time_of_day": "cut", "last_day": "infinity"},
    {"column": "GIVEN.PRICE", "overflow": "cut"},
    {"column": "GIVEN.AT", "to": "timestamp(3)"},
    {"column": "GIVEN.NOTE", "empty_text": "empty", "nul": "remove"},
    {"column": "GIVEN.DOC", "to": "jsonb"},
]


@pytest.fixture
def given(oracle, make_yard):
    """A table whose values do not fit the target that is there."""
    oracle.run(
        'CREATE TABLE given (id NUMBER(9), active NUMBER(1), code CHAR(8), "DAY" DATE, '
        'price NUMBER(9,3), "AT" TIMESTAMP(3) WITH TIME ZONE, note VARCHAR2(20), doc CLOB)',
        "INSERT INTO given VALUES (1, 1, 'abcdef', DATE '9999-12-31', 12.345, "
        "TIMESTAMP '2024-01-01 02:00:00 +02:00', NULL, '{\"a\": 1.0}')",
        "INSERT INTO given VALUES (2, 0, 'x', TO_DATE('2024-02-29 12', 'YYYY-MM-DD HH24'), -0.05, "
        "NULL, 'a' || CHR(0) || 'b', NULL)",
    )
    yard = make_yard()
    with psycopg.connect(yard.target_dsn) as connection:
        connection.execute(TARGET.format(schema=oracle.schema.lower()))
    return yard


def test_a_target_that_is_there_is_filled_by_policy(oracle, given):
    """
    What the comparison refuses without policies is loaded with them, counted and verified.
    """
    with pytest.raises(SchemaIncompatible):
        given.submit("GIVEN")

    job = given.move("GIVEN", policies=POLICIES)

    assert (MigrationStatus.COMPLETED, True) == (job.status, job.verified)
    with psycopg.connect(given.target_dsn) as connection:
        rows = connection.execute(
            "SELECT id, active, code, day::text, price::text, at::text, note, doc "
            f"FROM {oracle.schema.lower()}.given ORDER BY id"
        ).fetchall()
    assert [
        (1, True, "abc", "infinity", "12.3", "2024-01-01 00:00:00", "", {"a": 1.0}),
        (2, False, "x", "2024-02-29", "-0.1", None, "ab", None),
    ] == rows
    table = f"{oracle.schema}.GIVEN"
    assert {
        f"{table}.CODE: trailing blanks of CHAR trimmed": 2,
        f"{table}.CODE: texts cut to 3 characters": 1,
        f"{table}.DAY: 9999-12-31 stored as infinity": 1,
        f"{table}.DAY: time of day cut": 1,
        f"{table}.PRICE: fractions rounded": 2,
        f"{table}.AT: time zone left out: the label is in UTC": 1,
        f"{table}.NOTE: NULL stored as an empty text": 1,
        f"{table}.NOTE: NUL characters removed": 1,
    } == build_report(given.services.store, job.id).altered


def test_a_policy_in_vain_is_refused_before_anything_is_stored(given):
    """
    Over HTTP a 422 that names it; nothing of it becomes a job.
    """
    with pytest.raises(RequestError, match="selects no column"):
        given.submit("GIVEN", policies=[{"column": "GIVEN.NOPE", "nul": "remove"}])

    body = {"tables": [f"{given.schema}.GIVEN"]}
    with TestClient(create_app(given.services)) as client:
        for policy, words in (
            ({"column": "GIVEN.NOPE", "nul": "remove"}, "selects no column"),
            ({"column": "GIVEN.PRICE", "to": "uuid"}, "NUMBER cannot be loaded into uuid"),
            ({"type": "NUMBER", "nul": "remove"}, "nul says nothing about NUMBER"),
            ({"column": "A", "to": "money"}, "no PostgreSQL type"),
        ):
            answer = client.post("/migrations", json=body | {"policies": [policy]})
            shown = json.dumps(answer.json())
            assert (422, True) == (answer.status_code, words in shown), shown
    assert [] == given.services.store.list_migration_jobs()
