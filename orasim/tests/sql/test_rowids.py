"""Ranges of ROWIDs: what a query says of them beside other things, over holes and partitions."""

from __future__ import annotations

import pytest

ROWS = 3_000
BY_ROW = "CHARTOROWID(ROWID || '')"  # no scan can know where these rows are


@pytest.fixture
def items(oracle):
    """Rows 1 to ROWS in two partitions, every seventh one deleted; their ROWIDs by id."""
    oracle.run(
        "CREATE TABLE items (id NUMBER(6), name VARCHAR2(20)) PARTITION BY RANGE (id) "
        f"(PARTITION p1 VALUES LESS THAN ({ROWS // 2}), PARTITION p2 VALUES LESS THAN (MAXVALUE))",
        f"INSERT INTO items SELECT LEVEL, 'item ' || LEVEL FROM dual CONNECT BY LEVEL <= {ROWS}",
        "DELETE FROM items WHERE MOD(id, 7) = 0",
    )
    oracle.rowids = dict(oracle.rows("SELECT id, ROWIDTOCHAR(ROWID) FROM items"))
    return oracle


@pytest.mark.parametrize(
    "condition",
    [
        "{rowid} BETWEEN '{low}' AND '{high}'",
        "'{low}' <= {rowid} AND ({rowid} <= CHARTOROWID('{high}'))",
        "{rowid} > '{low}' AND {rowid} < '{high}' AND id BETWEEN 2 AND 99999",
        "{rowid} NOT BETWEEN '{low}' AND '{high}'",
        "NOT ({rowid} BETWEEN '{low}' AND '{high}')",
        "{rowid} BETWEEN '{low}' AND '{high}' OR id = 1",
        "{rowid} BETWEEN '{low}' AND NULL",
    ],
)
def test_a_scan_of_a_range_gives_what_a_look_at_every_row_gives(items, condition):
    """However the range is written, in a grouped query and in a join."""
    for low, high in [(100, 900), (100, 2_900), (1_600, 1_601), (900, 100)]:
        ends = {"low": items.rowids[low], "high": items.rowids[high]}
        ranged, by_row = (condition.format(rowid=rowid, **ends) for rowid in ("ROWID", BY_ROW))
        grouped = "SELECT COUNT(*), MIN(id), MAX(UPPER(name)), SUM(id) FROM items WHERE "
        assert items.rows(grouped + by_row) == items.rows(grouped + ranged)
        joined = "SELECT i.id * 2 FROM items i, (SELECT 1 AS one FROM dual) WHERE "
        assert items.rows(joined + by_row) == items.rows(joined + ranged)
