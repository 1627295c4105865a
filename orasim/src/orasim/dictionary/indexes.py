"""CREATE, ALTER and DROP INDEX."""

from __future__ import annotations

import re
import time
from typing import Any

from orasim.dictionary.constraints import has_duplicates
from orasim.dictionary.expressions import shown_expression
from orasim.dictionary.model import Catalog, Column, Index, IndexPart, Table
from orasim.dictionary.privileges import require_change
from orasim.dictionary.probe import spelled
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome, not_supported
from orasim.values import OraType

# An index is never read here, so how it is stored changes nothing that a client can see.
_STORAGE_WORDS = {
    "TABLESPACE", "PCTFREE", "INITRANS", "MAXTRANS", "STORAGE", "LOGGING", "NOLOGGING", "COMPRESS",
    "NOCOMPRESS", "PARALLEL", "NOPARALLEL", "ONLINE", "COMPUTE", "STATISTICS", "SORT", "NOSORT",
    "GLOBAL", "PARTITION", "BY", "RANGE", "HASH", "PARTITIONS", "STORE", "IN", "ADVANCED", "LOW",
    "HIGH", "INDEXING", "FULL", "PARTIAL", "VISIBLE", "USABLE", "DEFERRED", "IMMEDIATE",
    "INVALIDATION", "NOREVERSE", "UNIQUE", "CLUSTER", "PREFIX", "DEFAULT", "KEEP", "BUFFER_POOL",
}  # fmt: skip


def create_index(parser: Parser, session: Any, unique: bool, bitmap: bool) -> Outcome:
    """CREATE [UNIQUE | BITMAP] INDEX, after these words."""
    catalog: Catalog = session.database.catalog
    schema, name = parser.qualified(session.current_schema)
    if (schema, name) in catalog.indexes:
        raise OracleError(955, "name is already used by an existing object")
    parser.expect("ON")
    if parser.take("CLUSTER"):
        if parser.qualified(session.current_schema) not in catalog.clusters:
            raise OracleError(943, "cluster does not exist")
        parser.rest()
        return Outcome("ddl")  # a cluster's tables are stored like others
    table = catalog.table(*parser.qualified(session.current_schema))
    require_change(session, table.schema, table.name, "CREATE ANY INDEX", "INDEX")
    if bitmap and any(t.kind == "name" and t.value == "FROM" for t in parser.tokens):
        raise not_supported("bitmap join indexes")
    index = Index(schema, name, table.schema, table.name, [], unique=unique, bitmap=bitmap)
    hidden = len(table.columns)
    try:
        parser.expect("(")
        while True:
            index.parts.append(_part(parser, session, table))
            if not parser.take(","):
                break
        parser.expect(")")
        _properties(parser, session, index)
        _refuse_twin(catalog, table, index)
        keys = [part.expression or f'"{part.column}"' for part in index.parts]
        if unique and has_duplicates(session, table, keys):
            raise OracleError(1452, "cannot CREATE UNIQUE INDEX; duplicate keys found")
    except OracleError:
        del table.columns[hidden:]
        raise
    index.object_id, index.created = catalog.new_object_id(), time.time()
    catalog.indexes[(schema, name)] = index
    return Outcome("ddl")


def _properties(parser: Parser, session: Any, index: Index) -> None:
    while not parser.at_end and not parser.take(";"):
        token = parser.token
        if parser.take("REVERSE"):
            index.reverse = True
        elif parser.take("LOCAL"):
            index.local = True
            if parser.peek("("):
                parser.skip_parentheses()
        elif parser.take("INVISIBLE"):
            index.visible = False
        elif parser.take("UNUSABLE"):
            index.usable = False
        elif parser.take("INDEXTYPE"):
            parser.expect("IS")
            index.domain_type = parser.qualified(session.current_schema)
            if parser.take("PARAMETERS"):
                index.parameters = parser.skip_parentheses()[1:-1].strip().strip("'")
        elif parser.peek("("):
            parser.skip_parentheses()
        elif parser.take("TABLESPACE"):
            parser.name()
        elif parser.take("COMPRESS"):
            _compression(parser, index)
        elif token.kind == "number" or (token.kind == "name" and token.value in _STORAGE_WORDS):
            parser.at += 1
        else:
            raise parser.unknown()


def _compression(parser: Parser, index: Index) -> None:
    """COMPRESS [n]: by default all columns, all but the last of a unique index."""
    if parser.take("ADVANCED"):
        parser.take_any("LOW", "HIGH")
        return
    index.compressed = len(index.parts) - index.unique
    if parser.token.kind == "number":
        wanted = int(parser.token.value)
        if not 1 <= wanted <= index.compressed:
            raise OracleError(25194, "invalid COMPRESS prefix length value")
        index.compressed = wanted
        parser.at += 1


def _refuse_twin(catalog: Catalog, table: Table, index: Index) -> None:
    def shape(one: Index) -> list[tuple[str | None, bool]]:
        return [(p.expression or p.column, p.descending) for p in one.parts]

    for other in catalog.table_indexes(table):
        if other.visible and index.visible and shape(other) == shape(index):
            raise OracleError(1408, "such column list already indexed")


def _part(parser: Parser, session: Any, table: Table) -> IndexPart:
    if parser.peek(",") or parser.peek(")"):
        raise OracleError(936, "missing expression", parser.token.start)
    text = parser.text_until({"ASC", "DESC"}).strip()
    descending = parser.take_any("ASC", "DESC") == "DESC"
    plain = re.fullmatch(r'"([^"]+)"|([A-Za-z][\w$#]*)', text)
    if plain:
        name = plain.group(1) or plain.group(2).upper()
        if table.find_column(name) is None:
            raise OracleError(904, f'"{name}": invalid identifier')
        if not descending:
            return IndexPart(name)
        # A DESC column is a function-based one, of type RAW (facts §1.4).
        shown, kind = f'"{name}"', OraType("RAW", length=2000)
    else:
        shown = shown_expression(text, table.columns)
        kind = _expression_type(session, table, shown)
    return IndexPart(_hidden_column(table, kind, shown), descending, shown)


def _expression_type(session: Any, table: Table, expression: str) -> OraType:
    """What SQL says; the widest text for an expression that orasim cannot compute."""
    try:
        found: OraType = session.describe_columns(f"SELECT {expression} FROM {spelled(table)}")[
            0
        ].type
    except OracleError as error:
        if error.code != 3001:
            raise
        return OraType("VARCHAR2", length=4000)
    return found


def _hidden_column(table: Table, kind: OraType, expression: str) -> str:
    number = len(table.columns) + 1
    used = {c.name for c in table.columns}
    while f"SYS_NC{number:05d}$" in used:
        number += 1
    # The hidden column exists in the dictionary only: nothing is stored for it here.
    name = f"SYS_NC{number:05d}$"
    table.columns.append(Column(name, kind, hidden=True, virtual="NULL", expression=expression))
    return name


def remove_index(catalog: Catalog, index: Index) -> None:
    """Drop an index with the hidden columns of its expressions."""
    del catalog.indexes[(index.schema, index.name)]
    table = catalog.find(index.table_schema, index.table)
    if isinstance(table, Table):
        hidden = {part.column for part in index.parts if part.expression is not None}
        table.columns = [c for c in table.columns if not (c.hidden and c.name in hidden)]


def drop_index(catalog: Catalog, session: Any, key: tuple[str, str]) -> None:
    """DROP INDEX; ORA-02429 for one that enforces a key."""
    index = catalog.indexes.get(key)
    if index is None:
        raise OracleError(1418, "specified index does not exist")
    require_change(session, index.schema, index.table, "DROP ANY INDEX")
    table = catalog.find(index.table_schema, index.table)
    if isinstance(table, Table) and any(
        c.index == index.name and c.enabled for c in table.constraints if c.kind in ("P", "U")
    ):
        raise OracleError(2429, "cannot drop index used for enforcement of unique/primary key")
    remove_index(catalog, index)


def alter_index(parser: Parser, session: Any) -> Outcome:
    """ALTER INDEX, after these words."""
    catalog: Catalog = session.database.catalog
    index = catalog.indexes.get(parser.qualified(session.current_schema))
    if index is None:
        raise OracleError(1418, "specified index does not exist")
    require_change(session, index.schema, index.table, "ALTER ANY INDEX")
    if parser.take("RENAME", "TO"):
        _rename(catalog, index, parser.name())
    elif parser.take("REBUILD"):
        index.usable = True
        parser.rest()
    elif parser.take("UNUSABLE"):
        index.usable = False
    elif word := parser.take_any("VISIBLE", "INVISIBLE"):
        index.visible = word == "VISIBLE"
    elif parser.take_any("COALESCE", "PARALLEL", "NOPARALLEL", "LOGGING", "NOLOGGING", "COMPILE"):
        parser.rest()
    if not parser.at_end and not parser.take(";"):
        raise parser.unknown()
    return Outcome("ddl")


def _rename(catalog: Catalog, index: Index, name: str) -> None:
    if (index.schema, name) in catalog.indexes:
        raise OracleError(955, "name is already used by an existing object")
    del catalog.indexes[(index.schema, index.name)]
    for table in catalog.of_type(Table):
        if (table.schema, table.name) == (index.table_schema, index.table):
            for constraint in table.constraints:
                if constraint.index == index.name:
                    constraint.index = name
    index.name = name
    catalog.indexes[(index.schema, name)] = index
