"""Memory does not grow with the table."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pyarrow as pa

from oraferry.model import MigrationStatus

ROWS = 5_000_000
LIMIT_BYTES = 400 * 1024 * 1024


def move(yard, table):
    """The job that one worker carried out, and the most bytes that the worker held meanwhile."""
    worker = yard.start_worker()
    job = yard.submit(table)
    peak = 0

    def ended():
        nonlocal peak
        peak = max(peak, yard.memory_peak(worker))
        return yard.services.store.get_migration_job(job.id).finished_at

    yard.wait_for("the job ends", ended)
    return yard.wait_until_done(job), peak


def test_five_million_narrow_rows_in_bounded_memory(oracle, make_yard):
    """
    Given 5,000,000 narrow rows, when one worker moves them with the default settings, then
    its resident memory stays below 400 MiB and both sides agree.
    """
    oracle.run("CREATE TABLE narrow (a NUMBER(10), b NUMBER(18))")
    for start in range(0, ROWS, 1_000_000):
        ids = np.arange(start, start + 1_000_000)
        oracle.bulk_load("NARROW", {"A": pa.array(ids), "B": pa.array(ids * 1_000_003)})
    yard = make_yard()
    done, peak = move(yard, "NARROW")

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    total = ROWS * (ROWS - 1) // 2
    assert [(ROWS, total, total * 1_000_003)] == yard.rows(
        f"SELECT count(*), sum(a), sum(b) FROM {yard.schema.lower()}.narrow"
    )
    print(f"peak resident memory of the worker: {peak / 2**20:.0f} MiB")
    assert 50 * 2**20 < peak < LIMIT_BYTES


def test_large_lobs_in_bounded_memory(oracle, make_yard):
    """
    Given 300 CLOBs and BLOBs of a megabyte each, when a worker moves them with the default
    settings, then its memory stays below the limit and every byte arrives.
    """
    oracle.run("CREATE TABLE wide (id NUMBER(9), c CLOB, b BLOB)")
    for start in range(0, 300, 50):
        ids = range(start, start + 50)
        oracle.bulk_load(
            "WIDE",
            {
                "ID": pa.array(ids),
                "C": pa.array([f"{i:08d} zwölf" * 75_000 for i in ids], pa.large_string()),
                "B": pa.array([i.to_bytes(4, "big") * 250_000 for i in ids], pa.large_binary()),
            },
        )
    yard = make_yard()
    done, peak = move(yard, "WIDE")

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    assert [(300, 300 * 14 * 75_000, 300 * 1_000_000)] == yard.rows(
        f"SELECT count(*), sum(length(c)), sum(length(b)) FROM {yard.schema.lower()}.wide"
    )
    print(f"peak resident memory of the worker: {peak / 2**20:.0f} MiB")
    assert 50 * 2**20 < peak < LIMIT_BYTES


def test_huge_lobs_in_bounded_memory(oracle, make_yard):
    """
    Given rows whose LOBs are of a hundred megabytes and more among small ones, when a worker
    moves them, then they pass in pieces: its memory stays below the limit, every byte arrives,
    and characters of two units are not torn.
    """
    oracle.run("CREATE TABLE huge (id NUMBER(9), c CLOB, made DATE, b BLOB)")
    text = "🚢ö" * 5_000_000  # pieces of 2**20 units end within a character
    blob = np.arange(40_000_000, dtype="<u4").tobytes()
    oracle.bulk_load(
        "HUGE",
        {
            "ID": pa.array([1, 2, 3, 4]),
            "C": pa.array([text, "small", "", None], pa.large_string()),
            "MADE": pa.array([0, 1, 2, None], pa.timestamp("us")),
            "B": pa.array([None, b"small", blob, b""], pa.large_binary()),
        },
    )
    yard = make_yard()
    done, peak = move(yard, "HUGE")

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    assert [
        (1, sha256(text.encode()).digest(), None),
        (2, sha256(b"small").digest(), sha256(b"small").digest()),
        (3, sha256(b"").digest(), sha256(blob).digest()),
        (4, None, sha256(b"").digest()),
    ] == yard.rows(
        f"SELECT id, sha256(convert_to(c, 'UTF8')), sha256(b) FROM {yard.schema.lower()}.huge ORDER BY id"
    )
    print(f"peak resident memory of the worker: {peak / 2**20:.0f} MiB")
    assert 50 * 2**20 < peak < LIMIT_BYTES
