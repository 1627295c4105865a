"""Oracle SQL as tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from oraferry.errors import UnsupportedConstruct

_QUOTES = {"[": "]", "(": ")", "{": "}", "<": ">"}
_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?[fFdD]?(?![A-Za-z_$\#]))
  | (?P<quoted>"(?:[^"]|"")+")
  | (?P<alternative>[nN]?[qQ]'(?P<open>.))
  | (?P<text>[nN]?'(?:[^']|'')*')
  | (?P<word>[^\W\d][\w$\#]*)
  | (?P<symbol>\|\||<>|!=|\^=|<=|>=|\*\*|[-+*/(),.<>=@:;])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """*kind* is number, text, name (quoted), word (unquoted, in capitals), symbol or end."""

    kind: str
    text: str
    position: int


def tokenize(sql: str) -> list[Token]:
    """
    The tokens of *sql*, with an end; UnsupportedConstruct where there is none.

    >>> [(t.kind, t.text) for t in tokenize("nvl(q'[it's]', 'a''b')")][2:5]
    [('text', "it's"), ('symbol', ','), ('text', "a'b")]
    """
    found, position = [], 0
    while position < len(sql):
        match = _TOKEN.match(sql, position)
        if match is None:
            raise UnsupportedConstruct(f"{sql[position : position + 12]!r} is not understood")
        kind = str(match.lastgroup if match.lastgroup != "open" else "alternative")
        end = match.end()
        if kind == "alternative":
            closing = _QUOTES.get(match["open"], match["open"]) + "'"
            stop = sql.find(closing, end)
            if stop < 0:
                raise UnsupportedConstruct("a text has no end")
            found.append(Token("text", sql[end:stop], position))
            end = stop + 2
        elif kind != "blank":
            found.append(_token(kind, match.group(), position))
        position = end
    return [*found, Token("end", "", len(sql))]


def _token(kind: str, text: str, position: int) -> Token:
    if kind == "quoted":
        return Token("name", text[1:-1].replace('""', '"'), position)
    if kind == "text":
        return Token("text", text[text.index("'") + 1 : -1].replace("''", "'"), position)
    return Token(kind, text.upper() if kind == "word" else text, position)
