"""What differs between a source's table and the target's."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from oraferry.model.table import TableRef


class Severity(enum.StrEnum):
    """What a difference means for the load."""

    BLOCKING = "blocking"  # the load would fail or change values
    WARNING = "warning"  # the data arrives exact, the definition differs
    NOTE = "note"  # worth knowing


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between source and target; a result, not an error."""

    table: str  # the source's name, SCHEMA.NAME
    column: str | None
    kind: str  # column-missing, type, length, nullability, primary-key, ...
    severity: Severity
    message: str  # one sentence for a person
    decided_by: str  # "rule:<name>" or "ai:<model>@<prompt>"
    source: str | None = None  # evidence: the definition on each side
    target: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found about one pair of tables; ``is_compatible`` means nothing blocks."""

    source: TableRef
    target: TableRef
    target_exists: bool
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()  # doubts that concern the comparison itself (AI down, …)

    @property
    def is_compatible(self) -> bool:
        """True when no difference blocks the load."""
        return not any(d.severity is Severity.BLOCKING for d in self.differences)
