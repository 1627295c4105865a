"""Bodies that must not be shown to an old plpgsql_check, because it would end the server.

Observed with 2.3 (Debian 12): an EXECUTE whose text is a constant without any statement in
it (``''``, ``'--'``, ``format('')``, ``coalesce(NULL, '')``) crashes the backend, and with it
all sessions of the server. Texts with a variable in them are not evaluated, and are safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""(?P<gap>\s+|--[^\n]*)
      | (?P<comment>/\*)
      | (?P<text>[eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*'
          | (?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag))
      | (?P<name>"(?:[^"]|"")*" | [^\W\d][\w$]*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_FORMAT = ("format", "(")
_IDLE = re.compile(r"--[^\n]*|/\*.*?\*/|%(?:\d+\$)?-?\d*[sIL]", re.DOTALL)
_AFTER_VARIABLE = {";", "|", "into", "using", "loop"}


def may_end_server(body: str) -> bool:
    """
    True unless every EXECUTE in *body* certainly has a statement in its text, or a variable.

    >>> may_end_server("BEGIN EXECUTE format('DROP TABLE %I', t); EXECUTE todo; END")
    False
    >>> [may_end_server(f"BEGIN EXECUTE {text}; END") for text in ("''", "'-- x'", "trim(' ')")]
    [True, True, True]
    """
    tokens = [*_tokens(body), ("other", "")]
    return any(
        kind == "name" and value.lower() == "execute" and not _is_safe(tokens[place + 1 :][:8])
        for place, (kind, value) in enumerate(tokens)
    )


def _is_safe(tokens: list[tuple[str, str]]) -> bool:
    """What follows an EXECUTE, as far as it is needed."""
    while tokens and tokens[0] == ("other", "("):
        tokens = tokens[1:]
    if tuple(value.lower() for _, value in tokens[:2]) == _FORMAT:
        tokens = tokens[2:]
    if len(tokens) < 2:
        return False
    kind, value = tokens[0]
    if kind == "text":
        return re.search(r"\w", _IDLE.sub("", _content(value))) is not None
    if kind != "name" or value.lower() == "null":
        return False
    while tokens[1][1] == "." and len(tokens) > 3:
        tokens = tokens[2:]
    return tokens[1][1].lower() in _AFTER_VARIABLE


def _content(literal: str) -> str:
    # An escape may be a blank or the start of a comment: it proves nothing.
    if literal[0] in "eE":
        return re.sub(r"\\.\w*", "", literal[2:-1], flags=re.DOTALL)
    if literal[0] == "$":
        return literal[literal.index("$", 1) + 1 : literal.rindex("$", 0, -1)]
    return literal[1:-1]


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token but blanks and comments."""
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        assert found is not None
        place = found.end()
        if found["comment"]:
            place = _comment_end(text, place)
        elif not found["gap"]:
            yield found.lastgroup or "other", found[0]


def _comment_end(text: str, place: int) -> int:
    """Comments of PostgreSQL nest."""
    depth = 1
    for found in re.finditer(r"/\*|\*/", text[place:]):
        depth += 1 if found[0] == "/*" else -1
        if depth == 0:
            return place + found.end()
    return len(text)
