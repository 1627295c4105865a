"""After the rows: keys and indexes per table, then what ties tables together.

Only tables that this job created get anything. What cannot be made is a sentence, never an
error: the rows are in and verified, and a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence as Seq

from oraferry.model import Sequence, TablePlan
from oraferry.ports import Target


def analyze_created(plans: Seq[TablePlan], target: Target) -> None:
    """Statistics of tables that this job created, which have no index yet."""
    target.analyze_tables([plan for plan in plans if plan.created])


def finish_tables(plans: Seq[TablePlan], target: Target, job_id: str) -> dict[int, list[str]]:
    """
    Keys, checks, indexes and comments of tables that this job created; what its levers took
    of others. Notes by the plans' numbers.
    """
    created = [plan for plan in plans if plan.created]
    notes = target.finish_tables(created)
    target.analyze_tables([plan for plan in created if _indexes_expressions(plan)])
    restored = {p.number: target.restore_levers(p, job_id) for p in plans if not p.created}
    return notes | restored


def _indexes_expressions(plan: TablePlan) -> bool:
    # Of an expression there are statistics only once there is its index.
    return any(part.is_expression for index in plan.target.indexes for part in index.parts)


def conclude_tables(plans: Seq[TablePlan], sequences: Seq[Sequence], target: Target) -> list[str]:
    """Foreign keys between tables that are there, then sequences and identity columns."""
    notes: list[str] = []
    created = [plan for plan in plans if plan.created and plan.target.foreign_keys]
    wanted = {key.parent for plan in created for key in plan.target.foreign_keys}
    for plan in plans:
        # Before the foreign keys: a logged table cannot refer to an unlogged one.
        target.set_logged(plan)
    there = set(target.find_tables(sorted(wanted)))
    for plan in created:
        keys = [key for key in plan.target.foreign_keys if key.parent in there]
        notes += [
            f"{plan.target.ref}: foreign key {key.name} is left out: {key.parent} is not there"
            for key in plan.target.foreign_keys
            if key.parent not in there
        ]
        notes += target.add_foreign_keys(plan, keys)
    return notes + target.set_sequences(sequences, plans)
