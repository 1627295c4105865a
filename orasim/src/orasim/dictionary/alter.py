"""ALTER TABLE."""

from __future__ import annotations

import time
from typing import Any

from orasim.dictionary.clauses import CONSTRAINT_STARTS, Definition, TableParser, columns_in
from orasim.dictionary.constraints import check_constraint, drop_constraint, key_index
from orasim.dictionary.datatypes import parse_type
from orasim.dictionary.model import Catalog, Column, Table
from orasim.dictionary.partitioning import parse_partition
from orasim.dictionary.properties import skip_property
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome
from orasim.values import OraType


def alter_table(parser: Parser, session: Any) -> Outcome:
    """ALTER TABLE, after these words."""
    catalog: Catalog = session.database.catalog
    table = catalog.table(*parser.qualified(session.current_schema))
    clauses = TableParser(parser, catalog, table.schema, table.name, session.nls_char_semantics)
    while not parser.at_end and not parser.take(";"):
        if parser.take("ADD"):
            _add(parser, session, table, clauses)
        elif parser.take("MODIFY"):
            _modify(parser, table, clauses)
        elif parser.take("DROP"):
            _drop(parser, catalog, table)
        elif parser.take("RENAME"):
            _rename(parser, catalog, table)
        elif parser.peek("ENABLE") or parser.peek("DISABLE"):
            _enable(parser, catalog, table)
        elif parser.take("TRUNCATE", "PARTITION"):
            table.store.truncate(parser.name())
        elif parser.take("SET", "UNUSED"):
            parser.take("COLUMN")
            names = parser.names() if parser.peek("(") else [parser.name()]
            _drop_columns(catalog, table, names)
        else:
            skip_property(parser)
    table.last_ddl = time.time()
    return Outcome("ddl")


def _add(parser: Parser, session: Any, table: Table, clauses: TableParser) -> None:
    if parser.take("PARTITION"):
        made = table.partitioning
        if made is None:
            raise OracleError(14501, "object is not partitioned")
        partition = parse_partition(parser, parser.name(), made, [])
        made.partitions.append(partition)
        for leaf in partition.subpartitions or [partition]:
            table.store.add_segment(leaf.name)
        return
    if parser.take("SUPPLEMENTAL"):
        parser.rest()
        return
    grouped = parser.take("(")
    definition = clauses.definitions() if grouped else _single(parser, clauses, table)
    if grouped:
        parser.expect(")")
    for column in definition.columns:
        if table.find_column(column.name):
            raise OracleError(1430, "column being added already exists in table")
        _add_column(session, table, column)
    catalog: Catalog = session.database.catalog
    for constraint in definition.constraints:
        if constraint.kind == "C" and not constraint.columns and constraint.condition:
            constraint.columns = columns_in(constraint.condition, table.columns)
        check_constraint(catalog, table, constraint, [])
        table.constraints.append(constraint)
        key_index(catalog, table, constraint)


def _single(parser: Parser, clauses: TableParser, table: Table) -> Definition:
    definition = Definition()
    parser.take("COLUMN")
    while not parser.at_end:
        token = parser.token
        if token.kind == "name" and token.value in CONSTRAINT_STARTS:
            definition.constraints.append(clauses.constraint(table.columns))
        elif token.kind in ("name", "quoted") and token.value not in ("ADD", "MODIFY", "DROP"):
            clauses.column(definition)
        else:
            break
        if not parser.peek("CONSTRAINT"):
            break
    return definition


def _add_column(session: Any, table: Table, column: Column) -> None:
    fill = None
    if column.default is not None and column.identity is None and column.virtual is None:
        fill = session.encode_default(column)
    if (
        not column.nullable
        and fill is None
        and any(s.state.live_rows for s in table.store.segments)
    ):
        raise OracleError(1758, "table must be empty to add mandatory (NOT NULL) column")
    table.columns.append(column)
    if column.virtual is None:
        table.store.add_column(column.name, column.type, fill)
    if column.identity is not None:
        session.database.catalog.add(column.identity.sequence)


def _modify(parser: Parser, table: Table, clauses: TableParser) -> None:
    if parser.take("CONSTRAINT"):
        name = parser.name()
        for constraint in table.constraints:
            if constraint.name == name:
                clauses._state(constraint)
                return
        raise OracleError(2443, "Cannot drop constraint - nonexistent constraint")
    grouped = parser.take("(")
    while True:
        column = table.find_column(parser.name())
        if column is None:
            raise OracleError(904, ": invalid identifier", parser.token.start)
        token = parser.token
        words = {
            "DEFAULT",
            "NOT",
            "NULL",
            "CONSTRAINT",
            "INVISIBLE",
            "VISIBLE",
            "GENERATED",
            "CHECK",
        }
        if token.kind in ("name", "quoted") and token.value not in words:
            _change_type(
                table, column, parse_type(parser, table.schema, char_default=clauses.chars)
            )
        definition = Definition()
        if parser.take("NULL"):
            column.nullable = True
            table.constraints = [
                c for c in table.constraints if not (c.is_not_null and c.columns == [column.name])
            ]
        clauses._clauses(column, definition)
        table.constraints += definition.constraints
        if not grouped or not parser.take(","):
            break
    if grouped:
        parser.expect(")")


def _change_type(table: Table, column: Column, kind: OraType) -> None:
    has_rows = any(segment.state.live_rows for segment in table.store.segments)
    same_family = kind.name == column.type.name
    grows = same_family and (kind.length or 0) >= (column.type.length or 0)
    if (
        has_rows
        and not (grows and kind.is_text)
        and not (
            same_family
            and kind.is_number
            and (kind.precision or 99) >= (column.type.precision or 99)
        )
    ):
        raise OracleError(1439, "column to be modified must be empty to change datatype")
    column.type = kind


def _drop(parser: Parser, catalog: Catalog, table: Table) -> None:
    if parser.take("PARTITION"):
        name = parser.name()
        assert table.partitioning is not None
        for partition in table.partitioning.partitions:
            if partition.name == name:
                for leaf in partition.subpartitions or [partition]:
                    table.store.drop_partition(leaf.name)
                table.partitioning.partitions.remove(partition)
                return
        raise OracleError(2149, "Specified partition does not exist")
    if parser.take("CONSTRAINT"):
        name = parser.name()
        found = [c for c in table.constraints if c.name == name]
        if not found:
            raise OracleError(2443, "Cannot drop constraint  - nonexistent constraint")
        drop_constraint(catalog, table, found[0])
    elif parser.take("PRIMARY", "KEY"):
        key = table.primary_key
        if key is None:
            raise OracleError(2441, "Cannot drop nonexistent primary key")
        drop_constraint(catalog, table, key)
    elif parser.take("UNIQUE"):
        columns = parser.names()
        for constraint in list(table.constraints):
            if constraint.kind == "U" and constraint.columns == columns:
                drop_constraint(catalog, table, constraint)
    elif parser.take("UNUSED", "COLUMNS"):
        return
    else:
        parser.take("COLUMN")
        _drop_columns(catalog, table, parser.names() if parser.peek("(") else [parser.name()])
    parser.take("CASCADE")
    parser.take("CONSTRAINTS")
    if parser.take_any("KEEP", "DROP"):
        parser.take("INDEX")


def _drop_columns(catalog: Catalog, table: Table, names: list[str]) -> None:
    for name in names:
        column = table.find_column(name)
        if column is None:
            raise OracleError(904, f'"{name}": invalid identifier')
        table.columns.remove(column)
        if column.virtual is None:
            table.store.drop_column(name)
        for constraint in [c for c in table.constraints if name in c.columns]:
            drop_constraint(catalog, table, constraint)
        for index in catalog.table_indexes(table):
            if any(p.column == name for p in index.parts):
                del catalog.indexes[(index.schema, index.name)]


def _rename(parser: Parser, catalog: Catalog, table: Table) -> None:
    if parser.take("TO"):
        rename_table(catalog, table, parser.name())
    elif parser.take("COLUMN"):
        old = parser.name()
        parser.expect("TO")
        new = parser.name()
        column = table.find_column(old)
        if column is None:
            raise OracleError(904, f'"{old}": invalid identifier')
        column.name = new
        if column.virtual is None:
            table.store.rename_column(old, new)
        for constraint in table.constraints:
            constraint.columns = [new if c == old else c for c in constraint.columns]
        for index in catalog.table_indexes(table):
            for part in index.parts:
                part.column = new if part.column == old else part.column
    elif parser.take("CONSTRAINT"):
        old = parser.name()
        parser.expect("TO")
        new = parser.name()
        for constraint in table.constraints:
            if constraint.name == old:
                constraint.name, constraint.generated = new, False
                return
        raise OracleError(23292, "The constraint does not exist")
    else:
        raise parser.unknown()


def rename_table(catalog: Catalog, table: Table, new: str) -> None:
    """Give a table another name; constraints and indexes follow it."""
    if catalog.find(table.schema, new) is not None:
        raise OracleError(955, "name is already used by an existing object")
    del catalog.objects[(table.schema, table.name)]
    for index in catalog.table_indexes(table):
        index.table = new
    for other in catalog.of_type(Table):
        for constraint in other.constraints:
            if (constraint.parent_schema, constraint.parent_table) == (table.schema, table.name):
                constraint.parent_table = new
    table.name = new
    catalog.objects[(table.schema, new)] = table


def _enable(parser: Parser, catalog: Catalog, table: Table) -> None:
    enabled = parser.name() == "ENABLE"
    validate = parser.take_any("VALIDATE", "NOVALIDATE")
    if parser.take("ROW", "MOVEMENT"):
        table.row_movement = enabled
        return
    if parser.take("ALL", "TRIGGERS"):
        for trigger in catalog.triggers.values():
            if (trigger.table_schema, trigger.table) == (table.schema, table.name):
                trigger.enabled = enabled
        return
    if parser.take("CONSTRAINT"):
        name = parser.name()
        found = [c for c in table.constraints if c.name == name]
    elif parser.take("PRIMARY", "KEY"):
        found = [c for c in table.constraints if c.kind == "P"]
    elif parser.take("UNIQUE"):
        columns = parser.names()
        found = [c for c in table.constraints if c.kind == "U" and c.columns == columns]
    else:
        skip_property(parser)
        return
    if not found:
        raise OracleError(2430, "cannot enable constraint - no such constraint")
    parser.take("CASCADE")
    for constraint in found:
        constraint.enabled = enabled
        constraint.validated = enabled and validate != "NOVALIDATE"
