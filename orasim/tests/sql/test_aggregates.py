"""Percentiles, regression, ANY_VALUE; the bugs of the engine itself."""

from __future__ import annotations

import logging
from decimal import Decimal

import pytest
from orasim.engine import OracleError
from orasim.values import OraDate


@pytest.fixture
def measured(oracle):
    """Two groups of measurements, some unknown."""
    oracle.run(
        "CREATE TABLE m (g NUMBER, x NUMBER, y NUMBER, d DATE)",
        "INSERT INTO m VALUES (1, 10, 1, DATE '2020-01-01')",
        "INSERT INTO m VALUES (1, 20, 3, DATE '2020-01-02')",
        "INSERT INTO m VALUES (1, 40, 7, DATE '2020-01-05')",
        "INSERT INTO m VALUES (2, 7, NULL, NULL)",
        "INSERT INTO m VALUES (2, NULL, 5, NULL)",
    )
    return oracle


def test_percentiles(measured):
    """CONT interpolates between values, DISC takes one of them, both without the NULLs."""
    found = measured.rows(
        "SELECT g, PERCENTILE_CONT(0.25) WITHIN GROUP (ORDER BY x), PERCENTILE_CONT(0.25) WITHIN "
        "GROUP (ORDER BY x DESC), PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY x) "
        "FROM m GROUP BY g ORDER BY g"
    )

    assert [(1, 15, 30, 20), (2, 7, 7, 7)] == found


def test_percentile_over_a_partition(measured):
    """Each row has its partition's percentile."""
    found = measured.rows(
        "SELECT x, PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x) OVER (PARTITION BY g) "
        "FROM m WHERE x > 5 ORDER BY x"
    )

    assert [(7, 7), (10, 20), (20, 20), (40, 20)] == found


def test_median_of_dates(measured):
    """Between two dates lies a whole second, or the answer is refused."""
    assert [(OraDate(2020, 1, 2),)] == measured.rows("SELECT MEDIAN(d) FROM m")
    assert [(OraDate(2020, 1, 1, 12),)] == measured.rows("SELECT MEDIAN(d) FROM m WHERE y < 7")
    assert 3001 == measured.error("SELECT PERCENTILE_CONT(1/7) WITHIN GROUP (ORDER BY d) FROM m")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("PERCENTILE_CONT(2) WITHIN GROUP (ORDER BY x)", 3001),
        ("PERCENTILE_CONT(x) WITHIN GROUP (ORDER BY x)", 30496),
        ("RANK(5) WITHIN GROUP (ORDER BY x)", 3001),
        ("CORR(TO_BINARY_DOUBLE(x), y)", 3001),
        ("STATS_MODE(x)", 3001),
        ("MEDIAN(x) OVER (ORDER BY y)", 30487),
        ("LPAD('a', 1e9)", 3001),
        ("POWER(10, 1e6)", 1426),
        ("EXP(1e5)", 1426),
    ],
)
def test_what_is_not_known_is_refused(measured, call, code):
    """No plausible answer."""
    assert code == measured.error(f"SELECT {call} FROM m")


def test_regression(measured):
    """Pairs with a NULL do not count; the three others lie on a line."""
    ((corr, pop, sample, slope, at_zero, count, fit),) = measured.rows(
        "SELECT CORR(y, x), COVAR_POP(y, x), COVAR_SAMP(y, x), REGR_SLOPE(y, x), "
        "REGR_INTERCEPT(y, x), REGR_COUNT(y, x), REGR_R2(y, x) FROM m"
    )

    assert (1, 100, Decimal("0.2"), -1, 3, 1) == (
        corr,
        sample * 100 / sample,
        slope,
        at_zero,
        count,
        fit,
    )
    assert (Decimal(280) / 9, Decimal(140) / 3) == pytest.approx((pop, sample))


def test_any_value(measured):
    """A value of the group that is not NULL, if there is one."""
    found = measured.rows("SELECT g, ANY_VALUE(y), ANY_VALUE(d) FROM m WHERE g = 2 GROUP BY g")

    assert [(2, 5, None)] == found


def test_a_bug_undoes_its_statement_and_is_logged(measured, monkeypatch, caplog):
    """An exception of the engine's own is ORA-03001 with the statement in the log."""
    session = measured.session
    calls = []

    def broken():
        calls.append(1)
        if len(calls) > 1:
            raise ZeroDivisionError("broken")

    monkeypatch.setattr(session, "check_cancelled", broken)
    with caplog.at_level(logging.ERROR, "orasim"), pytest.raises(OracleError) as caught:
        measured.run("INSERT INTO m (g) SELECT g FROM m")
    monkeypatch.undo()

    assert 3001 == caught.value.code
    assert "INSERT INTO m (g) SELECT g FROM m" in caplog.text
    assert [(5,)] == measured.rows("SELECT COUNT(*) FROM m")


def test_bytes_of_a_file_are_not_known(oracle):
    """A BFILE's names are not its contents."""
    oracle.run("CREATE TABLE f (f BFILE)", "INSERT INTO f VALUES (BFILENAME('D', 'x.txt'))")

    assert 3001 == oracle.error("SELECT DBMS_LOB.GETLENGTH(f) FROM f")
    assert 3001 == oracle.error("SELECT DBMS_LOB.SUBSTR(f, 10, 1) FROM f")


def test_rows_of_a_collection_column(oracle):
    """TABLE(alias.column) gives the elements of each row."""
    oracle.run(
        "CREATE TYPE nums AS VARRAY(5) OF NUMBER",
        "CREATE TABLE o (id NUMBER, n nums)",
        "INSERT INTO o VALUES (1, nums(3, 4))",
        "INSERT INTO o VALUES (2, nums())",
    )

    inner = oracle.rows("SELECT t.id, x.column_value FROM o t, TABLE(t.n) x ORDER BY 1, 2")
    outer = oracle.rows(
        "SELECT t.id, column_value FROM o t LEFT JOIN TABLE(t.n) ON 1 = 1 ORDER BY 1, 2"
    )

    assert [(1, 3), (1, 4)] == inner
    assert [*inner, (2, None)] == outer
