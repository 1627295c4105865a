"""Stored procedures, functions and packages, called from blocks and from SQL."""

from __future__ import annotations

import pytest


@pytest.fixture
def stored(oracle):
    oracle.run(
        "CREATE FUNCTION sq (p NUMBER, plus NUMBER DEFAULT 0) RETURN NUMBER IS "
        "BEGIN RETURN p * p + plus; END;",
        "CREATE PROCEDURE twice (p IN NUMBER, q OUT NUMBER, r IN OUT VARCHAR2) IS "
        "BEGIN q := sq(p) * 2; r := r || q; INSERT INTO t VALUES (q, r); END twice;",
        "CREATE PACKAGE counter IS start_at CONSTANT NUMBER := 10; n NUMBER := start_at; "
        "PROCEDURE up (by_ NUMBER := 1); FUNCTION now RETURN NUMBER; END counter;",
        "CREATE PACKAGE BODY counter IS PROCEDURE up (by_ NUMBER := 1) IS BEGIN n := n + by_; END; "
        "FUNCTION now RETURN NUMBER IS BEGIN RETURN n; END; BEGIN n := n + 5; END counter;",
    )
    return oracle


def test_functions_are_called_from_sql(stored):
    """
    With places, names and defaults, in select lists and conditions.
    """
    stored.run("INSERT INTO t VALUES (3, 'x')")

    assert [(9, 10, 9)] == stored.rows(
        "SELECT sq(a), sq(a, plus => 1), scott.sq(p => a) FROM t WHERE sq(a) > 8"
    )


def test_out_parameters_come_back(stored):
    """
    OUT and IN OUT reach the caller's variables; what the procedure inserted stays.
    """
    stored.run(
        "DECLARE x NUMBER; y VARCHAR2(30) := 'v'; BEGIN twice(3, r => y, q => x); "
        "twice(x, x, y); END;"
    )

    assert [(18, "v18"), (648, "v18648")] == stored.rows("SELECT a, b FROM t")


def test_a_package_keeps_its_state_for_the_session(stored, open_session):
    """
    Its start block runs once per session; other sessions have a state of their own.
    """
    stored.run("BEGIN counter.up; counter.up(by_ => 4); counter.n := counter.n + 1; END;")

    assert [(21, 21)] == stored.rows("SELECT counter.now, scott.counter.now() FROM dual")
    assert [(15,)] == open_session("SCOTT").rows("SELECT counter.now FROM dual")


def test_stored_code_runs_with_its_owners_rights(stored, database, open_session):
    """
    A user with EXECUTE changes the owner's table through the procedure, and not otherwise.
    """
    database.create_user("GUEST", "g", profile="grants")
    guest = open_session("GUEST")
    block = "DECLARE q NUMBER; r VARCHAR2(30) := 'g'; BEGIN scott.twice(1, q, r); END;"

    assert "PLS-00201" in guest.error(block).message
    stored.run("GRANT EXECUTE ON twice TO guest")
    guest.run(block, "COMMIT")
    assert 942 == guest.error("DELETE FROM scott.t").code
    assert [(2, "g2")] == stored.rows("SELECT a, b FROM t")


def test_errors_of_stored_code_show_where(stored):
    """
    The stack names the unit and its line, then the caller's.
    """
    stored.run("CREATE PROCEDURE bad IS\nn NUMBER;\nBEGIN\n n := 1 / 0;\nEND;")

    assert (
        'ORA-01476: divisor is equal to zero\nORA-06512: at "SCOTT.BAD", line 4\n'
        "ORA-06512: at line 2" == stored.error("BEGIN\n bad;\nEND;").message
    )


def test_call_runs_a_procedure(stored):
    """
    CALL is a block of one call.
    """
    stored.run("CREATE PROCEDURE put (n NUMBER) IS BEGIN INSERT INTO t VALUES (n, 'c'); END;")
    stored.run("CALL put(5)")

    assert [(5, "c")] == stored.rows("SELECT a, b FROM t")


def test_code_with_unknown_constructs_is_refused_when_called(stored):
    """
    It may be stored, as any text may; calling it is ORA-03001.
    """
    stored.run(
        "CREATE PROCEDURE bulk IS TYPE l IS TABLE OF NUMBER; v l; "
        "BEGIN SELECT a BULK COLLECT INTO v FROM t; END;"
    )

    assert 3001 == stored.error("BEGIN bulk; END;").code
