"""The plain ways to write: a line, a JSON document, a sentence, a table."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from oraferry.logs import redact

# A person reads so many lines; --json has them all.
MOST_LINES = 60


def write_line(console: Console, text: str) -> None:
    """*text* as it is: no wrapping, no markup, no width."""
    console.file.write(text + "\n")
    console.file.flush()


def write_json(console: Console, value: Any) -> None:
    """*value* as one indented JSON document; it holds no secret any more."""
    write_line(console, json.dumps(value, ensure_ascii=False, indent=2, default=_as_json))


def _as_json(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_text(console: Console, text: str, style: str = "") -> None:
    """A sentence, with secrets masked and without rich's markup."""
    console.print(Text(redact(text), style=style), soft_wrap=True)


def print_section(title: str, lines: Iterable[str], console: Console) -> None:
    """A title and its lines, as many as a person reads; nothing where there are none."""
    found = list(lines)
    if not found:
        return
    console.print()
    print_text(console, title)
    for line in found[:MOST_LINES]:
        print_text(console, f"  {line}")
    if len(found) > MOST_LINES:
        print_text(console, f"  … and {len(found) - MOST_LINES} more; --json shows all")


def make_table(*columns: str, right: Sequence[str] = ()) -> Table:
    """A table in the house style; *right* names the columns of numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def add_row(table: Table, *words: Any, style: str = "") -> None:
    """A row of *words*, secrets masked; a name like "[red]" is text, not markup."""
    table.add_row(*("" if w is None else Text(redact(str(w))) for w in words), style=style)


def format_count(number: int | None) -> str:
    """
    A count with its thousands apart; a dash while unknown.

    >>> format_count(1234567), format_count(None)
    ('1,234,567', '–')
    """
    return "–" if number is None else f"{number:,}"


def format_verdict(verified: bool | None) -> str:
    """Whether both sides agree, in one word."""
    return {True: "yes", False: "NO", None: "–"}[verified]
