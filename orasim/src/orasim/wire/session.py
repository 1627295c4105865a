"""One connection: reads messages, hands them to whom they concern, sends the replies."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from orasim.engine import Engine, OracleError, Session, failure, not_supported
from orasim.faults import Faults
from orasim.wire import login as logins
from orasim.wire import piggybacks
from orasim.wire.calls import Calls, Reply
from orasim.wire.lobs import Lobs
from orasim.wire.markers import answer_break, wants_break
from orasim.wire.packets import Break, Channel, Closed
from orasim.wire.primitives import Reader
from orasim.wire.status import NO_DATA_FOUND, error_message, status_message

logger = logging.getLogger("orasim")

PROTOCOL, DATA_TYPES, FUNCTION, PIGGYBACK, ONE_WAY, FAST_AUTH = 1, 2, 3, 17, 26, 34
END_OF_RESPONSE = b"\x1d"  # message 29
STOPS_AT_ERROR = 2  # a pipeline's mode
LOGOFF, END_PIPELINE = 9, 200
KILLED, CANCELLED, LOST = 28, 1013, 3113


@dataclass
class Counters:
    """What clients caused; tests assert on these instead of on seconds."""

    connections: int = 0
    round_trips: int = 0
    statements: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


class Connection:
    """Serves one client until it leaves."""

    def __init__(
        self,
        channel: Channel,
        engine: Engine,
        personality: logins.Personality,
        verifier: str,
        faults: Faults,
        session_id: int,
    ) -> None:
        self.channel = channel
        self.session: Session | None = None
        self._engine = engine
        self._faults = faults
        self._session_id = session_id
        self._personality = personality
        self._login = logins.Login(engine, personality, verifier)
        self._lobs = Lobs()
        self._calls = Calls(
            channel,
            faults,
            self._lobs,
            self._logged_on,
            self._engine_call,
            lambda: self._login.negotiated,
        )
        self._program = ""
        self._client: dict[str, str] = {}  # what it said at login
        self._round_trips = 0
        self._pipeline_mode = 0
        self._has_failed = False  # a call of the running pipeline
        self._calling = False
        self._call_lock = threading.Lock()
        self._is_over = False  # the reply that is being sent is the last one
        channel.bytes_per_second = lambda: faults.bytes_per_second

    @property
    def number(self) -> int:
        """The session's SID."""
        return self._session_id

    @property
    def lobs_held(self) -> int:
        """How many LOB locators of this client are alive."""
        return self._lobs.held

    def describe(self) -> dict[str, Any]:
        """Who is connected and what it caused, as the control shows it."""
        return {
            "sid": self._session_id,
            "user": self._login.user if self.session is not None else None,
            "program": self._program,
            "is_killed": self.session is not None and self.session.is_killed,
            **asdict(self.counters),
        }

    @property
    def counters(self) -> Counters:
        """What this client caused so far."""
        return Counters(
            1,
            self._round_trips,
            self._calls.executed,
            self.channel.bytes_in,
            self.channel.bytes_out,
        )

    # -- the loop --------------------------------------------------------------------------

    def serve(self) -> None:
        """From CONNECT to the end; Closed tells why it ended."""
        try:
            self._program = logins.listen(
                self.channel, self._engine, self._personality, self._faults.on_connect()
            )
            while True:
                self._one_call()
        finally:
            self._calls.statements.close_all()
            if self.session is not None:
                self.session.close()

    def _one_call(self) -> None:
        reader = Reader(self.channel.receive_data)
        kind = 0
        try:
            kind = reader.u8()
            self._round_trips += 1
            if self.session is not None and not self._pipeline_mode:
                self.session.count("SQL*Net roundtrips to/from client")
            self._faults.before_reply(self.channel)
            reply = self._message(kind, reader)
            if wants_break(self.channel):
                raise Break
        except Break:
            self._calls.forget_reply()
            answer_break(self.channel)
            reply = self._error(OracleError(1013, "user requested cancel of current operation"))
        finally:
            self._calls.current = None
        # The two replies that agree on "end of response" do not carry it yet.
        ends = self._login.negotiated.end_of_response and kind not in (PROTOCOL, DATA_TYPES)
        if ends:
            reply += END_OF_RESPONSE
        self.channel.send_data(reply, ends_response=ends)
        if self._is_over:
            raise Closed("the session was ended")

    @property
    def _version(self) -> int:
        return self._login.negotiated.field_version

    def _error(self, error: OracleError) -> bytes:
        statement = self._calls.current
        return error_message(
            self._version,
            error=error,
            rows=getattr(error, "executed", 0),
            cursor_id=statement.number if statement else 0,
            in_transaction=bool(self.session and self.session.in_transaction),
        )

    # -- the engine ------------------------------------------------------------------------

    @contextmanager
    def _engine_call(self) -> Iterator[None]:
        """Around what may take long, so that a break cancels it; its bugs become ORA-03001."""
        with self._call_lock:
            self._calling = True
        try:
            yield
        except OracleError as error:
            if error.code == CANCELLED:
                self._refuse_killed()
            raise
        except Closed:
            raise
        except Exception as error:
            self._log_failure()
            raise failure(error) from error
        finally:
            with self._call_lock:
                self._calling = False

    def _log_failure(self) -> None:
        statement = self._calls.current
        sql = statement.sql if statement is not None else ""
        logger.exception("session %d: the engine failed: %s", self._session_id, sql)

    def watch(self) -> None:
        """
        Called again and again by the server: the running call ends if the client breaks or
        the session was killed. A killed session that is idle loses its changes now; its
        client hears ORA-00028 when it asks next.
        """
        with self._call_lock:
            session = self.session
            if session is None:
                return
            if self._calling:
                if session.is_killed or wants_break(self.channel):
                    session.cancel()
            elif session.is_killed and session.in_transaction:
                session.rollback()

    def kill(self) -> None:
        """End the session as ALTER SYSTEM KILL SESSION does; see ``watch``."""
        if self.session is not None:
            self.session.kill()

    def _refuse_killed(self) -> None:
        if self.session is not None and self.session.is_killed:
            raise OracleError(KILLED, "your session has been killed")

    def _logged_on(self) -> Session:
        if self.session is None:
            raise OracleError(1012, "not logged on")
        return self.session

    # -- messages --------------------------------------------------------------------------

    def _message(self, kind: int, reader: Reader) -> Reply:
        if kind == PROTOCOL:
            self._login.negotiated.driver = logins.read_protocol(reader)
            return self._login.protocol()
        if kind == DATA_TYPES:
            self._login.agree(logins.read_data_types(reader, walk=False))
            return logins.DATA_TYPES_REPLY
        if kind == FAST_AUTH:
            return self._fast_login(reader)
        refusal: OracleError | None = None
        while kind == PIGGYBACK:
            try:
                self._piggyback(self._header(reader), reader)
            except OracleError as error:
                refusal = refusal or error
            kind = reader.u8()
        if kind not in (FUNCTION, ONE_WAY):
            raise Closed(f"unknown message type {kind}")
        return self._function(self._header(reader), reader, refusal)

    def _header(self, reader: Reader) -> int:
        """The function code of a call or piggyback; its sequence number and token are skipped."""
        function = reader.u8()
        reader.u8()
        if self._version >= 18:
            reader.ub()
        return function

    def _fast_login(self, reader: Reader) -> bytes:
        reader.raw(3)
        if reader.u8() != PROTOCOL:
            raise Closed("fast authentication without protocol negotiation")
        self._login.negotiated.driver = logins.read_protocol(reader)
        reader.raw(5)
        reader.u8()
        if reader.u8() != DATA_TYPES:
            raise Closed("fast authentication without data types")
        self._login.agree(logins.read_data_types(reader, walk=True))
        reader.raw(3)  # written for field version 13: a header without token
        user, self._client = logins.read_auth(reader)
        return self._login.protocol() + logins.DATA_TYPES_REPLY + self._login.challenge(user)

    def _piggyback(self, function: int, reader: Reader) -> None:
        if function == piggybacks.CLOSE_CURSORS:
            for number in piggybacks.read_cursors(reader):
                self._calls.statements.close(number)
        elif function == piggybacks.CANCEL_CURSORS:
            for number in piggybacks.read_cursors(reader):
                self._calls.statements.cancel(number)
        elif function == piggybacks.SET_SCHEMA:
            name = piggybacks.read_set_schema(reader)
            with self._engine_call():
                self._logged_on().set_current_schema(name)
        elif function == piggybacks.END_TO_END:
            attributes = piggybacks.read_end_to_end(reader)
            with self._engine_call():
                self._logged_on().set_client_info(**attributes)
        elif function == piggybacks.FREE_LOBS:
            for locator in piggybacks.read_free_lobs(reader):
                self._lobs.free(locator)
        elif function == piggybacks.SESSION_STATE:
            reader.ub()
        elif function == piggybacks.BEGIN_PIPELINE:
            self._pipeline_mode = piggybacks.read_begin_pipeline(reader)
            self._has_failed = False
        elif function == piggybacks.KEY_VALUES:
            namespace, entries = piggybacks.read_key_values(reader)
            with self._engine_call():
                self._logged_on().set_context(namespace, entries)
        else:
            raise Closed(f"unknown piggyback {function}")

    def _function(self, function: int, reader: Reader, refusal: OracleError | None = None) -> Reply:
        """The reply of a call; *refusal* is what a piggyback before it met, and answers for it."""
        handlers: dict[int, Callable[[Reader], Reply]] = {
            118: self._auth_one,
            115: self._auth_two,
            59: lambda _: self._login.version_call(),
            94: self._calls.execute,
            4: lambda r: self._calls.re_execute(r, fetches=False),
            78: lambda r: self._calls.re_execute(r, fetches=True),
            5: self._calls.fetch,
            96: self._lob_call,
            14: lambda _: self._commit(),
            15: lambda _: self._roll_back(),
            147: lambda _: self._status(),
            LOGOFF: lambda _: self._status(),
            END_PIPELINE: self._end_pipeline,
        }
        try:
            handler = handlers.get(function)
            if handler is None:
                logger.warning("session %d: no function %d here", self._session_id, function)
                raise not_supported(f"wire function {function}")
            self._refuse_killed()
            if refusal is not None:
                raise refusal
            stops = self._pipeline_mode == STOPS_AT_ERROR and self._has_failed
            if stops and function != END_PIPELINE:
                raise OracleError(43610, "pipeline operation was aborted")
            return self._guarded(handler, reader)
        except OracleError as error:
            # What is left of this call came in the packets that were read; a call that
            # goes on in further ones would be found out as an unknown message.
            reader.skip_rest()
            self._has_failed = True
            self._is_over = error.code in (KILLED, LOST)
            return self._error(error)

    def _guarded(self, handler: Callable[[Reader], Reply], reader: Reader) -> Reply:
        """A bug outside the engine, in reading or writing values, is an error too."""
        try:
            return handler(reader)
        except (OracleError, Closed, Break, OSError):
            raise
        except Exception as error:
            self._log_failure()
            raise failure(error) from error

    # -- functions -------------------------------------------------------------------------

    def _auth_one(self, reader: Reader) -> bytes:
        user, self._client = logins.read_auth(reader)
        return self._login.challenge(user)

    def _auth_two(self, reader: Reader) -> bytes:
        _, pairs = logins.read_auth(reader)
        if self.session is not None:
            self._login.change_password(pairs)
            return logins.parameters_reply([]) + error_message(self._version)
        self._faults.on_login(self.channel)
        self._login.check(pairs)
        if proxied := pairs.get("PROXY_CLIENT_NAME"):
            logger.warning("session %d: proxy users are not known", self._session_id)
            raise OracleError(28150, f"proxy not authorized to connect as client ({proxied})")
        self._login.change_password(pairs)
        session = self._engine.open_session(self._login.user, self._program, self._session_id, 1)
        self.session = session
        session.set_client_info(**logins.client_attributes(self._client | pairs))
        context = pairs["AUTH_APPCTX"].split("\0")
        for at in range(0, len(context) - 2, 3):
            session.set_context(context[at], {context[at + 1]: context[at + 2]})
        zone = pairs.get("AUTH_ALTER_SESSION", "").rstrip("\0").strip()
        if zone:
            session.execute(zone, [])
        logger.info("session %d: %s logged on", self._session_id, self._login.user)
        return self._login.welcome(self._session_id, 1)

    def _status(self) -> bytes:
        return status_message(in_transaction=bool(self.session and self.session.in_transaction))

    def _commit(self) -> bytes:
        with self._engine_call():
            self._logged_on().commit()
        return self._status()

    def _roll_back(self) -> bytes:
        with self._engine_call():
            self._logged_on().rollback()
        return self._status()

    def _end_pipeline(self, reader: Reader) -> bytes:
        reader.ub()
        self._pipeline_mode = 0
        return self._status()

    def _lob_call(self, reader: Reader) -> bytes:
        self._logged_on()
        try:
            reply = self._lobs.call(reader)
        except OracleError as error:
            if error.code != NO_DATA_FOUND:
                raise
            reply = b""  # reading past the end is an empty answer
        return reply + error_message(self._version, in_transaction=self._logged_on().in_transaction)
