"""Messages 4 (error) and 9 (status) and 8 (return parameters): how a call ended."""

from __future__ import annotations

from collections.abc import Sequence

from orasim.engine import OracleError
from orasim.wire.primitives import clr, sb, ub

# The end-of-call status is never 0 on a real server: seerdb, written against many of them, finds
# the end of a LOB's reply by it.
IDLE, IN_TRANSACTION = 1, 2
NO_DATA_FOUND = 1403
ARRAY_ERRORS = 24381


def error_message(
    field_version: int,
    *,
    error: OracleError | None = None,
    rows: int = 0,
    cursor_id: int = 0,
    in_transaction: bool = False,
    warning: bool = False,
    rowid: bytes | None = None,
    batch_errors: Sequence[tuple[int, OracleError]] = (),
) -> bytes:
    """
    Message 4. Without *error* it says success; *rowid* is the 13-byte form.

    With end of response not negotiated it also ends the response.
    """
    code = error.code if error else (ARRAY_ERRORS if batch_errors else 0)
    low_code = code if code < 65536 else 65535
    out = bytearray(b"\x04")
    out += ub(IN_TRANSACTION if in_transaction else IDLE)
    out += ub(0) + ub(rows & 0xFFFFFFFF) + ub(low_code) + ub(0) + ub(0)
    out += ub(cursor_id)
    out += sb(error.offset if error else 0)
    out += bytes((0, 0, 0, 0, 0, 0x20 if warning else 0))
    out += rowid_fields(rowid)
    out += ub(0) + b"\x00\x00" + ub(0) + ub(0) + ub(0)
    out += _batch(batch_errors)
    out += ub(code) + ub(rows)
    if field_version >= 14:
        out += ub(0) + ub(0)
    if code:
        text = error.message if error else "ORA-24381: error(s) in array DML"
        out += clr((text + "\n").encode())
    return bytes(out)


def rowid_fields(rowid: bytes | None) -> bytes:
    """A ROWID's parts as integers with lengths."""
    if rowid is None:
        return bytes(5)
    return (
        ub(int.from_bytes(rowid[0:4], "big"))
        + ub(int.from_bytes(rowid[4:6], "big"))
        + b"\x00"
        + ub(int.from_bytes(rowid[7:11], "big"))
        + ub(int.from_bytes(rowid[11:13], "big"))
    )


def _batch(errors: Sequence[tuple[int, OracleError]]) -> bytes:
    if not errors:
        return ub(0) * 3
    codes = ub(len(errors)) + b"\x01" + b"".join(ub(e.code) for _, e in errors)
    offsets = ub(len(errors)) + b"\x01" + b"".join(ub(row) for row, _ in errors)
    texts = ub(len(errors)) + b"\x01"
    for _, error in errors:
        message = (error.message + "\n").encode()
        texts += ub(len(message)) + clr(message) + b"\x00\x00"
    return codes + offsets + texts


def status_message(*, in_transaction: bool) -> bytes:
    """Message 9: commit, rollback, ping, logoff went well."""
    return b"\x09" + ub(IN_TRANSACTION if in_transaction else IDLE) + ub(0)


def return_parameters(row_counts: Sequence[int] | None = None) -> bytes:
    """Message 8 of an execute; *row_counts* per execution where the client asked for them."""
    out = b"\x08" + ub(2) + ub(0) + ub(0) + ub(0) + ub(0) + ub(0)
    if row_counts is not None:
        out += ub(len(row_counts)) + b"".join(ub(count) for count in row_counts)
    return out
