"""Assignments, of scalars, elements of tables, and whole records, tables and cursors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError, not_supported
from orasim.plsql import giving, nodes, routines
from orasim.plsql.frames import Cursor, Frame, Record
from orasim.plsql.nodes import Text
from orasim.plsql.parser import parse_block
from orasim.plsql.tables import Table

if TYPE_CHECKING:
    from orasim.plsql.runner import Runner


_CALL = re.compile(r'\s*[\w$#."]+\s*\(.*\)\s*', re.S)


def assign(runner: Runner, statement: nodes.Assign, frame: Frame) -> None:
    target = runner.place(statement.target, frame)
    if statement.target.index is not None:
        assign_element(runner, target, statement.target.index, statement.value, frame)
        return
    if isinstance(target, Record | Cursor | Table):
        copy(runner, target, statement.value, frame)
        return
    found = called(runner, statement.value, frame, only_with_tables=True)
    if found is not None:
        giving.give(runner, target, *found)
        return
    giving.give(runner, target, *runner.evaluator.typed(frame, statement.value))


def assign_element(runner: Runner, table: Any, index: Text, value: Text, frame: Frame) -> None:
    """``table(index) := value``"""
    if not isinstance(table, Table):
        raise not_supported("PL/SQL assignment to a part of what is no index-by table")
    key = runner.evaluator.value(frame, index, table.shape.index)
    given = runner.evaluator.typed(frame, value)
    table.put(key, runner.evaluator.fitted(table.shape.element, *given))
    runner.assigned.add(id(table))


def copy(runner: Runner, target: Record | Cursor | Table, value: Text, frame: Frame) -> None:
    source = frame.find(tuple(part.strip().upper() for part in value.text.split(".")))
    if source is None:
        source = called(runner, value, frame)
    if isinstance(target, Record) and isinstance(source, Record):
        giving.fill(
            runner,
            [*target.fields.values()],
            [(cell.type, cell.value) for cell in source.fields.values()],
        )
    elif isinstance(target, Cursor) and isinstance(source, Cursor):
        target.columns, target.rows, target.at = source.columns, source.rows, source.at
        runner.assigned.add(id(target))
    elif isinstance(target, Table) and isinstance(source, Table):
        giving.give_table(runner, target, source)
    else:
        raise not_supported("PL/SQL assignment of a record, table or cursor")


def called(runner: Runner, value: Text, frame: Frame, *, only_with_tables: bool = False) -> Any:
    """
    What a function returns that is called for a record or a cursor; else None.

    *only_with_tables*: type and value of one with parameters that SQL knows nothing of.
    """
    if not _CALL.fullmatch(value.text):
        return None
    try:
        (statement,) = parse_block(f"BEGIN {value.text}; END;").statements
    except (OracleError, ValueError):
        return None
    if not isinstance(statement, nodes.CallStatement):
        return None
    routine = routines.find(runner, frame, statement.names, len(statement.arguments))
    if routine is None or routine.unit.returns is None:
        return None
    if not only_with_tables:
        return routine.call(runner, statement.arguments, frame)
    if not routine.takes_tables(runner):
        return None
    return routine.result_type(runner), routine.call(runner, statement.arguments, frame)
