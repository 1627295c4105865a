"""What moves, as what, in which chunks: everything that workers need, fixed at one SCN."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Sequence as Seq
from dataclasses import dataclass, replace

from oraferry.errors import RequestError
from oraferry.migration.compare import Pair
from oraferry.migration.levers import describe_levers
from oraferry.migration.request import DataMigrationRequest
from oraferry.migration.shape import find_column
from oraferry.model import (
    Chunk,
    Chunking,
    ChunkKind,
    Sequence,
    Table,
    TablePlan,
    TableRef,
    TaskKind,
)
from oraferry.ports import PlannedTask, Source
from oraferry.schema.names import name_columns


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
    earlier = _find_earlier(pairs)
    for number, pair in enumerate(pairs, start=1):
        is_ours = pair.translation.table.ref not in existing
        plan, lost = _plan_table(number, pair, get_mode(pair, request, is_ours), is_ours=is_ours)
        plan = replace(plan, levers=request.levers.to_levers(), waits_for=earlier[number])
        plans.append(plan)
        notes += [*pair.translation.notes, *lost, *describe_levers(plan)]
    return plans, notes


def _find_earlier(pairs: Seq[Pair]) -> dict[int, tuple[int, ...]]:
    """By number, the tables that a table leans on by foreign keys which are there already."""
    numbers = {pair.translation.table.ref: n for n, pair in enumerate(pairs, start=1)}
    parents = {
        number: {
            numbers[key.parent]
            for key in (pair.actual.foreign_keys if pair.actual else ())
            if key.parent in numbers
        }
        for number, pair in enumerate(pairs, start=1)
    }
    place = {number: place for place, number in enumerate(_parents_first(parents))}
    # Of a circle one begins: whoever waits for a later one would wait for ever.
    return {n: tuple(sorted(p for p in parents[n] if place[p] < place[n])) for n in parents}


def _parents_first(parents: Mapping[int, Collection[int]]) -> list[int]:
    """
    The numbers as they are, but parents before their children, as far as there is such an order.

    >>> _parents_first({1: {3}, 2: {2}, 3: {2}})
    [2, 3, 1]
    """
    waiting, ordered = dict.fromkeys(parents), []
    while waiting:
        free = [n for n in waiting if not any(p in waiting and p != n for p in parents[n])]
        for number in free or list(waiting)[:1]:
            ordered.append(number)
            del waiting[number]
    return ordered


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
    counted = source.count_rows(plans, scn)
    numbered = {plan.number: plan for plan in plans}
    for number in _parents_first({plan.number: plan.waits_for for plan in plans}):
        plan = numbered[number]
        rows = counted[plan.number]
        # What is read at another moment than it is counted may rightly have another count.
        totals[plan.number] = rows if plan.source.has_past else None
        wanted = plan.chunking.rows or chunk_rows
        # A table without rows gets a chunk too: its ledger row says that it was looked at.
        chunks = source.plan_chunks(plan, scn, wanted, rows) or [Chunk(ChunkKind.WHOLE)]
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


def get_mode(pair: Pair, request: DataMigrationRequest, is_ours: bool) -> str:
    """What to do with the pair's table: as its options say, else as the request does."""
    mode = pair.options.mode or request.mode
    # Nothing is there that could be replaced: loading it is all, and its keys come after.
    return "create" if mode == "upsert" and is_ours else mode


def find_upsert_key(pair: Pair, actual: Table) -> tuple[str, ...]:
    """
    The columns of *actual* that say which row is meant; RequestError where there are none,
    or PostgreSQL has no unique index on them.
    """
    names = name_columns(pair.translation.source)
    # A deferrable key cannot tell an INSERT at once that its row is there.
    keys = [key for key in (actual.primary_key, *actual.unique_keys) if key and not key.deferrable]
    unique = [key.columns for key in keys]
    unique += [
        tuple(part.text for part in index.parts)
        for index in actual.indexes
        if index.unique and not index.predicate and not any(p.is_expression for p in index.parts)
    ]
    moved = {column.target.name for column in pair.translation.columns}
    if pair.options.key is None:
        found = next((columns for columns in unique if set(columns) <= moved), None)
    else:
        wanted = {find_column(pair.translation.source, name) for name in pair.options.key}
        found = next((c for c in unique if set(c) == {names[name] for name in wanted}), None)
    if found is None:
        shown = "the given key" if pair.options.key else "any of the columns that move"
        raise RequestError(
            f"{actual.ref} cannot be upserted: it has no unique key on {shown}",
            hint="add a primary key or unique constraint in PostgreSQL that is not deferrable, or "
            "use another mode",
        )
    fixed = [c.name for c in actual.columns if c.identity and c.identity.always]
    if set(fixed) & moved - set(found):
        raise RequestError(
            f"{actual.ref}.{fixed[0]} is GENERATED ALWAYS and no key: it cannot be replaced",
            hint="make it GENERATED BY DEFAULT, or exclude the column",
        )
    return tuple(found)


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
            columns.append(replace(moved, target=found))
    # Foreign keys are translated, whoever made the table: only ours are created from it.
    plan = TablePlan(
        number=number,
        source=pair.translation.source,
        target=replace(target, foreign_keys=expected.foreign_keys),
        columns=tuple(columns),
        mode=mode,
        created=is_ours,
        where=pair.options.where,
        key=find_upsert_key(pair, target) if mode == "upsert" else (),
        chunking=_plan_chunking(pair),
    )
    return plan, notes


def _plan_chunking(pair: Pair) -> Chunking:
    wish, source = pair.options.chunk, pair.translation.source
    column = None if wish.column is None else find_column(source, wish.column)
    return Chunking("key" if column else wish.by, column, wish.rows)
