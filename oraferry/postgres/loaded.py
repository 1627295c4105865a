"""What is there of loaded tables: ledger, digests of what is stored, rows set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from typing import Any

import psycopg

from oraferry.canonical import RowDigest
from oraferry.model import TablePlan
from oraferry.ports import LedgerEntry, LoadedTable
from oraferry.postgres import lookback, quarantine, readback, rowhash
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
    ledgers, writers, seen = _read_ledgers(connection, job_id, numbers)
    chunks = {plan.number: ChunkDigests(plan.mode, writers[plan.number]) for plan in plans}
    to_hash = []
    for plan in plans:
        number = plan.number
        if number not in hashed:
            readback.add_digests(connection, plan, chunks[number])
        elif not _covers(seen[number], ledgers[number], writers[number]):
            to_hash.append(plan)
        elif lookback.are_there(connection, plan, seen[number]):
            for xid, digest in seen[number].items():
                chunks[number].merge(xid, digest)
        else:
            seen[number] = {}
            to_hash.append(plan)
    rowhash.add_digests(connection, to_hash, chunks, seen)
    rejects = quarantine.count_rejects(connection, job_id, numbers)
    digests = {number: chunks[number].result() for number in numbers}
    repaired = _find_repaired(connection, [plan for plan in plans if 0 in digests[plan.number]])
    return {
        number: LoadedTable(
            tuple(ledgers[number]), digests[number], rejects[number], number in repaired
        )
        for number in numbers
    }


def _covers(seen: rowhash.Seen, ledger: Seq[LedgerEntry], writers: Mapping[str, int]) -> bool:
    """True when of every chunk with rows these were seen."""
    tasks = {writers[xid] for xid in seen}
    return bool(seen) and all(entry.task_number in tasks for entry in ledger if entry.rows)


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
) -> tuple[dict[int, list[LedgerEntry]], dict[int, dict[str, int]], dict[int, rowhash.Seen]]:
    """
    The tables' entries; the tasks by the transactions that wrote their rows, and what was seen
    of these rows before.
    """
    entries: dict[int, list[LedgerEntry]] = defaultdict(list)
    writers: dict[int, dict[str, int]] = defaultdict(dict)
    seen: dict[int, dict[str, RowDigest]] = defaultdict(dict)
    binds = {"job_id": job_id, "numbers": list(numbers)}
    with translated("reading the ledger"):
        for *row, xid, rows, high, low in connection.execute(sql_text("read_ledgers"), binds):
            entry = LedgerEntry(*row)
            entries[entry.table_number].append(entry)
            writers[entry.table_number][str(xid)] = entry.task_number
            if rows is not None:
                seen[entry.table_number][str(xid)] = RowDigest(rows, int(high), int(low))
    return entries, writers, {number: seen[number] for number in numbers}
