"""The simulated database: users, catalog, storage, sessions. Implements ``engine.Engine``."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import pyarrow as pa

from orasim.charset import find_charset
from orasim.dictionary import model
from orasim.engine import Identity, OracleError
from orasim.sql.functions import (
    dates,
    dump,
    general,
    grouping,
    json,
    jsonmaking,
    numeric,
    packages,
    randoms,
    texts,
    vectors,
)
from orasim.sql.parse import StatementCache
from orasim.sql.session import SqlSession
from orasim.storage.bulk import load_batch
from orasim.storage.table import Storage

_FUNCTION_MODULES = (
    dates,
    dump,
    general,
    grouping,
    json,
    jsonmaking,
    numeric,
    packages,
    randoms,
    texts,
    vectors,
)  # registered by import

VERSIONS = {
    "12.1": ((12, 1, 0, 2, 0), "Oracle Database 12c Enterprise Edition Release 12.1.0.2.0"),
    "12.2": ((12, 2, 0, 1, 0), "Oracle Database 12c Enterprise Edition Release 12.2.0.1.0"),
    "19c": ((19, 3, 0, 0, 0), "Oracle Database 19c Enterprise Edition Release 19.0.0.0.0"),
    "23ai": ((23, 4, 0, 24, 5), "Oracle Database 23ai Free Release 23.0.0.0.0"),
}

_OWNER = {
    "CREATE SESSION", "CREATE TABLE", "CREATE VIEW", "CREATE SEQUENCE", "CREATE PROCEDURE",
    "CREATE TRIGGER", "CREATE TYPE", "CREATE SYNONYM", "CREATE MATERIALIZED VIEW",
    "UNLIMITED TABLESPACE",
}  # fmt: skip
# What ``create_user`` gives: system privileges and roles by profile.
PROFILES: dict[str, tuple[set[str], set[str]]] = {
    "owner": (_OWNER, set()),
    "grants": ({"CREATE SESSION"}, set()),
    "none": ({"CREATE SESSION"}, set()),
    "catalog": ({"CREATE SESSION"}, {"SELECT_CATALOG_ROLE"}),
    "catalog-owner": (_OWNER, {"SELECT_CATALOG_ROLE", "EXECUTE_CATALOG_ROLE"}),
    "migration": (
        {"CREATE SESSION", "SELECT ANY TABLE", "FLASHBACK ANY TABLE", "EXECUTE ANY TYPE"},
        {"SELECT_CATALOG_ROLE"},
    ),
    "dba": ({*_OWNER, "DBA"}, {"DBA", "SELECT_CATALOG_ROLE", "EXECUTE_CATALOG_ROLE"}),
}


def kept_identity(identity: Identity, service: str) -> Identity:
    """The same database under a service name."""
    return replace(identity, service_name=service.upper())


class Database:
    """An Oracle database in this process; thread-safe across sessions."""

    def __init__(
        self, version: str = "19c", service: str = "ORASIM", charset: str = "AL32UTF8"
    ) -> None:
        """*version*: 12.1, 12.2, 19c or 23ai; *charset*: AL32UTF8, UTF8, WE8MSWIN1252, …"""
        self.characters = find_charset(charset)
        number, banner = VERSIONS[version]
        self.version = version
        self.charset = charset
        self.identity = Identity(
            version=number,
            banner=f"{banner} (orasim)",
            service_name=service.upper(),
            charset_id=self.characters.number,
        )
        self.storage = Storage()
        self.catalog = model.Catalog(self.storage)
        self.statements = StatementCache()
        self.supplemental_logging = False  # ALTER DATABASE ADD SUPPLEMENTAL LOG DATA
        self.host_load = 0.0  # per cent, as V$SYSMETRIC tells it
        self.units: dict[int, tuple[object, object]] = {}  # stored code as read, by its source
        self.sessions: list[SqlSession] = []
        self.started = time.time()
        self._user_numbers = itertools.count(100)
        self._partition_numbers = itertools.count(1001)
        for number_, name in ((0, "SYS"), (9, "SYSTEM"), (1, "PUBLIC")):
            self.catalog.users[name] = model.User(
                name, None, number_, self.started, oracle_maintained=True
            )

    # -- engine ---------------------------------------------------------------------------

    def has_service(self, name: str) -> bool:
        """The service, the instance (SID), each in any case."""
        identity = self.identity
        return name.upper() in (identity.service_name.upper(), identity.instance_name.upper())

    def password_of(self, user: str) -> str | None:
        found = self.catalog.users.get(user)
        return None if found is None else found.password

    def set_password(self, user: str, password: str) -> None:
        # 23ai takes 1024 bytes; before it the limit was that of an identifier.
        limit = 1024 if self.identity.version >= (23,) else 30
        if not 0 < len(password.encode()) <= limit:
            raise OracleError(988, "missing or invalid password(s)")
        self.catalog.users[user].password = password

    def open_session(self, user: str, program: str, session_id: int, serial: int) -> SqlSession:
        """A session of *user*, by stored name; ORA-01045 without CREATE SESSION."""
        record = self.catalog.users.get(user)
        if record is None:
            raise OracleError(1017, "invalid username/password; logon denied")
        if not record.privileges & {"CREATE SESSION", "DBA"}:
            raise OracleError(1045, f"user {user} lacks CREATE SESSION privilege; logon denied")
        session = SqlSession(self, record, program, session_id, serial)
        self.sessions.append(session)
        return session

    def session_closed(self, session: SqlSession) -> None:
        """Forget a session."""
        if session in self.sessions:
            self.sessions.remove(session)

    def expire_undo(self) -> None:
        """From now on every snapshot that was taken before is too old (ORA-01555)."""
        self.storage.expire_undo()

    # -- set-up ---------------------------------------------------------------------------

    def create_user(self, name: str, password: str, profile: str = "owner") -> model.User:
        """
        A user by stored name, with the privileges of a profile.

        ``owner``: a schema of its own; ``grants``/``none``: CREATE SESSION only; ``catalog``:
        SELECT_CATALOG_ROLE; ``catalog-owner``: both, and DBMS_FLASHBACK; ``migration``:
        SELECT and FLASHBACK ANY TABLE with the catalog; ``dba``: everything.
        """
        privileges, roles = PROFILES[profile]
        if name in self.catalog.users:
            raise OracleError(1920, f"user name '{name}' conflicts with another user or role name")
        user = model.User(
            name, password, next(self._user_numbers), time.time(), set(privileges), set(roles)
        )
        self.catalog.users[name] = user
        return user

    def open_account(self, name: str, password: str, profile: str = "dba") -> model.User:
        """Give SYS or SYSTEM, which every database has, a password and a profile's privileges."""
        privileges, roles = PROFILES[profile]
        user = self.catalog.users[name]
        user.password = password
        user.privileges |= set(privileges)
        user.roles |= set(roles)
        return user

    def owners(self) -> list[str]:
        """Users that are not Oracle's own, in the order in which they were made."""
        users = sorted(self.catalog.users.values(), key=lambda user: user.user_id)
        return [user.name for user in users if not user.oracle_maintained]

    def user_number(self, name: str) -> int:
        """USER_ID of a user."""
        return self.catalog.users[name].user_id

    def partition_name(self) -> str:
        """The next generated partition name."""
        return f"SYS_P{next(self._partition_numbers)}"

    def bulk_load(self, schema: str, table: str, batch: pa.RecordBatch) -> int:
        """
        Commit generated rows quickly; columns by name, missing ones NULL.

        Values are checked against the types and NOT NULL; keys and CHECK constraints are
        trusted. Partitioned tables take their rows to the right partition.
        """
        return load_batch(self, self.catalog.table(schema, table), batch)
