"""The data sets: Oracle DDL and rows made from a seed, as Arrow batches.

Only the tiny tables have keys: an index costs every way of loading the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SEED = 20241031
BATCH = 65_536
TEXT = pa.large_string()
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class DataSet:
    """Tables of one shape; *rows* at full size, per table."""

    name: str
    rows: int
    ddl: str  # with {table}
    batch: Callable[[Random, int, int], dict[str, pa.Array]]  # random, first row, rows
    tables: int = 1

    def names(self, share: float = 1.0) -> list[str]:
        """The tables' names at a share of the full size."""
        if self.tables == 1:
            return [self.name.upper()]
        count = max(1, int(self.tables * share))
        return [f"{self.name.upper()}_{number:04d}" for number in range(count)]

    def batches(self, share: float = 1.0) -> Iterator[pa.RecordBatch]:
        """One table's rows; many tables are not made smaller but fewer."""
        random = np.random.default_rng(SEED)
        rows = self.rows if self.tables > 1 else max(1, int(self.rows * share))
        for start in range(0, rows, BATCH):
            columns = self.batch(random, start, min(BATCH, rows - start))
            yield pa.RecordBatch.from_pydict(columns)

    def total_rows(self, share: float = 1.0) -> int:
        """Rows of all tables."""
        return self.rows * len(self.names(share)) if self.tables > 1 else int(self.rows * share)


def decimals(unscaled: np.ndarray, scale: int) -> pa.Array:
    """Integers as decimals with *scale* digits after the point."""
    whole = pa.array(unscaled.astype(np.int64)).cast(pa.decimal128(19, 0))
    step = pa.scalar(Decimal(1).scaleb(-scale), pa.decimal128(scale + 1, scale))
    return pc.multiply(whole, step).cast(pa.decimal128(38, scale))


def stamps(random: Random, rows: int, unit: int) -> pa.Array:
    """Moments of ten years, to *unit* microseconds."""
    base = int(datetime.fromisoformat("2014-01-01T00:00:00+00:00").timestamp()) * 1_000_000
    ticks = random.integers(0, 10 * 365 * 86_400 * 1_000_000, rows) // unit * unit
    return pa.array(base + ticks, pa.timestamp("us"))


def with_nulls(random: Random, array: pa.Array, share: float) -> pa.Array:
    """*array* with that share of NULLs."""
    return pc.if_else(
        pa.array(random.random(len(array)) >= share), array, pa.scalar(None, array.type)
    )


def texts(random: Random, rows: int, shortest: int, longest: int) -> pa.Array:
    """Words of lower-case letters and digits."""
    alphabet = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz 0123456789", np.uint8)
    sizes = random.integers(shortest, longest + 1, rows)
    offsets = np.zeros(rows + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    data = alphabet[random.integers(0, len(alphabet) - 11, offsets[-1])]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(TEXT, rows, buffers)


def blobs(random: Random, rows: int, size: int) -> pa.Array:
    """Random bytes, all of one length."""
    offsets = np.arange(0, (rows + 1) * size, size, dtype=np.int64)
    data = np.frombuffer(random.bytes(rows * size), np.uint8)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_binary(), rows, buffers)


def words(random: Random, rows: int, *choices: str) -> pa.Array:
    """One of the *choices* per row."""
    return pa.array(choices, TEXT).take(pa.array(random.integers(0, len(choices), rows)))


def _mixed(random: Random, start: int, rows: int) -> dict[str, pa.Array]:
    return {
        "ID": pa.array(np.arange(start + 1, start + rows + 1)),
        "CUSTOMER": pa.array(random.integers(1, 10**9, rows)),
        "KIND": pa.array(random.integers(0, 9999, rows)),
        "AMOUNT": decimals(random.integers(-(10**9), 10**11, rows), 2),
        "RATE": decimals(random.integers(1, 10**10, rows), 7),
        "CODE": texts(random, rows, 8, 20),
        "NOTE": with_nulls(random, texts(random, rows, 20, 60), 0.1),
        "CREATED": stamps(random, rows, 1_000_000),
        "CHANGED": with_nulls(random, stamps(random, rows, 1), 0.05),
        "HASH": blobs(random, rows, 16),
    }


def _narrow(random: Random, start: int, rows: int) -> dict[str, pa.Array]:
    return {
        "ID": pa.array(np.arange(start + 1, start + rows + 1)),
        "VALUE": pa.array(random.integers(0, 10**12, rows)),
    }


def _lob(random: Random, start: int, rows: int) -> dict[str, pa.Array]:
    return {
        "ID": pa.array(np.arange(start + 1, start + rows + 1)),
        "BODY": texts(random, rows, 3500, 4500),
        "IMAGE": blobs(random, rows, 2000),
    }


def _tiny(random: Random, start: int, rows: int) -> dict[str, pa.Array]:
    return {
        "ID": pa.array(np.arange(start + 1, start + rows + 1)),
        "NAME": texts(random, rows, 5, 30),
        "PRICE": decimals(random.integers(0, 10**6, rows), 2),
        "VALID_FROM": stamps(random, rows, 1_000_000),
    }


def _lineitem(random: Random, start: int, rows: int) -> dict[str, pa.Array]:
    line = np.arange(start, start + rows)
    day = 86_400_000_000
    return {
        "L_ORDERKEY": pa.array(line // 4 + 1),
        "L_PARTKEY": pa.array(random.integers(1, 200_000, rows)),
        "L_SUPPKEY": pa.array(random.integers(1, 10_000, rows)),
        "L_LINENUMBER": pa.array(line % 4 + 1),
        "L_QUANTITY": decimals(random.integers(100, 5001, rows), 2),
        "L_EXTENDEDPRICE": decimals(random.integers(90_000, 10_500_000, rows), 2),
        "L_DISCOUNT": decimals(random.integers(0, 11, rows), 2),
        "L_TAX": decimals(random.integers(0, 9, rows), 2),
        "L_RETURNFLAG": words(random, rows, "A", "N", "R"),
        "L_LINESTATUS": words(random, rows, "O", "F"),
        "L_SHIPDATE": stamps(random, rows, day),
        "L_COMMITDATE": stamps(random, rows, day),
        "L_RECEIPTDATE": stamps(random, rows, day),
        "L_SHIPINSTRUCT": words(random, rows, "DELIVER IN PERSON", "COLLECT COD", "NONE"),
        "L_SHIPMODE": words(random, rows, "AIR", "MAIL", "RAIL", "SHIP", "TRUCK", "FOB"),
        "L_COMMENT": texts(random, rows, 10, 43),
    }


SETS = {
    found.name: found
    for found in (
        DataSet(
            "mixed",
            2_000_000,
            "CREATE TABLE {table} (id NUMBER(18) NOT NULL, customer NUMBER(9) NOT NULL,"
            " kind NUMBER(4), amount NUMBER(12,2), rate NUMBER, code VARCHAR2(20),"
            " note VARCHAR2(60), created DATE, changed TIMESTAMP(6), hash RAW(16))",
            _mixed,
        ),
        DataSet(
            "narrow",
            5_000_000,
            "CREATE TABLE {table} (id NUMBER(18) NOT NULL, value NUMBER(18) NOT NULL)",
            _narrow,
        ),
        DataSet(
            "lob",
            100_000,
            "CREATE TABLE {table} (id NUMBER(18) NOT NULL, body CLOB, image BLOB)",
            _lob,
        ),
        DataSet(
            "tiny",
            100,
            "CREATE TABLE {table} (id NUMBER(9) NOT NULL PRIMARY KEY, name VARCHAR2(30),"
            " price NUMBER(8,2), valid_from DATE)",
            _tiny,
            tables=1_000,
        ),
        DataSet(
            "lineitem",
            1_000_000,
            "CREATE TABLE {table} (l_orderkey NUMBER(10) NOT NULL, l_partkey NUMBER(10) NOT NULL,"
            " l_suppkey NUMBER(10) NOT NULL, l_linenumber NUMBER(10) NOT NULL,"
            " l_quantity NUMBER(15,2) NOT NULL, l_extendedprice NUMBER(15,2) NOT NULL,"
            " l_discount NUMBER(15,2) NOT NULL, l_tax NUMBER(15,2) NOT NULL,"
            " l_returnflag CHAR(1) NOT NULL, l_linestatus CHAR(1) NOT NULL,"
            " l_shipdate DATE NOT NULL, l_commitdate DATE NOT NULL, l_receiptdate DATE NOT NULL,"
            " l_shipinstruct CHAR(25) NOT NULL, l_shipmode CHAR(10) NOT NULL,"
            " l_comment VARCHAR2(44) NOT NULL)",
            _lineitem,
        ),
    )
}
