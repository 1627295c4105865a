"""Bind variables from the wire to Python values, and back for OUT binds."""

from __future__ import annotations

from typing import Any

from orasim import engine
from orasim.engine import Bind, LobValue, OracleError, not_supported
from orasim.sql.context import BindValue
from orasim.storage import codec
from orasim.storage.vectors import check_finite
from orasim.values import (
    BINARY_DOUBLE,
    BINARY_FLOAT,
    BLOB,
    BOOLEAN,
    CLOB,
    DATE,
    LONG,
    NUMBER,
    ROWID,
    OraType,
    char,
    raw,
    timestamp,
    timestamp_tz,
    varchar2,
)

MAX_STRING = 32767  # longer LONGs are bound as LOBs

_TYPES: dict[int, OraType] = {
    engine.TYPE_NUMBER: NUMBER,
    engine.TYPE_DATE: DATE,
    engine.TYPE_BINARY_DOUBLE: BINARY_DOUBLE,
    engine.TYPE_BINARY_FLOAT: BINARY_FLOAT,
    engine.TYPE_TIMESTAMP: timestamp(9),
    engine.TYPE_TIMESTAMP_TZ: timestamp_tz(9),
    engine.TYPE_TIMESTAMP_LTZ: OraType("TIMESTAMP WITH LOCAL TIME ZONE", scale=9),
    engine.TYPE_INTERVAL_DS: OraType("INTERVAL DAY TO SECOND", precision=9, scale=9),
    engine.TYPE_INTERVAL_YM: OraType("INTERVAL YEAR TO MONTH", precision=9),
    engine.TYPE_BFILE: OraType("BFILE"),
    engine.TYPE_CLOB: CLOB,
    engine.TYPE_BLOB: BLOB,
    engine.TYPE_LONG: LONG,
    engine.TYPE_LONG_RAW: OraType("LONG RAW"),
    engine.TYPE_ROWID: ROWID,
    engine.TYPE_UROWID: ROWID,
    engine.TYPE_BOOLEAN: BOOLEAN,
    engine.TYPE_CURSOR: OraType("CURSOR"),
    engine.TYPE_JSON: OraType("JSON"),
    engine.TYPE_VECTOR: OraType("VECTOR"),
    engine.TYPE_INTEGER: NUMBER,  # the client cuts the fraction off
}


def type_of(bind: Bind) -> OraType:
    """The SQL type of a bind; text and raw with its declared size in bytes."""
    if bind.type == engine.TYPE_VARCHAR:
        return varchar2(max(bind.size, 1))
    if bind.type == engine.TYPE_CHAR:
        return char(max(bind.size, 1))
    if bind.type == engine.TYPE_RAW:
        return raw(max(bind.size, 1))
    if bind.type == engine.TYPE_OBJECT and bind.object_type is not None:
        schema, name = bind.object_type
        if name == "XMLTYPE":
            return OraType("XMLTYPE")
        return OraType("OBJECT", type_schema=schema, type_name=name)
    found = _TYPES.get(bind.type)
    if found is None:
        raise not_supported(f"bind of type {bind.type}")
    return found


def value_of(kind: OraType, data: Any) -> Any:
    """One value of a bind."""
    if data is None:
        return None
    if isinstance(data, LobValue):
        return data.data.decode("utf-8", "surrogateescape") if data.is_character else data.data
    if isinstance(data, (list, tuple)):
        raise not_supported("array bind")
    if not isinstance(data, bytes | bytearray | memoryview):
        return data
    if kind.name == "LONG":
        return bytes(data).decode("utf-8", "surrogateescape")
    if not data and not kind.is_lob:
        return None
    if kind.name == "VECTOR":
        check_finite(bytes(data))
    if kind.name == "ROWID":
        return codec.decode_rowid(bytes(data))
    return codec.decode(bytes(data), kind)


def bind_values(binds: list[Bind], execution: int) -> list[BindValue]:
    """All binds of one execution."""
    found = []
    for bind in binds:
        kind = type_of(bind)
        data = bind.values[execution] if execution < len(bind.values) else None
        if kind.name == "LONG":
            text = value_of(LONG, data)
            kind = varchar2(MAX_STRING) if text is None or len(text) <= MAX_STRING else CLOB
            found.append(BindValue(kind, text))
        elif kind.name == "LONG RAW":
            kind = raw(MAX_STRING) if data is None or len(data) <= MAX_STRING else BLOB
            found.append(BindValue(kind, data))
        else:
            found.append(BindValue(kind, value_of(kind, data)))
    return found


def check_binds(names: tuple[str, ...], binds: list[Bind]) -> None:
    """ORA-01008 when values are missing."""
    if len(binds) < len(set(names)):
        raise OracleError(1008, "not all variables bound")
