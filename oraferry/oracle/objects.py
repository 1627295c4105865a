"""Columns of object and collection types, read as the JSON that Oracle makes of them.

The SQL is made from the dictionary's description of the type and stands in the column's place.
A type with an attribute that has no exact form in JSON, or with subtypes whose attributes
would be lost, is not described: its columns are refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from oraferry.model import Column, Table, TableRef
from oraferry.oracle.session import Session, quote, sql_text, translated

# JSON_OBJECT returns CLOBs from 18c on.
SINCE = (18,)
_MOMENT = 'SYYYY-MM-DD"T"HH24:MI:SS'
_AS_IT_IS = {
    "NUMBER", "INTEGER", "INT", "SMALLINT", "DECIMAL", "NUMERIC", "FLOAT", "REAL",
    "DOUBLE PRECISION", "VARCHAR2", "VARCHAR", "CHAR", "NVARCHAR2", "NCHAR", "CLOB", "NCLOB",
}  # fmt: skip
_WRITTEN = {
    "DATE": f"LTRIM(TO_CHAR({{c}}, '{_MOMENT}'))",
    "TIMESTAMP": f"LTRIM(TO_CHAR({{c}}, '{_MOMENT}.FF9'))",
    "TIMESTAMP WITH TZ": f"LTRIM(TO_CHAR({{c}}, '{_MOMENT}.FF9TZH:TZM'))",
    "TIMESTAMP WITH TIME ZONE": f"LTRIM(TO_CHAR({{c}}, '{_MOMENT}.FF9TZH:TZM'))",
    "TIMESTAMP WITH LOCAL TZ": f"LTRIM(TO_CHAR({{c}}, '{_MOMENT}.FF9TZH:TZM'))",
    "TIMESTAMP WITH LOCAL TIME ZONE": f"LTRIM(TO_CHAR({{c}}, '{_MOMENT}.FF9TZH:TZM'))",
    "INTERVAL DAY TO SECOND": "TO_CHAR({c})",
    "INTERVAL YEAR TO MONTH": "TO_CHAR({c})",
    "RAW": "RAWTOHEX({c})",
}
Place = tuple[str, str]  # owner and name of a type


@dataclass(frozen=True, slots=True)
class Member:
    """An attribute of an object, or the element of a collection."""

    name: str
    type: str
    owner: str | None
    is_reference: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """An object type's attributes, or a collection's one element."""

    members: tuple[Member, ...]
    is_collection: bool


def read_objects(session: Session, tables: Sequence[Table]) -> dict[TableRef, Table]:
    """Those of *tables* that hold describable objects, with their columns read as JSON."""
    wanted = {
        (column.type.schema, column.type.name)
        for table in tables
        for column in table.columns
        if column.type.schema is not None and column.type.name != "REF"
    }
    if not wanted or session.version < SINCE:
        return {}
    shapes = _read_shapes(session, wanted)
    changed = {}
    for table in tables:
        columns = tuple(_described(column, shapes) for column in table.columns)
        if columns != table.columns:
            changed[table.ref] = replace(table, columns=columns)
    return changed


def _described(column: Column, shapes: Mapping[Place, Shape]) -> Column:
    if column.type.schema is None:
        return column
    place = (column.type.schema, column.type.name)
    sql = json_sql(f"t.{quote(column.name)}", place, shapes)
    if sql is None:
        return column
    return replace(column, type=replace(column.type, document=True), expression=sql)


def json_sql(path: str, place: Place, shapes: Mapping[Place, Shape], depth: int = 1) -> str | None:
    """
    SQL for the JSON text of the value at *path*; None when its type is not described.

    >>> shapes = {("S", "A"): Shape((Member("N", "NUMBER", None, False),), False)}
    >>> print(json_sql("t.C", ("S", "A"), shapes))
    CASE WHEN t.C IS NOT NULL THEN JSON_OBJECT('N' VALUE t.C."N" NULL ON NULL RETURNING CLOB) END
    """
    shape = shapes.get(place)
    if shape is None:
        return None
    made = _array(path, shape, shapes, depth) if shape.is_collection else None
    made = made or (None if shape.is_collection else _object(path, shape, shapes, depth))
    return made and f"CASE WHEN {path} IS NOT NULL THEN {made} END"


def _object(path: str, shape: Shape, shapes: Mapping[Place, Shape], depth: int) -> str | None:
    pairs = []
    for member in shape.members:
        value = _value(f"{path}.{quote(member.name)}", member, shapes, depth)
        if value is None:
            return None
        name = member.name.replace("'", "''")
        pairs.append(f"'{name}' VALUE {value}")
    return f"JSON_OBJECT({', '.join(pairs)} NULL ON NULL RETURNING CLOB)" if pairs else None


def _array(path: str, shape: Shape, shapes: Mapping[Place, Shape], depth: int) -> str | None:
    (element,) = shape.members
    alias = f"e{depth}"
    # Elements that are objects or collections themselves are not tried, so they are refused.
    value = None if element.owner else _value(f"{alias}.COLUMN_VALUE", element, shapes, depth + 1)
    if value is None:
        return None
    # ASSUMPTION(oracle): TABLE() gives a VARRAY's elements in their order, which is kept.
    rows = f"SELECT JSON_ARRAYAGG({value} NULL ON NULL RETURNING CLOB) FROM TABLE({path}) {alias}"
    return f"COALESCE(({rows}), TO_CLOB('[]'))"


def _value(path: str, member: Member, shapes: Mapping[Place, Shape], depth: int) -> str | None:
    if member.is_reference:
        return None
    if member.owner is not None:
        inner = json_sql(path, (member.owner, member.type), shapes, depth)
        return inner and f"{inner} FORMAT JSON"
    if member.type in _AS_IT_IS:
        return path
    template = _WRITTEN.get(member.type)
    return template and template.replace("{c}", path)


def _read_shapes(session: Session, wanted: set[tuple[str, str]]) -> dict[Place, Shape]:
    """The wanted types and those that they are made of, level by level."""
    known: dict[Place, Shape] = {}
    pending, seen = set(wanted), set(wanted)
    with translated("reading object types"):
        while pending:
            found: dict[Place, Shape] = {}
            for owner in sorted({owner for owner, _ in pending}):
                names = sorted(name for other, name in pending if other == owner)
                found |= _read_owner(session, owner, names)
            known |= found
            pending = {
                (member.owner, member.type)
                for shape in found.values()
                for member in shape.members
                if member.owner is not None
            } - seen
            seen |= pending
    return known


def _read_owner(session: Session, owner: str, names: list[str]) -> dict[Place, Shape]:
    kinds = dict(session.query_names(sql_text("types"), owner, names))
    parents = {row[0] for row in session.query_names(sql_text("subtypes"), owner, names)}
    members: dict[str, list[Member]] = {}
    for name, *rest in session.query_names(sql_text("type_attributes"), owner, names):
        members.setdefault(name, []).append(_member(*rest))
    for name, *rest in session.query_names(sql_text("collection_types"), owner, names):
        members.setdefault(name, []).append(_member("", *rest))
    return {
        (owner, name): Shape(tuple(found), kinds[name] == "COLLECTION")
        for name, found in members.items()
        if kinds.get(name) in ("OBJECT", "COLLECTION") and name not in parents
    }


def _member(name: str, type: str, owner: str | None, modifier: str | None) -> Member:
    return Member(name, type, owner, modifier is not None)
