"""A session of a fresh database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from orasim.database import Database
from orasim.engine import OracleError
from orasim.sql.session import SqlSession


class Asker:
    """Runs statements and reads what they left."""

    def __init__(self, session: SqlSession) -> None:
        self.session = session

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.session.execute(statement, [])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        plan, context, _ = self.session._plan(sql, [])
        context.begin_execution()
        return list(plan.rows())

    def error(self, sql: str) -> OracleError:
        with pytest.raises(OracleError) as caught:
            self.run(sql)
        return caught.value


@pytest.fixture
def database() -> Database:
    database = Database(version="19c")
    database.create_user("SCOTT", "tiger", profile="catalog-owner")
    return database


@pytest.fixture
def open_session(database: Database) -> Callable[[str], Asker]:
    return lambda user: Asker(database.open_session(user, "test", 1, 1))


@pytest.fixture
def oracle(open_session: Callable[[str], Asker]) -> Asker:
    asker = open_session("SCOTT")
    asker.run("CREATE TABLE t (a NUMBER, b VARCHAR2(30))")
    return asker
