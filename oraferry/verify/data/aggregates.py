"""Per column: NULLs, the least and the greatest value, and a total."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from oraferry.canonical.aggregates import find_total, has_extremes
from oraferry.canonical.readable import readable
from oraferry.model import Column, ColumnPlan, Finding, TableRef
from oraferry.ports import ColumnTotals
from oraferry.verify.damages import COUNTED, get_family
from oraferry.verify.data.pair import TablePair
from oraferry.verify.outcome import MethodOutcome

_OF_NULLS = {
    "null for value", "value for null", "null for empty string", "zero for null",
    "empty string for null", "null for NaN", "JSON null for NULL",
}  # fmt: skip
_OF_EXTREMES = {"NaN for number", "infinity for number"}
_OF_NUMBERS = _OF_EXTREMES | {
    "changed digit", "flipped sign", "moved point", "cut fraction", "wrapped integer",
    "two bits, 32 apart", "rounded to double", "flipped bit, last", "exchanged columns",
    "lost row, doubled row",
}  # fmt: skip
_OF_LENGTHS = {"cut text", "cut to 4000"}
_OF_BYTES = _OF_LENGTHS | {
    "added zero byte", "lost zero byte", "hex for bytes", "base64 for bytes",
}  # fmt: skip
_OF_CHARACTERS = _OF_LENGTHS | {
    "trimmed blank", "trimmed leading blank", "added blank", "decomposed letter",
    "wrong charset", "changed line end", "removed control character", "doubled quote",
}  # fmt: skip
# By what is summed: numbers, how many bytes they take, of a CLOB how many characters.
_BY_TOTAL = {
    "number": _OF_NUMBERS,
    "truth": {"flipped truth", "exchanged columns", "lost row, doubled row"},
    "text": _OF_CHARACTERS | {"lost accent", "question mark", "look-alike letter"},
    "bytes": _OF_BYTES,
}


class Aggregates:
    """Names the column that differs; values that make up for each other escape it."""

    name = "aggregates"
    cost = "one scan of each side in its own server"

    def claims(self, damage: str, column: ColumnPlan, charset: str) -> bool:
        """What moves the count of values or their exact total, or is the greatest of all."""
        source, family = column.source.type, get_family(column.source.type, column.target.type)
        if damage in COUNTED:
            return True
        if source.name.startswith("LONG"):
            return False
        if damage in _OF_NULLS:
            return True
        if find_total(column, charset) is None:
            # In Oracle and PostgreSQL a NaN is greater than infinity, where there can be one.
            is_above_all = damage in _OF_EXTREMES and family in ("number", "moment")
            return is_above_all and has_extremes(column, charset)
        if family == "lob":
            return damage in (_OF_BYTES if source.name == "BLOB" else _OF_CHARACTERS)
        return damage in _BY_TOTAL[family]

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
        columns = {c.source.name: c.source for c in pair.plan.columns}
        findings = [
            finding
            for name, totals in ours.items()
            for finding in _compare(pair.plan.source.ref, columns[name], totals, theirs[name])
        ]
        others = [c.source.name for c in pair.plan.columns if c.source.name not in ours]
        note = f"without {', '.join(others)}" if others else None
        return MethodOutcome(self.name, not findings, tuple(findings), note)


def _compare(
    table: TableRef, column: Column, ours: ColumnTotals, theirs: ColumnTotals
) -> Iterator[Finding]:
    def shown(text: str | None) -> str | None:
        return readable(text, column.type)

    told: tuple[tuple[str, str | None, str | None], ...] = (
        ("values that are not NULL", str(ours.values), str(theirs.values)),
        ("least value", shown(ours.least), shown(theirs.least)),
        ("greatest value", shown(ours.greatest), shown(theirs.greatest)),
        ("total", ours.total, theirs.total),
    )
    for what, source, target in told:
        if source != target:
            ending = "" if what.startswith("values") else "s"
            message = f"{column.name}: the {what} differ{ending}"
            yield Finding(str(table), "aggregate", message, source=source, target=target)
