"""How two values are compared: what Oracle converts, pads and orders by."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError
from orasim.sql.convert import inconsistent
from orasim.sql.ordering import binary_order, number_order
from orasim.sql.scope import Expr, Row, Run
from orasim.sql.types import family
from orasim.storage.rowid import parse_rowid
from orasim.values import BINARY_DOUBLE, NUMBER, OraType, timestamp

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def comparable(compiler: Compiler, left: Expr, right: Expr) -> tuple[Expr, Expr, bool]:
    """Both sides converted to what is compared as Oracle does; True when blanks are padded."""
    a, b, padded = _alike(compiler, left, right)
    if "float" in (family(a.type), family(b.type)):
        return _numbers(a), _numbers(b), padded
    return a, b, padded


def _numbers(expr: Expr) -> Expr:
    run = expr.run
    return Expr(
        expr.type,
        lambda row: None if (v := run(row)) is None else number_order(v),
        expr.nullable,
        expr.is_constant,
    )


def _alike(compiler: Compiler, left: Expr, right: Expr) -> tuple[Expr, Expr, bool]:
    """Both sides converted to one type."""
    kinds = family(left.type), family(right.type)
    for side in (left, right):
        if (
            side.type.is_lob
            or side.type.is_long
            or family(side.type) in ("xmltype", "json", "object", "vector")
        ):
            got = "CLOB" if family(side.type) == "clob" else side.type.data_type
            if side.type.is_long:
                raise OracleError(997, "illegal use of LONG datatype")
            raise OracleError(932, f"inconsistent datatypes: expected - got {got}")
    if "null" in kinds:
        return left, right, False
    if kinds[0] == kinds[1]:
        return _same_family(compiler, left, right, kinds[0])
    pair = set(kinds)
    if pair == {"number", "float"}:
        return left, right, False
    for target, kind in (("float", BINARY_DOUBLE), ("number", NUMBER)):
        if target in pair and "text" in pair:
            return compiler.converted(left, kind), compiler.converted(right, kind), False
    if pair == {"date", "text"}:
        kind = left.type if kinds[0] == "date" else right.type
        if kind.name != "DATE":
            from dataclasses import replace

            kind = replace(kind, scale=9)
        return compiler.converted(left, kind), compiler.converted(right, kind), False
    if pair == {"rowid", "text"}:
        return _rowids(left), _rowids(right), False
    if "text" in pair and pair & {"raw", "interval day to second", "interval year to month"}:
        kind = left.type if kinds[0] != "text" else right.type
        return compiler.converted(left, kind), compiler.converted(right, kind), False
    if pair == {"boolean", "number"}:
        return left, right, False
    raise inconsistent(left.type.data_type.split("(")[0], right.type)


def _same_family(compiler: Compiler, left: Expr, right: Expr, of: str) -> tuple[Expr, Expr, bool]:
    if of == "text":
        padded = left.type.name in ("CHAR", "NCHAR") and right.type.name in ("CHAR", "NCHAR")
        return left, right, padded
    if of == "rowid":
        return _rowids(left), _rowids(right), False
    if of == "date" and left.type.name != right.type.name:
        zoned = OraType("TIMESTAMP WITH TIME ZONE", scale=9)
        if "TIMESTAMP WITH TIME ZONE" in (left.type.name, right.type.name):
            return compiler.converted(left, zoned), compiler.converted(right, zoned), False
        kind = timestamp(9)
        return compiler.converted(left, kind), compiler.converted(right, kind), False
    return left, right, False


def _rowids(expr: Expr) -> Expr:
    run = expr.run
    return Expr(
        expr.type,
        lambda row: None if (v := run(row)) is None else _parsed_rowid(v),
        expr.nullable,
        expr.is_constant,
    )


_parsed_rowid = lru_cache(maxsize=4096)(parse_rowid)


def join_keys(compiler: Compiler, left: Expr, right: Expr) -> tuple[Run, Run]:
    """Functions whose results are equal exactly when the sides are equal."""
    a, b, padded = comparable(compiler, left, right)
    if not padded:
        return a.run, b.run
    return _stripped(a.run), _stripped(b.run)


def _stripped(run: Run) -> Run:
    return lambda row: None if (v := run(row)) is None else v.rstrip(" ")


def compare(compiler: Compiler, sign: str, left: Expr, right: Expr) -> Run:
    """*left* compared with *right*; None when either is NULL."""
    a, b, padded = comparable(compiler, left, right)
    test = _OPERATORS[sign]
    x_of, y_of = a.run, b.run
    order = _order_of(compiler, sign, a, b)
    if order is not None:
        x_plain, y_plain = x_of, y_of
        x_of = lambda row: None if (v := x_plain(row)) is None else order(v)  # noqa: E731
        y_of = lambda row: None if (v := y_plain(row)) is None else order(v)  # noqa: E731
    if padded:

        def run_padded(row: Row) -> bool | None:
            x = x_of(row)
            if x is None:
                return None
            y = y_of(row)
            if y is None:
                return None
            width = max(len(x), len(y))
            return test(x.ljust(width), y.ljust(width))

        return run_padded

    def run(row: Row) -> bool | None:
        x = x_of(row)
        if x is None:
            return None
        y = y_of(row)
        return None if y is None else test(x, y)

    return run


def _order_of(compiler: Compiler, sign: str, left: Expr, right: Expr) -> Any:
    """How text is compared where the stored bytes have another order than characters."""
    if sign in ("=", "!=") or not (left.type.is_text and right.type.is_text):
        return None
    if left.type.is_national or right.type.is_national:
        return None
    return binary_order(compiler.context)
