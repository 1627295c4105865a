"""The execute and re-execute calls (94, 4, 78) as the client sends them (wire notes §5)."""

from __future__ import annotations

from dataclasses import dataclass

from orasim.wire.primitives import Reader

PARSE, BIND, DEFINE, EXECUTE, FETCH, COMMIT = 0x01, 0x08, 0x10, 0x20, 0x40, 0x100
BATCH_ERRORS = 0x80000
ROW_COUNTS, SCROLLABLE = 0x4000, 0x02
COMMIT_AGAIN = 1  # the commit bit of a re-execute's second options


@dataclass(frozen=True, slots=True)
class ExecuteCall:
    """An execute up to its SQL text; descriptors and values follow it in the stream."""

    options: int
    cursor_id: int
    sql: str
    rows: int
    bind_count: int
    define_count: int
    executions: int
    flags: int

    def has(self, option: int) -> bool:
        """True when the client set *option*."""
        return bool(self.options & option)

    @property
    def wanted_rows(self) -> int:
        """How many rows the reply may hold."""
        return self.rows if self.has(FETCH) else 0


def read_execute(reader: Reader, field_version: int) -> ExecuteCall:
    """The head of message 94, after the function header."""
    options = reader.ub()
    cursor_id = reader.ub()
    reader.u8()
    sql_length = reader.ub()
    reader.u8()  # al8i4: a vector of 13
    reader.ub()
    reader.raw(2)
    reader.ub()  # prefetch buffer
    rows = reader.ub()
    reader.ub()  # longest LONG
    reader.u8()
    bind_count = reader.ub()
    reader.raw(5)
    reader.u8()
    define_count = reader.ub()
    reader.ub()  # registration id, low
    reader.raw(3)
    reader.ub()
    reader.u8()
    reader.ub()
    reader.ub()  # registration id, high
    reader.u8()  # row counts wanted: the flags tell it too
    reader.ub()
    reader.u8()
    if field_version >= 8:
        _skip_pairs(reader, 2)
        reader.u8()
    if field_version >= 9:
        _skip_pairs(reader, 1)
    text = (reader.clr() or b"") if sql_length else b""
    al8i4 = [reader.ub() for _ in range(13)]
    sql = text.decode("utf-8", "replace")
    return ExecuteCall(options, cursor_id, sql, rows, bind_count, define_count, al8i4[1], al8i4[9])


def _skip_pairs(reader: Reader, count: int) -> None:
    for _ in range(count):
        reader.u8()
        reader.ub()


@dataclass(frozen=True, slots=True)
class ReExecuteCall:
    """A re-execute up to its bind values; *count* is rows to fetch, or executions."""

    cursor_id: int
    count: int
    commits: bool


def read_re_execute(reader: Reader) -> ReExecuteCall:
    """The head of messages 4 and 78, after the function header."""
    cursor_id = reader.ub()
    count = reader.ub()
    reader.ub()
    return ReExecuteCall(cursor_id, count, bool(reader.ub() & COMMIT_AGAIN))
