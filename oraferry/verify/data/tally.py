"""How often each reason was found, by column; in few lines, whatever the data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from oraferry.verify.data.reasons import SHIFT
from oraferry.verify.outcome import ValueDifference

# An hour in winter and two in summer are told apart; dates that are all different are not.
MOST_SHIFTS = 3


class ReasonTally:
    """Counts reasons. Many different shifts of a column are one line, with their range."""

    def __init__(self) -> None:
        self._reasons: Counter[str] = Counter()
        self._shifts: dict[tuple[str, str], Counter[int]] = {}

    def add(self, values: Iterable[ValueDifference]) -> None:
        """
        The values of a row that differ.

        >>> tally = ReasonTally()
        >>> for days in (5, -1, 2, 2, 9):
        ...     tally.add([ValueDifference("D", "", "", f"shifted by {days} days")])
        >>> tally.result()
        {'D: shifted by -1 to 9 days': 5}
        """
        for value in values:
            shift = SHIFT.fullmatch(value.reason or "")
            if shift is None:
                self._reasons[f"{value.column}: {value.reason or 'another value'}"] += 1
            else:
                found = self._shifts.setdefault((value.column, shift["unit"]), Counter())
                found[int(shift["by"])] += 1

    def result(self) -> dict[str, int]:
        """By column and reason."""
        lines = dict(self._reasons)
        for (column, unit), shifts in self._shifts.items():
            if len(shifts) <= MOST_SHIFTS:
                lines |= {f"{column}: shifted by {by} {unit}": n for by, n in shifts.items()}
            else:
                span = f"{min(shifts)} to {max(shifts)}"
                lines[f"{column}: shifted by {span} {unit}"] = shifts.total()
        return dict(sorted(lines.items()))
