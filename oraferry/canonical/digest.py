"""A digest of a multiset of rows that does not depend on their order.

Per row a 128-bit xxh3 over its fields, each with its length in front (NULL has a mark of its
own); over the rows two sums modulo 2**64. Sums, not XOR: a doubled row must show. Digests of
parts add up to the digest of the whole.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from oraferry.model import Digest

BINARY = pa.large_binary()
_MODULUS = 2**64
Hashes = npt.NDArray[np.uint64]


class RowDigest:
    """
    Adds rows, gives their digest.

    >>> one, two = RowDigest(), RowDigest()
    >>> one.add([pa.array(["a", None])])
    >>> two.add([pa.array([None, "a"])])
    >>> one.digest() == two.digest(), one.digest().rows
    (True, 2)
    """

    __slots__ = ("_high", "_low", "rows")

    def __init__(self, rows: int = 0, high: int = 0, low: int = 0) -> None:
        self.rows = rows
        self._high = high % _MODULUS
        self._low = low % _MODULUS

    @classmethod
    def of(cls, digest: Digest) -> RowDigest:
        """To go on adding to *digest*."""
        return cls(digest.rows, int(digest.value[:16], 16), int(digest.value[16:], 16))

    def add(self, columns: Sequence[pa.Array]) -> None:
        """Rows of canonical texts, one array per column, all of the same length."""
        self._add_hashes(hash_rows(columns))

    def merge(self, other: RowDigest | Digest) -> None:
        """The rows of *other* too."""
        if isinstance(other, Digest):
            other = RowDigest.of(other)
        self.rows += other.rows
        self._high = (self._high + other._high) % _MODULUS
        self._low = (self._low + other._low) % _MODULUS

    @property
    def sums(self) -> tuple[int, int]:
        """Both sums, modulo 2**64."""
        return self._high, self._low

    def digest(self) -> Digest:
        """Count and digest of all rows so far."""
        return Digest(self.rows, f"{self._high:016x}{self._low:016x}")

    def _add_hashes(self, hashes: Hashes) -> None:
        high, low = (int(total) for total in hashes.sum(axis=0, dtype=np.uint64))
        self.merge(RowDigest(len(hashes), high, low))


def sum_digests(digests: Sequence[Digest]) -> Digest:
    """The digest of all the rows together."""
    total = RowDigest()
    for digest in digests:
        total.merge(digest)
    return total.digest()


def group_digests(keys: pa.Array, columns: Sequence[pa.Array]) -> dict[Hashable, RowDigest]:
    """
    One RowDigest per distinct key; *keys* is as long as the columns.

    >>> found = group_digests(pa.array([1, 2, 1]), [pa.array(["a", "b", "c"])])
    >>> {key: digest.rows for key, digest in found.items()}
    {1: 2, 2: 1}
    """
    if len(keys) == 0:
        return {}
    encoded = keys.dictionary_encode(null_encoding="encode")
    codes = np.asarray(encoded.indices)
    order = np.argsort(codes, kind="stable")
    hashes = hash_rows(columns)[order]
    present, starts, counts = np.unique(codes[order], return_index=True, return_counts=True)
    sums = np.add.reduceat(hashes, starts, axis=0, dtype=np.uint64)
    names = encoded.dictionary.to_pylist()
    return {
        names[code]: RowDigest(int(count), int(high), int(low))
        for code, count, (high, low) in zip(present, counts, sums, strict=True)
    }


def hash_rows(columns: Sequence[pa.Array]) -> Hashes:
    """Two 64-bit words per row."""
    joined = _join_fields(columns)
    if len(joined) == 0:
        return np.zeros((0, 2), np.uint64)
    _, offset_buffer, data_buffer = joined.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64)[
        joined.offset : joined.offset + len(joined) + 1
    ]
    data = memoryview(data_buffer)
    ends = offsets.tolist()
    # Mapped from end to end in C: this line is most of the cost of a digest.
    hashed = map(xxhash.xxh3_128_digest, map(data.__getitem__, map(slice, ends, ends[1:])))
    return np.frombuffer(b"".join(hashed), ">u8").astype(np.uint64).reshape(-1, 2)


def _join_fields(columns: Sequence[pa.Array]) -> pa.Array:
    """Per row ``length:value:`` of each field, ``~:~:`` for NULL."""
    fields: list[Any] = list(
        chain.from_iterable(
            (pc.binary_length(column).cast(pa.large_string()).cast(BINARY), column.cast(BINARY))
            for column in columns
        )
    )
    return pc.binary_join_element_wise(
        *fields, pa.scalar(b":", BINARY), null_handling="replace", null_replacement=b"~"
    )
