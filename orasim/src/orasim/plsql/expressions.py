"""Calls of stored functions, and of functions that a block declares, in expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError
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
