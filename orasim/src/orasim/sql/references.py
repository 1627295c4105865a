"""Foreign keys: a child's parent must be there, a parent with children must stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orasim.dictionary import model
from orasim.dictionary.probe import spelled
from orasim.engine import OracleError

if TYPE_CHECKING:
    from orasim.sql.writer import TableWriter


def test_references(writer: TableWriter) -> None:
    """ORA-02291 for rows without parent; ORA-02292 for parents that lost children's key."""
    table = writer.table
    for constraint in table.constraints:
        if constraint.kind == "R" and constraint.enabled:
            _test_parents(writer, constraint)
    if any(old is not None for old, _, _, _ in writer.touched):
        _test_children(writer)


def _values(writer: TableWriter, row: Any, names: list[str]) -> tuple[Any, ...]:
    places = {name: place for place, name in enumerate(writer.names)}
    return tuple(row[places[name]] for name in names)


def _test_parents(writer: TableWriter, constraint: model.Constraint) -> None:
    wanted = set()
    for _, new, _, _ in writer.touched:
        if new is not None:
            key = _values(writer, new, constraint.columns)
            if b"\0" not in key:
                wanted.add(key)
    if not wanted:
        return
    catalog = writer.context.session.catalog
    found = catalog.find_constraint(
        str(constraint.parent_schema), str(constraint.parent_constraint)
    )
    if found is None:
        return
    parent, key = found
    present = _present(writer, parent, key.columns, wanted)
    waits = writer.context.session.deferring.waits
    if wanted - present and not waits(writer.table, constraint):
        raise OracleError(
            2291,
            f"integrity constraint ({writer.table.schema}.{constraint.name}) violated - "
            "parent key not found",
        )


def _present(
    writer: TableWriter, table: model.Table, names: list[str], wanted: set[Any]
) -> set[Any]:
    """Which of the encoded keys stand in the table now."""
    from orasim.sql.writer import _key_index

    stored = table.store.columns
    keys = tuple(stored[name].key for name in names)
    places = tuple(list(stored).index(name) for name in names)
    transaction = writer.context.session.transaction
    found = set()
    for segment in table.store.segments:
        delta = transaction.delta_of(segment)
        index = _key_index(segment, keys, table.store.stored)
        for key in wanted - found:
            if any(ordinal not in delta for ordinal in index.find(key)):
                found.add(key)
        own = transaction.key_places(segment, places)
        found |= {key for key in wanted if own.get(key)}
    return found


def _test_children(writer: TableWriter) -> None:
    table = writer.table
    catalog = writer.context.session.catalog
    own = {c.name: c for c in table.constraints if c.kind in ("P", "U")}
    for child in catalog.of_type(model.Table):
        for constraint in child.constraints:
            if (
                constraint.kind != "R"
                or not constraint.enabled
                or constraint.parent_schema != table.schema
                or constraint.parent_constraint not in own
            ):
                continue
            key = own[str(constraint.parent_constraint)]
            gone = {
                _values(writer, old, key.columns)
                for old, new, _, _ in writer.touched
                if old is not None
                and (
                    new is None
                    or _values(writer, new, key.columns) != _values(writer, old, key.columns)
                )
            }
            gone = {key for key in gone if b"\0" not in key}
            if not gone:
                continue
            gone -= _present(writer, table, key.columns, gone)
            if gone and _present(writer, child, constraint.columns, gone):
                is_deleted = not any(new is not None for _, new, _, _ in writer.touched)
                if constraint.delete_rule in ("CASCADE", "SET NULL") and is_deleted:
                    _follow(writer, child, constraint, table, key)
                    continue
                if writer.context.session.deferring.waits(child, constraint):
                    continue
                raise OracleError(
                    2292,
                    f"integrity constraint ({child.schema}.{constraint.name}) violated - "
                    "child record found",
                )


def _follow(
    writer: TableWriter,
    child: model.Table,
    constraint: model.Constraint,
    parent: model.Table,
    key: model.Constraint,
) -> None:
    """ON DELETE CASCADE and SET NULL: what lost its parent goes too, or lets it go."""
    pairs = list(zip(constraint.columns, key.columns, strict=True))
    filled = " AND ".join(f'c."{name}" IS NOT NULL' for name in constraint.columns)
    same = " AND ".join(f'p."{theirs}" = c."{ours}"' for ours, theirs in pairs)
    orphans = f"{filled} AND NOT EXISTS (SELECT 1 FROM {spelled(parent)} p WHERE {same})"
    if constraint.delete_rule == "CASCADE":
        change = f"DELETE FROM {spelled(child)} c WHERE {orphans}"
    else:
        cleared = ", ".join(f'c."{name}" = NULL' for name in constraint.columns)
        change = f"UPDATE {spelled(child)} c SET {cleared} WHERE {orphans}"
    writer.context.session.execute_for_owner(change)
