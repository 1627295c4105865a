"""An engine with canned answers: the far side of the seam, for tests of the wire alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from orasim.engine import (
    Bind,
    ColumnInfo,
    EncodedRows,
    Identity,
    OracleError,
    Outcome,
    not_supported,
)


@dataclass
class Rows:
    """A cursor over a list; *encoded* hands out ready rows."""

    columns: Sequence[ColumnInfo]
    rows: list[Sequence[Any]]
    encoded: bool = False
    at: int = 0

    def fetch(self, rows: int) -> Any:
        """The next rows."""
        part = self.rows[self.at : self.at + rows]
        self.at += len(part)
        if not self.encoded:
            return part
        payload = b"".join(
            b"\x07" + b"".join(bytes((len(v),)) + v if v else b"\x00" for v in row) for row in part
        )
        return EncodedRows(len(part), payload)

    def close(self) -> None:
        """Nothing to free."""


@dataclass
class CannedSession:
    """Answers by exact SQL text; records what it was given."""

    engine: CannedEngine
    in_transaction: bool = False
    is_killed: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)

    def execute(self, sql, binds, executions=1, *, batch_errors=False):
        """What was canned for *sql*."""
        self.engine.seen.append((sql, binds, executions))
        if sql.startswith("ALTER SESSION"):
            return Outcome("session")
        if sql == "explode":
            raise ZeroDivisionError("a bug of the engine")
        if sql == "sleep":
            self.cancelled.clear()
            if self.cancelled.wait(20):
                raise OracleError(1013, "user requested cancel of current operation")
            return Outcome("dml")
        answer = self.engine.answers.get(sql)
        if answer is None:
            raise not_supported(sql)
        outcome = answer(binds, executions) if callable(answer) else answer
        if isinstance(outcome, OracleError):
            raise outcome
        self.in_transaction = self.in_transaction or outcome.kind == "dml"
        return outcome

    def describe(self, sql):
        """Describe is executing, for canned answers."""
        return self.execute(sql, [])

    def set_context(self, namespace, entries):
        """Recorded."""
        self.engine.info[namespace] = entries

    def count(self, statistic):
        """Not looked at."""

    def find_type(self, name="", oid=b""):
        """No object types at all."""
        return None

    def commit(self):
        """Ends the transaction."""
        self.engine.commits += 1
        self.in_transaction = False

    def rollback(self):
        """Ends the transaction."""
        self.engine.rollbacks += 1
        self.in_transaction = False

    def set_current_schema(self, name):
        """Recorded; there is no schema NOWHERE."""
        if name == "NOWHERE":
            raise OracleError(1435, "user does not exist")
        self.engine.info["schema"] = name

    def set_client_info(self, **values):
        """Recorded."""
        self.engine.info.update(values)

    def cancel(self):
        """Wakes ``sleep``."""
        self.cancelled.set()

    def kill(self):
        """What runs ends."""
        self.is_killed = True
        self.cancel()

    def close(self):
        """Recorded."""
        self.engine.closed += 1


@dataclass
class CannedEngine:
    """One user, one service, answers by text."""

    answers: dict[str, Any] = field(default_factory=dict)
    identity: Identity = field(default_factory=Identity)
    seen: list[tuple[str, list[Bind], int]] = field(default_factory=list)
    info: dict[str, str] = field(default_factory=dict)
    commits: int = 0
    rollbacks: int = 0
    closed: int = 0

    def has_service(self, name):
        """Only ORASIM."""
        return name.upper() == "ORASIM"

    def password_of(self, user):
        """Only SCOTT."""
        return {"SCOTT": "tiger"}.get(user)

    def set_password(self, user, password):
        """Nobody keeps it."""

    def open_session(self, user, program, session_id, serial):
        """Every login works."""
        return CannedSession(self)


def wait_until(condition, seconds=5.0):
    """Poll; False after the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def number(value: int) -> bytes:
    """NUMBER bytes of a small non-negative integer, by the documented format."""
    if value == 0:
        return b"\x80"
    digits = []
    while value:
        value, rest = divmod(value, 100)
        digits.insert(0, rest)
    exponent = 192 + len(digits)
    while digits[-1] == 0:
        digits.pop()
    return bytes([exponent, *(d + 1 for d in digits)])
