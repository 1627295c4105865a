"""Rows that cannot be loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row cannot be loaded; never a value."""

    code: str  # an SQLSTATE, or the name of a rule of ours
    reason: str
    column: str | None = None  # the source's name, where one column is to blame
    line: int | None = None  # of the rows sent, the one that was named; 0 is the first


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that is set aside: where it is in the source, why, and what can be kept of it."""

    rowid: str | None  # None where the source's rows have none
    refusal: Refusal
    content: dict[str, Any]  # source column -> text, number, NULL or {"hex": …}; cut when long


@dataclass(frozen=True, slots=True)
class StoredReject:
    """A reject as the quarantine table of the target holds it."""

    task_number: int
    number: int  # within its task
    table_number: int
    source: str
    rowid: str | None
    column: str | None
    code: str
    reason: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Source rows that repeat the key of another, where the target has a key."""

    columns: tuple[str, ...]  # the source's names
    rows: int  # that are too many: one of each key may stay
    rowids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BadRowLimits:
    """How many rows may be set aside; 0: the first one stops the job."""

    per_table: int
    per_job: int
