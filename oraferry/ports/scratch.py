"""A place where definitions are tried, and nothing stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from oraferry.ports.endpoint import ServerInfo


@dataclass(frozen=True, slots=True)
class NamePlace:
    """A relation's name in a statement's text: characters from *start* to *end*."""

    schema: str | None
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What PostgreSQL may evaluate while it defines something, as the statement names it."""

    kind: Literal["function", "operator", "cast", "type"]  # a type: the checks of its domains
    schema: str | None
    name: str


@dataclass(frozen=True, slots=True)
class ScratchStatement:
    """One statement that only defines something, and what must be taken care of."""

    text: str
    kind: str  # function, view, … or "change" of what the text created, or comment
    schema: str | None
    name: str
    locked: tuple[NamePlace, ...] = ()  # a copy stands in for those that others use
    own: tuple[NamePlace, ...] = ()  # must have been created in this transaction
    evaluated: tuple[Evaluated, ...] = ()  # must not be others' code
    is_bound: bool = False  # nor may be what keys and checks of *own* relations call
    replaces: NamePlace | None = None  # the view itself
    without_data: bool = False  # WITH NO DATA is to be added


@dataclass(frozen=True, slots=True)
class ScratchRoutine:
    """A routine that a statement created."""

    oid: int
    name: str  # with the types of its arguments
    language: str
    definition: str  # as PostgreSQL writes it
    is_trigger: bool
    is_polymorphic: bool


@dataclass(frozen=True, slots=True)
class ScratchFailure:
    """Why a statement could not be carried out."""

    message: str
    sqlstate: str | None = None  # None: we refused it
    detail: str | None = None
    hint: str | None = None
    offset: int | None = None  # into the statement's text
    body_line: int | None = None  # of a routine's body, where there is no offset


@dataclass(frozen=True, slots=True)
class ScratchOutcome:
    """What became of one statement."""

    failure: ScratchFailure | None = None
    routines: tuple[ScratchRoutine, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BodyFinding:
    """What a look at every statement of a routine's body found."""

    is_error: bool
    message: str
    sqlstate: str
    line: int | None  # of the body
    query: str | None  # the SQL in which *position* counts, from 1
    position: int | None
    detail: str | None = None
    hint: str | None = None


class Scratch(Protocol):
    """
    A transaction of a PostgreSQL in which things are created, and that is never committed.

    Nothing that a statement defines is run: not while it is created, not while it is checked.
    """

    def describe(self) -> ServerInfo:
        """The server; *notes* say what it lacks for a full look at bodies."""

    def checkers(self) -> tuple[str, ...]:
        """Who looks, with versions: the server, and plpgsql_check where it has it."""

    def define(self, statement: ScratchStatement) -> ScratchOutcome:
        """Carry *statement* out; what fails leaves nothing, and the next one can be tried."""

    def look_in(self, schemas: tuple[str, ...]) -> None:
        """Look names up in *schemas* too, before those of the search path."""

    def check_body(self, routine: ScratchRoutine) -> list[BodyFinding] | None:
        """What plpgsql_check says of the body; None where it cannot look."""

    def close(self) -> None:
        """Roll back and end the session; never raises."""
