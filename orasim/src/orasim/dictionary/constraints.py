"""Constraints of tables: entered, proven on the rows that exist, dropped."""

from __future__ import annotations

import time

from orasim.dictionary.model import Catalog, Constraint, Index, IndexPart, Table
from orasim.engine import OracleError


def check_constraint(
    catalog: Catalog, table: Table, constraint: Constraint, others: list[Constraint]
) -> None:
    for name in constraint.columns:
        column = table.find_column(name)
        if column is None:
            raise OracleError(904, f'"{name}": invalid identifier')
        if constraint.kind == "P":
            column.nullable = False
        if constraint.kind in "PU" and (column.type.is_lob or column.type.is_long):
            raise OracleError(2329, f"column of datatype {column.type.name} cannot be unique")
    if constraint.kind == "P" and any(o.kind == "P" for o in [*others, *table.constraints]):
        raise OracleError(2260, "table can have only one primary key")
    taken = catalog.find_constraint(table.schema, constraint.name)
    if taken is not None or any(o.name == constraint.name for o in others):
        raise OracleError(2264, "name already used by an existing constraint")
    if constraint.kind == "R":
        _resolve_parent(catalog, table, constraint, others)


def _resolve_parent(
    catalog: Catalog, table: Table, constraint: Constraint, others: list[Constraint]
) -> None:
    schema, name = constraint.parent_schema or table.schema, constraint.parent_table or ""
    wanted = [c for c in (constraint.parent_constraint or "").split("\0") if c]
    same = (schema, name) == (table.schema, table.name)
    parent = table if same else catalog.find(schema, name)
    if not isinstance(parent, Table):
        raise OracleError(942, "table or view does not exist")
    keys = [*parent.constraints, *(others if same else [])]
    for key in keys:
        if (key.kind == "P" and not wanted) or (
            key.kind in ("P", "U") and set(key.columns) == set(wanted)
        ):
            constraint.parent_constraint = key.name
            return
    code = 2270 if wanted else 2268
    text = "no matching unique or primary key for this column-list"
    raise OracleError(code, text if wanted else "referenced table does not have a primary key")


def key_index(catalog: Catalog, table: Table, constraint: Constraint) -> None:
    if constraint.kind not in ("P", "U") or not constraint.enabled:
        return
    for index in catalog.table_indexes(table):
        plain = [p.column for p in index.parts]
        if index.name == constraint.index or plain[: len(constraint.columns)] == constraint.columns:
            constraint.index = index.name
            return
    name = constraint.index or constraint.name
    constraint.index = name
    catalog.indexes[(table.schema, name)] = Index(
        table.schema,
        name,
        table.schema,
        table.name,
        [IndexPart(c) for c in constraint.columns],
        unique=not constraint.deferrable,
        generated=constraint.generated,
        constraint=constraint.name,
        object_id=catalog.new_object_id(),
        created=time.time(),
    )


def drop_constraint(catalog: Catalog, table: Table, constraint: Constraint) -> None:
    """Drop a constraint with the index that was made for it."""
    table.constraints.remove(constraint)
    if constraint.is_not_null:
        column = table.find_column(constraint.columns[0])
        if column is not None:
            column.nullable = True
    if constraint.index:
        index = catalog.indexes.get((table.schema, constraint.index))
        if index is not None and index.constraint == constraint.name:
            del catalog.indexes[(table.schema, constraint.index)]
