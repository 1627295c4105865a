"""One chunk into PostgreSQL: COPY and ledger row in one transaction."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
import pyarrow as pa
from psycopg.copy import LibpqWriter
from psycopg.types.json import Jsonb

from oraferry.errors import CopyRejected, LeaseLost
from oraferry.model import Column, Digest, TablePlan, Task
from oraferry.ports import LedgerEntry
from oraferry.postgres import levers, upsert
from oraferry.postgres.encoder import HEADER, TRAILER
from oraferry.postgres.pieces import encode_pieces
from oraferry.postgres.retiring import retire_chunks
from oraferry.postgres.session import quote, quote_table, sql_text, translated

# Slices with a wait for the socket in between: libpq's own buffer would grow without bound
# when the server is slower than we are, and copying it costs CPU (facts/loading.md §1).
SLICE_BYTES = 256 * 1024
RESTING = "oraferry"  # a session's name between chunks


class DrainingWriter(LibpqWriter):
    """
    Sends slices and waits until libpq has handed each to the socket; what is small together
    goes out together.
    """

    _held = 0  # bytes that libpq may still have

    def write(self, data: Any) -> None:
        """Send *data*; errors of the server surface when the COPY ends."""
        view = memoryview(data)
        for start in range(0, len(view), SLICE_BYTES):
            part = view[start : start + SLICE_BYTES]
            while self._pgconn.put_copy_data(part) == 0:
                self._wait()
            self._held += len(part)
            if self._held >= SLICE_BYTES // 4:
                self._drain()

    def _drain(self) -> None:
        while self._pgconn.flush() == 1:
            self._wait()
        self._held = 0

    def _wait(self) -> None:
        readable, _, _ = select.select([self._pgconn.socket], [self._pgconn.socket], [])
        if readable:
            self._pgconn.consume_input()


def application_name(task: Task) -> str:
    """Names the claim, so that a later claimant can end this session: 63 bytes at most."""
    return f"{_prefix(task)}{task.token.replace('-', '')[:12]}"


def _prefix(task: Task) -> str:
    return f"oraferry:{task.job_id.replace('-', '')[:24]}:{task.number}:"


def end_previous_sessions(connection: psycopg.Connection[Any], task: Task) -> None:
    """
    End what an earlier claimant of the task left open: a frozen worker's transaction would
    block the ledger row and any unique index (facts/service.md §1.3).
    """
    mine = application_name(task)
    with translated("ending the session of an earlier attempt"):
        connection.execute(sql_text("end_sessions"), {"pattern": _prefix(task) + "%", "mine": mine})


def copy_chunk(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    task: Task,
    batches: Iterable[pa.RecordBatch],
    summary: Callable[[], tuple[Digest, dict[str, int]]],
) -> LedgerEntry:
    """
    Load *batches* and record the chunk as loaded, in one transaction.

    No savepoint may surround the COPY: rows are recognised later by the transaction's id.
    """
    what = f"loading {plan.target.ref}"
    with translated(what):
        begin_chunk(connection, plan, task)
        with connection.transaction():
            if enter_ledger(connection, plan, task):
                freezes = levers.may_freeze(connection, plan, task)
                sent = copy_rows(connection, plan, batches, freezes=freezes)
                entry = complete_ledger(connection, plan, task, sent, summary())
            else:
                entry = read_entry(connection, task)
    return entry


def begin_chunk(connection: psycopg.Connection[Any], plan: TablePlan, task: Task) -> None:
    """Make sure that nobody else loads these rows, under this number or an older one."""
    if task.attempt > 1:
        end_previous_sessions(connection, task)
    if task.replaces is not None:
        number = {"job_id": task.job_id, "task_number": task.replaces}
        row = connection.execute(sql_text("is_replaced"), number).fetchone()
        if row is None or not row[0]:
            rename(connection, application_name(task))
            retire_chunks(connection, plan, task.job_id, [task.replaces])
            rename(connection, RESTING)


def enter_ledger(connection: psycopg.Connection[Any], plan: TablePlan, task: Task) -> bool:
    """
    Claim the chunk's ledger row in this transaction; False when the chunk is in already.

    Its synchronous_commit is on, whatever the server's default, since the store is told that
    the chunk is in; off only where a person takes that risk. LeaseLost when other chunks hold
    its rows by now.
    """
    entered = connection.execute(
        sql_text("enter_ledger"),
        {
            "job_id": task.job_id,
            "task_number": task.number,
            "table_number": plan.number,
            "token": task.token,
            "name": application_name(task),
            "commit": "off" if plan.levers.asynchronous_commit else "on",
            "table": quote_table(plan.target.ref.schema, plan.target.ref.name),
        },
    )
    if entered.rowcount == 1:
        return True
    number = {"job_id": task.job_id, "task_number": task.number}
    row = connection.execute(sql_text("is_replaced"), number).fetchone()
    if row and row[0]:
        raise LeaseLost(
            f"chunk {task.number} of {plan.target.ref} was replaced by others",
            context={"job_id": task.job_id, "task": task.number},
        )
    return False


def complete_ledger(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    task: Task,
    sent: int,
    summary: tuple[Digest, dict[str, int]],
    set_aside: int = 0,
) -> LedgerEntry:
    """Write what the ledger row says of the chunk; CopyRejected when rows are missing."""
    digest, altered = summary
    if digest.rows != sent:
        raise CopyRejected(
            f"loading {plan.target.ref}: {digest.rows} rows were read, but {sent} were loaded",
            hint="this is a bug of oraferry; nothing of the chunk is in",
        )
    entry = LedgerEntry(
        task.job_id, task.number, plan.number, sent, digest.value, altered, set_aside
    )
    connection.execute(
        sql_text("complete_ledger"),
        {
            "job_id": task.job_id,
            "task_number": task.number,
            "rows": sent,
            "digest": digest.value,
            "altered": Jsonb(altered),
            "set_aside": set_aside,
            "table": quote_table(plan.target.ref.schema, plan.target.ref.name),
        },
    )
    return entry


def rename(connection: psycopg.Connection[Any], name: str) -> None:
    """Go by another application_name."""
    connection.execute("SELECT set_config('application_name', %s, false)", [name])


def copy_rows(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    batches: Iterable[pa.RecordBatch],
    *,
    freezes: bool = False,
) -> int:
    """Load the batches as the plan's mode says; how many rows, which are as many as were sent."""
    if plan.mode == "upsert":
        return upsert.copy(connection, plan, batches, _copy)
    table = quote_table(plan.target.ref.schema, plan.target.ref.name)
    return _copy(connection, plan, batches, table, freezes=freezes)


def _copy(
    connection: psycopg.Connection[Any],
    plan: TablePlan,
    batches: Iterable[pa.RecordBatch],
    table: str,
    *,
    freezes: bool = False,
) -> int:
    columns = [c.target for c in plan.columns]
    what = f"loading {plan.target.ref}"
    return copy_into(connection, table, columns, batches, what, freezes=freezes)


def copy_into(
    connection: psycopg.Connection[Any],
    table: str,
    columns: Sequence[Column],
    batches: Iterable[pa.RecordBatch],
    what: str,
    *,
    freezes: bool = False,
) -> int:
    """COPY *batches*, in load form, into *columns* of the quoted *table*; how many rows."""
    names = ", ".join(quote(column.name) for column in columns)
    types = [column.type for column in columns]
    sent = 0
    with connection.cursor() as cursor:
        options = "FORMAT binary, FREEZE" if freezes else "FORMAT binary"
        statement = f"COPY {table} ({names}) FROM STDIN ({options})"
        with cursor.copy(statement, writer=DrainingWriter(cursor)) as copy:
            copy.write(HEADER)  # by the front door: psycopg would else add a header at the end
            for batch in batches:
                for piece in encode_pieces(batch, types):
                    copy.writer.write(piece)
                sent += batch.num_rows
            copy.writer.write(TRAILER)
        if cursor.rowcount != sent:
            raise CopyRejected(
                f"{what}: {sent} rows were sent, PostgreSQL counted {cursor.rowcount}",
                hint="look for triggers or rules on the target table",
                context={"code": "suppressed", "reason": "a trigger or rule left the row out"},
            )
    return sent


def read_entry(connection: psycopg.Connection[Any], task: Task) -> LedgerEntry:
    """The ledger row that speaks for the task's chunk, which is on disk when this commits."""
    number = {"job_id": task.job_id, "task_number": task.number}
    connection.execute(sql_text("touch_ledger"), number)
    rows = connection.execute(
        sql_text("read_ledger"), {"job_id": task.job_id, "table_number": None}
    ).fetchall()
    for row in rows:
        if row[1] == task.number:
            return LedgerEntry(*row)
    raise CopyRejected("the ledger row is gone", hint="do not change the schema oraferry by hand")
