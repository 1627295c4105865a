"""CONNECT BY: rows in tree order with LEVEL, root, leaf flag and parent row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql.functions.registry import Call, check_count, function
from orasim.sql.joins import Rows
from orasim.sql.scope import Expr, Row
from orasim.values import varchar2

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

_MOST_ROWS = 10_000_000


def connected(compiler: Compiler, node: exp.Connect, rows: Rows) -> Rows:
    """
    Rows with four values appended: LEVEL, the root row, CONNECT_BY_ISLEAF, the parent row
    (with its own four, so that the way to the root can be followed).

    Without PRIOR every row is a child of every row, which is how row generators work.
    """
    scope = compiler.scope
    start = node.args.get("start")
    starts = compiler.condition(start) if start is not None else None
    test = compiler.condition(node.args["connect"])
    has_prior = node.args["connect"].find(exp.Prior) is not None
    nocycle = bool(node.args.get("nocycle"))
    uses_rownum = any(
        str(column.name).upper() == "ROWNUM" for column in node.args["connect"].find_all(exp.Column)
    )
    cell = scope.prior_cell

    def children(parent: Row, level: int, root: Row, source: list[Row], number: int) -> list[Row]:
        found = []
        cell[0] = parent
        for row in source:
            # The condition sees the candidate with its own LEVEL; PRIOR sees the parent.
            candidate = (*row, level, root, 0, parent, number)
            if test(candidate):
                found.append(row)
        return found

    def walk() -> Iterator[Row]:
        source = list(rows())
        if uses_rownum and len(source) > 1:
            raise not_supported("CONNECT BY ROWNUM over more than one row")
        count = 0
        for first in source:
            if starts is not None and not starts(first):
                continue
            stack: list[tuple[Row, int, Any, tuple[int, ...]]] = [(first, 1, (), (id(first),))]
            while stack:
                row, level, parent, path = stack.pop()
                count += 1
                below = children(row, level + 1, first, source, count + 1)
                if has_prior:
                    looping = [child for child in below if id(child) in path]
                    if looping and not nocycle:
                        raise OracleError(1436, "CONNECT BY loop in user data")
                    below = [child for child in below if id(child) not in path]
                if count > _MOST_ROWS:
                    raise OracleError(30009, "Not enough memory for CONNECT BY operation")
                whole = (*row, level, first, 0 if below else 1, parent)
                yield whole
                for child in reversed(below):
                    way = (*path, id(child)) if has_prior else ()
                    stack.append((child, level + 1, whole, way))

    return walk


@function("SYS_CONNECT_BY_PATH")
def sys_connect_by_path(compiler: Compiler, call: Call) -> Expr:
    """The values from the root to the row, each after the separator."""
    check_count(call, 2, 2)
    scope = compiler.scope
    if not scope.has_connect:
        raise OracleError(30002, "SYS_CONNECT_BY_PATH function is not allowed here")
    value, separator = compiler.text(call.args[0]), call.args[1]
    if not separator.is_constant:
        raise OracleError(30003, "illegal parameter in SYS_CONNECT_BY_PATH function")
    mark, parent_at = str(separator.run(()) or ""), scope.width + 3

    def path(row: Row) -> str:
        parts: list[str] = []
        at: Any = row
        while at:
            text = value.run(at) or ""
            if mark and mark in text:
                raise OracleError(30004, "when using SYS_CONNECT_BY_PATH function, cannot have "
                                  "separator as part of column value")  # fmt: skip
            parts.append(mark + text)
            at = at[parent_at] if len(at) > parent_at else None
        return "".join(reversed(parts))

    return Expr(varchar2(4000), path, False)
