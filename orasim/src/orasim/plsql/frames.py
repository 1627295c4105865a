"""What names mean while a block runs: variables, records, cursors, exceptions, units."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orasim.engine import OracleError
from orasim.plsql.nodes import CursorDeclaration, Unit
from orasim.plsql.tables import METHODS, Table
from orasim.sql.context import BindValue
from orasim.sql.scope import ResultColumn
from orasim.values import NUMBER, OraType, varchar2

BOOLEAN = OraType("BOOLEAN")

# The exceptions that package STANDARD declares.
PREDEFINED = {
    "ACCESS_INTO_NULL": 6530, "CASE_NOT_FOUND": 6592, "COLLECTION_IS_NULL": 6531,
    "CURSOR_ALREADY_OPEN": 6511, "DUP_VAL_ON_INDEX": 1, "INVALID_CURSOR": 1001,
    "INVALID_NUMBER": 1722, "LOGIN_DENIED": 1017, "NO_DATA_FOUND": 1403, "NO_DATA_NEEDED": 6548,
    "NOT_LOGGED_ON": 1012, "PROGRAM_ERROR": 6501, "ROWTYPE_MISMATCH": 6504, "SELF_IS_NULL": 30625,
    "STORAGE_ERROR": 6500, "SUBSCRIPT_BEYOND_COUNT": 6533, "SUBSCRIPT_OUTSIDE_LIMIT": 6532,
    "SYS_INVALID_ROWID": 1410, "TIMEOUT_ON_RESOURCE": 51, "TOO_MANY_ROWS": 1422,
    "VALUE_ERROR": 6502, "ZERO_DIVIDE": 1476,
}  # fmt: skip
USER_DEFINED = 6510  # ORA-06510: unhandled user-defined exception
# What no handler catches: what orasim cannot do, a block that does not compile, a cancel.
UNCATCHABLE = frozenset([3001, 1013])


class Failure(OracleError):
    """An error of the block itself: an exception raised by name, or one that PL/SQL words."""

    def __init__(self, code: int, message: str, raised: UserException | None = None) -> None:
        super().__init__(code, message)
        self.raised = raised


def does_not_compile(line: int, error: OracleError) -> OracleError:
    """ORA-06550 around the error of a statement that would not compile; no handler sees it."""
    made = OracleError(6550, f"line {line}, column 1:\nPL/SQL: {error.message}")
    made.is_fatal = True  # type: ignore[attr-defined]
    return made


def undeclared(line: int, name: str) -> OracleError:
    """PLS-00201."""
    made = OracleError(
        6550, f"line {line}, column 1:\nPLS-00201: identifier '{name}' must be declared"
    )
    made.is_fatal = True  # type: ignore[attr-defined]
    return made


@dataclass(slots=True)
class Cell(BindValue):
    """A scalar variable."""

    name: str = ""
    not_null: bool = False
    constant: bool = False


@dataclass(slots=True)
class Live:
    """What is asked for anew each time: a cursor's attribute, SQLCODE."""

    type: OraType
    read: Callable[[], Any]

    @property
    def value(self) -> Any:
        return self.read()


@dataclass(slots=True)
class Record:
    """A record variable: its fields in order."""

    fields: dict[str, Cell]


@dataclass(slots=True)
class Cursor:
    """A cursor or cursor variable. Its rows are read when it opens, so they are of then."""

    name: str
    declaration: CursorDeclaration | None = None
    columns: list[ResultColumn] = field(default_factory=list)
    rows: list[Any] | None = None  # None: closed
    at: int = 0
    found: bool | None = None

    def open(self, columns: list[ResultColumn], rows: list[Any]) -> None:
        """ORA-06511 when a declared cursor is open already."""
        if self.rows is not None and self.declaration is not None:
            raise OracleError(6511, "PL/SQL: cursor already open")
        self.columns, self.rows, self.at, self.found = columns, rows, 0, None

    def next_row(self) -> Any:
        """The next row, None after the last; ORA-01001 when closed."""
        if self.rows is None:
            raise OracleError(1001, "invalid cursor")
        self.found = self.at < len(self.rows)
        if not self.found:
            return None
        self.at += 1
        return self.rows[self.at - 1]

    def close(self) -> None:
        if self.rows is None:
            raise OracleError(1001, "invalid cursor")
        self.rows = None

    def attribute(self, name: str) -> Live:
        """%ISOPEN, %FOUND, %NOTFOUND, %ROWCOUNT."""
        return Live(NUMBER if name == "ROWCOUNT" else BOOLEAN, lambda: self._attribute(name))

    def _attribute(self, name: str) -> Any:
        if name == "ISOPEN":
            return self.rows is not None
        if self.rows is None:
            raise OracleError(1001, "invalid cursor")
        if name == "ROWCOUNT":
            return self.at
        return self.found if name == "FOUND" or self.found is None else not self.found


@dataclass(slots=True)
class Implicit:
    """The cursor SQL: what the last statement did; None before the first."""

    count: int | None = None

    def attribute(self, name: str) -> Live:
        if name == "ROWCOUNT":
            return Live(NUMBER, lambda: self.count)
        return Live(BOOLEAN, lambda: self._flag(name))

    def _flag(self, name: str) -> bool | None:
        if name == "ISOPEN":
            return False
        return None if self.count is None else (self.count > 0) == (name == "FOUND")


@dataclass(slots=True)
class UserException:
    """EXCEPTION; *code* by PRAGMA EXCEPTION_INIT."""

    name: str
    code: int | None = None


@dataclass(slots=True)
class RecordShape:
    """A TYPE … IS RECORD: the fields with their types."""

    fields: list[tuple[str, OraType]]


@dataclass(slots=True)
class CursorShape:
    """A TYPE … IS REF CURSOR."""


@dataclass(slots=True)
class Local:
    """A unit declared in a block or package, with its overloads and the frame they see."""

    units: list[Unit]
    frame: Frame
    where: str = ""


@dataclass(slots=True)
class Frame:
    """The names of one running block; ``parent`` is the block around it in the text."""

    parent: Frame | None = None
    label: str | None = None
    names: dict[str, Any] = field(default_factory=dict)
    compiled: dict[int, Any] = field(default_factory=dict)  # by the node's id
    owner: str = ""  # of stored code: where unqualified names are looked up
    error: OracleError | None = None  # what the handler that runs has caught

    def find(self, names: tuple[str, ...]) -> Any:
        """What *names* mean, by the innermost declaration; None when undeclared."""
        frame: Frame | None = self
        while frame is not None:
            found = frame.names.get(names[0])
            if found is not None:
                return _member(found, names[1:])
            if frame.label == names[0] and len(names) > 1 and names[1] in frame.names:
                return _member(frame.names[names[1]], names[2:])
            frame = frame.parent
        return None

    def caught(self) -> OracleError | None:
        """The error that an enclosing handler deals with."""
        frame: Frame | None = self
        while frame is not None:
            if frame.error is not None:
                return frame.error
            frame = frame.parent
        return None


def _member(found: Any, names: tuple[str, ...]) -> Any:
    if not names:
        return found
    if isinstance(found, Record) and len(names) == 1:
        return found.fields.get(names[0])
    if isinstance(found, Table) and len(names) == 1 and names[0] in METHODS:
        return Live(*found.method(names[0]))
    return None


def error_code(error: OracleError | None) -> int:
    """SQLCODE."""
    if error is None:
        return 0
    if isinstance(error, Failure) and error.raised is not None and error.raised.code is None:
        return 1
    return 100 if error.code == 1403 else -error.code


def error_text(error: OracleError | None) -> str:
    """SQLERRM."""
    if error is None:
        return "ORA-0000: normal, successful completion"
    if error_code(error) == 1:
        return "User-Defined Exception"
    return error.message


def pseudo_variable(frame: Frame, name: str) -> Live | None:
    """SQLCODE and SQLERRM."""
    if name == "SQLCODE":
        return Live(NUMBER, lambda: error_code(frame.caught()))
    if name == "SQLERRM":
        return Live(varchar2(512), lambda: error_text(frame.caught()))
    return None
