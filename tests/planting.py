"""Loaded specimens, in which damages are planted."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import psycopg

from oraferry.model import ColumnPlan, TablePlan
from oraferry.postgres.session import quote, quote_table
from oraferry.verify.damages import get_family
from tests.corruptions import HARMLESS, Column, find_statement
from tests.fix_moving import Moved
from tests.specimens import Specimen

# Types that another tool may choose for what we store as these, without changing a value.
OTHER_TYPES = {
    "smallint": ("integer", "bigint", "numeric(10,2)", "double precision", "real", "text"),
    "integer": ("bigint", "numeric", "numeric(12,3)", "double precision", "text"),
    "bigint": ("numeric", "numeric(20,0)", "text"),
    "numeric": ("numeric",),
    "real": ("double precision",),
    "character": ("character(20)",),
    "character varying": ("text", "character varying(4000)"),
    "text": ("character varying",),
    "uuid": ("bytea",),
    "timestamp without time zone": ("timestamp(6) without time zone", "timestamp with time zone"),
    "date": ("timestamp(0) without time zone", "timestamp with time zone"),
    "json": ("jsonb",),
    "jsonb": ("json",),
    "boolean": ("smallint", "numeric"),
}
_CASTS = {"uuid": "uuid_send({c})", "boolean": "{c}::integer"}


@dataclass(frozen=True)
class Bed:
    """A specimen as a job loaded it, and a copy of it."""

    specimen: Specimen
    plan: TablePlan
    copy: str  # quoted
    column: Column
    value: ColumnPlan  # of the column

    def __str__(self) -> str:
        return f"{self.specimen.type} as {self.column.full_type}"


@dataclass(frozen=True)
class Planting:
    """A damage in a bed: the ids of the rows that are others, too many or not there."""

    bed: Bed
    damage: str
    rows: frozenset[str]


class Garden:
    """All beds of one database, as tables of one job."""

    def __init__(self, dsn: str, moved: Sequence[tuple[Specimen, Moved]]) -> None:
        """The tables were loaded by jobs of their own."""
        self.job = str(uuid.uuid4())
        self._connection = psycopg.connect(dsn)
        self._touched: list[Bed] = []
        self.beds = [self._make_bed(i, *one) for i, one in enumerate(moved, 1)]
        self._connection.commit()

    def _make_bed(self, number: int, specimen: Specimen, moved: Moved) -> Bed:
        ref = moved.plan.target.ref
        table, copy = (quote_table(ref.schema, name) for name in (ref.name, f"{ref.name}_copy"))
        self._connection.execute(f"CREATE TABLE {copy} AS TABLE {table}")
        self._connection.execute(
            "UPDATE oraferry.ledger SET job_id = %s, table_number = %s, task_number = %s "
            "WHERE job_id = %s",
            [self.job, number, number, moved.job],
        )
        (plan,) = [c for c in moved.plan.columns if c.source.name == "V"]
        type = plan.target.type
        column = Column(
            table,
            quote(plan.target.name),
            moved.types[plan.target.name],
            type.name,
            get_family(plan.source.type, type),
            type.scale if type.precision is not None else None,
            is_alone=specimen.is_alone,
        )
        return Bed(specimen, replace(moved.plan, number=number), copy, column, plan)

    def plant(self, damage: str, beds: Iterable[Bed] | None = None) -> list[Planting]:
        """
        Put all tables back as they were loaded, then plant *damage* wherever it can be. The
        ledger says that all was written by the job's own transactions: a loader that does
        damage, not somebody who comes later.
        """
        with self._connection.transaction():
            self._connection.execute("SET LOCAL TIME ZONE 'UTC'")
            for bed in self._touched:
                self._put_back(bed)
            found = []
            self._touched = []
            for bed in beds if beds is not None else self.beds:
                statement = find_statement(damage, bed.column)
                if statement is None:
                    continue
                self._put_back(bed)
                self._connection.execute(statement)
                self._touched.append(bed)
                rows = frozenset(self._list_differing(bed))
                if rows or damage in HARMLESS:
                    found.append(Planting(bed, damage, rows))
            return found

    def retype(self, bed: Bed, type: str) -> Bed:
        """The same table as another tool would have made it, with columns of another type."""
        cast = _CASTS.get(bed.column.type, "{c}") + f"::{type}"
        items = ", ".join(f"{cast.replace('{c}', name)} AS {name}" for name in bed.specimen.columns)
        copy = f'{bed.copy[:-1]}_{type.replace(" ", "_")}"'
        with self._connection.transaction():
            self._connection.execute("SET LOCAL TIME ZONE 'UTC'")
            self._connection.execute(f"CREATE TABLE {copy} AS SELECT id, {items} FROM {bed.copy}")
            self._connection.execute(f"DROP TABLE {bed.column.table}")
            self._connection.execute(f"CREATE TABLE {bed.column.table} AS TABLE {copy}")
        base, _, sizes = type.partition("(")
        inside, _, rest = sizes.partition(")")
        scale = int(inside.partition(",")[2]) if "," in inside else None
        column = replace(bed.column, full_type=type, type=f"{base}{rest}", scale=scale)
        return replace(bed, copy=copy, column=column)

    def _put_back(self, bed: Bed) -> None:
        self._connection.execute(f"DELETE FROM {bed.column.table}")
        self._connection.execute(f"INSERT INTO {bed.column.table} SELECT * FROM {bed.copy}")
        self._connection.execute(
            "UPDATE oraferry.ledger SET xid = pg_current_xact_id() "
            "WHERE job_id = %s AND task_number = %s",
            [self.job, bed.plan.number],
        )

    def _list_differing(self, bed: Bed) -> Iterable[str]:
        numbered = "SELECT id, s.*::text AS row, row_number() OVER (PARTITION BY id) AS n FROM {} s"
        rows = self._connection.execute(
            f"SELECT DISTINCT coalesce(a.id, b.id) FROM ({numbered.format(bed.column.table)}) a "
            f"FULL JOIN ({numbered.format(bed.copy)}) b ON a.id = b.id AND a.n = b.n "
            "WHERE a.row IS DISTINCT FROM b.row"
        )
        return [str(number) for (number,) in rows]

    def close(self) -> None:
        """End the session."""
        self._connection.close()
