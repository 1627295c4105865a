"""Texts that both databases write of a value by themselves, for digests that need no reader.

A pair of SQL expressions per pair of types, Oracle's and PostgreSQL's, that give one text for
one value. Rows are hashed where they are stored (STANDARD_HASH, md5); neither the driver nor
anything of the loading takes part, so that both are checked too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from oraferry.canonical.source import MOMENTS
from oraferry.model import ColumnPlan, Digest, Policy

# Hex digits of a hash per column: so many stay below the 4,000 bytes of a text in SQL.
COLUMNS_AT_ONCE = 100
UNICODE = {"AL32UTF8", "US7ASCII"}
_WHOLE = {"smallint", "integer", "bigint"}
_ZONED = {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"}
# An NVARCHAR2 takes three bytes a character in AL32UTF8, and a text of SQL has 4,000.
_LONGEST_NATIONAL = 1333
# ASSUMPTION(oracle): TO_CHAR(…, 'TM9') writes no exponent while 64 characters are enough, no zero
# before the point and none at the end of a fraction.
_MOST_PLACES = 60
Pair = tuple[str, str]  # with {c} for the column


def find_inside(column: ColumnPlan, charset: str) -> Pair | None:
    """
    The two expressions of a column, NULL where it is NULL; None where there are none.

    >>> from oraferry.model import Column, DataType
    >>> source, target = (Column("C", DataType(n), 1) for n in ("VARCHAR2", "text"))
    >>> find_inside(ColumnPlan(source, target, "varchar"), "AL32UTF8")
    ('{c}', "convert_to({c}::text, 'UTF8')")
    """
    if column.source.mask is not None or replace(column.policy, to=None) != Policy():
        return None
    name = column.source.type.name
    if name in ("NUMBER", "FLOAT"):
        return _number(column)
    if name in MOMENTS:
        return _moment(column)
    if name == "RAW":
        return _raw(column)
    return _text(column) if charset in UNICODE else None


def row_text(columns: Sequence[str], digest: Callable[[str], str]) -> str:
    """
    An expression over the rows' hashed *columns*, in pieces that a text of SQL can hold;
    *digest* makes the hex of a text's hash.
    """
    if len(columns) <= COLUMNS_AT_ONCE:
        return " || ".join(columns)
    starts = range(0, len(columns), COLUMNS_AT_ONCE)
    return row_text([digest(" || ".join(columns[i : i + COLUMNS_AT_ONCE])) for i in starts], digest)


def make_digest(rows: int, high: int, low: int) -> Digest:
    """Of the sums of twelve hex digits each."""
    return Digest(rows, f"{high % 2**64:016x}{low % 2**64:016x}")


def _number(column: ColumnPlan) -> Pair | None:
    source, target = column.source.type, column.target.type
    if target.name not in _WHOLE | {"numeric"}:
        return None
    # Oracle writes .5, PostgreSQL 0.5 and idle zeros.
    written = "regexp_replace(trim_scale({c}::numeric)::text, '^(-?)0\\.', '\\1.')"
    if source.name == "NUMBER" and source.scale is not None:
        digits = (source.precision or 38) + max(-source.scale, 0)
        if max(digits, source.scale) <= _MOST_PLACES:
            return "TO_CHAR({c}, 'TM9')", "{c}::text" if target.name in _WHOLE else written
    # Without a scale: what has no plain form of 60 digits is only known to be such a value.
    value = "{c}::numeric"
    return (
        "CASE WHEN {c} = 0 OR ABS({c}) BETWEEN 1E-20 AND 1E39 THEN TO_CHAR({c}, 'TM9') "
        "WHEN {c} IS NOT NULL THEN '~' END",
        f"CASE WHEN {value} = 'NaN' THEN 'NaN' "
        f"WHEN {value} = 0 OR abs({value}) BETWEEN 1E-20 AND 1E39 THEN {written} "
        "WHEN {c} IS NOT NULL THEN '~' END",
    )


def _moment(column: ColumnPlan) -> Pair | None:
    source, target = column.source.type, column.target.type
    value = "{c}"
    if target.name == "timestamp with time zone":
        value = "({c} AT TIME ZONE 'UTC')"
    elif target.name not in ("timestamp without time zone", "date") or source.name in _ZONED:
        return None
    theirs = (
        f"CASE WHEN extract(year FROM {value}) < 0 THEN '-' ELSE ' ' END || "
        f"to_char({value}::timestamp, 'YYYY-MM-DD HH24:MI:SS.US')"
    )
    if source.name == "DATE":
        return "TO_CHAR({c}, 'SYYYY-MM-DD HH24:MI:SS\".000000\"')", theirs
    # ASSUMPTION(oracle): FF6 cuts the digits after the sixth, as the load does.
    ours = "SYS_EXTRACT_UTC({c})" if source.name in _ZONED else "{c}"
    return f"TO_CHAR({ours}, 'SYYYY-MM-DD HH24:MI:SS.FF6')", theirs


def _raw(column: ColumnPlan) -> Pair | None:
    theirs = {"bytea": "{c}", "uuid": "uuid_send({c})"}.get(column.target.type.name)
    return ("{c}", theirs) if theirs else None


def _text(column: ColumnPlan) -> Pair | None:
    source, target = column.source.type, column.target.type
    if target.name not in ("text", "character varying", "character"):
        return None
    is_national = source.name.startswith("N")
    if is_national and (source.length is None or source.length > _LONGEST_NATIONAL):
        return None
    ours = "TO_CHAR({c})" if is_national else "{c}"
    theirs = "convert_to({c}::text, 'UTF8')"
    if source.name in ("CHAR", "NCHAR"):
        if target.name == "character":
            # Trailing blanks mean nothing on either side, and '' would be NULL.
            return f"'x' || RTRIM({ours})", "convert_to('x' || rtrim({c}::text), 'UTF8')"
        # With fewer characters than bytes, Oracle's blanks have no meaning.
        return None if source.byte_length else (ours, theirs)
    if source.name not in ("VARCHAR2", "NVARCHAR2", "VARCHAR") or target.name == "character":
        return None
    return ours, theirs
