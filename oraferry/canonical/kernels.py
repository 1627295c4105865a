"""Which columns the kernels in C can hash, and as what."""

from __future__ import annotations

import pyarrow as pa

from oraferry import native
from oraferry.canonical.jenkins import Hashes
from oraferry.canonical.source import BINARIES, MOMENTS, NUMBERS
from oraferry.canonical.texts import LONG_TEXTS, LONGEST_HASHED, shorten
from oraferry.model import DataType
from oraferry.native import Kind, Slot, slot

# The limit of the values that are hashed as they are; 0: the bytes that the server would send.
_INTEGERS = {"smallint": 2**15, "integer": 2**31, "bigint": 0}
_FLOATS = {"real": 4, "double precision": 8}
_SHORT_TEXTS = {"VARCHAR2", "NVARCHAR2", "VARCHAR", "ROWID", "UROWID"}
_UNITS = {"s": 1_000_000, "us": 1}


def add_hashes(
    array: pa.Array, source: DataType, target: DataType, hashes: Hashes, spare: Hashes
) -> bool:
    """Go on with the rows' *hashes* by one column; False, and nothing is done, where none can."""
    if _is_long(source, target):
        array = shorten(array, LONGEST_HASHED)  # held here, while a slot has its addresses
    if target.name == "numeric" and source.name in NUMBERS:
        found = _number(array, target)
        add = native.add_numeric_hashes
    else:
        found = _find(array, source, target)
        add = native.add_hashes
    return found is not None and add(found, len(array), hashes, spare)


def _is_long(source: DataType, target: DataType) -> bool:
    if source.name in BINARIES:
        return source.name != "RAW" and target.name == "bytea"
    return source.name in LONG_TEXTS


def _find(array: pa.Array, source: DataType, target: DataType) -> Slot | None:
    if source.name in NUMBERS and target.name in _INTEGERS:
        return _integer(array, _INTEGERS[target.name])
    if source.name in NUMBERS and target.name in _FLOATS:
        return _float(array, _FLOATS[target.name])
    if source.name in MOMENTS:
        return _moment(array, target)
    if source.name == "BOOLEAN" and pa.types.is_boolean(array.type):
        return slot(array, Kind.BOOLEAN)
    if source.name in BINARIES or source.name in LONG_TEXTS:
        return _bytes(array, 0)
    if target.name == "character":
        return _bytes(array, native.IS_BLANK_PADDED)
    return _bytes(array, 0) if source.name in _SHORT_TEXTS else None


def _integer(array: pa.Array, factor: int) -> Slot | None:
    if not pa.types.is_signed_integer(array.type):
        return None
    return slot(array, Kind.INTEGER, array.type.bit_width // 8, factor)


def _number(array: pa.Array, target: DataType) -> Slot | None:
    has_nan = int(target.precision is None)
    kind = native.number_kind(array.type)
    if kind is None:
        return _integer(array, has_nan)
    scale = array.type.scale if kind is Kind.DECIMAL else 0
    return slot(array, kind, scale, has_nan) if scale >= 0 else None


def _float(array: pa.Array, size: int) -> Slot | None:
    if array.type == pa.float32() or (array.type == pa.float64() and size == 8):
        return slot(array, Kind.FLOAT, (array.type.bit_width // 8) * 16 + size)
    return None


def _moment(array: pa.Array, target: DataType) -> Slot | None:
    if not pa.types.is_timestamp(array.type) or array.type.unit not in _UNITS:
        return None
    kind = Kind.MOMENT_DAY if target.name == "date" else Kind.MOMENT
    return slot(array, kind, factor=_UNITS[array.type.unit])


def _bytes(array: pa.Array, flags: int) -> Slot | None:
    kind = native.text_kind(array.type)
    return None if kind is None else slot(array, kind, factor=flags)
