"""Routines that a statement created, and the empty ones that take their places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from oraferry.ports import ScratchRoutine
from oraferry.postgres.session import sql_text

_VOLATILITY = {"i": "IMMUTABLE", "s": "STABLE", "v": "VOLATILE"}


@dataclass(frozen=True, slots=True)
class Created:
    """A routine as the catalog has it."""

    oid: int
    name: str  # regprocedure
    language: str
    kind: str  # f, p
    volatility: str
    returns: str  # regtype
    is_set: bool
    has_out: bool
    is_polymorphic: bool
    schema: str
    full_name: str  # quoted
    arguments: str
    result: str | None
    definition: str
    written_by: str  # the transaction below a savepoint

    def as_port(self) -> ScratchRoutine:
        """What the port tells of it."""
        return ScratchRoutine(
            self.oid,
            self.name,
            self.language,
            self.definition,
            is_trigger=self.returns == "trigger",
            is_polymorphic=self.is_polymorphic,
        )


def list_created(connection: psycopg.Connection[Any], name: str) -> list[Created]:
    """The routines called *name* that this transaction created or replaced."""
    rows = connection.execute(sql_text("scratch_routines"), {"name": name}).fetchall()
    return [Created(*row) for row in rows]


def render_empty(routine: Created) -> str:
    """
    A statement that gives the routine a body without effects; head and volatility stay.

    Immutable, so that indexes and generated columns may go on using it.
    """
    head = f"{routine.full_name}({routine.arguments})"
    if routine.kind == "p":
        return f"CREATE OR REPLACE PROCEDURE {head} LANGUAGE plpgsql AS 'BEGIN END'"
    volatility = _VOLATILITY[routine.volatility]
    return (
        f"CREATE OR REPLACE FUNCTION {head} RETURNS {routine.result} LANGUAGE plpgsql "
        f"{volatility} AS 'BEGIN {_return_of(routine)} END'"
    )


def _return_of(routine: Created) -> str:
    if routine.returns in ("void", "event_trigger"):
        return ""
    return "RETURN;" if routine.is_set or routine.has_out else "RETURN NULL;"
