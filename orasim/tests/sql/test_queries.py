"""Queries: joins, grouping, subqueries, set operators, ordering, ROWNUM, hierarchies."""

from __future__ import annotations

import pytest


@pytest.fixture
def staff(oracle):
    """Departments and employees; department 40 is empty, KING has no department."""
    oracle.run(
        "CREATE TABLE dept (deptno NUMBER(2) PRIMARY KEY, dname VARCHAR2(14))",
        "CREATE TABLE emp (empno NUMBER(4) PRIMARY KEY, ename VARCHAR2(10), mgr NUMBER(4), "
        "sal NUMBER(7,2), deptno NUMBER(2))",
        "INSERT INTO dept SELECT 10, 'ACCOUNTING' FROM dual UNION ALL SELECT 20, 'RESEARCH' "
        "FROM dual UNION ALL SELECT 40, 'OPERATIONS' FROM dual",
        "INSERT INTO emp VALUES (7839, 'KING', NULL, 5000, NULL)",
        "INSERT INTO emp VALUES (7782, 'CLARK', 7839, 2450, 10)",
        "INSERT INTO emp VALUES (7566, 'JONES', 7839, 2975, 20)",
        "INSERT INTO emp VALUES (7788, 'SCOTT', 7566, 3000, 20)",
        "INSERT INTO emp VALUES (7369, 'SMITH', 7566, NULL, 20)",
    )
    return oracle


def names(rows):
    return [row[0] for row in rows]


def test_outer_joins_agree_in_both_spellings(staff):
    """(+) marks the side that is filled with NULLs, like LEFT JOIN's right side."""
    old = staff.rows(
        "SELECT d.dname, e.ename FROM dept d, emp e WHERE d.deptno = e.deptno(+) "
        "AND e.sal(+) > 2900 ORDER BY 1, 2"
    )
    new = staff.rows(
        "SELECT d.dname, e.ename FROM dept d LEFT JOIN emp e ON d.deptno = e.deptno "
        "AND e.sal > 2900 ORDER BY 1, 2"
    )
    expected = [
        ("ACCOUNTING", None), ("OPERATIONS", None), ("RESEARCH", "JONES"), ("RESEARCH", "SCOTT")
    ]  # fmt: skip
    assert expected == old == new


def test_right_and_full_joins(staff):
    """RIGHT keeps the right side, FULL both."""
    right = staff.rows(
        "SELECT e.ename, d.dname FROM emp e RIGHT OUTER JOIN dept d ON e.deptno = d.deptno "
        "WHERE e.ename IS NULL"
    )
    full = staff.rows(
        "SELECT COUNT(*), COUNT(e.empno), COUNT(d.deptno) FROM emp e FULL JOIN dept d "
        "ON e.deptno = d.deptno"
    )
    assert [(None, "OPERATIONS")] == right
    assert [(6, 5, 5)] == full


def test_using_shows_the_column_once(staff):
    """SELECT * over JOIN USING has the shared column once, first."""
    rows = staff.rows("SELECT * FROM dept JOIN emp USING (deptno) WHERE ename = 'CLARK'")
    assert [(10, "ACCOUNTING", 7782, "CLARK", 7839, 2450)] == rows


def test_groups_and_having(staff):
    """GROUP BY puts NULLs into one group; aggregates skip NULLs."""
    rows = staff.rows(
        "SELECT deptno, COUNT(*), COUNT(sal), SUM(sal), AVG(sal), MIN(ename) FROM emp "
        "GROUP BY deptno HAVING COUNT(*) >= 1 ORDER BY deptno"
    )
    assert [
        (10, 1, 1, 2450, 2450, "CLARK"),
        (20, 3, 2, 5975, 2987.5, "JONES"),
        (None, 1, 1, 5000, 5000, "KING"),
    ] == rows
    assert [(0, None)] == staff.rows("SELECT COUNT(*), SUM(sal) FROM emp WHERE 1 = 0")
    assert [] == staff.rows("SELECT COUNT(*) FROM emp WHERE 1 = 0 GROUP BY deptno")


def test_listagg_and_keep(staff):
    """LISTAGG orders within the group; KEEP takes the first by rank."""
    assert [("JONES,SCOTT,SMITH",)] == staff.rows(
        "SELECT LISTAGG(ename, ',') WITHIN GROUP (ORDER BY ename) FROM emp WHERE deptno = 20"
    )
    assert [("KING",)] == staff.rows(
        "SELECT MAX(ename) KEEP (DENSE_RANK FIRST ORDER BY sal DESC NULLS LAST) FROM emp"
    )


def test_nulls_sort_last_unless_descending(staff):
    """NULL is the largest value."""
    assert "SMITH" == names(staff.rows("SELECT ename FROM emp ORDER BY sal"))[-1]
    assert "SMITH" == names(staff.rows("SELECT ename FROM emp ORDER BY sal DESC"))[0]
    assert "SMITH" == names(staff.rows("SELECT ename FROM emp ORDER BY sal NULLS FIRST"))[0]


def test_subqueries(staff):
    """Scalar, IN, EXISTS, correlated and inline views."""
    assert ["SCOTT"] == names(
        staff.rows(
            "SELECT ename FROM emp e WHERE sal = (SELECT MAX(sal) FROM emp WHERE deptno = e.deptno)"
            " AND deptno = 20"
        )
    )
    assert ["OPERATIONS"] == names(
        staff.rows(
            "SELECT dname FROM dept d WHERE NOT EXISTS (SELECT 1 FROM emp WHERE deptno = d.deptno)"
        )
    )
    assert ["JONES", "KING"] == names(
        staff.rows("SELECT ename FROM emp WHERE empno IN (SELECT mgr FROM emp) ORDER BY 1")
    )
    assert [] == staff.rows("SELECT ename FROM emp WHERE empno NOT IN (SELECT mgr FROM emp)")
    assert [(2,)] == staff.rows(
        "SELECT COUNT(*) FROM (SELECT deptno FROM emp WHERE deptno IS NOT NULL GROUP BY deptno) x"
    )
    assert [(3,)] == staff.rows("SELECT COUNT(*) FROM emp WHERE sal > ANY (2450, 9999)")


def test_with_queries_and_recursion(staff):
    """WITH names queries; a recursive one walks."""
    assert [(1,), (2,), (3,)] == staff.rows(
        "WITH n (i) AS (SELECT 1 FROM dual UNION ALL SELECT i + 1 FROM n WHERE i < 3) "
        "SELECT i FROM n ORDER BY i"
    )
    assert [("RESEARCH", 3)] == staff.rows(
        "WITH big AS (SELECT deptno, COUNT(*) c FROM emp GROUP BY deptno) "
        "SELECT dname, c FROM big JOIN dept USING (deptno) WHERE c > 1"
    )


def test_set_operators(staff):
    """UNION removes duplicates, MINUS and INTERSECT compare NULLs as equal."""
    assert [(10,), (20,), (40,), (None,)] == staff.rows(
        "SELECT deptno FROM emp UNION SELECT deptno FROM dept ORDER BY 1"
    )
    assert [(40,)] == staff.rows("SELECT deptno FROM dept MINUS SELECT deptno FROM emp")
    assert [(None,)] == staff.rows("SELECT deptno FROM emp INTERSECT SELECT NULL FROM dual")
    assert 1790 == staff.error("SELECT 1 FROM dual UNION SELECT 'a' FROM dual")
    assert 1789 == staff.error("SELECT 1 FROM dual UNION SELECT 1, 2 FROM dual")


def test_rownum_counts_rows_that_pass(staff):
    """ROWNUM > 1 is never true; top-N wraps the ordering."""
    assert [] == staff.rows("SELECT ename FROM emp WHERE ROWNUM > 1")
    assert [("KING",), ("SCOTT",)] == staff.rows(
        "SELECT ename FROM (SELECT ename FROM emp ORDER BY sal DESC NULLS LAST) WHERE ROWNUM <= 2"
    )
    assert [("SCOTT",)] == staff.rows(
        "SELECT ename FROM (SELECT a.*, ROWNUM rn FROM (SELECT ename FROM emp "
        "ORDER BY sal DESC NULLS LAST) a WHERE ROWNUM <= 2) WHERE rn >= 2"
    )
    assert [("SCOTT",)] == staff.rows(
        "SELECT ename FROM emp ORDER BY sal DESC NULLS LAST OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY"
    )


def test_analytic_functions(staff):
    """Rankings and running totals over partitions."""
    assert [("CLARK", 1, 1), ("JONES", 1, 3), ("SCOTT", 2, 3), ("SMITH", 3, 3)] == staff.rows(
        "SELECT ename, ROW_NUMBER() OVER (PARTITION BY deptno ORDER BY sal), "
        "COUNT(*) OVER (PARTITION BY deptno) FROM emp WHERE deptno IS NOT NULL ORDER BY 1"
    )
    assert [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)] == staff.rows(
        "SELECT n, NTILE(3) OVER (ORDER BY n) FROM (SELECT LEVEL n FROM dual "
        "CONNECT BY LEVEL <= 5) ORDER BY n"
    )
    assert [(1, 1), (2, 3), (3, 6)] == staff.rows(
        "SELECT n, SUM(n) OVER (ORDER BY n) FROM (SELECT LEVEL n FROM dual CONNECT BY LEVEL <= 3)"
        " ORDER BY n"
    )
    assert [(1, None, 2), (2, 1, None)] == staff.rows(
        "SELECT n, LAG(n) OVER (ORDER BY n), LEAD(n) OVER (ORDER BY n) FROM "
        "(SELECT LEVEL n FROM dual CONNECT BY LEVEL <= 2) ORDER BY n"
    )


def test_hierarchy(staff):
    """CONNECT BY walks depth first; LEVEL, root and leaf are known."""
    assert [
        ("KING", 1, "KING", 0),
        ("CLARK", 2, "KING", 1),
        ("JONES", 2, "KING", 0),
        ("SCOTT", 3, "KING", 1),
        ("SMITH", 3, "KING", 1),
    ] == staff.rows(
        "SELECT ename, LEVEL, CONNECT_BY_ROOT ename, CONNECT_BY_ISLEAF FROM emp "
        "START WITH mgr IS NULL CONNECT BY PRIOR empno = mgr"
    )


def test_distinct_and_order(staff):
    """DISTINCT orders only by what it selects."""
    assert [(10,), (20,), (None,)] == staff.rows("SELECT DISTINCT deptno FROM emp ORDER BY deptno")
    assert 1791 == staff.error("SELECT DISTINCT deptno FROM emp ORDER BY ename")


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("ename LIKE 'S%'", 2),
        ("ename LIKE '_LARK'", 1),
        ("ename NOT LIKE 'S%'", 3),
        ("sal BETWEEN 2450 AND 3000", 3),
        ("sal NOT BETWEEN 2450 AND 3000", 1),
        ("NOT (sal > 1)", 0),
        ("sal IN (2450, NULL)", 1),
        ("sal NOT IN (2450, NULL)", 0),
        ("deptno = 20 OR sal > 4000", 4),
        ("(deptno, mgr) IN ((20, 7566), (10, 1))", 2),
        ("ename = 'KING' AND NVL(deptno, 0) = 0", 1),
        ("REGEXP_LIKE(ename, '^S.*T')", 2),
        ("ename > 'JONES'", 3),
        ("'7839' = empno", 1),
        ("ename LIKE 'S\\_%' ESCAPE '\\'", 0),
        ("sal <> 5000", 3),
        ("sal ^= 5000", 3),
        ("EXISTS (SELECT 1 FROM dept WHERE dept.deptno = emp.deptno AND dname = 'RESEARCH')", 3),
    ],
)
def test_conditions(staff, condition, count):
    """Conditions have three values; only true ones select."""
    assert [(count,)] == staff.rows(f"SELECT COUNT(*) FROM emp WHERE {condition}")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT * FROM nowhere", 942),
        ("SELECT nothing FROM emp", 904),
        ("SELECT x.ename FROM emp e", 904),
        ("SELECT deptno FROM emp, dept", 918),
        ("SELECT ename FROM emp AS e", 933),
        ("SELECT ename FROM emp LIMIT 1", 933),
        ("SELECT ename FROM emp;", 911),
        ("SELECT 1", 923),
        ("SELECT *, 1 FROM emp", 923),
        ("SELECT ename, COUNT(*) FROM emp", 937),
        ("SELECT ename, COUNT(*) FROM emp GROUP BY deptno", 979),
        ("SELECT ename FROM emp WHERE COUNT(*) > 1", 934),
        ("SELECT ename FROM emp ORDER BY 2", 1785),
        ("SELECT ename FROM emp WHERE", 936),
        ("SELECT (1 FROM dual", 907),
        ("SELECT 'abc FROM dual", 1756),
        ("SELEC 1 FROM dual", 900),
        ("SELECT ename FROM emp SAMPLE (0)", 30562),
        ("SELECT * FROM emp PIVOT (COUNT(*) FOR deptno IN (10))", 3001),
        ("SELECT ename FROM emp WHERE empno IN (" + ",".join(["1"] * 1001) + ")", 1795),
        ("SELECT ename FROM emp@link", 3001),
        ("SELECT e.empno FROM emp e, dept d WHERE e.deptno(+) = d.deptno(+)", 1468),
    ],
)
def test_refused_queries(staff, sql, code):
    """What is wrong, or not modelled, never looks like an empty answer."""
    assert code == staff.error(sql)


def test_column_names(staff):
    """An expression's name is its text without blanks."""
    cursor = staff.session.execute(
        "SELECT COUNT( * ), ename || 'x' AS \"Mixed\", e.sal, sal + 1 FROM emp e "
        "GROUP BY ename, sal",
        [],
    ).cursor
    assert ["COUNT(*)", "Mixed", "SAL", "SAL+1"] == [column.name for column in cursor.columns]


def test_views_and_synonyms(staff):
    """A view runs its query; a synonym stands for its table."""
    staff.run(
        "CREATE VIEW rich AS SELECT ename, sal FROM emp WHERE sal >= 3000",
        "CREATE SYNONYM people FOR emp",
    )
    assert [(2,)] == staff.rows("SELECT COUNT(*) FROM rich")
    assert [(5,)] == staff.rows("SELECT COUNT(*) FROM people")


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT ename, FROM emp", 936),
        ("SELECT FROM emp", 936),
        ("SELECT ename FROM emp WHERE empno == 1", 936),
        ("SELECT ename FROM emp WHERE empno IN (1, )", 936),
        ("SELECT empno::text FROM emp", 911),
        ("SELECT `ename` FROM emp", 911),
        ("SELECT ename FROM emp WHERE ename = ?", 911),
        ("SELECT 5 % 2 FROM dual", 911),
        ("SELECT TRUE FROM dual", 904),
        ("SELECT REGEXP_LIKE(ename, 'x') FROM emp", 904),
        ("SELECT ename FROM emp EXCEPT SELECT dname FROM dept", 933),
        ("SELECT ename FROM emp UNION DISTINCT SELECT dname FROM dept", 928),
        ("SELECT ename FROM emp WHERE ename ILIKE 'k%'", 920),
        ("SELECT TRY_CAST(ename AS NUMBER) FROM emp", 904),
        ("SELECT IF(1 = 1, 1, 2) FROM dual", 904),
        ("SELECT ename FROM emp QUALIFY 1 = 1", 3001),
        ("SELECT * EXCEPT (ename) FROM emp", 933),
        ("SELECT ename FROM emp GROUP BY ALL", 3001),
        ("SELECT a.ename FROM emp a JOIN emp b", 905),
        ("SELECT COUNT(*) OVER w FROM emp", 3001),
        ("SELECT COUNT(DISTINCT ename, sal) FROM emp", 909),
        ("SELECT INTERVAL '1 day' FROM dual", 1867),
        ("SELECT INTERVAL 1 DAY FROM dual", 936),
        ("INSERT emp VALUES (1)", 925),
        ("FROM emp SELECT ename", 900),
        ("VALUES (1)", 900),
    ],
)
def test_other_dialects_are_refused(staff, sql, code):
    """What the parser would accept for other databases, Oracle does not."""
    assert code == staff.error(sql)


def test_long_passes_union_all_only(oracle):
    """UNION ALL compares nothing and so may unite LONGs; UNION may not."""
    query = "SELECT text FROM user_views {} SELECT query FROM user_mviews"
    oracle.run("CREATE TABLE t (a NUMBER)", "CREATE VIEW v AS SELECT a FROM t")
    assert [("SELECT a FROM t",)] == oracle.rows(query.format("UNION ALL"))
    assert 997 == oracle.error(query.format("UNION"))


def test_set_operators_that_keep_duplicates(newest):
    """From 21c on EXCEPT ALL and INTERSECT ALL match rows one for one."""
    oracle = newest
    left = "SELECT column_value FROM (SELECT 1 column_value FROM dual UNION ALL SELECT 1 FROM dual "
    left += "UNION ALL SELECT 2 FROM dual)"
    assert [(1,), (2,)] == oracle.rows(f"{left} EXCEPT ALL SELECT 1 FROM dual")
    assert [(1,)] == oracle.rows(f"{left} INTERSECT ALL SELECT 1 FROM dual")


def test_nan_is_the_greatest_of_all_numbers(oracle):
    """
    Whatever comes first: MAX is NaN where there is one, MIN is never NaN among numbers.
    """
    oracle.run(
        "CREATE TABLE odd (x BINARY_DOUBLE)",
        "INSERT INTO odd VALUES (BINARY_DOUBLE_NAN)",
        "INSERT INTO odd VALUES (1)",
        "INSERT INTO odd VALUES (BINARY_DOUBLE_NAN)",
    )

    assert [(1.0, "Nan")] == oracle.rows("SELECT MIN(x), TO_CHAR(MAX(x)) FROM odd")


def test_nan_equals_itself_and_is_ordered_behind_infinity(oracle):
    """
    In ORDER BY, conditions, joins, groups, DISTINCT, set operations and windows alike.
    """
    oracle.run(
        "CREATE TABLE odd (id NUMBER, x BINARY_DOUBLE)",
        "INSERT INTO odd VALUES (1, BINARY_DOUBLE_NAN)",
        "INSERT INTO odd VALUES (2, 1)",
        "INSERT INTO odd VALUES (3, TO_BINARY_DOUBLE('NaN'))",
        "INSERT INTO odd VALUES (4, BINARY_DOUBLE_INFINITY)",
        "INSERT INTO odd VALUES (5, NULL)",
        "INSERT INTO odd VALUES (6, -1)",
    )

    def ids(query):
        return [row[0] for row in oracle.rows(query)]

    assert [6, 2, 4, 1, 3, 5] == ids("SELECT id FROM odd ORDER BY x, id")
    assert [5, 1, 3, 4, 2, 6] == ids("SELECT id FROM odd ORDER BY x DESC, id")
    assert [1, 3] == ids("SELECT id FROM odd WHERE x > BINARY_DOUBLE_INFINITY ORDER BY id")
    assert [2, 4, 6] == ids("SELECT id FROM odd WHERE x < BINARY_DOUBLE_NAN ORDER BY id")
    assert [1, 2, 3] == ids(
        "SELECT id FROM odd WHERE x IN (1, BINARY_DOUBLE_NAN) OR x <> x ORDER BY id"
    )
    assert [1, 3] == ids("SELECT id FROM odd WHERE x IS NAN ORDER BY id")
    assert [2, 6] == ids("SELECT id FROM odd WHERE x IS NOT NAN AND NOT x is infinite ORDER BY id")
    assert [(1, 1), (1, 3), (3, 1), (3, 3)] == oracle.rows(
        "SELECT a.id, b.id FROM odd a JOIN odd b ON a.x = b.x WHERE a.x IS NAN ORDER BY 1, 2"
    )
    assert [(1,), (1,), (1,), (1,), (2,)] == oracle.rows(
        "SELECT COUNT(*) FROM odd GROUP BY x ORDER BY 1"
    )
    assert [(5, 4)] == oracle.rows(
        "SELECT (SELECT COUNT(*) FROM (SELECT DISTINCT x FROM odd)), COUNT(DISTINCT x) FROM odd"
    )
    assert [] == oracle.rows("SELECT x FROM odd MINUS SELECT x FROM odd")
    assert [(6, 1), (2, 2), (4, 3), (1, 4), (3, 4), (5, 6)] == oracle.rows(
        "SELECT id, RANK() OVER (ORDER BY x) FROM odd ORDER BY 2, 1"
    )
    assert [(2, 2), (1, 2), (3, 2)] == oracle.rows(
        "SELECT id, COUNT(*) OVER (ORDER BY x RANGE BETWEEN 5 PRECEDING AND CURRENT ROW) "
        "FROM odd WHERE id IN (1, 2, 3, 6) ORDER BY x, id OFFSET 1 ROWS"
    )
