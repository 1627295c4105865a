"""Arrow batches → binary COPY by the kernels in C; what they refuse, by the encoder in Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from oraferry import native
from oraferry.errors import CopyRejected
from oraferry.model import DataType
from oraferry.native import Kind, Slot, slot
from oraferry.postgres.encoder import check_pair, encode_batch, encode_payload
from oraferry.spool import bytes_of, windows

_WIDTHS = {"smallint": 2, "integer": 4, "bigint": 8, "real": 4, "double precision": 8}
_JSONB_VERSION = 1


def encode_pieces(batch: pa.RecordBatch, types: Sequence[DataType]) -> Iterator[memoryview]:
    """What ``encode_batch`` gives, in pieces; each is good until the next is asked for."""
    if batch.num_rows == 0:
        return
    if not native.is_here():
        yield encode_batch(batch, types)
        return
    columns = _Columns(batch, types)
    rows = native.Rows([columns.slot(i) for i in range(len(types))], batch.num_rows)
    yield from rows.pieces(columns.repaired, columns.value)


class _Columns:
    """The batch's columns, or what stands for them after a kernel refused a value."""

    def __init__(self, batch: pa.RecordBatch, types: Sequence[DataType]) -> None:
        self._arrays: list[pa.Array] = batch.columns
        self._names: list[str] = batch.schema.names
        self._types = types
        self._repaired: set[int] = set()

    def slot(self, column: int) -> Slot:
        """For the kernels."""
        array, type = self._arrays[column], self._types[column]
        check_pair(array.type, type, self._names[column])
        found = _slot(array, type)
        return self.repaired(column) if found is None else found

    def repaired(self, column: int) -> Slot:
        """The column as ready payloads; CopyRejected where a value cannot be encoded at all."""
        name = self._names[column]
        payloads = encode_payload(self._arrays[column], self._types[column], name)
        if column in self._repaired:
            raise CopyRejected(
                f"column {name}: a value was refused that can be encoded",
                hint="this is a bug of oraferry; set ORAFERRY_NATIVE=off and report it",
                context={"column": name},
            )
        self._repaired.add(column)
        self._arrays[column] = payloads
        return slot(payloads, Kind.BYTES_64)

    def value(self, row: int, column: int) -> Iterator[memoryview]:
        """The bytes of a text or binary value, where they are."""
        return windows(bytes_of(self._arrays[column])(row))


def _slot(array: pa.Array, type: DataType) -> Slot | None:
    """None for what only the encoder in Python knows."""
    name = type.name
    if name in _WIDTHS:
        return slot(array, Kind.FIXED, _WIDTHS[name])
    if name == "numeric":
        kind = native.number_kind(array.type)
        scale = array.type.scale if kind is Kind.DECIMAL else 0
        return None if kind is None or scale < 0 else slot(array, kind, scale)
    if name.startswith("timestamp"):
        step = 10 ** (6 - type.scale) if type.scale is not None and type.scale < 6 else 1
        return slot(array, Kind.MOMENT, factor=step)
    if name in _SINGLE:
        return slot(array, _SINGLE[name], 16 if name == "uuid" else 0)
    kind = native.text_kind(array.type)
    assert kind is not None, array.type
    if name == "jsonb":
        return slot(array, kind, _JSONB_VERSION, native.HAS_HEAD)
    return slot(array, kind)


_SINGLE = {"boolean": Kind.BOOLEAN, "uuid": Kind.BLOCK, "date": Kind.DAY, "interval": Kind.INTERVAL}
