"""Foreign keys that wait for COMMIT, and what ON DELETE brings with it."""

from __future__ import annotations

import pytest

CHILD = "CREATE TABLE child (id NUMBER PRIMARY KEY, p NUMBER CONSTRAINT child_fk REFERENCES parent (id) {})"


@pytest.fixture
def parent(oracle):
    """A parent with two rows."""
    oracle.run(
        "CREATE TABLE parent (id NUMBER PRIMARY KEY)",
        "INSERT INTO parent SELECT level FROM dual CONNECT BY level < 3",
        "COMMIT",
    )
    return oracle


def test_deferred_keys_are_tested_at_commit(parent):
    """Children may come before their parent; without one, COMMIT rolls back: ORA-02091."""
    parent.run(CHILD.format("DEFERRABLE INITIALLY DEFERRED"))
    parent.run("INSERT INTO child VALUES (1, 9)", "INSERT INTO parent VALUES (9)", "COMMIT")
    parent.run("DELETE FROM parent WHERE id = 9")
    assert 2091 == parent.error("COMMIT")
    assert [(3,)] == parent.rows("SELECT COUNT(*) FROM parent")


def test_set_constraints(parent):
    """DEFERRED lets a transaction wait, IMMEDIATE tests at once; both end with it."""
    parent.run(CHILD.format("DEFERRABLE"))
    assert 2291 == parent.error("INSERT INTO child VALUES (1, 9)")
    parent.run("SET CONSTRAINTS ALL DEFERRED", "INSERT INTO child VALUES (1, 9)")
    assert 2291 == parent.error("SET CONSTRAINT child_fk IMMEDIATE")
    parent.run("UPDATE child SET p = 1", "SET CONSTRAINTS ALL IMMEDIATE")
    assert 2291 == parent.error("INSERT INTO child VALUES (2, 9)")
    parent.run("COMMIT", "SET CONSTRAINTS child_fk DEFERRED", "INSERT INTO child VALUES (2, 9)")
    parent.run("ROLLBACK")
    assert 2291 == parent.error("INSERT INTO child VALUES (2, 9)")


def test_keys_that_are_not_deferrable(parent):
    """SET CONSTRAINTS ALL passes them over; by name it is ORA-02447."""
    parent.run(CHILD.format(""), "SET CONSTRAINTS ALL DEFERRED")
    assert 2291 == parent.error("INSERT INTO child VALUES (1, 9)")
    assert 2447 == parent.error("SET CONSTRAINTS child_fk DEFERRED")


@pytest.mark.parametrize(
    ("rule", "left"),
    [("ON DELETE CASCADE", [(2, 2)]), ("ON DELETE SET NULL", [(1, None), (2, 2), (3, None)])],
)
def test_on_delete(parent, rule, left):
    """Children go with their parent, or let it go; a changed key is still ORA-02292."""
    parent.run(CHILD.format(rule), "INSERT INTO child VALUES (1, 1)")
    parent.run("INSERT INTO child VALUES (2, 2)", "INSERT INTO child VALUES (3, 1)")
    assert 2292 == parent.error("UPDATE parent SET id = 7 WHERE id = 1")
    assert 1 == parent.run("DELETE FROM parent WHERE id = 1")
    assert left == parent.rows("SELECT id, p FROM child ORDER BY id")
    parent.run("ROLLBACK")


def test_cascades_go_on(parent):
    """Grandchildren and children in the same table go too; a stop further down stops it all."""
    parent.run(
        "CREATE TABLE tree (id NUMBER PRIMARY KEY, up NUMBER REFERENCES tree (id) ON DELETE CASCADE)",
        "INSERT INTO tree SELECT level, NULLIF(level - 1, 0) FROM dual CONNECT BY level < 5",
        "COMMIT",
    )
    assert 1 == parent.run("DELETE FROM tree WHERE id = 2")
    assert [(1,)] == parent.rows("SELECT id FROM tree")
    parent.run("ROLLBACK", "CREATE TABLE leaf (t NUMBER REFERENCES tree (id))")
    parent.run("INSERT INTO leaf VALUES (4)")
    assert 2292 == parent.error("DELETE FROM tree WHERE id = 2")
    assert [(4,)] == parent.rows("SELECT COUNT(*) FROM tree")
