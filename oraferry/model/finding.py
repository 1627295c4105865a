"""What verification sees."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Digest:
    """A count and an order-independent digest of rows (see verify/digest.py).

    *value* is 32 hex digits: two sums modulo 2**64 over a 128-bit hash of each row's
    canonical form. Doubled, lost and changed rows all move it.
    """

    rows: int
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something verification saw."""

    table: str
    kind: str  # rows, digest, set-aside
    message: str
    chunk: str | None = None
    source: str | None = None
    target: str | None = None
