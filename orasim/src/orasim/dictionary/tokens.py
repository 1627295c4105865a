"""Tokens of Oracle DDL, with their places, so that default and check texts stay as typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orasim.engine import OracleError, not_supported

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
    | (?P<text>[nN]?[qQ]'(?:\[.*?\]|\{.*?\}|<.*?>|\(.*?\)|(?P<q>[^\s\[{<(]).*?(?P=q))'|[nN]?'(?:[^']|'')*')
    | (?P<quoted>"[^"]+")
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?(?![\w$#]))
    | (?P<name>[^\W\d_][\w$#]*)
    | (?P<symbol>\|\||:=|<>|!=|>=|<=|=>|[-+*/(),.;=<>@:%&!^|?\[\]])
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token; *value* is folded for names, without quotes for quoted ones and text."""

    kind: str  # name, quoted, text, number, symbol, other, end
    value: str
    start: int
    end: int


def tokenize(sql: str) -> list[Token]:
    """
    All tokens and an end. A character without a place in DDL is a token ``other``: stored
    code and access parameters may hold it, a parser that meets it raises ORA-00911.
    """
    tokens, at = [], 0
    while at < len(sql):
        found = _TOKEN.match(sql, at)
        assert found is not None  # "other" takes any character
        kind, raw = found.lastgroup or "", found.group()
        if kind == "q":
            kind = "text"
        at = found.end()
        if kind == "space":
            continue
        value = raw
        if kind == "name":
            value = raw.upper()
        elif kind == "quoted":
            value = raw[1:-1]
        elif kind == "text":
            value = text_value(raw)
        tokens.append(Token(kind, value, found.start(), at))
    tokens.append(Token("end", "", len(sql), len(sql)))
    return tokens


def text_value(raw: str) -> str:
    """What a text literal stands for."""
    if raw[0] in "nN":
        raw = raw[1:]
    if raw[0] in "qQ":
        return raw[3:-2]
    return raw[1:-1].replace("''", "'")


class Parser:
    """A cursor over tokens, with what every statement needs."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = tokenize(sql)
        self.at = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    def peek(self, *words: str) -> bool:
        """True when the next tokens are these keywords or symbols."""
        for offset, word in enumerate(words):
            token = self.tokens[min(self.at + offset, len(self.tokens) - 1)]
            if token.kind not in ("name", "symbol") or token.value != word:
                return False
        return True

    def take(self, *words: str) -> bool:
        """Pass over these keywords if they come next."""
        if self.peek(*words):
            self.at += len(words)
            return True
        return False

    def take_any(self, *words: str) -> str | None:
        """Pass over one of these keywords."""
        for word in words:
            if self.take(word):
                return word
        return None

    def expect(self, *words: str) -> None:
        """These keywords must come next; ORA-00905, or the code of a missing symbol."""
        if self.take(*words):
            return
        if words[0] == "(":
            raise OracleError(906, "missing left parenthesis", self.token.start)
        if words[0] == ")":
            raise OracleError(907, "missing right parenthesis", self.token.start)
        raise OracleError(905, f"missing keyword (orasim: {' '.join(words)})", self.token.start)

    @property
    def at_end(self) -> bool:
        """True when nothing is left."""
        return self.token.kind == "end"

    def name(self) -> str:
        """An identifier, folded unless quoted; ORA-00903-like when none comes."""
        token = self.token
        if token.kind not in ("name", "quoted"):
            self.refuse_other()
            raise OracleError(904, ": invalid identifier", token.start)
        if len(token.value.encode()) > 128:
            raise OracleError(972, "identifier is too long", token.start)
        self.at += 1
        return token.value

    def qualified(self, schema: str) -> tuple[str, str]:
        """[schema.]name."""
        first = self.name()
        if self.take("."):
            return first, self.name()
        return schema, first

    def names(self) -> list[str]:
        """A parenthesised list of identifiers."""
        self.expect("(")
        found = [self.name()]
        while self.take(","):
            found.append(self.name())
        self.expect(")")
        return found

    def integer(self) -> int:
        """A whole number, maybe signed."""
        sign = -1 if self.take("-") else 1
        self.take("+")
        token = self.token
        if token.kind != "number":
            raise OracleError(1722, "invalid number", token.start)
        self.at += 1
        return (
            sign * int(float(token.value))
            if "e" in token.value.lower()
            else sign * int(token.value.split(".")[0])
        )

    def skip_parentheses(self) -> str:
        """A parenthesised group; its text with the parentheses."""
        start, depth = self.token.start, 0
        self.expect("(")
        depth = 1
        while depth:
            if self.at_end:
                raise OracleError(907, "missing right parenthesis", self.token.start)
            if self.peek("("):
                depth += 1
            elif self.peek(")"):
                depth -= 1
            self.at += 1
        return self.sql[start : self.tokens[self.at - 1].end]

    def text_until(self, stops: set[str]) -> str:
        """
        The text up to a comma, a closing parenthesis or one of the keywords, at this depth.
        """
        start, depth, end = self.token.start, 0, self.token.start
        while not self.at_end:
            token = self.token
            if depth == 0 and token.kind in ("name", "symbol"):
                if token.value in (",", ")") or (token.kind == "name" and token.value in stops):
                    break
            if token.kind == "symbol":
                depth += {"(": 1, ")": -1}.get(token.value, 0)
            end = token.end
            self.at += 1
        return self.sql[start:end]

    def rest(self) -> str:
        """All that is left, without a trailing semicolon."""
        text = self.sql[self.token.start :].rstrip()
        self.at = len(self.tokens) - 1
        return text.removesuffix(";").rstrip()

    def refuse_other(self) -> None:
        """ORA-01756 at a quote that is never closed, ORA-00911 at a character out of place."""
        if self.token.kind == "other":
            if self.token.value in "'\"":
                raise OracleError(1756, "quoted string not properly terminated", self.token.start)
            raise OracleError(911, "invalid character", self.token.start)

    def unknown(self) -> OracleError:
        """ORA-03001 naming what comes next."""
        self.refuse_other()
        return not_supported(f"DDL at {self.sql[self.token.start : self.token.start + 40]!r}")
