"""Calls of stored functions, and of functions that a block declares, in expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError
from orasim.plsql.tables import METHODS, Table
from orasim.sql.convert import fitter
from orasim.sql.parse import identifier
from orasim.sql.scope import Expr, Row

if TYPE_CHECKING:
    from orasim.plsql.routines import Routine
    from orasim.sql.expressions import Compiler


def call_stored(
    compiler: Compiler, names: tuple[str, ...], nodes: list[exp.Expression]
) -> Expr | None:
    """The call of a function by its dotted name; None when there is no such function."""
    from orasim.plsql.routines import stored_routine
    from orasim.plsql.runner import Runner

    context = compiler.context
    reach = context.plsql
    if reach is not None:
        element = _of_table(compiler, names, nodes)
        if element is not None:
            return element
    runner = reach.runner if reach is not None else Runner(context.session)
    routine: Routine | None = None
    if reach is not None:
        routine = reach.unit(names, len(nodes))
    if routine is None:
        routine = stored_routine(context.session, names, runner, len(nodes))
    if routine is None or routine.unit.returns is None:
        return None
    found = routine
    kind = found.result_type(runner)
    given = _arranged(compiler, found, nodes)

    def run(row: Row) -> Any:
        values = [None if expr is None else (expr.type, expr.run(row)) for expr in given]
        return found.value(runner, values)

    return Expr(kind, run)


def _of_table(
    compiler: Compiler, names: tuple[str, ...], nodes: list[exp.Expression]
) -> Expr | None:
    """``table(index)`` and ``table.NEXT(index)`` of an index-by table; else None."""
    frame = compiler.context.plsql.frame
    table = frame.find(names)
    if isinstance(table, Table) and len(nodes) == 1:
        kind, look = table.shape.element, table.get
    else:
        table = frame.find(names[:-1]) if len(names) > 1 and names[-1] in METHODS else None
        if not isinstance(table, Table):
            return None
        kind, look = table.method(names[-1])
    keys = [compiler.converted(compiler.value(node), table.shape.index).run for node in nodes]
    fit = fitter(table.shape.index, "")

    def run(row: Row) -> Any:
        given = [key(row) for key in keys]
        return look(*(None if key is None else fit(key) for key in given))

    return Expr(kind, run)


def _arranged(
    compiler: Compiler, routine: Routine, nodes: list[exp.Expression]
) -> list[Expr | None]:
    """The arguments by parameter; None where the default is to be taken."""
    names = [parameter.name for parameter in routine.unit.parameters]
    found: dict[str, Expr] = {}
    for place, node in enumerate(nodes):
        named = isinstance(node, exp.Kwarg | exp.PropertyEQ)
        name = identifier(node.this) if named else names[place] if place < len(names) else ""
        if name not in names or name in found:
            raise OracleError(6553, "PLS-306: wrong number or types of arguments in call to "
                              f"'{routine.unit.name}'")  # fmt: skip
        found[name] = compiler.value(node.expression if named else node)
    return [found.get(name) for name in names]
