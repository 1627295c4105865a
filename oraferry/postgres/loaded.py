"""What is there of loaded tables: ledger, digests of what is stored, rows set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence as Seq
from typing import Any

import psycopg

from oraferry.model import TablePlan
from oraferry.ports import LedgerEntry, LoadedTable
from oraferry.postgres import quarantine, readback, rowhash
from oraferry.postgres.readback import ChunkDigests
from oraferry.postgres.session import sql_text, translated

Connection = psycopg.Connection[Any]


def read_tables(
    connection: Connection, plans: Seq[TablePlan], job_id: str, hashed: set[int]
) -> dict[int, LoadedTable]:
    """
    By the plans' numbers; those in *hashed* by the server's own hashes, together, the others
    by their text.
    """
    numbers = [plan.number for plan in plans]
    ledgers, writers = _read_ledgers(connection, job_id, numbers)
    chunks = {plan.number: ChunkDigests(plan.mode, writers[plan.number]) for plan in plans}
    rowhash.add_digests(connection, [p for p in plans if p.number in hashed], chunks)
    for plan in plans:
        if plan.number not in hashed:
            readback.add_digests(connection, plan, chunks[plan.number])
    rejects = quarantine.count_rejects(connection, job_id, numbers)
    digests = {number: chunks[number].result() for number in numbers}
    repaired = _find_repaired(connection, [plan for plan in plans if 0 in digests[plan.number]])
    return {
        number: LoadedTable(
            tuple(ledgers[number]), digests[number], rejects[number], number in repaired
        )
        for number in numbers
    }


def _find_repaired(connection: Connection, plans: Seq[TablePlan]) -> set[int]:
    """Those of *plans* whose tables `oraferry repair` has written to."""
    if not plans:
        return set()
    names = {str(plan.target.ref): plan.number for plan in plans}
    with translated("looking for repairs"):
        there = connection.execute("SELECT to_regclass('oraferry.repair') IS NOT NULL").fetchone()
        if there is None or not there[0]:
            return set()
        rows = connection.execute(sql_text("list_repaired"), {"tables": list(names)}).fetchall()
    return {names[name] for (name,) in rows}


def _read_ledgers(
    connection: Connection, job_id: str, numbers: Seq[int]
) -> tuple[dict[int, list[LedgerEntry]], dict[int, dict[str, int]]]:
    """The tables' entries, and the tasks by the transactions that wrote their rows."""
    entries: dict[int, list[LedgerEntry]] = defaultdict(list)
    writers: dict[int, dict[str, int]] = defaultdict(dict)
    binds = {"job_id": job_id, "numbers": list(numbers)}
    with translated("reading the ledger"):
        for *row, xid in connection.execute(sql_text("read_ledgers"), binds):
            entry = LedgerEntry(*row)
            entries[entry.table_number].append(entry)
            writers[entry.table_number][str(xid)] = entry.task_number
    return entries, writers
