"""What PostgreSQL may evaluate while it defines something, by the names in a statement's tree.

Constants in expressions of indexes, generated columns, partition keys and checks that are added
later are folded by the planner, whatever calls itself IMMUTABLE. Literals are read, which checks
the domains in their types, as soon as a statement is parsed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from oraferry.ports import Evaluated

_INDEXED = ("CONSTR_GENERATED", "CONSTR_EXCLUSION")
_WITH_VALUE = ("CONSTR_GENERATED", "CONSTR_DEFAULT")
_BETWEEN = ("<=", ">=", "<", ">")


def list_evaluated(part: Any) -> Iterator[Evaluated]:
    """All that expressions within *part* call: functions, operators, casts."""
    for node in _walk(part):
        kind = type(node).__name__
        if kind == "FuncCall":  # which may be a cast to a type of that name
            yield Evaluated("function", *split(node.funcname))
            yield Evaluated("type", *split(node.funcname))
        elif kind == "A_Indirection":  # (value).name calls a function too
            names = (step.sval for step in node.indirection if hasattr(step, "sval"))
            yield from (Evaluated("function", None, name) for name in names)
        elif kind == "A_Expr":
            is_range = "BETWEEN" in node.kind.name
            named = [(None, name) for name in _BETWEEN] if is_range else [split(node.name)]
            yield from (Evaluated("operator", *one) for one in named)
        elif kind == "CaseExpr" and node.arg is not None:
            yield Evaluated("operator", None, "=")
        elif kind == "TypeCast":
            yield Evaluated("cast", *split(node.typeName.names))


def list_folded(tree: Any) -> Iterator[Evaluated]:
    """What generated columns and exclusion constraints within *tree* call."""
    for node in _walk(tree):
        if type(node).__name__ == "Constraint" and node.contype.name in _INDEXED:
            yield from list_evaluated((node.raw_expr, node.exclusions, node.where_clause))


def list_added(tree: Any) -> Iterator[Evaluated]:
    """What checks that are added to a table call."""
    for node in _walk(tree):
        if type(node).__name__ == "Constraint" and node.contype.name == "CONSTR_CHECK":
            yield from list_evaluated(node.raw_expr)


def list_literals(tree: Any) -> Iterator[Evaluated]:
    """The types that literals of a statement are read as, where it names them."""
    is_aggregate = type(tree).__name__ == "DefineStmt"
    for node in _walk(tree):
        kind = type(node).__name__
        if (kind == "ColumnDef" and _has_value(node)) or kind == "TypeCast":
            named = node.typeName
        elif kind == "FunctionParameter" and node.defexpr is not None:
            named = node.argType
        else:
            named = node if is_aggregate and kind == "TypeName" else None
        if named is not None:
            yield Evaluated("type", *split(named.names))


def split(names: Sequence[Any]) -> tuple[str | None, str]:
    """Schema and name of a qualified name's parts."""
    parts = [part.sval for part in names]
    return (parts[-2] if len(parts) > 1 else None), parts[-1]


def _has_value(column: Any) -> bool:
    return any(c.contype.name in _WITH_VALUE for c in column.constraints or ())


def _walk(part: Any) -> Iterator[Any]:
    """*part*, a node or a tuple of such, and all nodes within."""
    if isinstance(part, tuple):
        for one in part:
            yield from _walk(one)
    elif hasattr(part, "__slots__") and not isinstance(part, str):
        yield part
        for name in part:
            yield from _walk(getattr(part, name))
