"""Conditions with three-valued logic: comparison, LIKE, IN, BETWEEN, EXISTS, AND/OR/NOT."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql import subqueries
from orasim.sql.comparing import compare, join_keys
from orasim.sql.scope import Expr, Row, Run
from orasim.sql.types import family

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


def compile_condition(compiler: Compiler, node: exp.Expression) -> Run:
    """A function of the row: True, False or None."""
    handler = CONDITIONS.get(type(node))
    if handler is not None:
        return handler(compiler, node)
    if isinstance(node, exp.Anonymous) and str(node.this).upper() in ("REGEXP_LIKE", "LNNVL"):
        return compiler.value(node).run
    if isinstance(
        node, exp.Subquery | exp.Column | exp.Placeholder | exp.Anonymous | exp.Boolean | exp.Dot
    ):
        expr = compiler.value(node)
        if expr.type.name == "BOOLEAN":
            return expr.run
    if compiler.context.session.version >= (23,) and not isinstance(node, exp.Subquery):
        return _truth(compiler.value(node))
    raise OracleError(920, "invalid relational operator")


def _truth(expr: Expr) -> Run:
    """A number as a condition, which 23ai takes for a BOOLEAN: all but zero is true."""
    if not expr.type.is_number:
        raise OracleError(920, "invalid relational operator")
    return lambda row: None if (value := expr.run(row)) is None else value != 0


def _comparison(sign: str) -> Callable[[Compiler, Any], Run]:
    def compile_it(compiler: Compiler, node: exp.Binary) -> Run:
        left, right = node.this, node.expression
        if isinstance(right, exp.Any | exp.All):
            return _quantified(compiler, sign, left, right)
        if isinstance(left, exp.Tuple):
            return _tuple_comparison(compiler, sign, left, right)
        return compare(compiler, sign, compiler.value(left), compiler.value(right))

    return compile_it


def _tuple_comparison(compiler: Compiler, sign: str, left: exp.Tuple, right: Any) -> Run:
    if sign not in ("=", "!="):
        raise OracleError(1796, "this operator cannot be used with lists")
    if isinstance(right, exp.Paren) and isinstance(right.this, exp.Tuple):
        right = right.this  # ((a, b)), which sqlglot nests
    if isinstance(right, exp.Subquery | exp.Select):
        test = _in_subquery(compiler, left.expressions, right)
    elif isinstance(right, exp.Tuple):
        test = _in_list(compiler, left, [right])
    else:
        raise OracleError(936, "missing expression")
    return test if sign == "=" else negated(test)


def _quantified(compiler: Compiler, sign: str, left: Any, right: Any) -> Run:
    is_any = isinstance(right, exp.Any)
    inner = right.this
    subject = compiler.value(left)
    if isinstance(inner, exp.Tuple | exp.Paren):
        items = inner.expressions if isinstance(inner, exp.Tuple) else [inner.this]
        tests = [compare(compiler, sign, subject, compiler.value(item)) for item in items]
        return _any(tests) if is_any else _all(tests)
    plan, rows = subqueries.subquery_rows(compiler, inner, 1)
    current: list[Any] = [None]
    other = Expr(plan.columns[0].type, lambda row: current[0])
    test = compare(compiler, sign, subject, other)

    def run(row: Row) -> bool | None:
        unknown = False
        for found in list(rows(row)):
            current[0] = found[0]
            result = test(row)
            if result is None:
                unknown = True
            elif result is is_any:
                return is_any
        return None if unknown else not is_any

    return run


# -- logic -------------------------------------------------------------------------------------


def _any(tests: list[Run]) -> Run:
    def run(row: Row) -> bool | None:
        result: bool | None = False
        for test in tests:
            found = test(row)
            if found:
                return True
            if found is None:
                result = None
        return result

    return run


def _all(tests: list[Run]) -> Run:
    def run(row: Row) -> bool | None:
        result: bool | None = True
        for test in tests:
            found = test(row)
            if found is False:
                return False
            if found is None:
                result = None
        return result

    return run


def negated(test: Run) -> Run:
    return lambda row: None if (found := test(row)) is None else not found


def _flat(node: exp.Expression, kind: type) -> list[exp.Expression]:
    if isinstance(node, kind):
        return _flat(node.this, kind) + _flat(node.expression, kind)
    if isinstance(node, exp.Paren) and isinstance(node.this, kind):
        return _flat(node.this, kind)
    return [node]


def conjuncts(node: exp.Expression | None) -> list[exp.Expression]:
    """The parts of a condition that AND connects."""
    return [] if node is None else _flat(node, exp.And)


def _and(compiler: Compiler, node: exp.And) -> Run:
    return _all([compiler.condition(part) for part in _flat(node, exp.And)])


def _or(compiler: Compiler, node: exp.Or) -> Run:
    return _any([compiler.condition(part) for part in _flat(node, exp.Or)])


# -- the rest ----------------------------------------------------------------------------------


_FLOAT_STATES: dict[str, Callable[[float], bool]] = {"NAN": math.isnan, "INFINITE": math.isinf}


def _is_in_state(compiler: Compiler, node: exp.Expression, test: Callable[[float], bool]) -> Run:
    """IS NAN, IS INFINITE; unknown for NULL."""
    run = compiler.number(compiler.value(node)).run
    return lambda row: None if (v := run(row)) is None else isinstance(v, float) and test(v)


def _is_null(compiler: Compiler, node: exp.Is) -> Run:
    if isinstance(node.expression, exp.JSON):
        from orasim.sql.functions.json import is_json_condition

        return is_json_condition(compiler, node)
    state = _FLOAT_STATES.get(node.expression.sql().upper())
    if state is not None:
        return _is_in_state(compiler, node.this, state)
    if not isinstance(node.expression, exp.Null):
        raise not_supported(f"condition {node.sql()[:60]}")
    # ASSUMPTION(oracle): NULL is all that may be asked of a LONG; scripts everywhere filter
    # DATA_DEFAULT and SEARCH_CONDITION so.
    run = compiler.value(node.this).run
    return lambda row: run(row) is None


def _between(compiler: Compiler, node: exp.Between) -> Run:
    subject = compiler.value(node.this)
    low = compare(compiler, ">=", subject, compiler.value(node.args["low"]))
    high = compare(compiler, "<=", subject, compiler.value(node.args["high"]))
    test = _all([low, high])
    return negated(test) if node.args.get("negate") else test


@lru_cache(maxsize=1024)
def _like_pattern(pattern: str, escape: str | None) -> re.Pattern[str]:
    parts, at = [], 0
    while at < len(pattern):
        letter = pattern[at]
        if escape and letter == escape:
            at += 1
            if at >= len(pattern) or pattern[at] not in ("%", "_", escape):
                raise OracleError(
                    1424, "missing or illegal character following the escape character"
                )
            parts.append(re.escape(pattern[at]))
        elif letter == "%":
            parts.append(".*")
        elif letter == "_":
            parts.append(".")
        else:
            parts.append(re.escape(letter))
        at += 1
    return re.compile("".join(parts), re.DOTALL)


def _like(compiler: Compiler, node: exp.Like, escape: exp.Expression | None = None) -> Run:
    subject, pattern = compiler.value(node.this), compiler.value(node.expression)
    for side in (subject, pattern):
        if side.type.is_long:
            raise OracleError(932, "inconsistent datatypes: expected CHAR got LONG")
    text, like = compiler.text(subject).run, compiler.text(pattern).run
    escape_of = compiler.text(compiler.value(escape)).run if escape is not None else None

    def run(row: Row) -> bool | None:
        value, wanted = text(row), like(row)
        if value is None or wanted is None:
            return None
        character = escape_of(row) if escape_of else None
        if escape_of and (character is None or len(character) != 1):
            raise OracleError(1425, "escape character must be character string of length 1")
        return _like_pattern(wanted, character).fullmatch(value) is not None

    return negated(run) if node.args.get("negate") else run


def _escape(compiler: Compiler, node: exp.Escape) -> Run:
    if not isinstance(node.this, exp.Like):
        raise not_supported("ESCAPE without LIKE")
    return _like(compiler, node.this, node.expression)


def _in(compiler: Compiler, node: exp.In) -> Run:
    query = node.args.get("query")
    if query is not None:
        left = node.this.expressions if isinstance(node.this, exp.Tuple) else [node.this]
        return _in_subquery(compiler, left, query)
    items = list(node.expressions)
    if node.args.get("field") is not None:
        items = [node.args["field"]]
    if not items:
        raise OracleError(936, "missing expression")
    limit = 65535 if compiler.context.session.version >= (23,) else 1000
    if len(items) > limit and not isinstance(node.this, exp.Tuple):
        raise OracleError(1795, f"maximum number of expressions in a list is {limit}")
    return _in_list(compiler, node.this, items)


def _in_list(compiler: Compiler, left: exp.Expression, items: list[exp.Expression]) -> Run:
    if not isinstance(left, exp.Tuple):
        subject = compiler.value(left)
        exprs = compiler.values(items)
        fast = _constant_set(compiler, subject, exprs)
        if fast is not None:
            return fast
        return _any([compare(compiler, "=", subject, expr) for expr in exprs])
    subjects = compiler.values(left.expressions)
    tests = []
    for item in items:
        parts = item.expressions if isinstance(item, exp.Tuple) else [item]
        if len(parts) != len(subjects):
            raise OracleError(920, "invalid relational operator")
        tests.append(
            _all(
                [
                    compare(compiler, "=", subject, compiler.value(part))
                    for subject, part in zip(subjects, parts, strict=True)
                ]
            )
        )
    return _any(tests)


def _constant_set(compiler: Compiler, subject: Expr, items: list[Expr]) -> Run | None:
    """x IN (constants) as a set lookup when all constants are of one kind."""
    if len(items) < 4 or not all(item.is_constant for item in items):
        return None
    if len({(item.type.name, family(item.type)) for item in items}) != 1:
        return None
    keys = [join_keys(compiler, subject, item) for item in items]
    run = keys[0][0]
    wanted = compiler.context.once(lambda row: {key(row) for _, key in keys})

    def test(row: Row) -> bool | None:
        value = run(row)
        if value is None:
            return None
        known = wanted(row)
        return True if value in known else (None if None in known else False)

    return test


def _in_subquery(compiler: Compiler, left: list[exp.Expression], query: Any) -> Run:
    subjects = compiler.values(left)
    plan, rows = subqueries.subquery_rows(compiler, query, len(left))
    pairs = [
        join_keys(compiler, subject, Expr(column.type, operator.itemgetter(i), column.nullable))
        for i, (subject, column) in enumerate(zip(subjects, plan.columns, strict=True))
    ]
    left_of, right_of = [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    def keys(row: Row) -> tuple[set[Any], list[Any], bool]:
        full, partial, any_row = set(), [], False
        for found in rows(row):
            any_row = True
            key = tuple(of(found) for of in right_of)
            if None in key:
                partial.append(key)
            else:
                full.add(key)
        return full, partial, any_row

    lookup = keys if plan.is_correlated else compiler.context.once(keys)

    def run(row: Row) -> bool | None:
        full, partial, any_row = lookup(row)
        if not any_row:
            return False
        key = tuple(of(row) for of in left_of)
        if None in key:
            candidates = [*full, *partial]
            return None if any(_may_match(key, other) for other in candidates) else False
        if key in full:
            return True
        return None if any(_may_match(key, other) for other in partial) else False

    return run


def _may_match(key: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(a is None or b is None or a == b for a, b in zip(key, other, strict=True))


def _exists(compiler: Compiler, node: exp.Exists) -> Run:
    plan, rows = subqueries.subquery_rows(compiler, node.this, 0)

    def run(row: Row) -> bool:
        return next(rows(row), None) is not None

    return run if plan.is_correlated else compiler.context.once(run)


CONDITIONS: dict[type, Callable[[Compiler, Any], Run]] = {
    exp.EQ: _comparison("="),
    exp.NEQ: _comparison("!="),
    exp.LT: _comparison("<"),
    exp.LTE: _comparison("<="),
    exp.GT: _comparison(">"),
    exp.GTE: _comparison(">="),
    exp.And: _and,
    exp.Or: _or,
    exp.Not: lambda c, node: negated(c.condition(node.this)),
    exp.Paren: lambda c, node: c.condition(node.this),
    exp.Is: _is_null,
    exp.Between: _between,
    exp.Like: _like,
    exp.Escape: _escape,
    exp.In: _in,
    exp.Exists: _exists,
}
