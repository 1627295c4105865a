"""Generated rows into segments, a whole Arrow batch at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orasim.engine import OracleError
from orasim.sql.arithmetic import exact
from orasim.storage.encode import encode_array, outline_array
from orasim.storage.segment import CHUNK_ROWS, Chunk, Segment
from orasim.storage.table import is_outline

if TYPE_CHECKING:
    from orasim.database import Database
    from orasim.dictionary.model import Column, Table


def load_batch(database: Database, table: Table, batch: pa.RecordBatch) -> int:
    """Append *batch* to *table* and commit; the number of rows."""
    unknown = set(batch.schema.names) - {column.name for column in table.columns}
    if unknown:
        raise OracleError(904, f'"{sorted(unknown)[0]}": invalid identifier')
    if database.characters.name != "AL32UTF8":
        _check_ascii(database, batch)
    with exact():
        _append(database, table, batch)
    return batch.num_rows


def _check_ascii(database: Database, batch: pa.RecordBatch) -> None:
    """Sizes and replacements of other sets are INSERT's business: only ASCII comes in bulk."""
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        is_text = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
        if is_text and pc.all(pc.string_is_ascii(array)).as_py() is False:
            raise ValueError(
                f"column {name}: bulk_load into {database.characters.name} takes ASCII text only; "
                "use INSERT"
            )


def _append(database: Database, table: Table, batch: pa.RecordBatch) -> None:
    for segment, part in _by_segment(database, table, batch):
        chunks = []
        ordinals = database.storage.new_ordinals(segment, part.num_rows)
        for start in range(0, part.num_rows, CHUNK_ROWS):
            piece = part.slice(start, CHUNK_ROWS)
            chunks.append(_chunk(table, piece, ordinals[start]))
        table.store.append_chunks(segment, chunks)


def _chunk(table: Table, batch: pa.RecordBatch, first: int) -> Chunk:
    arrays = {}
    for column in table.columns:
        if column.virtual is not None:
            continue
        stored = table.store.columns[column.name]
        arrays[stored.key] = _encoded(table, column, batch)
    return Chunk(first, batch.num_rows, arrays)


def _encoded(table: Table, column: Column, batch: pa.RecordBatch) -> pa.Array:
    rows = batch.num_rows
    if column.name not in batch.schema.names:
        _check_not_null(table, column, rows)
        if is_outline(column.type):
            return pa.nulls(rows, pa.large_binary())
        return pa.repeat(pa.scalar(b"\0", pa.binary()), rows)
    array = batch.column(column.name)
    if is_outline(column.type):
        encoded = outline_array(array)
        _check_not_null(table, column, encoded.null_count)
        return encoded
    encoded = encode_array(array, column.type)
    if not column.nullable:
        _check_not_null(table, column, pc.sum(pc.equal(encoded, b"\0")).as_py() or 0)
    return encoded


def _check_not_null(table: Table, column: Column, nulls: int) -> None:
    if nulls and not column.nullable:
        raise OracleError(
            1400, f'cannot insert NULL into ("{table.schema}"."{table.name}"."{column.name}")'
        )


def _by_segment(
    database: Database, table: Table, batch: pa.RecordBatch
) -> list[tuple[Segment, pa.RecordBatch]]:
    """The batch split by partition; each distinct key is routed once."""
    if table.partitioning is None:
        return [(table.store.segment(None), batch)]
    from orasim.sql.context import Context
    from orasim.sql.partitions import Router
    from orasim.sql.session import SqlSession

    session = SqlSession(database, database.catalog.users[table.schema], "bulk", 0, 0)
    router = Router(table, Context(session))
    names = list(dict.fromkeys([*table.partitioning.columns, *table.partitioning.sub_columns]))
    keys: list[tuple[Any, ...]] = list(
        zip(*(_values(table, name, batch) for name in names), strict=True)
    )
    places = {name: i for i, name in enumerate(column.name for column in table.columns)}
    numbers: dict[int, list[int]] = {}
    segments: dict[int, Segment] = {}
    known: dict[tuple[Any, ...], Segment] = {}
    for at, key in enumerate(keys):
        segment = known.get(key)
        if segment is None:
            row: list[Any] = [None] * len(table.columns)
            for name, value in zip(names, key, strict=True):
                row[places[name]] = value
            segment = known[key] = router.segment(tuple(row))
        segments[segment.data_object_id] = segment
        numbers.setdefault(segment.data_object_id, []).append(at)
    return [
        (segments[number], batch.take(pa.array(np.array(rows, dtype=np.int64))))
        for number, rows in numbers.items()
    ]


def _values(table: Table, name: str, batch: pa.RecordBatch) -> list[Any]:
    """A column of the batch as the values a row holds."""
    from orasim.sql.sources import decode_array

    column = table.find_column(name)
    assert column is not None
    return decode_array(_encoded(table, column, batch), column.type, False)
