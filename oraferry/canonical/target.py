"""The canonical text of PostgreSQL's values: SQL that sends little, and the rest done here.

``target_sql`` gives the expression to select (as CSV, say); ``target_text`` turns what came
back into the canonical text. Floats and times travel as the hex of their binary form, which is
exact on every server and does not hang on DateStyle, TimeZone or extra_float_digits.
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from oraferry.canonical.moments import (
    postgres_date_text,
    postgres_interval_text,
    postgres_moment_text,
)
from oraferry.canonical.numbers import number_text, postgres_float_text
from oraferry.canonical.texts import LONGEST_BYTES, MARK, TEXT, json_text, lacks_mark_sql, xml_text
from oraferry.model import DataType

# No character of UTF-8 takes more than four bytes.
_SURELY_SHORT = LONGEST_BYTES // 4


def target_sql(quoted: str, type: DataType) -> str:
    """
    An SQL text expression over the quoted column; NULL exactly where the column is NULL.

    >>> target_sql('"n"', DataType("numeric"))
    '"n"::text'
    >>> target_sql('"t"', DataType("timestamp without time zone"))
    'encode(timestamp_send("t"), \\'hex\\')'
    """
    send = _SEND.get(type.name)
    if send is not None:
        return f"encode({send}({quoted}), 'hex')"
    if type.name in ("bytea", "uuid"):
        raw = quoted if type.name == "bytea" else f"uuid_send({quoted})"
        return f"'{MARK}' || encode(sha256({raw}), 'hex')"
    if type.name == "boolean":
        return f"{quoted}::integer::text"
    if type.name in _WHOLE:
        return f"{quoted}::text"
    return _text_sql(quoted, type)


def target_text(array: pa.Array, type: DataType) -> pa.Array:
    """What ``target_sql`` selected, as one canonical large_string per value."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    text = array.cast(TEXT)
    normalise = _NORMALISE.get(type.name)
    return text if normalise is None else normalise(text)


def _text_sql(quoted: str, type: DataType) -> str:
    text = f"{quoted}::text"
    if type.name in ("character", "char", "bpchar"):
        # A cast of char(n) to text strips the blanks that the column holds.
        text = f"rpad({text}, {type.length})" if type.length else f"format('%s', {quoted})"
        text = text if type.length else f"CASE WHEN {quoted} IS NOT NULL THEN {text} END"
    if type.length and type.length < len(MARK):
        return text
    encoded, is_short = f"convert_to({text}, 'UTF8')", lacks_mark_sql(text)
    if not type.length or type.length > _SURELY_SHORT:
        is_short = f"octet_length({encoded}) <= {LONGEST_BYTES} AND {is_short}"
    return f"CASE WHEN {is_short} THEN {text} ELSE '{MARK}' || encode(sha256({encoded}), 'hex') END"


_SEND = {
    "real": "float4send",
    "double precision": "float8send",
    "timestamp without time zone": "timestamp_send",
    "timestamp with time zone": "timestamptz_send",
    "date": "date_send",
    "interval": "interval_send",
}
_NORMALISE: dict[str, Callable[[pa.Array], pa.Array]] = {
    "smallint": number_text,
    "integer": number_text,
    "bigint": number_text,
    "numeric": number_text,
    "real": postgres_float_text,
    "double precision": postgres_float_text,
    "timestamp without time zone": postgres_moment_text,
    "timestamp with time zone": postgres_moment_text,
    "date": postgres_date_text,
    "interval": postgres_interval_text,
    "xml": xml_text,
    "json": json_text,
    "jsonb": json_text,
}
# Sent whole: numbers are short, and documents are brought into one form before they are hashed.
_WHOLE = {
    "smallint",
    "integer",
    "bigint",
    "numeric",
    "xml",
    "json",
    "jsonb",
}
