"""What Oracle makes of SQL that a person wrote: its columns and types, or why it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import oracledb

from oraferry.errors import RequestError
from oraferry.model import Column, DataType, Table
from oraferry.oracle.clauses import from_clause, scn_binds, where_sql
from oraferry.oracle.session import Session, translate, translated

_TEXTS = {"VARCHAR": "VARCHAR2", "NVARCHAR": "NVARCHAR2", "CHAR": "CHAR", "NCHAR": "NCHAR"}
_RENAMED = {
    "LONG_RAW": "LONG RAW",
    "TIMESTAMP_TZ": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP_LTZ": "TIMESTAMP WITH LOCAL TIME ZONE",
    "INTERVAL_YM": "INTERVAL YEAR TO MONTH",
    "INTERVAL_DS": "INTERVAL DAY TO SECOND",
    "LONG_NVARCHAR": "LONG",
}
# NUMBER without precision and scale, as the wire says it; with a precision it is a FLOAT.
_FREE = -127
# AS OF SCN is not for these: external tables, and views of what has no past.
NO_PAST = ("ORA-08188", "ORA-08189", "ORA-02030", "ORA-03001")


def describe_expressions(
    session: Session, table: Table, expressions: Mapping[str, str], where: str | None, scn: int
) -> dict[str, DataType]:
    """The type of each expression over *table*; RequestError in Oracle's words."""
    shown = list(expressions)
    # One by one first, where one is wrong: Oracle does not say which it is.
    items = [f"(\n{expressions[name]}\n) AS x{i}" for i, name in enumerate(shown)] or ["1 AS x0"]
    condition = f"{where_sql(where)} AND " if where else ""
    sql = f"SELECT {', '.join(items)} FROM {from_clause(table)} WHERE {condition}1 = 0"
    try:
        found = _describe(session, sql, scn_binds(table, scn))
    except oracledb.DatabaseError as error:
        if len(shown) + bool(where) > 1:
            for name in shown:
                describe_expressions(session, table, {name: expressions[name]}, None, scn)
            describe_expressions(session, table, {}, where, scn)
        what = f"the expression for {shown[0]}" if shown else "the where"
        raise _refused(error, f"{table.ref}: {what}") from error
    return {name: data_type(info) for name, info in zip(shown, found, strict=False)}


def describe_query(session: Session, table: Table, scn: int) -> tuple[Column, ...]:
    """The columns of the query that *table* stands for; RequestError in Oracle's words."""
    assert table.query is not None
    try:
        found = _describe(
            session, f"SELECT * FROM {from_clause(table)} WHERE 1 = 0", scn_binds(table, scn)
        )
    except oracledb.DatabaseError as error:
        raise _refused(error, f"the query {table.ref.name}") from error
    # ASSUMPTION(oracle): an unaliased expression's name is its text, at most 30 or 128 bytes.
    return tuple(
        Column(info.name, data_type(info), position, nullable=bool(info.null_ok))
        for position, info in enumerate(found, start=1)
    )


def has_past(session: Session, table: Table, scn: int) -> bool:
    """True when *table* (a view, say) can be read AS OF SCN."""
    with translated(f"looking whether {table.ref} can be read at an SCN"):
        try:
            _describe(session, f"SELECT 1 FROM {from_clause(table)} WHERE 1 = 0", {"scn": scn})
        except oracledb.DatabaseError as error:
            if str(error).startswith(NO_PAST):
                return False
            raise
    return True


def _describe(session: Session, sql: str, binds: dict[str, Any]) -> list[Any]:
    with session.connection.cursor() as cursor:
        cursor.execute(sql, binds)
        return list(cursor.description)


def _refused(error: oracledb.DatabaseError, what: str) -> Exception:
    if getattr(error.args[0], "isrecoverable", False):
        return translate(error, what)
    return RequestError(
        f"{what} is refused by Oracle: {str(error).splitlines()[0]}",
        hint="try it in a query over the table; columns go by their names in Oracle",
    )


def data_type(info: Any) -> DataType:
    """The type that a cursor's description names."""
    name = info.type_code.name.removeprefix("DB_TYPE_")
    if name == "NUMBER":
        return _number(info.precision or None, info.scale)
    if name in _TEXTS:
        return DataType(_TEXTS[name], length=info.display_size or info.internal_size or 1)
    if name == "RAW":
        return DataType("RAW", length=info.internal_size or 1)
    if name == "OBJECT":
        kind = info.type
        return DataType("XMLTYPE" if kind.name == "XMLTYPE" else kind.name, schema=kind.schema)
    name = _RENAMED.get(name, name)
    if name.startswith(("TIMESTAMP", "INTERVAL")):
        return DataType(name, precision=info.precision or None, scale=info.scale)
    return DataType(name)


def _number(precision: int | None, scale: int | None) -> DataType:
    if scale == _FREE:
        return DataType("NUMBER") if precision is None else DataType("FLOAT", precision=precision)
    return DataType("NUMBER", precision=precision, scale=scale)
