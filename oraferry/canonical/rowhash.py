"""A row's digest that PostgreSQL computes itself, from the values it stores.

``hash_record_extended`` over a row costs the server a seventh of writing the row out, and
nothing travels. Our side computes the same from what was fetched from Oracle: by the column's
two types, never by the code that loaded it. Tables with a column whose stored form has no hash
of that kind (json, xml, interval) are compared by canonical text instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.canonical import jenkins, kernels
from oraferry.canonical.decimals import hash_decimals
from oraferry.canonical.jenkins import Hashes
from oraferry.canonical.moments import DAY, POSTGRES_EPOCH, moment_text
from oraferry.canonical.source import BINARIES, MOMENTS, NUMBERS, padded, source_text
from oraferry.canonical.texts import LONG_TEXTS, LONGEST_HASHED, MARK, lacks_mark_sql, shorten
from oraferry.model import ColumnPlan, DataType, Policy

# What stands for a value that the target's type cannot hold: it must equal nothing.
NO_VALUE = np.uint64(0x9D39247E33776D41)
_NOTHING = Policy()
# PostgreSQL's limit for the entries of a ROW; a numeric takes up to three.
MOST_ENTRIES = 1664
_SHORT_TEXTS = {"CHAR", "NCHAR", "VARCHAR2", "NVARCHAR2", "VARCHAR", "ROWID", "UROWID"}
_SHORT_INTEGERS = {"smallint": 2**15, "integer": 2**31}
_TEXT_TARGETS = {"text", "character varying", "character"}
_Hash = Callable[[pa.Array], list[Hashes]]


@dataclass(frozen=True, slots=True)
class ColumnHash:
    """One column: the SQL expressions that are hashed, and the same hashes of fetched values."""

    sql: Callable[[str], list[str]]  # of the quoted column
    of: _Hash  # NULL's hash is 0


def find_column_hash(source: DataType, target: DataType) -> ColumnHash | None:
    """How a column of these types is hashed; None when it must be compared by its text."""
    if source.name in NUMBERS:
        return _of_number(source, target)
    if source.name in MOMENTS:
        if target.name in _SENT:
            return ColumnHash(_sent(target), _moments)
        return ColumnHash(_itself, _days) if target.name == "date" else None
    if source.name == "BOOLEAN" and target.name == "boolean":
        return ColumnHash(_itself, _booleans)
    if source.name in BINARIES:
        return _of_binary(source, target)
    if source.name in _SHORT_TEXTS and target.name in _TEXT_TARGETS:
        return ColumnHash(_bytewise, partial(_texts, source, target.name == "character"))
    if source.name in LONG_TEXTS and target.name in ("text", "character varying"):
        return ColumnHash(_long_text, _long_values)
    return None


def can_hash(columns: Sequence[ColumnPlan]) -> bool:
    """
    True when every column of a table can be hashed, and no policy changes values: another type
    that is asked for is the type by which they are hashed. A ROW has room for so many columns.
    """
    entries = 0
    for column in columns:
        found = find_column_hash(column.source.type, column.target.type)
        if found is None or replace(column.policy, to=None) != _NOTHING:
            return False
        entries += len(found.sql('"c"'))
    return entries <= MOST_ENTRIES


def row_hash_sql(columns: Sequence[tuple[str, DataType, DataType]]) -> str:
    """
    The row's hash as an SQL expression; *columns*: quoted name, source and target type.

    >>> row_hash_sql([('"a"', DataType("DATE"), DataType("date"))])
    'hash_record_extended(ROW("a"), 0)'
    """
    items = []
    for name, source, target in columns:
        found = find_column_hash(source, target)
        assert found is not None
        items += found.sql(name)
    return f"hash_record_extended(ROW({', '.join(items)}), 0)"


def hash_rows(batch: pa.RecordBatch, columns: Sequence[ColumnPlan]) -> Hashes:
    """The hash of each row of a batch as it was fetched."""
    if batch.num_rows == 0:
        return np.zeros(0, np.uint64)
    total, spare = np.zeros(batch.num_rows, np.uint64), np.empty(batch.num_rows, np.uint64)
    for position, column in enumerate(columns):
        array, source, target = batch.column(position), column.source.type, column.target.type
        if not kernels.add_hashes(array, source, target, total, spare):
            total = jenkins.combine([total, *hash_column(array, source, target)])
    return total


def hash_column(array: pa.Array, source: DataType, target: DataType) -> list[Hashes]:
    """The hashes of one column, by what defines them; of a numeric also those of its signs."""
    found = find_column_hash(source, target)
    assert found is not None
    parts = found.of(array)
    if array.null_count:
        for hashes in parts:
            hashes[np.asarray(array.is_null())] = 0
    return parts


# Sums of row hashes would be sums of column hashes, blind to values that changed rows. Neither
# of these is linear. XOR with a shift alone is too close to it: numerics that differ by a power
# of 10,000 have hashes that differ in one bit, and of two such values that changed rows every
# hundredth pair was not seen. The product of the halves never exceeds 64 bits.
SUMS_SQL = "sum(h # (h << 13)), sum((h >> 32) * (h & 4294967295))"


def sum_hashes(hashes: Hashes) -> tuple[int, int]:
    """What ``SUMS_SQL`` gives of the same hashes, modulo 2**64."""
    high, low = mix_hashes(hashes)
    return int(high.sum(dtype=np.uint64)), int(low.sum(dtype=np.uint64))


def mix_hashes(hashes: Hashes) -> tuple[Hashes, Hashes]:
    """What ``SUMS_SQL`` sums, per hash."""
    h = hashes.view(np.int64)
    high, low = (h ^ (h << 13)), (h >> 32) * (h & 0xFFFFFFFF)
    return high.view(np.uint64), low.view(np.uint64)


# -- columns -----------------------------------------------------------------------------------


def _itself(quoted: str) -> list[str]:
    return [quoted]


def _bytewise(quoted: str) -> list[str]:
    # Under a nondeterministic collation texts that differ can have one hash.
    return [f'{quoted} COLLATE "C"']


# Where 64 bits are hashed, PostgreSQL folds them to 32 first: -1 and 4294967295 have one hash.
# The hash of their eight bytes costs no more.
_SENT = {
    "bigint": "int8send",
    "real": "float4send",
    "double precision": "float8send",
    "timestamp without time zone": "timestamp_send",
    "timestamp with time zone": "timestamptz_send",
}


def _sent(target: DataType) -> Callable[[str], list[str]]:
    send = _SENT[target.name]
    return lambda quoted: [f"{send}({quoted})"]


def _sent_float(target: DataType) -> Callable[[str], list[str]]:
    # A NaN is a NaN, whichever of its many bit patterns is stored.
    send, nan = _SENT[target.name], f"'NaN'::{target.name}"
    return lambda quoted: [f"{send}(CASE WHEN {quoted} = {nan} THEN {nan} ELSE {quoted} END)"]


def _signed(quoted: str) -> list[str]:
    # The hash of a numeric leaves its sign out.
    return [quoted, f"{quoted} < 0"]


def _signed_or_special(quoted: str) -> list[str]:
    # Infinity, which only a numeric without precision can hold, has NaN's hash.
    return [*_signed(quoted), f"{quoted} = 'NaN'"]


def _of_number(source: DataType, target: DataType) -> ColumnHash | None:
    is_float = source.name in ("BINARY_FLOAT", "BINARY_DOUBLE")
    if target.name in ("real", "double precision"):
        size = 4 if target.name == "real" else 8
        if is_float and (size == 8 or source.name == "BINARY_FLOAT"):
            return ColumnHash(_sent_float(target), partial(_floats, size))
        return None
    if is_float:
        return None
    if target.name == "numeric" and target.precision is None:
        return ColumnHash(_signed_or_special, _decimals_or_special)
    if target.name == "numeric":
        return ColumnHash(_signed, _finite_decimals)
    if target.name == "bigint":
        return ColumnHash(_sent(target), _long_integers)
    if target.name in _SHORT_INTEGERS:
        return ColumnHash(_itself, partial(_integers, _SHORT_INTEGERS[target.name]))
    if target.name in ("text", "character varying"):
        return ColumnHash(_bytewise, lambda array: [jenkins.hash_bytes(source_text(array, source))])
    return None


def _of_binary(source: DataType, target: DataType) -> ColumnHash | None:
    if target.name == "uuid" or (target.name == "bytea" and source.name == "RAW"):
        return ColumnHash(_itself, lambda array: [jenkins.hash_bytes(array)])
    return ColumnHash(_long_bytes, _long_values) if target.name == "bytea" else None


def _long_text(quoted: str) -> list[str]:
    hashed = f"'{MARK}' || encode(sha256(convert_to({quoted}, 'UTF8')), 'hex')"
    is_short = f"octet_length({quoted}) <= {LONGEST_HASHED} AND {lacks_mark_sql(quoted)}"
    return [f'(CASE WHEN {is_short} THEN {quoted} ELSE {hashed} END) COLLATE "C"']


def _long_bytes(quoted: str) -> list[str]:
    hashed = f"convert_to('{MARK}' || encode(sha256({quoted}), 'hex'), 'UTF8')"
    lacks_mark = f"substr({quoted}, 1, {len(MARK)}) <> '{MARK}'::bytea"
    is_short = f"octet_length({quoted}) <= {LONGEST_HASHED} AND {lacks_mark}"
    return [f"CASE WHEN {is_short} THEN {quoted} ELSE {hashed} END"]


def _long_values(array: pa.Array) -> list[Hashes]:
    return [jenkins.hash_bytes(shorten(array, LONGEST_HASHED))]


def _texts(source: DataType, is_blank_padded: bool, array: pa.Array) -> list[Hashes]:
    text = padded(array.cast(pa.large_string()), source)
    # The hash of a character(n) leaves trailing blanks out: there they mean nothing.
    return [jenkins.hash_bytes(pc.ascii_rtrim(text, " ") if is_blank_padded else text)]


def _floats(size: int, array: pa.Array) -> list[Hashes]:
    values = np.asarray(array.fill_null(0)).astype(f">f{size}")
    values[np.isnan(values)] = np.nan
    return [_hash_sent(values)]


def _hash_sent(values: npt.NDArray[Any]) -> Hashes:
    """Of big-endian values, as PostgreSQL sends them."""
    return jenkins.hash_fixed(values.view(np.uint8).reshape(len(values), -1))


def _finite_decimals(array: pa.Array) -> list[Hashes]:
    hashes = hash_decimals(array)
    if _is_text(array):
        finite = pc.fill_null(pc.match_substring_regex(array, "[0-9]"), True)
        _marked(hashes[0], ~np.asarray(finite))
    return hashes


def _decimals_or_special(array: pa.Array) -> list[Hashes]:
    is_nan = np.zeros(len(array), np.uint32)  # which no NUMBER is
    return [*hash_decimals(array), jenkins.hash_words(is_nan)]


def _booleans(array: pa.Array) -> list[Hashes]:
    values = array.fill_null(False).cast(pa.uint8())
    return [jenkins.hash_words(np.asarray(values).astype(np.uint32))]


def _whole(array: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_] | None]:
    """Values as 64-bit integers, and where that is impossible."""
    if pa.types.is_integer(array.type):
        return np.asarray(array.fill_null(0)).astype(np.int64), None
    text = source_text(array, DataType("NUMBER")) if not _is_text(array) else array
    # At most 18 digits: they surely fit.
    fits = pc.fill_null(pc.match_substring_regex(text, r"^-?[0-9]{1,18}$"), True)
    whole = pc.if_else(fits, text, "0").fill_null("0").cast(pa.int64())
    if pc.all(fits).as_py():
        return np.asarray(whole), None
    values, bad = np.array(whole), ~np.asarray(fits)
    for place in np.flatnonzero(bad):
        number = text[int(place)].as_py()
        if number.lstrip("-").isdigit() and -(2**63) <= int(number) < 2**63:
            values[place], bad[place] = int(number), False
    return values, bad


def _is_text(array: pa.Array) -> bool:
    return bool(pa.types.is_large_string(array.type) or pa.types.is_string(array.type))


def _numbers(array: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_] | None]:
    return _whole(source_text(array, DataType("NUMBER")) if _is_text(array) else array)


def _integers(limit: int, array: pa.Array) -> list[Hashes]:
    values, bad = _numbers(array)
    outside = (values < -limit) | (values >= limit)
    return [_marked(jenkins.hash_integers(values), outside if bad is None else bad | outside)]


def _long_integers(array: pa.Array) -> list[Hashes]:
    values, bad = _numbers(array)
    return [_marked(_hash_sent(values.astype(">i8")), bad)]


def _marked(hashes: Hashes, bad: npt.NDArray[np.bool_] | None) -> Hashes:
    if bad is not None:
        hashes[bad] = NO_VALUE
    return hashes


def _microseconds(
    array: pa.Array,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_] | None]:
    """Microseconds since 2000, where PostgreSQL's clock starts."""
    if pa.types.is_timestamp(array.type) and array.type.unit in ("s", "us"):
        ticks = np.asarray(array.cast(pa.int64()).fill_null(0))
        return ticks * (1_000_000 if array.type.unit == "s" else 1) - POSTGRES_EPOCH, None
    ticks, bad = _whole(moment_text(array))
    return ticks - POSTGRES_EPOCH, bad


def _moments(array: pa.Array) -> list[Hashes]:
    ticks, bad = _microseconds(array)
    return [_marked(_hash_sent(ticks.astype(">i8")), bad)]


def _days(array: pa.Array) -> list[Hashes]:
    ticks, bad = _microseconds(array)
    uneven = ticks % DAY != 0
    hashes = jenkins.hash_integers(ticks // DAY)
    return [_marked(hashes, uneven if bad is None else bad | uneven)]
