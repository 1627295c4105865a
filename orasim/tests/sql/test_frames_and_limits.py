"""Window frames by distance, FETCH with ties and expressions, recursion that repeats rows."""

from __future__ import annotations

import pytest


@pytest.fixture
def days(oracle):
    """Five days, two apart, in two groups."""
    oracle.run(
        "CREATE TABLE days (n NUMBER, kind VARCHAR2(5), d DATE)",
        "INSERT INTO days SELECT level, 'x' || MOD(level, 2), DATE '2020-01-01' + level * 2 "
        "FROM dual CONNECT BY level < 6",
    )
    return oracle


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("SUM(n) OVER (ORDER BY n RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING)", [6, 10, 14, 12, 9]),
        (
            "SUM(n) OVER (ORDER BY n DESC RANGE BETWEEN 1 PRECEDING AND CURRENT ROW)",
            [3, 5, 7, 9, 5],
        ),
        (
            "COUNT(*) OVER (ORDER BY d RANGE BETWEEN 2 PRECEDING AND INTERVAL '2' DAY FOLLOWING)",
            [2, 3, 3, 3, 2],
        ),
        (
            "SUM(n) OVER (ORDER BY n ROWS BETWEEN 1 FOLLOWING AND 1 + 1 FOLLOWING)",
            [5, 7, 9, 5, None],
        ),
        ("RANK() OVER (ORDER BY kind)", [3, 1, 3, 1, 3]),
        ("PERCENT_RANK() OVER (ORDER BY kind)", [0.5, 0, 0.5, 0, 0.5]),
        ("10 * CUME_DIST() OVER (ORDER BY kind)", [10, 4, 10, 4, 10]),
    ],
)
def test_frames(days, frame, expected):
    """ROWS count rows, RANGE measures the key; NULL where a frame is empty."""
    assert expected == [
        value and float(value) for (value,) in days.rows(f"SELECT {frame} FROM days ORDER BY n")
    ]


def test_range_needs_one_key(days):
    """A distance is measured along one key."""
    assert 30486 == days.error("SELECT SUM(n) OVER (ORDER BY n, d RANGE 1 PRECEDING) FROM days")


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("FETCH FIRST 1 ROW WITH TIES", [2, 4]),
        ("OFFSET 1 ROW FETCH NEXT 20 PERCENT ROWS WITH TIES", [4]),
        ("OFFSET 1 + 1 ROWS FETCH FIRST 1 + 1 ROWS ONLY", [1, 3]),
    ],
)
def test_fetch(days, limit, expected):
    """WITH TIES goes on through rows ordered alike; counts are expressions."""
    assert expected == [n for (n,) in days.rows(f"SELECT n FROM days ORDER BY kind {limit}")]


def test_sides_in_parentheses(oracle, newest):
    """They order only to fetch; before 23ai the first one gives the whole no names to order by."""
    union = "(SELECT 1 n FROM dual ORDER BY n {}) UNION ALL SELECT 9 FROM dual"
    fetching = union.format("FETCH FIRST 1 ROW ONLY")
    assert [(1,), (9,)] == oracle.rows(fetching)
    assert 907 == oracle.error(union.format(""))
    assert [(9,), (1,)] == oracle.rows(f"{fetching} ORDER BY 1 DESC")
    assert [(9,), (1,)] == newest.rows(f"{fetching} ORDER BY n DESC")
    assert 904 == oracle.error(f"{fetching} ORDER BY n DESC")


def test_recursion_may_repeat_rows_but_not_return_to_them(oracle):
    """A row that is reached by two ways is no cycle; one that is its own ancestor is."""
    oracle.run(
        "CREATE TABLE part (id NUMBER, parent NUMBER)",
        "INSERT INTO part SELECT 1, NULL FROM dual UNION ALL SELECT 2, 1 FROM dual "
        "UNION ALL SELECT 3, 2 FROM dual",
    )
    query = (
        "WITH up (id, parent) AS (SELECT id, parent FROM part WHERE id > 1 UNION ALL "
        "SELECT p.id, p.parent FROM part p, up WHERE p.id = up.parent) SELECT id FROM up ORDER BY 1"
    )
    assert [(1,), (1,), (2,), (2,), (3,)] == oracle.rows(query)
    oracle.run("UPDATE part SET parent = 3 WHERE id = 1")
    assert 32044 == oracle.error(query)


def test_numbers_are_conditions_since_23ai(oracle, newest):
    """23ai takes a number for a BOOLEAN; before, it is a syntax error."""
    assert [(1,)] == newest.rows("SELECT 1 FROM dual WHERE 1")
    assert [] == newest.rows("SELECT 1 FROM dual WHERE 0")
    assert 920 == oracle.error("SELECT 1 FROM dual WHERE 1")


def test_like_by_characters(days):
    """LIKEC, which Django writes, compares as LIKE does in a Unicode database."""
    assert [(3,)] == days.rows("SELECT COUNT(*) FROM days WHERE kind LIKEC 'x1%' ESCAPE '\\'")
