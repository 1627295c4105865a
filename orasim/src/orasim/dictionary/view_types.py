"""Object types, collections, and the tables made of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.model import NestedStorage, Table
from orasim.dictionary.objecttypes import all_attributes
from orasim.dictionary.view_tables import TABLES, table_row, tables, yes
from orasim.dictionary.views import Row, family
from orasim.storage.objects import attribute_type_name, type_oid
from orasim.values import OraType


@family(
    "TYPES",
    "OWNER v128, TYPE_NAME v128, TYPE_OID r, TYPECODE v128, ATTRIBUTES n, METHODS n, PREDEFINED v3,"
    "INCOMPLETE v3, FINAL v3, INSTANTIABLE v3, PERSISTABLE v3@18, SUPERTYPE_OWNER v128,"
    "SUPERTYPE_NAME v128, LOCAL_ATTRIBUTES n, LOCAL_METHODS n, TYPEID r",
)
def types(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Types of users; those that Oracle brings are not listed."""
    catalog = session.database.catalog
    for made in list(catalog.types.values()):
        attributes = all_attributes(catalog, made)
        yield (
            made.schema,
            made.name,
            {
                "OWNER": made.schema,
                "TYPE_NAME": made.name,
                "TYPE_OID": type_oid(made.schema, made.name),
                "TYPECODE": "COLLECTION" if made.collection else "OBJECT",
                "ATTRIBUTES": len(attributes),
                "METHODS": made.methods,
                "PREDEFINED": "NO",
                "INCOMPLETE": yes(made.incomplete),
                "FINAL": yes(made.final),
                "INSTANTIABLE": yes(made.instantiable),
                "PERSISTABLE": "YES",
                "SUPERTYPE_OWNER": made.supertype[0] if made.supertype else None,
                "SUPERTYPE_NAME": made.supertype[1] if made.supertype else None,
                "LOCAL_ATTRIBUTES": len(made.attributes) if made.supertype else None,
                "LOCAL_METHODS": made.methods if made.supertype else None,
            },
        )


def _type_owner(kind: OraType) -> str | None:
    if kind.name == "XMLTYPE":
        return "PUBLIC"
    return kind.type_schema if kind.name == "OBJECT" else None


def _length(kind: OraType) -> int | None:
    return kind.length if kind.is_text or kind.name == "RAW" else None


def _character_set(kind: OraType) -> str | None:
    if kind.is_text or kind.name in ("CLOB", "NCLOB"):
        return "NCHAR_CS" if kind.is_national else "CHAR_CS"
    return None


@family(
    "TYPE_ATTRS",
    "OWNER v128, TYPE_NAME v128, ATTR_NAME v128, ATTR_TYPE_MOD v7, ATTR_TYPE_OWNER v128,"
    "ATTR_TYPE_NAME v128, LENGTH n, PRECISION n, SCALE n, CHARACTER_SET_NAME v44, ATTR_NO n,"
    "INHERITED v3, CHAR_USED v1/A",
)
def type_attributes(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Attributes of object types, inherited ones first."""
    catalog = session.database.catalog
    for made in list(catalog.types.values()):
        for number, (name, kind, inherited) in enumerate(all_attributes(catalog, made), 1):
            yield (
                made.schema,
                made.name,
                {
                    "OWNER": made.schema,
                    "TYPE_NAME": made.name,
                    "ATTR_NAME": name,
                    "ATTR_TYPE_MOD": "REF" if name in made.references else None,
                    "ATTR_TYPE_OWNER": _type_owner(kind),
                    "ATTR_TYPE_NAME": attribute_type_name(kind),
                    "LENGTH": _length(kind),
                    "PRECISION": kind.precision,
                    "SCALE": kind.scale,
                    "CHARACTER_SET_NAME": _character_set(kind),
                    "ATTR_NO": number,
                    "INHERITED": yes(inherited),
                    "CHAR_USED": ("C" if kind.char_semantics else "B") if kind.is_text else None,
                },
            )


@family(
    "COLL_TYPES",
    "OWNER v128, TYPE_NAME v128, COLL_TYPE v128, UPPER_BOUND n, ELEM_TYPE_MOD v7, ELEM_TYPE_OWNER v128,"
    "ELEM_TYPE_NAME v128, LENGTH n, PRECISION n, SCALE n, CHARACTER_SET_NAME v44, ELEM_STORAGE v7,"
    "NULLS_STORED v3, CHAR_USED v1, INDEX_BY v14@18, ELEM_PERSISTABLE v3@18",
)
def collection_types(session: Any) -> Iterator[tuple[str, str, Row]]:
    """VARRAY and TABLE types."""
    for made in list(session.database.catalog.types.values()):
        kind = made.element
        if kind is None:
            continue
        yield (
            made.schema,
            made.name,
            {
                "OWNER": made.schema,
                "TYPE_NAME": made.name,
                "COLL_TYPE": made.collection,
                "UPPER_BOUND": made.upper_bound,
                "ELEM_TYPE_MOD": "REF" if made.element_is_ref else None,
                "ELEM_TYPE_OWNER": _type_owner(kind),
                "ELEM_TYPE_NAME": attribute_type_name(kind),
                "LENGTH": _length(kind),
                "PRECISION": kind.precision,
                "SCALE": kind.scale,
                "CHARACTER_SET_NAME": _character_set(kind),
                "NULLS_STORED": "YES",
                "CHAR_USED": ("C" if kind.char_semantics else "B") if kind.is_text else None,
                "ELEM_PERSISTABLE": "YES",
            },
        )


@family(
    "NESTED_TABLES",
    "OWNER v128, TABLE_NAME v128, TABLE_TYPE_OWNER v128, TABLE_TYPE_NAME v128, PARENT_TABLE_NAME v128,"
    "PARENT_TABLE_COLUMN v4000, STORAGE_SPEC v30, RETURN_TYPE v20, ELEMENT_SUBSTITUTABLE v25",
)
def nested_tables(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Storage of nested table columns."""
    for nested in session.database.catalog.of_type(NestedStorage):
        yield (
            nested.schema,
            nested.parent,
            {
                "OWNER": nested.schema,
                "TABLE_NAME": nested.name,
                "TABLE_TYPE_OWNER": nested.type_schema,
                "TABLE_TYPE_NAME": nested.type_name,
                "PARENT_TABLE_NAME": nested.parent,
                "PARENT_TABLE_COLUMN": nested.column,
                "STORAGE_SPEC": "DEFAULT",
                "RETURN_TYPE": "VALUE",
                "ELEMENT_SUBSTITUTABLE": "NOT SUBSTITUTABLE",
            },
        )


@family(
    "OBJECT_TABLES",
    "OWNER v128, TABLE_NAME v128, TABLESPACE_NAME v30, CLUSTER_NAME v128, IOT_NAME v128, STATUS v8,"
    "NUM_ROWS n, BLOCKS n, LAST_ANALYZED d, PARTITIONED v3, IOT_TYPE v12, OBJECT_ID_TYPE v16,"
    "TABLE_TYPE_OWNER v128, TABLE_TYPE v128, TEMPORARY v1, SECONDARY v1, NESTED v3, DROPPED v3,"
    "SEGMENT_CREATED v3",
)
def object_tables(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Tables OF an object type."""
    for table in tables(session):
        if table.object_type is not None and table.object_type[1] != "XMLTYPE":
            yield table.schema, table.name, {**table_row(table), **_object_part(table)}


def _object_part(table: Table) -> Row:
    if table.object_type is None:
        return {}
    owner, name = table.object_type
    return {
        "TABLE_TYPE_OWNER": owner,
        "TABLE_TYPE": name,
        "OBJECT_ID_TYPE": "SYSTEM GENERATED",
    }


@family("ALL_TABLES", TABLES + ", TABLE_TYPE_OWNER v128, TABLE_TYPE v128, OBJECT_ID_TYPE v16")
def all_tables(session: Any) -> Iterator[tuple[str, str, Row]]:
    """ALL_ALL_TABLES: relational and object tables."""
    for table in tables(session):
        yield table.schema, table.name, {**table_row(table), **_object_part(table)}


@family(
    "XML_TABLES",
    "OWNER v128, TABLE_NAME v128, XMLSCHEMA v700, SCHEMA_OWNER v128, ELEMENT_NAME v2000, STORAGE_TYPE v17,"
    "ANYSCHEMA v3, NONSCHEMA v3",
)
def xml_tables(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Tables OF XMLTYPE."""
    for table in tables(session):
        if table.object_type is not None and table.object_type[1] == "XMLTYPE":
            yield (
                table.schema,
                table.name,
                {"OWNER": table.schema, "TABLE_NAME": table.name, "STORAGE_TYPE": "BINARY"},
            )


@family(
    "XML_TAB_COLS",
    "OWNER v128, TABLE_NAME v128, COLUMN_NAME v4000, XMLSCHEMA v700, SCHEMA_OWNER v128,"
    "ELEMENT_NAME v2000, STORAGE_TYPE v17, ANYSCHEMA v3, NONSCHEMA v3",
)
def xml_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """XMLTYPE columns."""
    for table in tables(session):
        for column in table.columns:
            if column.type.name == "XMLTYPE" and not table.object_type:
                yield (
                    table.schema,
                    table.name,
                    {
                        "OWNER": table.schema,
                        "TABLE_NAME": table.name,
                        "COLUMN_NAME": column.name,
                        "STORAGE_TYPE": "BINARY",
                    },
                )
