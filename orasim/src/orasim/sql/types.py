"""Types in SQL: their text, their families, what two of them have in common, describing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from orasim.engine import ColumnInfo, OracleError, not_supported
from orasim.values import (
    BINARY_DOUBLE,
    BINARY_FLOAT,
    BLOB,
    CLOB,
    DATE,
    NUMBER,
    OraType,
    number,
    raw,
    varchar2,
)

NULL = varchar2(0)  # the type of a bare NULL
_SIZED = re.compile(
    r"(VARCHAR2|VARCHAR|NVARCHAR2|CHAR|NCHAR|CHARACTER|RAW|UROWID)"
    r"(?: ?\( ?(\d+) ?(BYTE|CHAR)? ?\))?"
)
_NUMERIC = re.compile(
    r"(NUMBER|DECIMAL|DEC|NUMERIC|FLOAT)(?: ?\( ?(\d+|\*) ?(?:, ?(-? ?\d+) ?)?\))?"
)
_TIMESTAMP = re.compile(r"TIMESTAMP(?: ?\( ?(\d) ?\))?( WITH(?: LOCAL)? TIME ZONE)?")
_INTERVAL_DS = re.compile(r"INTERVAL DAY(?: ?\( ?(\d) ?\))? TO SECOND(?: ?\( ?(\d) ?\))?")
_INTERVAL_YM = re.compile(r"INTERVAL YEAR(?: ?\( ?(\d) ?\))? TO MONTH")
_PLAIN = {
    "DATE": DATE,
    "CLOB": CLOB,
    "NCLOB": OraType("NCLOB"),
    "BLOB": BLOB,
    "LONG": OraType("LONG"),
    "ROWID": OraType("ROWID"),
    "UROWID": OraType("UROWID", 4000),
    "INTEGER": number(38),
    "INT": number(38),
    "SMALLINT": number(38),
    "REAL": OraType("FLOAT", precision=63),
    "DOUBLE PRECISION": OraType("FLOAT", precision=126),
    "BINARY_FLOAT": BINARY_FLOAT,
    "BINARY_DOUBLE": BINARY_DOUBLE,
    "BOOLEAN": OraType("BOOLEAN"),
    "XMLTYPE": OraType("XMLTYPE"),
    "JSON": OraType("JSON"),
}


def parse_type(text: str) -> OraType:
    """
    The type a CAST names.

    >>> parse_type("varchar2 ( 10 char )")
    OraType(name='VARCHAR2', length=10, char_semantics=True, precision=None, scale=None, type_schema=None, type_name=None)
    """  # noqa: E501
    words = " ".join(text.upper().split())
    if words in _PLAIN:
        return _PLAIN[words]
    if match := _SIZED.fullmatch(words):
        name = {"VARCHAR": "VARCHAR2", "CHARACTER": "CHAR"}.get(match[1], match[1])
        if match[2] is None and name not in ("CHAR", "NCHAR"):
            raise OracleError(906, "missing left parenthesis")
        return OraType(name, int(match[2] or 1), match[3] == "CHAR" or name.startswith("N"))
    if match := _NUMERIC.fullmatch(words):
        if match[1] == "FLOAT":
            return OraType("FLOAT", precision=int(match[2] or 126))
        if match[2] is None:
            return NUMBER if match[1] == "NUMBER" else number(38)
        scale = int(match[3].replace(" ", "")) if match[3] else 0
        return OraType("NUMBER", precision=None if match[2] == "*" else int(match[2]), scale=scale)
    if match := _TIMESTAMP.fullmatch(words):
        return OraType("TIMESTAMP" + (match[2] or ""), scale=int(match[1] or 6))
    if match := _INTERVAL_DS.fullmatch(words):
        return OraType(
            "INTERVAL DAY TO SECOND", precision=int(match[1] or 2), scale=int(match[2] or 6)
        )
    if match := _INTERVAL_YM.fullmatch(words):
        return OraType("INTERVAL YEAR TO MONTH", precision=int(match[1] or 2))
    raise not_supported(f"type {text}")


def family(kind: OraType) -> str:
    """What kinds of value compare and combine with each other."""
    if kind == NULL:
        return "null"
    if kind.is_text:
        return "text"
    if kind.is_number:
        return "number"
    if kind.name in ("BINARY_FLOAT", "BINARY_DOUBLE"):
        return "float"
    if kind.is_date:
        return "date"
    if kind.name in ("ROWID", "UROWID"):
        return "rowid"
    if kind.name in ("CLOB", "NCLOB"):
        return "clob"
    return kind.name.lower()


def text_length(kind: OraType) -> int:
    """Characters that the text form of a value needs at most."""
    if kind.is_text:
        return kind.length or 0
    by_family = {"number": 40, "float": 40, "date": 75, "rowid": 18, "raw": 2 * (kind.length or 0)}
    return by_family.get(family(kind), 4000)


_DATE_ORDER = (
    "DATE",
    "TIMESTAMP",
    "TIMESTAMP WITH LOCAL TIME ZONE",
    "TIMESTAMP WITH TIME ZONE",
)


def common_type(kinds: Iterable[OraType], *, strict: bool = False) -> OraType:
    """
    The type that CASE, UNION or NVL give values of *kinds*.

    *strict* (UNION) refuses to mix families: ORA-01790; otherwise the first family wins
    and text that does not convert fails when it is met.
    """
    known = [kind for kind in kinds if kind != NULL]
    if not known:
        return NULL
    first = known[0]
    families = {family(kind) for kind in known}
    if families <= {"number", "float"} and len(families) == 2:
        return BINARY_DOUBLE
    if len(families) > 1:
        if strict and families != {"text", "clob"}:
            raise OracleError(
                1790, "expression must have same datatype as corresponding expression"
            )
        if families == {"text", "clob"}:
            return next(kind for kind in known if kind.is_lob)
        return first if first.name != "CHAR" else varchar2(max(map(text_length, known)))
    if all(kind == first for kind in known):
        return first
    if first.is_text:
        return _common_text(known)
    if first.is_number:
        return NUMBER
    if first.is_date:
        name = max((kind.name for kind in known), key=_DATE_ORDER.index)
        return (
            OraType(name, scale=max((kind.scale or 0) for kind in known))
            if name != "DATE"
            else DATE
        )
    if first.name == "RAW":
        return raw(max(kind.length or 0 for kind in known))
    if first.name in ("BINARY_FLOAT", "BINARY_DOUBLE"):
        return BINARY_DOUBLE
    if first.name == "VECTOR":
        return _common_vector(known)
    return first


def _common_vector(known: list[OraType]) -> OraType:
    """What all agree on stays, the rest is flexible."""
    first = known[0]
    return OraType(
        "VECTOR",
        length=first.length if len({kind.length for kind in known}) == 1 else None,
        precision=first.precision if len({kind.precision for kind in known}) == 1 else None,
        scale=first.scale,
    )


def _common_text(known: list[OraType]) -> OraType:
    national = any(kind.is_national for kind in known)
    in_characters = all(kind.char_semantics for kind in known)
    lengths = [
        (kind.length or 0) if in_characters or not kind.char_semantics else kind.byte_length
        for kind in known
    ]
    if all(kind.name == known[0].name for kind in known) and len(set(lengths)) == 1:
        return replace(known[0], length=lengths[0], char_semantics=in_characters)
    return OraType("NVARCHAR2" if national else "VARCHAR2", max(lengths), in_characters or national)


def describe(name: str, kind: OraType, nullable: bool = True, json: int = 0) -> ColumnInfo:
    """A column of a result as the client is told of it."""
    precision, scale = 0, 0
    if kind.name == "NUMBER":
        if kind.precision is None and kind.scale is None:
            scale = -127
        else:
            precision, scale = kind.precision or 38, kind.scale or 0
    elif kind.name == "FLOAT":
        precision, scale = kind.precision or 126, -127
    elif kind.name.startswith(("TIMESTAMP", "INTERVAL")):
        precision, scale = kind.precision or 0, 6 if kind.scale is None else kind.scale
        if kind.name.startswith("INTERVAL"):
            precision = 2 if kind.precision is None else kind.precision
    size = kind.byte_length if kind.is_text or kind.name == "RAW" else max(kind.data_length, 1)
    if kind.name == "LONG" or kind.name == "LONG RAW":
        size = 0
    vector = None
    if kind.name == "VECTOR":
        flags = (0 if kind.length else 1) | (2 if kind.scale else 0)
        vector = kind.length or 0, kind.precision or 0, flags
    return ColumnInfo(
        name=name,
        type=kind.wire_type,
        precision=precision,
        scale=scale,
        buffer_size=size,
        max_chars=kind.length or 0 if kind.is_text else 0,
        nullable=nullable,
        national=kind.is_national,
        type_schema="SYS" if kind.name == "XMLTYPE" else kind.type_schema,
        type_name="XMLTYPE" if kind.name == "XMLTYPE" else kind.type_name,
        vector=vector,
        json=json,
    )
