"""CREATE TABLE."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from orasim.dictionary.clauses import CONSTRAINT_STARTS, Definition, TableParser
from orasim.dictionary.constraints import (
    check_constraint,
    key_index,
    refresh_nullability,
    require_not_null,
)
from orasim.dictionary.datatypes import parse_type
from orasim.dictionary.expressions import shown_expression
from orasim.dictionary.model import (
    Catalog,
    Column,
    Constraint,
    ExternalSource,
    NestedStorage,
    Table,
)
from orasim.dictionary.objecttypes import all_attributes
from orasim.dictionary.partitioning import parse_partitioning
from orasim.dictionary.privileges import require_create
from orasim.dictionary.probe import listed, spelled
from orasim.dictionary.properties import skip_property
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome, not_supported
from orasim.values import OraType


def create_table(parser: Parser, session: Any, temporary: bool) -> Outcome:
    """CREATE [GLOBAL TEMPORARY] TABLE, after these words."""
    catalog: Catalog = session.database.catalog
    schema, name = parser.qualified(session.current_schema)
    require_create(session, schema, "TABLE")
    chars = session.nls_char_semantics
    clauses = TableParser(parser, catalog, schema, name, chars, session.version)
    if catalog.find(schema, name) is not None:
        raise OracleError(955, "name is already used by an existing object")
    object_type = _object_type(parser, clauses) if parser.take("OF") else None
    definition = Definition()
    if object_type is not None:
        definition.columns = _object_columns(catalog, object_type)
        _object_constraints(parser, clauses, definition)
    elif parser.take("("):
        definition = _maybe_typed(clauses, parser)
        parser.expect(")")
    table = Table(schema, name, definition.columns, catalog.storage.create([]), source=parser.sql)
    if object_type is not None:
        table.object_type = (object_type.type_schema or "SYS", object_type.type_name or "XMLTYPE")
    nested = _properties(parser, table, temporary)
    query = parser.rest() if parser.take("AS") else None
    if not parser.at_end:
        raise parser.unknown()
    if query is not None:
        return _create_as_select(session, table, definition, query)
    if not definition.columns:
        raise OracleError(904, ": invalid identifier")
    _check_nested(catalog, table, nested)
    _finish(session, table, definition)
    _add_nested(catalog, table, nested)
    return Outcome("ddl")


# -- object tables and nested tables -------------------------------------------------------------


def _object_type(parser: Parser, clauses: TableParser) -> OraType:
    kind = parse_type(parser, clauses.schema)
    if kind.name not in ("OBJECT", "XMLTYPE"):
        raise OracleError(902, "invalid datatype")
    return clauses.check_type(kind)


def _object_columns(catalog: Catalog, kind: OraType) -> list[Column]:
    if kind.name == "XMLTYPE":
        return [Column("SYS_NC_ROWINFO$", kind)]
    found = catalog.find_type(kind.type_schema or "", kind.type_name or "")
    if found is None or found.collection is not None:
        raise OracleError(22881, "dangling REF (orasim: not an object type)")
    return [Column(name, attribute) for name, attribute, _ in all_attributes(catalog, found)]


def _object_constraints(parser: Parser, clauses: TableParser, definition: Definition) -> None:
    """The optional list after OF type: attributes with constraints, and constraints."""
    if not parser.take("("):
        return
    while True:
        token = parser.token
        if token.kind == "name" and token.value in CONSTRAINT_STARTS:
            definition.constraints.append(clauses.constraint(definition.columns))
        else:
            name = parser.name()
            found = [c for c in definition.columns if c.name == name]
            if not found:
                raise OracleError(904, f'"{name}": invalid identifier')
            clauses.column_clauses(found[0], definition)
        if not parser.take(","):
            break
    parser.expect(")")


def _check_nested(catalog: Catalog, table: Table, nested: dict[str, str]) -> None:
    for column in table.columns:
        kind = column.type
        if kind.name != "OBJECT":
            continue
        found = catalog.find_type(kind.type_schema or "", kind.type_name or "")
        if found is not None and found.collection == "TABLE" and column.name not in nested:
            raise OracleError(22913, "must specify table name for nested table column or attribute")
    for storage in nested.values():
        if catalog.find(table.schema, storage) is not None:
            raise OracleError(955, "name is already used by an existing object")


def _add_nested(catalog: Catalog, table: Table, nested: dict[str, str]) -> None:
    for name, storage in nested.items():
        column = table.find_column(name)
        if column is None:
            raise OracleError(904, f'"{name}": invalid identifier')
        kind = column.type
        catalog.add(
            NestedStorage(
                table.schema, storage, table.name, name,
                kind.type_schema or "", kind.type_name or "",
            )
        )  # fmt: skip


def _maybe_typed(clauses: TableParser, parser: Parser) -> Definition:
    following = parser.tokens[parser.at + 1]
    if following.kind == "symbol" and following.value in (",", ")"):
        columns = [Column(parser.name(), OraType("NUMBER"))]
        while parser.take(","):
            columns.append(Column(parser.name(), OraType("NUMBER")))
        return Definition(columns)
    return clauses.definitions()


def _finish(session: Any, table: Table, definition: Definition) -> None:
    """Storage, keys, indexes, and the entry in the catalog; nothing is left on an error."""
    catalog: Catalog = session.database.catalog
    longs = [c for c in definition.columns if c.type.is_long]
    if len(longs) > 1:
        raise OracleError(1754, "a table may contain only one column of type LONG")
    for column in definition.columns:
        if column.virtual is None:
            table.store.add_column(column.name, column.type)
        else:
            column.virtual = shown_expression(column.virtual, table.columns)
    if table.partitioning and table.partitioning.partitions:
        for partition in table.partitioning.partitions:
            for leaf in partition.subpartitions or [partition]:
                table.store.add_segment(leaf.name)
    else:
        table.store.add_segment()
    made: list[Constraint] = []
    for constraint in definition.constraints:
        check_constraint(catalog, table, constraint, made)
        made.append(constraint)
    keyed = {name for c in made if c.kind == "P" for name in c.columns}
    table.constraints = made
    for column in definition.columns:
        if not column.nullable and column.name not in keyed:
            require_not_null(catalog, table, column.name)
    catalog.add(table)
    table.last_ddl = table.created
    for column in definition.columns:
        if column.identity is not None:
            catalog.add(column.identity.sequence)
    for constraint in made:
        key_index(catalog, table, constraint)
    refresh_nullability(table)


def _create_as_select(session: Any, table: Table, definition: Definition, query: str) -> Outcome:
    columns = session.describe_columns(query)
    if any(column.type.is_long for column in columns):
        raise OracleError(997, "illegal use of LONG datatype")
    names = [c.name for c in definition.columns] or [c.name for c in columns]
    if len(names) != len(columns):
        raise OracleError(1730, "invalid number of column names specified")
    made = [Column(n, c.type, nullable=c.nullable) for n, c in zip(names, columns, strict=True)]
    table.columns[:] = made
    definition.columns[:] = made
    _finish(session, table, definition)
    try:
        outcome = session.execute(
            f"INSERT INTO {spelled(table)} ({listed([c.name for c in made])}) {query}", []
        )
    except OracleError:
        session.rollback()
        del session.database.catalog.objects[(table.schema, table.name)]
        raise
    session.commit()
    return Outcome("ddl", row_count=outcome.row_count)


# -- table properties --------------------------------------------------------------------------


def _properties(parser: Parser, table: Table, temporary: bool) -> dict[str, str]:
    """Read the properties into *table*; nested table columns with their storage's names."""
    nested: dict[str, str] = {}
    if temporary:
        table.temporary = "SYS$TRANSACTION"
    while not parser.at_end and not parser.peek("AS"):
        if parser.take("ON", "COMMIT"):
            table.temporary = "SYS$SESSION" if parser.take("PRESERVE") else "SYS$TRANSACTION"
            parser.take("DELETE")
            parser.expect("ROWS")
        elif parser.take("PARTITION", "BY"):
            table.partitioning = parse_partitioning(parser)
        elif parser.take("ORGANIZATION"):
            _organization(parser, table)
        elif parser.take("CLUSTER"):
            table.cluster = parser.name()
            parser.skip_parentheses()
        elif parser.take("ENABLE", "ROW", "MOVEMENT"):
            table.row_movement = True
        elif parser.take("NESTED", "TABLE"):
            column = parser.name()
            parser.expect("STORE", "AS")
            nested[column] = parser.name()
        elif parser.take("REJECT", "LIMIT"):
            _reject_limit(parser, table)
        elif parser.take("TABLESPACE"):
            table.tablespace = parser.name()
        elif parser.peek("COMPRESS") or parser.peek("ROW", "STORE", "COMPRESS"):
            table.compress_for = _compression(parser)
        elif parser.peek("READ", "ONLY"):
            raise not_supported("CREATE TABLE … READ ONLY")
        elif parser.take(";"):
            break
        else:
            skip_property(parser)
    return nested


def _compression(parser: Parser) -> str:
    """[ROW STORE] COMPRESS [BASIC | ADVANCED | FOR …] as COMPRESS_FOR shows it since 12.1."""
    parser.take("ROW", "STORE")
    parser.expect("COMPRESS")
    if parser.take("ADVANCED") or parser.take("FOR", "OLTP") or parser.take("FOR", "ALL"):
        parser.take("OPERATIONS")
        return "ADVANCED"
    if kind := parser.take("FOR") and parser.take_any("QUERY", "ARCHIVE"):
        return f"{kind} {parser.take_any('LOW', 'HIGH') or 'HIGH'}"
    parser.take("BASIC")
    return "BASIC"


def _organization(parser: Parser, table: Table) -> None:
    if parser.take("INDEX"):
        table.index_organized = True
    elif parser.take("EXTERNAL"):
        table.external = True
        text = parser.skip_parentheses() if parser.peek("(") else ""
        table.external_source = external_source(text)
    else:
        parser.expect("HEAP")


def _reject_limit(parser: Parser, table: Table) -> None:
    limit = parser.token.value
    parser.at += 1
    if table.external_source is not None:
        table.external_source = replace(table.external_source, reject_limit=limit)


def external_source(text: str) -> ExternalSource:
    """What the parentheses of ORGANIZATION EXTERNAL say."""
    kind = re.search(r"\bTYPE\s+(\w+)", text, re.IGNORECASE)
    directory = re.search(r'\bDEFAULT\s+DIRECTORY\s+("[^"]+"|[\w$#]+)', text, re.IGNORECASE)
    access = re.search(
        r"\bACCESS\s+PARAMETERS\s*\((.*?)\)\s*(?:LOCATION\b|\)$)", text, re.IGNORECASE | re.DOTALL
    )
    location = re.search(r"\bLOCATION\s*\((.*?)\)", text, re.IGNORECASE | re.DOTALL)
    name = directory.group(1) if directory else None
    return ExternalSource(
        kind.group(1).upper() if kind else "ORACLE_LOADER",
        (name[1:-1] if name.startswith('"') else name.upper()) if name else None,
        access.group(1).strip() if access else None,
        "0",
        tuple(re.findall(r"'([^']*)'", location.group(1))) if location else (),
    )
