"""SERIALIZABLE transactions: one snapshot, own changes on top, ORA-08177 for others' rows."""

from __future__ import annotations

import pytest


@pytest.fixture
def stock(oracle):
    """Two rows, committed."""
    oracle.run(
        "CREATE TABLE stock (id NUMBER PRIMARY KEY, amount NUMBER)",
        "INSERT INTO stock VALUES (1, 10)",
        "INSERT INTO stock VALUES (2, 20)",
        "COMMIT",
    )
    return oracle


def test_session_isolation_makes_every_transaction_serializable(stock, open_session):
    """After ALTER SESSION each transaction reads its own snapshot until it ends."""
    other = open_session("SCOTT")
    stock.run("ALTER SESSION SET ISOLATION_LEVEL = SERIALIZABLE")
    assert [(30,)] == stock.rows("SELECT SUM(amount) FROM stock")

    other.run(
        "UPDATE stock SET amount = 11 WHERE id = 1", "INSERT INTO stock VALUES (3, 5)", "COMMIT"
    )
    stock.run("UPDATE stock SET amount = 25 WHERE id = 2")
    assert [(10,), (25,)] == stock.rows("SELECT amount FROM stock ORDER BY id")

    stock.run("COMMIT")
    assert [(11,), (25,), (5,)] == stock.rows("SELECT amount FROM stock ORDER BY id")
    stock.run("ALTER SESSION SET ISOLATION_LEVEL = READ COMMITTED")
    assert 2183 == stock.error("ALTER SESSION SET ISOLATION_LEVEL = CHAOS")


@pytest.mark.parametrize(
    "change", ["UPDATE stock SET amount = 0 WHERE id = 1", "DELETE FROM stock"]
)
def test_rows_that_others_changed_cannot_be_changed(stock, open_session, change):
    """A row changed after the snapshot is ORA-08177, and after ROLLBACK it goes."""
    other = open_session("SCOTT")
    stock.run("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    other.run("UPDATE stock SET amount = 11 WHERE id = 1", "COMMIT")
    assert 8177 == stock.error(change)
    stock.run("ROLLBACK")
    assert stock.run(change) > 0


def test_v_transaction_tells_the_isolation(newest):
    """A transaction has an identifier; V$TRANSACTION flags the serializable one."""
    query = "SELECT BITAND(flag, POWER(2, 28)) FROM v$transaction WHERE xidusn || '.' || xidslot || '.' || xidsqn = '{}'"
    started = "DBMS_TRANSACTION.LOCAL_TRANSACTION_ID(TRUE)"
    assert newest.value("DBMS_TRANSACTION.LOCAL_TRANSACTION_ID") is None
    assert [(0,)] == newest.rows(query.format(newest.value(started)))
    newest.run("ROLLBACK", "ALTER SESSION SET ISOLATION_LEVEL = SERIALIZABLE")
    assert [(2**28,)] == newest.rows(query.format(newest.value(started)))
