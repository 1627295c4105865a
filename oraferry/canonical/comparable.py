"""Which pairs of types have a canonical text in common; the others are not compared, and named."""

from __future__ import annotations

from oraferry.canonical.source import BINARIES, INTERVALS, MOMENTS, NUMBERS
from oraferry.model import ColumnPlan, DataType

_INTEGERS = {"smallint", "integer", "bigint"}
_TEXTS = {"text", "character varying", "character"}
_DOCUMENTS = {"json", "jsonb", "xml"}
_MOMENTS = {"timestamp without time zone", "timestamp with time zone", "date"}
_NUMBERS = _INTEGERS | {"numeric", "real", "double precision", "boolean"}
# What has a form of its own, which is not that of a text.
_OWN = {"bytea", "uuid", "interval", "oid", "money", "bit", "bit varying"} | _MOMENTS
_SOURCE_TEXTS = {"CHAR", "NCHAR", "VARCHAR2", "NVARCHAR2", "VARCHAR", "CLOB", "NCLOB", "LONG"}


def find_obstacle(column: ColumnPlan) -> str | None:
    """
    Why the values of a pair of columns cannot be compared; None when they can.

    >>> from oraferry.model import Column
    >>> made = [Column("C", DataType(name), 1) for name in ("BLOB", "oid")]
    >>> find_obstacle(ColumnPlan(*made, "blob"))
    'BLOB and oid have no form in common'
    """
    source, target = column.source.type, column.target.type
    is_asked = column.policy.to is not None and column.policy.to.name == target.name
    if target.name in _targets_of(source) or is_asked:
        return None
    if source.name in MOMENTS | INTERVALS and target.name in _TEXTS and _is_written(column):
        return None
    if source.name in _SOURCE_TEXTS and target.name == "bytea" and _wants_bytes(column):
        return None
    if source.name in _SOURCE_TEXTS and target.name not in _OWN and "[" not in target.name:
        return None  # a domain, an enumeration, citext: as they write themselves
    return f"{source.name} and {target.name} have no form in common"


def _targets_of(source: DataType) -> set[str]:
    if source.name in NUMBERS:
        return _NUMBERS | _TEXTS
    if source.name in MOMENTS:
        return _MOMENTS
    if source.name in INTERVALS:
        return {"interval"}
    if source.name in BINARIES:
        return {"bytea", "uuid"}
    if source.name == "BOOLEAN":
        return {"boolean"} | _INTEGERS | {"numeric"}
    return _TEXTS | _DOCUMENTS | (_NUMBERS if source.name in _SOURCE_TEXTS else set())


def _is_written(column: ColumnPlan) -> bool:
    policy = column.policy
    return policy.nanoseconds == "text" or policy.time_zone == "text"


def _wants_bytes(column: ColumnPlan) -> bool:
    return "bytea" in (column.policy.nul, column.policy.invalid_bytes)
