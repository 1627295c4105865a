"""Flashback version queries and samples."""

from __future__ import annotations

import pytest


def test_versions_between_shows_what_each_commit_did(oracle):
    """
    Insert, update and delete with their SCNs, newest first; rows of before have no start.
    """
    oracle.run("CREATE TABLE t (id NUMBER, v VARCHAR2(5))", "INSERT INTO t VALUES (1, 'a')")
    oracle.run("INSERT INTO t VALUES (2, 'x')", "COMMIT")
    ((start,),) = oracle.rows("SELECT current_scn FROM v$database")
    oracle.run("UPDATE t SET v = 'b' WHERE id = 1", "COMMIT")
    oracle.run("UPDATE t SET v = 'c' WHERE id = 1", "INSERT INTO t VALUES (3, 'n')", "COMMIT")
    oracle.run("DELETE FROM t WHERE id = 1", "COMMIT", "INSERT INTO t VALUES (4, 'no')")
    found = oracle.rows(
        "SELECT id, v, versions_operation, versions_startscn, versions_endscn FROM t "
        f"VERSIONS BETWEEN SCN {start} AND MAXVALUE ORDER BY id, versions_startscn NULLS FIRST"
    )

    b, c, d = (row[3] for row in found[1:4])
    assert start < b < c < d
    assert [
        (1, "a", None, None, b),
        (1, "b", "U", b, c),
        (1, "c", "U", c, d),
        (1, "c", "D", d, None),
        (2, "x", None, None, None),
        (3, "n", "I", c, None),
    ] == found
    assert [("a",), ("b",)] == oracle.rows(
        f"SELECT v FROM t VERSIONS BETWEEN SCN {start} AND {b} x WHERE x.id = 1 ORDER BY v"
    )
    assert [("I", 1), ("I", 2), ("I", 3)] == oracle.rows(
        "SELECT versions_operation, id FROM t VERSIONS BETWEEN SCN MINVALUE AND MAXVALUE "
        "WHERE versions_operation = 'I' ORDER BY id"
    )


def test_versions_before_what_is_remembered_are_refused(oracle, database):
    """
    ORA-30052 when undo is gone; FLASHBACK is needed on a table of somebody else.
    """
    oracle.run("CREATE TABLE t (id NUMBER)", "INSERT INTO t VALUES (1)", "COMMIT")
    ((start,),) = oracle.rows("SELECT current_scn FROM v$database")
    database.storage.expire_undo()

    assert 30052 == oracle.error(f"SELECT id FROM t VERSIONS BETWEEN SCN {start} AND MAXVALUE")


@pytest.mark.parametrize("clause", ["SAMPLE (20) SEED (7)", "SAMPLE BLOCK (50) SEED (2)"])
def test_sample_takes_about_its_share_and_the_same_for_a_seed(oracle, clause):
    """
    Each row or block by chance; a seed repeats the choice.
    """
    oracle.run(
        "CREATE TABLE t (id NUMBER)",
        "INSERT INTO t SELECT LEVEL FROM dual CONNECT BY LEVEL <= 5000",
        "COMMIT",
    )
    first = oracle.rows(f"SELECT id FROM t {clause}")
    share = len(first) / 5000

    assert first == oracle.rows(f"SELECT id FROM t {clause} x")
    assert abs(share - (0.2 if "20" in clause else 0.5)) < (0.03 if "20" in clause else 0.35)
    assert 30562 == oracle.error("SELECT id FROM t SAMPLE (100)")
