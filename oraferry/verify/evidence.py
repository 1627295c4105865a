"""What the methods look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from oraferry.canonical import RowDigest
from oraferry.model import Digest

NOTHING = RowDigest().digest()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One table, by task number of its chunks."""

    table: str
    counted: int | None  # COUNT(*) in Oracle at the job's SCN
    left: Mapping[int, Digest]  # of the values fetched from Oracle
    arrived: Mapping[int, Digest]  # of the values read back from PostgreSQL
    set_aside: int = 0  # rows that the ledger says are in the quarantine table instead
    rejects: Mapping[str, int] = field(default_factory=dict)  # rows that are there, by reason
