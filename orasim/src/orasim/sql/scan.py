"""Oracle's lexical grammar: enough to find binds, the end of a statement and item texts.

sqlglot parses; this module prepares the text where Oracle's tokens differ from its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from orasim.engine import OracleError

_CLOSERS = {"[": "]", "{": "}", "(": ")", "<": ">"}
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>--[^\n]*|/\*.*?\*/)
  | (?P<string>[nN]?'(?:[^']|'')*')
  | (?P<quoted>"[^"]*")
  | (?P<bind>:\s*(?:"[^"]+"|[A-Za-z0-9_$\#]+))
  | (?P<number>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?(?![A-Za-z0-9_$\#]))
  | (?P<word>[A-Za-z\u0080-\uffff_][\w$\#\u0080-\uffff]*)
  | (?P<operator>\(\s*\+\s*\)|:=|=>|\|\||<=|>=|<>|!=|\^=|~=|\*\*|\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_Q_QUOTE = re.compile(r"[nN]?[qQ]'(.)", re.DOTALL)


class Token(NamedTuple):
    """A lexical element; *kind* is the name of a group of the grammar above."""

    kind: str
    text: str
    offset: int

    @property
    def upper(self) -> str:
        return self.text.upper()


@lru_cache(maxsize=32)
def scan(sql: str) -> tuple[Token, ...]:
    """All tokens, spaces and comments included; ORA-01756 for an open quote."""
    # Remembered, because a statement's text is looked at half a dozen times on its way.
    tokens: list[Token] = []
    at = 0
    while at < len(sql):
        q_quote = _Q_QUOTE.match(sql, at)
        if q_quote and (not tokens or tokens[-1].kind != "word"):
            closer = _CLOSERS.get(q_quote[1], q_quote[1]) + "'"
            end = sql.find(closer, q_quote.end())
            if end < 0:
                raise OracleError(1756, "quoted string not properly terminated", at)
            tokens.append(Token("string", sql[at : end + len(closer)], at))
            at = end + len(closer)
            continue
        match = _TOKEN.match(sql, at)
        if match is None or match[0] in ("'", '"'):
            raise OracleError(1756, "quoted string not properly terminated", at)
        tokens.append(Token(str(match.lastgroup), match[0], at))
        at = match.end()
    return tuple(tokens)


def significant(tokens: Iterable[Token]) -> list[Token]:
    """Without spaces and comments."""
    return [token for token in tokens if token.kind not in ("space", "comment")]


def string_value(text: str) -> str:
    """The value of a string token."""
    body = text[1:] if text[:1] in "nN" else text
    if body[:1] in "qQ":
        return body[3:-2]
    return body[1:-1].replace("''", "'")


def first_words(sql: str, count: int = 3) -> list[str]:
    """The first words of a statement in upper case, skipping comments and parentheses."""
    words: list[str] = []
    for token in scan(sql):
        if token.kind in ("space", "comment") or (not words and token.text == "("):
            continue
        if token.kind != "word" or len(words) == count:
            break
        words.append(token.upper)
    return words


# V$RESERVED_WORDS.RESERVED = 'Y', and ROWID.
_RESERVED = frozenset([
    "ALL", "ALTER", "AND", "ANY", "AS", "ASC", "BETWEEN", "BY", "CHAR", "CHECK", "CLUSTER",
    "COMPRESS", "CONNECT", "CREATE", "DATE", "DECIMAL", "DEFAULT", "DELETE", "DESC", "DISTINCT",
    "DROP", "ELSE", "EXCLUSIVE", "EXISTS", "FLOAT", "FOR", "FROM", "GRANT", "GROUP", "HAVING",
    "IDENTIFIED", "IN", "INDEX", "INSERT", "INTEGER", "INTERSECT", "INTO", "IS", "LIKE", "LOCK",
    "LONG", "MINUS", "MODE", "NOCOMPRESS", "NOT", "NOWAIT", "NULL", "NUMBER", "OF", "ON",
    "OPTION", "OR", "ORDER", "PCTFREE", "PRIOR", "PUBLIC", "RAW", "RENAME", "RESOURCE",
    "REVOKE", "ROWID", "SELECT", "SET", "SHARE", "SIZE", "SMALLINT", "START", "SYNONYM",
    "TABLE", "THEN", "TO", "TRIGGER", "UNION", "UNIQUE", "UPDATE", "VALUES", "VARCHAR",
    "VARCHAR2", "VIEW", "WHERE", "WITH",
])  # fmt: skip


def bind_name(text: str) -> str:
    """``:a`` and ``:"a"`` as Oracle folds bind names; ORA-01745 for a reserved word."""
    name = text[1:].strip()
    if name.startswith('"'):
        return name[1:-1]
    folded = name.upper()
    if folded in _RESERVED:
        raise OracleError(1745, "invalid host/bind variable name")
    return folded


# What may not follow a comma: sqlglot forgives trailing commas, Oracle does not.
_AFTER_COMMA = frozenset(
    ["FROM", "WHERE", "GROUP", "ORDER", "HAVING", "UNION", "MINUS", "CONNECT", "START", "VALUES"]
)
_NO_OPERATORS = frozenset("[]{}`?&%~!\\|:#^")


def check_tokens(sql: str) -> None:
    """OracleError for what Oracle's grammar has not and sqlglot would accept."""
    before: Token | None = None
    tokens = significant(scan(sql))
    start = tokens[0].offset if tokens else 0
    for token in tokens:
        if token.kind == "operator" and token.text in _NO_OPERATORS:
            raise OracleError(911, "invalid character", token.offset)
        if before is not None:
            word = token.upper if token.kind == "word" else token.text
            after_comma = before.text == "," and (word in _AFTER_COMMA or word in (",", ")"))
            if (
                after_comma
                or (before.text == "=" and word == "=")
                or (before.kind == "word" and before.upper == "SELECT" and word == "FROM")
            ):
                raise OracleError(936, "missing expression", token.offset)
            if before.upper == "UNION" and word == "DISTINCT":
                raise OracleError(928, "missing SELECT keyword", token.offset)
            if (
                before.upper == "INSERT"
                and before.offset == start
                and word not in ("INTO", "ALL", "FIRST")
            ):
                raise OracleError(925, "missing INTO keyword", token.offset)
            if before.upper == "INTERVAL":
                _check_interval(token)
        before = token


def _check_interval(token: Token) -> None:
    """INTERVAL '1' DAY: the number is quoted and the unit is not."""
    if token.kind == "number":
        raise OracleError(936, "missing expression", token.offset)
    if token.kind == "string" and any(letter.isalpha() for letter in string_value(token.text)):
        raise OracleError(1867, "the interval is invalid", token.offset)


def has_word(sql: str, word: str) -> bool:
    """True when *word* stands in the statement outside of quotes and comments."""
    return any(token.kind == "word" and token.upper == word for token in scan(sql))


def prepare(sql: str) -> tuple[str, list[str]]:
    """
    The text for sqlglot, and the bind names by occurrence.

    >>> prepare("select :1, 1.5d from dual -- x")
    ("select :b_0, ORASIM_DOUBLE('1.5') from dual  ", ['1'])
    """
    parts: list[str] = []
    binds: list[str] = []
    for token in scan(sql):
        text = token.text
        if token.kind == "comment":
            text = " "
        elif token.kind == "bind":
            binds.append(bind_name(text))
            text = f":b_{len(binds) - 1}"
        elif token.kind == "number" and text[-1] in "dDfF":
            kind = "DOUBLE" if text[-1] in "dD" else "FLOAT"
            text = f"ORASIM_{kind}('{text[:-1]}')"
        elif token.kind == "word" and token.upper in ("LIKEC", "LIKE2", "LIKE4"):
            text = "LIKE"  # by characters, as LIKE compares here
        elif token.kind == "operator":
            if text == ";":
                raise OracleError(911, "invalid character", token.offset)
            if text.startswith("(") and "+" in text:
                text = "(+)"
        parts.append(text)
    return "".join(parts), binds


def select_items(sql: str) -> list[str]:
    """
    The texts of the first select list, as Oracle names unaliased columns.

    >>> select_items("select distinct count(*), a.x , 'b c' from t")
    ['COUNT(*)', 'A.X', "'BC'"]
    """
    items: list[str] = []
    depth = 0
    started = False
    current: list[str] = []
    for token in significant(scan(sql)):
        depth += (token.text == "(") - (token.text == ")")
        if not started:
            started = depth == 0 and token.kind == "word" and token.upper == "SELECT"
            continue
        if depth == 0 and token.kind == "word":
            if token.upper in ("FROM", "BULK"):
                break
            if not items and not current and token.upper in ("DISTINCT", "UNIQUE", "ALL"):
                continue
        if depth == 0 and token.text == ",":
            items.append("".join(current))
            current = []
        else:
            text = token.text if token.kind == "quoted" else token.upper.replace(" ", "")
            current.append(text)
    items.append("".join(current))
    return items


def cut_returning(sql: str) -> tuple[str, int]:
    """
    A DML statement without ``INTO :a, :b`` after RETURNING, and the number of those binds.

    >>> cut_returning("delete from t return a, b into :x, :y")
    ('delete from t RETURNING a, b ', 2)
    """
    tokens = significant(scan(sql))
    start = into = None
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.kind == "word":
            if token.upper in ("RETURNING", "RETURN"):
                start, into = token, None
            elif token.upper == "INTO" and start is not None:
                into = token
    if start is None or into is None:
        return sql, 0
    binds = [t for t in tokens if t.kind == "bind" and t.offset > into.offset]
    count = len([bind_name(token.text) for token in binds])  # ORA-01745 for reserved words
    after = start.offset + len(start.text)
    return sql[: start.offset] + "RETURNING" + sql[after : into.offset], count
