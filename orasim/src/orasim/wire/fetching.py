"""Rows of a cursor as one reply: asked for, framed, ended (wire notes §6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from orasim.engine import EncodedRows, OracleError, ResultCursor, is_sizeless
from orasim.faults import Faults
from orasim.wire.binds import Descriptor
from orasim.wire.describe import describe_body
from orasim.wire.lobs import Lobs
from orasim.wire.login import Negotiated
from orasim.wire.objects import Objects
from orasim.wire.packets import Channel
from orasim.wire.primitives import clr, ub
from orasim.wire.rows import ROW_HEADER, Carriers, Field, field_writer, is_plain
from orasim.wire.statements import Inherited, Statement, Statements


def _nothing(value: object) -> bytes:
    return b""


INTERNAL = 7445  # ORA-00600 would make the driver drop the session


class Fetcher:
    """Writes rows of one session's cursors."""

    def __init__(
        self,
        channel: Channel,
        faults: Faults,
        statements: Statements,
        lobs: Lobs,
        objects: Objects,
        engine_call: Callable[[], AbstractContextManager[None]],
        negotiated: Callable[[], Negotiated],
    ) -> None:
        self._channel = channel
        self._faults = faults
        self._statements = statements
        self.carriers = Carriers(lobs, objects, self.cursor_field)
        self._engine_call = engine_call
        self._negotiated = negotiated

    def write_rows(self, statement: Statement, rows: int, out: bytearray) -> int:
        """Append at most *rows* rows to *out*; how many. Marks the end in the statement."""
        result = statement.result
        if result is None:
            raise OracleError(1002, "fetch out of sequence")
        if statement.exhausted:
            return 0
        statement.fetches += 1
        with self._engine_call():
            self._faults.on_fetch(statement.sql, statement.fetches, self._channel)
            fetched = result.fetch(rows)
        count = fetched.count if isinstance(fetched, EncodedRows) else len(fetched)
        if count > rows:
            raise OracleError(INTERNAL, f"orasim: {count} rows came where {rows} were asked for")
        statement.exhausted = count < rows
        if not count:
            return 0
        out += ROW_HEADER
        if isinstance(fetched, EncodedRows):
            if not is_plain(result.columns):
                raise OracleError(INTERNAL, "orasim: encoded rows with columns that need framing")
            out += fetched.payload
            return count
        writers = self._writers(statement, result)
        for place, column in enumerate(result.columns):
            if is_sizeless(column):
                writers[place] = _nothing
        for row in fetched:
            out += b"\x07"
            for write, value in zip(writers, row, strict=True):
                out += write(value)
        return count

    def _writers(self, statement: Statement, result: ResultCursor) -> list[Field]:
        if is_plain(result.columns):
            return [clr] * len(result.columns)
        defined: list[Descriptor | None] = [*statement.defines]
        defined += [None] * (len(result.columns) - len(defined))
        return [
            field_writer(
                column,
                (define.type or None) if define else None,
                self.carriers,
                define.national if isinstance(define, Inherited) else None,
            )
            for column, define in zip(result.columns, defined, strict=False)
        ]

    def implicit_results(self, results: Sequence[ResultCursor]) -> bytes:
        """Message 27: cursors that a block hands out without binds."""
        out = b"\x1b" + ub(len(results))
        for result in results:
            statement = self._statements.adopt(result)
            body = describe_body(result.columns, self._negotiated())
            out += b"\x00" + body + ub(statement.number)
        return out

    def cursor_field(self, value: ResultCursor | None) -> bytes:
        """A nested cursor or REF CURSOR: its describe and the number to fetch it by."""
        if value is None:
            return b"\x01" + describe_body([], self._negotiated()) + ub(0)
        statement = self._statements.adopt(value)
        return b"\x01" + describe_body(value.columns, self._negotiated()) + ub(statement.number)
