"""Tables as wide as Oracle's may be: statements over all their columns stay within limits."""

from __future__ import annotations

from tests.scenarios.conftest import change
from tests.scenarios.test_verify_data import verify

COLUMNS = 600  # the hash of a numeric takes three entries of a ROW's 1664


def test_hundreds_of_numbers_in_a_row_are_moved_and_compared(oracle, make_yard):
    """
    Given a table whose hashes have more parts than a ROW may, when it moves, then it verifies
    but for the row that is too big for a page; and one changed value is found in its column.
    """
    names = [f"C{n}" for n in range(1, COLUMNS + 1)]
    oracle.run(
        f"CREATE TABLE wide ({', '.join(f'{name} NUMBER' for name in names)})",
        f"INSERT INTO wide VALUES ({', '.join(str(n) for n in range(1, COLUMNS + 1))})",
        f"INSERT INTO wide VALUES ({', '.join(['NULL'] * COLUMNS)})",
        f"INSERT INTO wide VALUES ({', '.join(['9' * 38] * COLUMNS)})",
    )
    yard = make_yard()

    job = yard.move("WIDE")
    change(yard, "UPDATE {schema}.wide SET c577 = 578 WHERE c1 = 1")
    damaged = verify(yard, "WIDE")["WIDE"]

    (table,) = yard.services.store.list_progress(job.id)
    assert ["set-aside"] == [found.kind for found in table.findings]
    assert table.findings[0].message.endswith("program limit exceeded: row is too big")
    seen = {row.fault: row.values for row in damaged.rows}
    assert {"missing", "changed"} == set(seen)
    assert [("C577", "577", "578")] == [(v.column, v.source, v.target) for v in seen["changed"]]
