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
from orasim.sql.ordering import SortKey, compile_order, sort_rows
from orasim.sql.parse import check_clauses
from orasim.sql.scope import Expr, Row, Run
from orasim.values import NUMBER, OraType

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

_RANKS = {"ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE", "PERCENT_RANK", "CUME_DIST"}
_OFFSETS = {"LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE"}


@dataclass(slots=True)
class Window:
    """One analytic function: partition, order, and a function of the ordered partition."""

    partition: list[Run]
    order: list[SortKey]
    compute: Callable[[list[Row], list[int]], list[Any]]  # rows, peer group per row
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
    compute, kind = _function(compiler, node, call, name, bool(order))
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
    compiler: Compiler, node: exp.Window, call: Any, name: str, ordered: bool
) -> tuple[Callable[[list[Row], list[int]], list[Any]], OraType]:
    spec = node.args.get("spec")
    if name in _RANKS:
        if not ordered:
            raise OracleError(30485, "missing ORDER BY expression in the window specification")
        if spec is not None:
            raise OracleError(30483, "window functions are not allowed here")
        return _rank(compiler, call, name), NUMBER
    if name in _OFFSETS:
        return _offset(compiler, call, name, ordered, spec)
    if name in AGGREGATES:
        aggregate = make_aggregate(compiler, node.this, name)
        return _running(aggregate, _frame(spec, ordered)), aggregate.kind
    if name == "RATIO_TO_REPORT":
        run = compiler.number(compiler.value(call.expressions[0])).run

        def ratio(rows: list[Row], peers: list[int]) -> list[Any]:
            values = [run(row) for row in rows]
            total: Any = 0
            for value in values:
                total = arithmetic.add(total, value or 0)
            return [None if v is None or not total else arithmetic.divide(v, total) for v in values]

        return ratio, NUMBER
    raise not_supported(f"analytic function {name}")


def _rank(compiler: Compiler, call: Any, name: str) -> Callable[[list[Row], list[int]], list[Any]]:
    if name == "ROW_NUMBER":
        return lambda rows, peers: list(range(1, len(rows) + 1))
    if name == "DENSE_RANK":
        return lambda rows, peers: [peer + 1 for peer in peers]
    if name == "RANK":
        return lambda rows, peers: [peers.index(peer) + 1 for peer in peers]
    if name == "NTILE":
        buckets = compiler.number(compiler.value(call.expressions[0])).run

        def tiles(rows: list[Row], peers: list[int]) -> list[Any]:
            count = int(buckets(rows[0])) if rows else 1
            size, larger = divmod(len(rows), count)
            edge = larger * (size + 1)
            return [
                i // (size + 1) + 1 if i < edge else larger + (i - edge) // max(size, 1) + 1
                for i in range(len(rows))
            ]

        return tiles
    raise not_supported(f"analytic function {name}")


def _offset(
    compiler: Compiler, call: Any, name: str, ordered: bool, spec: Any
) -> tuple[Callable[[list[Row], list[int]], list[Any]], OraType]:
    args = compiler.values(call.expressions)
    value = args[0].run
    if name in ("LAG", "LEAD"):
        distance = args[1].run if len(args) > 1 else None
        default = compiler.converted(args[2], args[0].type).run if len(args) > 2 else None

        def shifted(rows: list[Row], peers: list[int]) -> list[Any]:
            found = []
            for i, row in enumerate(rows):
                step = int(distance(row)) if distance else 1
                at = i - step if name == "LAG" else i + step
                inside = 0 <= at < len(rows)
                found.append(value(rows[at]) if inside else (default(row) if default else None))
            return found

        return shifted, args[0].type
    frame = _frame(spec, ordered)

    def edge(rows: list[Row], peers: list[int]) -> list[Any]:
        found = []
        for i in range(len(rows)):
            start, end = frame(i, peers)
            found.append(
                None if start >= end else value(rows[start if name == "FIRST_VALUE" else end - 1])
            )
        return found

    return edge, args[0].type


Frame = Callable[[int, list[int]], tuple[int, int]]


def _frame(spec: Any, ordered: bool) -> Frame:
    """Half-open range of rows for row *i* of a partition."""
    if spec is None:
        if not ordered:
            return lambda i, peers: (0, len(peers))
        return lambda i, peers: (0, _after_peers(i, peers))
    check_clauses(spec, {"kind", "start", "start_side", "end", "end_side"}, "window")
    kind = str(spec.args.get("kind") or "").upper()
    if kind not in ("ROWS", "RANGE"):
        raise not_supported(f"window of {kind}")
    rows = kind == "ROWS"
    start, start_side = spec.args.get("start"), str(spec.args.get("start_side") or "")
    end, end_side = spec.args.get("end"), str(spec.args.get("end_side") or "")
    low, high = _bound(start, start_side, rows, False), _bound(end, end_side, rows, True)
    return lambda i, peers: (low(i, peers), high(i, peers))


def _after_peers(i: int, peers: list[int]) -> int:
    while i < len(peers) and i + 1 < len(peers) and peers[i + 1] == peers[i]:
        i += 1
    return i + 1


def _bound(value: Any, side: str, rows: bool, is_end: bool) -> Callable[[int, list[int]], int]:
    if value is None or str(value).upper() == "CURRENT ROW":
        if rows:
            return (lambda i, peers: i + 1) if is_end else (lambda i, peers: i)
        return _after_peers if is_end else (lambda i, peers: peers.index(peers[i]))
    if str(value).upper() == "UNBOUNDED":
        following = side.upper() == "FOLLOWING"
        return (lambda i, peers: len(peers)) if following else (lambda i, peers: 0)
    if not rows or not isinstance(value, exp.Literal):
        raise not_supported("RANGE with an offset")
    count = int(str(value.this)) * (1 if side.upper() == "FOLLOWING" else -1)
    shift = count + (1 if is_end else 0)
    return lambda i, peers: min(max(i + shift, 0), len(peers))


def _running(aggregate: Aggregate, frame: Frame) -> Callable[[list[Row], list[int]], list[Any]]:
    def compute(rows: list[Row], peers: list[int]) -> list[Any]:
        known: dict[tuple[int, int], Any] = {}
        found = []
        for i in range(len(rows)):
            edges = frame(i, peers)
            if edges not in known:
                known[edges] = aggregate.compute(rows[edges[0] : max(edges)])
            found.append(known[edges])
        return found

    return compute


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
            ordered = sort_rows(numbered, window.order)
            peers, last, group = [], None, -1
            for row in ordered:
                key = tuple(item.run(row) for item in window.order)
                if key != last or group < 0:
                    group += 1
                    last = key
                peers.append(group if window.order else 0)
            for row, value in zip(ordered, window.compute(ordered, peers), strict=True):
                values[row[-1]] = value
        columns.append(values)
    return [row + tuple(column[number] for column in columns) for number, row in enumerate(rows)]
