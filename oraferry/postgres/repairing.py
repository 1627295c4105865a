"""Staged repairs carried out: one transaction, under lock, read again before it is committed.

Rows of the target are known by ctid. That is exact as long as the snapshot that they were
seen in is open: until then no dead row's place is given to another, and nobody rewrites the
table. So a row that is not at its ctid any more was changed by others, and nothing is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import psycopg

from oraferry.errors import RepairRefused
from oraferry.ports import Repair, RepairDone
from oraferry.postgres.session import literal, quote, sql_text, translated
from oraferry.postgres.staging import Connection, Stage
from oraferry.postgres.standstill import (
    AT,
    check_actions,
    check_places,
    lock_tables,
    silent_triggers,
    table_name,
)

# An UPDATE per set of columns that differ; what is rarer goes together, by all of theirs.
MOST_SETS = 50


def apply_repairs(
    connection: Connection, repairs: Sequence[Repair], *, lock_seconds: float
) -> list[RepairDone]:
    """All of *repairs* in one transaction; RepairRefused: nothing is changed."""
    stages = [cast("Stage", repair.stage) for repair in repairs]
    plans = [repair.plan for repair in repairs]
    with translated(f"repairing {', '.join(str(plan.target.ref) for plan in plans)}"):
        for stage in stages:
            connection.execute(f"ANALYZE {stage.faults}")
            connection.execute(f"ANALYZE {stage.rows}")
        with connection.transaction():
            connection.execute("SET LOCAL synchronous_commit = on")
            lock_tables(connection, plans, lock_seconds)
            with silent_triggers(connection, plans) as notes:
                counts = _change(connection, stages)
            return [
                _enter(connection, repair, count, notes[repair.plan.number])
                for repair, count in zip(repairs, counts, strict=True)
            ]


def _enter(
    connection: Connection, repair: Repair, counts: dict[str, int], notes: tuple[str, ...]
) -> RepairDone:
    """The ledger entry, after a last look at the table."""
    wrong = repair.count_differing()
    if wrong:
        raise RepairRefused(
            f"{repair.plan.target.ref}: after the repair the two sides would still differ "
            f"(in {wrong} of the parts that were compared), so nothing was changed",
            hint="run the repair again, in case others wrote to the table meanwhile; else a "
            "column's type cannot hold the source's values",
        )
    row = connection.execute(
        sql_text("insert_repair"),
        {
            "job_id": repair.job_id,
            "source_table": str(repair.plan.source.ref),
            "target_table": str(repair.plan.target.ref),
            "scn": repair.scn,
            "before": repair.before.value,
            "after": repair.after.value,
            **counts,
        },
    ).fetchone()
    assert row
    return RepairDone(int(row[0]), **counts, notes=notes)


# --- rows -----------------------------------------------------------------------------------


def _change(connection: Connection, stages: Sequence[Stage]) -> list[dict[str, int]]:
    """
    Deletes first and inserts last: a key that moves from row to row is free in between.

    Of several tables, those come first that lean on others.
    """
    for stage in stages:
        check_places(connection, stage)
    deleted = _in_order(stages, lambda stage: _delete(connection, stage))
    updated = _in_order(stages, lambda stage: _update(connection, stage))
    inserted = _in_order(stages[::-1], lambda stage: _insert(connection, stage))
    return [
        {
            "inserted": inserted[stage.plan.number],
            "updated": updated[stage.plan.number],
            "deleted": deleted[stage.plan.number],
        }
        for stage in stages
    ]


def _in_order(stages: Sequence[Stage], act: Callable[[Stage], int]) -> dict[int, int]:
    return {stage.plan.number: act(stage) for stage in stages}


def _delete(connection: Connection, stage: Stage) -> int:
    check_actions(connection, stage)
    cursor = connection.execute(
        f"DELETE FROM {table_name(stage.plan)} t USING {stage.faults} f "
        f"WHERE f.fault = 'extra' AND {AT}"
    )
    return _expect(connection, stage, "extra", cursor.rowcount)


def _update(connection: Connection, stage: Stage) -> int:
    try:
        with connection.transaction():
            return _update_in_place(connection, stage)
    except (
        # Two rows that exchanged the values of a key, and identities that nobody may set.
        psycopg.errors.UniqueViolation,
        psycopg.errors.ExclusionViolation,
        psycopg.errors.GeneratedAlways,
    ) as error:
        _check_replaceable(connection, stage, error)
        return _replace(connection, stage)


def _update_in_place(connection: Connection, stage: Stage) -> int:
    sets = connection.execute(
        f"SELECT places, places::text FROM {stage.faults} WHERE fault = 'changed' "
        "GROUP BY 1, 2 ORDER BY count(*) DESC, 2"
    ).fetchall()
    updated = sum(
        _update_set(connection, stage, places, f"f.places::text = {literal(text)}")
        for places, text in sets[:MOST_SETS]
    )
    rest = sorted({place for places, _ in sets[MOST_SETS:] for place in places})
    if rest:
        own = ", ".join(literal(text) for _, text in sets[:MOST_SETS])
        updated += _update_set(connection, stage, rest, f"f.places::text NOT IN ({own})")
    return _expect(connection, stage, "changed", updated)


def _update_set(connection: Connection, stage: Stage, places: Sequence[int], which: str) -> int:
    columns = [stage.plan.columns[place].target for place in places]
    names = [quote(column.name) for column in columns if column.generated is None]
    if not names:
        raise RepairRefused(
            f"{stage.plan.target.ref}: {columns[0].name} is generated, and its expression gives "
            "other values than the source",
            hint="correct the expression",
        )
    cursor = connection.execute(
        f"UPDATE {table_name(stage.plan)} t SET {', '.join(f'{n} = r.{n}' for n in names)} "
        f"FROM {stage.faults} f JOIN {stage.rows} r ON r.{quote(stage.number.name)} = f.number "
        f"WHERE f.fault = 'changed' AND {which} AND {AT}"
    )
    return cursor.rowcount


def _check_replaceable(connection: Connection, stage: Stage, error: psycopg.Error) -> None:
    """RepairRefused where a new row in the old one's place would lose something."""
    found = connection.execute(
        sql_text("repair_actions"), {"table": table_name(stage.plan)}
    ).fetchall()
    moved = {column.target.name for column in stage.plan.columns}
    own = [c.name for c in stage.plan.target.columns if c.name not in moved and not c.generated]
    if not found and not own:
        return
    why = f"foreign key {found[0][1]} acts on deletion" if found else f"column {own[0]} is its own"
    raise RepairRefused(
        f"{stage.plan.target.ref}: rows cannot be updated one after the other "
        f"({type(error).__name__}), nor replaced, because {why}",
        hint="drop the constraint while the repair runs",
    ) from error


def _replace(connection: Connection, stage: Stage) -> int:
    """
    The changed rows leave and come back in one statement, after which keys are tested.

    The count makes PostgreSQL finish the deletion before it inserts anything.
    """
    names, values = _names(stage), _names(stage, "r.")
    cursor = connection.execute(
        f"WITH gone AS (DELETE FROM {table_name(stage.plan)} t USING {stage.faults} f "
        f"WHERE f.fault = 'changed' AND {AT} RETURNING 1) "
        f"INSERT INTO {table_name(stage.plan)} ({names}) OVERRIDING SYSTEM VALUE "
        f"SELECT {values} FROM {stage.rows} r JOIN {stage.faults} f "
        f"ON r.{quote(stage.number.name)} = f.number "
        f"WHERE f.fault = 'changed' AND (SELECT count(*) FROM gone) > 0"
    )
    return _expect(connection, stage, "changed", cursor.rowcount)


def _insert(connection: Connection, stage: Stage) -> int:
    names, values = _names(stage), _names(stage, "r.")
    cursor = connection.execute(
        f"INSERT INTO {table_name(stage.plan)} ({names}) OVERRIDING SYSTEM VALUE "
        f"SELECT {values} FROM {stage.rows} r JOIN {stage.faults} f "
        f"ON r.{quote(stage.number.name)} = f.number WHERE f.fault = 'missing' ORDER BY f.number"
    )
    return _expect(connection, stage, "missing", cursor.rowcount)


def _expect(connection: Connection, stage: Stage, fault: str, rows: int) -> int:
    """*rows*, which must be all of that fault."""
    row = connection.execute(
        f"SELECT count(*) FROM {stage.faults} WHERE fault = %s", [fault]
    ).fetchone()
    assert row
    if row[0] != rows:
        raise RepairRefused(
            f"{stage.plan.target.ref}: {row[0]} {fault} rows were to be brought into line, "
            f"but {rows} were, so nothing was changed",
            hint="look for triggers or rules on the table; a row of the source may have moved",
        )
    return rows


def _names(stage: Stage, before: str = "") -> str:
    columns = (column.target for column in stage.plan.columns)
    return ", ".join(before + quote(c.name) for c in columns if c.generated is None)
