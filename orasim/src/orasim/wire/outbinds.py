"""What a block or a RETURNING clause sends back through binds (wire notes §8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orasim import engine as types
from orasim.engine import Bind, ColumnInfo
from orasim.wire.binds import NATIONAL, Descriptor
from orasim.wire.primitives import clr, sb, ub
from orasim.wire.rows import ROW_HEADER, Carriers, Field, field_writer
from orasim.wire.statements import Statement

DIRECTIONS = {"in": 32, "out": 16, "inout": 48}
_LENGTH_FITS = b"\x00"  # sb4 after each value: 0, it was not cut
_IS_NULL = sb(-1)
# Bare in binds, framed in rows: the text of a ROWID, a LONG without its tail.
_BARE = {types.TYPE_ROWID, types.TYPE_UROWID, types.TYPE_LONG, types.TYPE_LONG_RAW}


def _national(value: bytes | None) -> bytes:
    return clr(None if value is None else value.decode("utf-8").encode("utf-16-be"))


def _boolean(value: bytes | None) -> bytes:
    # The driver reads NULL from the length that follows, not from the value.
    return b"\x00" + _IS_NULL if value is None else clr(value) + _LENGTH_FITS


def _value_writer(descriptor: Descriptor, carriers: Carriers) -> Field:
    if descriptor.type == types.TYPE_BOOLEAN:
        return _boolean
    if descriptor.type in _BARE:
        plain: Field = clr
    elif descriptor.form == NATIONAL and descriptor.type != types.TYPE_CLOB:
        plain = _national
    else:
        schema = name = None
        if descriptor.type == types.TYPE_OBJECT:
            shape = carriers.objects.shape(descriptor.oid)
            schema, name = shape.schema, shape.name
        column = ColumnInfo("", descriptor.type, type_schema=schema, type_name=name)
        plain = field_writer(column, None, carriers)
    if descriptor.type in (types.TYPE_VARCHAR, types.TYPE_CHAR, types.TYPE_RAW):
        return lambda value: _cut(value, descriptor, plain)
    return lambda value: plain(value) + _LENGTH_FITS


def _cut(value: bytes | None, descriptor: Descriptor, plain: Field) -> bytes:
    """A value that does not fit the client's buffer is cut, and its length told."""
    # ASSUMPTION(oracle): the length is that of the whole value in bytes.
    if value is None or len(value) <= descriptor.size or descriptor.form == NATIONAL:
        return plain(value) + _LENGTH_FITS
    return plain(value[: descriptor.size]) + sb(len(value))


def write_out_binds(statement: Statement, binds: Sequence[Bind], carriers: Carriers) -> bytes:
    """Messages 11 and 7 of a block; the directions are remembered for re-executions."""
    statement.directions = [bind.direction for bind in binds]
    count = len(binds)
    out = bytearray(b"\x0b\x00" + ub(count % 256) + ub(count // 256) + ub(0) * 4)
    out += bytes(DIRECTIONS[bind.direction] for bind in binds)
    outgoing = [
        (bind, descriptor, _value_writer(descriptor, carriers))
        for bind, descriptor in zip(binds, statement.descriptors, strict=True)
        if bind.direction != "in"
    ]
    if not outgoing:
        return bytes(out)
    for at in range(max(len(bind.values) for bind, _, _ in outgoing)):
        out += b"\x07"
        for bind, descriptor, write in outgoing:
            value = bind.values[at]
            out += _values(value, write) if descriptor.is_array else write(value)
    return bytes(out)


def _values(values: Sequence[Any], write: Field) -> bytes:
    return ub(len(values)) + b"".join(write(value) for value in values)


def write_returning(
    statement: Statement,
    returned: Sequence[Sequence[Sequence[Any]]],
    carriers: Carriers,
) -> bytes:
    """Messages 6 and 7 of RETURNING INTO: per execution, per bind, the affected rows' values."""
    writers = [
        _value_writer(descriptor, carriers)
        for at, descriptor in enumerate(statement.descriptors)
        if at < len(statement.shape.returning) and statement.shape.returning[at]
    ]
    out = bytearray(ROW_HEADER)
    for execution in range(len(returned[0]) if returned else 0):
        out += b"\x07"
        for write, executions in zip(writers, returned, strict=True):
            out += _values(executions[execution], write)
    return bytes(out)
