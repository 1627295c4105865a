"""Rows with large LOBs: each LOB is read in pieces, by its locator, into a file.

The driver's Arrow fetch holds a whole value several times in memory. So rows whose LOBs are
larger than a batch should be are left out of it and read one by one, if they have ROWIDs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import oracledb
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.errors import SourceDataError
from oraferry.model import ColumnPlan, TablePlan
from oraferry.oracle.clauses import ROWID, and_also, column_sql
from oraferry.oracle.session import Session
from oraferry.spool import Spool

# Bytes that one unit of GETLENGTH may take: a UCS-2 unit is at most 3 bytes of UTF-8.
MEASURED = {"BLOB": 1, "CLOB": 3, "NCLOB": 3}
LOB_LIMIT = 1 << 30  # bytes or characters: from here on no column of PostgreSQL holds it
FETCHED = 10_000  # lengths at once
Sizes = npt.NDArray[np.int64]
PIECE = 1 << 20  # bytes of a BLOB, UCS-2 units of a CLOB


def list_lobs(plan: TablePlan) -> list[ColumnPlan]:
    """The columns whose values may be large, and can be read in pieces."""
    return [column for column in plan.columns if column.source.type.name in MEASURED]


def size_sql(plan: TablePlan) -> str:
    """The bytes that the LOBs of a row may take."""
    return " + ".join(
        f"NVL(DBMS_LOB.GETLENGTH({column_sql(lob.source)}), 0) * {MEASURED[lob.source.type.name]}"
        for lob in list_lobs(plan)
    )


def measure_lobs(
    session: Session, plan: TablePlan, source: str, condition: str, binds: dict[str, Any]
) -> Sizes:
    """
    Bytes that the LOBs of each row of a condition may take; none for a table without LOBs.

    SourceDataError when one of them cannot be loaded anyway: it must not be fetched. One cheap
    statement (lengths stand in the rows' locators) buys a bound on memory: the driver takes the
    size of a batch in rows, before it has seen any.
    """
    lobs = list_lobs(plan)
    if not lobs:
        return np.zeros(0, np.int64)
    items = [f"DBMS_LOB.GETLENGTH({column_sql(lob.source)})" for lob in lobs]
    listed = ", ".join(f"{item} AS x{i}" for i, item in enumerate(items))
    schema = pa.schema([(f"X{i}", pa.int64()) for i in range(len(lobs))])
    found = [np.zeros(0, np.int64)]
    for frame in session.connection.fetch_df_batches(
        f"SELECT {listed} FROM {source}{condition}", binds, size=FETCHED, requested_schema=schema
    ):
        lengths = [np.asarray(pc.fill_null(column, 0)) for column in pa.table(frame).columns]
        if any(length.max(initial=0) >= LOB_LIMIT for length in lengths):
            raise SourceDataError(
                f"{plan.source.ref}: a LOB is larger than the 1 GB that PostgreSQL's columns hold",
                hint="let the row be set aside (max_bad_rows), and move the LOB by hand",
                context={"table": str(plan.source.ref), "code": "too-long"},
            )
        factors = [MEASURED[lob.source.type.name] for lob in lobs]
        found.append(np.stack(lengths, axis=1) @ np.array(factors, np.int64))
    return np.concatenate(found)


@dataclass(frozen=True, slots=True)
class LargeRows:
    """Reads rows of *plan* by ROWID; *source* and *binds* are FROM and what it asks for."""

    session: Session
    plan: TablePlan
    source: str
    binds: Mapping[str, Any]

    def small_sql(self, limit: int) -> str:
        """A condition that leaves out the rows whose LOBs take more bytes than *limit*."""
        return f"{size_sql(self.plan)} <= {limit}"

    def list_rowids(self, condition: str, limit: int) -> list[str]:
        """Where the other rows of a condition are."""
        large = and_also(condition, f"{size_sql(self.plan)} > {limit}")
        statement = f"SELECT {ROWID} FROM {self.source}{large}"
        return [str(row[0]) for row in self.session.query(statement, **self.binds)]

    def find(self, rowid: str) -> dict[str, Any]:
        """The binds of a statement that finds one row by ``:r``."""
        return {"r": rowid, **{n: value for n, value in self.binds.items() if n == "scn"}}

    def lost(self) -> SourceDataError:
        """What to say when the row is not there any more."""
        return SourceDataError(
            f"{self.plan.source.ref}: a row with a large LOB was not found again by its ROWID",
            hint="a table that is not read AS OF SCN must not change while it is read",
            context={"table": str(self.plan.source.ref)},
        )

    def read_lobs(self, rowid: str) -> Iterator[pa.Array]:
        """The LOBs of one row, in the order of their columns, as arrays of one value."""
        lobs = list_lobs(self.plan)
        items = ", ".join(f"{column_sql(lob.source)} AS x{i}" for i, lob in enumerate(lobs))
        statement = f"SELECT {items} FROM {self.source} WHERE t.ROWID = :r"
        with self.session.connection.cursor() as cursor:
            cursor.execute(statement, self.find(rowid), fetch_lobs=True)
            row = cursor.fetchone()
            if row is None:
                raise self.lost()
            for lob, locator in zip(lobs, row, strict=True):
                is_text = lob.source.type.name != "BLOB"
                yield _array(locator, is_text=is_text)


def _array(locator: oracledb.LOB | None, *, is_text: bool) -> pa.Array:
    type = pa.large_string() if is_text else pa.large_binary()
    if locator is None:
        return pa.nulls(1, type)
    spool = Spool()
    for piece in _texts(locator) if is_text else _bytes(locator):
        spool.write(piece)
    offsets = pa.py_buffer(np.array([0, spool.size], np.int64))
    return pa.Array.from_buffers(type, 1, [None, offsets, spool.buffer()])


def _bytes(locator: oracledb.LOB) -> Iterator[bytes]:
    for start in range(0, locator.size(), PIECE):
        piece = locator.read(start + 1, PIECE)
        assert isinstance(piece, bytes)
        yield piece


def _texts(locator: oracledb.LOB) -> Iterator[bytes]:
    done, size = 0, locator.size()
    while done < size:
        text = _text(locator, done + 1, min(PIECE, size - done))
        # Oracle counts units of 16 bits, of which a character beyond U+FFFF takes two.
        units = len(text.encode("utf-16-le")) // 2
        if units == 0:
            raise SourceDataError(
                "a CLOB ended before its length was read",
                hint="look at the value in the source",
            )
        yield text.encode()
        done += units


def _text(locator: oracledb.LOB, offset: int, amount: int) -> str:
    """*amount* units, or one less where the last one is half of a character."""
    try:
        text = locator.read(offset, amount)
    except UnicodeDecodeError:
        text = locator.read(offset, amount - 1)
    assert isinstance(text, str)
    return text
