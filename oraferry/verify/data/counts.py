"""COUNT(*) on both sides."""

from __future__ import annotations

from oraferry.model import ColumnPlan, Finding
from oraferry.verify.damages import COUNTED
from oraferry.verify.data.pair import TablePair
from oraferry.verify.outcome import MethodOutcome


class Counts:
    """Says how many rows there are, and nothing of what is in them."""

    name = "counts"
    cost = "one COUNT(*) per side"

    def claims(self, damage: str, column: ColumnPlan, charset: str) -> bool:
        """Whatever moves the count."""
        return damage in COUNTED

    def check(self, pair: TablePair) -> MethodOutcome:
        """Compare the counts, less the rows that were set aside."""
        if pair.source_rows is None:
            return MethodOutcome(self.name, None, note="the source cannot be counted at an SCN")
        expected = pair.source_rows - len(pair.left_out)
        if expected == pair.target_rows:
            return MethodOutcome(self.name, True)
        aside = f" ({len(pair.left_out)} more are set aside)" if pair.left_out else ""
        finding = Finding(
            table=str(pair.plan.source.ref),
            kind="rows",
            message=f"Oracle counts {expected} rows{aside}, PostgreSQL {pair.target_rows}",
            source=str(expected),
            target=str(pair.target_rows),
        )
        return MethodOutcome(self.name, False, (finding,))
