"""Expressions in DDL: which columns they name, and how the dictionary shows them."""

from __future__ import annotations

import re

from orasim.dictionary.model import Column

_WORDS = re.compile(r"""('(?:[^']|'')*')|("[^"]+")|([A-Za-z][\w$#]*)""")


def columns_in(condition: str, columns: list[Column]) -> list[str]:
    """Which of *columns* a condition names."""
    words = {
        found.group(2)[1:-1] if found.group(2) else found.group(3).upper()
        for found in _WORDS.finditer(condition)
        if not found.group(1)
    }
    return [c.name for c in columns if c.name in words]


def shown_expression(text: str, columns: list[Column]) -> str:
    """Text of an index or virtual column as the dictionary shows it: names quoted, in capitals."""
    names = {c.name for c in columns}

    def word(found: re.Match[str]) -> str:
        if found.group(1) or found.group(2):
            return found.group()
        name = found.group(3).upper()
        return f'"{name}"' if name in names else name

    return _WORDS.sub(word, text)
