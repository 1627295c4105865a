"""The canonical text of Oracle's values, from the Arrow arrays they were fetched as."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from oraferry.canonical.moments import interval_text, moment_text
from oraferry.canonical.numbers import number_text
from oraferry.canonical.texts import TEXT, binary_text, json_text, shorten, xml_text
from oraferry.model import DataType

NUMBERS = {"NUMBER", "FLOAT", "BINARY_FLOAT", "BINARY_DOUBLE", "INTEGER"}
MOMENTS = {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"}
INTERVALS = {"INTERVAL YEAR TO MONTH", "INTERVAL DAY TO SECOND"}
BINARIES = {"RAW", "LONG RAW", "BLOB", "BFILE"}


def source_text(array: pa.Array, type: DataType) -> pa.Array:
    """
    One large_string per value of an Oracle column of *type*; NULL stays NULL.

    >>> source_text(pa.array([None, "x"]), DataType("CHAR", length=3)).to_pylist()
    [None, 'x  ']
    """
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_null(array.type):
        return array.cast(TEXT)
    if type.name in NUMBERS:
        return number_text(_with_width(array, type))
    if type.name in MOMENTS:
        return moment_text(array)
    if type.name in INTERVALS:
        return interval_text(array)
    if (
        type.name in BINARIES
        or pa.types.is_binary(array.type)
        or pa.types.is_large_binary(array.type)
    ):
        return binary_text(array)
    if type.name == "BOOLEAN":
        # As digits, because a NUMBER(1) may be loaded into a boolean.
        return array.cast(pa.bool_()).cast(pa.int8()).cast(TEXT)
    if type.name == "JSON":
        return json_text(array)
    if type.name == "XMLTYPE":
        return xml_text(array)
    return shorten(padded(array.cast(TEXT), type))


def _with_width(array: pa.Array, type: DataType) -> pa.Array:
    """BINARY_FLOAT in its own 32 bits, whatever it was fetched as."""
    if type.name == "BINARY_FLOAT":
        return array.cast(pa.float32())
    if type.name == "BINARY_DOUBLE":
        return array.cast(pa.float64())
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        # ASSUMPTION(oracle): TO_CHAR writes an infinite NUMBER as ~ or -~.
        return pc.replace_substring(array, "~", "Infinity")
    return array


def padded(text: pa.Array, type: DataType) -> pa.Array:
    """CHAR values with the blanks that Oracle means by them."""
    # CHAR(n BYTE) is padded to n bytes, so a value that is not ASCII has fewer than n
    # characters; its missing blanks have no meaning in Oracle, which compares CHARs padded.
    if type.name not in ("CHAR", "NCHAR") or not type.length:
        return text
    try:
        return pc.utf8_rpad(text, type.length, " ")
    except pa.ArrowInvalid:
        return _padded_bytes(text, type.length)


def _padded_bytes(text: pa.Array, length: int) -> pa.Array:
    """The same of texts that are no UTF-8: rows that are to be set aside have a digest too."""
    values = [
        None if v is None else v.decode("utf-8", "surrogateescape").ljust(length)
        for v in text.cast(pa.large_binary()).to_pylist()
    ]
    raw = pa.array(
        [None if v is None else v.encode("utf-8", "surrogateescape") for v in values],
        pa.large_binary(),
    )
    return pa.Array.from_buffers(TEXT, len(raw), raw.buffers(), raw.null_count)
