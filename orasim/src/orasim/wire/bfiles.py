"""BFILE locators: they hold the names of a directory and a file; there are no files behind them."""

from __future__ import annotations

from orasim.engine import OracleError
from orasim.wire.primitives import clr, ub

_FIXED = 16  # bytes in front of the names
_MARK = b"\xff" * 8  # where other locators have their number
FILE_OPEN, FILE_CLOSE, FILE_IS_OPEN, FILE_EXISTS = 0x100, 0x200, 0x400, 0x800


def bfile_locator(names: bytes) -> bytes:
    """The locator of a value: directory and file, each behind two bytes of length."""
    head = bytearray(_FIXED)
    head[0:2] = (_FIXED + len(names) - 2).to_bytes(2, "big")
    head[4] = 0x08
    head[8:16] = _MARK
    return bytes(head) + names


def is_bfile(locator: bytes) -> bool:
    """True for a locator that names a file."""
    return locator[8:16] == _MARK


def bfile_names(locator: bytes) -> bytes:
    """The value behind a locator, maybe with names that the client put in."""
    return locator[_FIXED:]


def bfile_field(value: bytes | None) -> bytes:
    """A BFILE column."""
    if value is None:
        return ub(0)
    locator = bfile_locator(value)
    return ub(len(locator)) + clr(locator)


def refuse_operation(operation: int) -> OracleError:
    """What any look at a file meets: its directory is not there."""
    what = {FILE_EXISTS: "FILEEXISTS", FILE_OPEN: "FILEOPEN"}.get(operation, "FILEREAD")
    return OracleError(22285, f"non-existent directory or file for {what} operation")
