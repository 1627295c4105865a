"""Names: folded once, here. What a person wrote without quotes stays usable without quotes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from oraferry.model import Table, TableRef

TargetSchema = str | Mapping[str, str] | None

# PostgreSQL cuts longer names and only sends a NOTICE, which doubles them.
LONGEST_BYTES = 63
# Each of PostgreSQL's tables has these columns already; no quotes make room for another one.
SYSTEM_COLUMNS = frozenset({"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"})


def fold_name(name: str) -> str:
    """
    The PostgreSQL name of an Oracle name: without lower-case letters it was written without
    quotes (or might have been) and becomes lower case; anything else stays as it is.

    >>> fold_name("ORDER_LINES"), fold_name("Price List"), fold_name("A" * 70)[-10:]
    ('order_lines', 'Price List', 'a_6bd5e503')
    """
    return shorten_name(name.lower() if name == name.upper() else name)


def is_too_long(name: str) -> bool:
    """Whether PostgreSQL has no room for *name*."""
    return len(name.encode("utf-8")) > LONGEST_BYTES


def shorten_name(name: str) -> str:
    """*name* in 63 bytes: a long one loses its end to a digest of the whole."""
    if not is_too_long(name):
        return name
    encoded = name.encode("utf-8")
    mark = "_" + hashlib.sha256(encoded).hexdigest()[:8]
    return encoded[: LONGEST_BYTES - len(mark)].decode("utf-8", "ignore") + mark


def fold_columns(names: Iterable[str]) -> dict[str, str]:
    """
    The target names of one table's columns. Where two would meet, the one that needs
    folding stays as it is stored, and so does one that would meet a system column.

    >>> fold_columns(["ID", "NAME", "id", "XMIN", "ctid"])
    {'ID': 'ID', 'NAME': 'name', 'id': 'id', 'XMIN': 'XMIN', 'ctid': 'ctid_'}
    """
    stored = list(names)
    folded = {name: fold_name(name) for name in stored}
    taken = {name for name in stored if folded[name] == name} | SYSTEM_COLUMNS
    kept = {
        name: shorten_name(name) if new in taken and new != name else new
        for name, new in folded.items()
    }
    used = set(kept.values())
    own = {name: _beside(new, used) for name, new in kept.items() if new in SYSTEM_COLUMNS}
    return kept | own


def _beside(name: str, used: set[str]) -> str:
    """A free name for a column that is called like a system column, in its very letters."""
    while name in used:
        name += "_"
    return name


def fold_schema(schema: str, target_schema: TargetSchema) -> str:
    """Where the tables of *schema* go."""
    if target_schema is None:
        return fold_name(schema)
    if isinstance(target_schema, str):
        return target_schema
    for written, target in target_schema.items():
        if schema in (written, written.upper()):
            return target
    return fold_name(schema)


def name_columns(table: Table) -> dict[str, str]:
    """The target names of *table*'s columns: folded, but where a person chose one."""
    chosen = {c.name: shorten_name(c.rename) for c in table.columns if c.rename is not None}
    taken = set(chosen.values())
    folded = fold_columns(c.name for c in table.columns if c.rename is None)
    others = {name: name if new in taken else new for name, new in folded.items()}
    return {column.name: (chosen | others)[column.name] for column in table.columns}


def name_table(table: Table, target_schema: TargetSchema) -> TableRef:
    """Where *table* goes: its folded name, but where a person chose one."""
    if table.rename is not None:
        return table.rename
    return TableRef(fold_schema(table.ref.schema, target_schema), fold_name(table.ref.name))


class Namespace:
    """
    The names that share one schema in PostgreSQL: tables and indexes together, unlike in
    Oracle. Keys count too, as each is an index.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, name: str, fallback: str) -> str:
        """*name*, or *fallback* when it is taken, numbered when that is taken too."""
        candidate, number = shorten_name(name), 1
        while candidate in self._taken:
            number += 1
            candidate = shorten_name(fallback if number == 2 else f"{fallback}_{number}")
        self._taken.add(candidate)
        return candidate
