"""Rows of the target that are brought into line."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from oraferry.model import (
    Digest,
    TablePlan,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A row to be brought into line, by its number among those of its table."""

    number: int
    fault: str  # missing, extra, changed
    part: str | None = None  # the target's table, or the partition, that holds it
    ctid: str | None = None
    places: tuple[int, ...] = ()  # of the plan's columns that differ


class RepairStage(Protocol):
    """What is to be done with a table, gathered on the target's session before any lock."""

    def add(self, faults: Seq[Fault]) -> None:
        """Rows that differ."""

    def load(self, numbers: Seq[int], rows: pa.RecordBatch) -> None:
        """The source's rows for some of them, in ``typemap.load`` form."""

    def pair(self, key: Seq[int]) -> None:
        """Missing and extra rows with the same values in the columns *key* are changed ones."""


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
