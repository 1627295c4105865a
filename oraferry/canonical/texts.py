"""Text, bytes and documents: as they are while short, by their SHA-256 when long."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from oraferry.spool import bytes_of, windows

TEXT = pa.large_string()
LONG_TEXTS = {"CLOB", "NCLOB", "LONG"}

# A longer value would cost more to send than its hash; both sides must agree on the limit.
LONGEST_BYTES = 1000
# The same where both sides hash a value where it is: a longer one is not held whole for that.
LONGEST_HASHED = 65_536
# What stands for a long value begins so. A short one that does is hashed too: none can pass for
# the other.
MARK = "sha256:"
# 1E999999999 is a number of JSON: it must not be written out.
_MOST_PLACES = 1000


def digest_bytes(value: bytes | memoryview) -> str:
    """
    The text that stands for *value*.

    >>> digest_bytes(b"")[:14]
    'sha256:e3b0c44'
    """
    found = hashlib.sha256()
    for piece in windows(value):
        found.update(piece)
    return MARK + found.hexdigest()


def shorten(text: pa.Array, longest: int = LONGEST_BYTES) -> pa.Array:
    """
    *text* (or bytes) with each value of more than *longest* bytes replaced by its hash.

    >>> shorten(pa.array(["sha256:", "short"], TEXT)).to_pylist()[0][:14]
    'sha256:9fd714c'
    """
    is_long = pc.or_(pc.greater(pc.binary_length(text), longest), pc.starts_with(text, MARK))
    if not pc.any(is_long).as_py():
        return text
    # Uncopied: each may be of hundreds of megabytes.
    rows = np.flatnonzero(is_long.fill_null(False)).tolist()
    value = bytes_of(text)
    hashed = [digest_bytes(value(row)) for row in rows]
    found = pa.array(hashed, TEXT).cast(text.type)
    return found if len(rows) == len(text) else pc.replace_with_mask(text, is_long, found)


def lacks_mark_sql(text: str) -> str:
    """A condition of PostgreSQL: the text *text* does not begin as a hash does."""
    # By its characters: some collations take other letters for the same.
    return f"left({text}, {len(MARK)}) COLLATE \"C\" <> '{MARK}'"


def binary_text(array: pa.Array) -> pa.Array:
    """The hash of every value; '' of bytes is a value."""
    array = array.cast(pa.large_binary())
    there = np.asarray(pc.is_valid(array)).tolist()
    value = bytes_of(array)
    found = [digest_bytes(value(row)) if valid else None for row, valid in enumerate(there)]
    return pa.array(found, TEXT)


def json_text(array: pa.Array, *, keeps_all: bool = True) -> pa.Array:
    """
    JSON with sorted keys, no idle blanks and canonical numbers, shortened; of a key that stands
    twice all values in their order, or only the last, as jsonb keeps it.

    >>> json_text(pa.array(['{"b": 1.50, "a": [1e2, true], "b": 2}'])).to_pylist()
    ['{"a":[100,true],"b":1.5,"b":2}']
    """
    pairs = _Pairs if keeps_all else dict
    found = [None if v is None else _canonical_json(v, pairs) for v in array.cast(TEXT).to_pylist()]
    return shorten(pa.array(found, TEXT))


def xml_text(array: pa.Array) -> pa.Array:
    """
    XML without its declaration, which PostgreSQL drops or rewrites; shortened.

    >>> xml_text(pa.array(['<?xml version="1.0"?>\\n<a/>'])).to_pylist()
    ['<a/>']
    """
    return shorten(pc.replace_substring_regex(array.cast(TEXT), r"^\s*<\?xml\s[^>]*\?>\s*", ""))


class _Pairs(list[tuple[str, Any]]):
    """An object's keys and values, as they are written."""


def _canonical_json(value: str, pairs: Callable[[list[tuple[str, Any]]], Any]) -> str:
    try:
        found = json.loads(value, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=pairs)
        return _write_json(found)
    except (ValueError, RecursionError):
        # Lax JSON, which Oracle accepts, and nests of a thousand levels: as they are written.
        return value


def _write_json(value: Any) -> str:
    if isinstance(value, dict | _Pairs):
        pairs = value.items() if isinstance(value, dict) else value
        ordered = sorted(pairs, key=itemgetter(0))
        return "{" + ",".join(f"{_write_text(k)}:{_write_json(v)}" for k, v in ordered) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_write_json(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return _write_number(value)
    return _write_text(value)


def _write_text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair can be written in JSON, and is no character.
        return json.dumps(value)
    return text


def _write_number(value: Decimal) -> str:
    if abs(value.adjusted()) > _MOST_PLACES:
        sign, digits, exponent = value.as_tuple()
        plain = "".join(map(str, digits)).lstrip("0")
        kept = plain.rstrip("0")
        return f"{'-' * sign}{kept}E{int(exponent) + len(plain) - len(kept)}" if kept else "0"
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
