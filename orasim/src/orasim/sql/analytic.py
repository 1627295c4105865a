"""Analytic functions: computed over the block's rows after grouping, before ORDER BY."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql import arithmetic
from orasim.sql.aggregate import Aggregate, make_aggregate
from orasim.sql.functions.registry import AGGREGATES
from orasim.sql.ordering import SortKey, compile_order, sort_key, sort_rows
from orasim.sql.parse import check_clauses
from orasim.sql.scope import Expr, Row, Run
from orasim.values import NUMBER, OraType

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

_RANKS = {"ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE", "PERCENT_RANK", "CUME_DIST"}
_UNORDERED = {"LISTAGG", "MEDIAN", "PERCENTILE_CONT", "PERCENTILE_DISC"}
_OFFSETS = {"LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE"}


@dataclass(slots=True)
class Partition:
    """The ordered rows of one partition; peers are rows that ORDER BY does not tell apart."""

    rows: list[Row]
    groups: list[int]  # number of the peer group, per row
    first: list[int]  # where the row's peers begin
    after: list[int]  # where they end


Compute = Callable[[Partition], list[Any]]


@dataclass(slots=True)
class Window:
    """One analytic function: partition, order, and a function of the ordered partition."""

    partition: list[Run]
    order: list[SortKey]
    compute: Compute
    kind: OraType
    nodes: list[Any] = field(default_factory=list)


def compile_window(compiler: Compiler, node: exp.Window) -> Expr:
    """OVER (…), or KEEP (…) of an aggregate."""
    if str(node.args.get("over") or "").upper() == "KEEP":
        return _keep(compiler, node)
    check_clauses(
        node, {"this", "partition_by", "order", "spec", "over", "first"}, "analytic function"
    )
    scope = compiler.scope
    if scope.forbids_aggregates:
        raise OracleError(30483, "window functions are not allowed here")
    call = node.this.this if isinstance(node.this, exp.WithinGroup) else node.this
    name = str(call.this).upper()
    partition = [expr.run for expr in compiler.values(node.args.get("partition_by") or [])]
    order_node = node.args.get("order")
    order = compile_order(compiler, order_node) if order_node is not None else []
    frame = _Frames(compiler, node.args.get("spec"), order_node, order)
    compute, kind = _function(compiler, node, call, name, frame)
    number = len(scope.windows)
    scope.windows.append(Window(partition, order, compute, kind))
    base = scope.window_base
    return Expr(kind, lambda row: row[base[0] + number])


def _keep(compiler: Compiler, node: exp.Window) -> Expr:
    scope = compiler.scope
    if scope.group_keys is None:
        raise OracleError(934, "group function is not allowed here")
    name = str(node.this.this).upper()
    saved, scope.group_keys = scope.group_keys, None
    try:
        aggregate = make_aggregate(compiler, node.this, name)
        aggregate.keep = (compile_order(compiler, node.args["order"]), bool(node.args.get("first")))
    finally:
        scope.group_keys = saved
    scope.aggregates.append((scope.fingerprint(node), aggregate))
    place = len(scope.key_exprs) + len(scope.aggregates) - 1
    return Expr(aggregate.kind, lambda row: row[place])


def _function(
    compiler: Compiler, node: exp.Window, call: Any, name: str, frames: _Frames
) -> tuple[Compute, OraType]:
    if name in _RANKS:
        if not frames.order:
            raise OracleError(30485, "missing ORDER BY expression in the window specification")
        if frames.spec is not None:
            raise OracleError(30483, "window functions are not allowed here")
        return _rank(compiler, call, name), NUMBER
    if name in _OFFSETS:
        return _offset(compiler, call, name, frames)
    if name in AGGREGATES:
        aggregate = make_aggregate(compiler, node.this, name)
        if frames.order and (aggregate.distinct or name in _UNORDERED):
            raise OracleError(30487, "ORDER BY not allowed here")
        return _running(aggregate, frames.compiled()), aggregate.kind
    if name == "RATIO_TO_REPORT":
        run = compiler.number(compiler.value(call.expressions[0])).run

        def ratio(part: Partition) -> list[Any]:
            values = [run(row) for row in part.rows]
            total: Any = 0
            for value in values:
                total = arithmetic.add(total, value or 0)
            return [None if v is None or not total else arithmetic.divide(v, total) for v in values]

        return ratio, NUMBER
    raise not_supported(f"analytic function {name}")


def _rank(compiler: Compiler, call: Any, name: str) -> Compute:
    if name == "ROW_NUMBER":
        return lambda part: list(range(1, len(part.rows) + 1))
    if name == "DENSE_RANK":
        return lambda part: [group + 1 for group in part.groups]
    if name == "RANK":
        return lambda part: [first + 1 for first in part.first]
    if name == "NTILE":
        buckets = compiler.number(compiler.value(call.expressions[0])).run

        def tiles(part: Partition) -> list[Any]:
            rows = part.rows
            count = int(buckets(rows[0])) if rows else 1
            size, larger = divmod(len(rows), count)
            edge = larger * (size + 1)
            return [
                i // (size + 1) + 1 if i < edge else larger + (i - edge) // max(size, 1) + 1
                for i in range(len(rows))
            ]

        return tiles
    if name == "CUME_DIST":
        return lambda part: [arithmetic.divide(after, len(part.rows)) for after in part.after]
    return lambda part: [
        arithmetic.divide(first, len(part.rows) - 1) if first else 0 for first in part.first
    ]  # PERCENT_RANK


def _offset(compiler: Compiler, call: Any, name: str, frames: _Frames) -> tuple[Compute, OraType]:
    args = compiler.values(call.expressions)
    value = args[0].run
    if name in ("LAG", "LEAD"):
        distance = args[1].run if len(args) > 1 else None
        default = compiler.converted(args[2], args[0].type).run if len(args) > 2 else None

        def shifted(part: Partition) -> list[Any]:
            found, rows = [], part.rows
            for i, row in enumerate(rows):
                step = int(distance(row)) if distance else 1
                at = i - step if name == "LAG" else i + step
                inside = 0 <= at < len(rows)
                found.append(value(rows[at]) if inside else (default(row) if default else None))
            return found

        return shifted, args[0].type
    frame = frames.compiled()

    def edge(part: Partition) -> list[Any]:
        found = []
        for i in range(len(part.rows)):
            start, end = frame(i, part)
            at = start if name == "FIRST_VALUE" else end - 1
            found.append(None if start >= end else value(part.rows[at]))
        return found

    return edge, args[0].type


Bound = Callable[[int, Partition], int]
Frame = Callable[[int, Partition], tuple[int, int]]


@dataclass(slots=True)
class _Frames:
    """The rows around a row that its value is computed from: ROWS or RANGE BETWEEN …"""

    compiler: Compiler
    spec: Any
    order_node: Any
    order: list[SortKey]

    def compiled(self) -> Frame:
        """Half-open range of rows for row *i* of a partition."""
        spec = self.spec
        if spec is None:
            if not self.order:
                return lambda i, part: (0, len(part.rows))
            return lambda i, part: (0, part.after[i])
        check_clauses(spec, {"kind", "start", "start_side", "end", "end_side"}, "window")
        kind = str(spec.args.get("kind") or "").upper()
        if kind not in ("ROWS", "RANGE"):
            raise not_supported(f"window of {kind}")
        low = self._bound(kind, spec.args.get("start"), spec.args.get("start_side"), is_end=False)
        high = self._bound(kind, spec.args.get("end"), spec.args.get("end_side"), is_end=True)
        return lambda i, part: (low(i, part), high(i, part))

    def _bound(self, kind: str, value: Any, side: Any, *, is_end: bool) -> Bound:
        if value is None or str(value).upper() == "CURRENT ROW":
            if kind == "ROWS":
                return (lambda i, part: i + 1) if is_end else (lambda i, part: i)
            return (lambda i, part: part.after[i]) if is_end else (lambda i, part: part.first[i])
        following = str(side or "").upper() == "FOLLOWING"
        if str(value).upper() == "UNBOUNDED":
            return (lambda i, part: len(part.rows)) if following else (lambda i, part: 0)
        if kind == "RANGE":
            return self._distance(value, following=following, is_end=is_end)
        count = self.compiler.number(self.compiler.value(value)).run

        def shifted(i: int, part: Partition) -> int:
            steps = int(count(part.rows[i])) * (1 if following else -1)
            return min(max(i + steps + (1 if is_end else 0), 0), len(part.rows))

        return shifted

    def _distance(self, value: Any, *, following: bool, is_end: bool) -> Bound:
        """RANGE with a distance: from or up to the rows whose key is that far away."""
        if len(self.order) != 1:
            raise OracleError(30486, "invalid window aggregation group in the window specification")
        key, down = self.order[0].run, self.order[0].descending
        item = self.order_node.expressions[0]
        node = item.this
        combine = exp.Add if following != down else exp.Sub
        limit = self.compiler.value(
            combine(this=exp.Paren(this=node.copy()), expression=exp.Paren(this=value.copy()))
        )
        limit_of = sort_key(limit, item).run

        def edge(i: int, part: Partition) -> int:
            rows, limit = part.rows, limit_of(part.rows[i])
            if limit is None:  # NULLs have each other for a frame
                return part.after[i] if is_end else part.first[i]
            return _search(rows, key, limit, down=down, after=is_end)

        return edge


def _search(rows: list[Row], key: Run, limit: Any, *, down: bool, after: bool) -> int:
    """Where rows ordered by *key* reach *limit*, or pass it; NULLs stand at either end."""
    start = next((i for i, row in enumerate(rows) if key(row) is not None), len(rows))
    end = len(rows)
    while end > start and key(rows[end - 1]) is None:
        end -= 1
    while start < end:
        middle = (start + end) // 2
        found = key(rows[middle])
        is_before = (found > limit if down else found < limit) or (after and found == limit)
        start, end = (middle + 1, end) if is_before else (start, middle)
    return start


def _running(aggregate: Aggregate, frame: Frame) -> Compute:
    def compute(part: Partition) -> list[Any]:
        known: dict[tuple[int, int], Any] = {}
        found = []
        for i in range(len(part.rows)):
            edges = frame(i, part)
            if edges not in known:
                known[edges] = aggregate.compute(part.rows[edges[0] : max(edges)])
            found.append(known[edges])
        return found

    return compute


def _partition(rows: list[Row], order: list[SortKey]) -> Partition:
    groups: list[int] = []
    first: list[int] = []
    last: Any = None
    for i, row in enumerate(rows):
        key = tuple(item.run(row) for item in order)
        is_new = not i or key != last
        groups.append((groups[-1] + 1 if groups else 0) if is_new else groups[-1])
        first.append(i if is_new else first[-1])
        last = key
    after = [0] * len(rows)
    end = len(rows)
    for i in reversed(range(len(rows))):
        after[i] = end
        if first[i] == i:
            end = i
    return Partition(rows, groups, first, after)


def with_windows(rows: list[Row], windows: list[Window]) -> list[Row]:
    """The rows with one value per window appended."""
    columns: list[list[Any]] = []
    for window in windows:
        values: list[Any] = [None] * len(rows)
        groups: dict[Row, list[int]] = {}
        for number, row in enumerate(rows):
            groups.setdefault(tuple(run(row) for run in window.partition), []).append(number)
        for members in groups.values():
            numbered = [(*rows[number], number) for number in members]
            part = _partition(sort_rows(numbered, window.order), window.order)
            for row, value in zip(part.rows, window.compute(part), strict=True):
                values[row[-1]] = value
        columns.append(values)
    return [row + tuple(column[number] for column in columns) for number, row in enumerate(rows)]
