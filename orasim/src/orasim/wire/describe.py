"""Message 16 (describe) and its columns (wire notes §6)."""

from __future__ import annotations

from collections.abc import Sequence

from orasim import engine as types
from orasim.engine import ColumnInfo
from orasim.storage.objects import type_oid
from orasim.wire.login import Negotiated
from orasim.wire.primitives import clr, dalc, sb, ub

_CHARACTER = {
    types.TYPE_VARCHAR,
    types.TYPE_CHAR,
    types.TYPE_LONG,
    types.TYPE_CLOB,
}
# Their scale is two bytes long for drivers of the older kind.
_WIDE_SCALE = {
    types.TYPE_NUMBER,
    types.TYPE_TIMESTAMP,
    types.TYPE_TIMESTAMP_TZ,
    types.TYPE_TIMESTAMP_LTZ,
    types.TYPE_INTERVAL_DS,
}
_AL32UTF8, _AL16UTF16 = 873, 2000


def column_form(column: ColumnInfo) -> int:
    """Character set form: 0 not text, 1 the database's, 2 the national one."""
    if column.type not in _CHARACTER:
        return 0
    return 2 if column.national else 1


def _column(column: ColumnInfo, position: int, negotiated: Negotiated) -> bytes:
    form, field_version = column_form(column), negotiated.field_version
    name = column.name.encode()
    out = bytearray((column.type, 0, column.precision & 0xFF))
    if negotiated.is_oci and column.type in _WIDE_SCALE:
        out += sb(column.scale)
    else:
        out.append(column.scale & 0xFF)
    out += ub(column.buffer_size) + ub(0) + ub(0)
    out += dalc(_oid(column)) + ub(1 if column.type_name else 0)
    out += ub({0: 0, 1: _AL32UTF8, 2: _AL16UTF16}[form]) + bytes((form,))
    out += ub(column.max_chars)
    if field_version >= 8:
        out += ub(0)
    out += bytes((1 if column.nullable else 0, min(len(name), 255)))
    out += dalc(name)
    out += dalc((column.type_schema or "").encode()) + dalc((column.type_name or "").encode())
    out += ub(position) + ub(column.json)
    if field_version >= 17:
        schema, domain = column.domain or ("", "")
        out += dalc(schema.encode()) + dalc(domain.encode())
    if field_version >= 20:
        out += _annotations(column)
    if field_version >= 24:
        dimensions, form, flags = column.vector or (0, 0, 0)
        out += ub(dimensions) + bytes((form, flags))
    return bytes(out)


def _annotations(column: ColumnInfo) -> bytes:
    count = ub(len(column.annotations))
    if not column.annotations:
        return count
    out = bytearray(count + b"\x01" + count + b"\x01")
    for key, value in column.annotations:
        out += dalc(key.encode()) + dalc(value.encode()) + ub(0)
    return bytes(out + ub(0))


def _oid(column: ColumnInfo) -> bytes:
    if column.type_name is None:
        return b""
    return type_oid(column.type_schema or "", column.type_name)


def describe_body(columns: Sequence[ColumnInfo], negotiated: Negotiated) -> bytes:
    """The describe without its type byte and leading bytes, as a REF CURSOR carries it."""
    out = bytearray(ub(sum(c.buffer_size for c in columns)) + ub(len(columns)))
    if columns:
        out += b"\x00"
    for position, column in enumerate(columns):
        out += _column(column, position, negotiated)
    out += dalc(b"") + ub(0) + ub(0) + ub(0) + ub(0) + dalc(b"")
    return bytes(out)


def describe_message(columns: Sequence[ColumnInfo], negotiated: Negotiated) -> bytes:
    """Message 16."""
    return b"\x10" + clr(b"\0" * 16) + describe_body(columns, negotiated)
