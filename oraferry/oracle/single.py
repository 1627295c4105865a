"""One row that cannot be read whole: which column is to blame, and what can be kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from oraferry.errors import ReadAgain, SourceDataError, SourceError
from oraferry.model import Column, ColumnPlan, Refusal, Reject, TablePlan
from oraferry.oracle.clauses import column_sql
from oraferry.oracle.reader import SelectList, undecodable
from oraferry.oracle.session import Session, translated
from oraferry.typemap.rejects import keep_bytes, keep_value

UNREADABLE = {"unreadable": True}
RAW_BYTES = 2_000  # what a RAW of SQL holds


@dataclass(frozen=True, slots=True)
class SingleRow:
    """Reads single values of single rows; *source* and *binds* are FROM and what it asks for."""

    session: Session
    plan: TablePlan
    source: str
    binds: Mapping[str, Any]
    as_text: bool  # moments

    def describe(self, rowid: str, error: SourceError) -> Reject:
        """The row that *error* ended the reading of, by trying each of its columns."""
        content: dict[str, Any] = {}
        column: str | None = None
        cause = error
        for place, plan in enumerate(self.plan.columns):
            name = plan.source.name
            try:
                content[name] = self._value(place, rowid)
            except (SourceDataError, ReadAgain) as reason:
                if column is None:
                    column, cause = name, reason
                content[name] = self._raw_value(plan.source, rowid)
        return Reject(rowid, _refusal(column, cause), content)

    def describe_oversized(self, rowid: str, sizes: Mapping[ColumnPlan, int]) -> Reject:
        """A row with LOBs that are too large; their sizes stand in their places."""
        content: dict[str, Any] = {}
        for place, plan in enumerate(self.plan.columns):
            size = sizes.get(plan)
            content[plan.source.name] = (
                self._value(place, rowid) if size is None else {"length": size}
            )
        largest = max(sizes, key=lambda plan: sizes[plan])
        reason = "a LOB is larger than the 1 GB that a column of PostgreSQL holds"
        return Reject(rowid, Refusal("too-long", reason, largest.source.name), content)

    def _value(self, place: int, rowid: str) -> Any:
        select = SelectList(self.plan, as_text=self.as_text)
        statement = f"SELECT {select.items[place]} FROM {self.source} WHERE t.ROWID = :r"
        schema = pa.schema([select.schema.field(place)])
        try:
            with translated(f"reading a row of {self.plan.source.ref}"):
                for frame in self.session.connection.fetch_df_batches(
                    statement, {"r": rowid, **self.binds}, size=1, requested_schema=schema
                ):
                    for chunk in pa.table(frame).column(0).chunks:
                        if len(chunk):
                            return keep_value(chunk, 0)
        except (ValueError, OverflowError) as error:
            raise undecodable(self.plan, error, self.as_text) from error
        return None

    def _raw_value(self, source: Column, rowid: str) -> Any:
        """The bytes of the column itself, as far as a RAW holds them."""
        if source.expression is not None:
            # The expression may have been asked for to hide what the column itself says.
            return UNREADABLE
        # SUBSTRB: a longer text does not fit a RAW of SQL (ORA-06502).
        column = column_sql(source)
        statement = (
            f"SELECT UTL_RAW.CAST_TO_RAW(SUBSTRB({column}, 1, {RAW_BYTES})), LENGTHB({column}) "
            f"FROM {self.source} WHERE t.ROWID = :r"
        )
        try:
            with translated(f"reading a row of {self.plan.source.ref}"):
                rows = self.session.query(statement, r=rowid, **self.binds)
        except SourceError:
            return UNREADABLE
        data, length = rows[0] if rows else (None, None)
        if data is None:
            return UNREADABLE
        kept = keep_bytes(bytes(data), RAW_BYTES, is_text=False)
        return {**kept, "bytes": int(length)} if length and length > len(data) else kept


def _refusal(column: str | None, cause: SourceError) -> Refusal:
    shown = type(cause.__cause__ or cause).__name__
    code = cause.context.get("code")
    return Refusal(
        code=str(code or "unreadable"),
        reason=f"Oracle or its driver cannot hand out a value ({code or shown})",
        column=column,
    )
