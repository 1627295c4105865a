"""ALTER TABLE: all of a statement or nothing of it."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from orasim.dictionary.clauses import CONSTRAINT_STARTS, Definition, TableParser
from orasim.dictionary.constraints import (
    check_constraint,
    drop_constraint,
    drop_key_index,
    enter,
    key_index,
    prove,
    refresh_nullability,
    require_not_null,
)
from orasim.dictionary.datatypes import parse_type
from orasim.dictionary.expressions import columns_in, shown_expression
from orasim.dictionary.indexes import remove_index
from orasim.dictionary.model import (
    Catalog,
    Column,
    Constraint,
    Identity,
    Partition,
    Sequence,
    Table,
)
from orasim.dictionary.partitioning import parse_partition
from orasim.dictionary.privileges import require_change
from orasim.dictionary.probe import has_rows, spelled
from orasim.dictionary.properties import skip_property
from orasim.dictionary.renaming import rename_in
from orasim.dictionary.sequences import LIMIT_VALUE, parse_sequence_options
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome, not_supported
from orasim.values import OraType

_NOT_A_TYPE = {
    "DEFAULT", "NOT", "NULL", "CONSTRAINT", "INVISIBLE", "VISIBLE", "GENERATED", "CHECK",
    "PRIMARY", "UNIQUE", "REFERENCES", "ENCRYPT", "DECRYPT", "COLLATE", "DROP", "ENABLE", "DISABLE",
}  # fmt: skip


def alter_table(parser: Parser, session: Any) -> Outcome:
    """ALTER TABLE, after these words."""
    catalog: Catalog = session.database.catalog
    table = catalog.table(*parser.qualified(session.current_schema))
    require_change(session, table.schema, table.name, "ALTER ANY TABLE", "ALTER")
    chars = session.nls_char_semantics
    clauses = TableParser(parser, catalog, table.schema, table.name, chars, session.version)
    with _whole(catalog, table):
        while not parser.at_end and not parser.take(";"):
            _clause(parser, session, table, clauses)
    table.last_ddl = time.time()
    return Outcome("ddl")


@contextmanager
def _whole(catalog: Catalog, table: Table) -> Iterator[None]:
    """The table, its indexes and its names as they were, when the statement fails."""
    store = table.store
    columns = [replace(column) for column in table.columns]
    constraints = [replace(c, columns=list(c.columns)) for c in table.constraints]
    partitioning = copy.deepcopy(table.partitioning)
    stored, segments = dict(store.columns), list(store.segments)
    indexes, objects, name = dict(catalog.indexes), dict(catalog.objects), table.name
    try:
        yield
    except OracleError:
        table.columns, table.constraints, table.name = columns, constraints, name
        table.partitioning = partitioning
        store.columns, store.segments = stored, segments
        catalog.indexes, catalog.objects = indexes, objects
        raise


def _clause(parser: Parser, session: Any, table: Table, clauses: TableParser) -> None:
    catalog: Catalog = session.database.catalog
    if parser.take("ADD"):
        _add(parser, session, table, clauses)
    elif parser.take("MODIFY"):
        _modify(parser, session, table, clauses)
    elif parser.take("DROP"):
        _drop(parser, catalog, table)
    elif parser.take("RENAME"):
        rename_in(parser, catalog, table)
    elif parser.peek("ENABLE") or parser.peek("DISABLE"):
        _enable(parser, session, table)
    elif parser.take("TRUNCATE", "PARTITION"):
        _truncate_partition(table, parser.name())
    elif parser.take("SET", "UNUSED"):
        parser.take("COLUMN")
        names = parser.names() if parser.peek("(") else [parser.name()]
        _drop_columns(catalog, table, names, cascade=parser.take("CASCADE", "CONSTRAINTS"))
    elif parser.peek("READ", "ONLY"):
        raise not_supported("ALTER TABLE … READ ONLY")
    else:
        skip_property(parser)


# -- ADD ---------------------------------------------------------------------------------------


def _add(parser: Parser, session: Any, table: Table, clauses: TableParser) -> None:
    if parser.take("PARTITION"):
        _add_partition(parser, session, table)
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
        enter(session, table, constraint)
    for column in definition.columns:
        if column.identity is not None or column.default_on_null:
            require_not_null(catalog, table, column.name)
            refresh_nullability(table)


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
    if column.identity is not None and has_rows(table):
        raise not_supported("ADD of an identity column to a table with rows")
    if column.default is not None and column.identity is None and column.virtual is None:
        fill = session.encode_default(column)
    if not column.nullable and fill is None and column.virtual is None and has_rows(table):
        raise OracleError(1758, "table must be empty to add mandatory (NOT NULL) column")
    table.columns.append(column)
    if column.virtual is None:
        table.store.add_column(column.name, column.type, fill)
    else:
        column.virtual = shown_expression(column.virtual, table.columns)
    if column.identity is not None:
        session.database.catalog.add(column.identity.sequence)


def _add_partition(parser: Parser, session: Any, table: Table) -> None:
    made = table.partitioning
    if made is None:
        raise OracleError(14501, "object is not partitioned")
    if made.method in ("HASH", "REFERENCE") or made.interval:
        raise not_supported(f"ADD PARTITION of a {made.method} partitioned table")
    name = session.database.partition_name() if parser.peek("VALUES") else parser.name()
    partition = parse_partition(parser, name, made)
    last = made.partitions[-1].high_value if made.partitions else None
    if made.method == "RANGE" and last is not None and last.startswith("MAXVALUE"):
        raise OracleError(
            14074, "partition bound must collate higher than that of the last partition"
        )
    if made.method == "LIST" and any(p.high_value == "DEFAULT" for p in made.partitions):
        raise OracleError(14323, "cannot add partition when DEFAULT partition exists")
    if any(p.name == name for p in made.partitions):
        raise OracleError(14013, "duplicate partition name")
    made.partitions.append(partition)
    for leaf in partition.subpartitions or [partition]:
        table.store.add_segment(leaf.name)


def _find_partition(table: Table, name: str) -> Partition:
    if table.partitioning is None:
        raise OracleError(14501, "object is not partitioned")
    for partition in table.partitioning.partitions:
        if partition.name == name:
            return partition
    raise OracleError(2149, "Specified partition does not exist")


def _truncate_partition(table: Table, name: str) -> None:
    partition = _find_partition(table, name)
    for leaf in partition.subpartitions or [partition]:
        table.store.truncate(leaf.name)


# -- MODIFY ------------------------------------------------------------------------------------


def _modify(parser: Parser, session: Any, table: Table, clauses: TableParser) -> None:
    if parser.take("CONSTRAINT"):
        constraint = _constraint(table, parser.name(), 2443, "Cannot modify constraint")
        clauses.state(constraint)
        _apply_state(session, table, constraint)
        return
    if parser.peek("PARTITION") or parser.peek("DEFAULT", "ATTRIBUTES"):
        raise parser.unknown()
    grouped = parser.take("(")
    while True:
        _modify_column(parser, session, table, clauses)
        if not grouped or not parser.take(","):
            break
    if grouped:
        parser.expect(")")


def _modify_column(parser: Parser, session: Any, table: Table, clauses: TableParser) -> None:
    start = parser.token.start
    name = parser.name()
    column = table.find_column(name)
    if column is None:
        raise OracleError(904, f'"{name}": invalid identifier', start)
    token = parser.token
    if token.kind in ("name", "quoted") and token.value not in _NOT_A_TYPE:
        kind = clauses.check_type(parse_type(parser, table.schema, char_default=clauses.chars))
        _change_type(session, table, column, kind)
    if parser.take("DROP", "IDENTITY"):
        _drop_identity(session.database.catalog, column)
    if column.identity is not None and parser.take("GENERATED"):
        _modify_identity(parser, session, table, column, column.identity)
    definition = Definition()
    had_virtual, had_identity = column.virtual, column.identity
    if parser.take("NULL"):
        _allow_null(session.database.catalog, table, column)
    clauses.column_clauses(column, definition)
    if (had_virtual is None) != (column.virtual is None) or had_identity is not column.identity:
        raise not_supported("MODIFY of a column to virtual or identity")
    if column.virtual is not None:
        column.virtual = shown_expression(column.virtual, table.columns)
    for constraint in definition.constraints:
        if constraint.is_not_null and _has_not_null(table, column.name):
            raise OracleError(1442, "column to be modified to NOT NULL is already NOT NULL")
        check_constraint(session.database.catalog, table, constraint, [])
        enter(session, table, constraint)


def _modify_identity(
    parser: Parser, session: Any, table: Table, column: Column, identity: Identity
) -> None:
    """GENERATED … AS IDENTITY of a column that is one: other options for its sequence."""
    identity.always = parser.take("ALWAYS")
    if not identity.always:
        parser.expect("BY", "DEFAULT")
        identity.on_null = parser.take("ON", "NULL")
    parser.expect("AS", "IDENTITY")
    grouped = parser.take("(")
    start = parse_sequence_options(parser, identity.sequence, is_new=False)
    if grouped:
        parser.expect(")")
    if start == LIMIT_VALUE:
        start = _past_the_last(session, table, column, identity.sequence)
    if start is not None:
        sequence = identity.sequence
        sequence.start = sequence.next_value = int(start)
        sequence.cached_until = None


def _past_the_last(session: Any, table: Table, column: Column, sequence: Sequence) -> int:
    """START WITH LIMIT VALUE: beyond what the column holds."""
    function = "MAX" if sequence.increment > 0 else "MIN"
    sql = f'SELECT {function}("{column.name}") FROM "{table.schema}"."{table.name}"'
    plan, context, _ = session._plan(sql, [])
    context.begin_execution()
    ((last,),) = plan.rows()
    return sequence.start if last is None else int(last) + sequence.increment


def _has_not_null(table: Table, name: str) -> bool:
    return any(c.is_not_null and c.enabled and c.columns == [name] for c in table.constraints)


def _allow_null(catalog: Catalog, table: Table, column: Column) -> None:
    key = table.primary_key
    found = [c for c in table.constraints if c.is_not_null and c.columns == [column.name]]
    if not found or (key is not None and column.name in key.columns):
        raise OracleError(1451, "column to be modified to NULL cannot be modified to NULL")
    for constraint in found:
        drop_constraint(catalog, table, constraint)


def _drop_identity(catalog: Catalog, column: Column) -> None:
    if column.identity is None:
        raise OracleError(30673, "column to be modified is not an identity column")
    sequence = column.identity.sequence
    catalog.objects.pop((sequence.schema, sequence.name), None)
    column.identity = column.default = None


def _change_type(session: Any, table: Table, column: Column, kind: OraType) -> None:
    before = column.type
    if not has_rows(table):
        column.type = kind
        if column.virtual is None:
            table.store.columns.pop(column.name)
            table.store.add_column(column.name, kind)
            table.store.columns = {
                c.name: table.store.columns[c.name] for c in table.columns if c.virtual is None
            }
        return
    if kind == before:
        return
    if kind.name != before.name:
        raise OracleError(1439, "column to be modified must be empty to change datatype")
    if kind.is_number and not _holds_numbers(kind, before):
        raise OracleError(
            1440, "column to be modified must be empty to decrease precision or scale"
        )
    if (kind.is_text or kind.name == "RAW") and kind.byte_length < before.byte_length:
        raise OracleError(1441, "cannot decrease column length because some value is too big")
    if not (kind.is_text or kind.is_number or kind.name == "RAW"):
        if (kind.precision or 0) < (before.precision or 0) or (kind.scale or 0) < (
            before.scale or 0
        ):
            raise OracleError(
                30082, "datetime/interval column to be modified must be empty to decrease precision"
            )
    column.type = kind
    if kind.name in ("CHAR", "NCHAR"):
        # Stored values are padded to the declared length: write them again.
        session.execute(f'UPDATE {spelled(table)} SET "{column.name}" = "{column.name}"', [])
        session.commit()


def _holds_numbers(kind: OraType, before: OraType) -> bool:
    """True when every value of *before* fits *kind*."""
    if kind.name == "FLOAT":
        return (kind.precision or 126) >= (before.precision or 126)
    if kind.precision is None and kind.scale is None:
        return True
    if before.precision is None:
        return False
    whole = (kind.precision or 38) - (kind.scale or 0)
    return whole >= before.precision - (before.scale or 0) and (kind.scale or 0) >= (
        before.scale or 0
    )


# -- DROP --------------------------------------------------------------------------------------


def _drop(parser: Parser, catalog: Catalog, table: Table) -> None:
    if parser.take("PARTITION"):
        partition = _find_partition(table, parser.name())
        assert table.partitioning is not None
        if len(table.partitioning.partitions) == 1:
            raise OracleError(14083, "cannot drop the only partition of a partitioned table")
        if table.partitioning.method == "HASH":
            raise OracleError(14255, "table is not partitioned by Range, List, Composite Range")
        for leaf in partition.subpartitions or [partition]:
            table.store.drop_partition(leaf.name)
        table.partitioning.partitions.remove(partition)
        _index_words(parser)
        return
    if parser.take("UNUSED", "COLUMNS"):
        return
    if parser.take("CONSTRAINT"):
        found = _constraint(table, parser.name(), 2443, "Cannot drop constraint ")
    elif parser.take("PRIMARY", "KEY"):
        key = table.primary_key
        if key is None:
            raise OracleError(2441, "Cannot drop nonexistent primary key")
        found = key
    elif parser.take("UNIQUE"):
        columns = parser.names()
        unique = [c for c in table.constraints if c.kind == "U" and c.columns == columns]
        if not unique:
            raise OracleError(2442, "Cannot drop nonexistent unique key")
        found = unique[0]
    else:
        parser.take("COLUMN")
        names = parser.names() if parser.peek("(") else [parser.name()]
        cascade = parser.take("CASCADE", "CONSTRAINTS") or parser.take("CASCADE")
        _drop_columns(catalog, table, names, cascade=cascade)
        return
    _drop_with_children(catalog, table, found, cascade=parser.take("CASCADE"))
    _index_words(parser)


def _index_words(parser: Parser) -> None:
    if parser.take_any("KEEP", "DROP", "UPDATE"):
        parser.take_any("INDEX", "INDEXES")
    elif parser.take("UPDATE", "GLOBAL", "INDEXES"):
        return


def _constraint(table: Table, name: str, code: int, what: str) -> Constraint:
    for constraint in table.constraints:
        if constraint.name == name:
            return constraint
    raise OracleError(code, f"{what} - nonexistent constraint")


def _children(catalog: Catalog, table: Table, key: Constraint) -> list[tuple[Table, Constraint]]:
    """The foreign keys that reference a key."""
    return [
        (child, constraint)
        for child in catalog.of_type(Table)
        for constraint in child.constraints
        if constraint.kind == "R"
        and constraint.parent_schema == table.schema
        and constraint.parent_constraint == key.name
    ]


def _drop_with_children(
    catalog: Catalog, table: Table, constraint: Constraint, *, cascade: bool
) -> None:
    if constraint.kind in ("P", "U"):
        for child, foreign in _children(catalog, table, constraint):
            if not cascade:
                raise OracleError(
                    2273, "this unique/primary key is referenced by some foreign keys"
                )
            drop_constraint(catalog, child, foreign)
    drop_constraint(catalog, table, constraint)


def _drop_columns(catalog: Catalog, table: Table, names: list[str], *, cascade: bool) -> None:
    visible = [c for c in table.columns if not c.hidden]
    for name in names:
        column = table.find_column(name)
        if column is None:
            raise OracleError(904, f'"{name}": invalid identifier')
        if len(visible) <= len(names):
            raise OracleError(12983, "cannot drop all columns in a table")
        made = table.partitioning
        if made is not None and name in (*made.columns, *made.sub_columns):
            raise OracleError(12984, "cannot drop partitioning column")
        for constraint in [c for c in table.constraints if name in c.columns]:
            if not cascade and not set(constraint.columns) <= set(names):
                raise OracleError(12991, "column is referenced in a multi-column constraint")
            if not cascade and _children(catalog, table, constraint):
                raise OracleError(12992, "cannot drop parent key column")
            _drop_with_children(catalog, table, constraint, cascade=True)
        _drop_column_indexes(catalog, table, column)
        table.columns.remove(column)
        if column.virtual is None:
            table.store.drop_column(name)
        if column.identity is not None:
            _drop_identity(catalog, column)


def _drop_column_indexes(catalog: Catalog, table: Table, column: Column) -> None:
    for index in catalog.table_indexes(table):
        texts = [part.expression or f'"{part.column}"' for part in index.parts]
        if any(columns_in(text, [column]) for text in texts):
            remove_index(catalog, index)


# -- ENABLE, DISABLE ---------------------------------------------------------------------------


def _enable(parser: Parser, session: Any, table: Table) -> None:
    catalog: Catalog = session.database.catalog
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
        code = 2430 if enabled else 2431
        word = "enable" if enabled else "disable"
        raise OracleError(code, f"cannot {word} constraint - no such constraint")
    cascade = parser.take("CASCADE")
    _index_words(parser)
    for constraint in found:
        if not enabled and constraint.kind in ("P", "U"):
            for child, foreign in _children(catalog, table, constraint):
                if foreign.enabled and not cascade:
                    raise OracleError(2297, "cannot disable constraint - dependencies exist")
                foreign.enabled = foreign.validated = False
                child.last_ddl = time.time()
        constraint.enabled = enabled
        constraint.validated = enabled and validate != "NOVALIDATE"
        _apply_state(session, table, constraint)


def _apply_state(session: Any, table: Table, constraint: Constraint) -> None:
    """What follows from a constraint's new state: its index, NULLABLE, the proof of its rows."""
    catalog: Catalog = session.database.catalog
    if constraint.enabled:
        prove(session, table, constraint)
        key_index(catalog, table, constraint)
    else:
        drop_key_index(catalog, table, constraint)
    refresh_nullability(table)
