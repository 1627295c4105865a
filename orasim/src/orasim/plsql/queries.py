"""SQL inside blocks: DML, SELECT INTO, transactions and cursors."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError
from orasim.plsql import dynamic, giving, nodes, routines
from orasim.plsql.frames import Cell, Cursor, Frame, undeclared
from orasim.plsql.nodes import Text
from orasim.sql.binds import value_of

if TYPE_CHECKING:
    from orasim.plsql.runner import Runner


def dml(runner: Runner, statement: nodes.Dml, frame: Frame) -> None:
    session = runner.session
    session.check_writable()
    targets = [runner.place(target, frame) for target in statement.into]
    cells = giving.scalars(targets)
    made = runner.evaluator.dml(frame, statement.sql, [cell.type for cell in cells])
    mark = session.transaction.mark()
    try:
        count = made.run()
    except OracleError:
        session.transaction.rollback_to(mark)
        raise
    runner.implicit.count = count
    if cells:
        _returned(runner, cells, made.returned)


def _returned(runner: Runner, cells: list[Cell], returned: list[list[Any]]) -> None:
    if any(len(values) > 1 for values in returned):
        raise OracleError(1422, "exact fetch returns more than requested number of rows")
    for cell, values in zip(cells, returned, strict=True):
        value = value_of(cell.type, values[0]) if values else None
        giving.give(runner, cell, cell.type, value)


def select_into(runner: Runner, statement: nodes.SelectInto, frame: Frame) -> None:
    targets = [runner.place(target, frame) for target in statement.into]
    plan = runner.evaluator.query(frame, statement.sql)
    giving.into(runner, targets, plan, list(islice(plan.rows(), 2)))


def transaction(runner: Runner, statement: nodes.Transaction, frame: Frame) -> None:
    runner.session.run_nested(statement.sql)


def open_(runner: Runner, statement: nodes.Open, frame: Frame) -> None:
    cursor = runner.place(statement.cursor, frame)
    if not isinstance(cursor, Cursor):
        raise undeclared(statement.line, ".".join(statement.cursor.names))
    if statement.query is not None:
        open_query(runner, cursor, frame, statement.query)
    elif statement.dynamic is not None:
        dynamic.open_cursor(runner, cursor, frame, statement)
    else:
        open_declared(runner, cursor, frame, statement.arguments)
    runner.assigned.add(id(cursor))


def open_query(runner: Runner, cursor: Cursor, frame: Frame, query: Text) -> None:
    plan = runner.evaluator.query(frame, query, frozen=True)
    cursor.open(plan.columns, list(plan.rows()))


def open_declared(
    runner: Runner, cursor: Cursor, frame: Frame, arguments: tuple[nodes.Argument, ...]
) -> None:
    declaration = cursor.declaration
    if declaration is None:
        raise OracleError(1001, "invalid cursor")
    inner = Frame(frame, owner=frame.owner)
    routines.bind_arguments(runner, declaration.parameters, arguments, frame, inner)
    open_query(runner, cursor, inner, declaration.query)


def fetch(runner: Runner, statement: nodes.Fetch, frame: Frame) -> None:
    cursor = runner.place(statement.cursor, frame)
    if not isinstance(cursor, Cursor):
        raise OracleError(1001, "invalid cursor")
    row = cursor.next_row()
    if row is None:
        return
    cells = giving.scalars([runner.place(target, frame) for target in statement.into])
    kinds = [column.type for column in cursor.columns]
    giving.fill(runner, cells, list(zip(kinds, row, strict=True)))


def close(runner: Runner, statement: nodes.Close, frame: Frame) -> None:
    cursor = runner.place(statement.cursor, frame)
    if not isinstance(cursor, Cursor):
        raise OracleError(1001, "invalid cursor")
    cursor.close()
