"""Piggybacks (message 17): small requests in front of a call, without a reply (wire notes §5)."""

from __future__ import annotations

from orasim.wire.lobs import LOCATOR_BYTES
from orasim.wire.primitives import Reader

CLOSE_CURSORS, CANCEL_CURSORS, SET_SCHEMA, END_TO_END, FREE_LOBS = 105, 120, 152, 135, 96
SESSION_STATE, BEGIN_PIPELINE, KEY_VALUES = 176, 199, 154

# In the order of the message; the nameless ones are pointers that thin clients leave empty.
_END_TO_END = ("client_identifier", "module", "action", "", "", "client_info", "", "", "dbop")


def read_cursors(reader: Reader) -> list[int]:
    """The numbers of the cursors to close or cancel."""
    reader.u8()
    return [reader.ub() for _ in range(reader.ub())]


def read_set_schema(reader: Reader) -> str:
    """The schema's name."""
    reader.u8()
    return reader.dalc().decode("utf-8", "replace")


def read_end_to_end(reader: Reader) -> dict[str, str]:
    """What the client says of itself, by name; an attribute it cleared is the empty string."""
    reader.raw(2)
    reader.ub()
    given: dict[str, int] = {}
    for name in _END_TO_END:
        has, length = reader.u8(), reader.ub()
        if name and has:
            given[name] = length
    said = {}
    for name, length in given.items():
        # The driver writes a zero byte for "", and nothing at all for None.
        has_bytes = length or reader.peek() == 0
        said[name] = (reader.clr() or b"").decode("utf-8", "replace") if has_bytes else ""
    return said


def read_free_lobs(reader: Reader) -> list[bytes]:
    """The locators of temporary LOBs to free."""
    reader.u8()
    total = reader.ub()
    reader.u8()
    for _ in range(3):
        reader.ub()
    reader.raw(3)
    reader.ub()
    reader.u8()
    for _ in range(3):
        reader.ub()
    reader.u8()
    for _ in range(3):
        reader.u8()
        reader.ub()
    locators = reader.raw(total)
    return [locators[at : at + LOCATOR_BYTES] for at in range(0, total, LOCATOR_BYTES)]


def read_begin_pipeline(reader: Reader) -> int:
    """The mode: 1 goes on after errors, 2 stops at the first."""
    reader.ub()
    reader.u8()
    return reader.u8()


def read_key_values(reader: Reader) -> tuple[str, dict[str, str] | None]:
    """A namespace of the application context and what it gets; None clears it."""
    reader.u8()
    reader.ub()
    reader.u8()
    count = reader.ub()
    reader.ub()
    reader.u8()
    namespace = (reader.clr() or b"").decode("utf-8", "replace")
    entries = {}
    for _ in range(count):
        key, value = reader.dalc(), reader.dalc()
        reader.ub()
        entries[key.decode("utf-8", "replace")] = value.decode("utf-8", "replace")
    return namespace, entries or None
