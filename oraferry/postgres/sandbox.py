"""Where and as whom things are created in a scratch transaction.

Everything here is part of the transaction: the schemas, the copies and the role are gone with
it. A superuser's session works as a role of its own that may nothing but look and create, so
that what PostgreSQL evaluates while it creates something could not reach beyond.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import psycopg

from oraferry.errors import TargetRefused
from oraferry.ports import Evaluated
from oraferry.postgres.session import quote, sql_text

STATEMENT_SECONDS = 15
# Two verifications that create the same name wait for each other.
LOCK_SECONDS = 10
# The client is gone without a word, or hangs.
IDLE_SECONDS = 60
SOUND_CHECKER = (2, 10)  # EXECUTE '' and record results of OUT arguments crashed those before
READERS = 140_000  # pg_read_all_data, client_connection_check_interval


def run(
    connection: psycopg.Connection[Any], statement: str, **values: Any
) -> list[tuple[Any, ...]]:
    """The rows of a statement of ours."""
    cursor = connection.execute(statement, values or None)
    return cursor.fetchall() if cursor.description else []


@dataclass
class Sandbox:
    """The schemas of one scratch transaction, and the role that works in them."""

    connection: psycopg.Connection[Any]
    search_path: Sequence[str]
    schema: str = ""  # unqualified names are created here
    is_own: bool = False  # the schema was created for this, and is empty
    role: str | None = None  # who creates, in a superuser's session
    notes: list[str] = field(default_factory=list)
    emptied: set[str] = field(default_factory=set)  # views that cannot be changed any more
    checker: str | None = None  # the schema of plpgsql_check, quoted
    checker_version: str | None = None
    _mark: str = field(default_factory=lambda: secrets.token_hex(6))
    _copies: dict[int, str] = field(default_factory=dict)  # what stands in for a relation
    _entered: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """Open the transaction, and make everything ready in it."""
        run(self.connection, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ WRITE")
        for name, value in self._settings().items():
            self._set(name, value)
        is_superuser, may_create = run(
            self.connection,
            "SELECT rolsuper, has_database_privilege(current_database(), 'CREATE') "
            "FROM pg_roles WHERE rolname = current_user",
        )[0]
        run(self.connection, "SELECT pg_current_xact_id()")
        self._find_checker(is_superuser)
        if is_superuser:
            self._create_role()
        if may_create:
            self.schema = self._create_schema("scratch")
            self.is_own = True
        else:
            self.schema = self._find_schema()
            self.checker = None
            self.notes = [
                "this user may not create schemas: bodies were checked for syntax only; GRANT "
                "CREATE ON DATABASE"
            ]
        if self.role and self.connection.info.server_version < READERS:
            self._grant_reading(self.role)
        self._note_missing()
        self._set_path()
        self._become_role()

    def look_in(self, schemas: Sequence[str]) -> None:
        """From now on names are looked up in *schemas* too, before those of the search path."""
        self.search_path = tuple(dict.fromkeys([*schemas, *self.search_path]))
        if self.role and self.connection.info.server_version < READERS:
            self._as_superuser(lambda: self._grant_reading(self.role or ""))
        self._set_path()

    def _set_path(self) -> None:
        path = dict.fromkeys([self.schema, *self.search_path, "pg_temp"])
        self._set("search_path", ", ".join(map(quote, path)))

    def _settings(self) -> dict[str, str]:
        settings = {
            "statement_timeout": f"{STATEMENT_SECONDS}s",
            "lock_timeout": f"{LOCK_SECONDS}s",
            "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
            "standard_conforming_strings": "on",
            "check_function_bodies": "on",
            "default_tablespace": "",
            "jit": "off",
        }
        if self.connection.info.server_version >= READERS:
            settings["client_connection_check_interval"] = "2s"
        return settings

    def _set(self, name: str, value: str) -> None:
        run(self.connection, "SELECT set_config(%(name)s, %(value)s, true)", name=name, value=value)

    def _find_checker(self, is_superuser: bool) -> None:
        """plpgsql_check, where the database has it or we may create it for the transaction."""
        sql = (
            "SELECT quote_ident(n.nspname), e.extversion FROM pg_extension AS e "
            "JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'plpgsql_check'"
        )
        found = run(self.connection, sql)
        is_there = run(
            self.connection, "SELECT 1 FROM pg_available_extensions WHERE name = 'plpgsql_check'"
        )
        if not found and is_there and is_superuser:
            schema = self._create_schema("checker")
            run(self.connection, f"CREATE EXTENSION plpgsql_check WITH SCHEMA {quote(schema)}")
            found = run(self.connection, sql)
        if found:
            self.checker, self.checker_version = found[0]
            self._note_age()
            return
        do = (
            "CREATE EXTENSION plpgsql_check"
            if is_there
            else "install plpgsql_check on the server (Debian: postgresql-NN-plpgsql-check), and "
            "CREATE EXTENSION plpgsql_check"
        )
        self.notes.append(
            f"the database has no plpgsql_check: PL/pgSQL bodies were checked for syntax only; {do}"
        )

    @property
    def is_checker_old(self) -> bool:
        """True when there are bodies that it must not see (hazards.py)."""
        numbers = [int(part) for part in re.findall(r"\d+", self.checker_version or "")]
        return tuple(numbers[:2]) < SOUND_CHECKER

    def _note_age(self) -> None:
        if self.is_checker_old:
            self.notes.append(
                f"plpgsql_check {self.checker_version} can crash the server on some bodies, and is "
                "not shown those that are known to do so; 2.10 is sound: update it, where others "
                "use the server"
            )

    def _create_role(self) -> None:
        self.role = f"oraferry_scratch_{self._mark}"
        run(self.connection, f"CREATE ROLE {quote(self.role)} NOLOGIN")
        database = run(self.connection, "SELECT quote_ident(current_database())")[0][0]
        run(
            self.connection, f"GRANT CREATE, TEMPORARY ON DATABASE {database} TO {quote(self.role)}"
        )
        if self.connection.info.server_version >= READERS:
            run(self.connection, f"GRANT pg_read_all_data TO {quote(self.role)}")
        if self.checker:
            run(self.connection, f"GRANT USAGE ON SCHEMA {self.checker} TO {quote(self.role)}")

    def _create_schema(self, kind: str) -> str:
        name = f"oraferry_{kind}_{self._mark}"
        owner = f" AUTHORIZATION {quote(self.role)}" if self.role else ""
        run(self.connection, f"CREATE SCHEMA {quote(name)}{owner}")
        return name

    def _find_schema(self) -> str:
        """The first schema of the search path that this user may create in."""
        for name in self.search_path:
            found = run(
                self.connection,
                "SELECT has_schema_privilege(nspname, 'CREATE') FROM pg_namespace "
                "WHERE nspname = %(name)s",
                name=name,
            )
            if found and found[0][0]:
                return name
        user, database = run(self.connection, "SELECT current_user, current_database()")[0]
        raise TargetRefused(
            f"the user {user} may create nothing in the database {database}: to verify code it "
            "must be created, in a transaction that is rolled back",
            hint=f"GRANT CREATE ON DATABASE {quote(database)} TO {quote(user)}, or put a schema "
            "that it may create in onto the search path",
        )

    def enter(self, schema: str) -> None:
        """Let names be looked up and created in *schema*; one that is missing is created."""
        if schema.startswith("pg_") or schema == "information_schema" or schema in self._entered:
            return
        found = run(
            self.connection, "SELECT pg_catalog.to_regnamespace(%(name)s)", name=quote(schema)
        )
        if found[0][0] is None:
            run(self.connection, f"CREATE SCHEMA {quote(schema)}")
        elif self.role and schema != self.schema:
            self._grant_schema(schema, self.role)

    def _grant_schema(self, schema: str, role: str) -> None:
        grant = f"GRANT USAGE, CREATE ON SCHEMA {quote(schema)} TO {quote(role)}"
        self._as_superuser(lambda: run(self.connection, grant))

    def _grant_reading(self, role: str) -> None:
        """What pg_read_all_data allows since PostgreSQL 14, for the schemas of the path."""
        for name in self._existing(self.search_path):
            run(self.connection, f"GRANT USAGE ON SCHEMA {quote(name)} TO {quote(role)}")
            tables = f"ALL TABLES IN SCHEMA {quote(name)}"
            run(self.connection, f"GRANT SELECT ON {tables} TO {quote(role)}")

    def _existing(self, names: Sequence[str]) -> list[str]:
        rows = run(
            self.connection,
            "SELECT nspname FROM pg_namespace WHERE nspname = ANY (%(names)s)",
            names=list(names),
        )
        return [name for (name,) in rows]

    def _note_missing(self) -> None:
        missing = sorted({*self.search_path} - {*self._existing(self.search_path)})
        if missing:
            self.notes.append(f"not in the database before: {', '.join(missing)} (search path)")

    def remember(self, schema: str) -> None:
        """What ``enter`` did for *schema* is there to stay."""
        self._entered.add(schema)

    def take_over(self, schema: str, name: str) -> None:
        """Existing routines of that name may be replaced by the role that creates."""
        if not self.role or schema.startswith("pg_"):
            return
        found = run(
            self.connection, sql_text("scratch_others_routines"), schema=quote(schema), name=name
        )
        role = quote(self.role)
        for (routine,) in found:
            self._as_superuser(
                lambda r=routine: run(self.connection, f"ALTER ROUTINE {r} OWNER TO {role}")  # type: ignore[misc]
            )

    def _as_superuser(self, act: Callable[[], Any]) -> None:
        run(self.connection, "RESET ROLE")
        act()
        self._become_role()

    def _become_role(self) -> None:
        if self.role:
            run(self.connection, f"SET LOCAL ROLE {quote(self.role)}")

    def find_relation(self, schema: str | None, name: str) -> tuple[int, str, str, bool] | None:
        """OID, kind, full name and whether it is ours, as a statement would find it."""
        written = f"{quote(schema)}.{quote(name)}" if schema else quote(name)
        found = run(self.connection, sql_text("scratch_relation"), name=written)
        return cast("tuple[int, str, str, bool]", found[0]) if found else None

    def find_foreign_code(self, named: Evaluated) -> str | None:
        """A routine that is not ours to evaluate, of those that a name may mean."""
        if named.schema == "pg_catalog":
            return None
        by_name = {"schema": named.schema, "name": named.name}
        routines = [] if named.kind == "type" else self._list(f"scratch_{named.kind}", **by_name)
        if named.kind in ("cast", "type"):
            types = self._list("scratch_type", **by_name)
            routines += self._list("scratch_called", types=types, trees=[])
        return self._find_foreign(routines)

    def find_bound_code(self, oid: int) -> str | None:
        """The same of those that a key or a check of a relation calls."""
        ((types, trees, routines),) = run(self.connection, sql_text("scratch_bound"), oid=oid)
        called = self._list("scratch_called", types=types, trees=trees)
        return self._find_foreign([*routines, *called])

    def _list(self, statement: str, **binds: Any) -> list[int]:
        return [oid for (oid,) in run(self.connection, sql_text(statement), **binds)]

    def _find_foreign(self, routines: Sequence[int]) -> str | None:
        if not routines:
            return None
        found = run(self.connection, sql_text("scratch_foreign_code"), routines=list(routines))
        return str(found[0][0]) if found else None

    def stand_in(self, oid: int, full_name: str) -> None:
        """From now on *full_name* is what triggers on the relation are created on."""
        self._copies[oid] = full_name

    def copy(self, oid: int, kind: str, full_name: str, name: str) -> str:
        """
        The full name of an empty copy of a relation: what is done to it locks nobody.

        Taking a copy locks the relation as reading it does.
        """
        if oid in self._copies:
            return self._copies[oid]
        schema = self._create_schema(f"copy{len(self._copies)}")
        copy = f"{quote(schema)}.{quote(name)}"
        if kind == "v":
            run(self.connection, f"CREATE VIEW {copy} AS SELECT * FROM {full_name}")
        else:
            parts = "INCLUDING INDEXES INCLUDING GENERATED"
            run(self.connection, f"CREATE TABLE {copy} (LIKE {full_name} {parts})")
        self._copies[oid] = copy
        return copy

    @property
    def check_schema(self) -> str:
        """Where a routine stands whose body is looked at; nobody else knows the name."""
        return f"oraferry_body_{self._mark}"

    def forget(self, copies: int) -> None:
        """A savepoint was rolled back: only the first *copies* are still there."""
        self._copies = dict(list(self._copies.items())[:copies])

    @property
    def copied(self) -> int:
        """How many copies there are."""
        return len(self._copies)

    def clean(self, text: str) -> str:
        """*text* without the names of schemas that are ours."""
        return re.sub(rf'"?oraferry_[a-z]+[0-9]*_{self._mark}"?\.?', "", text)
