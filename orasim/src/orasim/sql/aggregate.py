"""Aggregate functions and grouping."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql import arithmetic
from orasim.sql.ordering import SortKey, binary_order, compile_order, number_order, sort_rows
from orasim.sql.scope import Expr, Row, Run
from orasim.sql.types import family
from orasim.values import NUMBER, OraType, varchar2

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

Finish = Callable[[list[Any]], Any]


@dataclass(slots=True)
class Aggregate:
    """One aggregate of a block: what it takes from each row and how it ends."""

    argument: Run | None  # None: COUNT(*)
    distinct: bool
    finish: Finish
    kind: OraType
    order: list[SortKey] | None = None
    keep: tuple[list[SortKey], bool] | None = None  # KEEP (DENSE_RANK FIRST/LAST ORDER BY)

    def compute(self, rows: list[Row]) -> Any:
        """The aggregate over the rows of a group."""
        if self.keep is not None and rows:
            rows = _kept(rows, *self.keep)
        if self.order is not None:
            rows = sort_rows(rows, self.order)
        if self.argument is None:
            return len(rows)
        run = self.argument
        values = [value for row in rows if (value := run(row)) is not None]
        if self.distinct:
            values = list(dict.fromkeys(values))
        return self.finish(values)


def _kept(rows: list[Row], keys: list[SortKey], first: bool) -> list[Row]:
    ordered = sort_rows(rows, keys)
    edge = ordered[0 if first else -1]
    wanted = [key.run(edge) for key in keys]
    return [row for row in rows if [key.run(row) for key in keys] == wanted]


def compile_aggregate(compiler: Compiler, node: exp.Expression, name: str) -> Expr:
    """An aggregate in the select list, HAVING or ORDER BY of a grouped block."""
    scope = compiler.scope
    if scope.group_keys is None:
        raise OracleError(934, "group function is not allowed here")
    fingerprint = scope.fingerprint(node)
    for number, (known, aggregate) in enumerate(scope.aggregates):
        if known == fingerprint:
            return _slot(compiler, number, aggregate)
    saved, scope.group_keys = scope.group_keys, None
    try:
        aggregate = make_aggregate(compiler, node, name)
    finally:
        scope.group_keys = saved
    scope.aggregates.append((fingerprint, aggregate))
    return _slot(compiler, len(scope.aggregates) - 1, aggregate)


def _slot(compiler: Compiler, number: int, aggregate: Aggregate) -> Expr:
    place = len(compiler.scope.key_exprs) + number
    return Expr(aggregate.kind, lambda row: row[place], True)


def make_aggregate(compiler: Compiler, node: exp.Expression, name: str) -> Aggregate:
    """Argument and finishing function of an aggregate call."""
    from orasim.sql import percentiles, regression

    order: list[SortKey] | None = None
    within = None
    if isinstance(node, exp.WithinGroup):
        within, node = node.expression, node.this
    if name in ("PERCENTILE_CONT", "PERCENTILE_DISC"):
        return percentiles.percentile(compiler, node, name, within)
    if name in regression.PAIRED:
        return regression.paired(compiler, node, name)
    if within is not None:
        if name != "LISTAGG":
            raise not_supported(f"{name} WITHIN GROUP")
        order = compile_order(compiler, within)
    if name == "LISTAGG" and order is None:
        raise OracleError(30491, "missing ORDER BY clause")
    if node.args.get("overflow") is not None:
        raise not_supported("LISTAGG ON OVERFLOW")
    arguments = list(node.expressions)
    if name == "JSON_ARRAYAGG":
        return _json_array(compiler, node)
    distinct = False
    if len(arguments) == 1 and isinstance(arguments[0], exp.Distinct):
        distinct = True
        arguments = list(arguments[0].expressions)
    elif arguments and isinstance(arguments[0], exp.Distinct):
        distinct = True
        arguments[0] = arguments[0].expressions[0]
    if name == "COUNT" and len(arguments) == 1 and isinstance(arguments[0], exp.Star):
        return Aggregate(None, False, len, NUMBER)
    if not arguments:
        raise OracleError(938, "not enough arguments for function")
    if len(arguments) > (2 if name == "LISTAGG" else 1):
        raise OracleError(909, "invalid number of arguments")
    exprs = compiler.values(arguments)
    first = exprs[0]
    if first.type.is_long:
        raise OracleError(997, "illegal use of LONG datatype")
    if first.type.is_lob and (distinct or name in ("MIN", "MAX")):
        raise OracleError(932, f"inconsistent datatypes: expected - got {first.type.data_type}")
    if name in ("COUNT", "APPROX_COUNT_DISTINCT"):
        return Aggregate(first.run, distinct or name != "COUNT", len, NUMBER)
    if name in ("MIN", "MAX"):
        order = binary_order(compiler.context)
        by_bytes = order if first.type.is_text and not first.type.is_national else None
        return Aggregate(first.run, False, _extreme(name, first.type, by_bytes), first.type)
    if name == "ANY_VALUE":
        return _any_value(compiler, first)
    if name == "MEDIAN" and not distinct and family(first.type) == "date":
        return percentiles.median(first)
    if name == "LISTAGG":
        return _listagg(compiler, exprs, order, distinct)
    if family(first.type) == "interval day to second" and name in ("SUM", "AVG"):
        raise not_supported(f"{name} of an interval")
    number = compiler.number(first)
    is_float = family(number.type) == "float"
    return Aggregate(
        number.run, distinct, _NUMERIC[name], OraType("BINARY_DOUBLE") if is_float else NUMBER
    )


def _any_value(compiler: Compiler, expr: Expr) -> Aggregate:
    """The first value that is not NULL: Oracle leaves open which one."""
    if compiler.context.session.version < (19,):
        raise OracleError(904, '"ANY_VALUE": invalid identifier')
    if expr.type.is_lob or family(expr.type) in ("xmltype", "object", "json", "vector"):
        raise OracleError(932, f"inconsistent datatypes: expected - got {expr.type.data_type}")
    return Aggregate(expr.run, False, lambda values: next(iter(values), None), expr.type)


def _json_array(compiler: Compiler, node: exp.Expression) -> Aggregate:
    from orasim.sql.functions.jsonmaking import fitting, json_value, result_type

    kind, text = result_type(compiler, node), json_value(compiler, node.expressions[0])
    drops_nulls = bool(node.args.get("drops_nulls"))

    def item(row: Row) -> str | None:
        found = text(row)
        return None if drops_nulls and found == "null" else found

    def join(items: list[Any]) -> str | None:
        # ASSUMPTION(oracle): over no rows at all the result is NULL, as other aggregates'.
        return fitting("[" + ",".join(items) + "]", kind) if items else None

    return Aggregate(item, False, join, kind)


def _extreme(name: str, kind: OraType, order: Any = None) -> Finish:
    choose = min if name == "MIN" else max
    if family(kind) == "rowid":
        from orasim.storage.rowid import parse_rowid

        return lambda values: choose(values, key=parse_rowid) if values else None
    if family(kind) == "float":
        order = number_order
    if order is not None:
        return lambda values: choose(values, key=order) if values else None
    return lambda values: choose(values) if values else None


def _listagg(
    compiler: Compiler, exprs: list[Expr], order: list[SortKey] | None, distinct: bool
) -> Aggregate:
    separator = exprs[1].run if len(exprs) > 1 else None

    def join(values: list[Any]) -> str | None:
        glue = (separator(()) if separator else None) or ""
        text = glue.join(values)
        if len(text.encode()) > 4000:
            raise OracleError(1489, "result of string concatenation is too long")
        return text or None

    return Aggregate(compiler.text(exprs[0]).run, distinct, join, varchar2(4000), order)


def _sum(values: list[Any]) -> Any:
    if not values:
        return None
    if all(type(value) is int for value in values):
        return arithmetic.add(sum(values), 0)
    total: Any = 0
    for value in values:
        total = arithmetic.add(total, value)
    return total


def _average(values: list[Any]) -> Any:
    return arithmetic.divide(_sum(values), len(values)) if values else None


def _median(values: list[Any]) -> Any:
    if not values:
        return None
    ordered = sorted(values, key=number_order)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return arithmetic.divide(arithmetic.add(ordered[middle - 1], ordered[middle]), 2)


def _variance(values: list[Any], *, population: bool = False) -> Any:
    count = len(values)
    if count == 0 or (count == 1 and not population):
        return 0 if count == 1 else None
    exact = [Decimal(value) for value in values]
    mean = sum(exact) / count
    total = sum((value - mean) ** 2 for value in exact)
    return arithmetic.rounded(Decimal(total) / (count if population else count - 1))


def _deviation(values: list[Any], *, population: bool = False) -> Any:
    found = _variance(values, population=population)
    return None if found is None else arithmetic.rounded(arithmetic._WIDE.sqrt(Decimal(found)))


def _sample_only(compute: Finish) -> Finish:
    return lambda values: None if len(values) < 2 else compute(values)


_NUMERIC: dict[str, Finish] = {
    "SUM": _sum,
    "AVG": _average,
    "MEDIAN": _median,
    "VARIANCE": _variance,
    "VAR_SAMP": _sample_only(_variance),
    "VAR_POP": lambda values: _variance(values, population=True),
    "STDDEV": _deviation,
    "STDDEV_SAMP": _sample_only(_deviation),
    "STDDEV_POP": lambda values: _deviation(values, population=True),
}


def grouped(
    rows: Iterable[Row], keys: list[Run], aggregates: list[Aggregate], always: bool
) -> Iterator[Row]:
    """One row per group: its keys, then its aggregates; *always* gives one without rows."""
    if all(_is_plain_count(item) for item in aggregates) and not keys:
        last = deque(zip(rows, count(1), strict=False), maxlen=1)  # counts without a loop
        total = last[0][1] if last else 0
        yield (total,) * len(aggregates)
        return
    groups: dict[Row, list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple([key(row) for key in keys]), []).append(row)
    if not groups and always:
        groups[()] = []
    for key, members in groups.items():
        yield key + tuple([aggregate.compute(members) for aggregate in aggregates])


def _is_plain_count(aggregate: Aggregate) -> bool:
    return aggregate.argument is None and aggregate.keep is None
