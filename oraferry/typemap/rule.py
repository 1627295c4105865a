"""TypeRule and the ordered registry; the families register at the bottom of their files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from oraferry.errors import TypeNotMapped
from oraferry.model import Column, ColumnPlan, DataType, Policy
from oraferry.typemap.refused import get_hint


@dataclass(frozen=True, slots=True)
class TypeRule:
    """One way to carry a kind of column.

    *select* is the column's place in the generated select list, with ``{c}`` for the
    quoted, alias-qualified column; the text is the type contract with Oracle, because the
    driver's Arrow path cuts or shifts several types without a word (wire notes §14).
    *length* is a second select item that tells an empty LOB (0) from NULL: whether an inline
    fetch gives NULL for an empty LOB is unproven. *as_text* replaces *select* when a chunk
    holds a moment that the driver cannot decode (BC, year 0).
    """

    name: str
    applies: Callable[[DataType], bool]
    select: str
    fetch: Callable[[DataType], pa.DataType]
    target: Callable[[DataType], DataType]
    loses: tuple[str, ...] = ()
    length: str | None = None
    as_text: str | None = None
    # Chosen only where the column's policy asks for it.
    when: Callable[[DataType, Policy], bool] | None = None


DEFAULT = Policy()
_RULES: list[TypeRule] = []


def register(*rules: TypeRule) -> None:
    """Append rules; the first that applies is chosen."""
    _RULES.extend(rules)


def list_rules() -> tuple[TypeRule, ...]:
    """All rules, in the order in which they are tried."""
    return tuple(_RULES)


def choose(column: Column, policy: Policy = DEFAULT) -> TypeRule:
    """
    The rule for *column* under *policy*; TypeNotMapped names the type when there is none.

    >>> choose(Column("N", DataType("NUMBER", precision=9, scale=0), 1)).name
    'number-integer'
    """
    for rule in _RULES:
        if rule.applies(column.type) and (rule.when is None or rule.when(column.type, policy)):
            return rule
    shown = f"{column.type.schema}.{column.type.name}" if column.type.schema else column.type.name
    raise TypeNotMapped(
        f"column {column.name}: no rule carries the Oracle type {shown}",
        hint=get_hint(column.type, column.name),
        context={"column": column.name, "type": shown},
    )


def rule_by_name(name: str) -> TypeRule:
    """The rule of that name; KeyError when there is none."""
    for rule in _RULES:
        if rule.name == name:
            return rule
    raise KeyError(name)


def list_losses(plan: ColumnPlan) -> tuple[str, ...]:
    """
    What the column's values may lose by its rule, without a count that would tell it.

    A zone that a companion column keeps is not lost.
    """
    if plan.policy.time_zone == "column":
        return ()
    return tuple(lost for lost in rule_by_name(plan.rule).loses if not lost.endswith("counted"))
