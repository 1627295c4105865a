"""Keys, foreign keys, checks and indexes of an Oracle table in PostgreSQL's terms."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from oraferry.convert.expressions import Scope, convert_condition, convert_expression
from oraferry.errors import UnsupportedConstruct
from oraferry.model import Check, ForeignKey, Index, IndexPart, Key, Table, TableRef
from oraferry.schema.names import (
    Namespace,
    TargetSchema,
    fold_columns,
    fold_name,
    name_table,
    shorten_name,
)

Note = Callable[[str], None]

# Of the tables that move together: their target names and those of their columns.
Parents = Mapping[TableRef, tuple[TableRef, Mapping[str, str]]]

# Oracle's INDEX_TYPE: None becomes a B-tree in silence, a text goes with a note.
BTREE_NOTE: dict[str, str | None] = {
    "NORMAL": None,
    "FUNCTION-BASED NORMAL": None,
    "NORMAL/REV": "its reversed keys have no equal",
    "FUNCTION-BASED NORMAL/REV": "its reversed keys have no equal",
    "BITMAP": "PostgreSQL has no bitmap indexes",
    "FUNCTION-BASED BITMAP": "PostgreSQL has no bitmap indexes",
}
# They belong to what they stand for, and that is translated elsewhere.
IMPLIED = {"LOB", "IOT - TOP", "CLUSTER"}
_ONE_COLUMN = re.compile(r'^\s*"((?:[^"]|"")+)"\s*$')


@dataclass(frozen=True, slots=True)
class TableNames:
    """How the parts of one table are called on both sides."""

    source: Table
    ref: TableRef
    columns: Mapping[str, str]
    space: Namespace
    target_schema: TargetSchema
    parents: Parents = field(default_factory=dict)

    def fold(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The target names of *columns*."""
        return tuple(self.columns[column] for column in columns)

    def name(self, stored: str, *, is_generated: bool, ending: str) -> str:
        """A constraint's name: the stored one unless Oracle made it up."""
        made = shorten_name(f"{self.ref.name}_{ending}")
        return made if is_generated else fold_name(stored)


def translate_keys(table: Table, names: TableNames, scope: Scope, note: Note) -> Table:
    """*table* with everything that comes after the rows."""
    source = names.source
    there = {column.name for column in table.columns}

    def is_whole(columns: tuple[str, ...], what: str) -> bool:
        missing = [c for c in columns if names.columns.get(c) not in there]
        if missing:
            note(f"{what} is left out: column {', '.join(missing)} is not there")
        return not missing

    primary = source.primary_key
    keys = [key for key in source.unique_keys if is_whole(key.columns, f"key {key.name}")]
    if primary is not None and not is_whole(primary.columns, f"primary key {primary.name}"):
        primary = None
    return replace(
        table,
        primary_key=_translate_key(primary, names, note) if primary else None,
        unique_keys=tuple(k for key in keys if (k := _translate_key(key, names, note))),
        foreign_keys=tuple(
            f
            for key in source.foreign_keys
            if is_whole(key.columns, f"foreign key {key.name}")
            and (f := _translate_foreign_key(key, names, note))
        ),
        checks=tuple(
            c for check in source.checks if (c := _translate_check(check, names, scope, note))
        ),
        indexes=tuple(
            i for index in source.indexes if (i := _translate_index(index, names, scope, note))
        ),
    )


def _translate_key(key: Key, names: TableNames, note: Note) -> Key | None:
    if not key.enabled:
        note(f"{'primary key' if key.primary else 'unique key'} {key.name} is disabled, left out")
        return None
    columns = names.fold(key.columns)
    ending = "pkey" if key.primary else "_".join(columns) + "_key"
    name = names.name(key.name, is_generated=key.generated_name, ending=ending)
    free = names.space.take(name, f"{names.ref.name}_{ending}")
    if not key.generated_name:
        _tell_name(f"key {key.name}", name, free, note)
    return replace(key, name=free, columns=columns, generated_name=False)


def _tell_name(what: str, name: str, free: str, note: Note) -> None:
    if free != shorten_name(name):
        note(f"{what} is called {free}: another table, key or index has its name")


def _translate_foreign_key(key: ForeignKey, names: TableNames, note: Note) -> ForeignKey | None:
    if not key.enabled:
        note(f"foreign key {key.name} is disabled, left out")
        return None
    columns = names.fold(key.columns)
    # A parent that does not move with us is taken to be folded as we would fold it.
    stranger = Table(key.parent, ())
    parent, own = names.parents.get(
        key.parent, (name_table(stranger, names.target_schema), fold_columns(key.parent_columns))
    )
    gone = [column for column in key.parent_columns if column not in own]
    if gone:
        note(f"foreign key {key.name} is left out: {key.parent} moves without {gone[0]}")
        return None
    ending = "_".join(columns) + "_fkey"
    return replace(
        key,
        name=names.name(key.name, is_generated=key.generated_name, ending=ending),
        columns=columns,
        parent=parent,
        parent_columns=tuple(own[column] for column in key.parent_columns),
        generated_name=False,
    )


def _translate_check(check: Check, names: TableNames, scope: Scope, note: Note) -> Check | None:
    if not check.enabled:
        note(f"check {check.name} is disabled, left out")
        return None
    try:
        expression = convert_condition(check.expression, scope)
    except UnsupportedConstruct as error:
        note(f"check {check.name} is left out: {error.message}")
        return None
    name = names.name(check.name, is_generated=check.generated_name, ending="check")
    if check.generated_name:
        # Several made-up names of one table: the number in Oracle's keeps them apart.
        name = shorten_name(f"{names.ref.name}_{check.name.lower()}_check")
    return replace(check, name=name, expression=expression, generated_name=False)


def _translate_index(index: Index, names: TableNames, scope: Scope, note: Note) -> Index | None:
    kind = index.kind.upper()
    if kind in IMPLIED:
        return None
    if kind not in BTREE_NOTE:
        note(f"index {index.name} is left out: no rule for an index of type {index.kind}")
        return None
    if BTREE_NOTE[kind]:
        note(f"index {index.name} becomes a B-tree: {BTREE_NOTE[kind]}")
    try:
        parts = tuple(_translate_part(part, names, scope) for part in index.parts)
    except UnsupportedConstruct as error:
        note(f"index {index.name} is left out: {error.message}")
        return None
    folded = fold_name(index.name)
    name = names.space.take(folded, f"{names.ref.name}_{folded}")
    _tell_name(f"index {index.name}", folded, name, note)
    return replace(index, name=name, parts=parts, kind="btree", predicate=None)


def _translate_part(part: IndexPart, names: TableNames, scope: Scope) -> IndexPart:
    # Oracle keeps a descending column as the expression "NAME".
    found = _ONE_COLUMN.match(part.text) if part.is_expression else None
    name = found.group(1).replace('""', '"') if found else part.text
    if not part.is_expression or found:
        if name not in names.columns:
            raise UnsupportedConstruct(f"column {name} is not there")
        return IndexPart(names.columns[name], part.descending)
    text = convert_expression(part.text, scope, must_be_immutable=True)
    return IndexPart(text, part.descending, is_expression=True)
