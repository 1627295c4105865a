"""Memory does not grow with the table."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from oraferry.model import MigrationStatus

ROWS = 5_000_000
LIMIT_BYTES = 400 * 1024 * 1024


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
    worker = yard.start_worker()
    job = yard.submit("NARROW")
    peak = 0

    def ended():
        nonlocal peak
        peak = max(peak, yard.memory_peak(worker))
        status = yard.services.store.get_migration_job(job.id).status
        return status not in (
            MigrationStatus.PENDING,
            MigrationStatus.SUBMITTED,
            MigrationStatus.IN_PROGRESS,
        )

    yard.wait_for("the job ends", ended)
    done = yard.wait_until_done(job)

    assert (MigrationStatus.COMPLETED, True) == (done.status, done.verified), done.error
    total = ROWS * (ROWS - 1) // 2
    assert [(ROWS, total, total * 1_000_003)] == yard.rows(
        f"SELECT count(*), sum(a), sum(b) FROM {yard.schema.lower()}.narrow"
    )
    print(f"peak resident memory of the worker: {peak / 2**20:.0f} MiB")
    assert 50 * 2**20 < peak < LIMIT_BYTES
