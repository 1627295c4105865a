"""What is to be repaired of a table, gathered in temporary tables of one session.

Reading the source's rows takes time, and nobody is kept waiting meanwhile: locks come after,
and then everything is on the server already, however many rows it is.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from oraferry.model import Column, DataType, Refusal, TablePlan
from oraferry.postgres.careful import find_refused
from oraferry.postgres.copier import copy_into
from oraferry.postgres.session import quote, quote_table, sql_text, translated

Connection = psycopg.Connection[Any]


class Stage:
    """The faults of a table, and the source's rows for them."""

    def __init__(self, connection: Connection, plan: TablePlan) -> None:
        """The tables are there between ``create`` and ``drop``."""
        self._connection = connection
        self.plan = plan
        self.faults = f"pg_temp.oraferry_fault_{plan.number}"
        self.rows = f"pg_temp.oraferry_row_{plan.number}"
        # A name that no column of the table has.
        taken = {column.name for column in plan.target.columns}
        name = "oraferry_number"
        while name in taken:
            name += "_"
        self.number = Column(name, DataType("bigint"), 0)

    def create(self) -> None:
        """Make room."""
        table = quote_table(self.plan.target.ref.schema, self.plan.target.ref.name)
        names = ", ".join(quote(column.target.name) for column in self.plan.columns)
        with self._translated():
            self._connection.execute(
                f"CREATE TEMP TABLE {self.faults.removeprefix('pg_temp.')} "
                "(number bigint, fault text, part regclass, at tid, places integer[])"
            )
            self._connection.execute(
                f"CREATE TEMP TABLE {self.rows.removeprefix('pg_temp.')} AS "
                f"SELECT NULL::bigint AS {quote(self.number.name)}, {names} FROM {table} "
                "WITH NO DATA"
            )
            self._add_checks(table)

    def _add_checks(self, table: str) -> None:
        """What the target asks of a row by itself: one that it would refuse names itself here."""
        columns = [column.target for column in self.plan.columns if not column.target.generated]
        found = self._connection.execute(
            sql_text("row_checks"), {"table": table, "columns": [c.name for c in columns]}
        ).fetchall()
        wanted = [f"ADD CONSTRAINT {name} {check}" for name, check in found]
        wanted += [f"ALTER {quote(c.name)} SET NOT NULL" for c in columns if not c.nullable]
        if wanted:
            self._connection.execute(f"ALTER TABLE {self.rows} {', '.join(wanted)}")

    def add(self, faults: pa.RecordBatch) -> None:
        """Rows that differ."""
        number, fault, part, ctid, places = faults.columns
        listed = pc.binary_join(places.cast(pa.list_(pa.string())), ",")
        arrays = [number, fault, part, ctid, pc.binary_join_element_wise("{", listed, "}", "")]
        text = io.BytesIO()
        csv.write_csv(
            pa.RecordBatch.from_arrays(arrays, names=faults.schema.names),
            text,
            csv.WriteOptions(include_header=False),
        )
        with (
            self._translated(),
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY {self.faults} FROM STDIN (FORMAT csv)") as copy,
        ):
            copy.write(text.getbuffer())

    def load(
        self, numbers: npt.NDArray[np.int64], rows: pa.RecordBatch
    ) -> list[tuple[int, Refusal]]:
        """
        The source's rows of the faults *numbers*, in load form; those that PostgreSQL refuses,
        by their places, are left out.
        """
        columns = [self.number, *(column.target for column in self.plan.columns)]
        arrays = [pa.array(numbers, pa.int64()), *rows.columns]
        batch = pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])

        def copy(piece: pa.RecordBatch) -> None:
            copy_into(self._connection, self.rows, columns, [piece], self._what)

        with self._translated():
            return list(find_refused(self._connection, self.plan, batch, copy))

    def drop(self) -> None:
        """Give the room back; a session that is gone has done so."""
        with contextlib.suppress(psycopg.Error):
            self._connection.execute(f"DROP TABLE IF EXISTS {self.faults}, {self.rows}")

    @property
    def _what(self) -> str:
        return f"gathering the repair of {self.plan.target.ref}"

    def _translated(self) -> contextlib.AbstractContextManager[None]:
        return translated(self._what)


@contextlib.contextmanager
def stage_repair(connection: Connection, plan: TablePlan) -> Iterator[Stage]:
    """A stage, gone after the block."""
    stage = Stage(connection, plan)
    try:
        stage.create()
        yield stage
    finally:
        stage.drop()
