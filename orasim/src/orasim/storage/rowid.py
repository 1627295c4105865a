"""Extended ROWIDs: object, file, block and slot in 18 base-64 characters.

Six characters of data object id, three of relative file number, six of block, three of
slot (row number), as documented for the extended ROWID format.
"""

from __future__ import annotations

from dataclasses import dataclass

from orasim.engine import OracleError

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_DIGITS = {letter: value for value, letter in enumerate(_ALPHABET)}
LENGTH = 18


@dataclass(frozen=True, slots=True, order=True)
class RowId:
    """The parts of a physical ROWID, ordered as Oracle orders ROWIDs."""

    object_id: int
    file: int
    block: int
    slot: int

    def __str__(self) -> str:
        return (
            _base64(self.object_id, 6)
            + _base64(self.file, 3)
            + _base64(self.block, 6)
            + _base64(self.slot, 3)
        )


def _base64(number: int, letters: int) -> str:
    text = ""
    for _ in range(letters):
        text = _ALPHABET[number & 63] + text
        number >>= 6
    return text


def _number(text: str) -> int:
    number = 0
    for letter in text:
        number = number * 64 + _DIGITS[letter]
    return number


def parse_rowid(text: str) -> RowId:
    """
    The parts of an 18-character ROWID; ORA-01410 for anything else.

    >>> str(parse_rowid("AAASLyAAEAAAAIXAAC"))
    'AAASLyAAEAAAAIXAAC'
    """
    if len(text) != LENGTH or any(letter not in _DIGITS for letter in text):
        raise OracleError(1410, "invalid ROWID")
    return RowId(_number(text[:6]), _number(text[6:9]), _number(text[9:15]), _number(text[15:]))


def encode_rowid(rowid: RowId) -> bytes:
    """The 13 bytes of a ROWID in a row, without the length (wire notes §10)."""
    return (
        rowid.object_id.to_bytes(4, "big")
        + rowid.file.to_bytes(2, "big")
        + b"\0"
        + rowid.block.to_bytes(4, "big")
        + rowid.slot.to_bytes(2, "big")
    )
