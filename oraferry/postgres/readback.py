"""Count and digest per chunk, from the values that PostgreSQL gives back as text."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as csv

from oraferry.canonical import RowDigest, group_digests, target_sql, target_text
from oraferry.model import Digest, TablePlan
from oraferry.postgres.session import quote, quote_table, translated

BLOCK_BYTES = 4 * 1024 * 1024


def add_digests(connection: psycopg.Connection[Any], plan: TablePlan, chunks: ChunkDigests) -> None:
    """One pass over the table, into *chunks*."""
    with translated(f"reading {plan.target.ref} back"):
        for block in read_blocks(connection, plan, ["xmin::text"]):
            keys = block.column(0)
            columns = [
                target_text(block.column(i + 1), c.target.type) for i, c in enumerate(plan.columns)
            ]
            for xid, digest in group_digests(keys, columns).items():
                chunks.merge(str(xid), digest)


class ChunkDigests:
    """
    Digests per chunk. Rows are told apart by xmin, the transaction that wrote them, which the
    ledger holds per chunk. Rows of other transactions are not ours: with the modes ``append``
    and ``upsert`` they may have been there before; else they should not be there, and are
    given under the number 0.
    """

    def __init__(self, mode: str, tasks: Mapping[str, int]) -> None:
        """*tasks*: the numbers of the chunks by their transactions."""
        self._mode = mode
        self._tasks = tasks
        self._found = {number: RowDigest() for number in self._tasks.values()}
        self._strangers = RowDigest()

    def merge(self, xid: str, digest: RowDigest) -> None:
        """Rows that transaction *xid* wrote."""
        number = self._tasks.get(xid)
        (self._strangers if number is None else self._found[number]).merge(digest)

    def result(self) -> dict[int, Digest]:
        """By task number; rows that nobody speaks for under 0."""
        if self._strangers.rows and self._mode not in ("append", "upsert"):
            self._found[0] = self._strangers
        return {number: digest.digest() for number, digest in self._found.items()}


def read_blocks(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    first: Sequence[str],
    where: str | None = None,
) -> Iterator[pa.RecordBatch]:
    """The table as batches of text: the expressions *first*, then each column's expression."""
    items = [*first, *(target_sql(quote(c.target.name), c.target.type) for c in plan.columns)]
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    condition = f" WHERE {where}" if where else ""
    statement = (
        f"COPY (SELECT {', '.join(items)} FROM {table}{condition}) TO STDOUT "
        f"(FORMAT csv, FORCE_QUOTE *, ENCODING 'UTF8')"
    )
    buffer = bytearray()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in copy:
            buffer += row
            if len(buffer) >= BLOCK_BYTES:
                yield _parse(buffer, len(items))
                buffer = bytearray()
    if buffer:
        yield _parse(buffer, len(items))


def _parse(data: bytearray, columns: int) -> pa.RecordBatch:
    names = [f"f{i}" for i in range(columns)]
    table = csv.read_csv(
        io.BytesIO(data),
        read_options=csv.ReadOptions(column_names=names, block_size=max(len(data) + 1, 1024)),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        # Everything is quoted but NULL, so '' and NULL stay apart.
        convert_options=csv.ConvertOptions(
            column_types={name: pa.large_string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return table.combine_chunks().to_batches()[0]
