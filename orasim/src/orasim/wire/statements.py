"""The client's open cursors: what each ran, how it was described, what is left to fetch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from orasim import engine as types
from orasim.engine import ColumnInfo, OracleError, ResultCursor
from orasim.wire.binds import Descriptor, StatementShape, shape_of

QUERY = StatementShape("query", (), ())
MAX_OPEN = 65_000  # cursor ids travel as two bytes


@dataclass(frozen=True, slots=True)
class Inherited(Descriptor):
    """How a LOB travels that a re-executed cursor finds where text or RAW was before: as LONG."""

    national: bool = False


_LOB_AFTER = {
    types.TYPE_CLOB: ({types.TYPE_CHAR, types.TYPE_VARCHAR, types.TYPE_LONG}, types.TYPE_LONG),
    types.TYPE_BLOB: ({types.TYPE_RAW, types.TYPE_LONG_RAW}, types.TYPE_LONG_RAW),
}


def inherited_defines(
    before: Sequence[ColumnInfo] | None, after: Sequence[ColumnInfo]
) -> list[Descriptor]:
    """What the client takes as defined when a column became a LOB; empty when none did."""
    if before is None or len(before) != len(after):
        return []
    found: list[Descriptor] = []
    for old, new in zip(before, after, strict=True):
        kinds, as_type = _LOB_AFTER.get(new.type, (set(), 0))
        inherits = old.type in kinds
        found.append(
            Inherited(as_type, 0, False, 0, national=old.national)
            if inherits
            else Descriptor(0, 0, False, 0)
        )
    return found if any(isinstance(item, Inherited) for item in found) else []


@dataclass(slots=True)
class Statement:
    """A cursor of the client; re-executions rely on all that is remembered here."""

    number: int
    sql: str
    shape: StatementShape
    descriptors: list[Descriptor] = field(default_factory=list)
    directions: list[str] = field(default_factory=list)  # of a block's binds, once it ran
    defines: list[Descriptor] = field(default_factory=list)
    result: ResultCursor | None = None
    described: tuple[ColumnInfo, ...] | None = None
    exhausted: bool = False
    fetches: int = 0

    def wants_value(self, at: int) -> bool:
        """False for binds that only bring something back: the client sends no value for them."""
        if at < len(self.shape.returning) and self.shape.returning[at]:
            return False
        return not (self.directions and self.directions[at] == "out")

    def executions(self, asked: int) -> int:
        """How often it runs: queries count fetches where others count executions."""
        return 1 if self.shape.kind == "query" else max(asked, 1)

    def forget_result(self) -> None:
        """Close what is left of the last run."""
        if self.result is not None:
            self.result.close()
        self.result = None


class Statements:
    """All cursors of one session, by the number that the client knows."""

    def __init__(self) -> None:
        self._open: dict[int, Statement] = {}
        self._last = 0

    def open(self, sql: str) -> Statement:
        """A new cursor for *sql*; ORA-01000 when there are too many."""
        if len(self._open) >= MAX_OPEN:
            raise OracleError(1000, "maximum open cursors exceeded")
        number = self._last % 0xFFFF + 1
        while number in self._open:
            number = number % 0xFFFF + 1
        self._last = number
        statement = self._open[number] = Statement(number, sql, shape_of(sql))
        return statement

    def adopt(self, result: ResultCursor) -> Statement:
        """A cursor for rows that a block or another query hands out."""
        statement = self.open("")
        statement.shape, statement.result = QUERY, result
        statement.described = tuple(result.columns)
        return statement

    def find(self, number: int) -> Statement:
        """ORA-01001 for a number that is not open."""
        try:
            return self._open[number]
        except KeyError:
            raise OracleError(1001, "invalid cursor") from None

    def find_for(self, number: int, sql: str) -> Statement:
        """The cursor of an execute: a new one for number 0, else the old with maybe new text."""
        if number == 0:
            return self.open(sql)
        statement = self.find(number)
        if sql and sql != statement.sql:
            statement.sql, statement.shape = sql, shape_of(sql)
        return statement

    def close(self, number: int) -> None:
        """Close one, if it is open."""
        statement = self._open.pop(number, None)
        if statement is not None:
            statement.forget_result()

    def cancel(self, number: int) -> None:
        """Fetch no more of one; it stays open to be run again."""
        if number in self._open:
            self._open[number].forget_result()

    def close_all(self) -> None:
        """Close every one."""
        for number in list(self._open):
            self.close(number)
