"""Of each column: how many values, the least, the greatest and a total, on both sides alike.

The total of numbers is their sum, that of texts and bytes how many bytes they take. Both are
asked for only where both databases compute them exactly.
"""

from __future__ import annotations

from oraferry.canonical.inside import UNICODE
from oraferry.canonical.source import MOMENTS
from oraferry.model import ColumnPlan, Policy

_INTEGERS = {"smallint", "integer", "bigint"}
_NUMBERS = _INTEGERS | {"numeric", "real", "double precision"}
_TEXTS = {"text", "character varying"}
_MOMENTS = {"timestamp without time zone", "timestamp with time zone", "date"}
# What a LENGTHB of a national text is asked of: the same text in the database's character set.
_LONGEST_NATIONAL = 1333
# Oracle sums NUMBERs to 38 digits at least: so many are left for the number of rows.
_MOST_DIGITS = 26
Pair = tuple[str, str]  # with {c} for the column


def has_extremes(column: ColumnPlan, charset: str) -> bool:
    """True when both sides sort the column's values alike."""
    source, target = column.source.type.name, column.target.type.name
    if not _is_plain(column):
        return False
    if source in ("NUMBER", "FLOAT", "BINARY_FLOAT", "BINARY_DOUBLE"):
        return target in _NUMBERS
    if source in MOMENTS:
        return target in _MOMENTS
    # ASSUMPTION(oracle): MIN and MAX take texts by their bytes under the session's
    # NLS_SORT=BINARY, which is the order of the collation C; a column's own collation (12.2) not.
    return source in ("VARCHAR2", "VARCHAR") and target in _TEXTS and charset in UNICODE


def find_total(column: ColumnPlan, charset: str) -> Pair | None:
    """
    The two expressions to be summed; None where their sums need not be the same.

    >>> from oraferry.model import Column, DataType
    >>> source, target = (Column("C", DataType(n), 1) for n in ("BLOB", "bytea"))
    >>> find_total(ColumnPlan(source, target, "blob"), "AL32UTF8")
    ('DBMS_LOB.GETLENGTH({c})', 'octet_length({c})')
    """
    source, target = column.source.type, column.target.type.name
    if not _is_plain(column):
        return None
    if source.name == "NUMBER":
        digits = (source.precision or 38) + max(-(source.scale or 0), 0)
        if source.scale is None or digits > _MOST_DIGITS:
            return None
        if target == "boolean":
            return "{c}", "{c}::integer"
        return ("{c}", "{c}::numeric") if target in _INTEGERS | {"numeric"} else None
    if source.name == "RAW":
        of_uuid = ("UTL_RAW.LENGTH({c})", "octet_length(uuid_send({c}))")
        return of_uuid if target == "uuid" else ("UTL_RAW.LENGTH({c})", "octet_length({c})")
    if source.name == "BLOB":
        return "DBMS_LOB.GETLENGTH({c})", "octet_length({c})"
    return _total_of_text(column) if charset in UNICODE else None


def _total_of_text(column: ColumnPlan) -> Pair | None:
    source, target = column.source.type, column.target.type
    if target.name not in _TEXTS:
        return None
    theirs = "octet_length(convert_to({c}::text, 'UTF8'))"
    if source.name in ("VARCHAR2", "VARCHAR"):
        return "LENGTHB({c})", theirs
    if source.name == "NVARCHAR2" and (source.length or 4000) <= _LONGEST_NATIONAL:
        return "LENGTHB(TO_CHAR({c}))", theirs
    if source.name in ("CLOB", "NCLOB"):
        # Oracle counts a character beyond U+FFFF twice.
        beyond = "length(regexp_replace({c}::text, '[^\\U00010000-\\U0010FFFF]', '', 'g'))"
        return "DBMS_LOB.GETLENGTH({c})", f"length({{c}}::text) + {beyond}"
    return None


def _is_plain(column: ColumnPlan) -> bool:
    return column.source.mask is None and column.policy == Policy()
