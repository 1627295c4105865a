"""Policies: which columns they are about, and which cannot be meant."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from oraferry.cli.selection import build_request
from oraferry.errors import RequestError
from oraferry.migration.policies import PolicyRequest, parse_policy
from oraferry.migration.request import DataMigrationRequest
from oraferry.model import Column, DataType, Policy, TableRef
from oraferry.typemap.policy import resolve
from oraferry.typemap.written import parse_oracle_type, parse_postgres_type

REF = TableRef("HR", "EMP")
NOTE = Column("NOTE", DataType("VARCHAR2", length=20), 1)
FLAG = Column("FLAG", DataType("NUMBER", precision=1, scale=0), 2)


def rules(*policies: dict):
    """As a request gives them."""
    return [PolicyRequest(**policy).to_rule() for policy in policies]


@pytest.mark.parametrize(
    ("pattern", "is_meant"),
    [
        ("HR.EMP.NOTE", True), ("hr.emp.note", True), ("EMP.NOTE", True), ("NOTE", True),
        ("HR.*.N%", True), ("*.*.*", True), ('HR.EMP."NOTE"', True), ('HR.EMP."note"', False),
        ("HR.EMP", False), ("X.EMP.NOTE", False), ("A.HR.EMP.NOTE", False),
    ],
)  # fmt: skip
def test_columns_are_selected_by_name(pattern, is_meant):
    """
    Whole names, their ends, patterns; quoted parts have no magic.
    """
    found = resolve(rules({"column": pattern, "nul": "remove"}), REF, NOTE)

    assert ("remove" if is_meant else "refuse") == found.nul


@pytest.mark.parametrize(
    ("pattern", "type", "is_meant"),
    [
        ("NUMBER(1)", DataType("NUMBER", precision=1, scale=0), True),
        ("NUMBER(1,0)", DataType("NUMBER", precision=1, scale=0), True),
        ("number", DataType("NUMBER", precision=1, scale=0), True),
        ("NUMBER(1)", DataType("NUMBER", precision=1, scale=1), False),
        ("NUMBER(*)", DataType("NUMBER"), True),
        ("NUMBER(*)", DataType("NUMBER", precision=5, scale=0), False),
        ("NUMBER(*,2)", DataType("NUMBER", scale=2), True),
        ("NUMBER(5,-2)", DataType("NUMBER", precision=5, scale=-2), True),
        ("RAW(16)", DataType("RAW", length=16), True),
        ("RAW(16)", DataType("RAW", length=17), False),
        ("VARCHAR2(20 CHAR)", DataType("VARCHAR2", length=20), True),
        ("VARCHAR", DataType("VARCHAR2", length=20), True),
        ("TIMESTAMP(9)", DataType("TIMESTAMP", scale=9), True),
        ("TIMESTAMP", DataType("TIMESTAMP WITH TIME ZONE", scale=9), False),
        ("timestamp(9)  with time zone", DataType("TIMESTAMP WITH TIME ZONE", scale=9), True),
        ("INTERVAL DAY TO SECOND", DataType("INTERVAL DAY TO SECOND", precision=2), True),
    ],
    ids=str,
)  # fmt: skip
def test_columns_are_selected_by_type(pattern, type, is_meant):
    """
    A bare name means every column of the type, a size that one.
    """
    assert is_meant == parse_oracle_type(pattern).matches(type)


def test_later_policies_win_setting_by_setting():
    """
    A general policy first, exceptions after it; settings without meaning for a type are no matter.
    """
    found = rules(
        {"nul": "remove", "invalid_bytes": "replace", "nanoseconds": "round"},
        {"type": "VARCHAR2", "nul": "replace"},
        {"column": "NOTE", "overflow": "cut"},
        {"type": "NUMBER(1)", "to": "bool"},
    )

    expected = Policy(nul="replace", invalid_bytes="replace", overflow="cut")
    assert expected == resolve(found, REF, NOTE)
    assert Policy(to=DataType("boolean")) == resolve(found, REF, FLAG)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"to": "uuid"}, "needs a column or a type"),
        ({"type": "RAW(16)"}, "needs a setting"),
        ({"type": "NUMBER", "nul": "remove"}, "nul says nothing about NUMBER"),
        ({"column": "A", "nul": "bytea", "to": "text"}, "contradict each other"),
        ({"column": "A", "nul": "bytea", "nanoseconds": "text"}, "contradict each other"),
        ({"column": "A", "to": "money"}, "no PostgreSQL type that can be loaded"),
        ({"column": "A", "to": "timestamp(7)"}, "no PostgreSQL type"),
        ({"type": "NUMBER(", "to": "text"}, "no Oracle type"),
        ({"type": "MONEY", "to": "text"}, "no Oracle type that can be moved"),
        ({"nul": "ignore"}, "Input should be"),
        ({"null": "remove"}, "Extra inputs"),
    ],
)
def test_what_cannot_be_meant_is_refused(policy, words):
    """
    Contradictions, unknown words and settings without meaning are errors of the request.
    """
    with pytest.raises(ValidationError, match=words):
        DataMigrationRequest(tables=["HR.EMP"], policies=[policy])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nul=remove", {"nul": "remove"}),
        ("time-zone=column", {"time_zone": "column"}),
        ("NUMBER(1):to=boolean", {"type": "NUMBER(1)", "to": "boolean"}),
        ("TIMESTAMP(9) WITH TIME ZONE:nanoseconds=round", {"type": "TIMESTAMP(9) WITH TIME ZONE", "nanoseconds": "round"}),
        ("HR.EMP.NOTE:overflow=cut", {"column": "HR.EMP.NOTE", "overflow": "cut"}),
        ("NOTE:to=varchar(5)", {"column": "NOTE", "to": "varchar(5)"}),
    ],
)  # fmt: skip
def test_flags_write_policies_short(text, expected):
    """
    What stands before the colon is a type when Oracle has one of that name.
    """
    assert expected == parse_policy(text)
    assert [PolicyRequest(**expected)] == build_request(tables=["T"], policies=[text]).policies


@pytest.mark.parametrize("text", ["nul", "T.C:", "nul=", "=remove"])
def test_a_flag_that_is_no_policy_is_refused(text):
    """
    The error names the flag and how it is written.
    """
    with pytest.raises(RequestError, match="--policy"):
        build_request(tables=["T"], policies=[text])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INT8", DataType("bigint")),
        ("numeric(10)", DataType("numeric", precision=10, scale=0)),
        ("decimal( 10 , -2 )", DataType("numeric", precision=10, scale=-2)),
        ("char", DataType("character", length=1)),
        ("varchar", DataType("character varying")),
        ("timestamptz(3)", DataType("timestamp with time zone", scale=3)),
        ("timestamp(0) without time zone", DataType("timestamp without time zone", scale=0)),
    ],
)
def test_postgres_types_go_by_any_of_their_names(text, expected):
    """
    As the server's own documentation writes them.
    """
    assert expected == parse_postgres_type(text)
