"""Row digests: every damage moves them, order and grouping do not."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from oraferry.canonical import RowDigest, group_digests
from oraferry.canonical.digest import sum_digests

ROWS = [(str(i), None if i % 7 == 0 else f"word {i % 50}", "") for i in range(1000)]


def digest_of(rows):
    """The digest of rows of canonical texts."""
    found = RowDigest()
    found.add([pa.array(column, pa.large_string()) for column in zip(*rows, strict=True)])
    return found.digest()


def test_the_order_of_rows_does_not_matter():
    """
    The same rows in any order, in any batches, have the same digest.
    """
    shuffled = ROWS[:]
    random.Random(1).shuffle(shuffled)
    pieces = [digest_of(shuffled[:300]), digest_of(shuffled[300:301]), digest_of(shuffled[301:])]

    assert digest_of(ROWS) == digest_of(shuffled) == sum_digests(pieces)


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param([*ROWS, ROWS[5], ROWS[5]], id="doubled twice"),
        pytest.param([ROWS[5], *ROWS[:4], *ROWS[5:]], id="one lost, another doubled"),
        pytest.param([("0", "", ""), *ROWS[1:]], id="empty for null"),
        pytest.param([("0", "~", ""), *ROWS[1:]], id="the mark of null as a text"),
        pytest.param([(ROWS[1][1], ROWS[1][0], ""), ROWS[0], *ROWS[2:]], id="exchanged"),
        pytest.param([("1", "word 1:", ""), ROWS[0], *ROWS[2:]], id="a separator more"),
        pytest.param([("1", "word 2", ""), ("2", "word 1", ""), ROWS[0], *ROWS[3:]], id="mixed"),
    ],
)
def test_damage_moves_the_digest(damaged):
    """
    A row lost, doubled, changed or put together from others is seen.
    """
    assert digest_of(ROWS).value != digest_of(damaged).value


def test_fields_cannot_flow_into_each_other():
    """
    Lengths stand in front of fields, so no text can imitate a border.
    """
    assert digest_of([("a", "1:b:")]).value != digest_of([("a:1:b", "")]).value


def test_groups_add_up_to_the_whole():
    """
    Rows told apart by a key have the digests of their groups, and those sum to all.
    """
    columns = [pa.array(column, pa.large_string()) for column in zip(*ROWS, strict=True)]
    keys = pa.array([i % 3 if i % 5 else None for i in range(len(ROWS))])

    groups = group_digests(keys, columns)

    assert {0, 1, 2, None} == set(groups)
    for key, found in groups.items():
        rows = [row for row, k in zip(ROWS, keys.to_pylist(), strict=True) if k == key]
        assert digest_of(rows) == found.digest()
    assert digest_of(ROWS) == sum_digests([found.digest() for found in groups.values()])


def test_a_slice_of_a_batch_is_digested_as_that_slice():
    """
    Offsets of sliced arrays are respected.
    """
    columns = [pa.array(column, pa.large_string()) for column in zip(*ROWS, strict=True)]
    found = RowDigest()
    found.add([column.slice(10, 20) for column in columns])

    assert digest_of(ROWS[10:30]) == found.digest()


def test_nothing_has_a_digest_and_a_digest_goes_on():
    """
    No rows are 32 zeros; a digest can be taken up and added to.
    """
    assert (0, "0" * 32) == (RowDigest().digest().rows, RowDigest().digest().value)
    assert {} == group_digests(pa.array([], pa.int64()), [pa.array([], pa.large_string())])
    found = RowDigest.of(digest_of(ROWS[:500]))
    found.merge(digest_of(ROWS[500:]))
    assert digest_of(ROWS) == found.digest()
