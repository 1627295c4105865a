"""CHAR, VARCHAR2, their national forms, CLOB, LONG, ROWID."""

from __future__ import annotations

import pyarrow as pa

from oraferry.model import DataType
from oraferry.typemap.rule import TypeRule, register

LOB_LENGTH = "DBMS_LOB.GETLENGTH({c})"
PHYSICAL_ROWID_LENGTH = 18


def _string(type: DataType) -> pa.DataType:
    return pa.large_string()


def _text(type: DataType) -> DataType:
    return DataType("text")


register(
    TypeRule(
        "char",
        lambda type: type.name in ("CHAR", "NCHAR"),
        "{c}",
        _string,
        lambda type: DataType("character", length=type.length or 1),
    ),
    TypeRule(
        "varchar",
        lambda type: type.name in ("VARCHAR2", "NVARCHAR2", "VARCHAR"),
        "{c}",
        _string,
        # n bytes hold at most n characters, so the same number is always enough.
        lambda type: DataType("character varying", length=type.length),
    ),
    TypeRule(
        "clob",
        lambda type: type.name in ("CLOB", "NCLOB"),
        "{c}",
        _string,
        _text,
        length=LOB_LENGTH,
    ),
    TypeRule("long", lambda type: type.name == "LONG", "{c}", _string, _text),
    TypeRule(
        "rowid",
        lambda type: type.name == "ROWID",
        "ROWIDTOCHAR({c})",
        _string,
        lambda type: DataType("character varying", length=PHYSICAL_ROWID_LENGTH),
        loses=("a ROWID means nothing outside its database; only its text is kept",),
    ),
    TypeRule(
        "urowid",
        lambda type: type.name == "UROWID",
        "CAST({c} AS VARCHAR2(4000))",
        _string,
        _text,
        loses=("a UROWID means nothing outside its database; only its text is kept",),
    ),
)
