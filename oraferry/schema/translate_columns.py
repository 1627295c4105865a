"""What a policy makes of a column: another type, or a companion beside it."""

from __future__ import annotations

from collections.abc import Sequence

from oraferry.errors import RequestError
from oraferry.model import Column, ColumnPlan, DataType, Policy, TableRef
from oraferry.schema.facet import render_type
from oraferry.schema.names import shorten_name
from oraferry.typemap import Fitness, TypeRule, fit
from oraferry.typemap.moments import ZONE_RULE
from oraferry.typemap.policy import target_type

COMPANION_ENDING = "_zone"


def decide_type(ref: TableRef, column: Column, rule: TypeRule, policy: Policy) -> DataType:
    """The type of the column that a job creates; RequestError when the asked one cannot be."""
    default = rule.target(column.type)
    wanted = target_type(column.type, policy, default)
    if policy.to is None:
        return wanted
    found = fit(column.type, wanted, policy)
    if found.fitness is Fitness.IMPOSSIBLE or wanted.name == "character":
        if found.fitness is Fitness.EXACT:
            return wanted
        raise RequestError(
            f"{ref}.{column.name}: a policy asks for {render_type(wanted)}: {found.reason}",
            hint=f"leave it out: without it the column becomes {render_type(default)}",
        )
    if found.fitness is not Fitness.EXACT and policy.overflow == "widen":
        return default
    return wanted


def plan_companions(plans: Sequence[ColumnPlan]) -> list[ColumnPlan]:
    """A column for the zone beside each moment whose policy asks for one."""
    taken = {plan.target.name for plan in plans}
    found: list[ColumnPlan] = []
    for plan in plans:
        if plan.policy.time_zone == "column" and plan.source.mask is None:
            name = _free_name(plan.target.name + COMPANION_ENDING, taken)
            taken.add(name)
            text = DataType("text")
            target = Column(name, text, len(plans) + len(found) + 1, nullable=plan.source.nullable)
            policy = Policy(to=text, time_zone="column")
            found.append(ColumnPlan(plan.source, target, ZONE_RULE, policy))
    return found


def _free_name(name: str, taken: set[str]) -> str:
    found, number = shorten_name(name), 1
    while found in taken:
        number += 1
        found = shorten_name(f"{name}{number}")
    return found
