"""Rows into tables: conversion, defaults, constraints, partitions, undo."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from orasim import engine
from orasim.dictionary import model
from orasim.engine import OracleError, not_supported
from orasim.sql import partitions
from orasim.sql.context import Context
from orasim.sql.convert import fitter
from orasim.sql.functions import objects
from orasim.sql.parse import parse_expression
from orasim.sql.scope import Expr, Relation, ResultColumn, Row, Run, Scope
from orasim.sql.sources import hidden_columns
from orasim.sql.tables import Names, json_columns, virtual_columns
from orasim.sql.types import family
from orasim.storage import codec
from orasim.storage.oson import oson_of_text
from orasim.storage.segment import Row as StoredRow
from orasim.storage.segment import Segment
from orasim.storage.table import is_outline
from orasim.values import BLOB, OraType

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

# Beyond this many rows a key is looked up by scanning the encoded column, not in a dict.
_SCAN_ROWS = 300_000


@dataclass(slots=True)
class _Key:
    """A primary or unique key, and the encoded keys it holds."""

    name: str
    columns: list[int]  # positions in the table's stored columns
    known: dict[tuple[Any, ...], tuple[int, int]] | None = None
    base: tuple[int, ...] = ()


@dataclass(slots=True)
class TableWriter:
    """Writes one table inside one statement."""

    context: Context
    table: model.Table
    compiler: Compiler
    names: list[str] = field(init=False)  # stored columns in store order
    columns: list[model.Column] = field(init=False)
    keys: list[_Key] = field(init=False)
    touched: list[tuple[StoredRow | None, StoredRow | None, int, int]] = field(default_factory=list)
    _required: list[str] = field(default_factory=list)  # NOT NULL and primary key columns
    _defaults: dict[str, Run] = field(default_factory=dict)
    _checks: list[tuple[model.Constraint, Run]] = field(default_factory=list)
    _virtual: dict[int, Callable[[Row], Any]] = field(default_factory=dict)
    only: Callable[[], list[Segment]] | None = None  # of INSERT INTO t PARTITION (p)
    _router: partitions.Router | None = None

    def __post_init__(self) -> None:
        table, store = self.table, self.table.store
        self.names = list(store.columns)
        by_name = {column.name: column for column in table.columns}
        self.columns = [by_name[name] for name in self.names]
        primary = {
            name
            for constraint in table.constraints
            if constraint.kind == "P" and constraint.enabled
            for name in constraint.columns
        }
        self._required = [c.name for c in self.columns if not c.nullable or c.name in primary]
        places = {name: place for place, name in enumerate(self.names)}
        self.keys = [
            _Key(constraint.name, [places[name] for name in constraint.columns])
            for constraint in table.constraints
            if constraint.kind in ("P", "U")
            and constraint.enabled
            and all(name in places for name in constraint.columns)
        ]
        known = {tuple(key.columns) for key in self.keys}
        for index in self.context.session.catalog.table_indexes(table):
            names = [part.column for part in index.parts]
            plain = all(part.expression is None for part in index.parts)
            if index.unique and plain and all(name in places for name in names):
                wanted = [places[name] for name in names]
                if tuple(wanted) not in known:
                    self.keys.append(_Key(index.name, wanted))
        columns = [ResultColumn(c.name, c.type, c.nullable) for c in table.columns]
        columns += hidden_columns()
        self._virtual = virtual_columns(table, self.context, columns)
        self._checks = self._compile_checks(columns)
        if table.partitioning is not None:
            self._router = partitions.Router(table, self.context)

    # -- preparing ------------------------------------------------------------------------

    def _compile_checks(self, columns: list[ResultColumn]) -> list[tuple[model.Constraint, Run]]:
        from orasim.sql.expressions import Compiler

        found = []
        scope = Scope(self.context, names=Names(schema=self.table.schema))
        scope.add(Relation(self.table.name, columns, None, self.table.schema))
        scope.place([0])
        for constraint in self.table.constraints:
            if (
                constraint.kind == "C"
                and constraint.enabled
                and not constraint.is_not_null
                and constraint.condition
            ):
                tree = self.context.session.database.statements.get(
                    f"SELECT 1 FROM DUAL WHERE {constraint.condition}"
                ).tree
                found.append((constraint, Compiler(scope).condition(tree.args["where"].this)))
        return found

    def default(self, column: model.Column) -> Run:
        """The column's DEFAULT (NULL without one), converted."""
        found = self._defaults.get(column.name)
        if found is None:
            found = self._defaults[column.name] = self._compile_default(column)
        return found

    def _compile_default(self, column: model.Column) -> Run:
        session = self.context.session
        if column.identity is not None:
            sequence = column.identity.sequence
            return lambda row: session.next_value(sequence)
        if column.default is None:
            return lambda row: None
        expr = self.compiler.value(parse_expression(column.default))
        return self.converter(column, expr)

    def converter(self, column: model.Column, expr: Expr) -> Run:
        """*expr* as the column stores it: converted, checked for size, padded, rounded."""
        table = self.table
        if column.virtual is not None:
            raise OracleError(54013, "INSERT operation disallowed on virtual columns")
        kind = column.type
        if expr.type.is_long and kind.is_long:
            return expr.run
        if kind.name == "BLOB" and json_columns(table).get(column.name, 0):
            expr = self._json_bytes(expr, json_columns(table)[column.name])
        converted = self.compiler.converted(expr, kind).run
        fit = fitter(
            kind,
            f'"{table.schema}"."{table.name}"."{column.name}"',
            self.context.session.database.characters,
        )
        if kind.name == "OBJECT":
            fit = self._object_fitter(kind)
        empty_is_null = not kind.is_lob

        def run(row: Row) -> Any:
            value = converted(row)
            if value is None or (empty_is_null and (value == "" or value == b"")):
                return None
            return fit(value)

        return run

    def _object_fitter(self, kind: OraType) -> Callable[[Any], Any]:
        shape = self.context.session.object_shape(kind)
        if shape is None:
            raise not_supported(f"values of {kind.type_schema}.{kind.type_name}")
        return objects.fit(shape)

    def _json_bytes(self, expr: Expr, flags: int) -> Expr:
        """JSON text for a BLOB that is checked to hold JSON: its bytes, or its image."""
        if family(expr.type) not in ("text", "clob"):
            return expr
        run = expr.run
        convert = oson_of_text if flags & engine.IS_OSON else str.encode
        return Expr(BLOB, lambda row: None if (v := run(row)) is None else convert(v))

    # -- encoding -------------------------------------------------------------------------

    def encode(self, values: dict[str, Any], *, is_update: bool = False) -> StoredRow:
        """A complete stored row; NOT NULL and CHECK constraints are tested."""
        self._test(values, is_update)
        row = []
        for column in self.columns:
            value = values.get(column.name)
            data = None if value is None else codec.ENCODERS[column.type.name](value)
            row.append(data if is_outline(column.type) else codec.clr(data))
        return tuple(row)

    def _test(self, values: dict[str, Any], is_update: bool) -> None:
        for name in self._required:
            if values.get(name) is None:
                where = f'("{self.table.schema}"."{self.table.name}"."{name}")'
                if is_update:
                    raise OracleError(1407, f"cannot update {where} to NULL")
                raise OracleError(1400, f"cannot insert NULL into {where}")
        if not self._checks:
            return
        row = self.full_row(values)
        for constraint, test in self._checks:
            if test(row) is False:
                raise OracleError(
                    2290, f"check constraint ({self.table.schema}.{constraint.name}) violated"
                )

    def full_row(self, values: dict[str, Any]) -> Row:
        """Values in the table's column order with virtual columns computed."""
        row = [values.get(column.name) for column in self.table.columns] + [None, None]
        for number, compute in self._virtual.items():
            row[number] = compute(tuple(row))
        return tuple(row)

    def decode(self, row: StoredRow) -> dict[str, Any]:
        """The values of a stored row."""
        found = {}
        for column, data in zip(self.columns, row, strict=True):
            inner = data if is_outline(column.type) else codec.of_clr(data)
            found[column.name] = codec.decode(inner, column.type)
        return found

    # -- changing -------------------------------------------------------------------------

    def insert(self, values: dict[str, Any]) -> str:
        """Put a new row; its ROWID."""
        row = self.encode(values)
        segment = self._segment(values)
        if self.only is not None and segment not in self.only():
            raise OracleError(14401, "inserted partition key is outside specified partition")
        session = self.context.session
        (ordinal,) = session.storage.new_ordinals(segment, 1)
        session.storage.lock_row(segment, ordinal, session.transaction, wait=False)
        session.transaction.put(segment, self.table.store.stored, ordinal, row)
        self.touched.append((None, row, segment.data_object_id, ordinal))
        return str(segment.rowid(ordinal))

    def _segment(self, values: dict[str, Any]) -> Segment:
        if self._router is None:
            return self.table.store.segment(None)
        return self._router.segment(self.full_row(values))

    def update(self, segment: Segment, ordinal: int, old: StoredRow, values: dict[str, Any]) -> str:
        """Replace a row; across partitions it moves and gets a new ROWID."""
        row = self.encode(values, is_update=True)
        target = self._segment(values)
        transaction = self.context.session.transaction
        stored = self.table.store.stored
        if target is segment:
            transaction.put(segment, stored, ordinal, row)
            self.touched.append((old, row, segment.data_object_id, ordinal))
            return str(segment.rowid(ordinal))
        if not self.table.row_movement:
            raise OracleError(14402, "updating partition key column would cause a partition change")
        transaction.put(segment, stored, ordinal, None)
        (place,) = self.context.session.storage.new_ordinals(target, 1)
        transaction.put(target, stored, place, row)
        self.touched.append((old, row, target.data_object_id, place))
        return str(target.rowid(place))

    def delete(self, segment: Segment, ordinal: int, old: StoredRow) -> None:
        self.context.session.transaction.put(segment, self.table.store.stored, ordinal, None)
        self.touched.append((old, None, segment.data_object_id, ordinal))

    # -- keys -----------------------------------------------------------------------------

    def finish(self) -> None:
        """Test the keys of all rows the statement wrote: ORA-00001."""
        if not self.touched:
            return
        for key in self.keys:
            self._test_key(key)
        self._test_references()
        self.touched.clear()

    def _test_key(self, key: _Key) -> None:
        added: dict[tuple[Any, ...], int] = {}
        changed: list[tuple[tuple[Any, ...], int]] = []
        for old, new, _, _ in self.touched:
            before = None if old is None else tuple(old[place] for place in key.columns)
            after = None if new is None else tuple(new[place] for place in key.columns)
            if before == after:
                continue
            if after is not None and any(part not in (b"\0", None) for part in after):
                changed.append((after, 1))
        if not changed:
            return
        for value, _ in changed:
            added[value] = added.get(value, 0) + 1
        counts = self._occurrences(key, set(added))
        for value in added:
            if counts.get(value, 0) > 1:
                raise OracleError(1, f"unique constraint ({self.table.schema}.{key.name}) violated")

    def _occurrences(self, key: _Key, wanted: set[tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
        """How often each wanted key now stands in the table."""
        counts: dict[tuple[Any, ...], int] = {}
        transaction = self.context.session.transaction
        stored = self.table.store.stored
        for segment in self.table.store.segments:
            delta = transaction.delta_of(segment)
            index = _key_index(segment, tuple(stored[place].key for place in key.columns), stored)
            for value in wanted:
                for ordinal in index.find(value):
                    if ordinal not in delta:
                        counts[value] = counts.get(value, 0) + 1
            own = transaction.key_places(segment, tuple(key.columns))
            for value in wanted:
                if own.get(value):
                    counts[value] = counts.get(value, 0) + len(own[value])
        return counts

    def _test_references(self) -> None:
        from orasim.sql.references import test_references

        test_references(self)


# -- key lookups -------------------------------------------------------------------------------


class _KeyIndex:
    """Ordinals by encoded key in one committed state."""

    def __init__(self, state: Any, columns: Iterable[Any]) -> None:
        self.state = state
        self.columns = list(columns)
        self.known: dict[tuple[Any, ...], list[int]] | None = None
        self.ranges: dict[int, tuple[Any, bytes, bytes]] = {}
        if state.live_rows <= _SCAN_ROWS:
            self.known = {}
            for chunk in state.chunks:
                self._add(chunk)

    def _add(self, chunk: Any) -> None:
        assert self.known is not None
        parts = [chunk.column(column).to_pylist() for column in self.columns]
        for i, value in enumerate(zip(*parts, strict=True)):
            if chunk.live is None or chunk.live[i]:
                self.known.setdefault(value, []).append(chunk.first + i)

    def follow(self, state: Any) -> None:
        """Take over a state that only has chunks added."""
        old = {id(chunk) for chunk in self.state.chunks}
        new = [chunk for chunk in state.chunks if id(chunk) not in old]
        kept = len(state.chunks) - len(new)
        if self.known is None:
            present = {id(chunk) for chunk in state.chunks}
            self.ranges = {at: edge for at, edge in self.ranges.items() if at in present}
            self.state = state
            return
        if kept != len(self.state.chunks):
            self.__init__(state, self.columns)  # type: ignore[misc]
            return
        self.state = state
        for chunk in new:
            self._add(chunk)

    def _range(self, chunk: Any) -> tuple[bytes, bytes]:
        """Least and greatest encoding of the key's first column: most chunks need no look."""
        found = self.ranges.get(id(chunk))
        if found is None or found[0] is not chunk:
            edges = pc.min_max(chunk.column(self.columns[0])).as_py()
            found = self.ranges[id(chunk)] = (chunk, edges["min"], edges["max"])
        return found[1], found[2]

    def find(self, value: tuple[Any, ...]) -> list[int]:
        if self.known is not None:
            return self.known.get(value, [])
        found = []
        for chunk in self.state.chunks:
            low, high = self._range(chunk)
            if not low <= value[0] <= high:
                continue
            mask = None
            for column, part in zip(self.columns, value, strict=True):
                same = pc.equal(chunk.column(column), pa.scalar(part, column.arrow_type))
                mask = same if mask is None else pc.and_(mask, same)
            for i in pc.indices_nonzero(mask).to_pylist():
                if chunk.live is None or chunk.live[i]:
                    found.append(chunk.first + i)
        return found


_INDEXES: dict[tuple[int, int, tuple[int, ...]], _KeyIndex] = {}
_MOST_INDEXES = 200
_INDEX_LOCK = threading.Lock()


def _key_index(segment: Segment, keys: tuple[int, ...], stored: Any) -> _KeyIndex:
    where = (id(segment), segment.data_object_id, keys)
    with _INDEX_LOCK:
        return _index_at(where, segment, keys, stored)


def _index_at(where: Any, segment: Segment, keys: tuple[int, ...], stored: Any) -> _KeyIndex:
    state = segment.state
    index = _INDEXES.get(where)
    if index is None:
        by_key = {column.key: column for column in stored}
        while len(_INDEXES) >= _MOST_INDEXES:
            _INDEXES.pop(next(iter(_INDEXES)))
        index = _INDEXES[where] = _KeyIndex(state, [by_key[key] for key in keys])
    elif index.state is not state:
        index.follow(state)
    return index
