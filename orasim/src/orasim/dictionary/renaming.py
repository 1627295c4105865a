"""RENAME of tables, columns and constraints: every text that names them follows."""

from __future__ import annotations

import re

from orasim.dictionary.model import Catalog, Column, Table
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError

_NAMES = re.compile(r"""('(?:[^']|'')*')|"([^"]+)"|([A-Za-z][\w$#]*)""")


def rename_in(parser: Parser, catalog: Catalog, table: Table) -> None:
    """ALTER TABLE … RENAME, after that word."""
    if parser.take("TO"):
        rename_table(catalog, table, parser.name())
    elif parser.take("COLUMN"):
        old = parser.name()
        parser.expect("TO")
        _rename_column(catalog, table, old, parser.name())
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


def _rename_column(catalog: Catalog, table: Table, old: str, new: str) -> None:
    column = table.find_column(old)
    if column is None:
        raise OracleError(904, f'"{old}": invalid identifier')
    if table.find_column(new) is not None:
        raise OracleError(957, "duplicate column name")
    column.name = new
    if column.virtual is None:
        table.store.rename_column(old, new)
    for other in table.columns:
        _rename_in_expression(other, old, new)
    for constraint in table.constraints:
        constraint.columns = [new if c == old else c for c in constraint.columns]
        if constraint.condition:
            constraint.condition = renamed(constraint.condition, old, new)
    for index in catalog.table_indexes(table):
        for part in index.parts:
            part.column = new if part.column == old else part.column
            if part.expression:
                part.expression = renamed(part.expression, old, new)
    if table.partitioning is not None:
        for keys in (table.partitioning.columns, table.partitioning.sub_columns):
            keys[:] = [new if key == old else key for key in keys]


def _rename_in_expression(column: Column, old: str, new: str) -> None:
    if column.expression is not None:
        column.expression = renamed(column.expression, old, new)
    elif column.virtual is not None:
        column.virtual = renamed(column.virtual, old, new)


def renamed(text: str, old: str, new: str) -> str:
    """
    *text* with the column *old* called *new*; quoted text stays.

    >>> renamed("a > 1 AND b = 'a'", "A", "C")
    '"C" > 1 AND b = \'a\''
    """

    def name(found: re.Match[str]) -> str:
        stored = found.group(2) or (found.group(3) or "").upper()
        return f'"{new}"' if stored == old and not found.group(1) else found.group()

    return _NAMES.sub(name, text)


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
