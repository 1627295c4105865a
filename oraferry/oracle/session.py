"""One Oracle session: connect, pin what values depend on, translate errors in one place."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import Any

import oracledb

from oraferry.errors import (
    RequestError,
    SnapshotTooOld,
    SourceDataError,
    SourceError,
    SourceRefused,
    SourceUnavailable,
    TableNotFound,
)
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

# Code of the error -> our class, what to say, what to do. The first code found in the
# message's lines counts, wrappers (604, 6512, 12801, 2063) being passed over.
_Meaning = tuple[type[SourceError] | type[RequestError], str, str]
MEANINGS: dict[str, _Meaning] = {
    "ORA-01017": (
        SourceRefused,
        "Oracle refused the user name or password",
        "check user, password (it is case-sensitive) and that the service is the right database",
    ),
    "ORA-28000": (SourceRefused, "the Oracle account is locked", "ask the DBA to unlock it"),
    "ORA-28001": (
        SourceRefused,
        "the password of the Oracle account has expired",
        "set a new password",
    ),
    "ORA-01045": (
        SourceRefused,
        "the Oracle user may not log in",
        "GRANT CREATE SESSION to the user",
    ),
    "ORA-01031": (
        SourceRefused,
        "a privilege is missing in Oracle",
        "reading at one SCN needs SELECT and FLASHBACK on each table, "
        "or SELECT ANY TABLE and FLASHBACK ANY TABLE",
    ),
    "ORA-41900": (
        SourceRefused,
        "a privilege is missing in Oracle",
        "grant what the message names on the table",
    ),
    "DPY-3015": (
        SourceRefused,
        "the account has only an old password verifier, which the thin driver does not take",
        "set the account's password again on the server",
    ),
    "DPY-3010": (
        SourceError,
        "the Oracle server is older than 12.1, which the thin driver does not take",
        "migrate from a copy on a newer server",
    ),
    "DPY-6001": (
        SourceUnavailable,
        "the listener does not know the service",
        "check the service name; the database may be closed, or the name may be a SID",
    ),
    "ORA-12514": (
        SourceUnavailable,
        "the listener does not know the service",
        "check the service name; the database may be closed, or the name may be a SID",
    ),
    "DPY-6003": (
        SourceUnavailable,
        "the listener does not know the SID",
        "use the service name: host:port/service",
    ),
    "DPY-4027": (
        SourceError,
        "the DSN is an alias, and there is no tnsnames.ora",
        "write host:port/service",
    ),
    "DPY-4000": (
        SourceError,
        "the DSN's alias is not in tnsnames.ora",
        "write host:port/service",
    ),
    "DPY-6005": (
        SourceUnavailable,
        "Oracle cannot be reached",
        "check host and port, the listener and the firewall between",
    ),
    "DPY-6000": (
        SourceUnavailable,
        "the listener refused the connection",
        "look at the listener's log",
    ),
    "DPY-4011": (SourceUnavailable, "the Oracle session was lost", "it is tried again"),
    "ORA-03113": (SourceUnavailable, "the Oracle session was lost", "it is tried again"),
    "ORA-03114": (SourceUnavailable, "the Oracle session was lost", "it is tried again"),
    "ORA-03135": (SourceUnavailable, "the Oracle session was lost", "it is tried again"),
    "ORA-00028": (SourceUnavailable, "the Oracle session was killed", "it is tried again"),
    "ORA-01012": (SourceUnavailable, "the Oracle session has ended", "it is tried again"),
    "ORA-02396": (SourceUnavailable, "Oracle ended the idle session", "it is tried again"),
    "ORA-02399": (
        SourceUnavailable,
        "Oracle ended the session after its time",
        "it is tried again",
    ),
    "ORA-01013": (SourceUnavailable, "the call was cancelled", "it is tried again"),
    "DPY-4024": (SourceUnavailable, "the call took too long", "it is tried again"),
    "ORA-01033": (SourceUnavailable, "Oracle is starting or stopping", "it is tried again"),
    "ORA-01034": (SourceUnavailable, "Oracle is not running", "it is tried again"),
    "ORA-01089": (SourceUnavailable, "Oracle is shutting down", "it is tried again"),
    "ORA-12516": (SourceUnavailable, "Oracle has no room for the session", "use fewer workers"),
    "ORA-12518": (SourceUnavailable, "Oracle has no room for the session", "use fewer workers"),
    "ORA-12519": (SourceUnavailable, "Oracle has no room for the session", "use fewer workers"),
    "ORA-12520": (SourceUnavailable, "Oracle has no room for the session", "use fewer workers"),
    "ORA-00018": (SourceUnavailable, "Oracle has no room for the session", "use fewer workers"),
    "ORA-00020": (SourceUnavailable, "Oracle has no room for the session", "use fewer workers"),
    "ORA-02391": (
        SourceUnavailable,
        "the user's profile allows no more sessions",
        "use fewer workers, or raise SESSIONS_PER_USER",
    ),
    "ORA-00942": (
        TableNotFound,
        "the table does not exist, or this user may not read it",
        "check the name; GRANT SELECT (and FLASHBACK) on it to the user",
    ),
    "ORA-01555": (
        SnapshotTooOld,
        "Oracle no longer holds the undo for the job's SCN",
        "raise UNDO_RETENTION, use smaller chunks, or start a new job at a new SCN",
    ),
    "ORA-01466": (
        SnapshotTooOld,
        "the table was changed by DDL after the job's SCN",
        "start a new job, when nobody changes the table's definition",
    ),
    "ORA-08180": (SnapshotTooOld, "Oracle has no snapshot that old", "start a new job"),
    "ORA-08181": (SnapshotTooOld, "the SCN is not one of this database", "start a new job"),
    "ORA-08103": (
        SnapshotTooOld,
        "the table was truncated or rebuilt while it was read",
        "start a new job for this table",
    ),
    "ORA-01410": (
        SnapshotTooOld,
        "the table was moved while it was read",
        "start a new job for this table",
    ),
    "ORA-01406": (SourceDataError, "a value is too long for its buffer", "report it as a bug"),
    "ORA-22835": (SourceDataError, "a LOB is too long for text", "report it as a bug"),
    "ORA-29275": (
        SourceDataError,
        "a text holds bytes that are not valid in the database's character set",
        "find and correct them in the source",
    ),
    "DPY-3022": (
        SourceDataError,
        "a value has a time zone region, which the driver cannot decode",
        "report it as a bug: the select list should have asked for UTC",
    ),
    "ORA-01000": (SourceUnavailable, "the session has too many open cursors", "it is tried again"),
}
_CODE = re.compile(r"\b(?:ORA|DPY)-\d{4,5}\b")
_WRAPPERS = {"ORA-00604", "ORA-06512", "ORA-12801", "ORA-02063"}


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
    codes = [c for c in _CODE.findall(text) if c not in _WRAPPERS]
    known = [c for c in codes if c in MEANINGS]
    # A connection error names the driver's code first and the cause after it.
    code = known[-1] if known and known[0] == "DPY-6005" else known[0] if known else ""
    if not code:
        shown = codes[0] if codes else type(error).__name__
        first = text.splitlines()[0] if text else shown
        recoverable = bool(getattr(error.args[0], "isrecoverable", False)) if error.args else False
        kind = SourceUnavailable if recoverable else SourceError
        return kind(f"{what}: {first}", context={"code": shown})
    kind_, says, hint = MEANINGS[code]
    return kind_(f"{what}: {says} ({code})", hint=hint, context={"code": code})


class Session:
    """A connection with its settings pinned, and the queries of ``sql/`` by name."""

    def __init__(self, endpoint: SourceEndpoint, *, connect_timeout_seconds: float = 15.0) -> None:
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


def sql_text(name: str) -> str:
    """The query in ``sql/<name>.sql``."""
    return resources.files("oraferry.oracle.sql").joinpath(f"{name}.sql").read_text("utf-8")


def safe_dsn(dsn: str) -> str:
    """The DSN without anything that could be a password."""
    return dsn.rpartition("@")[2]


def quote(name: str) -> str:
    """An identifier in its stored case; a double quote cannot stand in one."""
    return '"' + name.replace('"', "") + '"'
