"""How many rows a report holds: it is kept, rendered and sent as a whole."""

from __future__ import annotations

import threading

from oraferry.verify.outcome import RowDifference

MOST_ROWS = 50_000  # about 200 MB as objects and JSON, with few columns that differ
MOST_CHARACTERS = 32 << 20  # of their values


class ReportRoom:
    """
    Room for the rows of all tables of a report; taken by several threads.

    >>> room = ReportRoom(rows=2)
    >>> [room.take(RowDifference("extra")) for _ in range(3)]
    [True, True, False]
    """

    def __init__(self, rows: int | None = None, characters: int | None = None) -> None:
        """At most so many."""
        self._rows = MOST_ROWS if rows is None else rows
        self._characters = MOST_CHARACTERS if characters is None else characters
        self._lock = threading.Lock()

    @property
    def is_full(self) -> bool:
        """No row has room any more."""
        return self._rows <= 0 or self._characters <= 0

    def take(self, row: RowDifference) -> bool:
        """Whether *row* may be held; the last one may be as large as a row is."""
        with self._lock:
            if self.is_full:
                return False
            self._rows -= 1
            self._characters -= _size(row)
            return True


def _size(row: RowDifference) -> int:
    values = [text for value in row.values for text in (value.source, value.target)]
    return sum(len(text) for text in (*row.key.values(), *values) if text is not None)
