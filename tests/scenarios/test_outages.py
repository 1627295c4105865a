"""Servers and lines between them go away and come back; the job goes on where it was."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

import pytest
from psycopg import conninfo

from oraferry.worker import Worker
from tests.scenarios.conftest import load_facts
from tests.scenarios.proxy import Line
from tests.scenarios.test_restart import assert_each_row_once

ROWS = 60_000
ONE_CHUNK = 6_000  # they end where a block does: some hold a few hundred more than 5,000
# The longest that anything stays away here; a worker looks again that often at least.
AWAY_SECONDS = 2.0


def begin(oracle, make_yard, **options):
    """A table of twelve chunks."""
    load_facts(oracle, ROWS)
    return make_yard(chunk_rows=5_000, batch_rows=500, **options)


def address_of(dsn):
    """Host and port of host:port/service."""
    host, _, rest = dsn.partition(":")
    return host, int(rest.partition("/")[0])


def port_of(dsn):
    """Where a libpq DSN leads."""
    return int(conninfo.conninfo_to_dict(dsn)["port"])


def through(line, dsn):
    """The DSN of either kind by way of *line*."""
    if "://" in dsn or "=" in dsn:
        return conninfo.make_conninfo(dsn, host="127.0.0.1", port=line.port)
    return f"127.0.0.1:{line.port}/{dsn.partition('/')[2]}"


@contextlib.contextmanager
def lane(yard):
    """A worker in a thread of this process, until the block ends."""
    worker = Worker(yard.services)
    thread = threading.Thread(target=worker.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(timeout=30)


def away(line, seconds=AWAY_SECONDS):
    """Cut the line for a while."""
    line.cut()
    time.sleep(seconds)
    line.mend()


def test_oracle_restarts(simulator, make_yard):
    """
    Given a job in the middle, when Oracle stops and starts again with the same data, then no
    chunk that is in is read again, and at most one per lane that was not.
    """
    yard = begin(simulator, make_yard)
    with lane(yard):
        job = yard.submit("FACTS")
        yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 3)

        simulator.server.stop()
        time.sleep(AWAY_SECONDS)
        simulator.server.start()

        assert_each_row_once(yard, job, ROWS)
    (table,) = yard.services.store.list_progress(job.id)
    assert table.rows_again <= ONE_CHUNK


@pytest.mark.parametrize("side", ["source", "target", "store"])
def test_a_line_is_cut_and_mended(oracle, make_yard, postgres_dsn, store_dsn, side):
    """
    Given a worker, when its line to one side is cut for a while, then it reads one chunk
    again at most, and every row is there once.
    """
    yard = begin(oracle, make_yard)
    dsn = {"source": oracle.dsn, "target": postgres_dsn, "store": store_dsn}[side]
    host, port = ("127.0.0.1", port_of(dsn)) if side != "source" else address_of(dsn)
    with Line(port, host) as line:
        by_line = make_yard(chunk_rows=5_000, batch_rows=500, **{f"{side}_dsn": through(line, dsn)})
        with lane(by_line):
            job = yard.submit("FACTS")
            yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 2)

            away(line)

            assert_each_row_once(yard, job, ROWS)
            assert line.carried > 10_000
    (table,) = yard.services.store.list_progress(job.id)
    assert table.rows_again <= ONE_CHUNK


def test_a_line_falls_silent(oracle, make_yard):
    """
    Given a network that drops everything and says nothing, when an answer of Oracle takes
    longer than it may, then the chunk is read again on another session.
    """
    yard = begin(oracle, make_yard)
    host, port = address_of(oracle.dsn)
    with Line(port, host) as line:
        by_line = make_yard(
            chunk_rows=5_000,
            batch_rows=500,
            source_dsn=through(line, oracle.dsn),
            source_call_timeout_seconds=2,
            source_connect_timeout_seconds=2,
        )
        with lane(by_line):
            job = yard.submit("FACTS")
            yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 2)

            line.hold()
            store = yard.services.store
            yard.wait_for("the worker notices", lambda: store.list_troubles(job.id))
            line.mend()

            assert_each_row_once(yard, job, ROWS)


def test_a_frozen_worker_wakes_up(oracle, make_yard):
    """
    Given two workers, when one is frozen in the middle of a chunk until its lease is over and
    others finish the job, then it wakes up, and adds nothing.
    """
    yard = begin(oracle, make_yard, lease_seconds=2)
    frozen = yard.start_worker()
    job = yard.submit("FACTS")
    yard.wait_for("some chunks are in", lambda: yard.chunks_done(job) >= 2)
    os.killpg(frozen.pid, signal.SIGSTOP)
    yard.start_worker()

    assert_each_row_once(yard, job, ROWS)
    os.killpg(frozen.pid, signal.SIGCONT)
    time.sleep(1.0)

    assert frozen.poll() is None
    assert_each_row_once(yard, job, ROWS)
