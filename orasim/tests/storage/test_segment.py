"""Segments: versions by SCN, ROWIDs in extents, rows out of order."""

from __future__ import annotations

from itertools import pairwise

import pytest
from orasim.storage.rowid import RowId
from orasim.storage.segment import ROWS_PER_BLOCK
from orasim.storage.table import Storage
from orasim.storage.transaction import Transaction
from orasim.values import NUMBER


@pytest.fixture
def store():
    """A table store with one column and one segment."""
    store = Storage().create([("N", NUMBER)])
    store.add_segment()
    return store


def write(store, *values):
    """Commit rows with one-byte values; the SCN."""
    transaction, segment = Transaction(store.storage), store.segments[0]
    for value, ordinal in zip(
        values, store.storage.new_ordinals(segment, len(values)), strict=True
    ):
        transaction.put(segment, store.stored, ordinal, (bytes((1, value)),))
    return transaction.commit()


def read(state, store):
    """All live values of a state."""
    return [
        state.row(ordinal, store.stored)[0][1]
        for ordinal in range(state.end)
        if state.row(ordinal, store.stored) is not None
    ]


def test_only_exposed_versions_are_kept(store):
    """A version nobody was told of is gone, and says so."""
    segment = store.segments[0]
    first = write(store, 1)
    store.storage.expose_scn()
    second = write(store, 2)
    third = write(store, 3)
    assert [1] == read(segment.state_at(first), store)
    assert segment.state_at(second) is None
    assert [1, 2, 3] == read(segment.state_at(third), store)


def test_commit_order_may_differ_from_insert_order(store):
    """Places taken by a transaction stay its own until it commits or gives up."""
    segment, storage = store.segments[0], store.storage
    early, late = Transaction(storage), Transaction(storage)
    (a,) = storage.new_ordinals(segment, 1)
    (b,) = storage.new_ordinals(segment, 1)
    early.put(segment, store.stored, a, (b"\x01\x0a",))
    late.put(segment, store.stored, b, (b"\x01\x0b",))
    late.commit()
    assert [11] == read(segment.state, store)
    early.commit()
    assert [10, 11] == read(segment.state, store)


def test_rowids_follow_extents_and_never_overlap(store):
    """Ordinal to ROWID and back, over several extents shared with another segment."""
    storage, segment = store.storage, store.segments[0]
    other = store.add_segment("P")
    for _ in range(3):
        storage.new_ordinals(segment, 127 * ROWS_PER_BLOCK)
        storage.new_ordinals(other, 127 * ROWS_PER_BLOCK)
    blocks = [
        block
        for one in (segment, other)
        for extent in one.extents
        for block in range(extent.block_id, extent.block_id + extent.blocks)
    ]
    assert len(blocks) == len(set(blocks))
    for ordinal in (0, 99, 100, 12_699, 12_700, 25_400, 38_099):
        rowid = segment.rowid(ordinal)
        assert ordinal == segment.ordinal(rowid)
        assert any(e.block_id < rowid.block < e.block_id + e.blocks for e in segment.extents)
    covered = []
    for extent in segment.extents:
        low = RowId(segment.data_object_id, segment.relative_fno, extent.block_id, 0)
        high = RowId(
            segment.data_object_id, segment.relative_fno, extent.block_id + extent.blocks - 1, 32767
        )
        covered.append(segment.ordinal_range(low, high))
    assert covered == sorted(covered)
    assert all(a[1] == b[0] for a, b in pairwise(covered))
    assert covered[0][0] == 0 and covered[-1][1] >= 38_100
