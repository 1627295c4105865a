"""CREATE TABLE texts: Oracle's own where DBMS_METADATA is allowed, else from the model."""

from __future__ import annotations

import oracledb

from oraferry.model import Column, DataType, Key, Table, TableRef
from oraferry.oracle.catalog import get_tables
from oraferry.oracle.session import Session, quote, translated

# 31603: not this user's, or not an object GET_DDL knows; 904, 6550: no such package here.
_NOT_ALLOWED = {31603, 31608, 904, 6550, 942, 1031, 3001}


def get_oracle_table_ddl(session: Session, table: TableRef) -> str:
    """
    The table's CREATE TABLE; TableNotFound when it is not there.

    GET_DDL needs the table's owner or SELECT_CATALOG_ROLE; others get a text rendered from
    the dictionary, which holds columns, keys and checks, but no storage clauses.
    """
    with translated(f"reading the DDL of {table}"):
        try:
            rows = session.query(
                "SELECT DBMS_METADATA.GET_DDL('TABLE', :name, :owner) FROM dual",
                name=table.name,
                owner=table.schema,
            )
            if rows and rows[0][0]:
                return str(rows[0][0]).strip()
        except oracledb.DatabaseError as error:
            if error.args[0].code not in _NOT_ALLOWED:
                raise
    return render_table(get_tables(session, [table])[table])


def render_type(type: DataType) -> str:
    """A type in Oracle's spelling."""
    if type.length is not None and type.name not in ("LONG",):
        unit = (
            ""
            if type.name in ("RAW", "UROWID", "NCHAR", "NVARCHAR2")
            else (" BYTE" if type.byte_length else " CHAR")
        )
        return f"{type.name}({type.length}{unit})"
    if type.name == "NUMBER":
        if type.precision is None:
            return "NUMBER" if type.scale is None else f"NUMBER(*,{type.scale})"
        return f"NUMBER({type.precision},{type.scale or 0})"
    if type.name == "FLOAT":
        return f"FLOAT({type.precision or 126})"
    if type.name.startswith("TIMESTAMP"):
        digits = 6 if type.scale is None else type.scale
        return f"TIMESTAMP({digits}){type.name.removeprefix('TIMESTAMP')}"
    if type.name == "INTERVAL YEAR TO MONTH":
        return f"INTERVAL YEAR({type.precision or 2}) TO MONTH"
    if type.name == "INTERVAL DAY TO SECOND":
        digits = 6 if type.scale is None else type.scale
        return f"INTERVAL DAY({type.precision or 2}) TO SECOND({digits})"
    return f"{quote(type.schema)}.{quote(type.name)}" if type.schema else type.name


def _column(column: Column) -> str:
    text = f"{quote(column.name)} {render_type(column.type)}"
    if column.generated is not None:
        text += f" GENERATED ALWAYS AS ({column.generated}) VIRTUAL"
    elif column.identity is not None:
        text += f" GENERATED {'ALWAYS' if column.identity.always else 'BY DEFAULT'} AS IDENTITY"
    elif column.default is not None:
        text += f" DEFAULT {column.default}"
    return text if column.nullable else f"{text} NOT NULL"


def _key(key: Key) -> str:
    columns = ", ".join(quote(c) for c in key.columns)
    named = "" if key.generated_name else f"CONSTRAINT {quote(key.name)} "
    return f"{named}{'PRIMARY KEY' if key.primary else 'UNIQUE'} ({columns})"


def render_table(table: Table) -> str:
    """CREATE TABLE with columns, keys, checks and foreign keys."""
    lines = [_column(c) for c in table.columns]
    if table.primary_key:
        lines.append(_key(table.primary_key))
    lines += [_key(k) for k in table.unique_keys]
    for check in table.checks:
        named = "" if check.generated_name else f"CONSTRAINT {quote(check.name)} "
        lines.append(f"{named}CHECK ({check.expression})")
    for key in table.foreign_keys:
        named = "" if key.generated_name else f"CONSTRAINT {quote(key.name)} "
        columns = ", ".join(quote(c) for c in key.columns)
        parents = ", ".join(quote(c) for c in key.parent_columns)
        rule = "" if key.on_delete == "NO ACTION" else f" ON DELETE {key.on_delete}"
        lines.append(
            f"{named}FOREIGN KEY ({columns}) REFERENCES "
            f"{quote(key.parent.schema)}.{quote(key.parent.name)} ({parents}){rule}"
        )
    body = ",\n  ".join(lines)
    return f"CREATE TABLE {quote(table.ref.schema)}.{quote(table.ref.name)} (\n  {body}\n)"
