"""From the dictionary's object types to the shapes of their values."""

from __future__ import annotations

from orasim.dictionary.model import Catalog, ObjectType, Table
from orasim.dictionary.objecttypes import all_attributes
from orasim.engine import not_supported
from orasim.storage.objects import NESTED_TABLE, VARRAY, Attribute, Shape
from orasim.values import OraType


def find_shape(catalog: Catalog, kind: OraType) -> Shape | None:
    """The shape of an OBJECT type; None when there is no such type."""
    made = catalog.find_type(kind.type_schema or "", kind.type_name or "")
    return None if made is None else shape_of(catalog, made)


def shape_of(catalog: Catalog, made: ObjectType) -> Shape:
    """What values of *made* consist of, to the bottom."""
    if made.incomplete:
        raise not_supported(f"values of the incomplete type {made.name}")
    if made.element is not None:
        if made.element_is_ref:
            raise not_supported("collections of REF")
        return Shape(
            made.schema,
            made.name,
            collection=VARRAY if made.collection == "VARYING ARRAY" else NESTED_TABLE,
            element=_part(catalog, "", made.element),
            upper_bound=made.upper_bound or 0,
        )
    if made.references:
        raise not_supported("attributes that are REF")
    parts = [_part(catalog, name, kind) for name, kind, _ in all_attributes(catalog, made)]
    return Shape(made.schema, made.name, tuple(parts))


def row_shape(catalog: Catalog, table: Table) -> Shape:
    """``table%ROWTYPE``: a record of the visible columns."""
    parts = [
        _part(catalog, column.name, column.type)
        for column in table.columns
        if not column.hidden and not column.invisible
    ]
    return Shape(table.schema, f"{table.name}%ROWTYPE", tuple(parts))


def _part(catalog: Catalog, name: str, kind: OraType) -> Attribute:
    if kind.name != "OBJECT":
        return Attribute(name, kind)
    inner = find_shape(catalog, kind)
    if inner is None:
        raise not_supported(f"attributes of type {kind.type_schema}.{kind.type_name}")
    return Attribute(name, kind, inner)
