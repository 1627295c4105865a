"""ROLLUP, CUBE, GROUPING SETS, and what tells their rows apart."""

from __future__ import annotations

import pytest


@pytest.fixture
def sales(oracle):
    """Sales by region and year; one year is unknown."""
    oracle.run(
        "CREATE TABLE s (a VARCHAR2(3) NOT NULL, b NUMBER, x NUMBER)",
        "INSERT INTO s VALUES ('p', 1, 10)",
        "INSERT INTO s VALUES ('p', 2, 20)",
        "INSERT INTO s VALUES ('q', 1, 5)",
        "INSERT INTO s VALUES ('q', NULL, 7)",
    )
    return oracle


def test_rollup_tells_a_total_from_a_null(sales):
    """GROUPING is 1 where the NULL is none of the table's."""
    found = sales.rows(
        "SELECT a, b, SUM(x), GROUPING(b), GROUPING_ID(a, b) FROM s GROUP BY ROLLUP(a, b) "
        "ORDER BY GROUPING_ID(a, b), a, b"
    )

    expected = [
        ("p", 1, 10, 0, 0), ("p", 2, 20, 0, 0), ("q", 1, 5, 0, 0), ("q", None, 7, 0, 0),
        ("p", None, 30, 1, 1), ("q", None, 12, 1, 1), (None, None, 42, 1, 3),
    ]  # fmt: skip
    assert expected == found


def test_cube(sales):
    """Every subset of the keys."""
    found = sales.rows(
        "SELECT GROUPING_ID(a, b), COUNT(*), SUM(x) FROM s GROUP BY CUBE(a, b) ORDER BY 1, 3"
    )

    ids = [row[0] for row in found]
    assert [0, 0, 0, 0, 1, 1, 2, 2, 2, 3] == ids
    assert [(2, 1, 7), (2, 2, 15), (2, 1, 20)] == found[6:9]


def test_grouping_sets_with_parts_and_the_whole(sales):
    """A set in parentheses is one; () is the grand total; sets multiply with other items."""
    single = sales.rows("SELECT a, b, SUM(x) FROM s GROUP BY GROUPING SETS ((a, b), ()) ORDER BY 3")
    beside = sales.rows("SELECT a, COUNT(*) FROM s GROUP BY a, GROUPING SETS (b, ()) ORDER BY 1, 2")

    assert [("q", 1, 5), ("q", None, 7), ("p", 1, 10), ("p", 2, 20), (None, None, 42)] == single
    assert [("p", 1), ("p", 1), ("p", 2), ("q", 1), ("q", 1), ("q", 2)] == beside


def test_the_same_set_twice(sales):
    """GROUP_ID numbers repetitions, so that HAVING can drop them."""
    by_a = "SELECT a, SUM(x), GROUP_ID() FROM s GROUP BY GROUPING SETS (a, a)"

    assert [("p", 30, 0), ("q", 12, 0), ("p", 30, 1), ("q", 12, 1)] == sales.rows(
        f"{by_a} ORDER BY 3, 1"
    )
    assert [("p", 30, 0), ("q", 12, 0)] == sales.rows(f"{by_a} HAVING GROUP_ID() = 0 ORDER BY 1")


def test_expressions_and_aggregates_over_keys(sales):
    """A rolled-up key is NULL in expressions; aggregates see the rows' own values."""
    found = sales.rows(
        "SELECT NVL(a, 'all'), MAX(a), RANK() OVER (ORDER BY SUM(x) DESC) FROM s "
        "GROUP BY ROLLUP(a) ORDER BY 3"
    )

    assert [("all", "q", 1), ("p", "p", 2), ("q", "q", 3)] == found


def test_a_key_of_sets_may_be_null(sales):
    """The result's column is not described as NOT NULL."""
    plan = sales.session._plan("SELECT a, COUNT(*) FROM s GROUP BY ROLLUP(a)", [])[0]

    assert plan.columns[0].nullable


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT x FROM s GROUP BY ROLLUP(a)", 979),
        ("SELECT GROUPING(b) FROM s GROUP BY ROLLUP(a)", 979),
        ("SELECT COUNT(*) FROM s WHERE 1 = 0 GROUP BY ROLLUP(a)", 3001),
    ],
)
def test_errors(sales, query, code):
    """What is no key; and a grand total of nothing, about which orasim does not know."""
    assert code == sales.error(query)
