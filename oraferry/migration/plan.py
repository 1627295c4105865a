"""What moves, as what, in which chunks: everything that workers need, fixed at one SCN."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace

from oraferry.migration.compare import Pair
from oraferry.migration.request import DataMigrationRequest
from oraferry.model import Chunk, ChunkKind, ColumnPlan, Sequence, TablePlan, TableRef, TaskKind
from oraferry.ports import PlannedTask, Source


@dataclass(frozen=True, slots=True)
class MigrationPlan:
    """Tables, tasks and what was decided on the way."""

    plans: tuple[TablePlan, ...]
    tasks: tuple[PlannedTask, ...]
    totals: dict[int, int | None]  # exact: counted at the SCN
    notes: tuple[str, ...]
    sequences: tuple[Sequence, ...]  # under their target names


def plan_tables(
    pairs: Seq[Pair], request: DataMigrationRequest, existing: Seq[TableRef]
) -> tuple[list[TablePlan], list[str]]:
    """
    A plan per table. *existing* are the targets that were there before this job: only the
    others are ours to give keys and indexes.
    """
    plans, notes = [], []
    for number, pair in enumerate(pairs, start=1):
        plan, lost = _plan_table(
            number, pair, request.mode, is_ours=pair.translation.table.ref not in existing
        )
        plans.append(plan)
        notes += [*pair.translation.notes, *lost]
    return plans, notes


def plan_migration(
    plans: Seq[TablePlan],
    source: Source,
    scn: int,
    chunk_rows: int,
    sequences: Seq[Sequence],
    notes: Seq[str],
) -> MigrationPlan:
    """Chunks and exact counts of *plans* at *scn*, as tasks in the order of their numbers."""
    totals: dict[int, int | None] = {}
    tasks: list[PlannedTask] = []
    for plan in plans:
        totals[plan.number] = source.count_rows(plan, scn)
        # A table without rows gets a chunk too: its ledger row says that it was looked at.
        chunks = source.plan_chunks(plan.source, scn, chunk_rows) or [Chunk(ChunkKind.WHOLE)]
        tasks += [
            PlannedTask(len(tasks) + offset, TaskKind.COPY, plan.number, chunk)
            for offset, chunk in enumerate(chunks, start=1)
        ]
    tasks += [
        PlannedTask(len(tasks) + offset, TaskKind.FINISH, plan.number)
        for offset, plan in enumerate(plans, start=1)
    ]
    tasks.append(PlannedTask(len(tasks) + 1, TaskKind.CONCLUDE))
    return MigrationPlan(
        tuple(plans), tuple(tasks), totals, tuple(dict.fromkeys(notes)), tuple(sequences)
    )


def _plan_table(
    number: int, pair: Pair, mode: str, *, is_ours: bool
) -> tuple[TablePlan, list[str]]:
    expected = pair.translation.table
    target = expected if is_ours or pair.actual is None else pair.actual
    there = {column.name: column for column in target.columns}
    columns, notes = [], []
    for moved in pair.translation.columns:
        found = there.get(moved.target.name)
        if found is None:
            notes.append(
                f"{pair.translation.source.ref}.{moved.source.name} is not copied: "
                f"{target.ref} has no column {moved.target.name}"
            )
        elif found.generated is None:
            columns.append(ColumnPlan(moved.source, found, moved.rule))
    # Foreign keys are translated, whoever made the table: only ours are created from it.
    plan = TablePlan(
        number=number,
        source=pair.translation.source,
        target=replace(target, foreign_keys=expected.foreign_keys),
        columns=tuple(columns),
        mode=mode,
        created=is_ours,
    )
    return plan, notes
