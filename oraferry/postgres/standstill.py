"""Around a repair: what keeps a table from it, locks, triggers that stay silent, last checks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import psycopg

from oraferry.errors import RepairRefused
from oraferry.model import TablePlan
from oraferry.postgres.session import quote_table, sql_text, translated
from oraferry.postgres.staging import Connection, Stage

# A row of a Stage's faults is at its place in the target.
AT = "t.tableoid = f.part AND t.ctid = f.at"
RUN_AGAIN = "run the repair again; stop what writes to the table, if it goes on"


def find_obstacle(connection: Connection, plan: TablePlan) -> str | None:
    """Why the table cannot be repaired row by row; None when it can."""
    with translated(f"looking at {plan.target.ref}"):
        row = connection.execute(
            sql_text("repair_obstacles"), {"table": table_name(plan)}
        ).fetchone()
    return "it does not exist" if row is None else row[0]


def lock_tables(connection: Connection, plans: Sequence[TablePlan], seconds: float) -> None:
    """Keep writers out, and let readers in."""
    connection.execute(f"SET LOCAL lock_timeout = {int(seconds * 1000)}")
    for plan in sorted(plans, key=table_name):
        try:
            connection.execute(f"LOCK TABLE {table_name(plan)} IN SHARE ROW EXCLUSIVE MODE")
        except psycopg.errors.LockNotAvailable as error:
            raise RepairRefused(
                f"{plan.target.ref}: another session keeps it locked (waited {seconds:g} s)",
                hint="end the sessions that write to it (pg_locks names them), or wait longer: "
                "--lock-seconds",
            ) from error
    connection.execute("SET LOCAL lock_timeout = 0")
    connection.execute("SET CONSTRAINTS ALL DEFERRED")


@contextlib.contextmanager
def silent_triggers(
    connection: Connection, plans: Sequence[TablePlan]
) -> Iterator[dict[int, tuple[str, ...]]]:
    """
    No trigger of a user fires in the block; afterwards each is as it was. Foreign keys stay.

    The switch is part of the transaction: nobody else ever sees it.
    """
    notes: dict[int, tuple[str, ...]] = {}
    back: list[str] = []
    for plan in plans:
        found = connection.execute(
            sql_text("repair_triggers"), {"table": table_name(plan)}
        ).fetchall()
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


def check_places(connection: Connection, stage: Stage) -> None:
    """Every row is still where it was seen."""
    row = connection.execute(
        f"SELECT count(*), min(f.at::text) FROM {stage.faults} f WHERE f.at IS NOT NULL "
        f"AND NOT EXISTS (SELECT 1 FROM {table_name(stage.plan)} t WHERE {AT})"
    ).fetchone()
    assert row
    if row[0]:
        raise RepairRefused(
            f"{stage.plan.target.ref}: {row[0]} rows were changed by others since they were "
            f"compared (one was at ctid {row[1]}), so nothing was changed",
            hint=RUN_AGAIN,
        )


def check_actions(connection: Connection, stage: Stage) -> None:
    """No row of another table would be deleted or changed with ours."""
    found = connection.execute(
        sql_text("repair_actions"), {"table": table_name(stage.plan)}
    ).fetchall()
    places = {column.target.name: place for place, column in enumerate(stage.plan.columns)}
    for child, name, deletes, updates, ours, join in found:
        touched = [places[column] for column in ours if column in places]
        conditions = ["f.fault = 'extra'"] * deletes
        conditions += [f"f.places && ARRAY{touched}::integer[]"] * updates
        row = connection.execute(
            f"SELECT EXISTS (SELECT 1 FROM {stage.faults} f "
            f"JOIN {table_name(stage.plan)} t ON {AT} "
            f"JOIN {child} child ON {join} WHERE {' OR '.join(conditions)})"
        ).fetchone()
        if row and row[0]:
            raise RepairRefused(
                f"{stage.plan.target.ref}: the foreign key {name} would carry the repair on to "
                f"rows of {child}",
                hint=f"repair {child} first, so that no row of it leans on a wrong one",
                context={"sqlstate": "23503"},
            )


def table_name(plan: TablePlan) -> str:
    """The target's table, quoted."""
    return quote_table(plan.target.ref.schema, plan.target.ref.name)
