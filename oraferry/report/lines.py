"""Every row that differs, a line of JSON each: written as they are found, none is held."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TextIO

from oraferry.errors import RequestError
from oraferry.model import TableRef
from oraferry.report.texts import hide_row
from oraferry.report.views import RowView
from oraferry.verify.outcome import RowDifference


class RowLines:
    """Takes rows of any table, from several threads."""

    def __init__(self, write: Callable[[str], object], *, without_values: bool) -> None:
        self._write = write
        self._without_values = without_values
        self._lock = threading.Lock()

    def __call__(self, table: TableRef, row: RowDifference) -> None:
        """One more."""
        shown = RowView.of(hide_row(row) if self._without_values else row)
        line = json.dumps({"table": str(table), **shown.model_dump(mode="json")})
        with self._lock:
            self._write(line + "\n")


@contextmanager
def open_lines(path: Path, *, without_values: bool = False) -> Iterator[RowLines]:
    """A file of its own; RequestError when it cannot be written."""
    with ExitStack() as stack:
        with _tell(path):
            file = path.open("w", encoding="utf-8")
            stack.callback(_close, file)

        def write(line: str) -> None:
            with _tell(path):
                file.write(line)

        yield RowLines(write, without_values=without_values)
        with _tell(path):  # what waits in its buffer
            file.close()


def _close(file: TextIO) -> None:
    with suppress(OSError):  # was told, or something else was
        file.close()


@contextmanager
def _tell(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RequestError(f"{path} cannot be written: {error.strerror}") from None
