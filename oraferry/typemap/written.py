"""Types as people write them: which Oracle types a policy is about, and what it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from oraferry.model import DataType

_ORACLE = re.compile(
    r"^([A-Z][A-Z0-9_$#. ]*?)\s*(?:\(\s*(\*|\d+)\s*(?:,\s*(-?\d+)\s*)?(?:CHAR|BYTE)?\s*\))?"
    r"(\s+WITH(?:\s+LOCAL)?\s+TIME\s+ZONE)?$"
)


@dataclass(frozen=True, slots=True)
class TypePattern:
    """An Oracle type as written; None matches anything."""

    name: str
    size: int | None = None
    scale: int | None = None
    is_free: bool = False  # NUMBER(*)

    def matches(self, type: DataType) -> bool:
        """True when *type* is meant."""
        if type.name != self.name:
            return False
        if self.is_free:
            return type.precision is None and type.scale == self.scale
        if self.size is None:
            return True
        if type.name == "NUMBER":
            return type.precision == self.size and (type.scale or 0) == (self.scale or 0)
        if type.name == "FLOAT":
            return type.precision == self.size
        if type.name.startswith("TIMESTAMP"):
            return (6 if type.scale is None else type.scale) == self.size
        return type.length == self.size


def parse_oracle_type(text: str) -> TypePattern:
    """
    ``NUMBER(1)``, ``NUMBER(*)`` (without precision), ``TIMESTAMP(9)``, ``RAW(16)``; ValueError.

    >>> parse_oracle_type("timestamp(9) with time zone")
    TypePattern(name='TIMESTAMP WITH TIME ZONE', size=9, scale=None, is_free=False)
    """
    found = _ORACLE.match(" ".join(text.upper().split()))
    if not found:
        raise ValueError(f"{text!r} is no Oracle type; write NUMBER(1), RAW(16) or DATE")
    name, size, scale, zone = found.groups()
    whole = name + (zone or "")
    return TypePattern(
        {"VARCHAR": "VARCHAR2"}.get(whole, whole),
        int(size) if size not in (None, "*") else None,
        int(scale) if scale is not None else None,
        size == "*",
    )


_POSTGRES = re.compile(
    r"^([a-z][a-z0-9 ]*?)\s*(?:\(\s*(\d+)\s*(?:,\s*(-?\d+)\s*)?\))?"
    r"((?: with| without) time zone)?$"
)
_ALIASES = {
    "int2": "smallint",
    "int": "integer",
    "int4": "integer",
    "int8": "bigint",
    "decimal": "numeric",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "varchar": "character varying",
    "char": "character",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
}
_PLAIN = {
    "smallint", "integer", "bigint", "real", "double precision", "boolean", "text", "bytea",
    "uuid", "date", "interval", "json", "jsonb", "xml",
}  # fmt: skip
_STAMPS = ("timestamp without time zone", "timestamp with time zone")


def parse_postgres_type(text: str) -> DataType:
    """
    A PostgreSQL type that can be loaded, by any of its names; ValueError.

    >>> parse_postgres_type("varchar(20)")
    DataType(name='character varying', length=20, precision=None, scale=None, byte_length=False, \
schema=None)
    """
    found = _POSTGRES.match(" ".join(text.lower().split()))
    if found:
        name, size, scale, zone = found.groups()
        whole = name + (zone or "")
        whole = _ALIASES.get(whole, whole)
        first = int(size) if size else None
        if whole in _PLAIN and first is None:
            return DataType(whole)
        if whole == "numeric":
            digits = int(scale or 0) if first is not None else None
            return DataType(whole, precision=first, scale=digits)
        if whole in ("character varying", "character") and scale is None:
            return DataType(whole, length=1 if whole == "character" and first is None else first)
        if whole in _STAMPS and scale is None and (first is None or first <= 6):
            return DataType(whole, scale=first)
    raise ValueError(
        f"{text!r} is no PostgreSQL type that can be loaded; known are numeric(p,s), varchar(n), "
        f"char(n), timestamp(n), timestamptz(n), {', '.join(sorted(_PLAIN))}"
    )
