"""Digests that each database computes of its own texts: what reads the rows is checked too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from threading import Lock

from oraferry.canonical import RowDigest
from oraferry.canonical.inside import find_inside
from oraferry.model import Chunk, ColumnPlan, Digest, Finding, TablePlan
from oraferry.ports import Source
from oraferry.verify.damages import CHANGED, MOVED, ROWS
from oraferry.verify.data.pair import TablePair
from oraferry.verify.outcome import MethodOutcome


class Inside:
    """Sees what the others see, in the columns that both databases write alike."""

    name = "inside"
    cost = "each side hashes a table in its own server; nothing travels"

    def claims(self, damage: str, column: ColumnPlan, charset: str) -> bool:
        """Every one, in the columns that both servers write alike."""
        if damage in ROWS:
            return True
        return self.covers(column, charset) and (damage in MOVED or damage in CHANGED)

    def covers(self, column: ColumnPlan, charset: str) -> bool:
        """True when both servers write the column's values alike."""
        return find_inside(column, charset) is not None

    def check(self, pair: TablePair) -> MethodOutcome:
        """Compare the digests of the columns that are covered."""
        covered = [c for c in pair.plan.columns if self.covers(c, pair.charset)]
        others = [c.source.name for c in pair.plan.columns if c not in covered]
        note = f"without {', '.join(others)}" if others else None
        if not covered:
            return MethodOutcome(self.name, None, note="no column that both servers write alike")
        if pair.left_out:
            return MethodOutcome(self.name, None, note="rows were set aside, which it would count")
        plan = replace(pair.plan, columns=tuple(covered))
        source, target = _digests(pair, plan)
        if source == target:
            return MethodOutcome(self.name, True, note=note)
        finding = Finding(
            table=str(plan.source.ref),
            kind="digest",
            message=f"the servers' own digests differ: {source.rows} rows in Oracle, "
            f"{target.rows} in PostgreSQL",
            source=source.value,
            target=target.value,
        )
        return MethodOutcome(self.name, False, (finding,), note)


def _digests(pair: TablePair, plan: TablePlan) -> tuple[Digest, Digest]:
    """Of both sides, taken at the same time."""
    total, lock = RowDigest(), Lock()

    def add(chunk: Chunk, source: Source) -> None:
        found = source.digest_inside(plan, chunk, pair.scn, pair.charset)
        with lock:
            total.merge(found)

    with ThreadPoolExecutor(1, thread_name_prefix="target") as pool:
        there = pool.submit(pair.target.digest_inside, plan, pair.charset)
        pair.lanes.run([partial(add, chunk) for chunk in pair.chunks])
        return total.digest(), there.result()
