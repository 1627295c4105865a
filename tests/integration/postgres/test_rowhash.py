"""The hashes computed here equal those that PostgreSQL computes, type by type."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pytest

from oraferry.canonical import jenkins
from oraferry.canonical.rowhash import NO_VALUE, find_column_hash
from oraferry.model import Column, ColumnPlan, DataType, Table, TablePlan, TableRef
from oraferry.postgres import rowhash

RANDOM = random.Random(20240229)
LONGEST_VARCHAR = 32_767  # bytes of a VARCHAR2
TEXT, BYTES = pa.large_string(), pa.large_binary()


def number(digits: int, places: int) -> str:
    """A number with up to so many digits, of which up to *places* stand after the point."""
    size = 10 ** RANDOM.randint(1, digits)
    return format(Decimal(RANDOM.randint(-size, size)).scaleb(-RANDOM.randint(0, places)), "f")


def words(longest: int) -> str:
    """A text of letters, blanks and wide characters."""
    return "".join(RANDOM.choices("ab é🚢 ", k=RANDOM.randint(0, longest)))


def binary(longest: int) -> bytes:
    """Random bytes."""
    return RANDOM.randbytes(RANDOM.randint(0, longest))


LARGE = [number(37, 30) for _ in range(150)] + ["1" + "0" * 60, "0." + "0" * 50 + "7"]
SMALL = [number(17, 16) for _ in range(150)] + ["0", ".5", "-.5", "10000", "99999999", "0.0001"]
DECIMALS = [Decimal(number(14, 0)).scaleb(-2) for _ in range(100)] + [Decimal(0)]
INTEGERS = [
    0,
    1,
    -1,
    2**32 - 1,
    2**32 + 1,
    -(2**63),
    2**63 - 1,
    2**62,
    -(2**62),
    *(RANDOM.randint(-(2**40), 2**40) for _ in range(100)),
]
TEXTS = [
    "",
    "sha256:" + "0" * 64,  # as a longer one would be hashed
    "SHA256:",
    "a",
    " x  ",
    "b" * 4000,
    "ü" * 500,
    "c" * LONGEST_VARCHAR,
    "c" * 400_000,
    "d" * 5_000_000,
    *(words(200) for _ in range(200)),
]
SHORT_TEXTS = [text for text in TEXTS if len(text.encode()) <= LONGEST_VARCHAR]
BINARIES = [b"", b"\0", b"sha256:", RANDOM.randbytes(2000), *(binary(60) for _ in range(100))]
MOMENTS = [datetime(2024, 2, 29, 23, 59, 59, 123456), datetime(1, 1, 1), datetime(9999, 12, 31)]
FLOATS = [0.0, -0.0, 1.5, float("nan"), float("inf"), -1e30]

# Source type, Arrow type it is fetched as, target type, its name in SQL, values.
CASES = {
    "number text": ("NUMBER", TEXT, "numeric", "numeric", LARGE),
    "short number text": ("NUMBER", TEXT, "numeric", "numeric", SMALL),
    "decimal": ("NUMBER", pa.decimal128(38, 2), "numeric", "numeric", DECIMALS),
    "integer as numeric": ("NUMBER", pa.int64(), "numeric", "numeric", INTEGERS),
    "bigint": ("NUMBER", pa.int64(), "bigint", "int8", INTEGERS),
    "integer": ("NUMBER", pa.int64(), "integer", "int4", [0, -1, 2**31 - 1]),
    "smallint": ("NUMBER", pa.int64(), "smallint", "int2", [0, -1, 9999]),
    "varchar": ("VARCHAR2", TEXT, "character varying", "varchar", SHORT_TEXTS),
    "clob": ("CLOB", TEXT, "text", "text", TEXTS),
    "raw": ("RAW", BYTES, "bytea", "bytea", BINARIES),
    "blob": ("BLOB", BYTES, "bytea", "bytea", BINARIES),
    "double": ("BINARY_DOUBLE", pa.float64(), "double precision", "float8", FLOATS),
    "real": ("BINARY_FLOAT", pa.float32(), "real", "float4", FLOATS),
    "float as double": ("BINARY_FLOAT", pa.float32(), "double precision", "float8", FLOATS[:-1]),
    "boolean": ("BOOLEAN", pa.bool_(), "boolean", "bool", [True, False]),
    "integer as bigint text": ("NUMBER", TEXT, "bigint", "int8", ["-1", "4294967295"]),
    "finite": ("NUMBER", TEXT, "numeric(40,20)", "numeric(40,20)", ["1.5", "-2", "0"]),
    "timestamp": (
        "TIMESTAMP", pa.timestamp("us"), "timestamp without time zone", "timestamp", MOMENTS,
    ),
    "date": ("DATE", pa.timestamp("s"), "date", "date", [datetime(2024, 2, 29), datetime(1, 1, 1)]),
}  # fmt: skip


def data_type(written: str) -> DataType:
    """The target's type, with its precision."""
    name, _, sizes = written.partition("(")
    if not sizes:
        return DataType(name)
    precision, scale = (int(size) for size in sizes.rstrip(")").split(","))
    return DataType(name, precision=precision, scale=scale)


def hash_ours(found, array: pa.Array) -> list[int]:
    """As ``hash_record_extended`` gives them."""
    parts = found.of(array)
    for part in parts:
        part[np.asarray(array.is_null())] = 0
    return jenkins.combine(parts).view(np.int64).tolist()


def hash_theirs(dsn: str, found, type: str, values: list) -> list[int]:
    """The server's."""
    row = f"hash_record_extended(ROW({', '.join(found.sql('v'))}), 0)"
    with psycopg.connect(dsn) as connection:
        return [
            connection.execute(f"SELECT {row} FROM (SELECT %s::{type} AS v) AS x", [v]).fetchone()[
                0
            ]
            for v in values
        ]


@pytest.mark.parametrize("case", CASES)
def test_every_type_hashes_as_in_postgresql(postgres_dsn, case):
    """
    Values of the type, NULL among them, have the hash that the server computes.
    """
    source, fetched, target, sql, values = CASES[case]
    values = [*values, None]
    found = find_column_hash(DataType(source), data_type(target))

    assert found
    assert hash_theirs(postgres_dsn, found, sql, values) == hash_ours(
        found, pa.array(values, fetched)
    )


@pytest.mark.parametrize(("target", "sql"), [("character", "char(5)"), ("text", "text")])
def test_padded_text_hashes_as_the_target_holds_it(postgres_dsn, target, sql):
    """
    CHAR(5) in a character(5), and in a text, where its blanks are part of the value.
    """
    values = ["ab", "", "x y  ", None]
    held = [None if v is None else v.ljust(5) for v in values]
    found = find_column_hash(DataType("CHAR", length=5), DataType(target))

    assert found
    assert hash_theirs(postgres_dsn, found, sql, held) == hash_ours(found, pa.array(values, TEXT))


def test_a_moment_before_christ_and_a_uuid(postgres_dsn):
    """
    Moments that were fetched as text; 16 bytes that become a uuid.
    """
    moment = find_column_hash(DataType("DATE"), DataType("timestamp without time zone"))
    uuid = find_column_hash(DataType("RAW"), DataType("uuid"))
    raw = RANDOM.randbytes(16)

    assert moment and uuid
    assert hash_theirs(postgres_dsn, moment, "timestamp", ["4712-01-01 12:00:00 BC"]) == hash_ours(
        moment, pa.array(["-4712-01-01 12:00:00"])
    )
    assert hash_theirs(postgres_dsn, uuid, "uuid", [raw.hex()]) == hash_ours(uuid, pa.array([raw]))


def test_infinite_numbers_are_told_apart(postgres_dsn):
    """
    NUMBER's infinities, as TO_CHAR writes them.
    """
    found = find_column_hash(DataType("NUMBER"), DataType("numeric"))

    assert found
    ours = hash_ours(found, pa.array(["~", "-~", "5"], TEXT))
    assert hash_theirs(postgres_dsn, found, "numeric", ["Infinity", "-Infinity", "5"]) == ours


# Values that PostgreSQL's hash of the type takes for the same.
ALIKE = {
    "numeric": ("NUMBER", TEXT, ["~", "-~", "5", "-5"], ["NaN", "NaN", "-5", "5"]),
    "bigint": ("NUMBER", pa.int64(), [-1, -5, 0, 1], [2**32 - 1, 2**32 - 5, 2**32 + 1, 2**32]),
    "double precision": ("BINARY_DOUBLE", pa.float64(), [0.0, 5e-324], [-0.0, 0.0]),
    "timestamp without time zone": (
        "TIMESTAMP", pa.timestamp("us"),
        [datetime(2000, 1, 1), datetime(1999, 12, 31, 23, 59, 59, 999999)],
        [datetime(2000, 1, 1, 1, 11, 34, 967297), datetime(2000, 1, 1, 1, 11, 34, 967295)],
    ),
    "integer": ("NUMBER", pa.int64(), [2**32 - 1, 2**32 + 1], [-1, 0]),
    "numeric(40,20)": ("NUMBER", TEXT, ["~", "-~"], ["NaN", "NaN"]),
}  # fmt: skip


@pytest.mark.parametrize("target", ALIKE)
def test_what_one_hash_of_postgresql_stands_for_is_told_apart(postgres_dsn, target):
    """
    Wrapped integers, minus zero, NaN for infinity: the stored value's hash is another one.
    """
    source, fetched, ours, theirs = ALIKE[target]
    found = find_column_hash(DataType(source), data_type(target))

    assert found
    stored = hash_theirs(postgres_dsn, found, target, theirs)
    assert not [
        a for a, b in zip(hash_ours(found, pa.array(ours, fetched)), stored, strict=True) if a == b
    ]


def test_one_nan_is_as_good_as_another(postgres_dsn):
    """
    Infinity less itself gives a NaN with another sign; it is no difference.
    """
    for source, target, kind in [
        ("BINARY_DOUBLE", "double precision", pa.float64()),
        ("BINARY_FLOAT", "real", pa.float32()),
    ]:
        found = find_column_hash(DataType(source), DataType(target))
        assert found
        (stored,) = hash_theirs(postgres_dsn, found, target, [-float("nan")])
        assert [stored] == hash_ours(found, pa.array([float("nan")], kind))


def test_a_value_that_the_target_type_cannot_hold_equals_nothing():
    """
    A fraction has no hash as a bigint: whatever was loaded in its place is a difference.
    """
    found = find_column_hash(DataType("NUMBER"), DataType("bigint"))

    assert found
    (hashes,) = found.of(pa.array(["1.5", "9223372036854775808", "7"], TEXT))
    assert [True, True, False] == (hashes == NO_VALUE).tolist()


@pytest.mark.parametrize(
    ("source", "target"),
    [("XMLTYPE", "xml"), ("JSON", "jsonb"), ("INTERVAL DAY TO SECOND", "interval")],
)
def test_what_has_no_such_hash_is_compared_by_text(source, target):
    """
    Documents and intervals: PostgreSQL has no hash of what it stores, or one that is too lax.
    """
    assert find_column_hash(DataType(source), DataType(target)) is None


def test_a_table_alone_is_hashed_by_parallel_workers_and_each_row_once(postgres_dsn):
    """
    Alone or with others the sums are the same; alone, the scan below the sums has the hash.
    """
    column = ColumnPlan(
        Column("N", DataType("NUMBER"), 1), Column("n", DataType("bigint"), 1), "number-integer"
    )
    source, target = (
        Table(TableRef("public", "hashed"), (c,)) for c in (column.source, column.target)
    )
    plan = TablePlan(1, source, target, (column,), "create", True)
    alone, other = (
        rowhash.sums_sql(plan, is_alone=is_alone, seen={}) for is_alone in (True, False)
    )
    with psycopg.connect(postgres_dsn) as connection:
        connection.execute("CREATE TABLE hashed AS SELECT n FROM generate_series(1, 50000) AS n")
        for cost in ("parallel_setup_cost", "min_parallel_table_scan_size"):
            connection.execute(f"SET LOCAL {cost} = 0")
        explained = connection.execute(f"EXPLAIN (VERBOSE, FORMAT json) {alone}").fetchone()
        sums = [connection.execute(statement).fetchall() for statement in (alone, other)]

    assert explained
    found = list(nodes(explained[0][0]["Plan"]))
    scans = [node for node in found if node["Node Type"] == "Seq Scan"]
    # The workers sum, and hand over sums instead of rows.
    assert "Partial" in [node.get("Partial Mode") for node in found]
    assert [True] == [node["Parallel Aware"] for node in scans]
    assert "hash_record_extended" in str(scans[0]["Output"])
    assert sums[0] == sums[1] and 50_000 == sums[0][0][2]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's nodes."""
    yield plan
    for below in plan.get("Plans", []):
        yield from nodes(below)
