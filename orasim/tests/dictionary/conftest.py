"""Schemas of fresh databases, asked for plain values."""

from __future__ import annotations

from typing import Any

import pytest
from orasim.database import Database
from orasim.dictionary import probe
from orasim.engine import OracleError


class Schema:
    """One user's session."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.database = session.database

    def run(self, *statements: str) -> Any:
        """Execute statements; the last one's outcome."""
        outcome = None
        for statement in statements:
            outcome = self.session.execute(statement, [])
        return outcome

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows as Python values."""
        return list(probe.rows(self.session, query))

    def column(self, query: str) -> list[Any]:
        """The only column of a query."""
        return [value for (value,) in self.rows(query)]

    def error(self, statement: str) -> int:
        """The ORA- number that a statement ends in."""
        with pytest.raises(OracleError) as caught:
            if statement.upper().startswith("SELECT"):
                self.rows(statement)
            else:
                self.run(statement)
        return caught.value.code

    def other(self, name: str, profile: str = "owner") -> Schema:
        """Another user of the same database."""
        self.database.create_user(name, "x", profile=profile)
        return Schema(self.database.open_session(name, "test", 2, 1))


def schema_of(version: str = "19c", profile: str = "catalog-owner") -> Schema:
    """The schema SHOP of a new database."""
    database = Database(version=version)
    database.create_user("SHOP", "x", profile=profile)
    return Schema(database.open_session("SHOP", "test", 1, 1))


@pytest.fixture
def shop() -> Schema:
    """SHOP in a 19c database, owner with SELECT_CATALOG_ROLE."""
    return schema_of()
