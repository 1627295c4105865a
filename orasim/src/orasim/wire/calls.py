"""Execute, re-execute and fetch: from the client's call to the engine and back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from orasim.engine import Bind, OracleError, Outcome, ResultCursor, Session, not_supported
from orasim.faults import Faults
from orasim.wire import execute as calls
from orasim.wire.binds import make_binds, read_descriptors, read_values
from orasim.wire.describe import describe_message
from orasim.wire.execute import ExecuteCall, read_execute, read_re_execute
from orasim.wire.fetching import Fetcher
from orasim.wire.lobs import Lobs
from orasim.wire.login import Negotiated
from orasim.wire.objects import Objects, asks_for_type
from orasim.wire.outbinds import write_out_binds, write_returning
from orasim.wire.packets import Channel
from orasim.wire.primitives import Reader
from orasim.wire.rows import NEEDS_DEFINE, NOT_PREFETCHED
from orasim.wire.statements import Statement, Statements, inherited_defines
from orasim.wire.status import NO_DATA_FOUND, error_message, return_parameters

Reply = bytes | bytearray


class Calls:
    """The statement calls of one session."""

    def __init__(
        self,
        channel: Channel,
        faults: Faults,
        lobs: Lobs,
        session: Callable[[], Session],
        engine_call: Callable[[], AbstractContextManager[None]],
        negotiated: Callable[[], Negotiated],
    ) -> None:
        self.statements = Statements()
        self.executed = 0
        self.current: Statement | None = None  # what the running call works on
        self._channel = channel
        self._faults = faults
        self._lobs = lobs
        self._session = session
        self._engine_call = engine_call
        self._negotiated = negotiated
        self._objects = Objects(lobs, session)
        self._fetcher = Fetcher(
            channel, faults, self.statements, lobs, self._objects, engine_call, negotiated
        )

    # -- calls -----------------------------------------------------------------------------

    def execute(self, reader: Reader) -> Reply:
        """Message 94: parse, describe, bind, define, execute and fetch, as its options say."""
        version = self._negotiated().field_version
        call = read_execute(reader, version)
        defines = []
        if call.has(calls.DEFINE):
            defines = read_descriptors(reader, call.define_count, version)
        if call.has(calls.PARSE):
            self._session().count("parse count (total)")
        statement = self.current = self.statements.find_for(call.cursor_id, call.sql)
        binds: list[Bind] = []
        executions = statement.executions(call.executions)
        if call.bind_count and call.has(calls.BIND):
            statement.descriptors = read_descriptors(reader, call.bind_count, version)
            statement.directions = []
            binds = self._read_binds(reader, statement, executions)
        if call.flags & calls.SCROLLABLE:
            raise not_supported("scrollable cursors")
        if call.has(calls.DEFINE):
            statement.defines = defines
        if call.has(calls.DEFINE) or (not call.has(calls.EXECUTE) and statement.result):
            # With its definitions a thin client asks for the first rows too, without the bit.
            asks = call.has(calls.DEFINE) and not self._negotiated().is_oci
            rows = call.rows if asks else call.wanted_rows
            return self._rows(statement, rows if statement.result else 0, b"")
        if not call.has(calls.EXECUTE):
            return self._describe_only(statement)
        return self._run(statement, binds, executions, call)

    def re_execute(self, reader: Reader, *, fetches: bool) -> Reply:
        """Messages 4 and 78: the remembered statement again, with the remembered binds."""
        call = read_re_execute(reader)
        statement = self.current = self.statements.find(call.cursor_id)
        executions = 1 if fetches else statement.executions(call.count)
        binds: list[Bind] = []
        if statement.descriptors:
            binds = self._read_binds(reader, statement, executions)
        options = (calls.FETCH if fetches else 0) | (calls.COMMIT if call.commits else 0)
        again = ExecuteCall(options, call.cursor_id, "", call.count, 0, 0, executions, 0)
        return self._run(statement, binds, executions, again)

    def fetch(self, reader: Reader) -> Reply:
        """Message 5: more rows."""
        statement = self.current = self.statements.find(reader.ub())
        out = bytearray()
        count = self._fetcher.write_rows(statement, reader.ub(), out)
        return out + self._end_of_rows(statement, count)

    def forget_reply(self) -> None:
        """The client threw the running call's reply away: it must be described again."""
        if self.current is not None:
            self.current.described = None

    # -- steps -----------------------------------------------------------------------------

    def _read_binds(self, reader: Reader, statement: Statement, executions: int) -> list[Bind]:
        descriptors = statement.descriptors
        wanted = [statement.wants_value(at) for at in range(len(descriptors))]
        values: list[list[object]] = [[] for _ in descriptors]
        if any(wanted):
            is_plsql = statement.shape.kind == "plsql"
            values = read_values(
                reader,
                descriptors,
                wanted,
                executions,
                self._lobs,
                self._objects,
                is_plsql=is_plsql,
            )
        return make_binds(statement.shape, descriptors, values, self._objects)

    def _describe_only(self, statement: Statement) -> Reply:
        with self._engine_call():
            outcome = self._session().describe(statement.sql)
        head = b""
        if outcome.cursor is not None:
            head = describe_message(outcome.cursor.columns, self._negotiated())
            outcome.cursor.close()
        return head + return_parameters() + self._success(statement)

    def _run(
        self, statement: Statement, binds: list[Bind], executions: int, call: ExecuteCall
    ) -> Reply:
        self.executed += 1
        statement.forget_result()
        outcome = self._outcome(statement, binds, executions, call)
        if outcome.cursor is not None:
            return self._query_reply(
                statement, outcome.cursor, self._rows_wanted(statement, call, outcome)
            )
        if call.has(calls.COMMIT):
            with self._engine_call():
                self._session().commit()
        return self._effect_reply(statement, outcome, call)

    def _rows_wanted(self, statement: Statement, call: ExecuteCall, outcome: Outcome) -> int:
        """
        How many rows the reply to an execute may hold. OCI asks for rows without the fetch
        bit: prefetching, which Oracle gives up where a LONG or LOB is selected.
        """
        if call.has(calls.FETCH) or outcome.cursor is None:
            return call.wanted_rows
        if not self._negotiated().is_oci:  # a thin client that has defined its LOBs before
            return call.rows if statement.defines else 0
        kinds = {column.type for column in outcome.cursor.columns}
        return 0 if kinds & NOT_PREFETCHED else call.rows

    def _outcome(
        self, statement: Statement, binds: list[Bind], executions: int, call: ExecuteCall
    ) -> Outcome:
        if asks_for_type(statement.sql):
            return self._objects.answer_type(binds)
        with self._engine_call():
            self._faults.on_execute(statement.sql, self._channel)
            return self._session().execute(
                statement.sql, binds, executions, batch_errors=call.has(calls.BATCH_ERRORS)
            )

    # -- replies ---------------------------------------------------------------------------

    def _success(self, statement: Statement, outcome: Outcome | None = None) -> bytes:
        return error_message(
            self._negotiated().field_version,
            rows=outcome.row_count if outcome else 0,
            cursor_id=statement.number,
            in_transaction=self._session().in_transaction,
            warning=bool(outcome and outcome.warning),
            rowid=outcome.rowid if outcome else None,
            batch_errors=(outcome.batch_errors if outcome else None) or (),
        )

    def _effect_reply(self, statement: Statement, outcome: Outcome, call: ExecuteCall) -> Reply:
        out = bytearray()
        carriers = self._fetcher.carriers
        if outcome.out_binds and statement.descriptors:
            out += write_out_binds(statement, outcome.out_binds, carriers)
        if outcome.returning is not None:
            out += write_returning(statement, outcome.returning, carriers)
        if outcome.implicit_results:
            out += self._fetcher.implicit_results(outcome.implicit_results)
        counts = None
        if call.flags & calls.ROW_COUNTS:
            counts = outcome.row_counts if outcome.row_counts is not None else []
        return out + return_parameters(counts) + self._success(statement, outcome)

    def _query_reply(self, statement: Statement, result: ResultCursor, rows: int) -> Reply:
        statement.result, statement.exhausted, statement.fetches = result, False, 0
        shape = tuple(result.columns)
        head = b""
        if statement.described != shape:
            head = describe_message(shape, self._negotiated())
            statement.defines = inherited_defines(statement.described, shape)
            statement.described = shape
        defined = [define.type for define in statement.defines] or [0] * len(shape)
        if any(
            column.type in NEEDS_DEFINE and not kind
            for column, kind in zip(shape, defined, strict=False)
        ):
            rows = 0
        return self._rows(statement, rows, head)

    def _rows(self, statement: Statement, rows: int, head: bytes) -> Reply:
        out = bytearray(head)
        count = self._fetcher.write_rows(statement, rows, out) if rows else 0
        out += return_parameters()
        return out + self._end_of_rows(statement, count)

    def _end_of_rows(self, statement: Statement, count: int) -> bytes:
        ended = OracleError(NO_DATA_FOUND, "no data found") if statement.exhausted else None
        return error_message(
            self._negotiated().field_version,
            error=ended,
            rows=count,
            cursor_id=statement.number,
            in_transaction=self._session().in_transaction,
        )
