"""SQL that a person wrote and that becomes part of ours: it must stay where it was put.

``a = 1) OR (1 = 1`` would be valid SQL and undo the chunk's own condition, so rows would come
twice. Whether the text means anything, Oracle says (``Source.describe_columns``).
"""

from __future__ import annotations

import itertools

from oraferry.convert.tokens import tokenize
from oraferry.errors import UnsupportedConstruct


def check_fragment(text: str) -> None:
    """
    UnsupportedConstruct unless *text* stays inside a pair of parentheses and has no binds.

    >>> check_fragment("status IN ('a)', 'b') -- and so on")
    """
    _check(text, binds=())


def check_query(text: str) -> None:
    """
    UnsupportedConstruct unless *text* is one SELECT whose only bind is ``:scn``.

    >>> check_query("SELECT id FROM orders AS OF SCN :scn WHERE total > 0")
    """
    words = [token.text for token in tokenize(text) if token.text != "("]
    if words[0] not in ("SELECT", "WITH"):
        raise UnsupportedConstruct("a query begins with SELECT or WITH")
    _check(text, binds=("SCN",))


def reads_at_scn(text: str) -> bool:
    """
    True when the query *text* has the bind ``:scn``.

    >>> reads_at_scn("SELECT ':scn' FROM dual"), reads_at_scn("SELECT 1 FROM t AS OF SCN :SCN")
    (False, True)
    """
    tokens = tokenize(text)
    return any(
        sign.kind == "symbol" and sign.text == ":" and name.text == "SCN"
        for sign, name in itertools.pairwise(tokens)
    )


def _check(text: str, binds: tuple[str, ...]) -> None:
    depth = 0
    tokens = tokenize(text)
    for token, following in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        if token.kind != "symbol":
            continue
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth < 0:
            raise UnsupportedConstruct("a closing parenthesis has no opening one")
        if token.text == "/" and text.startswith("/*", token.position):
            raise UnsupportedConstruct("a comment has no end")
        if token.text == ";":
            raise UnsupportedConstruct("it is more than one statement: leave out the semicolon")
        if token.text == ":" and following.text not in binds:
            raise UnsupportedConstruct(f"the bind :{following.text.lower()} has no value here")
    if depth:
        raise UnsupportedConstruct("an opening parenthesis has no closing one")
