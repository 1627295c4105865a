"""Where things are in a text: lines, columns, and the bodies of routines in their quotes."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

_ESCAPES = re.compile(r"\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.S)


@dataclass(frozen=True)
class Places:
    """
    Lines and columns of *text*, both from 1, in characters.

    >>> Places("a\\nbc").of(3)
    (2, 2)
    """

    text: str

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def of(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at *offset*."""
        line = bisect_right(self._starts, max(0, min(offset, len(self.text))))
        return line, offset - self._starts[line - 1] + 1

    def line_start(self, line: int) -> int:
        """Where *line* begins; the last line for one that is not there."""
        return self._starts[max(0, min(line - 1, len(self._starts) - 1))]


@dataclass(frozen=True)
class Body:
    """
    A routine's body as it stands in the text: a quoted literal from *start* to *end*.

    PostgreSQL counts a body's lines from its opening quote.
    """

    text: str
    start: int  # of the opening quote, or of the E before it
    end: int  # after the closing quote

    @cached_property
    def _opening(self) -> int:
        """Where the content begins."""
        literal = self.text[self.start : self.end]
        quote = re.match(r"\$[^$]*\$|[eE]?'|[uU]&'", literal)
        return self.start + (quote.end() if quote else 0)

    @cached_property
    def _value_breaks(self) -> list[int]:
        """Offsets in the text after each line break of the body's value."""
        content = self.text[self._opening : self.end]
        breaks = [found.end() for found in re.finditer("\n", content)]
        if self.text[self.start] in "eE":
            # A line break may be written \n there, and a real one may follow a backslash.
            escapes = _ESCAPES.finditer(content)
            breaks += [e.end() for e in escapes if e.group() in ("\\n", "\\x0a", "\\x0A", "\\012")]
        return sorted({self._opening + place for place in breaks})

    def line_start(self, line: int) -> int:
        """The offset in the text at which *line* of the body begins."""
        if line <= 1 or not self._value_breaks:
            return self._opening
        return self._value_breaks[min(line - 2, len(self._value_breaks) - 1)]

    def find(self, line: int, query: str | None, position: int | None) -> int:
        """
        The offset of the 1-based *position* in *query*, which stands on *line* or below it.

        Where the query is not found, the first word of the line.
        """
        start = self.line_start(line)
        found = self._find_query(start, query, position) if query and position else None
        if found is not None:
            return found
        first = re.compile(r"[ \t]*").match(self.text, start)
        return first.end() if first else start

    def _find_query(self, start: int, query: str, position: int) -> int | None:
        """
        PL/pgSQL puts blanks where INTO was, so places behind it stay what they are; quotes
        that are doubled in a quoted body do not, and the word itself is looked for.
        """
        head = query.lstrip()
        position -= len(query) - len(head)
        opening = re.match(r"\S{1,12}", head)
        at = self.text.find(opening[0], start, self.end) if opening else -1
        if at < 0 or position < 1:
            return None
        word = re.match(r"\w+|\S?", head[position - 1 :])
        if word and self.text.startswith(word[0], at + position - 1):
            return at + position - 1
        again = self.text.find(word[0], at, self.end) if word and word[0] else -1
        return again if again >= 0 else at
