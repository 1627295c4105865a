"""Constraints of tables: entered, proven on the rows that exist, dropped."""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

from orasim.dictionary.model import Catalog, Constraint, Index, IndexPart, Table
from orasim.dictionary.probe import has_rows, listed, rows, spelled
from orasim.engine import OracleError


def check_constraint(
    catalog: Catalog, table: Table, constraint: Constraint, others: list[Constraint]
) -> None:
    """The constraint's names resolved; the error of one that cannot be on the table."""
    for name in constraint.columns:
        column = table.find_column(name)
        if column is None:
            raise OracleError(904, f'"{name}": invalid identifier')
        if constraint.kind in "PU" and (column.type.is_lob or column.type.is_long):
            raise OracleError(2329, f"column of datatype {column.type.name} cannot be unique")
    if constraint.kind == "P" and any(o.kind == "P" for o in [*others, *table.constraints]):
        raise OracleError(2260, "table can have only one primary key")
    taken = catalog.find_constraint(table.schema, constraint.name)
    if taken is not None or any(o.name == constraint.name for o in others):
        raise OracleError(2264, "name already used by an existing constraint")
    if constraint.kind in "PU":
        _refuse_same_key(table, constraint, others)
    if constraint.kind == "R":
        _resolve_parent(catalog, table, constraint, others)


def _refuse_same_key(table: Table, constraint: Constraint, others: list[Constraint]) -> None:
    for other in [*others, *table.constraints]:
        if other.kind in ("P", "U") and other.columns == constraint.columns:
            raise OracleError(2261, "such unique or primary key already exists in the table")


def _resolve_parent(
    catalog: Catalog, table: Table, constraint: Constraint, others: list[Constraint]
) -> None:
    schema, name = constraint.parent_schema or table.schema, constraint.parent_table or ""
    wanted = [c for c in (constraint.parent_constraint or "").split("\0") if c]
    same = (schema, name) == (table.schema, table.name)
    parent = table if same else catalog.resolve(schema, name)
    if not isinstance(parent, Table):
        raise OracleError(942, "table or view does not exist")
    if not same:  # a synonym may have been named
        constraint.parent_schema, constraint.parent_table = parent.schema, parent.name
    keys = [*parent.constraints, *(others if same else [])]
    for key in keys:
        if (key.kind == "P" and not wanted) or (
            key.kind in ("P", "U") and set(key.columns) == set(wanted)
        ):
            constraint.parent_constraint = key.name
            if len(key.columns) != len(constraint.columns):
                raise OracleError(
                    2256, "number of referencing columns must match referenced columns"
                )
            # Readers pair the columns of both by POSITION.
            pairs = dict(zip(wanted or key.columns, constraint.columns, strict=True))
            constraint.columns = [pairs[column] for column in key.columns]
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
    drop_key_index(catalog, table, constraint)
    refresh_nullability(table)


def drop_key_index(catalog: Catalog, table: Table, constraint: Constraint) -> None:
    """Drop the index that was made for the constraint, if it was."""
    if constraint.index:
        index = catalog.indexes.get((table.schema, constraint.index))
        if index is not None and index.constraint == constraint.name:
            del catalog.indexes[(table.schema, constraint.index)]
            constraint.index = None


def refresh_nullability(table: Table) -> None:
    """
    NULLABLE as it follows from the constraints: 'N' by a primary key, or by a NOT NULL that
    is enabled and validated (facts §1.4).
    """
    required = set()
    for constraint in table.constraints:
        if constraint.enabled and constraint.kind == "P":
            required |= set(constraint.columns)
        if constraint.enabled and constraint.validated and constraint.is_not_null:
            required |= set(constraint.columns)
    for column in table.columns:
        column.nullable = column.name not in required


def require_not_null(catalog: Catalog, table: Table, name: str) -> None:
    """A generated NOT NULL, as identity columns and DEFAULT ON NULL bring with them."""
    if any(c.is_not_null and c.columns == [name] for c in table.constraints):
        return
    made = Constraint(catalog.system_name(), "C", [name], f'"{name}" IS NOT NULL')
    made.generated = made.is_not_null = True
    table.constraints.append(made)


def prove(session: Any, table: Table, constraint: Constraint) -> None:
    """The error of a constraint that rows in the table violate; nothing for NOVALIDATE."""
    if not (constraint.enabled and constraint.validated and has_rows(table)):
        return
    shown = f"({table.schema}.{constraint.name})"
    columns = listed(constraint.columns)
    if constraint.kind in ("P", "U"):
        if constraint.kind == "P":
            for name in constraint.columns:
                if _any(session, table, f'"{name}" IS NULL'):
                    raise OracleError(1449, "column contains NULL values; cannot alter to NOT NULL")
        if has_duplicates(session, table, [f'"{name}"' for name in constraint.columns]):
            what = "primary key violated" if constraint.kind == "P" else "duplicate keys found"
            code = 2437 if constraint.kind == "P" else 2299
            raise OracleError(code, f"cannot validate {shown} - {what}")
    elif constraint.is_not_null:
        if _any(session, table, f"{columns} IS NULL"):
            raise OracleError(2296, f"cannot enable {shown} - null values found")
    elif constraint.kind == "C":
        if _any(session, table, f"NOT ({constraint.condition})"):
            raise OracleError(2293, f"cannot validate {shown} - check constraint violated")
    elif constraint.kind == "R" and has_orphans(session, table, constraint):
        raise OracleError(2298, f"cannot validate {shown} - parent keys not found")


def _any(session: Any, table: Table, condition: str) -> bool:
    return any(True for _ in rows(session, f"SELECT 1 FROM {spelled(table)} WHERE {condition}"))


def has_duplicates(session: Any, table: Table, expressions: list[str]) -> bool:
    """True when two rows are equal in *expressions*; rows that are NULL in all do not count."""
    if not has_rows(table):
        return False
    keys = ", ".join(expressions)
    filled = " OR ".join(f"{expression} IS NOT NULL" for expression in expressions)
    query = f"SELECT 1 FROM {spelled(table)} WHERE {filled} GROUP BY {keys} HAVING COUNT(*) > 1"
    return bool(list(islice(rows(session, query), 1)))


def has_orphans(session: Any, table: Table, constraint: Constraint) -> bool:
    """True when a row of the child table has no parent, as the session sees both."""
    catalog: Catalog = session.database.catalog
    found = catalog.find_constraint(
        constraint.parent_schema or table.schema, constraint.parent_constraint or ""
    )
    assert found is not None
    parent, key = found
    query = f"SELECT {listed(key.columns)} FROM {spelled(parent)}"
    parents = set(rows(session, query))
    filled = " AND ".join(f'"{name}" IS NOT NULL' for name in constraint.columns)
    children = rows(
        session, f"SELECT {listed(constraint.columns)} FROM {spelled(table)} WHERE {filled}"
    )
    return any(child not in parents for child in children)


def enter(session: Any, table: Table, constraint: Constraint) -> None:
    """Put a checked constraint on a table that exists; ORA-02293 … when its rows violate it."""
    prove(session, table, constraint)
    table.constraints.append(constraint)
    key_index(session.database.catalog, table, constraint)
    refresh_nullability(table)
