"""What a verification says: of each value, row, method, table, and of the whole.

Doors and reports only read these. A method never says "same" of what it could not look at:
its outcome is then None, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from oraferry.model import Finding, StoredReject, TableRef

RowFault = Literal["missing", "extra", "changed"]


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """One column of a row that is on both sides; texts as people read them, None is NULL."""

    column: str  # the source's name
    source: str | None
    target: str | None
    reason: str | None = None  # where it is known: "trailing blanks", "microseconds cut", …


@dataclass(frozen=True, slots=True)
class RowDifference:
    """
    A row that is not the same on both sides.

    ``missing`` from the target, ``extra`` on the target, or ``changed``: a row of each side
    that belong together, by the key or, without one, by most of their values.
    """

    fault: RowFault
    key: dict[str, str | None] = field(default_factory=dict)  # source column -> its text
    rowid: str | None = None  # of the source's row, where its rows have one
    ctid: str | None = None  # of the target's row, at the time of the verification
    values: tuple[ValueDifference, ...] = ()
    part: str | None = None  # the target's table, or the partition, that holds it


@dataclass(frozen=True, slots=True)
class MethodOutcome:
    """What one method saw of a table."""

    method: str
    agrees: bool | None  # None: it could not look
    findings: tuple[Finding, ...] = ()
    note: str | None = None  # why it could not look, or what it left out
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class TableOutcome:
    """One pair of tables at one SCN."""

    source: TableRef
    target: TableRef
    scn: int
    source_rows: int | None
    target_rows: int | None
    outcomes: tuple[MethodOutcome, ...] = ()
    rows: tuple[RowDifference, ...] = ()  # examples, or all: see *is_complete*
    differing_rows: int = 0  # found; at least so many when not *is_complete*
    is_complete: bool = True  # *rows* holds every row that differs
    reasons: dict[str, int] = field(default_factory=dict)  # "COLUMN: reason" -> values that differ
    altered: dict[str, int] = field(default_factory=dict)  # the same -> changed on purpose
    set_aside: dict[str, int] = field(default_factory=dict)  # "COLUMN: reason" -> rows
    rejects: tuple[StoredReject, ...] = ()  # the rows set aside, as far as they were listed
    notes: tuple[str, ...] = ()
    seconds: float | None = None

    @property
    def agrees(self) -> bool:
        """True when some method looked, and none of those that looked saw a difference."""
        seen = [outcome.agrees for outcome in self.outcomes if outcome.agrees is not None]
        return bool(seen) and all(seen) and not self.differing_rows

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What all methods saw."""
        return tuple(found for outcome in self.outcomes for found in outcome.findings)


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """A verification as a whole."""

    at: datetime
    source: str  # the database as it names itself; no password
    target: str
    tables: tuple[TableOutcome, ...]
    job_id: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """True when every table does."""
        return bool(self.tables) and all(table.agrees for table in self.tables)
