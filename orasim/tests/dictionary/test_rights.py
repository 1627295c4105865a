"""What needs a right of its own: sequences of others; and what a LONG may be asked."""

from __future__ import annotations

import pytest
from orasim.database import Database
from orasim.engine import OracleError


@pytest.fixture
def database():
    database = Database()
    for name, profile in (("OWN", "owner"), ("GRA", "grants"), ("CAT", "catalog")):
        database.create_user(name, "x", profile=profile)
    owner = database.open_session("OWN", "test", 1, 1)
    for statement in (
        "CREATE SEQUENCE sq",
        "CREATE TABLE t (id NUMBER GENERATED ALWAYS AS IDENTITY, v VARCHAR2(5) DEFAULT 'x')",
        "GRANT INSERT, SELECT ON t TO gra",
    ):
        owner.execute(statement, [])
    return database


def run(database, user, sql):
    """The rows of a query, or the row count of a change; the ORA- number when refused."""
    session = database.open_session(user, "test", 1, 1)
    try:
        outcome = session.execute(sql, [])
        if outcome.cursor is None:
            return outcome.row_count
        plan, context, _ = session._plan(sql, [])
        context.begin_execution()
        return list(plan.rows())
    except OracleError as error:
        return error.code
    finally:
        session.close()


def test_sequences_of_others_need_a_right(database):
    """
    ORA-02289 without SELECT on the sequence; an identity column needs only INSERT.
    """
    query = "SELECT own.sq.NEXTVAL FROM dual"
    assert [2289, 2289] == [run(database, user, query) for user in ("GRA", "CAT")]
    assert 1 == run(database, "GRA", "INSERT INTO own.t (v) VALUES ('a')")

    database.open_session("OWN", "test", 1, 1).execute("GRANT SELECT ON sq TO gra", [])
    assert isinstance(run(database, "GRA", query), list)
    assert 2289 == run(database, "OWN", "SELECT nothing.NEXTVAL FROM dual")


def test_a_long_may_be_asked_whether_it_is_null_and_no_more(database):
    """
    IS NULL works; comparisons, functions and CREATE TABLE AS are refused.
    """
    view = "FROM user_tab_columns WHERE table_name = 'T'"
    assert [("ID",), ("V",)] == run(
        database, "OWN", f"SELECT column_name {view} AND data_default IS NOT NULL ORDER BY 1"
    )
    for sql in (
        f"SELECT data_default {view} ORDER BY data_default",
        f"SELECT MAX(data_default) {view}",
        f"CREATE TABLE c AS SELECT data_default d {view}",
    ):
        assert 997 == run(database, "OWN", sql)
