"""A session of a fresh database, and short ways to ask it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from orasim.database import Database
from orasim.sql.binds import value_of
from orasim.sql.session import SqlSession
from orasim.storage import codec


class Asker:
    """Runs SQL in one session and decodes what comes back."""

    def __init__(self, database: Database, session: SqlSession) -> None:
        self.database = database
        self.session = session

    def run(self, *statements: str) -> int:
        """Execute statements; the last one's row count."""
        count = 0
        for statement in statements:
            count = self.session.execute(statement, []).row_count
        return count

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows as Python values, by way of the encoded results."""
        outcome = self.session.execute(sql, [])
        cursor = outcome.cursor
        assert cursor is not None
        kinds = [column.type for column in self.session._plan(sql, [])[0].columns]
        found: list[tuple[Any, ...]] = []
        while True:
            batch = cursor.fetch(100)
            rows = batch if isinstance(batch, list) else split(batch.payload, len(kinds))
            found += [
                tuple(value_of(kind, value) for kind, value in zip(kinds, row, strict=True))
                for row in rows
            ]
            if len(rows) < 100:
                return found

    def value(self, expression: str) -> Any:
        """One expression over DUAL."""
        ((found,),) = self.rows(f"SELECT {expression} FROM dual")
        return found

    def error(self, sql: str) -> int:
        """The ORA- number that *sql* raises."""
        from orasim.engine import OracleError

        with pytest.raises(OracleError) as caught:
            self.rows(sql) if sql.lstrip().upper().startswith(("SELECT", "WITH")) else self.run(sql)
        return caught.value.code


def split(payload: Any, columns: int) -> list[list[bytes | None]]:
    """The values of encoded rows."""
    data, at, rows = bytes(payload), 0, []
    while at < len(data):
        assert data[at] == 7
        at += 1
        row = []
        for _ in range(columns):
            end = _clr_end(data, at)
            row.append(codec.of_clr(data[at:end]))
            at = end
        rows.append(row)
    return rows


def _clr_end(data: bytes, at: int) -> int:
    if data[at] != 254:
        return at + 1 + data[at]
    at += 1
    while data[at]:
        width = data[at]
        at += 1 + width + int.from_bytes(data[at + 1 : at + 1 + width], "big")
    return at + 1


@pytest.fixture
def database() -> Database:
    """A 19c database with the user SCOTT."""
    database = Database(version="19c")
    database.create_user("SCOTT", "tiger", profile="catalog-owner")
    return database


@pytest.fixture
def open_session(database: Database) -> Callable[[str], Asker]:
    """Opens further sessions by user name."""
    return lambda user: Asker(database, database.open_session(user, "test", 1, 1))


@pytest.fixture
def oracle(open_session: Callable[[str], Asker]) -> Asker:
    """SCOTT's session."""
    return open_session("SCOTT")


@pytest.fixture
def newest() -> Asker:
    """SCOTT's session of a 23ai database."""
    database = Database(version="23ai")
    database.create_user("SCOTT", "tiger", profile="catalog-owner")
    return Asker(database, database.open_session("SCOTT", "test", 1, 1))
