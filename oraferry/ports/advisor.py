"""A second opinion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Purpose = Literal["data", "schema"]  # data: column names only; schema: everything


@dataclass(frozen=True, slots=True)
class Advice:
    """A model's opinion. It adds doubts; it never erases a rule's finding."""

    is_compatible: bool
    issues: tuple[str, ...]
    model: str
    prompt: str  # name and version of the prompt file


class Advisor(Protocol):
    """Someone to ask for a second opinion on two raw DDL texts."""

    def compare_ddl(self, source_ddl: str, target_ddl: str, purpose: Purpose) -> Advice:
        """AdvisorError when no usable answer came in time."""
