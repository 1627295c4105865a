"""One chunk's rows at the SCN, as Arrow batches with an explicit type per column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from oraferry.errors import ReadAgain, SourceDataError
from oraferry.model import Chunk, ChunkKind, Column, TablePlan
from oraferry.oracle.clauses import (
    and_also,
    column_sql,
    from_clause,
    scn_binds,
    where_sql,
)
from oraferry.oracle.keys import range_condition
from oraferry.oracle.large import LargeRows, list_lobs, measure_lobs
from oraferry.oracle.session import Session, translated
from oraferry.typemap import TypeRule, rule_by_name

# What a column may weigh in a batch when nothing better is known: LOBs are mostly small,
# but a batch of big ones must not fill the memory.
LOB_BYTES_GUESS = 16_384
LONG_BYTES_GUESS = 4_096
MIN_BATCH_ROWS = 16
_LOBS = {"CLOB", "NCLOB", "BLOB", "XMLTYPE", "JSON"}


class SelectList:
    """The generated select list of a plan: exact per column, companions last."""

    def __init__(self, plan: TablePlan, *, as_text: bool = False) -> None:
        self.items: list[str] = []
        self.types: list[pa.DataType] = []
        self._companions: list[tuple[int, int]] = []  # (column, companion) positions
        rules = [rule_by_name(column.rule) for column in plan.columns]
        for column, rule in zip(plan.columns, rules, strict=True):
            self._add(column.source, rule, as_text)
        for position, (column, rule) in enumerate(zip(plan.columns, rules, strict=True)):
            if rule.length is not None:
                self._companions.append((position, len(self.items)))
                self.items.append(f"{_fill(rule.length, column.source)} AS x{len(self.items)}")
                self.types.append(pa.int64())
        self.names = [column.source.name for column in plan.columns]

    def _add(self, column: Column, rule: TypeRule, as_text: bool) -> None:
        textual = as_text and rule.as_text is not None
        template = rule.as_text if textual and rule.as_text else rule.select
        self.items.append(f"{_fill(template, column)} AS x{len(self.items)}")
        self.types.append(pa.large_string() if textual else rule.fetch(column.type))

    def add_companion(self, expression: str, type: pa.DataType) -> int:
        """One more item, which ``batch`` leaves out; its place among the frame's columns."""
        self.items.append(f"{expression} AS x{len(self.items)}")
        self.types.append(type)
        return len(self.items) - 1

    def only(self, places: Sequence[int]) -> SelectList:
        """The columns at *places*, without companions."""
        other = copy(self)
        items = [self.items[place].rpartition(" AS ")[0] for place in places]
        other.items = [f"{item} AS x{i}" for i, item in enumerate(items)]
        other.types = [self.types[place] for place in places]
        other.names = [self.names[place] for place in places]
        other._companions = []
        return other

    def empty(self) -> pa.RecordBatch:
        """No rows, in the form that ``batch`` gives."""
        types = self.types[: len(self.names)]
        return pa.RecordBatch.from_arrays([pa.array([], t) for t in types], names=self.names)

    @property
    def schema(self) -> pa.Schema:
        """What is asked of the driver."""
        return pa.schema([(f"X{i}", type) for i, type in enumerate(self.types)])

    def batch(self, frame: Any) -> pa.RecordBatch:
        """The driver's frame as one batch of the plan's columns; empty LOBs are not NULL."""
        table = pa.table(frame)
        arrays = [_whole(table.column(i), self.types[i]) for i in range(len(self.items))]
        for position, companion in self._companions:
            arrays[position] = _with_empties(arrays[position], arrays[companion])
        return pa.RecordBatch.from_arrays(arrays[: len(self.names)], names=self.names)


def _fill(template: str, column: Column) -> str:
    return template.replace("{c}", column_sql(column))


def _whole(column: pa.ChunkedArray, type: pa.DataType) -> pa.Array:
    # The driver gives one chunk; combine_chunks would copy it.
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], type)
    return array if array.type == type else array.cast(type)


def _with_empties(array: pa.Array, lengths: pa.Array) -> pa.Array:
    """NULL where the LOB is NULL, empty where its length is 0, whatever the fetch gave."""
    empty = pc.fill_null(pc.equal(lengths, 0), False)
    if not pc.any(empty).as_py():
        return array
    nothing = pa.scalar("" if pa.types.is_large_string(array.type) else b"", array.type)
    return pc.if_else(empty, nothing, array)


def row_width(plan: TablePlan, lob_bytes: int | None = None) -> int:
    """Bytes that a row may take, by its types; *lob_bytes* of them its LOBs, where it is known."""
    width = lob_bytes or 0
    known = [] if lob_bytes is None else list_lobs(plan)
    for column in plan.columns:
        type = column.source.type
        if column in known:
            continue
        if type.name in _LOBS or type.document:
            width += LOB_BYTES_GUESS
        elif type.name.startswith("LONG"):
            width += LONG_BYTES_GUESS
        else:
            width += min(type.length or 16, 512) // (2 if (type.length or 0) > 32 else 1)
    return max(width, 1)


def batch_rows(plan: TablePlan, most: int, batch_bytes: int, lob_bytes: int | None = None) -> int:
    """Rows of a batch: at most *most*, fewer where rows are wide."""
    return max(MIN_BATCH_ROWS, min(most, batch_bytes // row_width(plan, lob_bytes)))


def conditions(plan: TablePlan, chunk: Chunk) -> Iterator[tuple[str, dict[str, Any]]]:
    """
    A condition with its binds per statement that the chunk takes.

    Each ROWID range is a statement of its own: a lone range is certain to be a scan by
    ROWID range, while the optimizer may turn ranges joined by OR into a scan of the table.
    """
    if chunk.kind is not ChunkKind.ROWID:
        yield where_clause(plan, chunk)
        return
    filter = f"{where_sql(plan.where)} AND " if plan.where else ""
    for low, high in chunk.rowid_ranges:
        yield f" WHERE {filter}t.ROWID BETWEEN :lo AND :hi", {"lo": low, "hi": high}


def where_clause(plan: TablePlan, chunk: Chunk) -> tuple[str, dict[str, Any]]:
    """The condition of a chunk that is one statement, and its binds."""
    conditions: list[str] = [where_sql(plan.where)] if plan.where else []
    binds: dict[str, Any] = {}
    if chunk.kind is ChunkKind.KEY:
        assert chunk.key_column is not None
        limits, binds = range_condition(plan.source.column(chunk.key_column), chunk)
        conditions += limits
    elif chunk.kind is ChunkKind.HASH:
        conditions.append("ORA_HASH(t.ROWID, :buckets) = :bucket")
        binds["buckets"], binds["bucket"] = (chunk.buckets or 1) - 1, chunk.bucket
    elif chunk.kind is ChunkKind.ROWIDS:
        # ASSUMPTION(oracle): texts that are bound become ROWIDs, and each row is gone to.
        binds = {f"r{place}": rowid for place, rowid in enumerate(chunk.rowids)}
        conditions.append(f"t.ROWID IN ({', '.join(f':{name}' for name in binds)})")
    return (" WHERE " + " AND ".join(conditions) if conditions else ""), binds


def read_batches(
    session: Session,
    plan: TablePlan,
    chunk: Chunk,
    scn: int,
    *,
    most_rows: int,
    batch_bytes: int,
    moments_as_text: bool = False,
) -> Iterator[pa.RecordBatch]:
    """
    The chunk's batches.

    ReadAgain when a moment that the driver cannot decode (BC, year 0) is met: the chunk
    must be read from its start with *moments_as_text*. Rows already handed out cannot be
    skipped, because their order is not promised to be the same twice.
    """
    try:
        select = SelectList(plan, as_text=moments_as_text)
        yield from _read(session, plan, chunk, scn, select, most_rows, batch_bytes)
    except (ValueError, OverflowError) as error:
        raise undecodable(plan, error, moments_as_text) from error


def undecodable(
    plan: TablePlan, error: Exception, moments_as_text: bool
) -> ReadAgain | SourceDataError:
    """What to say when the driver raised *error*: another way is left, or there is none."""
    is_text = isinstance(error, UnicodeDecodeError)
    if not is_text and not moments_as_text and _has_moments(plan):
        return ReadAgain(
            f"{plan.source.ref}: a moment that the driver cannot decode was met",
            hint="the chunk is read again with moments as text",
            context={"table": str(plan.source.ref)},
        )
    return SourceDataError(
        f"{plan.source.ref}: the driver cannot decode a value ({type(error).__name__})",
        hint="look for invalid bytes in its text columns",
        context={"table": str(plan.source.ref)},
    )


def _has_moments(plan: TablePlan) -> bool:
    return any(rule_by_name(column.rule).as_text is not None for column in plan.columns)


def _read(
    session: Session,
    plan: TablePlan,
    chunk: Chunk,
    scn: int,
    select: SelectList,
    most_rows: int,
    batch_bytes: int,
) -> Iterator[pa.RecordBatch]:
    # The comment keeps apart statements of one text whose columns are fetched differently:
    # the driver's statement cache remembers how (wire notes §11).
    source = from_clause(plan.source, chunk.partition)
    head = f"SELECT /* oraferry */ {', '.join(select.items)} FROM {source}"
    with translated(f"reading {plan.source.ref} ({chunk})"):
        for condition, binds in conditions(plan, chunk):
            binds = {**binds, **scn_binds(plan.source, scn)}
            sizes = measure_lobs(session, plan, source, condition, binds)
            if sizes.max(initial=0) > batch_bytes and plan.source.has_rowids:
                rows = LargeRows(session, plan, source, binds)
                for rowid in rows.list_rowids(condition, batch_bytes):
                    yield read_large_row(rows, rowid, select)
                condition = and_also(condition, rows.small_sql(batch_bytes))
                sizes = sizes[sizes <= batch_bytes]
            count = _batch_rows(plan, most_rows, batch_bytes, int(sizes.max(initial=0)))
            frames = session.connection.fetch_df_batches(
                head + condition, binds, size=count, requested_schema=select.schema
            )
            for frame in frames:
                yield select.batch(frame)


def _batch_rows(plan: TablePlan, most: int, batch_bytes: int, largest: int) -> int:
    """The same where no row's LOBs take more than *largest* bytes, as was measured."""
    size = batch_rows(plan, most, batch_bytes, 0)
    return max(1, min(size, batch_bytes // largest)) if largest else size


def read_large_row(rows: LargeRows, rowid: str, select: SelectList) -> pa.RecordBatch:
    """One row as a batch: what is no LOB is fetched as ever, the LOBs in pieces."""
    lobs = list_lobs(rows.plan)
    places = [i for i, column in enumerate(rows.plan.columns) if column not in lobs]
    arrays = iter(_small_values(rows, rowid, select.only(places)) if places else ())
    large = rows.read_lobs(rowid)
    columns = [next(large) if column in lobs else next(arrays) for column in rows.plan.columns]
    return pa.RecordBatch.from_arrays(columns, names=select.names)


def _small_values(rows: LargeRows, rowid: str, select: SelectList) -> list[pa.Array]:
    statement = f"SELECT /* oraferry */ {', '.join(select.items)} FROM {rows.source}"
    frames = rows.session.connection.fetch_df_batches(
        f"{statement} WHERE t.ROWID = :r",
        rows.find(rowid),
        size=1,
        requested_schema=select.schema,
    )
    for frame in frames:
        batch = select.batch(frame)
        if batch.num_rows:
            return list(batch.columns)
    raise rows.lost()
