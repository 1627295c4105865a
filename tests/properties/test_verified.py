"""A correct load of random rows of every type has no difference time after time; one change is one.

``make properties`` loads more rows, and verifies them more often (ORAFERRY_VERIFY_ROWS,
ORAFERRY_VERIFY_ROUNDS), several times (ORAFERRY_VERIFY_LOADS); every load has a seed of its own,
drawn from ORAFERRY_PROPERTY_SEED.
"""

from __future__ import annotations

import os
import time

import numpy as np
import psycopg
import pytest

from bench.measure import peak_mib
from oraferry.migration.verify import DataVerificationRequest, verify_data
from oraferry.verify.data.methods import DEFAULT, METHODS
from tests.properties import values as v
from tests.properties.served import FAMILIES, TABLES, WRITTEN, served
from tests.properties.test_values import SEED

# Pulls in the yard of the scenarios: a job is what loads.
from tests.scenarios.conftest import make_yard  # noqa: F401

LOADS = int(os.environ.get("ORAFERRY_VERIFY_LOADS", "1"))
ROUNDS = int(os.environ.get("ORAFERRY_VERIFY_ROUNDS", "1"))
ROWS = int(os.environ.get("ORAFERRY_VERIFY_ROWS", "6000"))  # of all families together
MOST_MIB = 2048  # of the process that compares, however many rows there are


@pytest.fixture
def oracle(request, tmp_path):
    """An Oracle of the test's own with the rows of its load, and the policies for them."""
    if os.environ.get("ORAFERRY_TEST_ORACLE_DSN"):
        pytest.skip("so many rows of every type are laid straight into orasim's storage")
    with served(tmp_path / "oracle", ROWS, SEED, request.param) as (oracle, policies):
        oracle.policies = policies
        yield oracle


@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("oracle", range(LOADS), indirect=True)
def test_a_correct_load_has_no_difference_and_one_change_is_one(oracle, make_yard, say):  # noqa: F811
    """
    Given random rows of every type that a job loaded, when both sides are compared at a new SCN
    each time, at last by every method, then nothing differs; and after one value was changed,
    its row does and no other.
    """
    yard = make_yard(chunk_rows=min(max(ROWS // 12, 100), 100_000), lease_seconds=60)
    load(yard, oracle, say)

    for number in range(ROUNDS):
        methods = list(METHODS if number == ROUNDS - 1 else DEFAULT)
        report = verify(yard, oracle, methods, say)
        assert report.agrees, [(t.source, t.findings, t.rows) for t in report.tables]
        assert all(seen.agrees for table in report.tables for seen in table.outcomes)

    table, column, row = _change(yard, np.random.default_rng(SEED))
    for outcome in verify(yard, oracle, list(DEFAULT), say).tables:
        if outcome.source.name != table:
            assert outcome.agrees
            continue
        (found,) = outcome.rows
        told = (found.fault, [value.column for value in found.values])
        assert ("changed", [column]) == told, (SEED, row)
        by_ctid = f'SELECT "#" FROM {found.part} WHERE ctid = %s'
        with psycopg.connect(yard.target_dsn) as connection:
            assert (row,) == connection.execute(by_ctid, [found.ctid]).fetchone()
    assert peak_mib(os.getpid()) < MOST_MIB


@pytest.fixture
def say(capsys):
    """Prints at once, where the rows are so many that somebody waits."""

    def tell(what: str) -> None:
        if ROUNDS > 1:
            with capsys.disabled():
                print(f"\n{time.strftime('%H:%M:%S')} {what}", end="", flush=True)

    return tell


def load(yard, oracle, say):
    """All tables by a job of two worker processes."""
    started = time.monotonic()
    job = yard.submit(*TABLES, policies=oracle.policies, max_bad_rows=0)
    workers = [yard.start_worker() for _ in range(2)]
    job = yard.wait_until_done(job, seconds=7200)
    for worker in workers:
        yard.kill(worker)
    assert job.verified, job.error
    say(f"{ROWS:,} rows (seed {SEED}) loaded in {time.monotonic() - started:.0f} s")


def verify(yard, oracle, methods, say):
    """A verification over the two connections alone."""
    started = time.monotonic()
    request = DataVerificationRequest(
        tables=[f"{oracle.schema}.{name}" for name in TABLES],
        policies=oracle.policies,
        methods=methods,
    )
    report = verify_data(request, yard.services)
    differing = sum(table.differing_rows for table in report.tables)
    say(
        f"{sum(t.source_rows for t in report.tables):,} rows by {', '.join(methods)}: "
        f"{differing} differ, {time.monotonic() - started:.0f} s, "
        f"at most {peak_mib(os.getpid()):,.0f} MiB"
    )
    return report


def _change(yard, rng):
    """Gives a value of a random column to a row that has another one; which it was."""
    table = v.pick(TABLES, rng, 1)[0]
    columns = [name.upper() for name in FAMILIES.get(table, WRITTEN)]
    column = v.pick(columns, rng, 1)[0]
    name, quoted = f"{yard.schema.lower()}.{table.lower()}", f'"{column.lower()}"'
    with psycopg.connect(yard.target_dsn) as connection:
        found = connection.execute(
            f'UPDATE {name} SET {quoted} = o.value FROM (SELECT a."#" AS id, b.{quoted} AS value '
            f"FROM {name} a, {name} b WHERE a.{quoted} <> b.{quoted} LIMIT 1) o "
            f'WHERE "#" = o.id RETURNING "#"'
        ).fetchone()
    return table, column, found[0]
