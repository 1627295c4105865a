"""What the target holds."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt
import pyarrow as pa

from oraferry.model import (
    Digest,
)

# Where rows of the target are: a numpy record each, of its table's oid, block and offset.
Addresses = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """The row that commits with a chunk's rows and speaks for them."""

    job_id: str
    task_number: int
    table_number: int
    rows: int
    digest: str  # Digest.value of the chunk as it was read from the source
    altered: dict[str, int] = field(default_factory=dict)
    set_aside: int = 0  # rows in the quarantine table instead of the target


@dataclass(frozen=True, slots=True)
class StoredRows:
    """Rows of a target's table as they are stored."""

    ctids: tuple[str, ...]
    part: str  # the table, or the partition, that holds them
    texts: Seq[pa.Array]  # canonical, one array per plan column


@dataclass(frozen=True, slots=True)
class LoadedTable:
    """What the target holds of a job's table."""

    ledger: tuple[LedgerEntry, ...]
    # Per task number of its chunks: count and digest over the values *read back* from the
    # table. Rows are told apart by the transaction that wrote them; rows that nobody in the
    # ledger speaks for come under 0, unless the mode is append or upsert.
    digests: Mapping[int, Digest]
    rejects: Mapping[str, int]  # rows of the quarantine table by "COLUMN: reason"
    is_repaired: bool = False  # some of the rows under 0 may be a repair's
