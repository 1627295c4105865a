"""The listener: one thread per connection, and a watch that sees breaks during long calls."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
from dataclasses import astuple
from types import TracebackType
from typing import Any

from orasim.engine import Engine
from orasim.faults import Faults
from orasim.wire.login import PERSONALITIES
from orasim.wire.packets import Channel, Closed
from orasim.wire.session import Connection, Counters

logger = logging.getLogger("orasim")

WATCH_SECONDS = 0.05
HANDSHAKE_SECONDS = 10.0


class OrasimServer:
    """Serves *engine* until stopped; port 0 takes a free one."""

    def __init__(
        self,
        engine: Engine,
        host: str = "127.0.0.1",
        port: int = 0,
        personality: str = "19c",
        verifier: str = "12c",
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """*personality*: 12.1, 12.2, 19c or 23ai; *verifier*: 12c or 11g."""
        if verifier not in ("12c", "11g"):
            raise ValueError(f"verifier {verifier!r} is neither 12c nor 11g")
        self.engine = engine
        self.host = host
        self.faults = Faults()
        self._personality = PERSONALITIES[personality]
        self._verifier = verifier
        self._ssl_context = ssl_context
        self._port = port
        self._listener: socket.socket | None = None
        self._connections: set[Connection] = set()
        self._past = Counters()
        self._accepted = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._port

    @property
    def counters(self) -> Counters:
        """What all clients caused so far, as of now."""
        with self._lock:
            parts = [self._past, *(connection.counters for connection in self._connections)]
        return Counters(*map(sum, zip(*map(astuple, parts), strict=True)))

    @property
    def lobs_held(self) -> int:
        """How many LOB locators the clients that are connected hold."""
        return sum(connection.lobs_held for connection in self._current())

    def start(self) -> None:
        """Listen and return."""
        self._stopping.clear()
        self._listener = socket.create_server((self.host, self._port), backlog=128)
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, name="orasim-listener", daemon=True).start()
        threading.Thread(target=self._watch, name="orasim-watch", daemon=True).start()

    def stop(self) -> None:
        """Close the listener and every connection."""
        self._stopping.set()
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        self.drop_connections()

    def drop_connections(self) -> None:
        """Cut every client off without a word, as a crash would; the listener goes on."""
        for connection in self._current():
            with contextlib.suppress(OSError):
                connection.channel.socket.shutdown(socket.SHUT_RDWR)

    def kill_session(self, number: int) -> None:
        """ALTER SYSTEM KILL SESSION for a SID; KeyError when nobody has it."""
        found = [connection for connection in self._current() if connection.number == number]
        if not found:
            raise KeyError(number)
        found[0].kill()

    def list_sessions(self) -> list[dict[str, Any]]:
        """Who is connected, and what each caused."""
        return [connection.describe() for connection in self._current()]

    def _current(self) -> list[Connection]:
        with self._lock:
            return list(self._connections)

    def _accept(self) -> None:
        assert self._listener is not None
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._accepted += 1
            threading.Thread(
                target=self._serve,
                args=(client, self._accepted),
                name=f"orasim-{self._accepted}",
                daemon=True,
            ).start()

    def _serve(self, client: socket.socket, number: int) -> None:
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = self._secured(client)
        except OSError as error:
            logger.info("session %d: no connection: %s", number, error)
            client.close()
            return
        connection = Connection(
            Channel(client), self.engine, self._personality, self._verifier, self.faults, number
        )
        with self._lock:
            self._connections.add(connection)
        try:
            connection.serve()
        except Closed as reason:
            logger.info("session %d: closed: %s", number, reason)
        except Exception:
            # A bug of ours must end this session loudly, not the server.
            logger.exception("session %d ended by an internal error", number)
        finally:
            with self._lock:
                self._connections.discard(connection)
                ended = zip(astuple(self._past), astuple(connection.counters), strict=True)
                self._past = Counters(*map(sum, ended))
            client.close()

    def _secured(self, client: socket.socket) -> socket.socket:
        if self._ssl_context is None:
            return client
        client.settimeout(HANDSHAKE_SECONDS)
        secured = self._ssl_context.wrap_socket(client, server_side=True)
        secured.settimeout(None)
        return secured

    def _watch(self) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            for connection in self._current():
                connection.watch()

    def __enter__(self) -> OrasimServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
