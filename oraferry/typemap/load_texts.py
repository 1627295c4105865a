"""Texts and bytes: what PostgreSQL cannot store is refused, or changed by policy and counted."""

from __future__ import annotations

import codecs

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.model import ColumnPlan, Policy
from oraferry.spool import WINDOW_BYTES, windows
from oraferry.typemap.load_numbers import TEXT, minimal_numbers, text_bytes
from oraferry.typemap.policy import INTERVALS, MOMENTS
from oraferry.typemap.verdict import Mask, Verdict

BYTES = pa.large_binary()
TEXTS = {"text", "character varying", "character", "xml", "json", "jsonb", "name"}
# A field of 1 GB or more is refused by the server, after all of it was sent.
LARGEST_BYTES = (1 << 30) - 1
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_NUL_HINT = "set the policy nul to remove, replace or bytea, or clean it in the source"
_INVALID_HINT = "set the policy invalid_bytes to replace or bytea, or correct it in the source"


def load_text(array: pa.Array, plan: ColumnPlan, verdict: Verdict) -> pa.Array:
    """Text that PostgreSQL can store and that is not too long for the target."""
    source, target, policy = plan.source.type, plan.target.type, plan.policy
    if source.name in ("NUMBER", "FLOAT"):
        return _settle_long(minimal_numbers(array), plan, verdict)
    array = _refuse_huge(array.cast(TEXT), verdict)
    if source.name in MOMENTS | INTERVALS:
        return _settle_long(plain_moments(array), plan, verdict)
    array = _settle_invalid(array, policy, verdict)
    array = _settle_padding(array, plan, verdict)
    array = _settle_nul(array, policy, verdict)
    if target.name == "jsonb":
        array = _refuse_escaped_nul(array, verdict)
    return _settle_empty(_settle_long(array, plan, verdict), plan, verdict)


def plain_moments(array: pa.Array) -> pa.Array:
    """
    Written moments and intervals without the sign's blank, and offsets said once.

    >>> plain_moments(pa.array([" 2024-01-01 00:00:00.5 +01:00 +01:00"])).to_pylist()
    ['2024-01-01 00:00:00.5 +01:00']
    """
    text = pc.utf8_trim_whitespace(array.cast(TEXT))
    # Where the zone is an offset, TZH:TZM TZR is twice the same: seven characters go.
    doubled = pc.match_substring_regex(text, r"[-+]\d\d:\d\d [-+]\d\d:\d\d$")
    if not pc.any(doubled).as_py():
        return text
    return pc.if_else(doubled, pc.utf8_slice_codeunits(text, 0, -7), text)


def _refuse_huge(array: pa.Array, verdict: Verdict) -> pa.Array:
    if array.nbytes <= LARGEST_BYTES:
        return array
    large = pc.greater(pc.binary_length(array), LARGEST_BYTES)
    what = "a value is larger than PostgreSQL's limit of 1 GB"
    return verdict.refuse(array, large, "too-large", what, "move this column by hand")


def _settle_invalid(array: pa.Array, policy: Policy, verdict: Verdict) -> pa.Array:
    """The driver passes bytes on unchecked; a damaged text is no text."""
    if not _is_utf8(array):
        bad = invalid_texts(array)
        if policy.invalid_bytes == "replace":
            verdict.alter("invalid bytes replaced", bad)
            return _repaired(array)
        what = "a text holds bytes that are no UTF-8"
        return verdict.refuse(array, bad, "invalid-bytes", what, _INVALID_HINT)
    return array


def _is_utf8(array: pa.Array) -> bool:
    try:
        if len(array) == 1 and array.nbytes > WINDOW_BYTES:
            # A single large text: not decoded at once, and gone from memory behind.
            decoder = codecs.getincrementaldecoder("utf-8")()
            for piece in windows(text_bytes(array)):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        else:
            array.validate(full=True)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return False
    return True


def _repaired(array: pa.Array) -> pa.Array:
    values = array.cast(BYTES).to_pylist()
    return pa.array([None if v is None else v.decode(errors="replace") for v in values], TEXT)


def _settle_padding(array: pa.Array, plan: ColumnPlan, verdict: Verdict) -> pa.Array:
    source, target = plan.source.type, plan.target.type
    if source.name not in ("CHAR", "NCHAR") or target.name == "character":
        return array
    if plan.policy.padding == "trim":
        trimmed = pc.utf8_rtrim(array, " ")
        verdict.alter("trailing blanks of CHAR trimmed", pc.not_equal(trimmed, array))
        return trimmed
    # CHAR(n BYTE) holds fewer than n characters where they are wide; Oracle compares
    # CHARs padded, so the missing blanks mean nothing there, but would here.
    return pc.utf8_rpad(array, source.length, " ") if source.length else array


def _holds_nul(array: pa.Array) -> bool:
    """The bytes of all texts at once: thirty times as fast as text by text."""
    return any(np.frombuffer(piece, np.uint8).min() == 0 for piece in windows(text_bytes(array)))


def _settle_nul(array: pa.Array, policy: Policy, verdict: Verdict) -> pa.Array:
    if not _holds_nul(array):
        return array
    bad = pc.match_substring(array, "\0")
    if policy.nul in ("remove", "replace"):
        verdict.alter(f"NUL characters {policy.nul}d", bad)
        return pc.replace_substring(array, "\0", "" if policy.nul == "remove" else REPLACEMENT)
    what = "a text holds the NUL character, which PostgreSQL cannot store"
    return verdict.refuse(array, bad, "nul", what, _NUL_HINT)


def _settle_empty(array: pa.Array, plan: ColumnPlan, verdict: Verdict) -> pa.Array:
    if plan.policy.empty_text == "null" or plan.target.nullable or not array.null_count:
        return array
    verdict.alter("NULL stored as an empty text", array.null_count)
    return pc.fill_null(array, "")


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


def _settle_long(array: pa.Array, plan: ColumnPlan, verdict: Verdict) -> pa.Array:
    source, target, policy = plan.source.type, plan.target.type, plan.policy
    limit = target.length
    if target.name not in ("character varying", "character") or limit is None:
        return array
    _count_blanks(array, plan, verdict)
    # No room is left for doubt where Oracle's own limit is as low; repairs never lengthen.
    if source.length is not None and source.length <= limit:
        return array
    long = pc.greater(pc.utf8_length(array), limit)
    if policy.overflow == "cut":
        verdict.alter(f"texts cut to {limit} characters", long)
        return pc.utf8_slice_codeunits(array, 0, limit)
    what, hint = f"a text is longer than {limit} characters", "widen the target column"
    to_null = policy.overflow == "null"
    return verdict.settle(array, long, "too-long", what, hint, to_null=to_null)


def _count_blanks(array: pa.Array, plan: ColumnPlan, verdict: Verdict) -> None:
    """character(n) does not tell how many blanks a text ended with."""
    source, target = plan.source.type, plan.target.type
    is_padded = source.name in ("CHAR", "NCHAR") and source.length == target.length
    if target.name != "character" or is_padded:
        return
    blank = pc.ends_with(array, " ")
    short = pc.less(pc.utf8_length(array), target.length)
    verdict.alter("blanks at the end mean nothing in character(n)", pc.or_(blank, short))


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
