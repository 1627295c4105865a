"""The TTC primitives: variable-length integers, byte strings with lengths, in both directions."""

from __future__ import annotations

from collections.abc import Callable

LONG_INDICATOR = 0xFE
NULL_INDICATOR = 0xFF
PIECE = 32767


class Reader:
    """Reads a TTC byte stream that arrives in packets; *pull* fetches the next one's bytes."""

    def __init__(self, pull: Callable[[], bytes]) -> None:
        self._pull = pull
        self._data = b""
        self._at = 0

    def raw(self, length: int) -> bytes:
        """Exactly *length* bytes."""
        while len(self._data) - self._at < length:
            self._data = self._data[self._at :] + self._pull()
            self._at = 0
        piece = self._data[self._at : self._at + length]
        self._at += length
        return piece

    def u8(self) -> int:
        """One byte."""
        return self.raw(1)[0]

    def peek(self) -> int:
        """The next byte, which stays."""
        byte = self.u8()
        self._at -= 1
        return byte

    def ub(self) -> int:
        """An unsigned integer: a length byte, then that many big-endian bytes."""
        return int.from_bytes(self.raw(self.u8() & 0x7F), "big")

    def sb(self) -> int:
        """A signed integer: as ``ub``, with 0x80 in the length byte of negatives."""
        length = self.u8()
        value = int.from_bytes(self.raw(length & 0x7F), "big")
        return -value if length & 0x80 else value

    def clr(self) -> bytes | None:
        """Bytes with one length; None for NULL, which the empty string is too."""
        length = self.u8()
        if length in (0, NULL_INDICATOR):
            return None
        if length != LONG_INDICATOR:
            return self.raw(length)
        pieces = []
        while size := self.ub():
            pieces.append(self.raw(size))
        return b"".join(pieces)

    def dalc(self) -> bytes:
        """Bytes with two lengths; empty when the first is zero."""
        return (self.clr() or b"") if self.ub() else b""

    def skip_rest(self) -> None:
        """Throw away what is left of the packets read so far."""
        self._data, self._at = b"", 0


def ub(value: int) -> bytes:
    """An unsigned integer as ``Reader.ub`` reads it."""
    if value == 0:
        return b"\x00"
    length = (value.bit_length() + 7) // 8
    return bytes((length,)) + value.to_bytes(length, "big")


def sb(value: int) -> bytes:
    """A signed integer as ``Reader.sb`` reads it."""
    if value >= 0:
        return ub(value)
    length = (value.bit_length() + 7) // 8
    return bytes((length | 0x80,)) + (-value).to_bytes(length, "big")


def clr(value: bytes | None) -> bytes:
    """Bytes with one length; NULL and empty are one zero byte."""
    if not value:
        return b"\x00"
    if len(value) <= 252:
        return bytes((len(value),)) + value
    pieces = [b"\xfe"]
    for start in range(0, len(value), PIECE):
        piece = value[start : start + PIECE]
        pieces += [ub(len(piece)), piece]
    pieces.append(b"\x00")
    return b"".join(pieces)


def dalc(value: bytes | None) -> bytes:
    """Bytes with two lengths."""
    return ub(len(value)) + clr(value) if value else b"\x00"


def key_value(key: str, value: str, flags: int = 0) -> bytes:
    """A pair of the login's parameter lists."""
    return dalc(key.encode()) + dalc(value.encode()) + ub(flags)
