"""CREATE TYPE: object types and collections, known by their attributes; methods never run."""

from __future__ import annotations

import re

from orasim.dictionary.datatypes import parse_type
from orasim.dictionary.model import Catalog, ObjectType
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError
from orasim.values import OraType

_METHOD_STARTS = {
    "MEMBER", "STATIC", "CONSTRUCTOR", "MAP", "ORDER", "OVERRIDING", "FINAL", "NOT",
    "INSTANTIABLE", "PRAGMA",
}  # fmt: skip
# Types that every database has; reachable by a public synonym.
SYSTEM_TYPES = {
    "ANYDATA": "SYS", "ANYTYPE": "SYS", "ANYDATASET": "SYS", "URITYPE": "SYS",
    "HTTPURITYPE": "SYS", "DBURITYPE": "SYS", "XDBURITYPE": "SYS", "SDO_GEOMETRY": "MDSYS",
    "SDO_GEORASTER": "MDSYS", "SDO_TOPO_GEOMETRY": "MDSYS",
}  # fmt: skip


def parse_object_type(text: str, schema: str, name: str) -> ObjectType:
    """The type that ``TYPE name AS …`` declares; OracleError when it cannot be read."""
    parser = Parser(text)
    parser.expect("TYPE")
    parser.qualified(schema)
    made = ObjectType(schema, name)
    while not (parser.peek("AS") or parser.peek("IS") or parser.peek("UNDER")):
        if parser.at_end or parser.peek(";"):
            made.incomplete = True
            return made
        parser.at += 1
    if parser.take("UNDER"):
        made.supertype = parser.qualified(schema)
        _members(parser, made)
    else:
        parser.at += 1
        _kind(parser, made)
    _modifiers(parser, made)
    parser.take(";")
    if not parser.at_end:
        raise parser.unknown()
    return made


def _kind(parser: Parser, made: ObjectType) -> None:
    if parser.take("OBJECT"):
        _members(parser, made)
    elif parser.take("TABLE", "OF"):
        made.collection = "TABLE"
        made.element = _element(parser, made)
    elif parser.take("VARRAY") or parser.take("VARYING", "ARRAY"):
        parser.expect("(")
        made.upper_bound = parser.integer()
        parser.expect(")")
        parser.expect("OF")
        made.collection = "VARYING ARRAY"
        made.element = _element(parser, made)
    else:
        raise parser.unknown()


def _element(parser: Parser, made: ObjectType) -> OraType:
    grouped = parser.take("(")
    made.element_is_ref = parser.take("REF")
    kind = parse_type(parser, made.schema)
    if parser.take("NOT"):
        parser.expect("NULL")
    if grouped:
        parser.expect(")")
    return kind


def _members(parser: Parser, made: ObjectType) -> None:
    if not parser.take("("):
        return
    while True:
        token = parser.token
        if token.kind == "name" and token.value in _METHOD_STARTS:
            clause = parser.text_until(set())
            if re.search(r"\b(FUNCTION|PROCEDURE)\b", clause, re.IGNORECASE):
                made.methods += 1
        else:
            name = parser.name()
            if parser.take("REF"):
                made.references.add(name)
            made.attributes.append((name, parse_type(parser, made.schema)))
        if not parser.take(","):
            break
    parser.expect(")")


def _modifiers(parser: Parser, made: ObjectType) -> None:
    while True:
        negated = parser.peek("NOT")
        if parser.take("NOT", "FINAL") or parser.take("FINAL"):
            made.final = not negated
        elif parser.take("NOT", "INSTANTIABLE") or parser.take("INSTANTIABLE"):
            made.instantiable = not negated
        elif parser.take("NOT", "PERSISTABLE") or parser.take("PERSISTABLE"):
            pass
        else:
            return


def known_type(catalog: Catalog, kind: OraType) -> OraType:
    """*kind* with the schema where its type lives; ORA-00902 when there is none."""
    schema, name = kind.type_schema or "", kind.type_name or ""
    found = catalog.find_type(schema, name)
    if found is not None:
        return OraType("OBJECT", type_schema=found.schema, type_name=found.name)
    owner = SYSTEM_TYPES.get(name)
    if owner is None:
        raise OracleError(902, "invalid datatype")
    return OraType("OBJECT", type_schema=owner, type_name=name)


def all_attributes(catalog: Catalog, made: ObjectType) -> list[tuple[str, OraType, bool]]:
    """Attributes with the inherited ones first: name, type, inherited."""
    found: list[tuple[str, OraType, bool]] = []
    if made.supertype is not None:
        parent = catalog.find_type(*made.supertype)
        if parent is not None:
            found = [(name, kind, True) for name, kind, _ in all_attributes(catalog, parent)]
    return found + [(name, kind, False) for name, kind in made.attributes]
