"""Facet: keys, foreign keys, checks and indexes. They never change a value that is in."""

from __future__ import annotations

from collections.abc import Iterator

from oraferry.model import Difference, ForeignKey, Index, Key, Severity, Table
from oraferry.schema.facet import Sides


def compare_constraints(sides: Sides) -> Iterator[Difference]:
    """What differs about everything that stands beside the columns."""
    yield from _compare_keys(sides)
    yield from _compare_foreign_keys(sides)
    yield from _compare_checks(sides)
    yield from _compare_indexes(sides)


def _compare_keys(sides: Sides) -> Iterator[Difference]:
    expected, actual = _unique_columns(sides.expected), _unique_columns(sides.actual)
    primary = sides.expected.primary_key
    found = sides.actual.primary_key
    if primary is not None and (found is None or set(found.columns) != set(primary.columns)):
        yield sides.differ(
            Severity.WARNING,
            "primary-key",
            f"the primary key ({', '.join(primary.columns)}) is missing in {sides.actual.ref}",
            source=", ".join(primary.columns),
            target=", ".join(found.columns) if found else None,
        )
    wanted = {frozenset(key.columns) for key in sides.expected.unique_keys}
    for columns in sorted(wanted - actual, key=sorted):
        yield sides.differ(
            Severity.WARNING,
            "unique-key",
            f"the unique key ({', '.join(sorted(columns))}) is missing in {sides.actual.ref}",
        )
    for columns in sorted(actual, key=sorted):
        # A key is implied by one over fewer of its columns.
        if not any(key <= columns for key in expected):
            yield sides.differ(
                Severity.WARNING,
                "unique-key",
                f"{sides.actual.ref} wants ({', '.join(sorted(columns))}) to be unique, Oracle "
                "does not: doubled values would end the load",
                target=", ".join(sorted(columns)),
                hint="drop it before loading, or make sure that the values are unique",
            )


def _unique_columns(table: Table) -> set[frozenset[str]]:
    keys = [*table.unique_keys, *([table.primary_key] if table.primary_key else [])]
    indexes = [
        [part.text for part in index.parts]
        for index in table.indexes
        if index.unique
        and index.predicate is None
        and not any(part.is_expression for part in index.parts)
    ]
    return {frozenset(key.columns) for key in keys} | {frozenset(index) for index in indexes}


def _compare_foreign_keys(sides: Sides) -> Iterator[Difference]:
    expected = {_shape_of_key(key): key for key in sides.expected.foreign_keys}
    actual = {_shape_of_key(key): key for key in sides.actual.foreign_keys}
    for shape in expected.keys() - actual.keys():
        key = expected[shape]
        yield sides.differ(
            Severity.WARNING,
            "foreign-key",
            f"the foreign key ({', '.join(key.columns)}) to {key.parent} is missing in "
            f"{sides.actual.ref}",
            source=key.name,
        )
    for key in actual.values():
        yield sides.differ(
            Severity.WARNING,
            "foreign-key",
            f"{sides.actual.ref} has the foreign key {key.name} already: rows that come before "
            f"those of {key.parent} would end the load",
            target=key.name,
            hint="drop it before loading, or load the parent first",
        )


def _shape_of_key(key: ForeignKey) -> tuple[object, ...]:
    pairs = frozenset(zip(key.columns, key.parent_columns, strict=False))
    return key.parent, pairs


def _compare_checks(sides: Sides) -> Iterator[Difference]:
    # PostgreSQL rewrites expressions when it stores them, so names are what is left to compare.
    there = {check.name for check in sides.actual.checks}
    wanted = {check.name for check in sides.expected.checks}
    for check in sides.expected.checks:
        if check.name not in there:
            yield sides.differ(
                Severity.WARNING,
                "check",
                f"the check {check.name} is missing in {sides.actual.ref}",
                source=check.expression,
            )
    for check in sides.actual.checks:
        if check.name not in wanted:
            yield sides.differ(
                Severity.WARNING,
                "check",
                f"{sides.actual.ref} has a check {check.name} that Oracle's table lacks: a value "
                "against it would end the load",
                target=check.expression,
            )


def _compare_indexes(sides: Sides) -> Iterator[Difference]:
    there = {_shape_of_index(index) for index in sides.actual.indexes}
    there |= {(tuple((c, False) for c in key.columns), True) for key in _keys(sides.actual)}
    names = {index.name for index in sides.actual.indexes}
    for index in sides.expected.indexes:
        if index.name not in names and _shape_of_index(index) not in there:
            yield sides.differ(
                Severity.NOTE,
                "index",
                f"the index {index.name} is missing in {sides.actual.ref}",
                source=", ".join(part.text for part in index.parts),
            )


def _keys(table: Table) -> list[Key]:
    return [*table.unique_keys, *([table.primary_key] if table.primary_key else [])]


def _shape_of_index(index: Index) -> tuple[object, bool]:
    return tuple((part.text, part.descending) for part in index.parts), index.unique
