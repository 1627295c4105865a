"""PostgresTarget: the Target port, thin."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Seq
from typing import Any

import psycopg
import pyarrow as pa

from oraferry.canonical import can_hash
from oraferry.errors import TargetError
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
from oraferry.ports import (
    Addresses,
    BucketTotals,
    CarefulRows,
    ColumnTotals,
    Hashes,
    LedgerEntry,
    LoadedTable,
    Repair,
    RepairDone,
    RepairStage,
    ServerInfo,
    StoredRows,
    TargetEndpoint,
)
from oraferry.postgres import (
    aggregates,
    careful,
    catalog,
    copier,
    ddl,
    durable,
    finish,
    hashed,
    inside,
    levers,
    loaded,
    lookback,
    obstacles,
    quarantine,
    repairing,
    retiring,
    rowhash,
    sequences,
    staging,
    standstill,
)
from oraferry.postgres.session import (
    connect,
    create_schema,
    quote_table,
    safe_dsn,
    sql_text,
    translated,
)

TABLES_AT_ONCE = 100  # created in one round trip


class PostgresTarget:
    """A PostgreSQL database to write to, over one session."""

    def __init__(self, endpoint: TargetEndpoint) -> None:
        self._endpoint = endpoint
        self._hashes: bool | None = None
        self._has_ledger = False
        self._connection: psycopg.Connection[Any] = connect(endpoint.dsn)

    def describe(self) -> ServerInfo:
        """Version, encoding, user."""
        with translated("asking PostgreSQL for its version"):
            row = self._connection.execute(
                "SELECT current_setting('server_version'), current_user, "
                "pg_encoding_to_char(d.encoding) FROM pg_database d "
                "WHERE d.datname = current_database()"
            ).fetchone()
        assert row
        notes = () if row[2] == "UTF8" else (f"the database's encoding is {row[2]}, not UTF8",)
        return ServerInfo(
            "PostgreSQL",
            str(row[0]).split()[0],
            row[1],
            safe_dsn(self._endpoint.dsn),
            row[2],
            notes,
        )

    def find_tables(self, refs: Seq[TableRef]) -> dict[TableRef, Table]:
        """Those of *refs* that exist."""
        return catalog.find_tables(self._connection, refs)

    def get_table_ddl(self, ref: TableRef) -> str:
        """CREATE TABLE with keys and indexes; TableNotFound."""
        return catalog.get_postgres_table_ddl(self._connection, ref)

    def has_rows(self, ref: TableRef) -> bool:
        """True when at least one row is there."""
        with translated(f"looking into {ref}"):
            row = self._connection.execute(
                f"SELECT EXISTS (SELECT 1 FROM {quote_table(ref.schema, ref.name)})"
            ).fetchone()
        return bool(row and row[0])

    def refuse_obstacles(self, plans: Seq[TablePlan]) -> None:
        """SchemaIncompatible or TargetRefused for what no load of the plans could pass."""
        obstacles.refuse_obstacles(self._connection, plans)

    def prepare(self) -> None:
        """Create the ledger if it is missing; two may do so at once."""
        with translated("creating the ledger"), self._connection.transaction():
            # Two CREATE … IF NOT EXISTS at once can both find nothing and one then fails.
            self._connection.execute("SELECT pg_advisory_xact_lock(7236190)")
            create_schema(self._connection, "oraferry")
            self._connection.execute(sql_text("prepare"))

    def _upgrade_ledger(self) -> None:
        # A job that an older version planned goes on: its ledger lacks what is new.
        if not self._has_ledger:
            with translated("looking for the ledger"):
                row = self._connection.execute("SELECT to_regclass('oraferry.lookback')").fetchone()
            if row is None or row[0] is None:
                self.prepare()
            self._has_ledger = True

    def create_tables(self, tables: Seq[Table], *, unlogged: bool = False) -> None:
        """Schemas and tables, all or nothing; what exists is left alone."""
        existing = self.find_tables([t.ref for t in tables])
        with translated("creating tables"), self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(7236190)")
            for schema in sorted({t.ref.schema for t in tables}):
                create_schema(self._connection, schema)
            for sequence in sequences.sequences_of_defaults(tables):
                self._connection.execute(
                    f"CREATE SEQUENCE IF NOT EXISTS {quote_table(sequence.schema, sequence.name)}"
                )
            missing = [table for table in tables if table.ref not in existing]
            for start in range(0, len(missing), TABLES_AT_ONCE):
                part = missing[start : start + TABLES_AT_ONCE]
                statements = [ddl.render_table(table, is_unlogged=unlogged) for table in part]
                self._connection.execute(";\n".join(statements))

    def pull_levers(self, plan: TablePlan, job_id: str) -> list[str]:
        """Drop or disable what the plan's levers name, and record it."""
        return levers.pull(self._connection, plan, job_id)

    def restore_levers(self, plan: TablePlan, job_id: str) -> list[str]:
        """Bring back what ``pull_levers`` took of the table."""
        with levers.tuned(self._connection, plan):
            return levers.restore(self._connection, job_id, plan.number)

    def restore_job(self, job_id: str) -> list[str]:
        """Bring back what the levers took of all tables."""
        return levers.restore(self._connection, job_id)

    def set_logged(self, plan: TablePlan) -> None:
        """A table that the levers made UNLOGGED is logged again."""
        levers.set_logged(self._connection, plan)

    def truncate_tables(self, refs: Seq[TableRef]) -> None:
        """Empty the tables in one transaction."""
        if not refs:
            return
        names = ", ".join(quote_table(r.schema, r.name) for r in refs)
        with translated(f"truncating {len(refs)} tables"):
            try:
                self._connection.execute(f"TRUNCATE {names}")
            except psycopg.errors.FeatureNotSupported as error:
                raise TargetError(
                    "a table to be truncated is referenced by foreign keys of tables that are not",
                    hint="add those tables to the request, or drop the foreign keys first",
                ) from error

    def copy_chunk(
        self,
        plan: TablePlan,
        task: Task,
        batches: Iterable[pa.RecordBatch],
        summary: Callable[[], tuple[Digest, dict[str, int]]],
    ) -> LedgerEntry:
        """COPY and ledger row in one transaction; a chunk that is in is not loaded again."""
        self._upgrade_ledger()
        return copier.copy_chunk(self._connection, plan, task, batches, summary)

    def copy_chunk_carefully(
        self, plan: TablePlan, task: Task, rows: CarefulRows, limits: BadRowLimits, *, probes: bool
    ) -> LedgerEntry:
        """COPY what can be loaded, set the rest aside, ledger row, in one transaction."""
        self._upgrade_ledger()
        return careful.copy_chunk_carefully(
            self._connection, plan, task, rows, limits, probes=probes
        )

    def make_durable(self, job_id: str, numbers: Seq[int]) -> None:
        """Wait until chunks that did not wait for the disk are on it."""
        durable.make_durable(self._connection, job_id, numbers)

    def retire_chunks(self, plan: TablePlan, job_id: str, numbers: Seq[int]) -> int:
        """Remove the rows of chunks, for good; how many rows."""
        return retiring.retire_chunks(self._connection, plan, job_id, numbers)

    def list_rejects(
        self, job_id: str, *, table_number: int | None = None, limit: int = 100, offset: int = 0
    ) -> list[StoredReject]:
        """Rows of the quarantine table, by task and number."""
        return quarantine.list_rejects(
            self._connection, job_id, table_number=table_number, limit=limit, offset=offset
        )

    def read_ledger(self, job_id: str, table_number: int | None = None) -> list[LedgerEntry]:
        """The chunks that are in."""
        with translated("reading the ledger"):
            rows = self._connection.execute(
                sql_text("read_ledger"), {"job_id": job_id, "table_number": table_number}
            ).fetchall()
        return [LedgerEntry(*row) for row in rows]

    def hashes_rows(self, plan: TablePlan) -> bool:
        """True when the server's own hashes tell the plan's rows apart."""
        if self._hashes is None:
            self._hashes = rowhash.hashes_as_expected(self._connection)
        return self._hashes and can_hash(plan.columns)

    def look_back(self, plan: TablePlan, task: Task) -> None:
        """Hash what is stored of a chunk that is in, and record it."""
        if self.hashes_rows(plan):
            lookback.look_back(self._connection, plan, task.job_id, task.number)

    def read_tables(self, plans: Seq[TablePlan], job_id: str) -> dict[int, LoadedTable]:
        """Ledger, digests of the values read back, rows set aside; by the plans' numbers."""
        self._upgrade_ledger()
        by_hash = {plan.number for plan in plans if self.hashes_rows(plan)}
        return loaded.read_tables(self._connection, plans, job_id, by_hash)

    def snapshot(self) -> contextlib.AbstractContextManager[None]:
        """All reads within the block see the same rows."""
        return hashed.snapshot(self._connection)

    def count_rows(self, plan: TablePlan) -> int:
        """COUNT(*)."""
        return hashed.count_rows(self._connection, plan)

    def sum_buckets(self, plan: TablePlan, buckets: int) -> BucketTotals:
        """Count and sums of the row hashes by bucket of the hash."""
        by_hash = self.hashes_rows(plan)
        return hashed.sum_buckets(self._connection, plan, buckets, by_hash=by_hash)

    def list_hashes(
        self, plan: TablePlan, buckets: int, wanted: Seq[int]
    ) -> Iterator[tuple[Hashes, Addresses]]:
        """The hashes of the rows in the buckets *wanted*, and where each row is; in blocks."""
        by_hash = self.hashes_rows(plan)
        return hashed.list_hashes(self._connection, plan, buckets, wanted, by_hash=by_hash)

    def total_columns(self, plan: TablePlan, charset: str) -> dict[str, ColumnTotals]:
        """Count, extremes and total of each column, by the source's names."""
        return aggregates.total_columns(self._connection, plan, charset)

    def digest_inside(self, plan: TablePlan, charset: str) -> Digest:
        """Count and digest of all rows, of texts that Oracle writes too."""
        return inside.digest_inside(self._connection, plan, charset)

    def read_stored(self, plan: TablePlan, addresses: Addresses) -> Iterator[StoredRows]:
        """The rows at *addresses*, in no order."""
        return hashed.read_stored(self._connection, plan, addresses)

    def prepare_repairs(self) -> None:
        """Create the repairs' ledger if it is missing; who only uses it needs not own it."""
        with translated("looking for the ledger"):
            row = self._connection.execute("SELECT to_regclass('oraferry.repair')").fetchone()
        if row is None or row[0] is None:
            self.prepare()

    def find_repair_obstacle(self, plan: TablePlan) -> str | None:
        """Why the table cannot be repaired row by row; None when it can."""
        return standstill.find_obstacle(self._connection, plan)

    def stage_repair(self, plan: TablePlan) -> contextlib.AbstractContextManager[RepairStage]:
        """A place to gather a repair, gone after the block."""
        return staging.stage_repair(self._connection, plan)

    def apply_repairs(self, repairs: Seq[Repair], *, lock_seconds: float) -> list[RepairDone]:
        """All of *repairs* and their ledger entries in one transaction."""
        return repairing.apply_repairs(self._connection, repairs, lock_seconds=lock_seconds)

    def analyze_tables(self, plans: Seq[TablePlan]) -> None:
        """Statistics for the planner."""
        finish.analyze_tables(self._connection, plans)

    def finish_tables(self, plans: Seq[TablePlan]) -> dict[int, list[str]]:
        """Keys, checks, indexes, comments; a sentence for each that failed."""
        return finish.finish_tables(self._connection, plans)

    def add_foreign_keys(self, plan: TablePlan, keys: Seq[ForeignKey]) -> list[str]:
        """Foreign keys after all tables are loaded."""
        return finish.add_foreign_keys(self._connection, plan, keys)

    def set_sequences(self, wanted: Seq[Sequence], plans: Seq[TablePlan]) -> list[str]:
        """Create and set sequences; set those of columns past source and data, never back."""
        return sequences.set_sequences(self._connection, wanted, plans)

    def close(self) -> None:
        """Give the session back; never raises."""
        with contextlib.suppress(psycopg.Error):
            self._connection.close()
