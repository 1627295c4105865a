"""The listener: one thread per connection, and a watch that sees breaks during long calls."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from dataclasses import dataclass
from types import TracebackType

from orasim.engine import Engine
from orasim.faults import Faults
from orasim.wire.login import PERSONALITIES
from orasim.wire.packets import Channel
from orasim.wire.session import Connection

logger = logging.getLogger("orasim")

WATCH_SECONDS = 0.05


@dataclass
class Counters:
    """What clients caused since the start; tests assert on these instead of on seconds."""

    connections: int = 0
    round_trips: int = 0
    statements: int = 0


class OrasimServer:
    """Serves *engine* on loopback until stopped; port 0 takes a free one."""

    def __init__(
        self,
        engine: Engine,
        host: str = "127.0.0.1",
        port: int = 0,
        personality: str = "19c",
        verifier: str = "12c",
    ) -> None:
        """*personality*: 12.1, 12.2, 19c or 23ai; *verifier*: 12c or 11g."""
        self.engine = engine
        self.host = host
        self.personality = PERSONALITIES[personality]
        self.verifier = verifier
        self.faults = Faults()
        self.counters = Counters()
        self._port = port
        self._listener: socket.socket | None = None
        self._connections: set[Connection] = set()
        self._stopping = threading.Event()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return self._port

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
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.channel.socket.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        assert self._listener is not None
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.counters.connections += 1
            threading.Thread(
                target=self._serve, args=(client, self.counters.connections), daemon=True
            ).start()

    def _serve(self, client: socket.socket, number: int) -> None:
        connection = Connection(
            Channel(client),
            self.engine,
            self.personality,
            self.verifier,
            self.faults,
            self.counters,
            number,
        )
        self._connections.add(connection)
        try:
            connection.serve()
        except Exception:
            # A bug of ours must end this session loudly, not the server.
            logger.exception("session %d ended by an internal error", number)
        finally:
            self._connections.discard(connection)
            client.close()

    def _watch(self) -> None:
        while not self._stopping.wait(WATCH_SECONDS):
            for connection in list(self._connections):
                session = connection.session
                if connection.calling and session and connection.channel.has_input():
                    session.cancel()

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
