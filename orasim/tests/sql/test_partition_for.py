"""PARTITION FOR (key): the partition that a key belongs to."""

from __future__ import annotations

import pytest


@pytest.fixture
def sold(oracle):
    """A table by range, and one by list with subpartitions."""
    oracle.run(
        "CREATE TABLE r (a NUMBER) PARTITION BY RANGE (a) (PARTITION p1 VALUES LESS THAN (10), "
        "PARTITION p2 VALUES LESS THAN (20))",
        "INSERT INTO r SELECT LEVEL FROM dual CONNECT BY LEVEL < 20",
        "CREATE TABLE l (a VARCHAR2(3), b NUMBER) PARTITION BY LIST (a) SUBPARTITION BY RANGE (b) "
        "(PARTITION la VALUES ('x', 'y') (SUBPARTITION s1 VALUES LESS THAN (5), "
        "SUBPARTITION s2 VALUES LESS THAN (9)), PARTITION ld VALUES (DEFAULT) "
        "(SUBPARTITION s3 VALUES LESS THAN (9)))",
        "INSERT INTO l VALUES ('x', 4)",
        "INSERT INTO l VALUES ('y', 7)",
        "INSERT INTO l VALUES ('q', 1)",
    )
    return oracle


def test_ranges(sold):
    """The bound belongs to the next partition; a key beyond all has none."""
    assert [(10, 10)] == sold.rows("SELECT COUNT(*), MIN(a) FROM r PARTITION FOR (10) t")
    assert [(9, 1)] == sold.rows("SELECT COUNT(*), MIN(a) FROM r PARTITION FOR (9)")
    assert 2149 == sold.error("SELECT * FROM r PARTITION FOR (20)")


def test_lists_and_subpartitions(sold):
    """A key in no list belongs to DEFAULT; SUBPARTITION FOR takes both keys."""
    assert [("x",), ("y",)] == sold.rows("SELECT a FROM l PARTITION FOR ('y') ORDER BY 1")
    assert [("q",)] == sold.rows("SELECT a FROM l PARTITION FOR ('z')")
    assert [("y",)] == sold.rows("SELECT a FROM l SUBPARTITION FOR ('x', 7)")


def test_interval(oracle):
    """Only partitions that were made are there."""
    oracle.run(
        "CREATE TABLE i (b DATE) PARTITION BY RANGE (b) INTERVAL (NUMTOYMINTERVAL(1, 'MONTH')) "
        "(PARTITION p0 VALUES LESS THAN (DATE '2020-01-01'))",
        "INSERT INTO i VALUES (DATE '2020-03-05')",
    )

    assert [(1,)] == oracle.rows("SELECT COUNT(*) FROM i PARTITION FOR (DATE '2020-03-20')")
    assert 2149 == oracle.error("SELECT * FROM i PARTITION FOR (DATE '2020-02-20')")
    oracle.run("INSERT INTO i VALUES (DATE '2020-02-05')")
    assert [(1,)] == oracle.rows("SELECT COUNT(*) FROM i PARTITION FOR (DATE '2020-02-20')")


def test_insert(sold):
    """A row of another partition is refused."""
    assert 1 == sold.run("INSERT INTO r PARTITION FOR (5) VALUES (7)")
    assert 14401 == sold.error("INSERT INTO r PARTITION (p2) VALUES (7)")
    assert 14401 == sold.error("INSERT INTO l PARTITION (ld) (a, b) VALUES ('x', 1)")


def test_merge_is_refused(sold):
    """Rather than to change rows of other partitions."""
    merge = (
        "MERGE INTO r PARTITION (p1) t USING dual ON (t.a = 15) WHEN MATCHED THEN UPDATE SET a = 16"
    )
    assert 3001 == sold.error(merge)


def test_delete(sold):
    """DELETE reaches that partition's rows only."""
    assert 9 == sold.run("DELETE FROM r PARTITION FOR (5)")
    assert [(10,)] == sold.rows("SELECT MIN(a) FROM r")
