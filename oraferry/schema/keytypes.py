"""Columns that a foreign key ties together get one number type: PostgreSQL compares keys of
different types slowly or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from oraferry.model import DataType, Table, TableRef

Place = tuple[TableRef, str]
WIDTH = {"smallint": 1, "integer": 2, "bigint": 3, "numeric": 4}


def unify_key_types(
    tables: Iterable[Table], types: Mapping[Place, DataType], asked: Collection[Place] = ()
) -> dict[Place, DataType]:
    """*types* with the widest number type of each group of tied columns, or the one *asked* for."""
    known = list(tables)
    unified = dict(types)
    identities = {
        (table.ref, column.name) for table in known for column in table.columns if column.identity
    }
    for group in _group([*_ties(known), *((place, place) for place in identities)]):
        members = [place for place in group if unified.get(place, _NONE).name in WIDTH]
        if not members:
            continue
        wished = [place for place in members if place in asked]
        widest = max((unified[place] for place in wished or members), key=_width)
        if widest.name == "numeric" and group & identities:
            # PostgreSQL's identities are integers; a value beyond 64 bits is refused on loading.
            widest = DataType("bigint")
        for place in members:
            unified[place] = widest
    return unified


_NONE = DataType("none")


def _width(type: DataType) -> tuple[int, int]:
    # A numeric without precision is the widest.
    return WIDTH[type.name], 10_000 if type.precision is None else type.precision


def _ties(tables: Iterable[Table]) -> list[tuple[Place, Place]]:
    return [
        ((table.ref, column), (key.parent, parent))
        for table in tables
        for key in table.foreign_keys
        for column, parent in zip(key.columns, key.parent_columns, strict=False)
    ]


def _group(ties: Iterable[tuple[Place, Place]]) -> list[set[Place]]:
    groups: dict[Place, set[Place]] = {}
    for one, other in ties:
        merged = groups.get(one, {one}) | groups.get(other, {other})
        for place in merged:
            groups[place] = merged
    return list({id(group): group for group in groups.values()}.values())
