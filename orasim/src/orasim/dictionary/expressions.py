"""Expressions in DDL: which columns they name, and how the dictionary shows them."""

from __future__ import annotations

import re

from orasim.dictionary.model import Column

_TOKENS = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)|(?P<string>[nNqQ]?'(?:[^']|'')*')|(?P<word>"[^"]+"|[A-Za-z][\w$#]*|[\d.][\w.]*)"""
    r"""|(?P<sign>\|\||<=|>=|<>|!=|\^=|:=|.)""",
    re.DOTALL,
)
# Before and after these Oracle keeps blanks, parentheses or not.
_KEYWORDS = {
    "AND", "OR", "NOT", "IN", "IS", "LIKE", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END", "AS",
    "FROM", "ESCAPE", "USING",
}  # fmt: skip
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
    text = _compact(text)

    def word(found: re.Match[str]) -> str:
        if found.group(1) or found.group(2):
            return found.group()
        name = found.group(3).upper()
        return f'"{name}"' if name in names else name

    return _WORDS.sub(word, text)


def _compact(text: str) -> str:
    """
    The text as Oracle prints a stored expression: blanks between words only, no outer parentheses.

    >>> _compact('( ROUND( price * 1.2, 2 ) )')
    'ROUND(price*1.2,2)'
    """
    tokens = [(m.lastgroup, m.group()) for m in _TOKENS.finditer(text) if m.lastgroup != "space"]
    while _is_wrapped([token for _, token in tokens]):
        tokens = tokens[1:-1]
    out = ""
    before: tuple[str | None, str] = (None, "")
    for kind, token in tokens:
        blanks = int(_needs_blank(before, (kind, token)))
        if (before[1].upper(), token.upper()) == ("CASE", "WHEN"):
            blanks = 2  # the place of what a simple CASE compares
        out += " " * blanks + token
        before = (kind, token)
    return out


def _needs_blank(left: tuple[str | None, str], right: tuple[str | None, str]) -> bool:
    if left[0] in ("word", "string") and right[0] in ("word", "string"):
        return True
    if left[1] == right[1] == "-":
        return True
    return (left[1].upper() in _KEYWORDS and right[1] not in (")", ",")) or (
        right[1].upper() in _KEYWORDS and left[1] not in ("", "(", ",")
    )


def _is_wrapped(tokens: list[str]) -> bool:
    """True when the first parenthesis is closed by the last token."""
    if len(tokens) < 3 or tokens[0] != "(" or tokens[-1] != ")":
        return False
    depth = 0
    for token in tokens[:-1]:
        depth += {"(": 1, ")": -1}.get(token, 0)
        if not depth:
            return False
    return True
