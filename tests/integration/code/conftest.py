"""Code is verified in a real PostgreSQL, by an ordinary role and by a superuser."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from oraferry.config import Secret
from oraferry.ports import TargetEndpoint
from oraferry.verify.code.report import CodeReport
from oraferry.verify.procedures import verify_procedure
from oraferry.wiring import open_scratch

Verify = Callable[..., CodeReport]


@pytest.fixture(params=["ordinary", "superuser"])
def is_superuser(request: pytest.FixtureRequest) -> bool:
    """Who verifies."""
    return bool(request.param == "superuser")


@pytest.fixture
def has_checker(postgres_dsn: str) -> bool:
    """The test's database has plpgsql_check, where the server has it."""
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        found = connection.execute(
            "SELECT FROM pg_available_extensions WHERE name = 'plpgsql_check'"
        ).fetchone()
        if found is not None:
            connection.execute("CREATE EXTENSION plpgsql_check")
    return found is not None


@pytest.fixture
def checker(has_checker: bool) -> None:
    """A test that is about plpgsql_check."""
    if not has_checker:
        pytest.skip("the server has no plpgsql_check; scripts/plpgsql-check install")


@pytest.fixture
def ordinary_dsn(postgres_dsn: str) -> Iterator[str]:
    """A role that may only create in the database."""
    name, password = f"ferry_{secrets.token_hex(6)}", secrets.token_hex(12)
    database = conninfo.conninfo_to_dict(postgres_dsn)["dbname"]
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        connection.execute(f"GRANT CREATE ON DATABASE {database} TO {name}")
    yield conninfo.make_conninfo(postgres_dsn, user=name, password=password)
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER")
        connection.execute(f"DROP OWNED BY {name}")
        connection.execute(f"DROP ROLE {name}")


@pytest.fixture
def dsn(is_superuser: bool, postgres_dsn: str, ordinary_dsn: str, has_checker: bool) -> str:
    """The database as whoever verifies sees it."""
    return postgres_dsn if is_superuser else ordinary_dsn


@pytest.fixture
def execute(dsn: str) -> Callable[..., list[Any]]:
    """What whoever verifies did before, with the rights of that role."""

    def run(*statements: str) -> list[Any]:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    return run


def verify_in(dsn: str, source_code: str, **how: Any) -> CodeReport:
    """A verification in a session of its own."""
    path: Sequence[str] = how.pop("search_path", ("public",))
    with open_scratch(TargetEndpoint(Secret(dsn)), search_path=path) as scratch:
        return verify_procedure(source_code, scratch, **how)


@pytest.fixture
def verify(dsn: str) -> Verify:
    """verify_procedure as whoever verifies."""
    return lambda source_code, **how: verify_in(dsn, source_code, **how)


@pytest.fixture
def look(postgres_dsn: str) -> Callable[[], Any]:
    """All that could be left behind: objects, roles, rights, extensions, sequences' values."""

    def describe() -> Any:
        with psycopg.connect(postgres_dsn, autocommit=True) as connection:
            rows = {}
            for name in (
                "pg_class",
                "pg_proc",
                "pg_type",
                "pg_namespace",
                "pg_roles",
                "pg_trigger",
                "pg_extension",
                "pg_rewrite",
                "pg_description",
                "pg_constraint",
                "pg_auth_members",
                "pg_largeobject_metadata",
            ):
                columns = {
                    # What vacuum and analyze of others change.
                    "pg_class": "oid, relname, relacl, relowner, relnamespace, relhastriggers",
                }.get(name, "*")
                rows[name] = sorted(map(str, connection.execute(f"SELECT {columns} FROM {name}")))
            sequences = connection.execute(
                "SELECT schemaname, sequencename, last_value FROM pg_sequences"
            )
            rows["sequences"] = sorted(map(str, sequences))
            return rows

    return describe


@pytest.fixture
def public(postgres_dsn: str, dsn: str) -> None:
    """The user may create in the schema public."""
    user = conninfo.conninfo_to_dict(dsn)["user"]
    with psycopg.connect(postgres_dsn, autocommit=True) as connection:
        connection.execute(f"GRANT CREATE ON SCHEMA public TO {user}")
