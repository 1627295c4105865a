"""A text as PostgreSQL's own parser reads it: statements, each with its place and its tree.

Everything goes through pglast (PostgreSQL's grammar as a library): strings, dollar quotes and
comments are its business, and a statement that it does not understand goes nowhere.
"""

from __future__ import annotations

import importlib.util
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from oraferry.errors import ConfigError, RequestError

# psql's own commands that dumps contain and that change no definition.
_COMMAND = re.compile(
    r"(?m)^[ \t]*\\(?:echo|encoding|pset|qecho|restrict|set|timing|unrestrict|unset)\b[^\n]*"
)
# PostgreSQL itself takes more, but not the time that a request may take.
MOST_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement that was understood."""

    start: int  # its first word, as an offset into the text
    end: int
    tree: Any  # pglast's
    origin: int  # where the tree's locations count from


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """A part of the text that is no statement of PostgreSQL."""

    start: int
    offset: int  # where the parser stopped
    message: str


@dataclass(frozen=True, slots=True)
class Token:
    """A word or sign; *end* is after its last character."""

    start: int
    end: int
    name: str  # of the grammar: IDENT, SCONST, ASCII_59, …


def require_parser() -> str:
    """pglast's version; ConfigError that says how to get it when it is not installed."""
    if importlib.util.find_spec("pglast") is None:
        raise ConfigError(
            "pglast, PostgreSQL's parser for Python, is not installed: without it a text that "
            "does more than define objects could not be told from one that does not",
            hint="pip install 'oraferry[code]'",
        )
    from importlib.metadata import version

    return version("pglast")


def check_text(text: str, name: str) -> None:
    """RequestError for a text that no PostgreSQL could take."""
    if "\0" in text:
        raise RequestError(f"{name} holds the NUL character, which PostgreSQL's text cannot")
    if len(text) > MOST_CHARACTERS:
        raise RequestError(
            f"{name} is longer than {MOST_CHARACTERS:,} characters", hint="verify it in parts"
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise RequestError(f"{name} is not valid Unicode") from None


def blank_psql(text: str) -> tuple[str, list[tuple[int, str]]]:
    """
    *text* with blanks for lines that are psql's and define nothing, as \\restrict in dumps, and
    these with their places. A backslash in a string, a body or a statement is left alone.

    >>> blank_psql("\\\\timing on\\nSELECT 1")
    ('          \\nSELECT 1', [(0, '\\\\timing')])
    """
    commands = list(_COMMAND.finditer(text)) if "\\" in text else []
    # What stands behind them may be no token of SQL, so they are blanked to look around them.
    tokens = _scan(_blank(text, commands)) if commands else []
    if not tokens:
        return text, []
    starts = [token.start for token in tokens]
    between = [
        command
        for command in commands
        if _ends_before(tokens, bisect_right(starts, command.start()) - 1, command.start())
    ]
    return _blank(text, between), [(c.start(), c[0].split()[0]) for c in between]


def _ends_before(tokens: Sequence[Token], last: int, place: int) -> bool:
    """Whether a statement ends with the *last* token that starts before *place*."""
    return last < 0 or (tokens[last].name == "ASCII_59" and tokens[last].end <= place)


def _blank(text: str, places: Sequence[re.Match[str]]) -> str:
    parts, done = [], 0
    for place in places:
        parts += [text[done : place.start()], " " * len(place[0])]
        done = place.end()
    return "".join([*parts, text[done:]])


def _scan(text: str) -> list[Token]:
    from pglast.parser import ParseError

    try:
        return list_tokens(text)
    except ParseError:  # told when the statements are read
        return []


def read_statements(text: str) -> list[Statement | NotUnderstood]:
    """
    All statements of *text*, in order. Where it is not understood as a whole, each part up
    to a semicolon is read alone, so that one mistake does not hide the next.
    """
    from pglast.parser import ParseError, parse_sql

    try:
        tokens = list_tokens(text)
    except ParseError as error:  # a string or comment without an end
        return [NotUnderstood(0, _offset(error, text), str(error.args[0]))]
    try:
        return list(_place(text, parse_sql(text), tokens))
    except ParseError:
        return list(_read_parts(text, tokens))


def _offset(error: Any, text: str) -> int:
    """Where the parser stopped; it names no place for the end of its input."""
    return len(text) if error.args[1] is None else int(error.args[1])


def list_tokens(text: str) -> list[Token]:
    """The words and signs of *text*, without comments."""
    from pglast.parser import scan

    found = (Token(t.start, t.end + 1, t.name) for t in scan(text))
    return [token for token in found if token.name not in ("SQL_COMMENT", "C_COMMENT")]


def _place(text: str, trees: Sequence[Any], tokens: Sequence[Token]) -> Iterator[Statement]:
    starts = iter(token.start for token in tokens)
    for raw in trees:
        end = raw.stmt_location + raw.stmt_len if raw.stmt_len else len(text)
        start = next(s for s in starts if s >= raw.stmt_location)
        yield Statement(start, end, raw.stmt, 0)


def _read_parts(text: str, tokens: Sequence[Token]) -> Iterator[Statement | NotUnderstood]:
    parts = _split(tokens)
    while parts:
        part = _join_atomic(text, parts)
        found = _read_part(text, part[0].start, part[-1].end)
        again = _find_statement(text, part) if isinstance(found, NotUnderstood) else None
        yield found
        if again is not None:
            yield again


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    """The tokens between semicolons, the last part first; SQL*Plus's / is a part of its own."""
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.name == "ASCII_59":
            parts.append([])
        elif token.name == "ASCII_47" and not parts[-1]:
            parts += [[token], []]
        else:
            parts[-1].append(token)
    return [part for part in reversed(parts) if part]


def _join_atomic(text: str, parts: list[list[Token]]) -> list[Token]:
    """The next part; a body between BEGIN ATOMIC and END holds semicolons of its own."""
    part = parts.pop()
    names = [token.name for token in part]
    if "ATOMIC" not in names:
        return part
    for more in range(len(parts) + 1):
        whole = [
            *part,
            *(token for later in reversed(parts[len(parts) - more :]) for token in later),
        ]
        if isinstance(_read_part(text, whole[0].start, whole[-1].end), Statement):
            del parts[len(parts) - more :]
            return whole
    return part


def _find_statement(text: str, part: Sequence[Token]) -> Statement | None:
    """What begins with CREATE within a part that is not understood, behind a stray / say."""
    starts = [token.start for token in part[1:] if token.name == "CREATE"]
    for start in starts[:20]:
        found = _read_part(text, start, part[-1].end)
        if isinstance(found, Statement):
            return found
    return None


def _read_part(text: str, start: int, end: int) -> Statement | NotUnderstood:
    from pglast.parser import ParseError, parse_sql

    try:
        trees = parse_sql(text[start:end])
    except ParseError as error:
        return NotUnderstood(start, start + _offset(error, text[start:end]), str(error.args[0]))
    return Statement(start, end, trees[0].stmt, start)
