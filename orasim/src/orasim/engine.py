"""The seam between the wire and the database behind it.

``orasim.wire`` knows packets and types and no SQL; whatever implements ``Engine`` knows
SQL and no packets. Values cross in Oracle's own wire encoding (the bytes inside a CLR,
see ../../../docs in the wire notes §10), because stored rows are kept encoded and a scan
must not decode them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from orasim.storage.objects import Shape


class OracleError(Exception):
    """An ORA- error for the client. ``offset`` is the position in the SQL text, if known."""

    def __init__(self, code: int, message: str, offset: int = 0) -> None:
        self.code = code
        self.message = message if message.startswith("ORA-") else f"ORA-{code:05d}: {message}"
        self.offset = offset
        super().__init__(self.message)


def not_supported(what: str) -> OracleError:
    """ORA-03001: the honest answer to whatever orasim does not model."""
    return OracleError(3001, f"ORA-03001: unimplemented feature (orasim: {what})")


def failure(error: Exception) -> OracleError:
    """What a client hears of a bug of orasim's own: a refusal too, with the bug's name."""
    return not_supported(f"internal error, {type(error).__name__}: {error}")


# Oracle's internal type numbers, as the wire carries them.
TYPE_VARCHAR = 1
TYPE_NUMBER = 2
TYPE_INTEGER = 3  # binds only; travels as NUMBER
TYPE_LONG = 8
TYPE_ROWID = 11
TYPE_DATE = 12
TYPE_RAW = 23
TYPE_LONG_RAW = 24
TYPE_CHAR = 96
TYPE_BINARY_FLOAT = 100
TYPE_BINARY_DOUBLE = 101
TYPE_CURSOR = 102
TYPE_OBJECT = 109
TYPE_CLOB = 112
TYPE_BLOB = 113
TYPE_BFILE = 114
TYPE_JSON = 119
TYPE_VECTOR = 127
TYPE_TIMESTAMP = 180
TYPE_TIMESTAMP_TZ = 181
TYPE_INTERVAL_YM = 182
TYPE_INTERVAL_DS = 183
TYPE_UROWID = 208
TYPE_TIMESTAMP_LTZ = 231
TYPE_BOOLEAN = 252


# What a column's check makes of its text or bytes.
IS_JSON, IS_OSON = 0x100, 0x800


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """One column of a result, as the describe message carries it."""

    name: str
    type: int  # TYPE_…
    precision: int = 0
    scale: int = 0  # -127 with precision 0: NUMBER without scale; FLOAT: precision bits, -127
    buffer_size: int = 0  # bytes; 0 means "always NULL" to the client, so never 0 for data
    max_chars: int = 0
    nullable: bool = True
    national: bool = False  # NCHAR form: text travels as UTF-16BE
    type_schema: str | None = None  # object types, XMLTYPE
    type_name: str | None = None
    vector: tuple[int, int, int] | None = None  # dimensions, format, flags; 0 is flexible
    json: int = 0  # IS_JSON and IS_OSON of a column that is checked to hold JSON
    domain: tuple[str, str] | None = None  # schema and name (23ai)
    annotations: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Bind:
    """One bind variable: its declared type and the values, one per execution."""

    name: str
    type: int
    size: int
    direction: str  # "in"; the engine sets "out" or "inout" for what it will return
    values: list[Any] = field(default_factory=list)  # encoded bytes (text: bytes as UTF-8), None,
    # LobValue for a locator, ResultCursor for a cursor, list of those for a PL/SQL array
    object_type: tuple[str, str] | None = None  # schema and name, of TYPE_OBJECT
    is_array: bool = False  # a PL/SQL index-by table: each value is a list
    max_elements: int = 0  # how many elements the client has room for


@dataclass(slots=True)
class LobValue:
    """A LOB behind a locator. CLOB text is kept as UTF-8 bytes; ``data`` is the whole value."""

    is_character: bool
    data: bytes
    national: bool = False
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """
    *count* rows, ready to send: each a byte 07 and then every column's CLR.

    Only for results whose columns all travel as a bare CLR (no LOB, LONG, ROWID, cursor,
    object, JSON or VECTOR column).
    """

    count: int
    payload: bytes | bytearray | memoryview


def is_sizeless(column: ColumnInfo) -> bool:
    """True for a column that is NULL by its description: no bytes travel for it."""
    return not column.buffer_size and column.type not in (TYPE_LONG, TYPE_LONG_RAW, TYPE_UROWID)


class ResultCursor(Protocol):
    """Rows of a query. Scans serve slices of what is stored; nothing is decoded."""

    columns: Sequence[ColumnInfo]

    def fetch(self, rows: int) -> EncodedRows | list[Sequence[Any]]:
        """
        At most *rows* more rows; fewer, or none, only at the end. Either ``EncodedRows`` or
        a list of rows, each a sequence of
        values: encoded bytes without the length, None for NULL, LobValue for LOB columns
        (the wire layer turns it into a locator or sends it inline as the client defined
        it), the 13-byte form for ROWID and physical UROWID, UTF-8 text for XMLTYPE,
        ResultCursor for a cursor column. May raise OracleError (ORA-01555 …).
        """

    def close(self) -> None:
        """Free what the cursor holds."""


@dataclass(slots=True)
class Outcome:
    """What executing a statement did."""

    kind: str  # "query", "dml", "plsql", "ddl", "transaction", "session"
    cursor: ResultCursor | None = None
    row_count: int = 0
    row_counts: list[int] | None = None  # per execution, executemany with row counts
    batch_errors: list[tuple[int, OracleError]] | None = None
    out_binds: list[Bind] | None = None  # all binds in order with direction set, for PL/SQL
    returning: list[list[list[Any]]] | None = None  # per bind, per execution, the values
    implicit_results: list[Any] | None = None  # ResultCursors of DBMS_SQL.RETURN_RESULT
    warning: bool = False  # created with compilation errors
    rowid: bytes | None = None  # of the row that was changed last, 13 bytes


class Session(Protocol):
    """One connected user."""

    in_transaction: bool
    is_killed: bool

    def execute(
        self, sql: str, binds: Sequence[Bind], executions: int = 1, *, batch_errors: bool = False
    ) -> Outcome:
        """Run *sql*, or raise OracleError. Never a plausible empty answer."""

    def describe(self, sql: str) -> Outcome:
        """Parse and describe without executing (cursor.parse)."""

    def find_type(self, name: str = "", oid: bytes = b"") -> Shape | None:
        """The object or collection type that a client names: quoted, qualified, or by OID."""

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def set_current_schema(self, name: str) -> None: ...

    def set_client_info(self, **values: str) -> None:
        """module, action, client_identifier, …"""

    def set_context(self, namespace: str, entries: dict[str, str] | None) -> None:
        """Set attributes of the application context, or clear a namespace; ORA-28267."""

    def count(self, statistic: str) -> None:
        """One more of a statistic of V$SESSTAT."""

    def cancel(self) -> None:
        """
        Called from another thread: make a running execute or fetch raise ORA-01013 soon.

        May come several times for one call, or just as it ends: each execute and fetch
        starts uncancelled.
        """

    def kill(self) -> None:
        """Called from another thread: cancel, and be *is_killed* from now on."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """What the server says of itself at login."""

    version: tuple[int, int, int, int, int] = (19, 0, 0, 0, 0)
    banner: str = "Oracle Database 19c (orasim)"
    service_name: str = "ORASIM"
    instance_name: str = "orasim"
    database_name: str = "ORASIM"
    charset_id: int = 873  # AL32UTF8


class Engine(Protocol):
    """A database that sessions connect to."""

    identity: Identity

    def has_service(self, name: str) -> bool:
        """False: the listener refuses with ORA-12514."""

    def set_password(self, user: str, password: str) -> None:
        """A user changed its password."""

    def password_of(self, user: str) -> str | None:
        """The password of *user* (stored case), None for an unknown user (ORA-01017)."""

    def open_session(self, user: str, program: str, session_id: int, serial: int) -> Session:
        """OracleError 1045 without CREATE SESSION, 28000 when locked."""
