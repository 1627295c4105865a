"""The SQL that reads object types as JSON, and which types have none."""

from __future__ import annotations

import pytest

from oraferry.oracle.objects import Member, Shape, json_sql

SHAPES = {
    ("S", "POINT"): Shape((Member("X", "NUMBER", None, False), Member("At", "DATE", None, False)), False),
    ("S", "LINE"): Shape((Member("A", "POINT", "S", False), Member("N", "NUMS", "S", False)), False),
    ("S", "NUMS"): Shape((Member("", "NUMBER", None, False),), True),
    ("S", "WITH_BLOB"): Shape((Member("B", "BLOB", None, False),), False),
    ("S", "OUTER"): Shape((Member("W", "WITH_BLOB", "S", False),), False),
    ("S", "WITH_REF"): Shape((Member("R", "POINT", "S", True),), False),
    ("S", "POINTS"): Shape((Member("", "POINT", "S", False),), True),
    ("S", "EMPTY"): Shape((), False),
}  # fmt: skip


def test_objects_nest():
    """
    Attributes by their stored names, dates as text, NULL kept apart from an object of NULLs.
    """
    expected = (
        "CASE WHEN t.C IS NOT NULL THEN JSON_OBJECT('A' VALUE CASE WHEN t.C.\"A\" IS NOT NULL THEN "
        "JSON_OBJECT('X' VALUE t.C.\"A\".\"X\", 'At' VALUE "
        'LTRIM(TO_CHAR(t.C."A"."At", \'SYYYY-MM-DD"T"HH24:MI:SS\')) NULL ON NULL RETURNING CLOB) '
        "END FORMAT JSON, 'N' VALUE CASE WHEN t.C.\"N\" IS NOT NULL THEN "
        "COALESCE((SELECT JSON_ARRAYAGG(e1.COLUMN_VALUE NULL ON NULL RETURNING CLOB) "
        "FROM TABLE(t.C.\"N\") e1), TO_CLOB('[]')) END FORMAT JSON NULL ON NULL RETURNING CLOB) END"
    )

    assert expected == json_sql("t.C", ("S", "LINE"), SHAPES)


@pytest.mark.parametrize("name", ["WITH_BLOB", "OUTER", "WITH_REF", "POINTS", "EMPTY", "UNKNOWN"])
def test_what_json_cannot_hold_exactly_is_not_described(name):
    """
    One attribute without an exact form keeps the whole column from being read so.
    """
    assert json_sql("t.C", ("S", name), SHAPES) is None
