"""Hashes without a server: values that PostgreSQL 15 gave, and what the sums see."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from oraferry.canonical import SourceDigest, can_hash, jenkins
from oraferry.canonical.rowhash import find_column_hash, sum_hashes
from oraferry.model import Column, ColumnPlan, DataType, Policy


def test_hashes_are_those_that_a_server_gave():
    """
    hashint4extended and hash_record_extended of PostgreSQL 15, kept here.
    """
    integers = jenkins.hash_integers(np.array([1, -1], np.int64)).view(np.int64)
    texts = jenkins.hash_bytes(pa.array(["", "twelve bytes"], pa.large_string())).view(np.int64)

    assert INTEGERS == integers.tolist()
    assert TEXTS == texts.tolist()


def test_values_that_change_rows_move_the_sums():
    """
    Sums of the columns' own hashes would be blind to that.
    """
    left = jenkins.hash_integers(np.arange(100))
    right = jenkins.hash_integers(np.arange(100, 200))

    assert sum_hashes(jenkins.combine([left, right])) == sum_hashes(
        jenkins.combine([left[::-1].copy(), right[::-1].copy()])
    )
    assert sum_hashes(jenkins.combine([left, right])) != sum_hashes(
        jenkins.combine([left[::-1].copy(), right])
    )


def test_numbers_that_differ_by_a_power_of_ten_thousand_and_change_rows_move_the_sums():
    """
    Their hashes differ in one bit: of 3,000 pairs of rows none is overlooked.
    """
    number = find_column_hash(DataType("NUMBER"), DataType("numeric"))
    assert number
    pairs = np.random.default_rng(1).integers(0, 2**31, (3_000, 2))
    numbers = [jenkins.combine(number.of(pa.array([text]))) for text in ("1", "10000")]
    missed = 0
    for pair in pairs:
        keys = jenkins.hash_integers(pair)
        here = sum_hashes(jenkins.combine([keys, np.concatenate(numbers)]))
        missed += here == sum_hashes(jenkins.combine([keys, np.concatenate(numbers[::-1])]))

    assert 0 == missed


def test_a_type_that_was_asked_for_is_hashed_and_values_that_a_policy_changes_are_not():
    """
    A RAW(16) as uuid has the server's hash; a text without its NULs has only canonical text.
    """
    raw, uuid = Column("C", DataType("RAW", length=16), 1), Column("c", DataType("uuid"), 1)
    text, plain = Column("D", DataType("VARCHAR2"), 2), Column("d", DataType("text"), 2)
    asked = ColumnPlan(raw, uuid, "raw", Policy(to=DataType("uuid")))

    assert can_hash([asked, ColumnPlan(text, plain, "varchar")])
    assert not can_hash([asked, ColumnPlan(text, plain, "varchar", Policy(nul="remove"))])


def test_no_rows_are_a_digest_too():
    """
    An empty batch adds nothing.
    """
    column = ColumnPlan(
        Column("N", DataType("NUMBER"), 1), Column("n", DataType("numeric"), 1), "number-text"
    )
    digest = SourceDigest([column], by_hash=True)
    digest.add(pa.RecordBatch.from_arrays([pa.array([], pa.large_string())], names=["N"]))

    assert (0, "0" * 32) == (digest.digest().rows, digest.digest().value)


INTEGERS = [-3670598878359251130, -1888257769727981238]
TEXTS = [-6939563903564495251, -7123776401673968163]
