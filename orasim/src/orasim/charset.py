"""Database character sets: the bytes that text is stored as, and what it cannot hold.

Text travels as UTF-8 whatever the database's set is, because thin clients ask for that; the
set decides sizes, CHR and DUMP, the binary order, and which characters are replaced.
"""

from __future__ import annotations

from dataclasses import dataclass

from orasim.engine import OracleError, not_supported

# Oracle's numbers and Python's codecs of the single-byte sets.
_SINGLE = {
    "US7ASCII": (1, "ascii"),
    "WE8ISO8859P1": (31, "latin-1"),
    "EE8ISO8859P2": (32, "iso8859-2"),
    "WE8ISO8859P15": (46, "iso8859-15"),
    "EE8MSWIN1250": (170, "cp1250"),
    "CL8MSWIN1251": (171, "cp1251"),
    "WE8MSWIN1252": (178, "cp1252"),
}


@dataclass(frozen=True, slots=True)
class Charset:
    """One database character set; this class is AL32UTF8, others differ where they do."""

    name: str = "AL32UTF8"
    number: int = 873
    widest: int = 4  # bytes of a character at most

    def encode(self, text: str) -> bytes:
        """The stored bytes; bytes that never were text come out as they went in."""
        return text.encode("utf-8", "surrogateescape")

    def decode(self, data: bytes) -> str:
        """The text of stored bytes."""
        return data.decode("utf-8", "surrogateescape")

    def size(self, text: str) -> int:
        """Bytes that *text* takes."""
        return len(text) if text.isascii() else len(self.encode(text))

    def count(self, text: str) -> int:
        """Characters as LENGTH counts them."""
        return len(text)

    def adopt(self, text: str) -> str:
        """*text* as the database can hold it."""
        return text

    def order(self, text: str) -> object:
        """What the binary order compares."""
        return text


@dataclass(frozen=True, slots=True)
class Cesu(Charset):
    """UTF8, Oracle's Unicode 3.0: a supplementary character is two surrogates of three bytes."""

    name: str = "UTF8"
    number: int = 871
    widest: int = 3

    def encode(self, text: str) -> bytes:
        if not _has_supplementary(text):
            return Charset.encode(self, text)
        return b"".join(
            _pair(letter) if letter > "\uffff" else letter.encode("utf-8", "surrogateescape")
            for letter in text
        )

    def decode(self, data: bytes) -> str:
        if b"\xed" not in data:
            return Charset.decode(self, data)
        try:
            wide = data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return Charset.decode(self, data)
        return wide.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")

    def count(self, text: str) -> int:
        return len(text) + sum(letter > "\uffff" for letter in text)

    def order(self, text: str) -> object:
        return self.encode(text) if _has_supplementary(text) else Charset.encode(self, text)


@dataclass(frozen=True, slots=True)
class SingleByte(Charset):
    """A byte for each character; what has none becomes an inverted question mark, or ``?``."""

    codec: str = "cp1252"

    def encode(self, text: str) -> bytes:
        return self.adopt(text).encode(self.codec)

    def decode(self, data: bytes) -> str:
        try:
            return data.decode(self.codec)
        except UnicodeDecodeError as error:
            # Oracle keeps such a byte and shows the client U+FFFD; here it could not be kept.
            raise not_supported(f"byte {data[error.start]}, undefined in {self.name}") from error

    def size(self, text: str) -> int:
        return len(text)

    def adopt(self, text: str) -> str:
        # ASSUMPTION(oracle): the replacement is the set's inverted question mark where it has
        # one; approximations like a for ā are not made.
        if text.isascii():
            return text
        try:
            text.encode(self.codec)
        except UnicodeEncodeError:
            return "".join(letter if self._has(letter) else self._replacement for letter in text)
        return text

    def _has(self, letter: str) -> bool:
        try:
            letter.encode(self.codec)
        except UnicodeEncodeError:
            return False
        return True

    @property
    def _replacement(self) -> str:
        return "\u00bf" if self._has("\u00bf") else "?"

    def order(self, text: str) -> object:
        return text if text.isascii() else self.encode(text).decode("latin-1")


AL32UTF8 = Charset()


def find_charset(name: str) -> Charset:
    """A character set by Oracle's name; ORA-12715 for one that is not known here."""
    if name == "AL32UTF8":
        return AL32UTF8
    if name == "UTF8":
        return Cesu()
    known = _SINGLE.get(name)
    if known is None:
        raise OracleError(12715, f"invalid character set specified (orasim: {name})")
    return SingleByte(name, known[0], 1, known[1])


def _has_supplementary(text: str) -> bool:
    return any(letter > "\uffff" for letter in text)


def _pair(letter: str) -> bytes:
    units = letter.encode("utf-16-be")
    return b"".join(
        chr(int.from_bytes(units[at : at + 2], "big")).encode("utf-8", "surrogatepass")
        for at in (0, 2)
    )


def cut_bytes(characters: Charset, text: str, limit: int) -> str:
    """As much of *text* as *limit* bytes hold, in whole characters."""
    if characters.size(text) <= limit:
        return text
    room, at = limit, 0
    while at < len(text) and (size := characters.size(text[at])) <= room:
        room, at = room - size, at + 1
    return text[:at]
