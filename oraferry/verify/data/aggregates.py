"""Per column: NULLs, the least and the greatest value, and a total."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from oraferry.canonical.aggregates import find_total
from oraferry.model import ColumnPlan, Finding
from oraferry.ports import ColumnTotals
from oraferry.verify.damages import COUNTED
from oraferry.verify.data.pair import TablePair
from oraferry.verify.outcome import MethodOutcome

# What every column's count of values shows, and every exact total of a family.
_OF_NULLS = {"null for value", "value for null", "null for empty string", "zero for null"}
_OF_NULLS |= {"empty string for null", "null for NaN"}
_OF_NUMBERS = {
    "changed digit", "flipped sign", "moved point", "cut fraction", "wrapped integer",
    "two bits, 32 apart", "NaN for number", "infinity for number", "rounded to double",
}  # fmt: skip
_OF_LENGTHS = {"cut text", "cut to 4000", "hex for bytes", "base64 for bytes"}
_OF_BYTES = _OF_LENGTHS | {"added zero byte", "lost zero byte"}
_OF_TEXTS = _OF_LENGTHS | {
    "trimmed blank", "trimmed leading blank", "added blank", "lost accent", "decomposed letter",
    "wrong charset", "question mark", "changed line end", "removed control character",
    "doubled quote",
}  # fmt: skip


class Aggregates:
    """Names the column that differs; values that make up for each other escape it."""

    name = "aggregates"
    cost = "one scan of each side in its own server"
    detects = (
        frozenset(COUNTED)
        | frozenset(_OF_NULLS)
        | {f"{damage}: number" for damage in _OF_NUMBERS}
        | {f"{damage}: text" for damage in _OF_TEXTS}
        | {f"{damage}: bytes" for damage in _OF_BYTES}
    )

    def covers(self, column: ColumnPlan, charset: str) -> bool:
        """True when values of the column are summed, not only counted and sorted."""
        return find_total(column, charset) is not None

    def check(self, pair: TablePair) -> MethodOutcome:
        """Compare what each side says of its columns."""
        if pair.left_out:
            return MethodOutcome(self.name, None, note="rows were set aside, which it would count")
        with ThreadPoolExecutor(1, thread_name_prefix="target") as pool:
            there = pool.submit(pair.target.total_columns, pair.plan, pair.charset)
            ours = pair.lanes.ask(
                lambda source: source.total_columns(pair.plan, pair.scn, pair.charset)
            )
            theirs = there.result()
        findings = [
            finding
            for column, totals in ours.items()
            for finding in _compare(str(pair.plan.source.ref), column, totals, theirs[column])
        ]
        others = [c.source.name for c in pair.plan.columns if c.source.name not in ours]
        note = f"without {', '.join(others)}" if others else None
        return MethodOutcome(self.name, not findings, tuple(findings), note)


def _compare(
    table: str, column: str, ours: ColumnTotals, theirs: ColumnTotals
) -> Iterator[Finding]:
    told = (
        ("values that are not NULL", str(ours.values), str(theirs.values)),
        ("least value", ours.least, theirs.least),
        ("greatest value", ours.greatest, theirs.greatest),
        ("total", ours.total, theirs.total),
    )
    for what, source, target in told:
        if source != target:
            message = f"{column}: the {what} differ" + ("" if what.startswith("values") else "s")
            yield Finding(table, "aggregate", message, source=source, target=target)
