"""JSON made from SQL values, and rows of each row's own collection."""

from __future__ import annotations

import json

import pytest
from orasim.engine import OracleError


@pytest.fixture
def things(oracle):
    oracle.run(
        "CREATE TYPE nums AS VARRAY(10) OF NUMBER",
        "CREATE TABLE t (id NUMBER, w VARCHAR2(20), n nums)",
        "INSERT INTO t VALUES (1, 'a\"ü', nums(1, 2.5, NULL))",
        "INSERT INTO t VALUES (2, NULL, nums())",
        "INSERT INTO t (id) VALUES (3)",
    )
    return oracle


def test_objects_hold_their_pairs(things):
    """
    NULL stands as null or is left out; FORMAT JSON nests; numbers are no strings.
    """
    sql = """SELECT JSON_OBJECT('id' VALUE t.id, KEY 'w' VALUE t.w),
        JSON_OBJECT('w' VALUE t.w ABSENT ON NULL RETURNING CLOB),
        JSON_OBJECT('in' VALUE JSON_OBJECT('x' VALUE 0.1) FORMAT JSON) FROM t ORDER BY id"""

    rows = [[json.loads(text) for text in row] for row in things.rows(sql)]

    assert [{"id": 1, "w": 'a"ü'}, {"w": 'a"ü'}, {"in": {"x": 0.1}}] == rows[0]
    assert [{"id": 2, "w": None}, {}, {"in": {"x": 0.1}}] == rows[1]


def test_arrays_collect_each_rows_own_collection(things):
    """
    A subquery over TABLE(t.n) is run anew for each row; no rows at all are NULL.
    """
    sql = """SELECT (SELECT JSON_ARRAYAGG(COLUMN_VALUE NULL ON NULL) FROM TABLE(t.n)),
        (SELECT JSON_ARRAYAGG(COLUMN_VALUE) FROM TABLE(t.n)),
        (SELECT COUNT(*) FROM TABLE(t.n)) FROM t ORDER BY id"""

    assert [("[1,2.5,null]", "[1,2.5]", 3), (None, None, 0), (None, None, 0)] == things.rows(sql)


def test_what_does_not_fit_or_is_no_json_is_an_error(things):
    """
    VARCHAR2(4000) unless RETURNING says more; other kinds of values are refused.
    """
    with pytest.raises(OracleError, match="40478"):
        things.rows("SELECT JSON_OBJECT('x' VALUE RPAD('x', 4000)) FROM dual")
    assert things.rows("SELECT JSON_OBJECT('x' VALUE RPAD('x', 4000) RETURNING CLOB) FROM dual")
    with pytest.raises(OracleError, match="3001"):
        things.rows("SELECT JSON_OBJECT('x' VALUE t.n) FROM t")
