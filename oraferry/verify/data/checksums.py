"""Digests of all rows on both sides, by buckets of the rows' own hash."""

from __future__ import annotations

from oraferry.canonical import RowDigest
from oraferry.model import ColumnPlan, Digest, Finding
from oraferry.ports import BucketTotals
from oraferry.verify.damages import IN_TABLES
from oraferry.verify.data.pair import TablePair
from oraferry.verify.outcome import MethodOutcome


class Checksums:
    """Sees any change of any value that is compared, and any row too many or too few."""

    name = "checksums"
    cost = "one read of each side"

    def claims(self, damage: str, column: ColumnPlan, charset: str) -> bool:
        """Every one, everywhere."""
        return damage in IN_TABLES

    def check(self, pair: TablePair) -> MethodOutcome:
        """Compare the sums of all buckets."""
        ours, theirs = pair.totals
        how = "hashes that PostgreSQL computes" if pair.by_hash else "hashes of canonical text"
        note = f"{pair.buckets} buckets of {how}"
        if not pair.differing and not pair.unreadable:
            return MethodOutcome(self.name, True, note=note)
        source, target = _digest(ours), _digest(theirs)
        table = str(pair.plan.source.ref)
        findings = [
            Finding(
                table=table,
                kind="unreadable",
                message=f"{_rows(len(pair.unreadable))} of the source cannot be read, "
                "and was not compared",
            )
        ][: len(pair.unreadable)]
        if pair.differing:
            finding = Finding(
                table=table,
                kind="digest",
                message=f"the values differ: {len(pair.differing)} of {pair.buckets} buckets, "
                f"{source.rows} rows in Oracle, {target.rows} in PostgreSQL",
                source=source.value,
                target=target.value,
            )
            findings.insert(0, finding)
        return MethodOutcome(self.name, False, tuple(findings), note)


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _digest(totals: BucketTotals) -> Digest:
    """Of the whole table."""
    sums = (int(part.sum(dtype=part.dtype)) for part in (totals.high, totals.low))
    return RowDigest(int(totals.rows.sum()), *sums).digest()
