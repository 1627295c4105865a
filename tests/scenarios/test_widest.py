"""Tables as wide as Oracle's may be: statements over all their columns stay within limits."""

from __future__ import annotations

from tests.scenarios.conftest import change
from tests.scenarios.test_verify_data import verify

COLUMNS = 600  # the hash of a numeric takes three entries of a ROW's 1664


def test_hundreds_of_numbers_in_a_row_are_moved_and_compared(oracle, make_yard):
    """
    Given a table whose hashes have more parts than a ROW may, when it moves, then it verifies;
    and one changed value is found in its column.
    """
    names = [f"C{n}" for n in range(1, COLUMNS + 1)]
    oracle.run(
        f"CREATE TABLE wide ({', '.join(f'{name} NUMBER' for name in names)})",
        f"INSERT INTO wide VALUES ({', '.join(str(n) for n in range(1, COLUMNS + 1))})",
        f"INSERT INTO wide VALUES ({', '.join(['NULL'] * COLUMNS)})",
    )
    yard = make_yard()

    job = yard.move("WIDE")
    change(yard, "UPDATE {schema}.wide SET c577 = 578 WHERE c1 = 1")
    damaged = verify(yard, "WIDE")["WIDE"]

    assert job.verified
    (row,) = damaged.rows
    assert [("C577", "577", "578")] == [(v.column, v.source, v.target) for v in row.values]
    assert {"counts"} == {seen.method for seen in damaged.outcomes if seen.agrees}
