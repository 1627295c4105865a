"""
OSON, the binary form of JSON values: what a JSON column holds and the wire carries.

An image is a header, the dictionary of field names, and a tree of nodes that refer to names by
number and to their children by offset. JSON's own types come as ``None``, ``bool``, ``int``,
``Decimal``, ``str``, ``list`` and ``dict``; OSON's further scalars as ``bytes``, ``float``,
``OraDate`` and ``IntervalDS``.
"""

from __future__ import annotations

import json
import struct
from decimal import Decimal
from typing import Any

from orasim.engine import OracleError, not_supported
from orasim.storage import codec
from orasim.values import NANOSECONDS, IntervalDS, IntervalYM, OraDate

MAGIC = b"\xffJZ"
_SHORT_NAMES, _LONG_NAMES = 1, 3  # versions: the second has a segment of names over 255 bytes
_RELATIVE, _INLINE_LEAF, _LENGTH_IN_CODE, _NAMES4, _SCALAR = 0x01, 0x02, 0x04, 0x08, 0x10
_HASH1, _NAMES2, _SEGMENT4, _TREE4, _TINY_NODES = 0x100, 0x400, 0x800, 0x1000, 0x2000
_LONG_SEGMENT2 = 0x100
_FNV_START, _FNV_PRIME = 0x811C9DC5, 16777619


def invalid(text: str = "JSON syntax error") -> OracleError:
    """ORA-40441."""
    return OracleError(40441, text)


# -- text --------------------------------------------------------------------------------------


def parse_json(text: str) -> Any:
    """
    The value of a JSON text; ORA-40441 when it is none.

    ASSUMPTION(oracle): Oracle's lax syntax (unquoted names, single quotes) is not known here.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise invalid() from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def is_json(text: str) -> bool:
    """IS JSON: also true for scalars."""
    try:
        parse_json(text)
    except OracleError:
        return False
    return True


def json_text(value: Any) -> str:
    """
    The text of a value as JSON_SERIALIZE gives it, without blanks.

    >>> json_text({"a": Decimal("12.5"), "b": [True, None]})
    '{"a":12.5,"b":[true,null]}'
    """
    if isinstance(value, dict):
        pairs = [f"{_quoted(name)}:{json_text(item)}" for name, item in value.items()]
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(json_text(item) for item in value) + "]"
    return _scalar_text(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _scalar_text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Decimal):
        return str(codec.normal(value)).replace("E+", "E")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, bytes):
        return _quoted(value.hex().upper())
    if isinstance(value, OraDate):
        return _quoted(_iso_date(value))
    if isinstance(value, IntervalDS):
        return _quoted(_iso_interval(value))
    if isinstance(value, IntervalYM):
        years, months = divmod(abs(value.months), 12)
        return _quoted(f"{'-' if value.months < 0 else ''}P{years}Y{months}M")
    return _quoted(str(value))


def _iso_date(value: OraDate) -> str:
    text = (
        f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
        f"T{value.hour:02d}:{value.minute:02d}:{value.second:02d}"
    )
    if value.nanosecond:
        text += f".{value.nanosecond // 1000:06d}"
    if value.offset_minutes is not None:
        hours, minutes = divmod(abs(value.offset_minutes), 60)
        sign = "-" if value.offset_minutes < 0 else "+"
        text += f"{sign}{hours:02d}:{minutes:02d}" if value.offset_minutes else "Z"
    return text


def _iso_interval(value: IntervalDS) -> str:
    seconds, nanos = divmod(abs(value.nanoseconds), NANOSECONDS)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    sign = "-" if value.nanoseconds < 0 else ""
    return f"{sign}P{days}DT{hours}H{minutes}M{seconds}{fraction}S"


# -- reading -----------------------------------------------------------------------------------


class _Image:
    """A reader of one image."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.names: list[str] = []
        self.id_size = 1
        self.tree = 0
        self.is_relative = False

    def raw(self, length: int) -> bytes:
        piece = self.data[self.at : self.at + length]
        if len(piece) < length:
            raise OracleError(40569, "unimplemented feature; invalid OSON image")
        self.at += length
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.raw(size), "big")

    def value(self) -> Any:
        if self.raw(3) != MAGIC:
            raise invalid("JSON image expected")
        version, flags = self.number(1), self.number(2)
        self.is_relative = bool(flags & _RELATIVE)
        tree_size = 4 if flags & _TREE4 else 2
        if flags & _SCALAR:
            self.at += tree_size
            self.tree = self.at
            return self.node()
        self.id_size = 4 if flags & _NAMES4 else 2 if flags & _NAMES2 else 1
        offsets = 4 if flags & _SEGMENT4 else 2
        count, size = self.number(self.id_size), self.number(offsets)
        long_count = long_size = 0
        long_offsets = 4
        if version == _LONG_NAMES:
            long_offsets = 2 if self.number(2) & _LONG_SEGMENT2 else 4
            long_count, long_size = self.number(4), self.number(4)
        self.at += tree_size + 2
        self.read_names(count, 1, offsets, size)
        self.read_names(long_count, 2, long_offsets, long_size)
        self.tree = self.at
        return self.node()

    def read_names(self, count: int, width: int, offset_size: int, size: int) -> None:
        """A segment of names: hashes, offsets, then each name after its length."""
        self.at += count * width
        offsets = [self.number(offset_size) for _ in range(count)]
        names = self.raw(size)
        for offset in offsets:
            length = int.from_bytes(names[offset : offset + width], "big")
            self.names.append(names[offset + width : offset + width + length].decode())

    def node(self) -> Any:
        start = self.at
        code = self.number(1)
        if code & 0x80:
            return self.container(code, start - self.tree)
        reader = _SCALARS.get(code)
        if reader is not None:
            return reader(self)
        if code & 0xF0 in (0x20, 0x60):
            return codec.decode_number(self.raw((code & 0x0F) + 1))
        if code & 0xF0 in (0x40, 0x50):
            return codec.decode_number(self.raw(code & 0x0F))
        if code < 0x20:
            return self.raw(code).decode()
        raise not_supported(f"OSON node {code:#x}")

    def count(self, code: int) -> int:
        return self.number({0x00: 1, 0x08: 2, 0x10: 4}[code & 0x18])

    def container(self, code: int, start: int) -> Any:
        offset_size = 4 if code & 0x20 else 2
        is_object = not code & 0x40
        if code & 0x18 == 0x18:  # the names are those of another object
            other = self.tree + self.number(offset_size)
            after = self.at
            self.at = other
            count = self.count(self.number(1))
            ids, self.at = self.at, after
        else:
            count = self.count(code)
            ids = self.at
            self.at += count * self.id_size if is_object else 0
        offsets = [self.number(offset_size) for _ in range(count)]
        found = []
        for offset in offsets:
            self.at = self.tree + offset + (start if self.is_relative else 0)
            found.append(self.node())
        if not is_object:
            return found
        self.at = ids
        return {self.names[self.number(self.id_size) - 1]: value for value in found}


_SCALARS = {
    0x30: lambda image: None,
    0x31: lambda image: True,
    0x32: lambda image: False,
    0x33: lambda image: image.raw(image.number(1)).decode(),
    0x34: lambda image: codec.decode_number(image.raw(image.number(1))),
    0x36: lambda image: codec.DECODERS["BINARY_DOUBLE"](image.raw(8)),
    0x37: lambda image: image.raw(image.number(2)).decode(),
    0x38: lambda image: image.raw(image.number(4)).decode(),
    0x39: lambda image: codec.decode_date(image.raw(11)),
    0x3A: lambda image: image.raw(image.number(2)),
    0x3B: lambda image: image.raw(image.number(4)),
    0x3C: lambda image: codec.decode_date(image.raw(7)),
    0x3D: lambda image: codec.decode_interval_ym(image.raw(5)),
    0x3E: lambda image: codec.decode_interval_ds(image.raw(11)),
    0x7C: lambda image: codec.decode_timestamp_tz(image.raw(13)),
    0x7D: lambda image: codec.decode_date(image.raw(7)),
    0x7E: lambda image: image.raw(image.number(1)),
    0x7F: lambda image: codec.DECODERS["BINARY_FLOAT"](image.raw(4)),
}


def decode_oson(image: bytes) -> Any:
    """The value of an image."""
    try:
        return _Image(image).value()
    except (IndexError, KeyError, UnicodeDecodeError, struct.error):
        raise invalid("JSON image is damaged") from None


# -- writing -----------------------------------------------------------------------------------


def encode_oson(value: Any) -> bytes:
    """
    The image of a value.

    >>> decode_oson(encode_oson({"a": [1, "x", None]}))
    {'a': [1, 'x', None]}
    """
    head = MAGIC
    flags = _INLINE_LEAF | _LENGTH_IN_CODE
    if not isinstance(value, dict | list):
        tree = _leaf(value)
        flags |= _SCALAR | (_TREE4 if len(tree) > 0xFFFF else 0)
        size = struct.pack(">I" if flags & _TREE4 else ">H", len(tree))
        return head + bytes((_SHORT_NAMES,)) + struct.pack(">H", flags) + size + tree
    short, long = _sorted_names(value)
    ids = {name: number + 1 for number, name in enumerate(short + long)}
    flags |= _HASH1 | _TINY_NODES
    id_size = 4 if len(ids) > 0xFFFF else 2 if len(ids) > 0xFF else 1
    flags |= {4: _NAMES4, 2: _NAMES2, 1: 0}[id_size]
    short_segment, short_names = _name_segment(short, 1)
    long_segment, long_names = _name_segment(long, 2)
    flags |= _SEGMENT4 if len(short_names) > 0xFFFF else 0
    tree = bytearray()
    _write_node(tree, value, ids, id_size)
    flags |= _TREE4 if len(tree) > 0xFFFF else 0
    out = bytearray(head)
    out += bytes((_LONG_NAMES if long else _SHORT_NAMES,)) + struct.pack(">H", flags)
    out += len(short).to_bytes(id_size, "big")
    out += len(short_names).to_bytes(4 if flags & _SEGMENT4 else 2, "big")
    if long:
        second = _LONG_SEGMENT2 if len(long_names) <= 0xFFFF else 0
        out += struct.pack(">HII", second, len(long), len(long_names))
    out += len(tree).to_bytes(4 if flags & _TREE4 else 2, "big") + b"\0\0"
    out += short_segment + short_names + long_segment + long_names
    return bytes(out + tree)


def _sorted_names(value: Any) -> tuple[list[str], list[str]]:
    """All field names, short and long, in the order of their hashes that OSON asks for."""
    seen: dict[str, None] = {}
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            seen.update(dict.fromkeys(item))
            todo += item.values()
        elif isinstance(item, list):
            todo += item
    ordered = sorted(seen, key=_name_order)
    is_long = {name: len(name.encode()) > 255 for name in ordered}
    return [n for n in ordered if not is_long[n]], [n for n in ordered if is_long[n]]


def _hash(name: bytes) -> int:
    found = _FNV_START
    for byte in name:
        found = (found ^ byte) * _FNV_PRIME & 0xFFFFFFFF
    return found


def _name_order(name: str) -> tuple[int, int, bytes]:
    data = name.encode()
    return _hash(data) & 0xFF, len(data), data


def _name_segment(names: list[str], width: int) -> tuple[bytes, bytes]:
    """Hashes and offsets; the names. *width*: bytes of a hash and of a name's length."""
    encoded = [name.encode() for name in names]
    body, offsets = bytearray(), []
    for data in encoded:
        offsets.append(len(body))
        body += len(data).to_bytes(width, "big") + data
    hashes = b"".join((_hash(data) & (256**width - 1)).to_bytes(width, "big") for data in encoded)
    size = 4 if len(body) > 0xFFFF else 2
    return hashes + b"".join(offset.to_bytes(size, "big") for offset in offsets), bytes(body)


def _write_node(tree: bytearray, value: Any, ids: dict[str, int], id_size: int) -> None:
    if not isinstance(value, dict | list):
        tree += _leaf(value)
        return
    count = len(value)
    code = (0x84 if isinstance(value, dict) else 0xC0) | 0x20  # offsets of four bytes
    width = 1 if count < 0x100 else 2 if count < 0x10000 else 4
    tree.append(code | {1: 0, 2: 0x08, 4: 0x10}[width])
    tree += count.to_bytes(width, "big")
    if isinstance(value, dict):
        tree += b"".join(ids[name].to_bytes(id_size, "big") for name in value)
    place = len(tree)
    tree += bytes(4 * count)
    for item in value.values() if isinstance(value, dict) else value:
        struct.pack_into(">I", tree, place, len(tree))
        place += 4
        _write_node(tree, item, ids, id_size)


def _leaf(value: Any) -> bytes:
    if value is None or isinstance(value, bool):
        return {None: b"\x30", True: b"\x31", False: b"\x32"}[value]
    if isinstance(value, int | Decimal):
        data = codec.encode_number(value)
        return bytes((0x34, len(data))) + data
    if isinstance(value, str):
        return _sized(value.encode(), (0x33, 0x37, 0x38))
    if isinstance(value, bytes):
        return _sized(value, (None, 0x3A, 0x3B))
    if isinstance(value, float):
        return b"\x36" + codec.ENCODERS["BINARY_DOUBLE"](value)
    if isinstance(value, IntervalDS):
        return b"\x3e" + codec.encode_interval_ds(value)
    if isinstance(value, IntervalYM):
        return b"\x3d" + codec.encode_interval_ym(value)
    if isinstance(value, OraDate):
        if value.offset_minutes is not None:
            return b"\x7c" + codec.encode_timestamp_tz(value)
        if value.nanosecond:
            return b"\x39" + codec.encode_timestamp(value)
        return b"\x7d" + codec.encode_date(value)
    raise not_supported(f"JSON of {type(value).__name__}")


def _sized(data: bytes, codes: tuple[int | None, int, int]) -> bytes:
    for code, width in zip(codes, (1, 2, 4), strict=True):
        if code is not None and len(data) < 256**width:
            return bytes((code,)) + len(data).to_bytes(width, "big") + data
    raise OracleError(40478, "output value too large")


def oson_of_text(text: str) -> bytes:
    """JSON text to its image."""
    return encode_oson(parse_json(text))


def text_of_oson(image: bytes) -> str:
    """An image to its JSON text."""
    return json_text(decode_oson(image))
