"""One connection: reads calls, hands them to the engine, writes what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from orasim import engine as types
from orasim.engine import (
    Bind,
    EncodedRows,
    Engine,
    OracleError,
    Outcome,
    ResultCursor,
    Session,
    not_supported,
)
from orasim.faults import Faults
from orasim.wire import login as logins
from orasim.wire.binds import (
    Descriptor,
    StatementShape,
    make_binds,
    read_descriptors,
    read_values,
    shape_of,
)
from orasim.wire.describe import describe_body, describe_message
from orasim.wire.lobs import Lobs
from orasim.wire.packets import Break, Channel, Closed
from orasim.wire.primitives import Reader, clr, ub
from orasim.wire.rows import NEEDS_DEFINE, ROW_HEADER, Field, field_writer, is_plain
from orasim.wire.status import NO_DATA_FOUND, error_message, return_parameters, status_message

logger = logging.getLogger("orasim")

OPT_PARSE, OPT_BIND, OPT_DEFINE, OPT_EXECUTE, OPT_FETCH, OPT_COMMIT = 1, 8, 0x10, 0x20, 0x40, 0x100
OPT_DESCRIBE, OPT_BATCH_ERRORS = 0x20000, 0x80000
ROW_COUNTS_FLAG = 0x4000
END_OF_RESPONSE = b"\x1d"  # message 29
DIRECTIONS = {"in": 32, "out": 16, "inout": 48}


@dataclass(slots=True)
class Statement:
    """A cursor of the client: what it ran and what is left to fetch."""

    number: int
    sql: str
    shape: StatementShape
    descriptors: list[Descriptor] = field(default_factory=list)
    directions: list[str] = field(default_factory=list)
    defines: list[Descriptor] = field(default_factory=list)
    result: ResultCursor | None = None
    described: tuple[Any, ...] | None = None
    exhausted: bool = False
    fetches: int = 0


class Connection:
    """Serves one client until it leaves."""

    def __init__(
        self,
        channel: Channel,
        engine: Engine,
        personality: logins.Personality,
        verifier: str,
        faults: Faults,
        counters: Any,
        session_id: int,
    ) -> None:
        self.channel = channel
        self.engine = engine
        self.faults = faults
        self.counters = counters
        self.session_id = session_id
        self.session: Session | None = None
        self._personality = personality
        self._login = logins.Login(channel, engine, personality, verifier)
        self._lobs = Lobs()
        self._statements: dict[int, Statement] = {}
        self._last_number = 0
        self._program = ""
        self._fast = False
        self.calling = False  # an engine call is running; read by the server's watch

    # -- the loop --------------------------------------------------------------------------

    def serve(self) -> None:
        """From CONNECT to the end."""
        try:
            self._program = logins.listen(self.channel, self.engine, self._personality)
            while True:
                self._one_call()
        except Closed as reason:
            logger.debug("session %d: %s", self.session_id, reason)
        finally:
            if self.session is not None:
                self.session.close()

    def _one_call(self) -> None:
        reader = Reader(self.channel.receive_data)
        try:
            kind = reader.u8()
            self.counters.round_trips += 1
            self.faults.before_reply(self.channel)
            reply = self._message(kind, reader)
            if self.channel.has_input() and self._peek_break():
                raise Break
        except Break:
            self._answer_break()
            return
        if reply is not None:
            self._send(reply)

    def _peek_break(self) -> bool:
        import socket

        try:
            head = self.channel.socket.recv(8, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except OSError:
            return False
        return len(head) >= 5 and head[4] == 12

    def _answer_break(self) -> None:
        self.channel.answer_break()
        self._send(self._error(OracleError(1013, "user requested cancel of current operation")))

    def _send(self, reply: bytes | bytearray) -> None:
        ends = self._login.negotiated.end_of_response and (self._fast or self.session is not None)
        if ends:
            reply += END_OF_RESPONSE
        self.channel.send_data(reply, ends_response=ends)

    @property
    def _version(self) -> int:
        return self._login.negotiated.field_version

    def _error(self, error: OracleError, statement: Statement | None = None) -> bytes:
        return error_message(
            self._version,
            error=error,
            cursor_id=0 if statement is None else statement.number,
            in_transaction=bool(self.session and self.session.in_transaction),
        )

    # -- messages --------------------------------------------------------------------------

    def _message(self, kind: int, reader: Reader) -> bytes | bytearray | None:
        if kind == 1:
            self._login.negotiated.driver = logins.read_protocol(reader)
            return self._login.protocol()
        if kind == 2:
            self._login.agree(logins.read_data_types(reader, walk=False))
            return logins.DATA_TYPES_REPLY
        if kind == 34:
            return self._fast_login(reader)
        while kind == 17:
            self._piggyback(reader)
            kind = reader.u8()
        if kind in (3, 26):
            function = reader.u8()
            reader.u8()
            if self._version >= 18:
                reader.ub()
            return self._function(function, reader)
        logger.warning("unknown message type %d", kind)
        raise Closed(f"unknown message type {kind}")

    def _fast_login(self, reader: Reader) -> bytes:
        reader.raw(3)
        if reader.u8() != 1:
            raise Closed("fast authentication without protocol negotiation")
        self._login.negotiated.driver = logins.read_protocol(reader)
        reader.raw(5)
        reader.u8()
        if reader.u8() != 2:
            raise Closed("fast authentication without data types")
        self._login.agree(logins.read_data_types(reader, walk=True))
        self._fast = True
        reader.u8()
        reader.u8()
        reader.u8()
        user, _ = logins.read_auth(reader)
        return self._login.protocol() + logins.DATA_TYPES_REPLY + self._login.challenge(user)

    def _piggyback(self, reader: Reader) -> None:
        function = reader.u8()
        reader.u8()
        if self._version >= 18:
            reader.ub()
        if function == 105:
            reader.u8()
            for _ in range(reader.ub()):
                self._close(reader.ub())
        elif function == 152:
            reader.u8()
            name = reader.dalc().decode()
            if self.session:
                self.session.set_current_schema(name)
        elif function == 135:
            self._end_to_end(reader)
        elif function == 96:
            self._free_lobs(reader)
        elif function == 176:
            reader.ub()
        elif function == 199:
            reader.ub()
            reader.u8()
            reader.u8()
        else:
            logger.warning("unknown piggyback %d", function)
            raise Closed(f"unknown piggyback {function}")

    def _end_to_end(self, reader: Reader) -> None:
        reader.raw(2)
        reader.ub()
        names = ["client_identifier", "module", "action", "", "", "client_info", "", "", "dbop"]
        present = []
        for name in names:
            has, length = reader.u8(), reader.ub()
            if name and has and length:
                present.append(name)
        values = {name: (reader.clr() or b"").decode("utf-8", "replace") for name in present}
        if self.session:
            self.session.set_client_info(**values)

    def _free_lobs(self, reader: Reader) -> None:
        reader.u8()
        total = reader.ub()
        reader.u8()
        reader.ub()
        reader.ub()
        reader.ub()
        reader.raw(3)
        reader.ub()
        reader.u8()
        reader.ub()
        reader.ub()
        reader.ub()
        for _ in range(3):
            reader.u8()
            reader.ub()
        locators = reader.raw(total)
        for start in range(0, total, 40):
            self._lobs.free(locators[start : start + 40])

    def _function(self, function: int, reader: Reader) -> bytes | bytearray | None:
        handlers: dict[int, Callable[[Reader], bytes | bytearray | None]] = {
            118: self._auth_one,
            115: self._auth_two,
            59: lambda r: self._login.version_call(),
            94: self._execute,
            4: lambda r: self._re_execute(r, fetch=False),
            78: lambda r: self._re_execute(r, fetch=True),
            5: self._fetch,
            96: self._lob_call,
            14: lambda r: self._transaction("commit"),
            15: lambda r: self._transaction("rollback"),
            147: lambda r: self._status(),
            9: lambda r: self._status(),
            200: lambda r: self._status(),
        }
        handler = handlers.get(function)
        if handler is None:
            logger.warning("function %d is not modelled", function)
            reader.skip_rest()
            return self._error(not_supported(f"wire function {function}"))
        try:
            return handler(reader)
        except OracleError as error:
            reader.skip_rest()
            return self._error(error)

    def _auth_one(self, reader: Reader) -> bytes:
        user, _ = logins.read_auth(reader)
        return self._login.challenge(user)

    def _auth_two(self, reader: Reader) -> bytes:
        _, pairs = logins.read_auth(reader)
        self._login.check(pairs)
        self.session = self.engine.open_session(self._login.user, self._program, self.session_id, 1)
        zone = pairs.get("AUTH_ALTER_SESSION", "").rstrip("\0").strip()
        if zone:
            self.session.execute(zone, [])
        return self._login.welcome(self.session_id, 1)

    def _status(self) -> bytes:
        return status_message(in_transaction=bool(self.session and self.session.in_transaction))

    def _transaction(self, what: str) -> bytes:
        session = self._session()
        session.commit() if what == "commit" else session.rollback()
        return self._status()

    def _session(self) -> Session:
        if self.session is None:
            raise OracleError(1012, "not logged on")
        return self.session

    def _lob_call(self, reader: Reader) -> bytes:
        try:
            reply = self._lobs.call(reader)
        except OracleError as error:
            if error.code != NO_DATA_FOUND:
                raise
            reply = b""
        return reply + error_message(self._version, in_transaction=self._session().in_transaction)

    # -- statements ------------------------------------------------------------------------

    def _close(self, number: int) -> None:
        statement = self._statements.pop(number, None)
        if statement is not None and statement.result is not None:
            statement.result.close()

    def _open(self, sql: str) -> Statement:
        self._last_number += 1
        statement = Statement(self._last_number, sql, shape_of(sql))
        self._statements[statement.number] = statement
        return statement

    def _find(self, number: int) -> Statement:
        try:
            return self._statements[number]
        except KeyError:
            raise OracleError(1001, "invalid cursor") from None

    def _execute(self, reader: Reader) -> bytes | bytearray:
        options = reader.ub()
        number = reader.ub()
        reader.u8()
        sql_length = reader.ub()
        reader.u8()
        reader.ub()
        reader.u8()
        reader.u8()
        reader.ub()
        rows = reader.ub()
        reader.ub()
        reader.u8()
        bind_count = reader.ub()
        reader.raw(5)
        reader.u8()
        define_count = reader.ub()
        reader.ub()
        reader.raw(3)
        reader.ub()
        reader.u8()
        reader.ub()
        reader.ub()
        reader.u8()
        reader.ub()
        reader.u8()
        if self._version >= 8:
            reader.u8()
            reader.ub()
            reader.u8()
            reader.ub()
            reader.u8()
            if self._version >= 9:
                reader.u8()
                reader.ub()
        sql = (reader.clr() or b"").decode("utf-8", "replace") if sql_length else ""
        al8i4 = [reader.ub() for _ in range(13)]
        defines = (
            read_descriptors(reader, define_count, self._version) if options & OPT_DEFINE else []
        )
        statement = self._statement_for(number, sql)
        try:
            binds: list[Bind] = []
            executions = 1
            if bind_count and options & OPT_BIND:
                statement.descriptors = read_descriptors(reader, bind_count, self._version)
                statement.directions = []
                executions = self._executions(statement, al8i4[1])
                binds = self._read_binds(reader, statement, executions)
            elif statement.shape.kind == "dml":
                executions = max(al8i4[1], 1)
            self.counters.statements += 1 if options & (OPT_EXECUTE | OPT_PARSE) else 0
            if options & OPT_DEFINE:
                statement.defines = defines
                return self._rows_reply(statement, rows if options & OPT_FETCH else 0, b"")
            if not options & OPT_EXECUTE and statement.result is not None:
                return self._rows_reply(statement, rows if options & OPT_FETCH else 0, b"")
            if not options & OPT_EXECUTE:
                return self._describe_only(statement)
            return self._run(
                statement,
                binds,
                executions,
                rows if options & OPT_FETCH else 0,
                commits=bool(options & OPT_COMMIT),
                batch_errors=bool(options & OPT_BATCH_ERRORS),
                row_counts=bool(al8i4[9] & ROW_COUNTS_FLAG),
            )
        except OracleError as error:
            reader.skip_rest()
            return self._error(error, statement)

    def _statement_for(self, number: int, sql: str) -> Statement:
        if number == 0:
            return self._open(sql)
        statement = self._find(number)
        if sql and sql != statement.sql:
            statement.sql, statement.shape = sql, shape_of(sql)
        return statement

    @staticmethod
    def _executions(statement: Statement, asked: int) -> int:
        return 1 if statement.shape.kind == "query" else max(asked, 1)

    def _read_binds(self, reader: Reader, statement: Statement, executions: int) -> list[Bind]:
        shape = statement.shape
        wanted = [
            not (at < len(shape.returning) and shape.returning[at])
            and not (statement.directions and statement.directions[at] == "out")
            for at in range(len(statement.descriptors))
        ]
        if not any(wanted):
            return make_binds(shape, statement.descriptors, [[] for _ in statement.descriptors])
        values = read_values(
            reader,
            statement.descriptors,
            wanted,
            executions,
            self._lobs,
            is_plsql=shape.kind == "plsql",
        )
        return make_binds(shape, statement.descriptors, values)

    def _re_execute(self, reader: Reader, *, fetch: bool) -> bytes | bytearray:
        statement = self._find(reader.ub())
        count = reader.ub()
        reader.ub()
        commits = bool(reader.ub() & 1)
        executions = 1 if fetch else self._executions(statement, count)
        try:
            binds = self._read_binds(reader, statement, executions) if statement.descriptors else []
            self.counters.statements += 1
            return self._run(statement, binds, executions, count if fetch else 0, commits=commits)
        except OracleError as error:
            reader.skip_rest()
            return self._error(error, statement)

    def _describe_only(self, statement: Statement) -> bytes:
        outcome = self._session().describe(statement.sql)
        head = b""
        if outcome.cursor is not None:
            head = describe_message(outcome.cursor.columns, self._version)
        return head + return_parameters() + error_message(self._version, cursor_id=statement.number)

    def _run(
        self,
        statement: Statement,
        binds: list[Bind],
        executions: int,
        rows: int,
        *,
        commits: bool = False,
        batch_errors: bool = False,
        row_counts: bool = False,
    ) -> bytes | bytearray:
        session = self._session()
        if statement.result is not None:
            statement.result.close()
            statement.result = None
        self.faults.on_execute(statement.sql, self.channel)
        self.calling = True
        try:
            outcome = session.execute(statement.sql, binds, executions, batch_errors=batch_errors)
        finally:
            self.calling = False
        if commits and outcome.cursor is None:
            session.commit()
        if outcome.cursor is not None:
            return self._query_reply(statement, outcome.cursor, rows)
        return self._effect_reply(statement, outcome, row_counts=row_counts)

    def _effect_reply(
        self, statement: Statement, outcome: Outcome, *, row_counts: bool
    ) -> bytes | bytearray:
        out = bytearray()
        if outcome.out_binds and statement.descriptors:
            out += self._out_binds(statement, outcome.out_binds)
        if outcome.returning is not None:
            out += self._returning(statement, outcome.returning)
        out += return_parameters(outcome.row_counts if row_counts else None)
        out += error_message(
            self._version,
            rows=outcome.row_count,
            cursor_id=statement.number,
            in_transaction=self._session().in_transaction,
            warning=outcome.warning,
            batch_errors=outcome.batch_errors or (),
        )
        return out

    def _bind_field(self, kind: int) -> Field:
        column = types.ColumnInfo("", kind)
        if kind == types.TYPE_BOOLEAN:
            return lambda value: b"\xfd\x01" if value is None else clr(value)
        if kind in (types.TYPE_ROWID, types.TYPE_UROWID, types.TYPE_LONG, types.TYPE_LONG_RAW):
            return clr
        return field_writer(column, None, self._lobs, self._cursor_field)

    def _out_binds(self, statement: Statement, binds: Sequence[Bind]) -> bytes:
        statement.directions = [bind.direction for bind in binds]
        count = len(binds)
        out = bytearray(b"\x0b\x00" + ub(count % 256) + ub(count // 256) + ub(0) + ub(0) * 3)
        out += bytes(DIRECTIONS[bind.direction] for bind in binds)
        outgoing = [
            (bind, self._bind_field(bind.type), statement.descriptors[at])
            for at, bind in enumerate(binds)
            if bind.direction != "in"
        ]
        if not outgoing:
            return bytes(out)
        executions = max(len(bind.values) for bind, _, _ in outgoing)
        out += ROW_HEADER
        for at in range(executions):
            out += b"\x07"
            for bind, write, descriptor in outgoing:
                value = bind.values[at]
                if descriptor.is_array:
                    out += ub(len(value)) + b"".join(write(v) + b"\x00" for v in value)
                else:
                    out += write(value) + b"\x00"
        return bytes(out)

    def _returning(self, statement: Statement, returned: list[list[list[Any]]]) -> bytes:
        kinds = [
            d.type
            for at, d in enumerate(statement.descriptors)
            if at < len(statement.shape.returning) and statement.shape.returning[at]
        ]
        writers = [self._bind_field(kind) for kind in kinds]
        out = bytearray(ROW_HEADER)
        for at in range(len(returned[0]) if returned else 0):
            out += b"\x07"
            for write, executions in zip(writers, returned, strict=True):
                values = executions[at]
                out += ub(len(values)) + b"".join(write(v) + b"\x00" for v in values)
        return bytes(out)

    # -- rows ------------------------------------------------------------------------------

    def _query_reply(
        self, statement: Statement, result: ResultCursor, rows: int
    ) -> bytes | bytearray:
        statement.result, statement.exhausted, statement.fetches = result, False, 0
        shape = tuple(result.columns)
        head = b""
        if statement.described != shape:
            head = describe_message(result.columns, self._version)
            statement.described, statement.defines = shape, []
        if any(c.type in NEEDS_DEFINE for c in shape) and not statement.defines:
            rows = 0
        return self._rows_reply(statement, rows, head)

    def _rows_reply(self, statement: Statement, rows: int, head: bytes) -> bytes | bytearray:
        out = bytearray(head)
        count = self._write_rows(statement, rows, out) if rows else 0
        out += return_parameters()
        out += self._end_of_rows(statement, count)
        return out

    def _end_of_rows(self, statement: Statement, count: int) -> bytes:
        error = OracleError(NO_DATA_FOUND, "no data found") if statement.exhausted else None
        return error_message(
            self._version,
            error=error,
            rows=count,
            cursor_id=statement.number,
            in_transaction=self._session().in_transaction,
        )

    def _fetch(self, reader: Reader) -> bytes | bytearray:
        statement = self._find(reader.ub())
        rows = reader.ub()
        out = bytearray()
        try:
            count = self._write_rows(statement, rows, out)
        except OracleError as error:
            return self._error(error, statement)
        return out + self._end_of_rows(statement, count)

    def _write_rows(self, statement: Statement, rows: int, out: bytearray) -> int:
        result = statement.result
        if result is None:
            raise OracleError(1002, "fetch out of sequence")
        if statement.exhausted:
            return 0
        statement.fetches += 1
        self.faults.on_fetch(statement.sql, statement.fetches, self.channel)
        self.calling = True
        try:
            fetched = result.fetch(rows)
        finally:
            self.calling = False
        count = fetched.count if isinstance(fetched, EncodedRows) else len(fetched)
        statement.exhausted = count < rows
        if not count:
            return 0
        out += ROW_HEADER
        if isinstance(fetched, EncodedRows):
            out += fetched.payload
            return count
        writers = self._writers(statement, result)
        for row in fetched:
            out += b"\x07"
            for write, value in zip(writers, row, strict=True):
                out += write(value)
        return count

    def _writers(self, statement: Statement, result: ResultCursor) -> list[Field]:
        if is_plain(result.columns):
            return [clr] * len(result.columns)
        defines = statement.defines
        return [
            field_writer(
                column,
                defines[at].type if at < len(defines) else None,
                self._lobs,
                self._cursor_field,
            )
            for at, column in enumerate(result.columns)
        ]

    def _cursor_field(self, value: ResultCursor | None) -> bytes:
        statement = self._open("")
        if value is None:
            return b"\x01" + describe_body([], self._version) + ub(0)
        statement.result, statement.described = value, tuple(value.columns)
        statement.shape = StatementShape("query", (), ())
        return b"\x01" + describe_body(value.columns, self._version) + ub(statement.number)
