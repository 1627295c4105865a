"""Names: columns, pseudo-columns, sequences, variables of PL/SQL, members of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql.functions.registry import FUNCTIONS, PSEUDO_COLUMNS, Call
from orasim.sql.parse import identifier
from orasim.sql.scope import Expr, Row, Scope, invalid_identifier
from orasim.values import NUMBER

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


def column(compiler: Compiler, node: exp.Column) -> Expr:
    if isinstance(node.this, exp.Star):
        raise OracleError(936, "missing expression")
    if compiler.context.is_expression and (variable := _variable(compiler, node)) is not None:
        return variable
    scope: Scope | None = compiler.scope
    passed: list[Scope] = []
    while scope is not None:
        found = scope.find(node)
        if found is not None:
            expr = _column_of(scope, found, node)
            if not passed:
                return expr
            for inner in passed:
                inner.is_correlated = True
            return _of_outer_block(scope, expr)
        passed.append(scope)
        scope = scope.parent
    found_else = (
        _pseudo_column(compiler, node)
        or _variable(compiler, node)
        or member(compiler, dotted_parts(node))
        or stored(compiler, dotted_names(node), [])
    )
    if found_else is None:
        raise invalid_identifier(node)
    return found_else


def _variable(compiler: Compiler, node: exp.Column) -> Expr | None:
    """A variable of the PL/SQL block that this statement is part of."""
    if compiler.context.plsql is None:
        return None
    found = compiler.context.plsql.variable(tuple(dotted_names(node)))
    return None if found is None else Expr(found.type, lambda row: found.value, True, True)


def stored(compiler: Compiler, names: list[str], nodes: list[exp.Expression]) -> Expr | None:
    """A call of a stored function, or of one that the PL/SQL block declares."""
    from orasim.plsql.expressions import call_stored

    return call_stored(compiler, tuple(names), nodes)


def member(compiler: Compiler, parts: list[exp.Identifier]) -> Expr | None:
    """``alias.column.name…`` inside an object or JSON; None when there is no such column."""
    if len(parts) < 3:
        return None
    scope: Scope | None = compiler.scope
    node = exp.Column(this=parts[1], table=parts[0])
    while scope is not None and scope.find(node) is None:
        scope = scope.parent
    if scope is None:
        return None
    value = column(compiler, node)
    if value.type.name == "OBJECT":
        from orasim.sql.functions.objects import attribute

        return attribute(compiler, value, [identifier(part) for part in parts[2:]])
    if value.type.name not in ("JSON", "CLOB", "BLOB", "VARCHAR2"):
        return None
    from orasim.sql.functions.json import member

    return member(compiler, value, [str(part.this) for part in parts[2:]])


def _pseudo_column(compiler: Compiler, node: exp.Column) -> Expr | None:
    name = identifier(node.this)
    if node.this.args.get("quoted"):
        return None
    if node.args.get("table") is None:
        if name == "ROWNUM":
            return _rownum(compiler)
        if name in ("LEVEL", "CONNECT_BY_ISLEAF", "CONNECT_BY_ISCYCLE"):
            return _connect_column(compiler, name)
        if name in PSEUDO_COLUMNS:
            return PSEUDO_COLUMNS[name](compiler, Call(name, [], node))
        if name in FUNCTIONS and name in ("SYS_GUID",):
            return FUNCTIONS[name](compiler, Call(name, [], node))
        return None
    if name in ("NEXTVAL", "CURRVAL"):
        return _sequence(compiler, node, name)
    package = ".".join(
        identifier(part)
        for part in (node.args.get("db"), node.args["table"], node.this)
        if part is not None
    ).removeprefix("SYS.")
    if package in FUNCTIONS:
        return FUNCTIONS[package](compiler, Call(package, [], node))
    return None


def _rownum(compiler: Compiler) -> Expr:
    scope = compiler.scope
    if scope.group_keys is not None:
        raise OracleError(979, "not a GROUP BY expression")
    scope.uses_rownum = True
    return Expr(NUMBER, lambda row: row[scope.rownum_index], False)


def _connect_column(compiler: Compiler, name: str) -> Expr:
    scope = compiler.scope
    if not scope.has_connect:
        if name == "LEVEL":
            raise OracleError(1788, "CONNECT BY clause required in this query block")
        raise OracleError(904, f'"{name}": invalid identifier')
    if name == "CONNECT_BY_ISCYCLE":
        raise not_supported(name)
    shift = 0 if name == "LEVEL" else 2
    return Expr(NUMBER, lambda row: row[scope.level_index + shift], False)


def _sequence(compiler: Compiler, node: exp.Column, name: str) -> Expr:
    context = compiler.context
    schema = identifier(node.args["db"]) if node.args.get("db") else None
    sequence = context.session.find_sequence(schema, identifier(node.args["table"]))
    if sequence is None:
        raise OracleError(2289, "sequence does not exist")
    session, last = context.session, [None, -1, None]

    def nextval(row: Row) -> Any:
        if last[0] is not row or last[1] != context.execution:
            last[:] = [row, context.execution, session.next_value(sequence)]
            context.sequence_values[id(sequence)] = last[2]
        return last[2]

    if name == "NEXTVAL":
        return Expr(NUMBER, nextval, False)
    return Expr(NUMBER, lambda row: session.current_value(sequence), False)


def _of_outer_block(scope: Scope, expr: Expr) -> Expr:
    """A column of an enclosing block: of the row that block is looking at."""
    cell, run = scope.cell, expr.run
    return Expr(expr.type, lambda row: run(cell[0]), expr.nullable)


def _column_of(scope: Scope, found: tuple[int, int], node: exp.Column) -> Expr:
    relation = scope.relations[found[0]]
    column = relation.columns[found[1]]
    relation.used.add(found[1])
    if scope.group_keys is not None:
        position = scope.group_keys.get(f"#{found[0]}.{found[1]}")
        if position is None:
            raise OracleError(
                979 if scope.key_exprs else 937,
                "not a GROUP BY expression"
                if scope.key_exprs
                else "not a single-group group function",
            )
        nullable = column.nullable or scope.grouping_at is not None
        return Expr(column.type, lambda row: row[position], nullable, column=found)
    index = scope.offsets[found[0]] - scope.base + found[1]
    from operator import itemgetter

    return Expr(column.type, itemgetter(index), column.nullable, column=found)


def dotted_parts(node: Any) -> list[exp.Identifier]:
    if isinstance(node, exp.Dot):
        return [*dotted_parts(node.this), *dotted_parts(node.expression)]
    if isinstance(node, exp.Column):
        return [part for part in node.parts if isinstance(part, exp.Identifier)]
    return [node] if isinstance(node, exp.Identifier) else []


def dotted_names(node: Any) -> list[str]:
    if isinstance(node, exp.Dot):
        return [*dotted_names(node.this), *dotted_names(node.expression)]
    if isinstance(node, exp.Column):
        return [
            identifier(part)
            for part in (node.args.get("db"), node.args.get("table"), node.this)
            if part is not None
        ]
    return [identifier(node)]
