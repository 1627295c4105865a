"""Row data (message 7) to the client: which framing each column needs (wire notes §6, §7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from orasim import engine as types
from orasim.engine import ColumnInfo, LobValue, not_supported
from orasim.storage.oson import text_of_oson
from orasim.storage.vectors import vector_text
from orasim.wire.bfiles import bfile_field
from orasim.wire.lobs import Lobs
from orasim.wire.objects import Objects
from orasim.wire.primitives import clr, ub
from orasim.wire.status import rowid_fields

LOCATOR_TYPES = {types.TYPE_CLOB, types.TYPE_BLOB, types.TYPE_BFILE}
NEEDS_DEFINE = {types.TYPE_CLOB, types.TYPE_BLOB, types.TYPE_JSON, types.TYPE_VECTOR}
NOT_PREFETCHED = NEEDS_DEFINE | {types.TYPE_LONG, types.TYPE_LONG_RAW, types.TYPE_BFILE}
LONG_TYPES = {types.TYPE_LONG, types.TYPE_LONG_RAW, 94, 95}
FRAMED_TYPES = LOCATOR_TYPES | {
    types.TYPE_LONG,
    types.TYPE_LONG_RAW,
    types.TYPE_ROWID,
    types.TYPE_UROWID,
    types.TYPE_CURSOR,
    types.TYPE_OBJECT,
    types.TYPE_JSON,
    types.TYPE_VECTOR,
}
ROW_HEADER = b"\x06" + bytes(7)
LONG_TAIL = b"\x00\x00"  # sb4 indicator, ub4 return code

Field = Callable[[Any], bytes]


def _long_field(value: Any) -> bytes:
    return clr(value) + LONG_TAIL


def rowid_field(value: bytes | None) -> bytes:
    """A ROWID column: its parts with a length byte in front (13-byte form in)."""
    return b"\x0e" + rowid_fields(value) if value else b"\x00"


def urowid_field(value: bytes | None) -> bytes:
    """A UROWID column: 13-byte physical form in, or a logical one that starts with 2."""
    if not value:
        return b"\x00"
    if len(value) == 13:
        value = b"\x01" + value[:6] + value[7:13]
        value = value[:13]
    return clr(ub(len(value))) + clr(value)


def _text_field(kind: int, defined: int, lobs: Lobs) -> Field:
    """JSON and VECTOR for clients that ask for their text."""
    text = vector_text if kind == types.TYPE_VECTOR else text_of_oson
    if defined == types.TYPE_CLOB:
        return lambda value: lobs.field(value and LobValue(True, text(value).encode()))
    if defined not in (*LONG_TYPES, types.TYPE_VARCHAR):
        raise not_supported(f"fetching type {kind} as type {defined}")
    return lambda value: _long_field(value and text(value).encode())


@dataclass(frozen=True, slots=True)
class Carriers:
    """What writes the values that are more than bytes."""

    lobs: Lobs
    objects: Objects
    cursor_field: Field


def field_writer(
    column: ColumnInfo, defined: int | None, carriers: Carriers, national: bool | None = None
) -> Field:
    """
    How one column's values are written, given the type the client defined for it.

    *national*: the character set form of text that is sent in place of a CLOB; None is its own.
    """
    kind, lobs = column.type, carriers.lobs
    if kind in LOCATOR_TYPES:
        if defined in LONG_TYPES or defined in (types.TYPE_VARCHAR, types.TYPE_RAW):

            def inline(value: LobValue | None) -> bytes:
                return _long_field(lobs.inline(value, national))

            return inline
        return bfile_field if kind == types.TYPE_BFILE else lobs.field
    if kind in (types.TYPE_LONG, types.TYPE_LONG_RAW):
        return _long_field
    if kind == types.TYPE_ROWID:
        return rowid_field
    if kind == types.TYPE_UROWID:
        return urowid_field
    if kind == types.TYPE_CURSOR:
        return carriers.cursor_field
    if kind == types.TYPE_OBJECT:
        return carriers.objects.writer(column)
    if kind in (types.TYPE_JSON, types.TYPE_VECTOR):
        if defined not in (None, kind):
            return _text_field(kind, defined, lobs)

        def image(value: bytes | None) -> bytes:
            if value is None:
                return ub(0)
            return ub(40) + ub(len(value)) + ub(0) + clr(value) + clr(bytes(40))

        return image
    return clr


def is_plain(columns: Sequence[ColumnInfo]) -> bool:
    """True when every column is a bare CLR, so that stored rows can be passed on whole."""
    return all(column.type not in FRAMED_TYPES for column in columns)
