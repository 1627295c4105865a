"""GROUPING, GROUPING_ID and GROUP_ID: which of a GROUP BY's sets a row belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from orasim.engine import OracleError
from orasim.sql.functions.registry import UNCOMPILED, Call, function
from orasim.sql.scope import Expr, Row
from orasim.values import NUMBER

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

UNCOMPILED |= {"GROUPING", "GROUPING_ID", "GROUP_ID"}


@function("GROUPING", "GROUPING_ID")
def grouping(compiler: Compiler, call: Call) -> Expr:
    """1 for a key that the row's set leaves out, else 0; GROUPING_ID: these bits as one number."""
    count = len(call.node.expressions)
    if not count or (call.name == "GROUPING" and count > 1):
        raise OracleError(909, "invalid number of arguments")
    places = [_place(compiler, node) for node in call.node.expressions]
    at = compiler.scope.grouping_at
    if at is None:
        return Expr(NUMBER, lambda row: 0)

    def bits(row: Row) -> int:
        found = 0
        for place in places:
            found = 2 * found + (place not in row[at])
        return found

    return Expr(NUMBER, bits)


def _place(compiler: Compiler, node: exp.Expression) -> int:
    scope = compiler.scope
    found = (scope.group_keys or {}).get(scope.fingerprint(node))
    if found is None:
        raise OracleError(979, "not a GROUP BY expression")
    return found


@function("GROUP_ID")
def group_id(compiler: Compiler, call: Call) -> Expr:
    """0, and 1 or more for what is the same set once again."""
    if call.node.expressions:
        raise OracleError(909, "invalid number of arguments")
    if compiler.scope.group_keys is None:
        raise OracleError(979, "not a GROUP BY expression")
    at = compiler.scope.grouping_at
    return Expr(NUMBER, lambda row: 0 if at is None else row[at + 1])
