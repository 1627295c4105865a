"""CREATE TABLE."""

from __future__ import annotations

from typing import Any

from orasim.dictionary.clauses import Definition, TableParser
from orasim.dictionary.constraints import check_constraint, key_index
from orasim.dictionary.model import Catalog, Column, Constraint, Table
from orasim.dictionary.partitioning import parse_partitioning
from orasim.dictionary.properties import skip_property
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome
from orasim.values import OraType


def create_table(parser: Parser, session: Any, temporary: bool) -> Outcome:
    """CREATE [GLOBAL TEMPORARY] TABLE, after these words."""
    catalog: Catalog = session.database.catalog
    schema, name = parser.qualified(session.current_schema)
    clauses = TableParser(parser, catalog, schema, name, session.nls_char_semantics)
    if catalog.find(schema, name) is not None:
        raise OracleError(955, "name is already used by an existing object")
    if parser.take("OF"):
        raise parser.unknown()
    definition = Definition()
    if parser.take("("):
        definition = _maybe_typed(clauses, parser)
        parser.expect(")")
    table = Table(schema, name, definition.columns, catalog.storage.create([]), source=parser.sql)
    _properties(parser, table, temporary)
    query = parser.rest() if parser.take("AS") else None
    if not parser.at_end:
        raise parser.unknown()
    if query is not None:
        return _create_as_select(session, table, definition, query)
    if not definition.columns:
        raise OracleError(904, ": invalid identifier")
    _finish(session, table, definition)
    return Outcome("ddl")


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
        if column.type.name == "OBJECT":
            raise OracleError(902, f"invalid datatype (orasim has no type {column.type.type_name})")
        if column.virtual is None:
            table.store.add_column(column.name, column.type)
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
    table.constraints = made
    catalog.add(table)
    table.last_ddl = table.created
    for column in definition.columns:
        if column.identity is not None:
            catalog.add(column.identity.sequence)
    for constraint in made:
        key_index(catalog, table, constraint)


def _create_as_select(session: Any, table: Table, definition: Definition, query: str) -> Outcome:
    columns = session.describe_columns(query)
    names = [c.name for c in definition.columns] or [c.name for c in columns]
    if len(names) != len(columns):
        raise OracleError(1730, "invalid number of column names specified")
    made = [Column(n, c.type, nullable=c.nullable) for n, c in zip(names, columns, strict=True)]
    table.columns[:] = made
    definition.columns[:] = made
    _finish(session, table, definition)
    listed = ", ".join(f'"{c.name}"' for c in made)
    outcome = session.execute(f'INSERT INTO "{table.schema}"."{table.name}" ({listed}) {query}', [])
    session.commit()
    return Outcome("ddl", row_count=outcome.row_count)


# -- table properties --------------------------------------------------------------------------


def _properties(parser: Parser, table: Table, temporary: bool) -> None:
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
            if parser.take("INDEX"):
                table.index_organized = True
            elif parser.take("EXTERNAL"):
                table.external = True
            else:
                parser.expect("HEAP")
        elif parser.take("CLUSTER"):
            table.cluster = parser.name()
            parser.skip_parentheses()
        elif parser.take("ENABLE", "ROW", "MOVEMENT"):
            table.row_movement = True
        elif parser.take(";"):
            break
        else:
            skip_property(parser)
