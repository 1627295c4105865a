"""Row hashes summed by buckets of the hash itself: which few rows differ, without any key.

The same row falls into the same bucket on both sides, wherever it is stored. Per bucket a
count and the two sums that a digest has; a row that is not the same on both sides moves the
bucket that it is in, or the two buckets that it was and is in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from oraferry.canonical import digest
from oraferry.canonical.declared import declared_text
from oraferry.canonical.jenkins import Hashes
from oraferry.canonical.rowhash import hash_rows, mix_hashes
from oraferry.model import ColumnPlan
from oraferry.ports import BucketTotals

Buckets = npt.NDArray[np.int64]


class BucketSums:
    """
    Adds hashes.

    >>> one, two = BucketSums(4), BucketSums(4)
    >>> one.add(np.array([4, 5], np.uint64))
    >>> two.add(np.array([4, 9, 5], np.uint64))
    >>> find_differing(one.totals(), two.totals()).tolist()
    [1]
    """

    __slots__ = ("high", "low", "rows")

    def __init__(self, buckets: int) -> None:
        """*buckets*: a power of two."""
        self.rows = np.zeros(buckets, np.int64)
        self.high = np.zeros(buckets, np.uint64)
        self.low = np.zeros(buckets, np.uint64)

    def add(self, hashes: Hashes) -> None:
        """Rows by their hashes."""
        places = bucket_of(hashes, len(self.rows))
        high, low = mix_hashes(hashes)
        np.add.at(self.rows, places, 1)
        np.add.at(self.high, places, high)
        np.add.at(self.low, places, low)

    def put(self, bucket: int, rows: int, high: int, low: int) -> None:
        """What the server summed of one bucket."""
        self.rows[bucket] += rows
        self.high[bucket] += np.uint64(high % 2**64)
        self.low[bucket] += np.uint64(low % 2**64)

    def merge(self, other: BucketSums) -> None:
        """The rows of *other* too."""
        self.rows += other.rows
        self.high += other.high
        self.low += other.low

    def totals(self) -> BucketTotals:
        """What was added so far."""
        return BucketTotals(self.rows, self.high, self.low)


def add_up(totals: BucketTotals) -> BucketTotals:
    """
    The same rows in one bucket.

    >>> sums = BucketSums(4)
    >>> sums.add(np.array([4, 5], np.uint64))
    >>> add_up(sums.totals()).rows.tolist()
    [2]
    """
    return BucketTotals(*(np.atleast_1d(a.sum()) for a in (totals.rows, totals.high, totals.low)))


def find_differing(one: BucketTotals, two: BucketTotals) -> Buckets:
    """The numbers of the buckets that do not hold the same rows."""
    differs = (one.rows != two.rows) | (one.high != two.high) | (one.low != two.low)
    return np.flatnonzero(differs)


def bucket_of(hashes: Hashes, buckets: int) -> Buckets:
    """The bucket of each hash; *buckets* is a power of two."""
    return (hashes & np.uint64(buckets - 1)).astype(np.int64)


def hash_fetched(batch: pa.RecordBatch, columns: Sequence[ColumnPlan], *, by_hash: bool) -> Hashes:
    """
    A hash per row of a batch as it was fetched: the server's own (*by_hash*, as
    ``Target.hashes_rows`` says), else one of the row's canonical texts.
    """
    if by_hash:
        return hash_rows(batch, columns)
    return hash_texts(fetched_texts(batch, columns))


def hash_texts(texts: Sequence[pa.Array]) -> Hashes:
    """A hash per row of canonical texts, an array per column."""
    return np.ascontiguousarray(digest.hash_rows(texts)[:, 0])


def fetched_texts(batch: pa.RecordBatch, columns: Sequence[ColumnPlan]) -> list[pa.Array]:
    """The canonical texts of a batch as it was fetched, an array per column."""
    return [declared_text(batch.column(i), column) for i, column in enumerate(columns)]
