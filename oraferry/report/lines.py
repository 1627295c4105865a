"""Every row that differs, a line of JSON each: written as they are found, none is held."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from oraferry.errors import RequestError
from oraferry.model import TableRef
from oraferry.report.texts import hide_row
from oraferry.report.views import RowView
from oraferry.verify.outcome import RowDifference


class RowLines:
    """Takes rows of any table, from several threads."""

    def __init__(self, file: TextIO, *, without_values: bool) -> None:
        self._file = file
        self._without_values = without_values
        self._lock = threading.Lock()

    def __call__(self, table: TableRef, row: RowDifference) -> None:
        """One more."""
        shown = RowView.of(hide_row(row) if self._without_values else row)
        line = json.dumps({"table": str(table), **shown.model_dump(mode="json")})
        with self._lock:
            self._file.write(line + "\n")


@contextmanager
def open_lines(path: Path, *, without_values: bool = False) -> Iterator[RowLines]:
    """A file of its own; RequestError when it cannot be written."""
    try:
        with path.open("w", encoding="utf-8") as file:
            yield RowLines(file, without_values=without_values)
    except OSError as error:
        raise RequestError(f"{path} cannot be written: {error.strerror}") from None
