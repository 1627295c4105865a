"""A session of a fresh database for scripts to run in."""

from __future__ import annotations

from typing import Any

import pytest
from orasim.database import Database


@pytest.fixture
def database() -> Database:
    """A 19c database with the user SCOTT."""
    database = Database(version="19c")
    database.create_user("SCOTT", "tiger", profile="catalog-owner")
    return database


@pytest.fixture
def session(database: Database) -> Any:
    """SCOTT's session."""
    return database.open_session("SCOTT", "test", 1, 1)
