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
        self._shifts: dict[tuple[str, str], _Shifts] = {}

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
            self.count(value.column, value.reason)

    def count(self, column: str, reason: str | None, values: int = 1) -> None:
        """So many values of a column, by what happened to them."""
        shift = SHIFT.fullmatch(reason or "")
        if shift is None:
            self._reasons[f"{column}: {reason or 'another value'}"] += values
        else:
            found = self._shifts.setdefault((column, shift["unit"]), _Shifts())
            found.add(int(shift["by"]), values)

    def result(self) -> dict[str, int]:
        """By column and reason."""
        lines = dict(self._reasons)
        for (column, unit), shifts in self._shifts.items():
            lines |= {f"{column}: shifted by {by} {unit}": n for by, n in shifts.lines()}
        return dict(sorted(lines.items()))


class _Shifts:
    """By how much values were moved: each a line of its own, as long as they are few."""

    def __init__(self) -> None:
        self._few: Counter[int] = Counter()
        self._least = self._most = self._values = 0

    def add(self, by: int, values: int) -> None:
        first = not self._values
        self._least, self._most = (by, by) if first else (min(by, self._least), max(by, self._most))
        self._values += values
        if len(self._few) <= MOST_SHIFTS:
            self._few[by] += values

    def lines(self) -> list[tuple[str, int]]:
        if len(self._few) <= MOST_SHIFTS:
            return [(str(by), count) for by, count in self._few.items()]
        return [(f"{self._least} to {self._most}", self._values)]
