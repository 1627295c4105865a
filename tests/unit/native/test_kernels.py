"""The kernels in C give what the encoder and the hashes in Python give, byte by byte.

PostgreSQL takes a numeric with idle zeros at its ends, as the encoder in Python writes it; so
numerics are compared without them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from oraferry import native
from oraferry.canonical import jenkins, rowhash
from oraferry.errors import CopyRejected
from oraferry.model import Column, ColumnPlan, DataType
from oraferry.native.build import find_compilers
from oraferry.postgres.encoder import encode_batch
from oraferry.postgres.pieces import encode_pieces

ROWS = 300
STRING, TEXT, BYTES = pa.string(), pa.large_string(), pa.large_binary()
STAMP = "timestamp without time zone"
RNG = np.random.default_rng(20251125)


@pytest.fixture(autouse=True)
def kernels():
    """Nothing here would be tested without them; a machine without a compiler has none."""
    if not native.is_here() and not find_compilers():
        pytest.skip("no kernels: there is no C compiler")
    assert native.is_here(), "the kernels are not built"


def integers(bits: int, *more: int) -> list[int]:
    """Of any size, the extremes first."""
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    sizes = [int(v) for v in RNG.integers(1, bits, ROWS)]
    found = [int(RNG.integers(0, 2 ** min(size, 62))) for size in sizes]
    return [low, high, 0, -1, *more, *(-v if i % 2 else v for i, v in enumerate(found))][:ROWS]


def decimals(scale: int, most: int = 38) -> pa.Array:
    """Of one to *most* digits."""
    sizes = RNG.integers(0, most + 1, ROWS)
    digits = ["".join(map(str, RNG.integers(0, 10, size))) or "0" for size in sizes]
    values = [int(text) * (-1) ** i for i, text in enumerate(digits)]
    values[:6] = [0, 10**most - 1, 1 - 10**most, 10 ** min(scale, most - 1), 10_000, -1]
    whole = pa.array([Decimal(v) for v in values], pa.decimal128(38, 0))
    return pa.Array.from_buffers(pa.decimal128(38, scale), ROWS, whole.buffers())


def number_texts() -> list[str]:
    """As Oracle writes them: small and large, with and without a point and an exponent."""
    found = [
        "0", "-0", ".5", "-.5", "0.0", "1.50", "100000", "10000.00010", "1E+3", "1.20E-05", "-1e5",
        "9" * 40, "." + "0" * 60 + "1", "1" + "0" * 125, "-" + "9" * 20 + "." + "9" * 20, "1.", "12E2",
    ]  # fmt: skip
    for value in decimals(7).to_pylist()[: ROWS - len(found)]:
        found.append(format(value, "f"))
    return found


def texts(*more: str) -> list[str]:
    """Empty, short, long, and not only ASCII."""
    alphabet = list("abc xyz0159 äöü€𝄞")
    sizes = RNG.integers(0, 70, ROWS)
    found = ["".join(RNG.choice(alphabet, size)) for size in sizes]
    found[:7] = ["", " ", "twelve bytes", "twelve bytes and", "x" * 5000, "trailing   ", "é" * 13]
    return [*more, *found][:ROWS]


def blobs() -> list[bytes]:
    """Of any bytes."""
    return [b"", bytes(range(256)), *(RNG.bytes(int(n)) for n in RNG.integers(0, 60, ROWS - 2))]


@dataclass(frozen=True)
class Case:
    """An array as it was fetched or loaded, and the types of its column."""

    array: pa.Array
    target: DataType
    source: DataType | None = None  # None: not hashed


def numeric(scale: int) -> DataType:
    return DataType("numeric", precision=38, scale=scale)


def named(source: str, **more: int) -> DataType:
    return DataType(source, **more)


_TEXT, _RAW = DataType("text"), DataType("bytea")
MICRO = [-210_866_803_200_000_000, 2**63 - 2, 0, 946_684_800_000_000, -1, *integers(50)][:ROWS]
SECONDS = [v // 1_000_000 for v in MICRO]
FLOATS = [
    0.0,
    -0.0,
    float("inf"),
    float("-inf"),
    float("nan"),
    1e-45,
    3.4e38,
    *RNG.normal(size=ROWS),
]
DAYS = [-2_440_588, 2_145_042_904, 2**31 - 1, 0, -1, *integers(20)][:ROWS]
PERIODS = [(m % 12, d % 30, n * 1000) for m, d, n in zip(DAYS, DAYS, integers(40), strict=True)]

LOADED = {
    "smallint": Case(pa.array(integers(16), pa.int16()), named("smallint")),
    "integer": Case(pa.array(integers(32), pa.int32()), named("integer")),
    "bigint": Case(pa.array(integers(64), pa.int64()), named("bigint")),
    "real": Case(pa.array(FLOATS, pa.float32()), named("real")),
    "double": Case(pa.array(FLOATS, pa.float64()), named("double precision")),
    "boolean": Case(pa.array(RNG.random(ROWS) < 0.5), named("boolean")),
    "text": Case(pa.array(texts(), TEXT), _TEXT),
    "text-32": Case(pa.array(texts(), STRING), named("character varying")),
    "large-text": Case(pa.array(["x" * 70_000, "y", "z" * 300_000], TEXT), _TEXT),
    "jsonb": Case(pa.array(texts(), TEXT), named("jsonb")),
    "large-jsonb": Case(pa.array(["x" * 70_000, "y", "z" * 300_000], TEXT), named("jsonb")),
    "bytea": Case(pa.array(blobs(), BYTES), _RAW),
    "bytea-32": Case(pa.array(blobs(), pa.binary()), _RAW),
    "uuid": Case(pa.array([RNG.bytes(16) for _ in range(ROWS)], pa.binary(16)), named("uuid")),
    "timestamp": Case(pa.array(MICRO, pa.timestamp("us")), named(STAMP, scale=6)),
    "timestamp-0": Case(
        pa.array([v * 1_000_000 for v in SECONDS], pa.timestamp("us")), named(STAMP, scale=0)
    ),
    "timestamp-3": Case(
        pa.array([v // 1000 * 1000 for v in MICRO], pa.timestamp("us")), named(STAMP, scale=3)
    ),
    "for-ever": Case(pa.array([2**63 - 1, 0], pa.timestamp("us")), named(STAMP, scale=0)),
    "zoned": Case(pa.array(MICRO, pa.timestamp("us", "UTC")), named("timestamp with time zone")),
    "date": Case(pa.array(DAYS, pa.int32()).cast(pa.date32()), named("date")),
    "interval": Case(pa.array(PERIODS, pa.month_day_nano_interval()), named("interval")),
    **{f"decimal-{s}": Case(decimals(s), numeric(s)) for s in (0, 1, 2, 4, 7, 16, 17, 37, 38)},
    **{f"short-decimal-{s}": Case(decimals(s, 18), numeric(s)) for s in (0, 2, 3, 16)},
    "decimal-256": Case(decimals(4).cast(pa.decimal256(50, 4)), numeric(4)),
    "number": Case(pa.array(number_texts(), TEXT), named("numeric")),
    "number-32": Case(pa.array(number_texts(), STRING), named("numeric")),
    "infinity": Case(pa.array(["Infinity", "-Infinity", "NaN", "1"], TEXT), named("numeric")),
    "odd-number": Case(
        pa.array(["1", "+2", " 3", "sNaN", "1" * 500, "inf"], TEXT), named("numeric")
    ),
}
FETCHED = {
    "smallint": Case(pa.array(integers(16), pa.int64()), named("smallint"), named("NUMBER")),
    "bigint": Case(pa.array(integers(64), pa.int64()), named("bigint"), named("NUMBER")),
    "bigint-of-text": Case(pa.array(["12", "-5"], TEXT), named("bigint"), named("NUMBER")),
    "integer-8": Case(pa.array(integers(8), pa.int8()), named("integer"), named("NUMBER")),
    "numeric-of-integer": Case(pa.array(integers(64), pa.int64()), numeric(0), named("NUMBER")),
    **{f"decimal-{s}": Case(decimals(s), numeric(s), named("NUMBER")) for s in (0, 2, 7, 16, 30, 38)},
    "free-integer": Case(pa.array(integers(64), pa.int64()), named("numeric"), named("NUMBER")),
    "free-decimal": Case(decimals(3), named("numeric"), named("NUMBER")),
    "wide-integer": Case(pa.array(integers(34), pa.int64()), named("integer"), named("NUMBER")),
    "text-of-scale": Case(pa.array(["1.5", "-20", "0"], TEXT), numeric(1), named("NUMBER")),
    "infinity-of-scale": Case(pa.array(["~", "12"], TEXT), numeric(1), named("NUMBER")),
    "short-decimal": Case(decimals(2, 12), numeric(2), named("NUMBER")),
    "number": Case(pa.array(number_texts(), TEXT), named("numeric"), named("NUMBER")),
    "short-number": Case(pa.array(["1.5", "-20", "0"], TEXT), named("numeric"), named("FLOAT")),
    "infinity": Case(pa.array(["~", "-~", "12"], TEXT), named("numeric"), named("NUMBER")),
    "no-number": Case(pa.array(["?", "1x", "", "1"], TEXT), named("numeric"), named("NUMBER")),
    "real": Case(pa.array(FLOATS, pa.float32()), named("real"), named("BINARY_FLOAT")),
    "widened": Case(pa.array(FLOATS, pa.float32()), named("double precision"), named("BINARY_FLOAT")),
    "double": Case(pa.array(FLOATS, pa.float64()), named("double precision"), named("BINARY_DOUBLE")),
    "boolean": Case(pa.array(RNG.random(ROWS) < 0.5), named("boolean"), named("BOOLEAN")),
    "seconds": Case(pa.array(SECONDS, pa.timestamp("s")), named(STAMP), named("DATE")),
    "micro": Case(pa.array(MICRO, pa.timestamp("us")), named(STAMP), named("TIMESTAMP")),
    "day": Case(pa.array(SECONDS, pa.timestamp("s")), named("date"), named("DATE")),
    "whole-day": Case(
        pa.array([v * 86_400 for v in integers(20)], pa.timestamp("s")), named("date"), named("DATE")
    ),
    "written-moment": Case(
        pa.array([" 2024-02-29 23:59:59.5", "-0044-03-15 00:00:00"], TEXT), named(STAMP), named("DATE")
    ),
    "varchar": Case(pa.array(texts(), TEXT), named("character varying"), named("VARCHAR2")),
    "varchar-32": Case(pa.array(texts(), STRING), _TEXT, named("NVARCHAR2")),
    "char": Case(pa.array(texts(), TEXT), named("character"), named("CHAR", length=80)),
    "char-as-text": Case(pa.array(texts(), TEXT), _TEXT, named("CHAR", length=80)),
    "raw": Case(pa.array(blobs(), BYTES), _RAW, named("RAW")),
    "uuid": Case(pa.array([RNG.bytes(16) for _ in range(9)], BYTES), named("uuid"), named("RAW")),
    "long-clob": Case(pa.array(["x" * 65_536, "y" * 65_537, "ü" * 40_000], TEXT), _TEXT, named("CLOB")),
    "long-blob": Case(pa.array([b"x" * 70_000, b"y" * 65_536], BYTES), _RAW, named("BLOB")),
    "clob": Case(pa.array(texts(), TEXT), _TEXT, named("CLOB")),
    "blob": Case(pa.array(blobs(), BYTES), _RAW, named("BLOB")),
}  # fmt: skip


def shapes(array: pa.Array) -> dict[str, pa.Array]:
    """The array with and without NULLs, whole, cut at odd places, all NULL, empty."""
    gone = pa.array(RNG.random(len(array)) < 0.3)
    holed = pc.if_else(gone, pa.scalar(None, array.type), array)
    return {
        "whole": array,
        "with NULLs": holed,
        "slice": array.slice(1),
        "slice with NULLs": holed.slice(3, max(len(array) - 5, 1)),
        "last row": holed.slice(len(array) - 1),
        "all NULL": pa.nulls(11, array.type),
        "none": array.slice(0, 0),
    }


def fields(stream: bytes, columns: int) -> list[list[bytes | None]]:
    """A COPY stream as rows of fields."""
    rows, at = [], 0
    while at < len(stream):
        assert struct.unpack_from(">h", stream, at) == (columns,)
        at += 2
        row: list[bytes | None] = []
        for _ in range(columns):
            (size,) = struct.unpack_from(">i", stream, at)
            at += 4
            row.append(None if size < 0 else stream[at : at + size])
            at += max(size, 0)
        rows.append(row)
    return rows


def plain(field: bytes | None) -> object:
    """A numeric without zeros at its ends: sign, scale, weight, groups."""
    if field is None:
        return None
    count, weight, sign, scale = struct.unpack_from(">hhHh", field)
    groups = list(struct.unpack_from(f">{count}h", field, 8))
    assert len(field) == 8 + 2 * count
    while groups and groups[0] == 0:
        del groups[0]
        weight -= 1
    while groups and groups[-1] == 0:
        groups.pop()
    return sign, scale, weight if groups else 0, groups


def encoded(batch: pa.RecordBatch, types: list[DataType]) -> list[list[object]]:
    found = b"".join(bytes(piece) for piece in encode_pieces(batch, types))
    return comparable(fields(found, len(types)), types)


def comparable(rows: list[list[bytes | None]], types: list[DataType]) -> list[list[object]]:
    return [
        [plain(f) if t.name == "numeric" else f for f, t in zip(row, types, strict=True)]
        for row in rows
    ]


@pytest.mark.parametrize("name", LOADED)
def test_kernels_encode_what_the_encoder_does(name):
    """
    Every type, with NULLs, cut out of a larger array, empty.
    """
    case = LOADED[name]
    for shape, array in shapes(case.array).items():
        batch = pa.RecordBatch.from_arrays([array, array], names=["a", "b"])
        types = [case.target, case.target]

        expected = fields(bytes(encode_batch(batch, types)), 2)

        assert comparable(expected, types) == encoded(batch, types), shape


def test_rows_of_all_types_go_through_a_small_buffer(monkeypatch):
    """
    However little room there is, no byte is lost and none is written behind it.
    """
    cases = [c for c in LOADED.values() if len(c.array) >= ROWS]
    batch = pa.RecordBatch.from_arrays(
        [c.array.slice(len(c.array) - ROWS) for c in cases],
        names=[f"c{i}" for i in range(len(cases))],
    )
    types = [c.target for c in cases]
    expected = comparable(fields(bytes(encode_batch(batch, types)), len(types)), types)

    for size in (5100, 5101, 5117, 8192):
        monkeypatch.setattr(native, "BUFFER_BYTES", size)
        assert expected == encoded(batch, types), size


@pytest.mark.parametrize(
    ("array", "type"),
    [
        (pa.array([0, -(2**62)], pa.timestamp("us")), named(STAMP)),
        (pa.array([0, 1], pa.timestamp("us")), named(STAMP, scale=0)),
        (pa.array([-(2**31)], pa.int32()).cast(pa.date32()), named("date")),
        (pa.array([(0, 0, 1)], pa.month_day_nano_interval()), named("interval")),
        (pa.array([1], pa.int64()), named("integer")),
        (pa.array(["x"], TEXT), named("bytea")),
        (pa.array(["x"], TEXT), named("point")),
    ],
)
def test_what_cannot_be_encoded_is_refused_in_the_same_words(array, type):
    """
    Never wrapped around, never written as another type's bytes.
    """
    batch = pa.RecordBatch.from_arrays([array], names=["a"])
    with pytest.raises(CopyRejected) as expected:
        encode_batch(batch, [type])

    with pytest.raises(CopyRejected) as found:
        encoded(batch, [type])

    assert str(expected.value) == str(found.value)


@pytest.mark.parametrize("name", FETCHED)
def test_kernels_hash_what_the_hashes_in_python_do(name):
    """
    Every type, with NULLs, cut out of a larger array, empty; after a column that stands before.
    """
    case = FETCHED[name]
    assert case.source is not None
    number = DataType("NUMBER")
    columns = [
        ColumnPlan(Column("A", source, 1), Column("a", target, 1), "")
        for source, target in ((number, DataType("bigint")), (case.source, case.target))
    ]
    for shape, array in shapes(case.array).items():
        first = pa.array(range(len(array)), pa.int64())
        batch = pa.RecordBatch.from_arrays([first, array], names=["a", "b"])
        parts = [
            part
            for values, column in zip((first, array), columns, strict=True)
            if len(array)
            for part in rowhash.hash_column(values, column.source.type, column.target.type)
        ]
        expected = jenkins.combine(parts) if parts else np.zeros(0)

        assert expected.tolist() == rowhash.hash_rows(batch, columns).tolist(), shape


BY_KERNEL = set(FETCHED) - {
    "bigint-of-text", "infinity", "infinity-of-scale", "no-number", "written-moment", "char-as-text",
}  # fmt: skip


@pytest.mark.parametrize("name", FETCHED)
def test_the_usual_types_are_hashed_by_kernels(name):
    """
    The test above would pass without any: here is said which columns they take.
    """
    from oraferry.canonical import kernels

    case = FETCHED[name]
    assert case.source is not None
    hashes, spare = (np.zeros(len(case.array), np.uint64) for _ in range(2))

    found = kernels.add_hashes(case.array, case.source, case.target, hashes, spare)

    assert (name in BY_KERNEL) == found
    assert found or not hashes.any()  # what is refused leaves nothing behind
