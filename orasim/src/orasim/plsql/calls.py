"""Calls of procedures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orasim.engine import not_supported
from orasim.plsql import nodes, routines
from orasim.plsql.builtins import BUILTINS, is_quiet
from orasim.plsql.frames import Frame, undeclared
from orasim.plsql.tables import Table

if TYPE_CHECKING:
    from orasim.plsql.runner import Runner


def call(runner: Runner, statement: nodes.CallStatement, frame: Frame) -> None:
    routine = routines.find(runner, frame, statement.names, len(statement.arguments))
    if routine is not None:
        routine.call(runner, statement.arguments, frame)
        return
    if statement.names[-1] == "DELETE" and delete(runner, statement, frame):
        return
    name = ".".join(statement.names).removeprefix("SYS.")
    builtin = BUILTINS.get(name)
    if builtin is not None:
        builtin(runner, statement.arguments, frame)
    elif is_quiet(name):
        for argument in statement.arguments:
            if argument.value.text.strip().upper() not in ("TRUE", "FALSE"):
                runner.evaluator.typed(frame, argument.value)
    elif name.startswith(("DBMS_", "UTL_", "OWA_", "HTP.", "CTX_", "APEX_")):
        raise not_supported(f"PL/SQL procedure {name}")
    else:
        raise undeclared(statement.line, name)


def delete(runner: Runner, statement: nodes.CallStatement, frame: Frame) -> bool:
    """``table.DELETE [(…)]``; False when there is no such table."""
    table = frame.find(statement.names[:-1]) if len(statement.names) > 1 else None
    if not isinstance(table, Table):
        return False
    index = table.shape.index
    keys = [runner.evaluator.value(frame, item.value, index) for item in statement.arguments]
    table.delete(tuple(keys))
    runner.assigned.add(id(table))
    return True
