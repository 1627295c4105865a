"""A database that rows enter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Seq
from contextlib import AbstractContextManager
from typing import Protocol

import pyarrow as pa

from oraferry.model import (
    BadRowLimits,
    Digest,
    ForeignKey,
    Sequence,
    StoredReject,
    Table,
    TablePlan,
    TableRef,
    Task,
)
from oraferry.ports.careful import CarefulRows
from oraferry.ports.endpoint import ServerInfo
from oraferry.ports.loaded import Addresses, LedgerEntry, LoadedTable, StoredRows
from oraferry.ports.repair import Repair, RepairDone, RepairStage
from oraferry.ports.totals import BucketTotals, ColumnTotals, Hashes


class Target(Protocol):
    """A database that rows enter. Raises TargetError subclasses (see errors.py)."""

    def describe(self) -> ServerInfo:
        """Version, encoding, user."""

    def find_tables(self, refs: Seq[TableRef]) -> dict[TableRef, Table]:
        """Those of *refs* that exist (views and foreign tables included)."""

    def get_table_ddl(self, ref: TableRef) -> str:
        """CREATE TABLE with keys and indexes, rendered from the catalog; TableNotFound."""

    def has_rows(self, ref: TableRef) -> bool:
        """True when at least one row is there."""

    def refuse_obstacles(self, plans: Seq[TablePlan]) -> None:
        """
        SchemaIncompatible or TargetRefused for what no load of *plans* could pass: a target
        that is no table, a missing right, what a TRUNCATE or an upsert would be refused for.
        """

    def prepare(self) -> None:
        """Create the ledger (schema ``oraferry``) if it is missing; safe to run at once twice."""

    def create_tables(self, tables: Seq[Table], *, unlogged: bool = False) -> None:
        """
        Create schemas and tables without keys, checks and indexes; all or nothing. A table
        that exists already is left alone: the plan is run again after a crash.
        """

    def pull_levers(self, plan: TablePlan, job_id: str) -> list[str]:
        """
        Drop or disable what is in the way of the load, as the plan's levers allow, and record
        how it comes back; a sentence for each that stays. Safe to repeat.
        """

    def restore_levers(self, plan: TablePlan, job_id: str) -> list[str]:
        """Bring back what ``pull_levers`` took of the table; a sentence for what is not."""

    def restore_job(self, job_id: str) -> list[str]:
        """The same for all tables of a job that has ended early."""

    def set_logged(self, plan: TablePlan) -> None:
        """A table that the levers made UNLOGGED is logged again."""

    def truncate_tables(self, refs: Seq[TableRef]) -> None:
        """Empty the tables in one transaction."""

    def copy_chunk(
        self,
        plan: TablePlan,
        task: Task,
        batches: Iterable[pa.RecordBatch],
        summary: Callable[[], tuple[Digest, dict[str, int]]],
    ) -> LedgerEntry:
        """
        COPY *batches* (Arrow columns in ``typemap.load`` form, one per plan column) and the
        ledger row in one transaction. *summary* is called after the last batch. A chunk
        that the ledger already holds is not loaded again: its entry is returned. A previous
        claimant's session (``task.attempt > 1``) is ended first. CopyRejected when the row
        count PostgreSQL reports differs from the rows sent.
        """

    def copy_chunk_carefully(
        self, plan: TablePlan, task: Task, rows: CarefulRows, limits: BadRowLimits, *, probes: bool
    ) -> LedgerEntry:
        """
        As ``copy_chunk``, but rows that are refused go into the quarantine table, in the same
        transaction. *probes*: first find the rows that the target refuses, by loading them
        under savepoints that are rolled back. TooManyBadRows when the table or the job would
        have more than *limits* allow; then nothing of the chunk is in.
        """

    def make_durable(self, job_id: str, numbers: Seq[int]) -> None:
        """
        Return when the chunks *numbers*, whose transactions did not wait for the disk, are on
        it; TargetUnavailable when a crash of the server has taken some, which are to be loaded
        again.
        """

    def list_rejects(
        self, job_id: str, *, table_number: int | None = None, limit: int = 100, offset: int = 0
    ) -> list[StoredReject]:
        """Rows of the quarantine table, by task and number."""

    def retire_chunks(self, plan: TablePlan, job_id: str, numbers: Seq[int]) -> int:
        """
        Remove the rows that the chunks *numbers* brought in, exactly, and keep whoever still
        has one of them from bringing them in again. How many rows; TargetError when others
        changed them meanwhile. Safe to repeat. ``copy_chunk`` does so for ``task.replaces``.
        """

    def read_ledger(self, job_id: str, table_number: int | None = None) -> list[LedgerEntry]:
        """The chunks that are in."""

    def hashes_rows(self, plan: TablePlan) -> bool:
        """
        True when the digests of the plan's rows are sums of hashes that the target computes
        itself (canonical/rowhash.py); False when they are taken of canonical text.
        """

    def look_back(self, plan: TablePlan, task: Task) -> None:
        """
        Hash what is stored of a chunk that is in, and record it in the ledger; ``read_tables``
        then counts its rows only. Does nothing where ``hashes_rows`` is False.
        """

    def read_tables(self, plans: Seq[TablePlan], job_id: str) -> dict[int, LoadedTable]:
        """What is there of each table, by the plans' numbers; several in few round trips."""

    def snapshot(self) -> AbstractContextManager[None]:
        """All reads within the block see the target as it was when it was entered."""

    def count_rows(self, plan: TablePlan) -> int:
        """COUNT(*)."""

    def sum_buckets(self, plan: TablePlan, buckets: int) -> BucketTotals:
        """
        Count and sums of the row hashes by bucket of the hash (canonical/buckets.py), taken
        as ``hashes_rows`` says. Needs the right to read, no more.
        """

    def list_hashes(
        self, plan: TablePlan, buckets: int, wanted: Seq[int]
    ) -> Iterator[tuple[Hashes, Addresses]]:
        """
        The hashes of the rows in the buckets *wanted*, and where each of the rows is; in blocks,
        at least one.
        """

    def total_columns(self, plan: TablePlan, charset: str) -> dict[str, ColumnTotals]:
        """As ``Source.total_columns`` takes them, by the source's names."""

    def digest_inside(self, plan: TablePlan, charset: str) -> Digest:
        """Count and digest of all rows, as ``Source.digest_inside`` takes them."""

    def read_stored(self, plan: TablePlan, addresses: Addresses) -> Iterator[StoredRows]:
        """The rows at *addresses*, in no order."""

    def prepare_repairs(self) -> None:
        """Create the repairs' ledger if it is missing."""

    def find_repair_obstacle(self, plan: TablePlan) -> str | None:
        """Why the table cannot be repaired row by row; None when it can. Changes nothing."""

    def stage_repair(self, plan: TablePlan) -> AbstractContextManager[RepairStage]:
        """A place on this session to gather a repair, gone after the block."""

    def apply_repairs(self, repairs: Seq[Repair], *, lock_seconds: float) -> list[RepairDone]:
        """
        All of *repairs* and their ledger entries in one transaction: extra rows leave, changed
        ones get the source's values in the columns that differ, missing ones come. Before the
        COMMIT each table is read again. RepairRefused, with nothing changed, when a row was
        changed meanwhile, or the table does not come right.
        """

    def analyze_tables(self, plans: Seq[TablePlan]) -> None:
        """Statistics for the planner, of the tables and their indexed expressions."""

    def finish_tables(self, plans: Seq[TablePlan]) -> dict[int, list[str]]:
        """
        Keys, unique constraints, checks, indexes and comments of tables that the job
        created; skips what exists. By the plans' numbers, one sentence for each object that
        could not be made, with the reason. Several tables are one transaction, if it goes well.
        """

    def add_foreign_keys(self, plan: TablePlan, keys: Seq[ForeignKey]) -> list[str]:
        """Foreign keys after all tables are loaded; as ``finish_tables``."""

    def set_sequences(self, wanted: Seq[Sequence], plans: Seq[TablePlan]) -> list[str]:
        """
        Create sequences, and set them and those that number columns past source and data; what
        was there is only moved forward. A sentence for each that could not be.
        """

    def close(self) -> None:
        """Give the session back; never raises."""
