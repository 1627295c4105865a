"""One PostgreSQL session: connect, settings, translate errors in one place."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterator
from collections.abc import Sequence as Seq
from importlib import resources
from typing import Any

import psycopg
from psycopg import conninfo, sql

from oraferry.config import Secret
from oraferry.errors import (
    ConfigError,
    CopyRejected,
    TableNotFound,
    TargetError,
    TargetRefused,
    TargetUnavailable,
)
from oraferry.model import TablePlan
from oraferry.postgres.meanings import find_meaning

CONNECT_SECONDS = 15
OLDEST = 130_000  # xid8 and pg_current_xact_id(), which tell chunks apart

_COLUMN = re.compile(r"COPY .+, line (\d+)(?:, column ([^:\n]+))?")
_CORRECT = "correct the value in the source, or change the target column"
# Classes of SQLSTATE that blame a row: data, constraints, triggers' own, limits of a value.
_ROW_CLASSES = {"09", "22", "23", "27", "38", "39", "44", "54", "P0"}


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn psycopg's exceptions into ours, with *what* was being done."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, what) from error


def translate(error: psycopg.Error, what: str) -> TargetError:
    """
    Our exception for psycopg's. A COPY error's text holds the customer's value, so only
    state, line and column are kept of it.
    """
    state = error.sqlstate or ""
    context = {"sqlstate": state} if state else {}
    meaning = find_meaning(state)
    found = _COLUMN.search(error.diag.context or "") if error.diag else None
    # Whatever ends a COPY names a line, also a server that stops or a disk that is full; and
    # foreign keys and triggers blame a row without one.
    if state[:2] in _ROW_CLASSES or (found and meaning is None):
        return _rejected(error, what, meaning.hint if meaning else _CORRECT, found)
    if meaning is not None:
        says = f"{meaning.says} ({state}: {_safe(error)})"
        return meaning.kind(f"{what}: {says}", hint=meaning.hint, context=context)
    if isinstance(error, psycopg.OperationalError) and not state:
        return _unreachable(error, what)
    return TargetError(f"{what}: {_safe(error)}", context=context)


def _rejected(
    error: psycopg.Error, what: str, hint: str, found: re.Match[str] | None
) -> CopyRejected:
    state = error.sqlstate or ""
    line, column = found.groups() if found else (None, None)
    column = column or error.diag.column_name
    where = f"row {line} of the chunk" if line else "a row"
    where += f", column {column}" if column else ""
    return CopyRejected(
        f"{what}: PostgreSQL refused {where} (SQLSTATE {state}: {_safe(error)})",
        hint=hint,
        context={
            "sqlstate": state,
            "row": line or "",
            "column": column or "",
            "reason": _reason(error),
        },
    )


def _reason(error: psycopg.Error) -> str:
    """What was violated, by the name of the condition and of the constraint."""
    condition = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
    if isinstance(error, psycopg.errors.ProgramLimitExceeded):
        # Which limit: the row's or that of an index. Sizes differ from row to row.
        return f"{condition}: {re.sub(r' size [0-9]+', ' size', _safe(error)).split(':')[0]}"
    constraint = error.diag.constraint_name
    return f"{condition} of {constraint}" if constraint else condition


def _safe(error: psycopg.Error) -> str:
    """The error's first line without quoted values."""
    text = (error.diag.message_primary if error.diag else None) or str(error)
    return re.sub(r'"[^"]*"', '"…"', text.splitlines()[0]) if text else type(error).__name__


def _unreachable(error: psycopg.Error, what: str) -> TargetError:
    # The only place that looks at a text: libpq gives no SQLSTATE for a connection that was
    # refused. A server that speaks another language is "unreachable", and tried again in vain.
    text = str(error)
    if "password authentication failed" in text or "no password supplied" in text:
        return TargetRefused(
            f"{what}: PostgreSQL refused the user name or password",
            hint="check the user, the password and pg_hba.conf",
        )
    if "does not exist" in text and "database" in text:
        return TargetRefused(
            f"{what}: the database does not exist",
            hint="create it, or correct its name in the DSN",
        )
    if "role" in text and "does not exist" in text:
        return TargetRefused(
            f"{what}: the role does not exist", hint="create it, or correct its name in the DSN"
        )
    return TargetUnavailable(
        f"{what}: PostgreSQL cannot be reached",
        hint="check host, port and that the server runs",
    )


def safe_dsn(dsn: Secret) -> str:
    """``host:port/database`` of a DSN, without user and password."""
    try:
        parts = conninfo.conninfo_to_dict(dsn.reveal())
    except psycopg.Error:
        raise ConfigError(
            "the PostgreSQL DSN cannot be read",
            hint="write postgresql://user:password@host:port/database",
        ) from None
    host, port = parts.get("host", "localhost"), parts.get("port", 5432)
    return f"{host}:{port}/{parts.get('dbname', '')}"


def connect(dsn: Secret, *, application_name: str = "oraferry") -> psycopg.Connection[Any]:
    """A session with UTC and ISO forms pinned, in autocommit."""
    where = safe_dsn(dsn)
    with translated(f"connecting to PostgreSQL at {where}"):
        connection = psycopg.connect(
            dsn.reveal(),
            autocommit=True,
            application_name=application_name[:63],
            connect_timeout=CONNECT_SECONDS,
            # A peer that is gone without a word is noticed within a minute or two.
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=6,
            tcp_user_timeout=90_000,
            options="-c TimeZone=UTC -c DateStyle=ISO,YMD -c IntervalStyle=postgres "
            "-c extra_float_digits=1 -c client_encoding=UTF8 -c search_path=pg_catalog "
            # What a role or database may set otherwise, and would change how we are understood.
            "-c standard_conforming_strings=on -c quote_all_identifiers=off -c bytea_output=hex "
            "-c xmloption=content -c default_transaction_isolation=read\\ committed "
            # Compiling the hash of a row costs more than it saves on up to millions of rows.
            "-c jit=off",
        )
    if connection.info.server_version < OLDEST:
        shown = connection.info.server_version // 10_000
        connection.close()
        raise TargetError(
            f"PostgreSQL {shown} at {where} is too old",
            hint="use 13 or later; NUMBER with a negative scale needs 15",
        )
    return connection


def quote(name: str) -> str:
    """An identifier."""
    return sql.Identifier(name).as_string(None)


def quote_table(schema: str, name: str) -> str:
    """schema.name, quoted."""
    return sql.Identifier(schema, name).as_string(None)


def name_tables(plans: Seq[TablePlan]) -> str:
    """The one table by its name, several by their number: for messages."""
    return str(plans[0].target.ref) if len(plans) == 1 else f"{len(plans)} tables"


def literal(text: str) -> str:
    """A text literal."""
    return sql.Literal(text).as_string(None)


@functools.cache
def sql_text(name: str) -> str:
    """The statement in ``sql/<name>.sql``."""
    return resources.files("oraferry.postgres.sql").joinpath(f"{name}.sql").read_text("utf-8")


__all__ = ["TableNotFound", "connect", "literal", "quote", "quote_table", "safe_dsn", "translated"]


def create_schema(connection: psycopg.Connection[Any], name: str) -> None:
    """
    A schema, unless it is there: IF NOT EXISTS would want the right to create schemas even then,
    which a user that only loads need not have.
    """
    found = connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", [name])
    if found.rowcount == 0:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
