"""LOB locators of one session, and the LOB call (96) on them (wire notes §7)."""

from __future__ import annotations

from dataclasses import dataclass

from orasim.engine import TYPE_BLOB, LobValue, OracleError, not_supported
from orasim.wire.primitives import Reader, clr, sb, ub

LOCATOR_BYTES = 40
CHUNK_BYTES = 8132

LENGTH, READ, TRIM, WRITE = 0x01, 0x02, 0x20, 0x40
CREATE_TEMP, FREE_TEMP = 0x110, 0x111
CHUNK_SIZE, OPEN, CLOSE, IS_OPEN = 0x4000, 0x8000, 0x10000, 0x11000


@dataclass(slots=True)
class OpenLob:
    """A LOB that the client holds a locator of; *data* travels as *is_utf16* says."""

    value: LobValue
    data: bytes  # BLOB bytes, or CLOB text as UTF-16BE
    is_open: bool = False

    @property
    def unit(self) -> int:
        """Bytes of one position: a UCS-2 unit for text."""
        return 2 if self.value.is_character else 1

    @property
    def size(self) -> int:
        """Length in positions."""
        return len(self.data) // self.unit


class Lobs:
    """The locators of one session."""

    def __init__(self) -> None:
        self._open: dict[int, OpenLob] = {}
        self._next = 1

    def locator(self, value: LobValue) -> tuple[bytes, OpenLob]:
        """A new locator for *value*."""
        data = (
            value.data.decode("utf-8", "replace").encode("utf-16-be")
            if value.is_character
            else value.data
        )
        number, self._next = self._next, self._next + 1
        lob = self._open[number] = OpenLob(value, data)
        locator = bytearray(LOCATOR_BYTES)
        locator[0:2] = (LOCATOR_BYTES - 2).to_bytes(2, "big")
        locator[4] = 0x40
        locator[6] = 0x80 if value.is_character else 0
        locator[7] = 1 if value.temporary else 0
        locator[8:16] = number.to_bytes(8, "big")
        return bytes(locator), lob

    def find(self, locator: bytes) -> OpenLob:
        """The LOB behind a locator; ORA-22922 for one that is not ours (any more)."""
        lob = self._open.get(int.from_bytes(locator[8:16], "big"))
        if lob is None:
            raise OracleError(22922, "nonexistent LOB value")
        return lob

    def free(self, locator: bytes) -> None:
        """Forget a temporary LOB."""
        self._open.pop(int.from_bytes(locator[8:16], "big"), None)

    def value_of(self, locator: bytes) -> LobValue:
        """What a bind of this locator stands for, as last written."""
        return self.find(locator).value

    def inline(self, value: LobValue | None) -> bytes | None:
        """The bytes of a LOB fetched as LONG; empty and NULL are one here."""
        # ASSUMPTION(oracle): an empty LOB defined as LONG arrives as NULL; unproven (oracle
        # facts §4.3), which is why a careful client asks for its length too.
        if value is None or not value.data:
            return None
        if value.is_character and value.national:
            return value.data.decode("utf-8", "replace").encode("utf-16-be")
        return value.data

    def field(self, value: LobValue | None) -> bytes:
        """A LOB column fetched as a locator."""
        if value is None:
            return ub(0)
        locator, lob = self.locator(value)
        return ub(LOCATOR_BYTES) + ub(lob.size) + ub(CHUNK_BYTES) + clr(locator)

    def call(self, reader: Reader) -> bytes:
        """Read a LOB call's body and carry it out; the reply without the final message."""
        reader.u8()
        length = reader.ub()
        for _ in range(1):
            reader.u8()
        reader.ub()
        reader.ub()
        reader.ub()
        reader.u8()
        reader.u8()
        reader.u8()
        operation = reader.ub()
        reader.u8()
        reader.u8()
        offset = reader.ub()
        kind = reader.ub()
        has_amount = reader.u8()
        reader.raw(6)
        locator = reader.raw(length)
        if operation == CREATE_TEMP:
            charset = reader.ub()
            if has_amount:
                reader.ub()
            return self._create(kind, charset)
        data = None
        if operation == WRITE:
            reader.u8()
            data = reader.clr() or b""
        amount = reader.ub() if has_amount else 0
        return self._perform(operation, locator, offset, amount, data, bool(has_amount))

    def _create(self, kind: int, charset: int) -> bytes:
        value = LobValue(kind != TYPE_BLOB, b"", national=charset == 2000, temporary=True)
        locator, _ = self.locator(value)
        return b"\x08" + locator + ub(charset) + b"\x00"

    def _perform(
        self,
        operation: int,
        locator: bytes,
        offset: int,
        amount: int,
        data: bytes | None,
        has_amount: bool,
    ) -> bytes:
        if operation == FREE_TEMP:
            self.free(locator)
            return b"\x08" + locator
        lob = self.find(locator)
        reply, answer, flag = b"", amount, b""
        if operation == LENGTH:
            answer = lob.size
        elif operation == READ:
            start = (offset - 1) * lob.unit
            piece = lob.data[start : start + amount * lob.unit]
            reply = b"\x0e" + clr(piece) if piece else b""
            answer = len(piece) // lob.unit
            if not piece:
                raise OracleError(1403, "no data found") if lob.size else _NOTHING
        elif operation == WRITE:
            self._write(lob, offset, data or b"")
        elif operation == TRIM:
            self._replace(lob, lob.data[: amount * lob.unit])
        elif operation == CHUNK_SIZE:
            answer = CHUNK_BYTES
        elif operation == OPEN:
            lob.is_open = True
        elif operation == CLOSE:
            lob.is_open = False
        elif operation == IS_OPEN:
            flag = bytes((int(lob.is_open),))
        else:
            raise not_supported(f"LOB operation {operation:#x}")
        return reply + b"\x08" + locator + (sb(answer) if has_amount else b"") + flag

    def _write(self, lob: OpenLob, offset: int, data: bytes) -> None:
        start = (offset - 1) * lob.unit
        fill = (b"\0 " if lob.unit == 2 else b"\0") * max(0, (start - len(lob.data)) // lob.unit)
        before = (lob.data + fill)[:start]
        self._replace(lob, before + data + lob.data[start + len(data) :])

    def _replace(self, lob: OpenLob, data: bytes) -> None:
        if not lob.value.temporary:
            raise OracleError(22920, "row containing the LOB value is not locked")
        lob.data = data
        lob.value.data = (
            data.decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")
            if lob.value.is_character
            else data
        )


_NOTHING = OracleError(1403, "no data found")
