"""OracleSource: the Source port, thin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Seq

import oracledb
import pyarrow as pa

from oraferry.errors import ReadAgain
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
from oraferry.oracle import (
    aggregates,
    careful,
    catalog,
    checks,
    chunks,
    describe,
    inside,
    load,
    reader,
    splitting,
)
from oraferry.oracle.ddl import get_oracle_table_ddl
from oraferry.oracle.session import Session, safe_dsn, sql_text, translated
from oraferry.oracle.snapshot import WAYS, take_snapshot
from oraferry.oracle.widths import sample_lobs
from oraferry.ports import CarefulBatch, ColumnTotals, ServerInfo, SourceEndpoint

# A chunk that fails is read again from its start: wide rows make fewer rows of a chunk.
CHUNK_BYTES = 64 * 1024 * 1024
FEWEST_LOOKED_AT = 3


class OracleSource:
    """An Oracle database to read from, over one session."""

    def __init__(
        self,
        endpoint: SourceEndpoint,
        *,
        connect_timeout_seconds: float = 15.0,
        call_timeout_seconds: float = 0.0,
        batch_rows: int = 10_000,
        batch_bytes: int = 8 * 1024 * 1024,
    ) -> None:
        self._endpoint = endpoint
        self._batch_rows = batch_rows
        self._batch_bytes = batch_bytes
        self._session = Session(
            endpoint,
            connect_timeout_seconds=connect_timeout_seconds,
            call_timeout_seconds=call_timeout_seconds,
        )
        self._dba_views: bool | None = None
        self._text_moments: set[TableRef] = set()

    @property
    def has_dba_views(self) -> bool:
        """True when extents may be read: then any heap table splits without a key."""
        if self._dba_views is None:
            self._dba_views = self._session.can("SELECT 1 FROM dba_extents WHERE ROWNUM = 1")
        return self._dba_views

    def describe(self) -> ServerInfo:
        """Version, character set, user, and what this user cannot do."""
        with translated("asking Oracle for its version"):
            charsets = dict(self._session.query(sql_text("charset")))
            notes = []
            if not self.has_dba_views:
                notes.append(
                    "DBA_EXTENTS is not readable: large tables without a key or partitions are "
                    "split by ORA_HASH(ROWID), and scanned for each part; GRANT "
                    "SELECT_CATALOG_ROLE to the user"
                )
            if not self._session.can(WAYS[0]) and not self._session.can(WAYS[1]):
                notes.append(
                    "the exact SCN is not readable, one up to 3 seconds old is used; "
                    "GRANT SELECT ON SYS.V_$DATABASE or EXECUTE ON DBMS_FLASHBACK to the user"
                )
        return ServerInfo(
            product="Oracle",
            version=str(self._session.connection.version),
            user=self._endpoint.user.upper(),
            database=safe_dsn(self._endpoint.dsn),
            charset=str(charsets.get("NLS_CHARACTERSET", "unknown")),
            notes=tuple(notes),
        )

    def list_tables(self, schema: str) -> list[TableRef]:
        """The schema's own tables that can be moved, sorted."""
        return catalog.list_tables(self._session, schema)

    def get_tables(self, refs: Seq[TableRef]) -> dict[TableRef, Table]:
        """All of *refs*; TableNotFound names every missing one."""
        return catalog.get_tables(self._session, refs)

    def get_table_ddl(self, ref: TableRef) -> str:
        """CREATE TABLE as Oracle writes it, or rendered from the dictionary."""
        return get_oracle_table_ddl(self._session, ref)

    def list_sequences(self, schema: str) -> list[Sequence]:
        """The schema's sequences, without those behind identity columns."""
        found = catalog.read_sequences(self._session, schema)
        return [s for s in found if not s.ref.name.startswith("ISEQ$$_")]

    def take_snapshot(self) -> int:
        """The SCN that all reads of a job use."""
        return take_snapshot(self._session)

    def describe_expressions(
        self, table: Table, expressions: Mapping[str, str], where: str | None
    ) -> dict[str, DataType]:
        """The type of each expression; RequestError in Oracle's words."""
        if not expressions and where is None:
            return {}
        scn = self.take_snapshot()
        return describe.describe_expressions(self._session, table, expressions, where, scn)

    def describe_query(self, table: Table) -> tuple[Column, ...]:
        """The columns of ``table.query``; RequestError in Oracle's words."""
        return describe.describe_query(self._session, table, self.take_snapshot())

    def read_load(self) -> float | None:
        """Per cent of the host's CPU that are busy; None where the views may not be read."""
        return load.read_load(self._session)

    def has_past(self, table: Table) -> bool:
        """True when *table* can be read AS OF SCN."""
        return describe.has_past(self._session, table, self.take_snapshot())

    def plan_chunks(self, plan: TablePlan, scn: int, chunk_rows: int, rows: int) -> list[Chunk]:
        """Every row visible at *scn* is in exactly one chunk."""
        if plan.chunking.rows is not None:
            return self._cut(plan, scn, chunk_rows, rows)
        guessed = min(chunk_rows, _rows_that_fit(plan))
        found = self._cut(plan, scn, guessed, rows)
        # A guess of its LOBs makes small chunks: it is not worth a look at those of a small table.
        if len(found) < FEWEST_LOOKED_AT:
            return found
        with translated(f"looking at the LOBs of {plan.source.ref}"):
            lob_bytes = sample_lobs(self._session, plan, scn, found)
        fitting = min(chunk_rows, _rows_that_fit(plan, lob_bytes))
        return found if fitting == guessed else self._cut(plan, scn, fitting, rows)

    def _cut(self, plan: TablePlan, scn: int, chunk_rows: int, rows: int) -> list[Chunk]:
        return chunks.plan_chunks(
            self._session, plan, scn, chunk_rows, rows, has_dba_views=lambda: self.has_dba_views
        )

    def count_rows(self, plans: Seq[TablePlan], scn: int) -> dict[int, int]:
        """COUNT(*) AS OF SCN by the plans' numbers, with each plan's WHERE."""
        with translated(f"counting {len(plans)} tables"):
            try:
                return chunks.count_all(self._session, plans, scn)
            except oracledb.DatabaseError as error:
                if getattr(error.args[0], "isrecoverable", False):
                    raise
        # One of them is the reason: its name belongs into the error.
        found = {}
        for plan in plans:
            with translated(f"counting {plan.source.ref}"):
                found[plan.number] = chunks.count(self._session, plan, scn)
        return found

    def split_chunk(self, plan: TablePlan, chunk: Chunk, parts: int) -> list[Chunk]:
        """Chunks that hold exactly the rows of *chunk*; none: it cannot be cut."""
        return splitting.split_chunk(
            self._session, plan, chunk, parts, has_dba_views=self.has_dba_views
        )

    def find_uncovered(self, plan: TablePlan, chunks: Seq[Chunk]) -> list[Chunk]:
        """Chunks for rows that may have come since *chunks* were planned."""
        partitions: list[str] = []
        if plan.source.partitioning is not None:
            now = self.get_tables([plan.source.ref])[plan.source.ref].partitioning
            partitions = [p.name for p in now.partitions] if now else []
        return splitting.find_uncovered(
            self._session, plan.source, list(chunks), partitions=partitions
        )

    def read_batches(self, plan: TablePlan, chunk: Chunk, scn: int) -> Iterator[pa.RecordBatch]:
        """The chunk's rows at *scn* as the rules fetch them."""
        key = plan.source.ref
        try:
            yield from reader.read_batches(
                self._session,
                plan,
                chunk,
                scn,
                most_rows=self._batch_rows,
                batch_bytes=self._batch_bytes,
                moments_as_text=key in self._text_moments,
            )
        except ReadAgain:
            self._text_moments.add(key)
            raise

    def sample_rows(self, plan: TablePlan, percent: float) -> TablePlan | None:
        """The plan of about *percent* of its rows, the same each time."""
        return checks.sample_rows(plan, percent)

    def find_duplicates(self, plan: TablePlan, scn: int, examples: int) -> Iterable[Duplicates]:
        """Rows that repeat a key which only the target has."""
        return checks.find_duplicates(self._session, plan, scn, examples)

    def read_carefully(self, plan: TablePlan, chunk: Chunk, scn: int) -> Iterator[CarefulBatch]:
        """The same rows with their ROWIDs; what cannot be read comes as a reject."""
        return careful.read_carefully(
            self._session,
            plan,
            chunk,
            scn,
            most_rows=self._batch_rows,
            batch_bytes=self._batch_bytes,
            moments_as_text=plan.source.ref in self._text_moments,
        )

    def total_columns(self, plan: TablePlan, scn: int, charset: str) -> dict[str, ColumnTotals]:
        """Count, extremes and total of each column, by its name."""
        return aggregates.total_columns(self._session, plan, scn, charset)

    def digest_inside(self, plan: TablePlan, chunk: Chunk, scn: int, charset: str) -> Digest:
        """Count and digest of the chunk's rows, hashed by Oracle itself."""
        return inside.digest_inside(self._session, plan, chunk, scn, charset)

    def close(self) -> None:
        """Give the session back; never raises."""
        self._session.close()


def _rows_that_fit(plan: TablePlan, lob_bytes: int | None = None) -> int:
    return max(1, CHUNK_BYTES // reader.row_width(plan, lob_bytes))
