"""RAW, BLOB, XMLTYPE, JSON, VECTOR, BOOLEAN."""

from __future__ import annotations

import pyarrow as pa

from oraferry.model import DataType
from oraferry.typemap.rule import TypeRule, register
from oraferry.typemap.text import LOB_LENGTH


def _binary(type: DataType) -> pa.DataType:
    return pa.large_binary()


def _bytea(type: DataType) -> DataType:
    return DataType("bytea")


register(
    TypeRule("raw", lambda type: type.name in ("RAW", "LONG RAW"), "{c}", _binary, _bytea),
    TypeRule("blob", lambda type: type.name == "BLOB", "{c}", _binary, _bytea, length=LOB_LENGTH),
    TypeRule(
        "xmltype",
        lambda type: type.name == "XMLTYPE",
        "XMLSERIALIZE(CONTENT {c} AS CLOB)",
        lambda type: pa.large_string(),
        lambda type: DataType("xml"),
        loses=("the XML declaration, which PostgreSQL does not keep",),
    ),
    TypeRule(
        "json",
        lambda type: type.name == "JSON",
        "JSON_SERIALIZE({c} RETURNING CLOB)",
        lambda type: pa.large_string(),
        lambda type: DataType("jsonb"),
        loses=("the order of an object's keys, and keys that stand twice",),
    ),
    TypeRule(
        "object",
        lambda type: type.document,
        # The column's expression, which oracle/objects.py makes from the type's description.
        "{c}",
        lambda type: pa.large_string(),
        lambda type: DataType("jsonb"),
        loses=("dates, intervals and RAWs inside are JSON strings",),
    ),
    TypeRule(
        "vector",
        lambda type: type.name == "VECTOR",
        # ASSUMPTION(oracle): every element is written with the digits that give it back.
        "VECTOR_SERIALIZE({c} RETURNING CLOB)",
        lambda type: pa.large_string(),
        lambda type: DataType("text"),
        loses=("it is text, which pgvector's types and float arrays can be cast from",),
    ),
    TypeRule(
        "boolean",
        lambda type: type.name == "BOOLEAN",
        "{c}",
        lambda type: pa.bool_(),
        lambda type: DataType("boolean"),
    ),
)
