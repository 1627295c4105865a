"""Declarations to variables: their types, %TYPE and %ROWTYPE, cursors, exceptions, units."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from orasim.dictionary import model
from orasim.engine import OracleError, not_supported
from orasim.plsql import nodes
from orasim.plsql.frames import (
    BOOLEAN,
    Cell,
    Cursor,
    CursorShape,
    Failure,
    Frame,
    Local,
    Record,
    RecordShape,
    UserException,
    undeclared,
)
from orasim.plsql.nodes import Text
from orasim.plsql.reader import stored
from orasim.plsql.tables import Table, TableShape, index_type
from orasim.sql.scan import scan, significant
from orasim.sql.types import parse_type
from orasim.values import OraType

if TYPE_CHECKING:
    from orasim.plsql.runner import Runner

_INTEGERS = frozenset(
    ["PLS_INTEGER", "BINARY_INTEGER", "SIMPLE_INTEGER", "NATURAL", "NATURALN", "POSITIVE",
     "POSITIVEN", "SIGNTYPE"]
)  # fmt: skip
_UNSIZED = {
    "VARCHAR2": OraType("VARCHAR2", 32767), "VARCHAR": OraType("VARCHAR2", 32767),
    "STRING": OraType("VARCHAR2", 32767), "NVARCHAR2": OraType("NVARCHAR2", 32767, True),
    "RAW": OraType("RAW", 32767), "LONG": OraType("VARCHAR2", 32760),
}  # fmt: skip
_UNSIZED_CHAR = {"CHAR", "CHARACTER", "NCHAR"}


def declare(runner: Runner, frame: Frame, declaration: object) -> None:
    """Enter what one declaration declares."""
    if isinstance(declaration, nodes.Variable):
        _variable(runner, frame, declaration)
    elif isinstance(declaration, nodes.CursorDeclaration):
        frame.names[declaration.name] = Cursor(declaration.name, declaration)
    elif isinstance(declaration, nodes.ExceptionDeclaration):
        frame.names[declaration.name] = UserException(declaration.name)
    elif isinstance(declaration, nodes.ExceptionCode):
        found = frame.names.get(declaration.name)
        if not isinstance(found, UserException):
            raise undeclared(0, declaration.name)
        found.code = abs(declaration.code)
    elif isinstance(declaration, nodes.RecordType):
        frame.names[declaration.name] = _record_shape(runner, frame, declaration)
    elif isinstance(declaration, nodes.TableType):
        frame.names[declaration.name] = _table_shape(runner, frame, declaration)
    elif isinstance(declaration, nodes.CursorType):
        frame.names[declaration.name] = CursorShape()
    elif isinstance(declaration, nodes.Unit):
        _unit(frame, declaration)


def _unit(frame: Frame, unit: nodes.Unit) -> None:
    known = frame.names.get(unit.name)
    if isinstance(known, Local):
        known.units.append(unit)
    else:
        frame.names[unit.name] = Local([unit], frame)


def _variable(runner: Runner, frame: Frame, declaration: nodes.Variable) -> None:
    made = make_variable(runner, frame, declaration.name, declaration.type)
    if declaration.default is not None:
        if isinstance(made, Cell):
            runner.evaluator.assign(made, *runner.evaluator.typed(frame, declaration.default))
        else:
            from orasim.plsql.assigning import copy

            copy(runner, made, declaration.default, frame)
    if isinstance(made, Cell):
        made.not_null, made.constant = declaration.not_null, declaration.constant
        if made.not_null and made.value is None:
            raise Failure(6502, "PL/SQL: numeric or value error")
    frame.names[declaration.name] = made


def _record_shape(runner: Runner, frame: Frame, declaration: nodes.RecordType) -> RecordShape:
    fields = []
    for item in declaration.fields:
        if item.default is not None:
            raise not_supported("defaults of a record's fields")
        made = make_variable(runner, frame, item.name, item.type)
        if not isinstance(made, Cell):
            raise not_supported("records inside records")
        fields.append((item.name, made.type))
    return RecordShape(fields)


def _table_shape(runner: Runner, frame: Frame, declaration: nodes.TableType) -> TableShape:
    made = make_variable(runner, frame, declaration.name, declaration.element)
    if not isinstance(made, Cell):
        raise not_supported("PL/SQL collections of records and of collections")
    return TableShape(made.type, index_type(declaration.index.text))


def make_variable(
    runner: Runner, frame: Frame, name: str, kind: Text
) -> Cell | Record | Cursor | Table:
    """An empty variable of the type that *kind* names."""
    words = kind.text.strip()
    upper = " ".join(words.upper().split())
    if upper == "SYS_REFCURSOR":
        return Cursor(name)
    if "%" in words:
        return _like(runner, frame, name, words)
    found = frame.find(_names(words)) or runner.package_item(frame, _names(words))
    if isinstance(found, RecordShape):
        return Record({field: Cell(type_, name=field) for field, type_ in found.fields})
    if isinstance(found, CursorShape):
        return Cursor(name)
    if isinstance(found, TableShape):
        return Table(found)
    return Cell(scalar_type(upper), name=name)


def scalar_type(words: str) -> OraType:
    """A scalar type of PL/SQL; sizes up to 32767, none where parameters have none."""
    if words == "BOOLEAN":
        return BOOLEAN
    if words in _INTEGERS:
        return OraType("NUMBER", precision=10, scale=0)
    if words in _UNSIZED:
        return _UNSIZED[words]
    if words in _UNSIZED_CHAR:
        return OraType("NCHAR" if words == "NCHAR" else "CHAR", 1)
    if words in ("NUMERIC", "DECIMAL", "DEC"):
        return OraType("NUMBER", precision=38, scale=0)
    return parse_type(re.sub(r"^STRING\b", "VARCHAR2", words))


def _names(words: str) -> tuple[str, ...]:
    tokens = significant(scan(words))
    return tuple(stored(token) for token in tokens if token.kind in ("word", "quoted"))


def _like(runner: Runner, frame: Frame, name: str, words: str) -> Cell | Record | Cursor | Table:
    """``x%TYPE`` and ``t%ROWTYPE``."""
    body, _, attribute = words.rpartition("%")
    names = _names(body)
    known = frame.find(names) or runner.package_item(frame, names)
    if attribute.strip().upper() == "ROWTYPE":
        if isinstance(known, Cursor) and known.declaration is not None:
            inner = Frame(frame, owner=frame.owner)
            for parameter in known.declaration.parameters:
                inner.names[parameter.name] = runner.make(parameter.name, parameter.type, inner)
            columns = runner.evaluator.query(inner, known.declaration.query, frozen=True).columns
            return Record({c.name: Cell(c.type, name=c.name) for c in columns})
        return _row_of(runner, names)
    if isinstance(known, Cell):
        return Cell(known.type, name=name)
    if isinstance(known, Table):
        return Table(known.shape)
    if isinstance(known, Record):
        return Record({field: Cell(c.type, name=field) for field, c in known.fields.items()})
    column = _row_of(runner, names[:-1]).fields.get(names[-1]) if len(names) > 1 else None
    if column is None:
        raise undeclared(0, ".".join(names))
    return Cell(column.type, name=name)


def _row_of(runner: Runner, names: tuple[str, ...]) -> Record:
    """A record shaped like a row of a table or view."""
    session = runner.session
    schema = names[0] if len(names) == 2 else session.current_schema
    item = session.catalog.resolve(schema, names[-1]) if 1 <= len(names) <= 2 else None
    if isinstance(item, model.Table | model.View):
        return Record(
            {
                c.name: Cell(c.type, name=c.name)
                for c in item.columns
                if not (c.hidden or c.invisible)
            }
        )
    try:
        shown = ".".join(f'"{name}"' for name in names)
        columns = session.describe_columns(f"SELECT * FROM {shown}")
    except OracleError:
        raise undeclared(0, ".".join(names)) from None
    return Record({c.name: Cell(c.type, name=c.name) for c in columns})
