"""Texts and bytes: what PostgreSQL cannot store is refused, nothing is cut."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.model import DataType
from oraferry.typemap.load_numbers import TEXT, minimal_numbers
from oraferry.typemap.verdict import Mask, Verdict

BYTES = pa.large_binary()
TEXTS = {"text", "character varying", "character", "xml", "json", "jsonb", "name"}
# A field of 1 GB or more is refused by the server, after all of it was sent.
LARGEST_BYTES = (1 << 30) - 1
_NUL_HINT = "clean it in the source, or map the column to bytea"


def load_text(array: pa.Array, source: DataType, target: DataType, verdict: Verdict) -> pa.Array:
    """Text that PostgreSQL can store and that is not too long for *target*."""
    if source.name in ("NUMBER", "FLOAT"):
        return minimal_numbers(array)
    array = _refuse_huge(array.cast(TEXT), verdict)
    array = _refuse_invalid(array, verdict)
    if source.name in ("CHAR", "NCHAR") and source.length and target.name != "character":
        # CHAR(n BYTE) holds fewer than n characters where they are wide; Oracle compares
        # CHARs padded, so the missing blanks mean nothing there, but would here.
        array = pc.utf8_rpad(array, source.length, " ")
    what = "a text holds the NUL character, which PostgreSQL cannot store"
    array = verdict.refuse(array, pc.match_substring(array, "\0"), "nul", what, _NUL_HINT)
    if target.name == "jsonb":
        array = _refuse_escaped_nul(array, verdict)
    return _refuse_long(array, source, target, verdict)


def _refuse_huge(array: pa.Array, verdict: Verdict) -> pa.Array:
    if array.nbytes <= LARGEST_BYTES:
        return array
    large = pc.greater(pc.binary_length(array), LARGEST_BYTES)
    what = "a value is larger than PostgreSQL's limit of 1 GB"
    return verdict.refuse(array, large, "too-large", what, "move this column by hand")


def _refuse_invalid(array: pa.Array, verdict: Verdict) -> pa.Array:
    """The driver passes bytes on unchecked; a damaged text is no text."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        what = "a text holds bytes that are no UTF-8"
        hint = "correct the value in the source, or map the column to bytea"
        return verdict.refuse(array, invalid_texts(array), "invalid-bytes", what, hint)
    return array


def invalid_texts(array: pa.Array) -> Mask:
    """Which texts are no UTF-8; value by value, as there are few."""

    def bad(value: bytes | None) -> bool:
        try:
            return value is not None and value.decode() is None
        except UnicodeDecodeError:
            return True

    return np.array([bad(v) for v in array.cast(BYTES).to_pylist()], np.bool_)


def _refuse_escaped_nul(array: pa.Array, verdict: Verdict) -> pa.Array:
    # An even number of backslashes before it escapes the backslash itself.
    bad = pc.match_substring_regex(array, r"(^|[^\\])(\\\\)*\\u0000")
    what = "a JSON text holds \\u0000, which jsonb cannot store"
    return verdict.refuse(array, bad, "nul", what, "give the target column the type json")


def _refuse_long(array: pa.Array, source: DataType, target: DataType, verdict: Verdict) -> pa.Array:
    limit = target.length
    if target.name not in ("character varying", "character") or limit is None:
        return array
    if source.length is not None and source.length <= limit:
        return array
    long = pc.greater(pc.utf8_length(array), limit)
    what = f"a text is longer than {limit} characters"
    return verdict.refuse(array, long, "too-long", what, "widen the target column")


def load_bytes(array: pa.Array, verdict: Verdict) -> pa.Array:
    """Bytes of any length up to the server's limit."""
    return _refuse_huge(array.cast(BYTES), verdict)


def load_uuid(array: pa.Array, verdict: Verdict) -> pa.Array:
    """Exactly 16 bytes."""
    array = array.cast(BYTES)
    bad = pc.not_equal(pc.binary_length(array), 16)
    hint = "give the target column the type bytea"
    array = verdict.refuse(array, bad, "length", "a RAW is not 16 bytes long", hint)
    return array.cast(pa.binary(16))
