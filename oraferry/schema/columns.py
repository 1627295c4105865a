"""Facet: columns — presence, type, nullability, default, identity, generation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from oraferry.model import Column, Difference, Severity
from oraferry.schema.facet import Sides, render_type
from oraferry.typemap import Fitness, fit, is_accepted


def compare_column_names(sides: Sides) -> Iterator[Difference]:
    """Columns that one side lacks, if the rows can tell."""
    there = {column.name for column in sides.actual.columns}
    for column in sides.expected.columns:
        if column.name not in there:
            yield _missing(sides, column)
    wanted = {column.name for column in sides.expected.columns}
    for column in sides.actual.columns:
        if column.name not in wanted:
            yield _extra(sides, column)


def _missing(sides: Sides, column: Column) -> Difference:
    oracle = sides.oracle_column(column.name)
    # Computed values are not copied; without their column nothing is lost but the formula.
    severity = Severity.WARNING if column.generated is not None else Severity.BLOCKING
    return sides.differ(
        severity,
        "column-missing",
        f"{sides.actual.ref} has no column {column.name}",
        column=oracle.name,
        source=render_type(oracle.type),
        hint=f"add the column {column.name} {render_type(column.type)}",
    )


def _extra(sides: Sides, column: Column) -> Difference:
    fills_itself = (
        column.nullable
        or column.default is not None
        or column.identity is not None
        or column.generated is not None
    )
    message = f"{sides.actual.ref} has a column {column.name} that Oracle's table lacks"
    if fills_itself:
        return sides.differ(Severity.NOTE, "column-extra", message, target=render_type(column.type))
    return sides.differ(
        Severity.BLOCKING,
        "column-extra",
        f"{message}; it is NOT NULL and has no default",
        target=f"{column.name} {render_type(column.type)} NOT NULL",
        hint=f"give {column.name} a default, or allow NULL",
    )


def compare_columns(sides: Sides) -> Iterator[Difference]:
    """What differs about the columns that both sides have."""
    for oracle, expected, actual in sides.common():
        yield from _compare_generation(sides, oracle, expected, actual)
        yield from _compare_type(sides, oracle, expected, actual)
        yield from _compare_domain(sides, oracle, actual)
        yield from _compare_nullability(sides, oracle, expected, actual)
        yield from _compare_default(sides, oracle, expected, actual)


def _compare_generation(
    sides: Sides, oracle: Column, expected: Column, actual: Column
) -> Iterator[Difference]:
    if actual.generated is not None and oracle.generated is None:
        yield sides.differ(
            Severity.BLOCKING,
            "generated",
            f"PostgreSQL computes {actual.name}; Oracle's values cannot be loaded into it",
            column=oracle.name,
            target=actual.generated,
            hint=f"ALTER COLUMN {actual.name} DROP EXPRESSION",
        )
    elif expected.generated is not None and actual.generated is None:
        yield sides.differ(
            Severity.WARNING,
            "generated",
            f"Oracle computes {oracle.name}; {actual.name} stays empty, as nothing computes it",
            column=oracle.name,
            source=oracle.generated,
        )


def _compare_type(
    sides: Sides, oracle: Column, expected: Column, actual: Column
) -> Iterator[Difference]:
    if actual.generated is not None:
        return
    policy = sides.policy(expected.name)
    found = fit(oracle.type, actual.type, policy)
    is_ours = replace(actual.type, domain=None) == expected.type
    if found.fitness is Fitness.CHECKED and is_ours:
        return  # A table of our own making has it too: an identity's bigint, a ROWID's text.
    evidence = {"source": render_type(oracle.type), "target": render_type(actual.type)}
    if is_accepted(found, policy, actual.type) and found.fitness is not Fitness.EXACT:
        yield sides.differ(
            Severity.WARNING,
            "type",
            f"{found.reason}; the policy for the column allows it",
            column=oracle.name,
            **evidence,
        )
    # CHECKED blocks too: a value that does not fit ends the load, after hours perhaps.
    elif found.fitness is not Fitness.EXACT:
        yield sides.differ(
            Severity.BLOCKING,
            "type",
            found.reason or f"{evidence['source']} does not fit {evidence['target']}",
            column=oracle.name,
            hint=f"make {actual.name} {render_type(expected.type)}"
            + (
                "; or set accept_differences: each value is checked and none is changed"
                if found.fitness is Fitness.CHECKED
                else ""
            ),
            **evidence,
        )
    elif not is_ours:
        yield sides.differ(
            Severity.NOTE,
            "type",
            f"we would choose {render_type(expected.type)}; every value fits "
            f"{evidence['target']} as well",
            column=oracle.name,
            **evidence,
        )


def _compare_domain(sides: Sides, oracle: Column, actual: Column) -> Iterator[Difference]:
    if actual.type.domain is not None and actual.generated is None:
        yield sides.differ(
            Severity.WARNING,
            "domain",
            f"{actual.name} is of the domain {actual.type.domain}: rows with values that it does "
            "not allow are set aside",
            column=oracle.name,
            target=actual.type.domain,
        )


def _compare_nullability(
    sides: Sides, oracle: Column, expected: Column, actual: Column
) -> Iterator[Difference]:
    if expected.nullable == actual.nullable or actual.generated is not None:
        return
    if sides.policy(expected.name).empty_text == "empty" and not actual.nullable:
        yield sides.differ(
            Severity.NOTE,
            "nullability",
            f"{actual.name} is NOT NULL: NULL is stored as an empty text, as the policy says",
            column=oracle.name,
        )
        return
    if expected.nullable:
        yield sides.differ(
            Severity.BLOCKING,
            "nullability",
            f"{oracle.name} may be NULL in Oracle, {actual.name} is NOT NULL",
            column=oracle.name,
            source="NULL",
            target="NOT NULL",
            hint=f"ALTER COLUMN {actual.name} DROP NOT NULL, or set accept_differences if "
            "there are no NULLs",
        )
    else:
        yield sides.differ(
            Severity.WARNING,
            "nullability",
            f"{oracle.name} is NOT NULL in Oracle, {actual.name} may be NULL",
            column=oracle.name,
            source="NOT NULL",
            target="NULL",
        )


def _compare_default(
    sides: Sides, oracle: Column, expected: Column, actual: Column
) -> Iterator[Difference]:
    if expected.identity is not None and actual.identity is None:
        if actual.default is None:
            yield sides.differ(
                Severity.WARNING,
                "identity",
                f"{oracle.name} numbers itself in Oracle, {actual.name} does not",
                column=oracle.name,
            )
        return
    if expected.default is None and actual.default is None:
        return
    evidence = {"source": oracle.default, "target": actual.default}
    if expected.default is not None and actual.default is None and actual.identity is None:
        yield sides.differ(
            Severity.WARNING,
            "default",
            f"{actual.name} lacks the default of {oracle.name}",
            column=oracle.name,
            hint=f"SET DEFAULT {expected.default}",
            **evidence,
        )
    elif _bare(expected.default) != _bare(actual.default):
        yield sides.differ(
            Severity.NOTE,
            "default",
            f"the defaults of {oracle.name} are written differently",
            column=oracle.name,
            **evidence,
        )


_CAST = re.compile(r"::[a-z_ ]+(\(\d+(,\d+)?\))?")


def _bare(default: str | None) -> str:
    """A default without what PostgreSQL adds when it stores one."""
    return re.sub(r"[\s()]", "", _CAST.sub("", default or "")).lower()
