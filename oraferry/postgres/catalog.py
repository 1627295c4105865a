"""pg_catalog → model.Table, and the DDL text rendered from it."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import replace
from typing import Any

import psycopg

from oraferry.errors import TableNotFound
from oraferry.model import (
    Check,
    Column,
    DataType,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    Key,
    Table,
    TableKind,
    TableRef,
)
from oraferry.postgres.ddl import render_whole_table
from oraferry.postgres.session import sql_text, translated

_HEADER = 4  # typmods of variable-length types count it
_KINDS = {"v": TableKind.VIEW, "m": TableKind.VIEW, "f": TableKind.EXTERNAL}
# Bits of an interval's typmod (datetime.h), from the largest part to the smallest.
_INTERVAL_FIELDS = (
    (2, "year"),
    (1, "month"),
    (3, "day"),
    (10, "hour"),
    (11, "minute"),
    (12, "second"),
)
_DELETE_RULES = {
    "a": "NO ACTION",
    "r": "RESTRICT",
    "c": "CASCADE",
    "n": "SET NULL",
    "d": "SET DEFAULT",
}


def find_tables(connection: psycopg.Connection[Any], refs: Seq[TableRef]) -> dict[TableRef, Table]:
    """Those of *refs* that exist."""
    with translated("reading PostgreSQL's catalog"):
        rows = connection.execute(
            sql_text("find_relations"),
            {"schemas": [r.schema for r in refs], "names": [r.name for r in refs]},
        ).fetchall()
        return {
            TableRef(schema, name): _table(
                connection, TableRef(schema, name), oid, kind, comment, n
            )
            for schema, name, oid, kind, comment, n in rows
        }


def get_postgres_table_ddl(connection: psycopg.Connection[Any], table: TableRef) -> str:
    """CREATE TABLE with keys, checks and indexes, from the catalog; TableNotFound."""
    found = find_tables(connection, [table])
    if table not in found:
        raise TableNotFound(
            f"{table}: no such table in PostgreSQL",
            hint="check schema and name; unquoted names are stored in lower case",
            context={"tables": [str(table)]},
        )
    return render_whole_table(found[table])


def _table(
    connection: psycopg.Connection[Any],
    ref: TableRef,
    oid: int,
    kind: str,
    comment: str | None,
    estimate: float,
) -> Table:
    columns = tuple(
        _column(row) for row in connection.execute(sql_text("columns"), {"oid": oid}).fetchall()
    )
    keys: list[Key] = []
    foreign: list[ForeignKey] = []
    checks: list[Check] = []
    for row in connection.execute(sql_text("constraints"), {"oid": oid}).fetchall():
        _constraint(row, keys, foreign, checks)
    indexes = tuple(
        _index(row) for row in connection.execute(sql_text("indexes"), {"oid": oid}).fetchall()
    )
    return Table(
        ref=ref,
        columns=columns,
        kind=_KINDS.get(kind, TableKind.HEAP),
        primary_key=next((k for k in keys if k.primary), None),
        unique_keys=tuple(k for k in keys if not k.primary),
        foreign_keys=tuple(foreign),
        checks=tuple(checks),
        indexes=indexes,
        comment=comment,
        estimated_rows=int(estimate) if estimate >= 0 else None,
    )


def data_type(name: str, typmod: int, schema: str) -> DataType:
    """
    A type from format_type's name and the column's typmod.

    >>> data_type("numeric", (12 << 16 | 2) + 4, "pg_catalog")
    DataType(name='numeric', length=None, precision=12, scale=2, byte_length=False, schema=None)
    """
    owner = None if schema == "pg_catalog" else schema
    if name in ("character varying", "character", "bit", "bit varying"):
        length = typmod - _HEADER if typmod >= _HEADER else None
        return DataType(name, length=length)
    if name == "numeric":
        if typmod < _HEADER:
            return DataType(name)
        precision, scale = (typmod - _HEADER) >> 16, (typmod - _HEADER) & 0x7FF
        return DataType(name, precision=precision, scale=(scale ^ 1024) - 1024)
    if name.startswith(("timestamp", "time ")):
        return DataType(name, scale=typmod if typmod >= 0 else None)
    if name == "interval":
        digits = typmod & 0xFFFF if typmod >= 0 else 0xFFFF
        return DataType(
            name, scale=None if digits == 0xFFFF else digits, fields=_interval_fields(typmod)
        )
    return DataType(name.rpartition(".")[2] if owner else name, schema=owner)


def _interval_fields(typmod: int) -> str | None:
    """
    What the server keeps of an interval, where that is not all.

    >>> _interval_fields(0x0C08 << 16 | 0xFFFF), _interval_fields(-1)
    ('day to minute', None)
    """
    mask = typmod >> 16 & 0x7FFF
    named = [name for bit, name in _INTERVAL_FIELDS if mask >> bit & 1]
    # Up to the second means that nothing is cut.
    if typmod < 0 or mask == 0x7FFF or not named or named[-1] == "second":
        return None
    return named[0] if len(named) == 1 else f"{named[0]} to {named[-1]}"


def _column(row: tuple[Any, ...]) -> Column:
    name, number, kind, typmod, not_null, default, identity, generated, comment, schema, domain = (
        row
    )
    return Column(
        name=name,
        type=replace(data_type(kind, typmod, schema), domain=domain),
        position=number,
        nullable=not not_null,
        default=None if generated else default,
        identity=Identity(always=identity == "a") if identity else None,
        generated=default if generated else None,
        comment=comment,
    )


def _constraint(
    row: tuple[Any, ...], keys: list[Key], foreign: list[ForeignKey], checks: list[Check]
) -> None:
    name, kind, deferrable, deferred, validated, columns, schema, parent, parents, rule, text = row
    if kind in ("p", "u"):
        keys.append(Key(name, tuple(columns), kind == "p", deferrable, deferred))
    elif kind == "f":
        foreign.append(
            ForeignKey(
                name,
                tuple(columns),
                TableRef(schema, parent),
                tuple(parents),
                _DELETE_RULES[rule],
                deferrable,
                deferred,
                validated=validated,
            )
        )
    else:
        checks.append(Check(name, text, validated=validated))


def _index(row: tuple[Any, ...]) -> Index:
    name, unique, method, predicate, texts, are_expressions, descending = row
    parts = tuple(
        IndexPart(
            text if is_expression else text.strip('"').replace('""', '"'), down, is_expression
        )
        for text, is_expression, down in zip(texts, are_expressions, descending, strict=True)
    )
    return Index(name, parts, unique, method, predicate)
