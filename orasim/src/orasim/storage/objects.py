"""
Objects and collections: what their types look like, and their values' images.

An image is what the wire carries and what a column keeps: a header, then every attribute in
order, or every element. A LOB inside is, on the wire, its locator; in a stored image it is the
LOB's bytes themselves. Unpacked, an object or collection is a tuple; text is ``str``, LOBs and
XMLTYPE stay ``bytes``, everything else is as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from orasim.engine import OracleError, not_supported
from orasim.storage import codec
from orasim.values import OraType

_VERSION_81, _COLLECTION, _NO_PREFIX = 0x80, 0x08, 0x04
_IMAGE_VERSION = 1
_LONG_LENGTH, _ATOMIC_NULL, _NULL = 0xFE, 0xFD, 0xFF
_MAX_SHORT = 245
_HAS_INDEXES = 0x10
INDEX_BY, NESTED_TABLE, VARRAY = 1, 2, 3
_EXTENT = bytes.fromhex("00000000000000000000000000010001")

Items = tuple[Any, ...]
LobMap = Callable[[bytes, OraType], bytes]


def type_oid(schema: str, name: str) -> bytes:
    """The sixteen bytes that name a type on the wire and in ALL_TYPES."""
    return md5(f"{schema}.{name}".encode(), usedforsecurity=False).digest()


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute, or the element of a collection (then without a name)."""

    name: str
    type: OraType
    shape: Shape | None = None  # of an object or collection inside


@dataclass(frozen=True, slots=True)
class Shape:
    """A type whose values have images; *collection* is one of the three kinds, or 0."""

    schema: str
    name: str
    attributes: tuple[Attribute, ...] = ()
    collection: int = 0
    element: Attribute | None = None
    upper_bound: int = 0
    package: str | None = None

    @property
    def oid(self) -> bytes:
        inner = f"{self.package}.{self.name}" if self.package else self.name
        return type_oid(self.schema, inner)

    @property
    def toid(self) -> bytes:
        """What stands in front of a value of the type."""
        return b"\x00\x22\x0a" + self.oid + _EXTENT

    @property
    def holds_lobs(self) -> bool:
        """True when a value may have a LOB somewhere inside."""
        parts = self.attributes or ((self.element,) if self.element else ())
        return any(
            part.type.is_lob or (part.shape is not None and part.shape.holds_lobs)
            for part in parts
            if part is not None
        )


# -- packing -----------------------------------------------------------------------------------


def _length(size: int) -> bytes:
    if size <= _MAX_SHORT:
        return bytes((size,))
    return bytes((_LONG_LENGTH,)) + size.to_bytes(4, "big")


def _with_length(data: bytes) -> bytes:
    return _length(len(data)) + data


def pack(shape: Shape, items: Items) -> bytes:
    """The image of a value."""
    flags = _VERSION_81 | (_COLLECTION if shape.collection else _NO_PREFIX)
    prefix = b"\x01\x01" if shape.collection else b""
    body = prefix + _body(shape, items)
    head = bytes((flags, _IMAGE_VERSION, _LONG_LENGTH))
    return head + (len(head) + 4 + len(body)).to_bytes(4, "big") + body


def _body(shape: Shape, items: Items) -> bytes:
    if not shape.collection:
        pairs = zip(shape.attributes, items, strict=True)
        return b"".join(_packed(part, value, in_collection=False) for part, value in pairs)
    assert shape.element is not None
    element = shape.element
    if shape.collection == INDEX_BY:
        parts = [
            (key & 0xFFFFFFFF).to_bytes(4, "big") + _packed(element, value, in_collection=True)
            for key, value in items
        ]
        return bytes((_HAS_INDEXES,)) + _length(len(items)) + b"".join(parts)
    parts = [_packed(element, value, in_collection=True) for value in items]
    return b"\x00" + _length(len(items)) + b"".join(parts)


def _packed(part: Attribute, value: Any, *, in_collection: bool) -> bytes:
    shape = part.shape
    if value is None:
        is_object = shape is not None and not shape.collection
        return bytes((_ATOMIC_NULL if is_object else _NULL,))
    if shape is None:
        return _with_length(_scalar(part.type, value))
    if shape.collection or in_collection:
        return _with_length(pack(shape, value))
    return _body(shape, value)


def _scalar(kind: OraType, value: Any) -> bytes:
    if kind.is_lob or kind.name == "XMLTYPE":
        return bytes(value)
    if kind.name in ("BOOLEAN", "BINARY_INTEGER"):
        return (int(value) & 0xFFFFFFFF).to_bytes(4, "big")
    encode = codec.ENCODERS.get(kind.name)
    if encode is None:
        raise not_supported(f"{kind.data_type} inside an object")
    return encode(value)


# -- unpacking ---------------------------------------------------------------------------------


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def raw(self, size: int) -> bytes:
        piece = self.data[self.at : self.at + size]
        if len(piece) < size:
            raise OracleError(21700, "object does not exist or is marked for delete")
        self.at += size
        return piece

    def u8(self) -> int:
        return self.raw(1)[0]

    def length(self) -> int:
        size = self.u8()
        return int.from_bytes(self.raw(4), "big") if size == _LONG_LENGTH else size

    def bytes_or_null(self) -> bytes | None:
        size = self.u8()
        if size == _NULL:
            return None
        return self.raw(int.from_bytes(self.raw(4), "big") if size == _LONG_LENGTH else size)


def unpack(shape: Shape, image: bytes) -> Items:
    """The attributes or elements of an image; (index, value) pairs of an INDEX BY table."""
    reader = _Reader(image)
    flags = reader.u8()
    reader.u8()
    reader.length()
    if not flags & _NO_PREFIX:
        reader.raw(reader.length())
    return _items(shape, reader)


def _items(shape: Shape, reader: _Reader) -> Items:
    if not shape.collection:
        return tuple(_value(part, reader, in_collection=False) for part in shape.attributes)
    assert shape.element is not None
    reader.u8()
    found: list[Any] = []
    for _ in range(reader.length()):
        if shape.collection == INDEX_BY:
            key = int.from_bytes(reader.raw(4), "big", signed=True)
            found.append((key, _value(shape.element, reader, in_collection=True)))
        else:
            found.append(_value(shape.element, reader, in_collection=True))
    return tuple(found)


def _value(part: Attribute, reader: _Reader, *, in_collection: bool) -> Any:
    shape = part.shape
    if shape is not None:
        if reader.data[reader.at] in (_ATOMIC_NULL, _NULL):
            reader.u8()
            return None
        if shape.collection or in_collection:
            return unpack(shape, reader.bytes_or_null() or b"")
        return _items(shape, reader)
    data = reader.bytes_or_null()
    kind = part.type
    if data is None or (not data and not kind.is_lob):
        return None
    if kind.is_lob or kind.name == "XMLTYPE":
        return data
    if kind.name == "BOOLEAN":
        return data[-1] == 1
    if kind.name == "BINARY_INTEGER":
        return int.from_bytes(data, "big", signed=True)
    return codec.decode(data, kind)


# -- XMLTYPE -----------------------------------------------------------------------------------

_XML_HEAD = bytes((_VERSION_81 | _NO_PREFIX, _IMAGE_VERSION, _LONG_LENGTH))
_XML_TEXT = b"\x01" + (4).to_bytes(4, "big")  # XML version 1, flag 4: a string


def xmltype_image(text: bytes) -> bytes:
    """XMLTYPE's own kind of image around UTF-8 text."""
    length = len(_XML_HEAD) + 4 + len(_XML_TEXT) + len(text)
    return _XML_HEAD + length.to_bytes(4, "big") + _XML_TEXT + text


def xmltype_text(image: bytes) -> bytes:
    """The UTF-8 text in an image."""
    head = len(_XML_HEAD) + 4
    if image[head : head + len(_XML_TEXT)] != _XML_TEXT:
        raise not_supported("this kind of XMLTYPE image")
    return image[head + len(_XML_TEXT) :]


# -- LOBs inside -------------------------------------------------------------------------------


def map_lobs(shape: Shape, image: bytes, change: LobMap) -> bytes:
    """The image with every LOB inside replaced: bytes by locators, or locators by bytes."""
    return pack(shape, _mapped(shape, unpack(shape, image), change)) if shape.holds_lobs else image


def _mapped(shape: Shape, items: Items, change: LobMap) -> Items:
    if shape.element is not None:
        if shape.collection == INDEX_BY:
            return tuple((key, _map_one(shape.element, v, change)) for key, v in items)
        return tuple(_map_one(shape.element, value, change) for value in items)
    pairs = zip(shape.attributes, items, strict=True)
    return tuple(_map_one(part, value, change) for part, value in pairs)


def _map_one(part: Attribute, value: Any, change: LobMap) -> Any:
    if value is None:
        return None
    if part.shape is not None:
        return _mapped(part.shape, value, change)
    return change(value, part.type) if part.type.is_lob else value


# -- describing --------------------------------------------------------------------------------

# ASSUMPTION(oracle): only these names differ from DATA_TYPE (facts §1.4).
_NAMES = {
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP WITH TZ",
    "TIMESTAMP WITH LOCAL TIME ZONE": "TIMESTAMP WITH LOCAL TZ",
    "BINARY_INTEGER": "PL/SQL BINARY INTEGER",
}


def attribute_type_name(kind: OraType) -> str:
    """The type's name as ALL_TYPE_ATTRS and type lookups show it."""
    if kind.name == "OBJECT":
        return kind.type_name or ""
    if kind.name == "NUMBER" and kind.precision is None and kind.scale == 0:
        return "INTEGER"
    if kind.name == "FLOAT" and kind.precision == 63:
        return "REAL"
    return _NAMES.get(kind.name, kind.name)


_DESCRIPTOR_CODES = {
    "DATE": 2, "BOOLEAN": 8, "CLOB": 29, "NCLOB": 29, "BLOB": 30, "BINARY_FLOAT": 37,
    "BINARY_DOUBLE": 45,
}  # fmt: skip
_FRACTION_CODES = {
    "TIMESTAMP": 21, "TIMESTAMP WITH TIME ZONE": 23, "TIMESTAMP WITH LOCAL TIME ZONE": 33,
}  # fmt: skip
_TEXT_CODES = {"CHAR": 1, "NCHAR": 1, "VARCHAR2": 7, "NVARCHAR2": 7}
_HEAD_SIZE = 18
_COLLECTION_CODE = 28


def descriptor(shape: Shape) -> bytes:
    """The type descriptor (TDS): the types of all attributes, or of the element."""
    if shape.element is None:
        count, body = len(shape.attributes), b"".join(map(_described, shape.attributes))
    else:
        head = 1 + 4 + 4 + 1
        body = bytes((_COLLECTION_CODE,)) + (_HEAD_SIZE + head).to_bytes(4, "big")
        body += shape.upper_bound.to_bytes(4, "big") + bytes((shape.collection,))
        count, body = 1, body + _described(shape.element)
    end = (_HEAD_SIZE + len(body)).to_bytes(4, "big")
    return end + b"\x26\x01\x00\x01" + count.to_bytes(2, "big") + bytes(8) + body


def _described(part: Attribute) -> bytes:
    kind = part.type
    if part.shape is not None or kind.name in ("OBJECT", "XMLTYPE"):
        return bytes((27,)) + bytes(5)
    if kind.name == "NUMBER":
        precision, scale = kind.precision or 0, kind.scale
        if kind.precision is None:
            scale = -127 if scale is None else scale
            precision = 0 if scale == -127 else 38
        return bytes((6, precision, (scale or 0) & 0xFF))
    if kind.name == "BINARY_INTEGER":
        return bytes((6, 0, 0))
    if kind.name == "FLOAT":
        return bytes((5, kind.precision or 126))
    if kind.name in _TEXT_CODES:
        form, charset = (2, 2000) if kind.is_national else (1, 873)
        size = min(kind.byte_length, 0xFFFF).to_bytes(2, "big")
        return bytes((_TEXT_CODES[kind.name],)) + size + bytes((form,)) + charset.to_bytes(2, "big")
    if kind.name == "RAW":
        return b"\x13" + (kind.length or 0).to_bytes(2, "big")
    if kind.name in _FRACTION_CODES:
        return bytes((_FRACTION_CODES[kind.name], 6 if kind.scale is None else kind.scale))
    # What a row may hold and an object may not is described as nothing: nobody reads it.
    return bytes((_DESCRIPTOR_CODES.get(kind.name, 0),))


def attribute_rows(shape: Shape) -> Sequence[tuple[str, str, str | None, str | None, bytes | None]]:
    """Of every attribute: name, type's name, and of an object its owner, package and OID."""
    found = []
    for part in shape.attributes:
        inner = part.shape
        owner = inner.schema if inner else "SYS" if part.type.name == "XMLTYPE" else None
        name = inner.name if inner else attribute_type_name(part.type)
        oid = inner.oid if inner else type_oid("SYS", "XMLTYPE") if owner else None
        found.append((part.name, name, owner, inner.package if inner else None, oid))
    return found
