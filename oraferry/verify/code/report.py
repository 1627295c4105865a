"""What a verification of code says. Doors only read these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]
SOURCE_CODE = "source_code"  # the name of the text that was to be verified


@dataclass(frozen=True, slots=True)
class CodeObject:
    """Something that the text creates, as PostgreSQL names it."""

    kind: str  # function, procedure, view, trigger, …
    name: str
    is_checked: bool = False  # its body was checked statement by statement, not only its syntax


@dataclass(frozen=True, slots=True)
class CodeFinding:
    """One thing that is wrong with the text, or that is worth a look."""

    level: Level
    message: str
    sqlstate: str | None  # of PostgreSQL's error; None: we refused the statement
    line: int | None  # in the given text, from 1
    column: int | None
    statement: str  # the first line of the statement
    object: str | None  # "function billing.total"
    decided_by: str  # postgresql, plpgsql_check, pglast or oraferry
    detail: str | None = None
    hint: str | None = None
    text: str = SOURCE_CODE  # which of the given texts: source_code, depends_on[0], …
    is_consequence: bool = False  # only because something before it failed


@dataclass(frozen=True, slots=True)
class CodeReport:
    """A verification of code as a whole."""

    objects: tuple[CodeObject, ...]
    errors: tuple[CodeFinding, ...]
    warnings: tuple[CodeFinding, ...]
    checked_by: tuple[str, ...]  # with versions: "PostgreSQL 15.8", "plpgsql_check 2.3", …
    server_version: str
    notes: tuple[str, ...] = ()  # what was not looked at, and what to install

    @property
    def is_valid(self) -> bool:
        """True when the text defines something, and all of it could be created and checked."""
        return bool(self.objects) and not self.errors
