"""A converted part of an expression, and what is known of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from oraferry.errors import UnsupportedConstruct


class Kind(enum.StrEnum):
    """What a value is; Oracle converts between them silently, PostgreSQL does not."""

    NUMBER = "number"
    FLOAT = "float"
    TEXT = "text"
    CHAR = "padded text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    ZONED = "timestamp with time zone"
    RAW = "raw"
    BOOLEAN = "boolean"
    NULL = "NULL"
    CONDITION = "condition"
    GUID = "guid"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Piece:
    """SQL that binds with strength *binds* (9: needs no parentheses)."""

    sql: str
    kind: Kind
    is_immutable: bool = True
    binds: int = 9
    text: str | None = None  # of a text literal

    @property
    def is_number(self) -> bool:
        """True for what can be calculated with."""
        return self.kind in (Kind.NUMBER, Kind.FLOAT)

    def within(self, binds: int) -> str:
        """Its SQL as an operand of something that binds so."""
        return self.sql if self.binds >= binds else f"({self.sql})"

    def join(self, sign: str, right: Piece, kind: Kind, *, binds: int) -> Piece:
        """``self sign right``."""
        sql = f"{self.within(binds)} {sign} {right.within(binds + 1)}"
        if sign in ("AND", "OR", "+", "*"):
            sql = f"{self.within(binds)} {sign} {right.within(binds)}"
        return Piece(sql, kind, self.is_immutable and right.is_immutable, binds)


NULL = Piece("NULL", Kind.NULL)


def literal(text: str) -> Piece:
    """A text literal; the empty one is NULL, as everywhere in Oracle."""
    if text == "":
        return NULL
    if "\x00" in text:
        raise UnsupportedConstruct("a literal holds a NUL character")
    return Piece("'" + text.replace("'", "''") + "'", Kind.TEXT, text=text)


def quote_name(name: str) -> str:
    """The identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


def as_text(piece: Piece) -> Piece:
    """*piece* as an operand of text functions; numbers and dates are written differently."""
    if piece.kind in (Kind.TEXT, Kind.NULL):
        return piece
    raise UnsupportedConstruct(f"no rule for turning a {piece.kind} into text")


def comparable(piece: Piece) -> Piece:
    """*piece* where it may be compared."""
    if piece.kind in (Kind.OTHER, Kind.RAW, Kind.GUID, Kind.CONDITION):
        raise UnsupportedConstruct(f"no rule for comparing a {piece.kind}")
    return piece


_FAMILIES = [
    {Kind.NUMBER, Kind.FLOAT},
    {Kind.TEXT},
    {Kind.CHAR},
    {Kind.DATE, Kind.TIMESTAMP},
    {Kind.ZONED},
]


def require_same(left: Piece, right: Piece) -> Piece:
    """*right*, if PostgreSQL compares it with *left* as Oracle does."""
    comparable(left)
    comparable(right)
    kinds = {left.kind, right.kind} - {Kind.NULL}
    if any(kinds <= family for family in _FAMILIES) or not kinds:
        return right
    if kinds == {Kind.CHAR, Kind.TEXT} and (left.text or right.text):
        # Both pad a literal when they compare it with a CHAR.
        return right
    if right.text is not None and left.is_number:
        return _number_of(right)
    raise UnsupportedConstruct(f"no rule for comparing a {left.kind} with a {right.kind}")


def _number_of(piece: Piece) -> Piece:
    try:
        float(piece.text or "")
    except ValueError:
        raise UnsupportedConstruct("a number is compared with a text") from None
    return replace(piece, kind=Kind.NUMBER)
