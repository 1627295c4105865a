"""The tokens of PL/SQL text, and cutting expressions and SQL out of it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from orasim.engine import OracleError, not_supported
from orasim.plsql.nodes import Argument, Target, Text
from orasim.sql.scan import Token, bind_name, scan, significant

_ATTRIBUTES = frozenset(["FOUND", "NOTFOUND", "ISOPEN", "ROWCOUNT", "TYPE", "ROWTYPE"])


def stored(token: Token) -> str:
    """A name as stored: folded unless quoted."""
    return token.text[1:-1] if token.kind == "quoted" else token.upper


@dataclass
class Reader:
    """A cursor over the tokens of one text."""

    sql: str

    def __post_init__(self) -> None:
        self.tokens = significant(scan(self.sql))
        self.at = 0
        self._lines = [place for place, letter in enumerate(self.sql) if letter == "\n"]

    # -- looking --------------------------------------------------------------------------

    @property
    def at_end(self) -> bool:
        return self.at >= len(self.tokens)

    @property
    def token(self) -> Token:
        if self.at_end:
            return Token("end", "", len(self.sql))
        return self.tokens[self.at]

    @property
    def line(self) -> int:
        return self.line_of(self.token)

    def line_of(self, token: Token) -> int:
        return bisect_right(self._lines, token.offset - 1) + 1

    def peek(self, *words: str, ahead: int = 0) -> bool:
        """True when these keywords or symbols come next (after *ahead* more tokens)."""
        for offset, word in enumerate(words, self.at + ahead):
            if offset >= len(self.tokens):
                return False
            token = self.tokens[offset]
            if token.kind in ("quoted", "string") or token.upper != word:
                return False
        return True

    def take(self, *words: str) -> bool:
        if self.peek(*words):
            self.at += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        if not self.take(*words):
            raise self.unexpected(" ".join(words))

    def unexpected(self, wanted: str = "") -> OracleError:
        """PLS-00103 at the token that does not fit."""
        token = self.token
        column = token.offset - (self._lines[self.line - 2] if self.line > 1 else -1)
        shown = f'"{token.upper or "end-of-file"}"'
        hint = f" when expecting one of the following: {wanted}" if wanted else ""
        return OracleError(
            6550,
            f"line {self.line}, column {column}:\nPLS-00103: Encountered the symbol {shown}{hint}",
        )

    # -- names ----------------------------------------------------------------------------

    def name(self) -> str:
        if self.token.kind not in ("word", "quoted"):
            raise self.unexpected("<an identifier>")
        self.at += 1
        return stored(self.tokens[self.at - 1])

    def names(self) -> tuple[str, ...]:
        """``a.b.c`` as stored names."""
        found = [self.name()]
        while self.peek("."):
            self.at += 1
            found.append(self.name())
        return tuple(found)

    def target(self) -> Target:
        """A variable, a record's field, a bind."""
        if self.token.kind == "bind":
            self.at += 1
            return Target((bind_name(self.tokens[self.at - 1].text),), True)
        names = self.names()
        if self.peek("("):
            raise not_supported("PL/SQL collections")
        return Target(names)

    def targets(self) -> tuple[Target, ...]:
        found = [self.target()]
        while self.take(","):
            found.append(self.target())
        return tuple(found)

    # -- texts ----------------------------------------------------------------------------

    def until(self, *stops: str) -> Text:
        """The expression up to one of *stops*, which is not taken."""
        start, depth, cases = self.at, 0, 0
        while not self.at_end:
            token = self.token
            word = token.upper if token.kind in ("word", "operator") else ""
            if depth == 0 and cases == 0 and word in stops:
                break
            depth += (word == "(") - (word == ")")
            if depth < 0:
                break
            cases += (word == "CASE") - (word == "END" and cases > 0)
            if word == ";" and depth == 0:
                break
            self.at += 1
        if self.at == start:
            raise self.unexpected("an expression")
        return self.cut(start, self.at)

    def cut(self, start: int, end: int) -> Text:
        """The tokens as text: spaces and lines as typed, ``x%found`` as one quoted name."""
        tokens = self.tokens
        parts: list[str] = []
        at, place = start, tokens[start].offset
        while at < end:
            token = tokens[at]
            parts.append(self.sql[place : token.offset] if not parts or place >= 0 else "")
            place = token.offset + len(token.text)
            is_attribute = (
                token.kind in ("word", "quoted", "bind")
                and at + 2 < len(tokens)
                and tokens[at + 1].text == "%"
                and tokens[at + 2].upper in _ATTRIBUTES - {"TYPE", "ROWTYPE"}
            )
            if is_attribute:
                owner = ":" + bind_name(token.text) if token.kind == "bind" else stored(token)
                parts.append(f'"{owner}%{tokens[at + 2].upper}"')
                place = tokens[at + 2].offset + len(tokens[at + 2].text)
                at += 3
                continue
            parts.append(token.text)
            at += 1
        return Text("".join(parts), self.line_of(tokens[start]))

    def arguments(self) -> tuple[Argument, ...]:
        """``(a, name => b)``, or nothing."""
        if not self.take("("):
            return ()
        found: list[Argument] = []
        while not self.take(")"):
            found.append(self.argument((",", ")")))
            if not self.take(",") and not self.peek(")"):
                raise self.unexpected(", )")
        return tuple(found)

    def argument(self, stops: tuple[str, ...]) -> Argument:
        """One argument; a lone variable or bind is also a target for OUT."""
        name = None
        if self.peek("=>", ahead=1):
            name = self.name()
            self.at += 1
        start = self.at
        value = self.until(*stops)
        return Argument(value, name, self._lone_target(start, self.at))

    def _lone_target(self, start: int, end: int) -> Target | None:
        tokens = self.tokens[start:end]
        if len(tokens) == 1 and tokens[0].kind == "bind":
            return Target((bind_name(tokens[0].text),), True)
        is_name = len(tokens) % 2 == 1 and all(
            (token.text == ".") if place % 2 else token.kind in ("word", "quoted")
            for place, token in enumerate(tokens)
        )
        return Target(tuple(stored(token) for token in tokens[::2])) if is_name else None
