"""XMLTYPE: an object type whose image is text behind a small header of its own."""

from __future__ import annotations

from orasim.engine import TYPE_OBJECT, ColumnInfo
from orasim.storage.objects import Shape, xmltype_image
from orasim.wire.primitives import clr, ub

XMLTYPE_SHAPE = Shape("SYS", "XMLTYPE")


def is_xmltype(column: ColumnInfo) -> bool:
    """True for the object type that every database has."""
    return column.type == TYPE_OBJECT and column.type_name == "XMLTYPE"


def xmltype_field(value: bytes | None) -> bytes:
    """An XMLTYPE column: no identifiers, then the image."""
    head = b"\x00\x00\x00" + ub(0)
    if not value:
        return head + ub(0) + ub(0)
    image = xmltype_image(value)
    return head + ub(len(image)) + ub(0) + clr(image)
