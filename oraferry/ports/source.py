"""A database that rows leave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq
from typing import Protocol

import pyarrow as pa

from oraferry.model import (
    Chunk,
    Column,
    DataType,
    Digest,
    Duplicates,
    Sequence,
    Table,
    TablePlan,
    TableRef,
)
from oraferry.ports.careful import CarefulBatch
from oraferry.ports.endpoint import ServerInfo
from oraferry.ports.totals import ColumnTotals


class Source(Protocol):
    """A database that rows leave. Raises SourceError subclasses (see errors.py)."""

    def describe(self) -> ServerInfo:
        """Version, character set, user, and what this user cannot do."""

    def list_tables(self, schema: str) -> list[TableRef]:
        """The schema's own tables that can be moved, sorted; RequestError: no such schema."""

    def get_tables(self, refs: Seq[TableRef]) -> dict[TableRef, Table]:
        """All of *refs*, in few round trips; TableNotFound names every missing one."""

    def get_table_ddl(self, ref: TableRef) -> str:
        """CREATE TABLE as Oracle writes it, or rendered from the dictionary where not allowed."""

    def list_sequences(self, schema: str) -> list[Sequence]:
        """The schema's sequences, without those behind identity columns."""

    def take_snapshot(self) -> int:
        """The SCN that all reads of a job use."""

    def describe_expressions(
        self, table: Table, expressions: Mapping[str, str], where: str | None
    ) -> dict[str, DataType]:
        """
        What Oracle makes of SQL over *table*: the type of each expression. RequestError, in
        Oracle's words, when an expression or *where* is wrong.
        """

    def describe_query(self, table: Table) -> tuple[Column, ...]:
        """The columns of ``table.query``; RequestError in Oracle's words."""

    def read_load(self) -> float | None:
        """Per cent of the source host's CPU that are busy; None where it is not told."""

    def has_past(self, table: Table) -> bool:
        """True when *table*, a view perhaps, can be read AS OF SCN."""

    def plan_chunks(self, plan: TablePlan, scn: int, chunk_rows: int, rows: int) -> list[Chunk]:
        """
        Split the plan's *rows* rows so that each that is visible at *scn* is in exactly one
        chunk.

        *scn* was taken before this call: extents added later hold only newer rows.
        """

    def count_rows(self, plans: Seq[TablePlan], scn: int) -> dict[int, int]:
        """COUNT(*) AS OF SCN by the plans' numbers, with each plan's WHERE; in few round trips."""

    def split_chunk(self, plan: TablePlan, chunk: Chunk, parts: int) -> list[Chunk]:
        """About *parts* chunks that hold exactly the rows of *chunk*; none: it cannot be cut."""

    def find_uncovered(self, plan: TablePlan, chunks: Seq[Chunk]) -> list[Chunk]:
        """Chunks for rows that may have come since *chunks* were planned, and are in none."""

    def read_batches(self, plan: TablePlan, chunk: Chunk, scn: int) -> Iterator[pa.RecordBatch]:
        """
        The chunk's rows at *scn*: one Arrow column per ``plan.columns``, in that order, of
        the type that the column's rule fetches (``TypeRule.fetch``). NULL and empty LOBs
        stay different. Raises SourceDataError where a value cannot be read exactly.
        """

    def sample_rows(self, plan: TablePlan, percent: float) -> TablePlan | None:
        """The plan of about *percent* of its rows, the same each time; None: not possible."""

    def find_duplicates(self, plan: TablePlan, scn: int, examples: int) -> Iterable[Duplicates]:
        """Per key of the target that the source does not enforce: rows that repeat another's."""

    def read_carefully(self, plan: TablePlan, chunk: Chunk, scn: int) -> Iterator[CarefulBatch]:
        """
        The same rows, with their ROWIDs where they have any; a row that cannot be read is
        given as a reject instead of an error, where ROWIDs allow to find it.
        """

    def total_columns(self, plan: TablePlan, scn: int, charset: str) -> dict[str, ColumnTotals]:
        """Count, extremes and total of each column (canonical/aggregates.py), by its name."""

    def digest_inside(self, plan: TablePlan, chunk: Chunk, scn: int, charset: str) -> Digest:
        """
        Count and digest of the chunk's rows, hashed by Oracle itself from texts that it writes
        (canonical/inside.py); *charset* is the database's.
        """

    def close(self) -> None:
        """Give the session back; never raises."""
