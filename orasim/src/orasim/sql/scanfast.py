"""Plain scans: stored columns joined into rows by Arrow, nothing decoded.

A query qualifies when it reads one table, lists stored columns and filters by ROWID (a range, a
list) or by comparisons of a stored column with a constant whose encoding sorts like its values.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from orasim.engine import ColumnInfo, EncodedRows, LobValue
from orasim.sql.arithmetic import exact
from orasim.sql.context import Context
from orasim.sql.convert import converter
from orasim.sql.cursor import encoder, travels_apart
from orasim.sql.expressions import Compiler
from orasim.sql.ordering import binary_order
from orasim.sql.parse import identifier
from orasim.sql.result import Plan
from orasim.sql.rowids import FLIPPED, RowidBound, constant_rowid, evaluate, find_bounds, ordinals
from orasim.sql.scope import Expr, Scope
from orasim.sql.sources import TableSource
from orasim.sql.types import describe, family
from orasim.storage.codec import clr, encode, of_clr
from orasim.storage.rowid import RowId
from orasim.storage.segment import Chunk, Segment, StoredColumn

_FLIPPED = FLIPPED | {exp.EQ: exp.EQ}
# Types whose wire bytes compare like their values.
_SORTED = frozenset({"NUMBER", "FLOAT", "DATE", "TIMESTAMP", "VARCHAR2", "RAW"})
_COMPARE = {
    exp.EQ: pc.equal,
    exp.LT: pc.less,
    exp.LTE: pc.less_equal,
    exp.GT: pc.greater,
    exp.GTE: pc.greater_equal,
}


@dataclass(slots=True)
class _KeyTest:
    """A stored column compared with a constant, both encoded."""

    column: StoredColumn
    operator: type
    value: Callable[[], bytes | None]


@dataclass(slots=True)
class _Shape:
    """What a scan sends: stored columns as they are, other expressions computed per row."""

    columns: list[StoredColumn | None]  # None: the expression at this place is computed
    functions: list[Callable[[Any], Any] | None]  # of the encoded column, where it is not sent raw
    rowids: list[RowidBound] = field(default_factory=list)
    rowid_lists: list[list[Callable[[], RowId | None]]] = field(default_factory=list)
    keys: list[_KeyTest] = field(default_factory=list)


def fast_cursor(
    plan: Plan, tree: exp.Expression, context: Context, check: Callable[[], None]
) -> ScanCursor | None:
    """A cursor that sends stored bytes, or None when the query is more than a plain scan."""
    if not plan.is_plain or plan.scope is None or tree.args.get("locks"):
        return None
    if len(plan.scope.relations) != 1 or plan.scope.parent is not None:
        return None
    source = plan.scope.relations[0].source
    if not isinstance(source, TableSource):
        return None
    shape = _shape(plan, source, context)
    return None if shape is None else ScanCursor(plan, source, shape, context, check)


def _shape(plan: Plan, source: TableSource, context: Context) -> _Shape | None:
    columns: list[StoredColumn | None] = []
    functions: list[Callable[[Any], Any] | None] = []
    for expr in plan.exprs:
        stored, function, place = None, None, expr.column
        if place is None and expr.encoded is not None and expr.type == expr.encoded.type:
            place, function = expr.encoded.column, expr.encoded.function
        if place is not None and place[1] < len(source.stored):
            stored = source.stored[place[1]]
            if function is None and expr.type != source.columns[place[1]].type:
                stored = None
        columns.append(stored)
        functions.append(function)
    if not any(columns) and not plan.where:
        return None
    shape = _Shape(columns, functions)
    for conjunct in plan.where:
        if not _add_test(shape, conjunct, plan, source, context):
            return None
    return shape


def _add_test(
    shape: _Shape, node: exp.Expression, plan: Plan, source: TableSource, context: Context
) -> bool:
    assert plan.scope is not None
    bounds = find_bounds(plan.scope, (0, source.rowid_at), node)
    if bounds is not None:
        shape.rowids += bounds
        return True
    if isinstance(node, exp.Paren):
        return _add_test(shape, node.this, plan, source, context)
    if isinstance(node, exp.Between) and not node.args.get("negate"):
        return _add_comparison(
            shape, exp.GTE, node.this, node.args["low"], plan, source, context
        ) and _add_comparison(shape, exp.LTE, node.this, node.args["high"], plan, source, context)
    if isinstance(node, exp.In):
        return _add_rowids(shape, node, plan, source)
    if type(node) in _FLIPPED:
        if _add_comparison(shape, type(node), node.this, node.expression, plan, source, context):
            return True
        return _add_comparison(
            shape, _FLIPPED[type(node)], node.expression, node.this, plan, source, context
        )
    return False


def _add_comparison(
    shape: _Shape,
    operator: type,
    left: exp.Expression,
    right: exp.Expression,
    plan: Plan,
    source: TableSource,
    context: Context,
) -> bool:
    if not isinstance(left, exp.Column) or right.find(exp.Column, exp.Select) is not None:
        return False
    assert plan.scope is not None
    found = plan.scope.find(left)
    if found is None:
        return False
    number = found[1]
    expr = Compiler(Scope(context, names=plan.scope.names)).value(right)
    if not expr.is_constant:
        return False
    if number >= len(source.stored) or identifier(left.this) == "ORA_ROWSCN":
        return False
    stored, kind = source.stored[number], source.columns[number].type
    if stored is None or stored.is_outline or kind.name not in _SORTED:
        return False
    if kind.is_text and operator is not exp.EQ and binary_order(context) is not None:
        return False
    same_family = family(expr.type) == family(kind) or (
        family(kind) in ("number", "date") and family(expr.type) == "text"
    )
    if not same_family or (kind.is_date and expr.type.is_date and expr.type.name != kind.name):
        return False
    if kind.name == "TIMESTAMP" and (kind.scale == 0 or family(expr.type) == "text"):
        return False
    convert, run = converter(expr.type, kind, context.nls), expr.run

    def value() -> bytes | None:
        found = run(())
        if found is None:
            return None
        return encode(convert(found), kind)

    shape.keys.append(_KeyTest(stored, operator, value))
    return True


def _add_rowids(shape: _Shape, node: exp.In, plan: Plan, source: TableSource) -> bool:
    """ROWID IN (constants): Oracle goes to the rows, and so do we."""
    listed = node.expressions
    if not isinstance(node.this, exp.Column) or not listed or node.args.get("query"):
        return False
    assert plan.scope is not None
    found = plan.scope.find(node.this)
    if found is None or found[1] != source.rowid_at:
        return False
    values = [constant_rowid(plan.scope, item) for item in listed]
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return False
    shape.rowid_lists.append(known)
    return True


class ScanCursor:
    """Rows of a plain scan: EncodedRows, or lists where a column travels apart."""

    def __init__(
        self,
        plan: Plan,
        source: TableSource,
        shape: _Shape,
        context: Context,
        check: Callable[[], None],
    ) -> None:
        self.columns: list[ColumnInfo] = [
            describe(column.name, column.type, column.nullable, column.json)
            for column in plan.columns
        ]
        assert plan.scope is not None
        self._plan, self._used = plan, plan.scope.relations[0].used
        self._source, self._shape, self._context, self._check = source, shape, context, check
        self._apart = any(travels_apart(column.type) for column in plan.columns)
        self._pieces: list[tuple[Segment, Chunk, int, int]] = []
        self._tests: list[tuple[_KeyTest, bytes | None]] = []
        self._at = 0
        self._ready: list[Any] | None = None
        self._ready_rows = 0
        self._ready_at = 0

    def open(self) -> None:
        """Fix the state that is read, and the bounds."""
        source, context = self._source, self._context
        scn = source.scn()
        if scn is not None:
            source.store.storage.check_scn(scn, source.store)
        limits = evaluate(self._shape.rowids)
        self._tests = [(test, test.value()) for test in self._shape.keys]
        if limits is None or any(value is None for _, value in self._tests):
            return  # compared with NULL: no row
        wanted = self._wanted()
        for segment in source.segments():
            state = context.state(segment, scn)
            low, high = ordinals(segment, limits)
            if wanted is not None:
                self._pieces += _single(segment, state.chunks, wanted, low, high)
                continue
            for chunk in state.chunks:
                start = max(low - chunk.first, 0)
                end = min(high - chunk.first, chunk.rows)
                # Computed columns are made for a piece at once: keep the pieces small.
                step = end - start if all(self._shape.columns) else _COMPUTED_ROWS
                for at in range(start, end, max(step, 1)):
                    self._pieces.append((segment, chunk, at, min(at + step, end)))

    def _wanted(self) -> set[RowId] | None:
        """The only rows that can qualify; None: any may."""
        lists = [{value() for value in values} for values in self._shape.rowid_lists]
        if not lists:
            return None
        return {rowid for rowid in set.intersection(*lists) if rowid is not None}

    def fetch(self, rows: int) -> EncodedRows | list[Any]:
        """The next rows: slices of the stored arrays joined by Arrow."""
        self._check()
        count, parts = 0, []
        with exact():
            while count < rows:
                if self._ready is None and not self._prepare():
                    break
                assert self._ready is not None
                take = min(rows - count, self._ready_rows - self._ready_at)
                parts.append(
                    [column[self._ready_at : self._ready_at + take] for column in self._ready]
                )
                count += take
                self._ready_at += take
                if self._ready_at == self._ready_rows:
                    self._ready = None
        if self._apart:
            return [row for part in parts for row in zip(*part, strict=True)]
        payloads = [_payload(part) for part in parts]
        return EncodedRows(count, payloads[0] if len(payloads) == 1 else b"".join(payloads))

    def _prepare(self) -> bool:
        """Make the next piece with rows ready; False at the end."""
        while self._at < len(self._pieces):
            segment, chunk, start, end = self._pieces[self._at]
            self._at += 1
            part = chunk.slice(start, end)
            mask = _mask(part, self._tests)
            columns = self._columns(segment, part, mask)
            size = len(columns[0])
            if size:
                self._ready, self._ready_rows, self._ready_at = columns, size, 0
                return True
        return False

    def _columns(self, segment: Segment, part: Chunk, mask: pa.Array | None) -> list[Any]:
        """Per column an array of CLRs, or a list of values when a column travels apart."""
        found: list[Any] = []
        computed = self._computed_rows(segment, part, mask)
        shape = self._shape
        for stored, function, expr in zip(
            shape.columns, shape.functions, self._plan.exprs, strict=True
        ):
            if stored is None:
                found.append(self._computed(expr, computed))
                continue
            array = part.column(stored)
            if mask is not None:
                array = array.filter(mask)
            if function is not None:
                array = function(array)
            if self._apart and function is not None:
                found.append([None if v == b"\0" else of_clr(v) for v in array.to_pylist()])
            elif self._apart:
                found.append(_stored_values(array, stored, expr))
            else:
                found.append(array)
        return found

    def _computed_rows(self, segment: Segment, part: Chunk, mask: pa.Array | None) -> list[Any]:
        if all(self._shape.columns):
            return []
        whole = replace(part, live=None)
        rows = self._source.decoded_rows(segment, whole, self._used)
        return list(rows if mask is None else compress(rows, mask.to_pylist()))

    def _computed(self, expr: Expr, rows: list[Any]) -> Any:
        run, encode_value = expr.run, encoder(expr.type)
        values = [None if (v := run(row)) is None else encode_value(v) for row in rows]
        if self._apart:
            return values
        return pa.array([clr(value) for value in values], pa.binary())

    def close(self) -> None:
        self._pieces, self._ready = [], None


_COMPUTED_ROWS = 4096


def _stored_values(array: pa.Array, stored: StoredColumn, expr: Expr) -> list[Any]:
    """Stored bytes as ResultCursor rows carry them one by one."""
    data = array.to_pylist()
    if not stored.is_outline:
        return [None if value == b"\0" else of_clr(value) for value in data]
    if expr.type.is_lob and expr.type.name != "BFILE":
        text, national = expr.type.name != "BLOB", expr.type.name == "NCLOB"
        return [None if value is None else LobValue(text, value, national) for value in data]
    return data


def _single(
    segment: Segment, chunks: Iterable[Chunk], rowids: set[RowId], low: int, high: int
) -> Iterator[tuple[Segment, Chunk, int, int]]:
    """A piece per row of *rowids*."""
    found = {segment.ordinal(rowid) for rowid in rowids}
    places = sorted(place for place in found if place is not None and low <= place < high)
    for chunk in chunks:
        first = bisect_left(places, chunk.first)
        last = bisect_left(places, chunk.first + chunk.rows)
        for ordinal in places[first:last]:
            at = ordinal - chunk.first
            yield segment, chunk, at, at + 1


def _mask(chunk: Chunk, tests: list[tuple[_KeyTest, bytes | None]]) -> pa.Array | None:
    mask = None
    if chunk.live is not None and not chunk.live.all():
        mask = pa.array(np.asarray(chunk.live))
    for test, value in tests:
        inner = _insides(chunk.column(test.column))
        found = pc.fill_null(_COMPARE[test.operator](inner, pa.scalar(value, inner.type)), False)
        mask = found if mask is None else pc.and_(mask, found)
    return mask


def _insides(column: pa.Array) -> pa.Array:
    """Values without their length byte, NULL as null."""
    if len(column) and (pc.max(pc.binary_length(column)).as_py() or 0) > 253:
        return pa.array([of_clr(data) for data in column.to_pylist()], pa.binary())
    inner = pc.binary_slice(column, 1, 1 << 30)
    return pc.if_else(pc.equal(pc.binary_length(column), 1), None, inner)


_MARK = pa.scalar(b"\x07", pa.binary())
_NOTHING = pa.scalar(b"", pa.binary())


def _payload(arrays: list[pa.Array]) -> memoryview | bytes:
    joined = pc.binary_join_element_wise(_MARK, *arrays, _NOTHING)
    if isinstance(joined, pa.ChunkedArray):
        joined = joined.combine_chunks()
    offsets = np.frombuffer(joined.buffers()[1], dtype=np.int32)[
        joined.offset : joined.offset + len(joined) + 1
    ]
    return memoryview(joined.buffers()[2])[int(offsets[0]) : int(offsets[-1])]
