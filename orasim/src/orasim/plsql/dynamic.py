"""EXECUTE IMMEDIATE and OPEN … FOR text: statements that are known only when they run."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError, not_supported
from orasim.plsql import giving, nodes
from orasim.plsql.frames import Cell, Cursor, Frame
from orasim.plsql.nodes import Argument, Text
from orasim.sql.binds import value_of
from orasim.sql.context import BindValue, Context
from orasim.sql.dml import compile_dml
from orasim.sql.plan import Plan, plan_query
from orasim.sql.scan import bind_name, first_words, scan
from orasim.sql.tables import Names

if TYPE_CHECKING:
    from orasim.plsql.runner import Runner

_QUERIES = ("SELECT", "WITH")
_DML = ("INSERT", "UPDATE", "DELETE", "MERGE")
_BLOCKS = ("BEGIN", "DECLARE", "CALL")


def execute_immediate(runner: Runner, statement: nodes.Dynamic, frame: Frame) -> None:
    """One statement from text, with values by place."""
    sql = _text(runner, frame, statement.sql)
    using = _values(runner, frame, statement.using)
    head = (first_words(sql, 1) or [""])[0]
    if head in _BLOCKS:
        _block(runner, sql, statement, using, frame)
        return
    if sql.rstrip().endswith(";") and head != "CREATE":
        raise OracleError(911, "invalid character")
    if head in _QUERIES:
        if statement.into:
            plan = _plan(runner, sql, using)
            targets = [runner.place(target, frame) for target in statement.into]
            giving.into(runner, targets, plan, list(islice(plan.rows(), 2)))
        return
    if head in _DML:
        _dml(runner, sql, statement, using, frame)
        return
    if using:
        raise OracleError(1027, "bind variables not allowed for data definition operations")
    runner.session.run_nested(sql)
    _forget_compiled(frame)


def _forget_compiled(frame: Frame | None) -> None:
    """DDL may have changed what compiled statements mean."""
    while frame is not None:
        frame.compiled.clear()
        frame = frame.parent


def open_cursor(runner: Runner, cursor: Cursor, frame: Frame, statement: nodes.Open) -> None:
    """OPEN c FOR text USING …"""
    assert statement.dynamic is not None
    sql = _text(runner, frame, statement.dynamic)
    plan = _plan(runner, sql, _values(runner, frame, statement.using))
    cursor.open(plan.columns, list(plan.rows()))


def _text(runner: Runner, frame: Frame, text: Text) -> str:
    kind, value = runner.evaluator.typed(frame, text)
    if value is None:
        raise OracleError(6535, "statement string in EXECUTE IMMEDIATE is NULL or 0 length")
    if not isinstance(value, str):
        raise OracleError(6550, f"PLS-00382: expression is of wrong type ({kind.name})")
    return value


def _values(runner: Runner, frame: Frame, using: tuple[Argument, ...]) -> list[BindValue]:
    return [BindValue(*runner.evaluator.typed(frame, item.value)) for item in using]


def _context(runner: Runner, sql: str, using: list[BindValue]) -> tuple[Any, Context]:
    statement = runner.session.database.statements.get(sql)
    context = Context(runner.session, statement.bind_names)
    if len(statement.bind_names) > len(using):
        raise OracleError(1008, "not all variables bound")
    if len(statement.bind_names) < len(using):
        raise OracleError(1006, "bind variable does not exist")
    context.binds = using
    return statement, context


def _plan(runner: Runner, sql: str, using: list[BindValue]) -> Plan:
    statement, context = _context(runner, sql, using)
    plan = plan_query(statement.tree, context, None, Names())
    context.begin_execution()
    return plan


def _dml(
    runner: Runner, sql: str, statement: nodes.Dynamic, using: list[BindValue], frame: Frame
) -> None:
    session = runner.session
    session.check_writable()
    cells = [runner.place(target, frame) for target in statement.returning]
    if any(not isinstance(cell, Cell) for cell in cells):
        raise not_supported("RETURNING INTO a record")
    parsed, context = _context(runner, sql, using)
    if parsed.returning_binds != len(cells):
        raise OracleError(1008, "not all variables bound")
    context.returning_types = [cell.type for cell in cells]
    dml = compile_dml(parsed, context)
    context.begin_execution()
    mark = session.transaction.mark()
    try:
        count = dml.run()
    except OracleError:
        session.transaction.rollback_to(mark)
        raise
    runner.implicit.count = count
    for cell, values in zip(cells, dml.returned, strict=True):
        giving.give(runner, cell, cell.type, value_of(cell.type, values[0]) if values else None)


def _block(
    runner: Runner, sql: str, statement: nodes.Dynamic, using: list[BindValue], frame: Frame
) -> None:
    """A block inside the block: binds by name, so each name takes one value."""
    from orasim.plsql.parser import parse_block
    from orasim.plsql.runner import Runner as _Runner

    if statement.into:
        raise OracleError(1007, "variable not in select list")
    names = list(
        dict.fromkeys(bind_name(token.text) for token in scan(sql) if token.kind == "bind")
    )
    if len(names) > len(using):
        raise OracleError(1008, "not all variables bound")
    cells = {
        name: Cell(given.type, given.value, name=name)
        for name, given in zip(names, using, strict=False)
    }
    inner = _Runner(runner.session, dict(cells))
    inner.depth = runner.depth + 1
    inner.run(parse_block(sql))
    _forget_compiled(frame)
