"""One Oracle session: connect, pin what values depend on, translate errors in one place."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

import oracledb

from oraferry.errors import SourceError, SourceUnavailable
from oraferry.oracle.meanings import find_meaning, list_codes
from oraferry.ports import SourceEndpoint

# Larger packets mean fewer of them; servers grant what they are set up for (8 KB to 2 MB).
SDU_BYTES = 65_535
KEEPALIVE_MINUTES = 2

# NLS_LANGUAGE and NLS_TERRITORY reset the formats, so they come first.
PINNED = (
    "ALTER SESSION SET TIME_ZONE = '+00:00'",
    "ALTER SESSION SET NLS_LANGUAGE = 'AMERICAN' NLS_TERRITORY = 'AMERICA'",
    "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,' "
    "NLS_DATE_FORMAT = 'SYYYY-MM-DD HH24:MI:SS' "
    "NLS_TIMESTAMP_FORMAT = 'SYYYY-MM-DD HH24:MI:SS.FF9' "
    "NLS_TIMESTAMP_TZ_FORMAT = 'SYYYY-MM-DD HH24:MI:SS.FF9 TZH:TZM' "
    "NLS_SORT = 'BINARY' NLS_COMP = 'BINARY'",
)


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the driver's exceptions into ours, with *what* was being done."""
    try:
        yield
    except oracledb.Error as error:
        raise translate(error, what) from error


def translate(error: oracledb.Error, what: str) -> Exception:
    """Our exception for the driver's; data values never stand in it."""
    text = str(error)
    codes = list_codes(text)
    found = find_meaning(codes)
    if found is None:
        shown = codes[0] if codes else type(error).__name__
        first = text.splitlines()[0] if text else shown
        recoverable = bool(getattr(error.args[0], "isrecoverable", False)) if error.args else False
        kind = SourceUnavailable if recoverable else SourceError
        return kind(f"{what}: {first}", context={"code": shown})
    code, meaning = found
    return meaning.kind(
        f"{what}: {meaning.says} ({code})", hint=meaning.hint or None, context={"code": code}
    )


class Session:
    """A connection with its settings pinned, and the queries of ``sql/`` by name."""

    def __init__(
        self,
        endpoint: SourceEndpoint,
        *,
        connect_timeout_seconds: float = 15.0,
        call_timeout_seconds: float = 0.0,
    ) -> None:
        """*call_timeout_seconds*: how long an answer may take; 0: for ever."""
        self.user = endpoint.user
        with translated(f"connecting to Oracle at {safe_dsn(endpoint.dsn)} as {endpoint.user}"):
            self.connection = oracledb.connect(
                user=endpoint.user,
                password=endpoint.password.reveal(),
                dsn=endpoint.dsn,
                tcp_connect_timeout=connect_timeout_seconds,
                sdu=SDU_BYTES,
                expire_time=KEEPALIVE_MINUTES,
                stmtcachesize=40,
            )
            self.connection.module = "oraferry"
            self.connection.call_timeout = int(call_timeout_seconds * 1000)
            with self.connection.cursor() as cursor:
                for statement in PINNED:
                    cursor.execute(statement)

    @property
    def version(self) -> tuple[int, ...]:
        """The server's version from the handshake."""
        return tuple(int(part) for part in str(self.connection.version).split("."))

    def query(self, sql: str, **binds: Any) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.connection.cursor() as cursor:
            cursor.arraysize = cursor.prefetchrows = 1000
            cursor.execute(sql, binds, fetch_lobs=False, fetch_decimals=True)
            return list(cursor.fetchall())

    def query_names(self, sql: str, owner: str, names: Sequence[str]) -> list[tuple[Any, ...]]:
        """
        Rows of a query with ``:owner`` and ``/*names*/`` for a list of names.

        Names go in binds, 500 at most in one statement.
        """
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(names), 500):
            part = names[start : start + 500]
            listed = ", ".join(f":n{i}" for i in range(len(part)))
            binds: dict[str, Any] = {f"n{i}": name for i, name in enumerate(part)}
            rows += self.query(sql.replace("/*names*/", listed), owner=owner, **binds)
        return rows

    def can(self, sql: str, **binds: Any) -> bool:
        """True when a harmless probe works for this user."""
        try:
            self.query(sql, **binds)
        except oracledb.DatabaseError as error:
            if getattr(error.args[0], "isrecoverable", False):
                raise
            return False
        return True

    def close(self) -> None:
        """Give the session back; never raises."""
        with contextlib.suppress(oracledb.Error):
            self.connection.close()


@functools.cache
def sql_text(name: str) -> str:
    """The query in ``sql/<name>.sql``."""
    return resources.files("oraferry.oracle.sql").joinpath(f"{name}.sql").read_text("utf-8")


def safe_dsn(dsn: str) -> str:
    """The DSN without anything that could be a password."""
    return dsn.rpartition("@")[2]


def quote(name: str) -> str:
    """An identifier in its stored case; a double quote cannot stand in one."""
    return '"' + name.replace('"', "") + '"'
