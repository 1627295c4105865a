"""Reading with care: ROWIDs beside the rows, and the rows that cannot be read found by them.

A value that the driver cannot decode, or an expression that Oracle cannot evaluate, ends the
fetch and names no row. So the rows not handed out yet are read by ROWID range, and a range
that fails is halved until one row is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from oraferry.errors import ReadAgain, SourceDataError
from oraferry.model import Chunk, Reject, TablePlan
from oraferry.oracle.clauses import (
    ROWID,
    and_also,
    column_sql,
    from_clause,
    scn_binds,
)
from oraferry.oracle.large import LOB_LIMIT, LargeRows, list_lobs, measure_lobs
from oraferry.oracle.reader import (
    SelectList,
    batch_rows,
    conditions,
    read_batches,
    read_large_row,
    undecodable,
)
from oraferry.oracle.session import Session, translated
from oraferry.oracle.single import SingleRow
from oraferry.ports import CarefulBatch


def read_carefully(
    session: Session,
    plan: TablePlan,
    chunk: Chunk,
    scn: int,
    *,
    most_rows: int,
    batch_bytes: int,
    moments_as_text: bool = False,
) -> Iterator[CarefulBatch]:
    """
    The chunk's rows with their ROWIDs; what cannot be read comes as a reject.

    Rows without ROWIDs (views, index-organised tables) are read as ever: there an unreadable
    value is an error.
    """
    if not plan.source.has_rowids:
        yield from _without_rowids(session, plan, chunk, scn, most_rows, batch_bytes)
        return
    reading = _Reading(session, plan, chunk, scn, most_rows, batch_bytes, moments_as_text)
    for condition, binds in conditions(plan, chunk):
        yield from reading.read(condition, {**binds, **scn_binds(plan.source, scn)})


def _without_rowids(
    session: Session,
    plan: TablePlan,
    chunk: Chunk,
    scn: int,
    most_rows: int,
    batch_bytes: int,
) -> Iterator[CarefulBatch]:
    # With moments as text from the start if there are any: what was handed out once cannot
    # be told from the rest.
    for rows in read_batches(
        session,
        plan,
        chunk,
        scn,
        most_rows=most_rows,
        batch_bytes=batch_bytes,
        moments_as_text=True,
    ):
        yield CarefulBatch(rows, (None,) * rows.num_rows)


class _Reading:
    """One careful reading of a chunk."""

    def __init__(
        self,
        session: Session,
        plan: TablePlan,
        chunk: Chunk,
        scn: int,
        most_rows: int,
        batch_bytes: int,
        moments_as_text: bool,
    ) -> None:
        self._session = session
        self._plan = plan
        self._scn_binds = scn_binds(plan.source, scn)
        self._from = from_clause(plan.source, chunk.partition)
        self._what = f"reading {plan.source.ref} ({chunk})"
        self._rows = batch_rows(plan, most_rows, batch_bytes)
        self._bytes = batch_bytes
        self._as_text = moments_as_text

    def read(self, condition: str, binds: dict[str, Any]) -> Iterator[CarefulBatch]:
        """All rows of a condition: in one go as far as that goes, then piece by piece."""
        oversized = self._oversized(condition, binds)
        if oversized:
            yield self._without(*oversized)
            condition = and_also(condition, self._fits())
        if list_lobs(self._plan):
            yield from self._read_large(condition, binds)
            condition = and_also(condition, self._large(binds).small_sql(self._bytes))
        handed: set[str] = set()
        try:
            for batch in self._fetch(condition, binds):
                yield batch
                handed.update(rowid for rowid in batch.rowids if rowid)
            return
        except ReadAgain:
            self._as_text = True
        except SourceDataError:
            pass
        rest = [rowid for rowid in self._list_rowids(condition, binds) if rowid not in handed]
        for start in range(0, len(rest), self._rows):
            yield from self._read_piece(condition, binds, rest[start : start + self._rows])

    def _oversized(self, condition: str, binds: dict[str, Any]) -> list[Reject]:
        """Rows with a LOB that no column of PostgreSQL holds; they are not even fetched."""
        lobs = list_lobs(self._plan)
        lengths = [f"NVL(DBMS_LOB.GETLENGTH({column_sql(c.source)}), 0)" for c in lobs]
        if not lobs:
            return []
        items = ", ".join([ROWID, *lengths])
        large = " OR ".join(f"{length} >= {LOB_LIMIT}" for length in lengths)
        statement = f"SELECT {items} FROM {self._from}{and_also(condition, f'({large})')}"
        with translated(self._what):
            rows = self._session.query(statement, **binds)
        single = self._single(self._as_text)
        return [
            single.describe_oversized(str(rowid), dict(zip(lobs, map(int, sizes), strict=True)))
            for rowid, *sizes in rows
        ]

    def _large(self, binds: dict[str, Any]) -> LargeRows:
        return LargeRows(self._session, self._plan, self._from, binds)

    def _read_large(self, condition: str, binds: dict[str, Any]) -> Iterator[CarefulBatch]:
        """Rows with LOBs that are read in pieces."""
        rows = self._large(binds)
        with translated(self._what):
            rowids = rows.list_rowids(condition, self._bytes)
        for rowid in rowids:
            try:
                yield CarefulBatch(self._read_one(rows, rowid), (rowid,))
            except SourceDataError as error:
                yield self._without(self._single(self._as_text).describe(rowid, error))

    def _read_one(self, rows: LargeRows, rowid: str) -> pa.RecordBatch:
        try:
            with translated(self._what):
                select = SelectList(self._plan, as_text=self._as_text)
                return read_large_row(rows, rowid, select)
        except (ValueError, OverflowError) as error:
            if not self._as_text:
                self._as_text = True
                return self._read_one(rows, rowid)
            raise undecodable(self._plan, error, True) from error

    def _fits(self) -> str:
        return " AND ".join(
            f"NVL(DBMS_LOB.GETLENGTH({column_sql(c.source)}), 0) < {LOB_LIMIT}"
            for c in list_lobs(self._plan)
        )

    def _single(self, as_text: bool) -> SingleRow:
        return SingleRow(self._session, self._plan, self._from, self._scn_binds, as_text)

    def _without(self, *rejects: Reject) -> CarefulBatch:
        nothing = SelectList(self._plan, as_text=self._as_text).empty()
        return CarefulBatch(nothing, (), rejects)

    def _list_rowids(self, condition: str, binds: dict[str, Any]) -> list[str]:
        statement = f"SELECT {ROWID} FROM {self._from}{condition} ORDER BY t.ROWID"
        with translated(self._what):
            return [str(row[0]) for row in self._session.query(statement, **binds)]

    def _read_piece(
        self, condition: str, binds: dict[str, Any], rowids: list[str]
    ) -> Iterator[CarefulBatch]:
        """The rows of *rowids*, which are neighbours; halved where they cannot be read."""
        waiting = [rowids]
        while waiting:
            piece = waiting.pop()
            try:
                yield from self._fetch_piece(condition, binds, piece)
            except ReadAgain:
                self._as_text = True
                waiting.append(piece)
            except SourceDataError as error:
                if len(piece) == 1:
                    yield self._without(self._single(self._as_text).describe(piece[0], error))
                else:
                    middle = len(piece) // 2
                    waiting += [piece[middle:], piece[:middle]]

    def _fetch_piece(
        self, condition: str, binds: dict[str, Any], piece: list[str]
    ) -> list[CarefulBatch]:
        between = and_also(condition, "t.ROWID BETWEEN :first_rowid AND :last_rowid")
        bounds = {"first_rowid": piece[0], "last_rowid": piece[-1]}
        wanted = set(piece)
        # Whole before any of it is given: half a piece cannot be taken back.
        batches = list(self._fetch(between, {**binds, **bounds}))
        return [_only(batch, wanted) for batch in batches]

    def _fetch(self, condition: str, binds: dict[str, Any]) -> Iterator[CarefulBatch]:
        select = SelectList(self._plan, as_text=self._as_text)
        place = select.add_companion(ROWID, pa.large_string())
        head = f"SELECT /* oraferry careful */ {', '.join(select.items)} FROM {self._from}"
        try:
            with translated(self._what):
                sizes = measure_lobs(self._session, self._plan, self._from, condition, binds)
                largest = int(sizes.max(initial=0))
                rows = max(1, min(self._rows, self._bytes // largest)) if largest else self._rows
                for frame in self._session.connection.fetch_df_batches(
                    head + condition, binds, size=rows, requested_schema=select.schema
                ):
                    rowids = tuple(pa.table(frame).column(place).to_pylist())
                    yield CarefulBatch(select.batch(frame), rowids)
        except (ValueError, OverflowError) as error:
            raise undecodable(self._plan, error, self._as_text) from error


def _only(batch: CarefulBatch, wanted: set[str]) -> CarefulBatch:
    keep = [rowid in wanted for rowid in batch.rowids]
    if all(keep):
        return batch
    rowids = tuple(rowid for rowid in batch.rowids if rowid in wanted)
    return CarefulBatch(batch.rows.filter(pa.array(keep, pa.bool_())), rowids)
