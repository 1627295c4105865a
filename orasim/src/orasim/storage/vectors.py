"""VECTOR images (23ai): a header, then the values; sparse ones have indices in front."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass, replace

from orasim.engine import OracleError, not_supported
from orasim.values import VECTOR_FORMATS, OraType

FLOAT32, FLOAT64, INT8, BINARY = VECTOR_FORMATS.values()
_MAGIC = 0xDB
_HAS_NORM, _NORM_RESERVED, _SPARSE = 0x02, 0x10, 0x20


@dataclass(frozen=True, slots=True)
class Vector:
    """The values by position; *indices* only of sparse ones; BINARY holds bytes of 8 dimensions."""

    format: int
    dimensions: int
    values: tuple[float, ...]
    indices: tuple[int, ...] | None = None

    @property
    def is_sparse(self) -> bool:
        return self.indices is not None


def _numbers(data: bytes, kind: int) -> tuple[float, ...]:
    """Floats travel like BINARY_FLOAT: the sign bit flipped, negative ones wholly."""
    if kind in (INT8, BINARY):
        return tuple(struct.unpack(f">{len(data)}{'b' if kind == INT8 else 'B'}", data))
    size, code = (4, "f") if kind == FLOAT32 else (8, "d")
    out = bytearray(data)
    for at in range(0, len(out), size):
        if out[at] & 0x80:
            out[at] &= 0x7F
        else:
            out[at : at + size] = bytes(~b & 0xFF for b in out[at : at + size])
    return struct.unpack(f">{len(out) // size}{code}", bytes(out))


def _bytes(values: tuple[float, ...], kind: int) -> bytes:
    if kind in (INT8, BINARY):
        return struct.pack(f">{len(values)}{'b' if kind == INT8 else 'B'}", *map(int, values))
    size, code = (4, "f") if kind == FLOAT32 else (8, "d")
    out = bytearray(struct.pack(f">{len(values)}{code}", *values))
    for at in range(0, len(out), size):
        if out[at] & 0x80:
            out[at : at + size] = bytes(~b & 0xFF for b in out[at : at + size])
        else:
            out[at] |= 0x80
    return bytes(out)


def decode_vector(image: bytes) -> Vector:
    """The vector of an image."""
    if image[0] != _MAGIC or image[1] > 2:
        raise not_supported("this kind of VECTOR image")
    flags, kind, dimensions = struct.unpack_from(">HBI", image, 2)
    at = 9 + (8 if flags & (_HAS_NORM | _NORM_RESERVED) else 0)
    if not flags & _SPARSE:
        return Vector(kind, dimensions, _numbers(image[at:], kind))
    (count,) = struct.unpack_from(">H", image, at)
    indices = struct.unpack_from(f">{count}I", image, at + 2)
    return Vector(kind, dimensions, _numbers(image[at + 2 + 4 * count :], kind), indices)


def encode_vector(vector: Vector) -> bytes:
    """The image of a vector."""
    version = 2 if vector.is_sparse else 1 if vector.format == BINARY else 0
    flags = _NORM_RESERVED | (0 if vector.format == BINARY else _HAS_NORM)
    flags |= _SPARSE if vector.is_sparse else 0
    head = struct.pack(">BBHBI", _MAGIC, version, flags, vector.format, vector.dimensions)
    body = b""
    if vector.indices is not None:
        body = struct.pack(f">H{len(vector.indices)}I", len(vector.indices), *vector.indices)
    return head + bytes(8) + body + _bytes(vector.values, vector.format)


def parse_vector(text: str, kind: OraType | None = None) -> bytes:
    """``[1, 2.5]``, or sparse ``[3, [1], [2.5]]``; ORA-51805 for anything else."""
    try:
        found = json.loads(text)
    except ValueError:
        raise _malformed() from None
    if not isinstance(found, list) or not found:
        raise _malformed()
    form = (kind.precision if kind is not None else None) or FLOAT32
    if len(found) == 3 and isinstance(found[1], list) and isinstance(found[2], list):
        vector = Vector(form, int(found[0]), tuple(found[2]), tuple(found[1]))
    elif all(isinstance(item, int | float) and not isinstance(item, bool) for item in found):
        size = len(found) * (8 if form == BINARY else 1)
        vector = Vector(form, size, tuple(found))
    else:
        raise _malformed()
    return _checked(vector)


def _malformed() -> OracleError:
    return OracleError(51805, "Vector is not properly formatted (dimension value is invalid).")


def check_finite(image: bytes) -> None:
    """ORA-51805 for infinities and NaN."""
    if not all(map(math.isfinite, decode_vector(image).values)):
        raise _malformed()


def _checked(vector: Vector) -> bytes:
    limits = {INT8: (-128, 127), BINARY: (0, 255)}.get(vector.format)
    if limits and any(not limits[0] <= int(value) <= limits[1] for value in vector.values):
        raise OracleError(
            51806, "Vector column is not properly formatted (dimension value is out of range)."
        )
    try:
        return encode_vector(vector)
    except (OverflowError, struct.error):
        raise OracleError(
            51806, "Vector column is not properly formatted (dimension value is out of range)."
        ) from None


def vector_text(image: bytes) -> str:
    """
    As FROM_VECTOR writes it: every value with an exponent, integers as they are.

    >>> vector_text(parse_vector("[1, -2.5]"))
    '[1.0E+000,-2.5E+000]'
    """
    vector = decode_vector(image)
    texts = [_value_text(value, vector.format) for value in vector.values]
    body = "[" + ",".join(texts) + "]"
    if vector.indices is None:
        return body
    return f"[{vector.dimensions},[{','.join(map(str, vector.indices))}],{body}]"


def _value_text(value: float, form: int) -> str:
    if form in (INT8, BINARY):
        return str(int(value))
    if value == 0:
        return "0"
    digits = 9 if form == FLOAT32 else 17
    for count in range(1, digits + 1):
        text = f"{value:.{count - 1}e}"
        same = float(text)
        if form == FLOAT32:
            same = struct.unpack(">f", struct.pack(">f", same))[0]
        if same == value:
            break
    mantissa, _, exponent = text.partition("e")
    if "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}E{exponent[0]}{int(exponent[1:]):03d}"


def fit_vector(image: bytes, kind: OraType) -> bytes:
    """*image* as a column of *kind* keeps it: ORA-51803, ORA-51806 when it does not fit."""
    vector = decode_vector(image)
    if kind.length is not None and vector.dimensions != kind.length:
        raise OracleError(
            51803,
            "Vector dimension count must match the dimension count specified in the column "
            f"definition (expected {kind.length} dimensions, specified {vector.dimensions} "
            "dimensions).",
        )
    wants_sparse = bool(kind.scale)
    form = kind.precision or vector.format
    if form == vector.format and wants_sparse == vector.is_sparse:
        return image
    if BINARY in (form, vector.format) and form != vector.format:
        raise OracleError(51814, "Vector of BINARY format cannot have any operation performed "
                                 "with vector of any other type.")  # fmt: skip
    vector = _sparse(vector) if wants_sparse else _dense(vector)
    values = vector.values
    if form == INT8:
        values = tuple(math.trunc(value) for value in values)
    return _checked(replace(vector, format=form, values=values))


def _dense(vector: Vector) -> Vector:
    if vector.indices is None:
        return vector
    values = [0.0] * vector.dimensions
    for index, value in zip(vector.indices, vector.values, strict=True):
        values[index] = value
    return replace(vector, values=tuple(values), indices=None)


def _sparse(vector: Vector) -> Vector:
    if vector.indices is not None:
        return vector
    kept = [(at, value) for at, value in enumerate(vector.values) if value]
    return replace(
        vector, values=tuple(value for _, value in kept), indices=tuple(at for at, _ in kept)
    )


def distance(left: bytes, right: bytes, metric: str) -> float:
    """VECTOR_DISTANCE; ORA-51808 when the dimensions differ."""
    a, b = _dense(decode_vector(left)), _dense(decode_vector(right))
    if a.dimensions != b.dimensions:
        raise OracleError(
            51808, "VECTOR_DISTANCE is not supported for vectors with different dimension counts"
        )
    if metric == "HAMMING" or (a.format == BINARY and metric == "COSINE"):
        if a.format != BINARY:
            return float(sum(x != y for x, y in zip(a.values, b.values, strict=True)))
        pairs = zip(a.values, b.values, strict=True)
        return float(sum((int(x) ^ int(y)).bit_count() for x, y in pairs))
    pairs_list = list(zip(a.values, b.values, strict=True))
    if metric in ("EUCLIDEAN", "EUCLIDEAN_SQUARED"):
        squared = math.fsum((x - y) ** 2 for x, y in pairs_list)
        return squared if metric == "EUCLIDEAN_SQUARED" else math.sqrt(squared)
    if metric == "MANHATTAN":
        return math.fsum(abs(x - y) for x, y in pairs_list)
    product = math.fsum(x * y for x, y in pairs_list)
    if metric == "DOT":
        return -product
    norms = math.sqrt(math.fsum(x * x for x in a.values) * math.fsum(y * y for y in b.values))
    return 1 - product / norms if norms else float("nan")
