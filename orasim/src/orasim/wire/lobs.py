"""LOB locators of one session, and the LOB call (96) on them (wire notes §7)."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from orasim.engine import TYPE_BLOB, LobValue, OracleError, not_supported
from orasim.wire.bfiles import bfile_names, is_bfile, refuse_operation
from orasim.wire.openlobs import OpenLob
from orasim.wire.primitives import Reader, clr, sb, ub

LOCATOR_BYTES = 40
CHUNK_BYTES = 8132
KEPT_BYTES = 256 * 1024 * 1024
ENTRY_BYTES = 200  # what a kept locator costs besides its value
_NUMBER = slice(8, 16)  # where our number stands in a locator

LENGTH, READ, TRIM, WRITE = 0x01, 0x02, 0x20, 0x40
CREATE_TEMP, FREE_TEMP = 0x110, 0x111
CHUNK_SIZE, OPEN, CLOSE, IS_OPEN = 0x4000, 0x8000, 0x10000, 0x11000


class Lobs:
    """
    The locators of one session.

    Not every client gives locators of stored LOBs back, so that only the newest are kept,
    up to KEPT_BYTES of values; reading through an older one is ORA-22922.
    """

    def __init__(self) -> None:
        self._temporary: dict[int, OpenLob] = {}
        self._stored: OrderedDict[int, OpenLob] = OrderedDict()
        self._stored_bytes = 0
        self._next = 1

    @property
    def held(self) -> int:
        """How many locators are alive."""
        return len(self._temporary) + len(self._stored)

    def locator(self, value: LobValue) -> tuple[bytes, OpenLob]:
        """A new locator for *value*."""
        number, self._next = self._next, self._next + 1
        lob = OpenLob(value)
        if value.temporary:
            self._temporary[number] = lob
        else:
            self._keep(number, lob)
        locator = bytearray(LOCATOR_BYTES)
        locator[0:2] = (LOCATOR_BYTES - 2).to_bytes(2, "big")
        locator[4] = 0x40  # abstract: python-oracledb then frees it when it is let go
        locator[6] = 0x80 if value.is_character else 0
        locator[7] = 1 if value.temporary else 0
        locator[_NUMBER] = number.to_bytes(8, "big")
        return bytes(locator), lob

    def _keep(self, number: int, lob: OpenLob) -> None:
        self._stored[number] = lob
        self._stored_bytes += len(lob.value.data) + ENTRY_BYTES
        while self._stored_bytes > KEPT_BYTES and len(self._stored) > 1:
            _, oldest = self._stored.popitem(last=False)
            self._stored_bytes -= len(oldest.value.data) + ENTRY_BYTES

    def find(self, locator: bytes) -> OpenLob:
        """The LOB behind a locator; ORA-22922 for one that is not ours (any more)."""
        number = int.from_bytes(locator[_NUMBER], "big")
        lob = self._temporary.get(number) or self._stored.get(number)
        if lob is None:
            raise OracleError(22922, "nonexistent LOB value")
        return lob

    def free(self, locator: bytes) -> None:
        """Forget a locator that the client let go."""
        number = int.from_bytes(locator[_NUMBER], "big")
        self._temporary.pop(number, None)
        stored = self._stored.pop(number, None)
        if stored is not None:
            self._stored_bytes -= len(stored.value.data) + ENTRY_BYTES

    def value_of(self, locator: bytes) -> LobValue | bytes:
        """What a bind of this locator stands for now; later writes do not change it."""
        if is_bfile(locator):
            return bfile_names(locator)
        return replace(self.find(locator).value)

    def inline(self, value: LobValue | None, national: bool | None = None) -> bytes | None:
        """The bytes of a LOB fetched as LONG; empty and NULL are one here."""
        # ASSUMPTION(oracle): an empty LOB defined as LONG arrives as NULL; unproven (oracle
        # facts §4.3), which is why a careful client asks for its length too.
        if value is None or not value.data:
            return None
        if value.is_character and (value.national if national is None else national):
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
        reader.u8()
        reader.ub()  # destination length, short offsets
        reader.ub()
        reader.ub()
        reader.raw(3)
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
        data = b""
        if operation == WRITE:
            reader.u8()  # message 14: LOB data
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
        data: bytes,
        has_amount: bool,
    ) -> bytes:
        tail = b"\x08" + locator
        if operation == FREE_TEMP:
            self.free(locator)
            return tail
        if is_bfile(locator):
            raise refuse_operation(operation)
        lob = self.find(locator)
        if operation == READ:
            piece = lob.read(offset, amount)
            return b"\x0e" + clr(piece) + tail + sb(len(piece) // lob.unit)
        if operation == IS_OPEN:
            amount_field = sb(amount) if has_amount else b""
            return tail + amount_field + bytes((int(lob.is_open),))
        if operation == LENGTH:
            amount = lob.size
        elif operation == CHUNK_SIZE:
            amount = CHUNK_BYTES
        elif operation == WRITE:
            _check_writable(lob)
            lob.write(offset, data)
        elif operation == TRIM:
            _check_writable(lob)
            lob.trim(amount)
        elif operation == OPEN:
            lob.open()
        elif operation == CLOSE:
            lob.close()
        else:
            raise not_supported(f"LOB operation {operation:#x}")
        return tail + (sb(amount) if has_amount else b"")


def _check_writable(lob: OpenLob) -> None:
    # ASSUMPTION(oracle): locators here never come from SELECT ... FOR UPDATE.
    if not lob.is_temporary:
        raise OracleError(22920, "row containing the LOB value is not locked")
