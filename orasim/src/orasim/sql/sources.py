"""Where rows come from: stored tables, dictionary views, other queries."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import compress, repeat
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from orasim.sql.scope import ResultColumn, Row
from orasim.storage import codec
from orasim.storage.segment import Chunk, Segment, StoredColumn
from orasim.storage.table import TableStore
from orasim.values import NUMBER, OraType

if TYPE_CHECKING:
    from orasim.sql.context import Context

ROWID = OraType("ROWID")
_CACHED_VALUES = 2_000_000


class _DecodedColumns:
    """Recently decoded arrays, by identity; arrays never change."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, str], tuple[pa.Array, list[Any]]] = OrderedDict()
        self._values = 0
        self._lock = threading.Lock()

    def get(self, array: pa.Array, kind: OraType, outline: bool) -> list[Any]:
        key = (id(array), kind.name)
        with self._lock:
            found = self._known.get(key)
            if found is not None and found[0] is array:
                self._known.move_to_end(key)
                return found[1]
        values = decode_array(array, kind, outline)
        with self._lock:
            replaced = self._known.pop(key, None)
            if replaced is not None:
                self._values -= len(replaced[1])
            self._known[key] = (array, values)
            self._values += len(values)
            while self._values > _CACHED_VALUES and len(self._known) > 1:
                _, (_, dropped) = self._known.popitem(last=False)
                self._values -= len(dropped)
        return values


_DECODED = _DecodedColumns()


def decode_array(array: pa.Array, kind: OraType, outline: bool) -> list[Any]:
    """Python values of a stored column."""
    decode = codec.DECODERS[kind.name]
    if outline:
        return [None if data is None else decode(data) for data in array.to_pylist()]
    of_clr = codec.of_clr
    return [
        None if data == b"\0" else decode(data[1:] if data[0] < 254 else of_clr(data))
        for data in array.to_pylist()
    ]


@dataclass(slots=True)
class TableSource:
    """
    A scan of a stored table. After the table's columns come ROWID and ORA_ROWSCN, hidden.

    ``stored`` holds None for virtual columns, whose functions of the row are in ``virtual``.
    """

    context: Context
    store: TableStore
    columns: list[ResultColumn]
    stored: list[StoredColumn | None]
    virtual: dict[int, Callable[[Row], Any]] = field(default_factory=dict)
    segments: Callable[[], list[Segment]] = field(default=list)
    scn: Callable[[], int | None] = lambda: None
    table: Any = None

    @property
    def rowid_at(self) -> int:
        return len(self.columns) - 2

    def rows(
        self, used: set[int], within: Callable[[Segment], tuple[int, int]] | None = None
    ) -> Iterator[Row]:
        """
        All rows the statement sees, or those of the ordinals (half-open) that *within* gives for
        a segment; unused columns are None.
        """
        wanted = self._wanted(used)
        scn = self.scn()
        if scn is not None:
            self.store.storage.check_scn(scn, self.store)
        for segment in self.segments():
            chunks: Iterable[Chunk] = self.context.state(segment, scn).chunks
            if within is not None:
                chunks = _between(chunks, *within(segment))
            for chunk in chunks:
                self.context.session.check_cancelled()
                yield from self._chunk_rows(segment, chunk, wanted)

    def _wanted(self, used: set[int]) -> set[int]:
        wanted = set(used)
        if any(number in self.virtual for number in wanted):
            wanted |= {i for i, column in enumerate(self.stored) if column is not None}
        return wanted

    def decoded_rows(self, segment: Segment, chunk: Chunk, used: set[int]) -> Iterable[Row]:
        """The rows of one chunk with the columns in *used* decoded."""
        return self._chunk_rows(segment, chunk, self._wanted(used))

    def _chunk_rows(self, segment: Segment, chunk: Chunk, wanted: set[int]) -> Iterable[Row]:
        if not wanted:  # COUNT(*), EXISTS
            return repeat((None,) * len(self.columns), chunk.live_rows)
        parts: list[Iterable[Any]] = []
        for number, column in enumerate(self.stored):
            if column is None or number not in wanted:
                parts.append(repeat(None, chunk.rows))
            else:
                kind = self.columns[number].type
                parts.append(_DECODED.get(chunk.column(column), kind, column.is_outline))
        parts.append(
            segment.rowid_texts(chunk.first, chunk.rows)
            if self.rowid_at in wanted
            else repeat(None, chunk.rows)
        )
        parts.append(
            chunk.scns().tolist() if self.rowid_at + 1 in wanted else repeat(None, chunk.rows)
        )
        rows: Iterable[Row] = zip(*parts, strict=True)
        if chunk.live is not None:
            rows = compress(rows, chunk.live.tolist())
        needed = [item for item in self.virtual.items() if item[0] in wanted]
        return self._with_virtual(rows, needed) if needed else rows

    def _with_virtual(
        self, rows: Iterable[Row], needed: list[tuple[int, Callable[[Row], Any]]]
    ) -> Iterator[Row]:
        for row in rows:
            full = list(row)
            for number, compute in needed:
                full[number] = compute(row)
            yield tuple(full)


def _between(chunks: Iterable[Chunk], low: int, high: int) -> Iterator[Chunk]:
    for chunk in chunks:
        start, end = max(low - chunk.first, 0), min(high - chunk.first, chunk.rows)
        if start < end:
            yield chunk.slice(start, end)


@dataclass(slots=True)
class RowsSource:
    """Rows from a function: dictionary views, DUAL, collections."""

    produce: Callable[[], Iterable[Row]]

    def rows(self, used: set[int]) -> Iterable[Row]:
        return self.produce()


@dataclass(slots=True)
class PlanSource:
    """Rows of a subquery; once per execution when it depends on nothing outside."""

    plan: Any
    context: Context
    keep: bool = False
    _known: list[Any] = field(default_factory=lambda: [-1, None])

    def rows(self, used: set[int]) -> Iterable[Row]:
        if not self.keep or self.plan.is_correlated:
            return self.plan.rows()
        if self._known[0] != self.context.execution:
            self._known = [self.context.execution, list(self.plan.rows())]
        return self._known[1]


def hidden_columns() -> list[ResultColumn]:
    return [
        ResultColumn("ROWID", ROWID, False, True),
        ResultColumn("ORA_ROWSCN", NUMBER, False, True),
    ]
