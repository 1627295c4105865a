"""What a block consists of. Expressions and SQL stay text until the SQL engine compiles them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """An expression or SQL text; ``X%FOUND`` is already the name ``"X%FOUND"``."""

    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a value goes: a variable by its names, or a bind."""

    names: tuple[str, ...]
    is_bind: bool = False
    index: Text | None = None  # of an element of an index-by table


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call, named or by place."""

    value: Text
    name: str | None = None
    target: Target | None = None  # when it may receive an OUT parameter's value


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    mode: str  # IN, OUT or IN OUT
    type: Text
    default: Text | None = None


# -- declarations --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    type: Text
    default: Text | None = None
    not_null: bool = False
    constant: bool = False


@dataclass(frozen=True, slots=True)
class CursorDeclaration:
    name: str
    parameters: tuple[Parameter, ...]
    query: Text


@dataclass(frozen=True, slots=True)
class ExceptionDeclaration:
    name: str


@dataclass(frozen=True, slots=True)
class ExceptionCode:
    """PRAGMA EXCEPTION_INIT."""

    name: str
    code: int


@dataclass(frozen=True, slots=True)
class RecordType:
    name: str
    fields: tuple[Variable, ...]


@dataclass(frozen=True, slots=True)
class TableType:
    """TYPE … IS TABLE OF … INDEX BY …"""

    name: str
    element: Text
    index: Text


@dataclass(frozen=True, slots=True)
class CursorType:
    """TYPE … IS REF CURSOR."""

    name: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A procedure or function; ``returns`` is None for procedures."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: Text | None
    block: Block
    invoker: bool = False  # AUTHID CURRENT_USER


@dataclass(frozen=True, slots=True)
class Block:
    declarations: tuple[object, ...] = ()
    statements: tuple[Statement, ...] = ()
    handlers: tuple[Handler, ...] = ()
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Handler:
    """WHEN a OR b THEN …; names are empty for OTHERS."""

    names: tuple[tuple[str, ...], ...]
    statements: tuple[Statement, ...]


# -- statements ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Statement:
    line: int


@dataclass(frozen=True, slots=True)
class Null(Statement):
    pass


@dataclass(frozen=True, slots=True)
class Nested(Statement):
    block: Block


@dataclass(frozen=True, slots=True)
class Assign(Statement):
    target: Target
    value: Text


@dataclass(frozen=True, slots=True)
class If(Statement):
    """Branches in order; the last one's condition is None for ELSE."""

    branches: tuple[tuple[Text | None, tuple[Statement, ...]], ...]


@dataclass(frozen=True, slots=True)
class Case(Statement):
    """CASE as a statement; without a match and without ELSE it raises ORA-06592."""

    branches: tuple[tuple[Text, tuple[Statement, ...]], ...]
    otherwise: tuple[Statement, ...] | None


@dataclass(frozen=True, slots=True)
class Loop(Statement):
    statements: tuple[Statement, ...]
    label: str | None = None
    condition: Text | None = None  # WHILE


@dataclass(frozen=True, slots=True)
class NumberLoop(Statement):
    variable: str
    first: Text
    last: Text
    reverse: bool
    statements: tuple[Statement, ...]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class QueryLoop(Statement):
    """FOR r IN (query) or FOR r IN cursor(arguments)."""

    variable: str
    statements: tuple[Statement, ...]
    query: Text | None = None
    cursor: str | None = None
    arguments: tuple[Argument, ...] = ()
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Leave(Statement):
    """EXIT or CONTINUE."""

    again: bool
    label: str | None
    condition: Text | None


@dataclass(frozen=True, slots=True)
class Return(Statement):
    value: Text | None


@dataclass(frozen=True, slots=True)
class Raise(Statement):
    name: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Dml(Statement):
    sql: Text
    into: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class SelectInto(Statement):
    sql: Text
    into: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Transaction(Statement):
    """COMMIT, ROLLBACK, SAVEPOINT, LOCK TABLE, SET TRANSACTION."""

    sql: str


@dataclass(frozen=True, slots=True)
class Dynamic(Statement):
    """EXECUTE IMMEDIATE."""

    sql: Text
    into: tuple[Target, ...] = ()
    using: tuple[Argument, ...] = ()
    returning: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Open(Statement):
    cursor: Target
    arguments: tuple[Argument, ...] = ()
    query: Text | None = None  # OPEN c FOR SELECT …
    dynamic: Text | None = None  # OPEN c FOR 'text' USING …
    using: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetch(Statement):
    cursor: Target
    into: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Close(Statement):
    cursor: Target


@dataclass(frozen=True, slots=True)
class CallStatement(Statement):
    names: tuple[str, ...]
    arguments: tuple[Argument, ...] = field(default=())
