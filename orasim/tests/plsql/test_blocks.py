"""Anonymous blocks: loops, branches, variables, cursors, exceptions, dynamic SQL."""

from __future__ import annotations

import pytest


def test_loops_insert_rows(oracle):
    """
    A counting loop, backwards too, a WHILE and a LOOP with EXIT run as often as they say.
    """
    oracle.run(
        """DECLARE n PLS_INTEGER := 0;
        BEGIN
          FOR i IN 1..3 LOOP INSERT INTO t VALUES (i, 'up'); END LOOP;
          FOR i IN REVERSE 1..2 LOOP INSERT INTO t VALUES (i, 'down'); END LOOP;
          WHILE n < 2 LOOP n := n + 1; INSERT INTO t VALUES (n, 'while'); END LOOP;
          <<again>> LOOP
            n := n + 1;
            CONTINUE WHEN n = 4;
            EXIT again WHEN n > 5;
            INSERT INTO t VALUES (n, 'loop');
          END LOOP;
        END;"""
    )

    assert [
        (1, "up"), (2, "up"), (3, "up"), (2, "down"), (1, "down"), (1, "while"), (2, "while"),
        (3, "loop"), (5, "loop"),
    ] == oracle.rows("SELECT a, b FROM t")  # fmt: skip


def test_columns_come_before_variables_in_sql(oracle):
    """
    A name that is a column of the statement's tables means the column.
    """
    oracle.run(
        "INSERT INTO t VALUES (1, 'x')",
        "INSERT INTO t VALUES (2, 'y')",
        "DECLARE a NUMBER := 1; c NUMBER := 2; BEGIN DELETE FROM t WHERE a = a AND a = c; END;",
    )

    assert [(1, "x")] == oracle.rows("SELECT a, b FROM t")


def test_cursors_records_and_rowtype(oracle):
    """
    A declared cursor with a parameter, its %ROWTYPE and attributes; a record inserted whole.
    """
    oracle.run(
        "INSERT INTO t SELECT LEVEL, 'r' || LEVEL FROM dual CONNECT BY LEVEL <= 4",
        """DECLARE
          CURSOR c (low NUMBER) IS SELECT a, b FROM t WHERE a > low ORDER BY a;
          r c%ROWTYPE; whole t%ROWTYPE;
        BEGIN
          OPEN c(2);
          LOOP
            FETCH c INTO r;
            EXIT WHEN c%NOTFOUND;
            INSERT INTO t VALUES (100 + c%ROWCOUNT, r.b);
          END LOOP;
          CLOSE c;
          FOR x IN c(low => 101) LOOP UPDATE t SET b = x.b || '!' WHERE a = x.a; END LOOP;
          SELECT * INTO whole FROM t WHERE a = 1;
          whole.a := SQL%ROWCOUNT + 200;
          INSERT INTO t VALUES whole;
        END;""",
    )

    assert [(101, "r3"), (102, "r4!"), (201, "r1")] == oracle.rows(
        "SELECT a, b FROM t WHERE a > 4 ORDER BY a"
    )


def test_a_query_loop_reads_what_was_there_when_it_began(oracle):
    """
    Rows inserted by the loop's own body are not met by the loop.
    """
    oracle.run(
        "INSERT INTO t VALUES (1, 'x')",
        "BEGIN FOR r IN (SELECT a FROM t) LOOP INSERT INTO t VALUES (r.a + 1, 'y'); END LOOP; END;",
    )

    assert [(2,)] == oracle.rows("SELECT COUNT(*) FROM t")


def test_handlers_see_the_exception_and_keep_earlier_work(oracle):
    """
    Predefined, declared and numbered exceptions are told apart; SQLCODE and SQLERRM are theirs.
    """
    oracle.run(
        """DECLARE
          mine EXCEPTION; gone EXCEPTION; PRAGMA EXCEPTION_INIT(gone, -942); n NUMBER;
          PROCEDURE note(text VARCHAR2) IS BEGIN INSERT INTO t VALUES (SQLCODE, text); END;
        BEGIN
          INSERT INTO t VALUES (0, 'kept');
          BEGIN SELECT a INTO n FROM t WHERE a = 9; EXCEPTION WHEN NO_DATA_FOUND THEN
            INSERT INTO t VALUES (SQLCODE, 'nothing'); END;
          BEGIN EXECUTE IMMEDIATE 'DROP TABLE nowhere'; EXCEPTION WHEN gone THEN
            INSERT INTO t VALUES (SQLCODE, SUBSTR(SQLERRM, 1, 9)); END;
          BEGIN RAISE mine; EXCEPTION WHEN gone THEN NULL; WHEN mine OR ZERO_DIVIDE THEN
            INSERT INTO t VALUES (SQLCODE, SQLERRM); END;
          BEGIN n := 1 / 0; EXCEPTION WHEN OTHERS THEN INSERT INTO t VALUES (SQLCODE, 'zero'); END;
        END;"""
    )

    assert [
        (0, "kept"), (100, "nothing"), (-942, "ORA-00942"), (1, "User-Defined Exception"),
        (-1476, "zero"),
    ] == oracle.rows("SELECT a, b FROM t")  # fmt: skip


def test_a_failed_block_leaves_nothing(oracle):
    """
    What a block did is undone when it fails; the error names the line.
    """
    error = oracle.error(
        "BEGIN\n INSERT INTO t VALUES (1, 'x');\n RAISE_APPLICATION_ERROR(-20001, 'no');\nEND;"
    )

    assert "ORA-20001: no\nORA-06512: at line 3" == error.message
    assert [] == oracle.rows("SELECT a FROM t")


@pytest.mark.parametrize(
    "block",
    [
        "BEGIN INSERT INTO t VALUES (1, 'x'); dbms_aq.enqueue(1); END;",
        "BEGIN FORALL i IN 1..2 INSERT INTO t VALUES (i, 'x'); END;",
        "DECLARE TYPE l IS TABLE OF NUMBER; BEGIN NULL; END;",
        "DECLARE PRAGMA AUTONOMOUS_TRANSACTION; BEGIN NULL; END;",
        "BEGIN GOTO x; END;",
    ],
)
def test_what_is_not_modelled_is_refused_past_any_handler(oracle, block):
    """
    ORA-03001 is never swallowed by WHEN OTHERS, so that a block cannot look as if it had run.
    """
    wrapped = f"BEGIN {block} EXCEPTION WHEN OTHERS THEN NULL; END;"

    assert 3001 == oracle.error(block).code
    assert 3001 == oracle.error(wrapped).code
    assert [] == oracle.rows("SELECT a FROM t")


def test_a_block_that_does_not_compile_is_not_caught_either(oracle):
    """
    A missing table in static SQL, an unknown name: ORA-06550 with the reason.
    """
    wrapped = "BEGIN {} EXCEPTION WHEN OTHERS THEN NULL; END;"

    assert "ORA-00942" in oracle.error(wrapped.format("DELETE FROM nowhere;")).message
    assert "PLS-00201: identifier 'NOBODY'" in oracle.error(wrapped.format("nobody(1);")).message
    assert "PLS-00201: identifier 'N'" in oracle.error("BEGIN n := 1; END;").message
    assert "PLS-00103" in oracle.error("BEGIN NULL END;").message


def test_values_must_fit_their_variables(oracle):
    """
    PL/SQL words conversion errors as VALUE_ERROR, ORA-06502.
    """
    for body in ("n := 'abc'", "v := 'abcd'", "k := 100", "n := NULL; w := n"):
        block = (
            f"DECLARE n NUMBER; v VARCHAR2(3); k NUMBER(2); w NUMBER NOT NULL := 1; "
            f"BEGIN {body}; END;"
        )
        assert 6502 == oracle.error(block).code, body


def test_dynamic_sql_takes_values_and_gives_them_back(oracle):
    """
    USING by place in SQL, by name in a block; INTO, RETURNING INTO, OPEN … FOR text.
    """
    oracle.run(
        """DECLARE n NUMBER; v VARCHAR2(30); c SYS_REFCURSOR;
        BEGIN
          EXECUTE IMMEDIATE 'INSERT INTO t VALUES (:1, :2) RETURNING a * 2 INTO :3'
            USING 4, 'four' RETURNING INTO n;
          EXECUTE IMMEDIATE 'BEGIN INSERT INTO t VALUES (:n, :n || ''!''); END;' USING n;
          EXECUTE IMMEDIATE 'SELECT b FROM t WHERE a = :x' INTO v USING 8;
          OPEN c FOR 'SELECT COUNT(*) FROM t WHERE a > :x' USING 5;
          FETCH c INTO n; CLOSE c;
          INSERT INTO t VALUES (n, v);
        END;"""
    )

    assert [(4, "four"), (8, "8!"), (1, "8!")] == oracle.rows("SELECT a, b FROM t")


def test_booleans_branches_and_case(oracle):
    """
    BOOLEAN variables with three values; ELSIF, CASE with and without a subject.
    """
    oracle.run(
        """DECLARE yes BOOLEAN := 1 < 2; no BOOLEAN := NOT yes; unknown BOOLEAN; n NUMBER := 2;
        BEGIN
          IF unknown THEN n := 9; ELSIF no OR yes AND n = 2 THEN INSERT INTO t VALUES (1, 'elsif');
          ELSE n := 8; END IF;
          IF unknown IS NULL AND NOT no THEN INSERT INTO t VALUES (n, 'null'); END IF;
          CASE n WHEN 1 THEN n := 7; WHEN 2 THEN INSERT INTO t VALUES (n, 'case'); END CASE;
          CASE WHEN n > 5 THEN n := 6; ELSE INSERT INTO t VALUES (n, 'else'); END CASE;
        END;"""
    )

    assert ["elsif", "null", "case", "else"] == [b for (b,) in oracle.rows("SELECT b FROM t")]
    assert 6592 == oracle.error("BEGIN CASE 1 WHEN 2 THEN NULL; END CASE; END;").code
