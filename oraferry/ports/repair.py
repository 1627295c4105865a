"""Rows of the target that are brought into line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from oraferry.model import (
    Digest,
    Refusal,
    TablePlan,
)

# Rows to be brought into line.
FAULTS = pa.schema(
    [
        ("number", pa.int64()),  # of the source's row that it needs; 0: none
        ("fault", pa.string()),  # missing, extra, changed
        ("part", pa.string()),  # the target's table, or the partition, that holds it
        ("ctid", pa.string()),
        ("places", pa.list_(pa.int32())),  # of the plan's columns that differ
    ]
)


class RepairStage(Protocol):
    """What is to be done with a table, gathered on the target's session before any lock."""

    def add(self, faults: pa.RecordBatch) -> None:
        """Rows that differ, as ``FAULTS`` has them; *part* may be an oid."""

    def load(
        self, numbers: npt.NDArray[np.int64], rows: pa.RecordBatch
    ) -> Sequence[tuple[int, Refusal]]:
        """
        The source's rows, in ``typemap.load`` form, by their numbers. Those that the target
        refuses whatever else it holds are left out, and told by their places in *rows*.
        """


@dataclass(frozen=True, slots=True)
class Repair:
    """A staged table, and what its ledger entry says of the whole."""

    stage: RepairStage
    plan: TablePlan
    scn: int
    before: Digest  # of the target, when it was compared
    after: Digest  # of the source
    count_differing: Callable[[], int]  # how many parts of the target still differ, read again
    job_id: str | None = None


@dataclass(frozen=True, slots=True)
class RepairDone:
    """A committed repair, as ``oraferry.repair`` has it."""

    id: int
    inserted: int
    updated: int
    deleted: int
    notes: tuple[str, ...] = ()
