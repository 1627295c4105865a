"""Staged repairs carried out: one transaction, under lock, read again before it is committed.

Rows of the target are known by ctid. That is exact as long as the snapshot that they were
seen in is open: until then no dead row's place is given to another, and nobody rewrites the
table. So a row that is not at its ctid any more was changed by others, and nothing is done.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import psycopg

from oraferry.errors import RepairRefused
from oraferry.model import TablePlan
from oraferry.ports import Repair, RepairDone
from oraferry.postgres.session import literal, quote, quote_table, sql_text, translated
from oraferry.postgres.staging import Connection, Stage

# An UPDATE per set of columns that differ; what is rarer goes together, by all of theirs.
MOST_SETS = 50
_RUN_AGAIN = "run the repair again; stop what writes to the table, if it goes on"


def find_obstacle(connection: Connection, plan: TablePlan) -> str | None:
    """Why the table cannot be repaired row by row; None when it can."""
    with translated(f"looking at {plan.target.ref}"):
        row = connection.execute(sql_text("repair_obstacles"), {"table": _name(plan)}).fetchone()
    return "it does not exist" if row is None else row[0]


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
            _lock(connection, plans, lock_seconds)
            with _silent_triggers(connection, plans) as notes:
                counts = _change(connection, stages)
            return [
                _enter(connection, repair, count, notes[repair.plan.number])
                for repair, count in zip(repairs, counts, strict=True)
            ]


def _enter(
    connection: Connection, repair: Repair, counts: dict[str, int], notes: tuple[str, ...]
) -> RepairDone:
    """The ledger entry, after a last look at the table."""
    wrong = repair.is_right()
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


# --- locks and triggers ---------------------------------------------------------------------


def _lock(connection: Connection, plans: Sequence[TablePlan], seconds: float) -> None:
    """Keep writers out, and let readers in."""
    connection.execute(f"SET LOCAL lock_timeout = {int(seconds * 1000)}")
    for plan in sorted(plans, key=_name):
        try:
            connection.execute(f"LOCK TABLE {_name(plan)} IN SHARE ROW EXCLUSIVE MODE")
        except psycopg.errors.LockNotAvailable as error:
            raise RepairRefused(
                f"{plan.target.ref}: another session keeps it locked (waited {seconds:g} s)",
                hint="end the sessions that write to it (pg_locks names them), or wait longer: "
                "--lock-seconds",
            ) from error
    connection.execute("SET LOCAL lock_timeout = 0")
    connection.execute("SET CONSTRAINTS ALL DEFERRED")


@contextlib.contextmanager
def _silent_triggers(
    connection: Connection, plans: Sequence[TablePlan]
) -> Iterator[dict[int, tuple[str, ...]]]:
    """
    No trigger of a user fires in the block; afterwards each is as it was. Foreign keys stay.

    The switch is part of the transaction: nobody else ever sees it.
    """
    notes: dict[int, tuple[str, ...]] = {}
    back: list[str] = []
    for plan in plans:
        found = connection.execute(sql_text("repair_triggers"), {"table": _name(plan)}).fetchall()
        try:
            for disable, _ in found:
                connection.execute(disable)
        except psycopg.errors.InsufficientPrivilege as error:
            raise RepairRefused(
                f"{plan.target.ref} has triggers, which must not fire for a repair, and only "
                "its owner can keep them from it",
                hint="run the repair as the table's owner, or drop its triggers meanwhile",
            ) from error
        back += [enable for _, enable in found]
        notes[plan.number] = _describe_triggers(len(found))
    yield notes
    # What was put off is tested now: a table with events that wait cannot be altered.
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for enable in back:
        connection.execute(enable)


def _describe_triggers(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (f"{count} trigger{'s' * (count > 1)} of users did not fire for the repaired rows",)


# --- rows -----------------------------------------------------------------------------------


def _change(connection: Connection, stages: Sequence[Stage]) -> list[dict[str, int]]:
    """
    Deletes first and inserts last: a key that moves from row to row is free in between.

    Of several tables, those come first that lean on others.
    """
    for stage in stages:
        _check_places(connection, stage)
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


def _check_places(connection: Connection, stage: Stage) -> None:
    """Every row is still where it was seen."""
    row = connection.execute(
        f"SELECT count(*), min(f.at::text) FROM {stage.faults} f WHERE f.at IS NOT NULL "
        f"AND NOT EXISTS (SELECT 1 FROM {_name(stage.plan)} t WHERE {_AT})"
    ).fetchone()
    assert row
    if row[0]:
        raise RepairRefused(
            f"{stage.plan.target.ref}: {row[0]} rows were changed by others since they were "
            f"compared (one was at ctid {row[1]}), so nothing was changed",
            hint=_RUN_AGAIN,
        )


_AT = "t.tableoid = f.part AND t.ctid = f.at"


def _check_actions(connection: Connection, stage: Stage) -> None:
    """No row of another table would be deleted or changed with ours."""
    found = connection.execute(sql_text("repair_actions"), {"table": _name(stage.plan)}).fetchall()
    places = {column.target.name: place for place, column in enumerate(stage.plan.columns)}
    for child, name, deletes, updates, ours, join in found:
        touched = [places[column] for column in ours if column in places]
        conditions = ["f.fault = 'extra'"] * deletes
        conditions += [f"f.places && ARRAY{touched}::integer[]"] * updates
        row = connection.execute(
            f"SELECT EXISTS (SELECT 1 FROM {stage.faults} f JOIN {_name(stage.plan)} t ON {_AT} "
            f"JOIN {child} child ON {join} WHERE {' OR '.join(conditions)})"
        ).fetchone()
        if row and row[0]:
            raise RepairRefused(
                f"{stage.plan.target.ref}: the foreign key {name} would carry the repair on to "
                f"rows of {child}",
                hint=f"repair {child} first, so that no row of it leans on a wrong one",
                context={"sqlstate": "23503"},
            )


def _delete(connection: Connection, stage: Stage) -> int:
    _check_actions(connection, stage)
    cursor = connection.execute(
        f"DELETE FROM {_name(stage.plan)} t USING {stage.faults} f "
        f"WHERE f.fault = 'extra' AND {_AT}"
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
        f"UPDATE {_name(stage.plan)} t SET {', '.join(f'{n} = r.{n}' for n in names)} "
        f"FROM {stage.faults} f JOIN {stage.rows} r ON r.{quote(stage.number.name)} = f.number "
        f"WHERE f.fault = 'changed' AND {which} AND {_AT}"
    )
    return cursor.rowcount


def _check_replaceable(connection: Connection, stage: Stage, error: psycopg.Error) -> None:
    """RepairRefused where a new row in the old one's place would lose something."""
    found = connection.execute(sql_text("repair_actions"), {"table": _name(stage.plan)}).fetchall()
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
        f"WITH gone AS (DELETE FROM {_name(stage.plan)} t USING {stage.faults} f "
        f"WHERE f.fault = 'changed' AND {_AT} RETURNING 1) "
        f"INSERT INTO {_name(stage.plan)} ({names}) OVERRIDING SYSTEM VALUE "
        f"SELECT {values} FROM {stage.rows} r JOIN {stage.faults} f "
        f"ON r.{quote(stage.number.name)} = f.number "
        f"WHERE f.fault = 'changed' AND (SELECT count(*) FROM gone) > 0"
    )
    return _expect(connection, stage, "changed", cursor.rowcount)


def _insert(connection: Connection, stage: Stage) -> int:
    names, values = _names(stage), _names(stage, "r.")
    cursor = connection.execute(
        f"INSERT INTO {_name(stage.plan)} ({names}) OVERRIDING SYSTEM VALUE "
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


def _name(plan: TablePlan) -> str:
    return quote_table(plan.target.ref.schema, plan.target.ref.name)
