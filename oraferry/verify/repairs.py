"""What a repair says: of each table, and of the whole. Doors and reports only read these."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from oraferry.model import TableRef
from oraferry.verify.outcome import RowDifference

# ``planned``: a dry run, which changed nothing; ``refused``: nothing was changed, and why.
RepairStatus = Literal["agrees", "planned", "repaired", "refused"]


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A row of the source that cannot be loaded, and was left out."""

    rowid: str | None
    column: str | None  # to blame, where it is one
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class TableRepair:
    """One pair of tables at one SCN."""

    source: TableRef
    target: TableRef
    scn: int
    status: RepairStatus
    inserted: int = 0  # rows of the target, done or, in a dry run, to be done
    updated: int = 0
    deleted: int = 0
    columns: dict[str, int] = field(default_factory=dict)  # "COLUMN: reason" -> values changed
    rows: tuple[RowDifference, ...] = ()  # examples
    left: dict[str, int] = field(default_factory=dict)  # "COLUMN: reason" -> rows left out
    left_rows: tuple[LeftRow, ...] = ()  # examples
    entry: int | None = None  # the row of oraferry.repair
    digest_before: str | None = None
    digest_after: str | None = None
    reason: str | None = None  # of a refusal
    hint: str | None = None
    notes: tuple[str, ...] = ()
    seconds: float | None = None

    @property
    def count(self) -> int:
        """Rows that are, or would be, brought into line."""
        return self.inserted + self.updated + self.deleted


@dataclass(frozen=True, slots=True)
class RepairReport:
    """A repair as a whole."""

    at: datetime
    source: str  # the database as it names itself; no password
    target: str
    is_dry_run: bool
    tables: tuple[TableRepair, ...]
    job_id: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """True when no difference is left that this repair knows of."""
        return all(t.status in ("agrees", "repaired") and not t.left for t in self.tables)
