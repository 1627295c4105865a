"""Rows of which some cannot be read, or loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from oraferry.model import (
    Digest,
    Refusal,
    Reject,
)


@dataclass(frozen=True, slots=True)
class CarefulBatch:
    """Rows as ``read_batches`` gives them, each with its ROWID, and those that cannot be read."""

    rows: pa.RecordBatch
    rowids: tuple[str | None, ...]
    unreadable: tuple[Reject, ...] = ()


class CarefulRows(Protocol):
    """A chunk's rows for a load that leaves out what cannot be loaded. Read twice at most."""

    def probe(self) -> Iterator[pa.RecordBatch]:
        """All rows that we would send, in load form, to learn which the target refuses."""

    def refuse(self, row: int, refusal: Refusal, *, may_return: bool = False) -> Callable[[], None]:
        """
        The target refused a row of the batch that ``probe`` gave last. Calling the result
        takes that back; *may_return* announces it, and TooManyBadRows waits.
        """

    def accepted(self) -> Iterator[pa.RecordBatch]:
        """The rows that nobody refused, in load form."""

    def summary(self) -> tuple[Digest, dict[str, int]]:
        """Of the accepted rows, after the last of them."""

    def rejects(self) -> Seq[Reject]:
        """The refused rows, after the last accepted one."""
