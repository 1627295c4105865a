"""What a database adds up over many rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class ColumnTotals:
    """Of the values of a column; canonical texts, None where there is none, or none is asked."""

    values: int  # that are not NULL
    least: str | None = None
    greatest: str | None = None
    total: str | None = None


@dataclass(frozen=True, slots=True)
class BucketTotals:
    """Per bucket of the rows' hashes: how many, and two sums modulo 2**64."""

    rows: npt.NDArray[np.int64]
    high: Hashes
    low: Hashes
