"""A LOB behind a locator: read and written in pieces, each at its own cost."""

from __future__ import annotations

from orasim.engine import LobValue, OracleError
from orasim.wire.status import NO_DATA_FOUND


class OpenLob:
    """
    A LOB that the client holds a locator of.

    It travels as BLOB bytes, or as CLOB text in UTF-16BE, and is counted in bytes or in units
    of two. Text that is all ASCII is cut first and converted then; other text is converted
    once. What is written is kept as it travels until somebody asks for the value.
    """

    def __init__(self, value: LobValue) -> None:
        self.is_open = False
        self._value = value
        self._is_ascii = value.is_character and value.data.isascii()
        self._travelling: bytes | bytearray | None = None if value.is_character else value.data
        self._is_newer = False  # what travels was changed since the value was made

    @property
    def value(self) -> LobValue:
        """The value with everything that was written."""
        if self._is_newer:
            data = bytes(self._travelling or b"")
            if self._value.is_character:
                data = data.decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")
            self._value.data = data
            self._is_newer = False
        return self._value

    @property
    def is_temporary(self) -> bool:
        return self._value.temporary

    @property
    def unit(self) -> int:
        """Bytes of one position: a UCS-2 unit for text."""
        return 2 if self._value.is_character else 1

    @property
    def size(self) -> int:
        """Length in positions."""
        if self._cuts_first:
            return len(self._value.data)
        return len(self._data) // self.unit

    @property
    def _cuts_first(self) -> bool:
        return self._is_ascii and self._travelling is None

    @property
    def _data(self) -> bytes | bytearray:
        if self._travelling is None:
            text = self._value.data.decode("utf-8", "replace")
            self._travelling = text.encode("utf-16-be")
        return self._travelling

    def read(self, offset: int, amount: int) -> bytes:
        """At most *amount* positions from *offset* (1 is the first); ORA-01403 past the end."""
        start = max(offset, 1) - 1
        if self._cuts_first:
            piece = self._value.data[start : start + amount].decode("ascii").encode("utf-16-be")
        else:
            unit = self.unit
            piece = bytes(self._data[start * unit : (start + amount) * unit])
        if not piece:
            raise OracleError(NO_DATA_FOUND, "no data found")
        return piece

    def write(self, offset: int, data: bytes) -> None:
        """Put *data* at *offset*; a gap before it is filled with blanks or zeros."""
        buffer = self._changeable()
        start = (max(offset, 1) - 1) * self.unit
        if start > len(buffer):
            gap = (start - len(buffer)) // self.unit
            buffer += (b"\0 " if self.unit == 2 else b"\0") * gap
        buffer[start : start + len(data)] = data

    def trim(self, size: int) -> None:
        """Cut to *size* positions; ORA-22926 for more than there are."""
        if size > self.size:
            raise OracleError(
                22926, "specified trim length is greater than current LOB value's length"
            )
        buffer = self._changeable()
        del buffer[size * self.unit :]

    def _changeable(self) -> bytearray:
        data = self._data
        self._is_newer = True
        if not isinstance(data, bytearray):
            data = self._travelling = bytearray(data)
        return data

    def open(self) -> None:
        """ORA-22293 when it is open."""
        if self.is_open:
            raise OracleError(22293, "LOB already opened in the same transaction")
        self.is_open = True

    def close(self) -> None:
        """ORA-22289 when it is not open."""
        if not self.is_open:
            raise OracleError(
                22289, "cannot perform LOB WRITE operation on an unopened file or LOB"
            )
        self.is_open = False
