"""IF, CASE, loops, RAISE and RETURN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError
from orasim.plsql import nodes, queries
from orasim.plsql.frames import (
    USER_DEFINED,
    Cell,
    Cursor,
    Failure,
    Frame,
    Record,
    UserException,
    undeclared,
)
from orasim.plsql.nodes import Statement
from orasim.plsql.tables import Table
from orasim.values import NUMBER, OraType

if TYPE_CHECKING:
    from orasim.plsql.runner import Runner


class Left(Exception):
    """EXIT or CONTINUE on its way to its loop."""

    def __init__(self, again: bool, label: str | None) -> None:
        self.again = again
        self.label = label


class Returned(Exception):
    """RETURN on its way to its unit."""

    def __init__(self, kind: OraType, value: Any) -> None:
        self.kind = kind
        self.value = value


_PREDEFINED_TEXTS = {
    1403: "no data found",
    1422: "exact fetch returns more than requested number of rows",
    6502: "PL/SQL: numeric or value error",
    1476: "divisor is equal to zero",
    1: "unique constraint violated",
    1722: "invalid number",
    6501: "PL/SQL: program error",
    1001: "invalid cursor",
}


def if_(runner: Runner, statement: nodes.If, frame: Frame) -> None:
    for condition, statements in statement.branches:
        if condition is None or runner.evaluator.truth(frame, condition):
            runner.statements(statements, frame)
            return


def case(runner: Runner, statement: nodes.Case, frame: Frame) -> None:
    for condition, statements in statement.branches:
        if runner.evaluator.truth(frame, condition):
            runner.statements(statements, frame)
            return
    if statement.otherwise is None:
        raise Failure(6592, "CASE not found while executing CASE statement")
    runner.statements(statement.otherwise, frame)


def raise_(runner: Runner, statement: nodes.Raise, frame: Frame) -> None:
    if statement.name is None:
        caught = frame.caught()
        if caught is None:
            raise OracleError(6550, "PLS-00367: a RAISE statement with no exception name")
        raise caught
    wanted = runner.exception(frame, statement.name)
    if isinstance(wanted, UserException):
        if wanted.code is None:
            raise Failure(USER_DEFINED, "PL/SQL: unhandled user-defined exception", wanted)
        raise Failure(wanted.code, f"ORA-{wanted.code:05d}: ", wanted)
    raise Failure(wanted, _PREDEFINED_TEXTS.get(wanted, "PL/SQL: exception"))


def return_(runner: Runner, statement: nodes.Return, frame: Frame) -> None:
    if statement.value is None:
        raise Returned(NUMBER, None)
    source = frame.find((statement.value.text.strip().upper(),))
    if isinstance(source, Record | Cursor | Table):
        raise Returned(OraType("CURSOR"), source)
    raise Returned(*runner.evaluator.typed(frame, statement.value))


def loop(runner: Runner, statement: nodes.Loop, frame: Frame) -> None:
    while statement.condition is None or runner.evaluator.truth(frame, statement.condition):
        if not _round(runner, statement.statements, frame, statement.label):
            return


def number_loop(runner: Runner, statement: nodes.NumberLoop, frame: Frame) -> None:
    first, last = (
        runner.evaluator.value(frame, text, OraType("NUMBER", scale=0))
        for text in (statement.first, statement.last)
    )
    if first is None or last is None:
        raise Failure(6502, "PL/SQL: numeric or value error")
    numbers = range(int(first), int(last) + 1)
    inner = Frame(frame, statement.label, owner=frame.owner)
    cell = Cell(NUMBER, name=statement.variable, constant=True)
    inner.names[statement.variable] = cell
    for number in reversed(numbers) if statement.reverse else numbers:
        cell.value = number
        if not _round(runner, statement.statements, inner, statement.label):
            return


def query_loop(runner: Runner, statement: nodes.QueryLoop, frame: Frame) -> None:
    cursor = _loop_cursor(runner, statement, frame)
    inner = Frame(frame, statement.label, owner=frame.owner)
    record = Record({column.name: Cell(column.type, name=column.name) for column in cursor.columns})
    inner.names[statement.variable] = record
    while (row := cursor.next_row()) is not None:
        for cell, value in zip(record.fields.values(), row, strict=True):
            cell.value = value
        if not _round(runner, statement.statements, inner, statement.label):
            break
    if cursor.rows is not None:
        cursor.close()


def _loop_cursor(runner: Runner, statement: nodes.QueryLoop, frame: Frame) -> Cursor:
    if statement.query is not None:
        cursor = Cursor("")
        queries.open_query(runner, cursor, frame, statement.query)
        return cursor
    cursor = frame.find((statement.cursor or "",))
    if not isinstance(cursor, Cursor) or cursor.declaration is None:
        raise undeclared(statement.line, statement.cursor or "")
    queries.open_declared(runner, cursor, frame, statement.arguments)
    return cursor


def _round(
    runner: Runner, statements: tuple[Statement, ...], frame: Frame, label: str | None
) -> bool:
    """One turn of a loop; False when it ends the loop."""
    runner.session.check_cancelled()
    try:
        runner.statements(statements, frame)
    except Left as left:
        if left.label is not None and left.label != label:
            raise
        return left.again
    return True


def leave(runner: Runner, statement: nodes.Leave, frame: Frame) -> None:
    if statement.condition is None or runner.evaluator.truth(frame, statement.condition):
        raise Left(statement.again, statement.label)
