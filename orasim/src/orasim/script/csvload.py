"""SQLcl's LOAD: the rows of a CSV file, whose first line names the columns."""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orasim.dictionary.model import Table
from orasim.engine import OracleError, not_supported
from orasim.script.rows import Field, Loaded, RowWriter

# Options of SET LOAD and SET LOADFORMAT that change what is loaded; the others are about speed.
_WITHOUT_EFFECT = {
    "BATCH_ROWS", "BATCHES_PER_COMMIT", "COLUMN_SIZE", "SCAN_ROWS", "LOCALE", "ENCODING",
    "SCAN", "UNKNOWN_COLUMNS_FAIL", "CLEAN_NAMES", "COMMIT", "BATCH", "TRUNCATE_OFF",
}  # fmt: skip
_KNOWN = {
    "DATE_FORMAT", "DATE", "TIMESTAMP_FORMAT", "TIMESTAMP", "TIMESTAMPTZ_FORMAT", "DELIMITER",
    "ENCLOSURES", "COLUMN_NAMES", "SKIP_ROWS", "SKIP", "TRUNCATE", "ERRORS", "LIMIT", "DOUBLE",
    "ROW_LIMIT", "SKIP_AFTER_NAMES",
}  # fmt: skip


@dataclass(slots=True)
class LoadOptions:
    """What SET LOAD and SET LOADFORMAT chose."""

    values: dict[str, str]

    def set(self, words: str) -> None:
        """``name value …``; ORA-03001 for an option that is not known."""
        parts = shlex.split(words)
        while parts:
            name = parts.pop(0).upper()
            if name in ("CSV", "DELIMITED", "DEFAULT"):
                self.values.clear()
                continue
            if name not in _KNOWN | _WITHOUT_EFFECT:
                raise not_supported(f"SET LOAD {name}")
            self.values[name] = parts.pop(0) if parts else ""

    def get(self, *names: str) -> str | None:
        return next((self.values[name] for name in names if name in self.values), None)


def load_csv(session: Any, table: Table, path: Path, options: LoadOptions) -> Loaded:
    """Insert the file's rows; rows that do not fit are counted and the others stay."""
    rows = _rows(path, options)
    names = _columns(table, rows, options)
    writer = RowWriter(
        session, f'"{table.schema}"."{table.name}"', [_field(table, n, options) for n in names]
    )
    loaded = Loaded()
    if (options.get("TRUNCATE") or "OFF").upper() in ("ON", "TRUE"):
        session.run_nested(f'DELETE FROM "{table.schema}"."{table.name}"')

    def dictionaries() -> Iterator[tuple[int, dict[str, Any]]]:
        for number, row in rows:
            if len(row) != len(names):
                loaded.reject(number, f"{len(row)} values for {len(names)} columns")
            else:
                yield number, dict(zip(names, row, strict=True))

    writer.insert_all(dictionaries(), loaded)
    session.commit()
    return loaded


def _rows(path: Path, options: LoadOptions) -> Iterator[tuple[int, list[str]]]:
    """Numbered lines with their values."""
    text = path.read_bytes().decode("utf-8-sig")
    delimiter = options.get("DELIMITER") or ","
    delimiter = {"TAB": "\t", "\\T": "\t"}.get(delimiter.upper(), delimiter)
    quote = (options.get("ENCLOSURES") or '"')[:1]
    reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, quotechar=quote)
    skip = int(options.get("SKIP_ROWS", "SKIP") or 0)
    for number, row in enumerate(reader, 1):
        if number > skip and row:
            yield number, row


def _columns(
    table: Table, rows: Iterator[tuple[int, list[str]]], options: LoadOptions
) -> list[str]:
    """The columns that the first line names, or all of the table's."""
    known = [c.name for c in table.columns if not (c.hidden or c.invisible or c.virtual)]
    if (options.get("COLUMN_NAMES") or "ON").upper() in ("OFF", "FALSE"):
        return known
    _, header = next(rows, (0, []))
    found = []
    for label in header:
        name = next((n for n in (label, label.strip().upper()) if n in known), None)
        if name is None:
            raise OracleError(904, f'"{label}": invalid identifier')
        found.append(name)
    return found


def _field(table: Table, name: str, options: LoadOptions) -> Field:
    """Dates by their mask, everything else by Oracle's own conversion of text."""
    kind = next(column.type.name for column in table.columns if column.name == name)
    function, mask = "TO_DATE", options.get("DATE_FORMAT", "DATE")
    if kind.startswith("TIMESTAMP"):
        zoned = "TIME ZONE" in kind and "LOCAL" not in kind
        function = "TO_TIMESTAMP_TZ" if zoned else "TO_TIMESTAMP"
        names = ("TIMESTAMPTZ_FORMAT",) if zoned else ("TIMESTAMP_FORMAT", "TIMESTAMP")
        mask = options.get(*names)
    if not mask or not (kind == "DATE" or kind.startswith("TIMESTAMP")):
        return Field(name)
    quoted = mask.replace("'", "''")
    return Field(name, f"{function}(:\"{name}\", '{quoted}')")


def split_command(rest: str) -> tuple[str, str]:
    """``[TABLE] schema.table file …`` of a LOAD command."""
    words = shlex.split(re.sub(r"^TABLE\s+", "", rest, flags=re.IGNORECASE), posix=True)
    if len(words) < 2:
        raise not_supported(f"LOAD {rest[:40]}")
    if len(words) > 2 and words[2].upper() not in ("NEW", "CREATE", "SHOW"):
        raise not_supported(f"LOAD … {words[2]}")
    if len(words) > 2:
        raise not_supported("LOAD that creates the table")
    return words[0], words[1]
