"""Misbehaviour on request, so that clients can be tested against it."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from orasim.engine import OracleError
from orasim.wire.markers import pause
from orasim.wire.packets import Channel, Closed

MESSAGES = {
    28: "your session has been killed",
    1013: "user requested cancel of current operation",
    1033: "ORACLE initialization or shutdown in progress",
    1034: "ORACLE not available",
    1089: "immediate shutdown or close in progress - no operations are permitted",
    1410: "invalid ROWID",
    1466: "unable to read data - table definition has changed",
    1555: 'snapshot too old: rollback segment number 1 with name "_SYSSMU1$" too small',
    2396: "exceeded maximum idle time, please connect again",
    3113: "end-of-file on communication channel",
    4031: "unable to allocate bytes of shared memory",
    8103: "object no longer exists",
    8180: "no snapshot found based on specified time",
    12520: "TNS:listener could not find available handler for requested type of server",
}
MOST_SECONDS = 24 * 3600.0


@dataclass(slots=True)
class Fault:
    """One planned misbehaviour; it happens *times* times and is gone."""

    kind: str  # error, drop, stall, split
    pattern: re.Pattern[str]
    at_fetch: int  # the Nth fetch of a matching statement; 0: its execution
    code: int | None = None  # of an error
    seconds: float = 0.0  # of a stall, before the reply or in the middle of its packet
    times: int = 1

    def describe(self) -> dict[str, Any]:
        """As the control shows it."""
        described: dict[str, Any] = {
            "kind": self.kind,
            "matching": self.pattern.pattern,
            "at_fetch": self.at_fetch,
            "times": self.times,
        }
        if self.code is not None:
            described["code"] = self.code
        if self.seconds:
            described["seconds"] = self.seconds
        return described


@dataclass
class Faults:
    """What a server does wrong; safe to change while it serves."""

    latency_seconds: float = 0.0  # added to every round trip
    login_seconds: float = 0.0  # a login waits so long for its answer
    bytes_per_second: int = 0  # what each connection is sent at most; 0: no limit
    _planned: list[Fault] = field(default_factory=list)
    _refusals: list[int] = field(default_factory=list)  # of the next connections, in order
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # -- planning --------------------------------------------------------------------------

    def raise_error(self, code: int, *, matching: str, at_fetch: int = 1, times: int = 1) -> None:
        """ORA-*code* at the Nth fetch (0: the execution) of statements that match."""
        self._plan(Fault("error", _pattern(matching), at_fetch, code=code, times=times))

    def drop_socket(self, *, matching: str, at_fetch: int = 1, times: int = 1) -> None:
        """Close the connection at the Nth fetch of statements that match."""
        self._plan(Fault("drop", _pattern(matching), at_fetch, times=times))

    def stall(self, seconds: float, *, matching: str, at_fetch: int = 1, times: int = 1) -> None:
        """Say nothing for *seconds* at the Nth fetch of statements that match."""
        self._plan(Fault("stall", _pattern(matching), at_fetch, seconds=seconds, times=times))

    def split_packet(
        self, seconds: float, *, matching: str, at_fetch: int = 1, times: int = 1
    ) -> None:
        """Send half of the reply to that fetch, the rest only after *seconds*."""
        self._plan(Fault("split", _pattern(matching), at_fetch, seconds=seconds, times=times))

    def refuse_connection(self, code: int = 12520, *, nth: int = 1, times: int = 1) -> None:
        """The listener refuses the *nth* connection from now on, and *times* - 1 after it."""
        with self._lock:
            self._refusals = [0] * (nth - 1) + [code] * times

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._planned.clear()
            self._refusals.clear()
        self.latency_seconds = self.login_seconds = 0.0
        self.bytes_per_second = 0

    def list_planned(self) -> list[dict[str, Any]]:
        """What is still to happen."""
        with self._lock:
            planned = [fault.describe() for fault in self._planned]
            planned += [
                {"kind": "refuse", "nth": place, "code": code, "times": 1}
                for place, code in enumerate(self._refusals, start=1)
                if code
            ]
        return planned

    def _plan(self, fault: Fault) -> None:
        with self._lock:
            self._planned.append(fault)

    # -- what the server calls -------------------------------------------------------------

    def on_connect(self) -> int:
        """The code that this connection is refused with; 0: none."""
        with self._lock:
            return self._refusals.pop(0) if self._refusals else 0

    def on_login(self, channel: Channel) -> None:
        """A slow login."""
        if self.login_seconds:
            pause(channel, self.login_seconds)

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
            if fault.kind == "stall":
                pause(channel, fault.seconds)
            elif fault.kind == "split":
                channel.on_half_sent = partial(pause, channel, fault.seconds)
            elif fault.kind == "drop":
                raise Closed("dropped on request")
            elif fault.code is not None:
                raise OracleError(fault.code, MESSAGES.get(fault.code, "raised on request"))


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
