"""LOBs that are larger than a batch are read in pieces; here a batch is small, so they are too."""

from __future__ import annotations

import pyarrow as pa
import pytest

from oraferry.model import MigrationStatus

BATCH_BYTES = 50_000
LONG = "🚢ö-" * 20_000
BLOB = bytes(range(256)) * 400
ROWS = {
    "ID": pa.array([1, 2, 3, 4, 5]),
    "C": pa.array([LONG, "short", None, "", LONG[::-1]], pa.large_string()),
    "NAME": pa.array(["one", "two", None, "four", "five"], pa.large_string()),
    "B": pa.array([None, BLOB, b"", b"small", BLOB[::-1]], pa.large_binary()),
}
MOVED = [
    (1, LONG, "one", None),
    (2, "short", "two", BLOB),
    (3, None, None, b""),
    (4, "", "four", b"small"),
    (5, LONG[::-1], "five", BLOB[::-1]),
]


@pytest.fixture
def large(oracle):
    """A table with LOBs, of which some are large."""
    oracle.run("CREATE TABLE docs (id NUMBER(9), c CLOB, name VARCHAR2(9), b BLOB)")
    oracle.bulk_load("DOCS", ROWS)
    return oracle


def moved(yard, table):
    """What arrived."""
    return yard.rows(f"SELECT id, c, name, b FROM {yard.schema.lower()}.{table} ORDER BY id")


def test_large_lobs_among_small_ones_arrive(large, make_yard):
    """
    Given NULLs, empty and small LOBs beside large ones, then all are what they were.
    """
    yard = make_yard(batch_bytes=BATCH_BYTES)

    job = yard.move("DOCS")

    assert (MigrationStatus.COMPLETED, True) == (job.status, job.verified), job.error
    assert MOVED == moved(yard, "docs")


def test_rows_without_an_address_are_read_as_ever(large, make_yard):
    """
    Given a view, whose rows cannot be found again, then its LOBs are fetched whole.
    """
    large.run("CREATE VIEW seen AS SELECT * FROM docs")
    yard = make_yard(batch_bytes=BATCH_BYTES)

    job = yard.move("SEEN")

    assert (MigrationStatus.COMPLETED, True) == (job.status, job.verified), job.error
    assert MOVED == moved(yard, "seen")


def test_a_large_lob_that_cannot_be_stored_is_set_aside(large, make_yard):
    """
    Given a NUL at the end of a large CLOB and one in a short text, then both rows are set aside
    by their ROWIDs and the other large LOBs arrive.
    """
    large.bulk_load(
        "DOCS",
        {
            "ID": pa.array([6, 7]),
            "C": pa.array([LONG + "\0", LONG], pa.large_string()),
            "NAME": pa.array(["six", "s\0ven"], pa.large_string()),
            "B": pa.array([BLOB, None], pa.large_binary()),
        },
    )
    yard = make_yard(batch_bytes=BATCH_BYTES)

    job = yard.move("DOCS", max_bad_rows=5)

    assert MigrationStatus.COMPLETED == job.status, job.error
    assert MOVED == moved(yard, "docs")
    rejects = yard.rows("SELECT code, column_name FROM oraferry.quarantine ORDER BY column_name")
    assert [("nul", "C"), ("nul", "NAME")] == rejects
