"""Misbehaviour on request, so that clients can be tested against it."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field

from orasim.engine import OracleError
from orasim.wire.markers import pause
from orasim.wire.packets import Channel, Closed

MESSAGES = {
    1555: 'snapshot too old: rollback segment number 1 with name "_SYSSMU1$" too small',
    1466: "unable to read data - table definition has changed",
    8103: "object no longer exists",
    3113: "end-of-file on communication channel",
    12520: "TNS:listener could not find available handler for requested type of server",
}


@dataclass(slots=True)
class Fault:
    """One planned misbehaviour; it happens *times* times and is gone."""

    pattern: re.Pattern[str]
    at_fetch: int  # the Nth fetch of a matching statement; 0: its execution
    code: int | None = None  # an ORA- error
    drops: bool = False  # the socket is closed without a word
    stalls_seconds: float = 0.0
    times: int = 1


@dataclass
class Faults:
    """What a server does wrong; safe to change while it serves."""

    latency_seconds: float = 0.0  # added to every round trip
    _planned: list[Fault] = field(default_factory=list)
    _refusals: list[int] = field(default_factory=list)  # of the next connections, in order
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def raise_error(self, code: int, *, matching: str, at_fetch: int = 1, times: int = 1) -> None:
        """ORA-*code* at the Nth fetch (0: the execution) of statements that match."""
        self._plan(Fault(_pattern(matching), at_fetch, code=code, times=times))

    def drop_socket(self, *, matching: str, at_fetch: int = 1, times: int = 1) -> None:
        """Close the connection at the Nth fetch of statements that match."""
        self._plan(Fault(_pattern(matching), at_fetch, drops=True, times=times))

    def stall(self, seconds: float, *, matching: str, at_fetch: int = 1, times: int = 1) -> None:
        """Say nothing for *seconds* at the Nth fetch of statements that match."""
        self._plan(Fault(_pattern(matching), at_fetch, stalls_seconds=seconds, times=times))

    def refuse_connection(self, code: int = 12520, *, nth: int = 1, times: int = 1) -> None:
        """The listener refuses the *nth* connection from now on, and *times* - 1 after it."""
        with self._lock:
            self._refusals = [0] * (nth - 1) + [code] * times

    def on_connect(self) -> int:
        """The code that this connection is refused with; 0: none."""
        with self._lock:
            return self._refusals.pop(0) if self._refusals else 0

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._planned.clear()
            self._refusals.clear()
        self.latency_seconds = 0.0

    def _plan(self, fault: Fault) -> None:
        with self._lock:
            self._planned.append(fault)

    def before_reply(self, channel: Channel) -> None:
        """Latency of a round trip."""
        if self.latency_seconds:
            pause(channel, self.latency_seconds)

    def on_execute(self, sql: str, channel: Channel) -> None:
        """Called before a statement runs."""
        self._happen(sql, 0, channel)

    def on_fetch(self, sql: str, number: int, channel: Channel) -> None:
        """Called before the *number*-th fetch of a statement's rows."""
        self._happen(sql, number, channel)

    def _happen(self, sql: str, number: int, channel: Channel) -> None:
        with self._lock:
            due = [f for f in self._planned if f.at_fetch == number and f.pattern.search(sql)]
            for fault in due:
                fault.times -= 1
            self._planned = [f for f in self._planned if f.times > 0]
        for fault in due:
            if fault.stalls_seconds:
                pause(channel, fault.stalls_seconds)
            if fault.drops:
                raise Closed("dropped on request")
            if fault.code is not None:
                raise OracleError(fault.code, MESSAGES.get(fault.code, "raised on request"))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
