"""Where statements of a SQL*Plus script end, and what is a command of SQL*Plus itself.

A ``;`` at a line's end runs SQL; PL/SQL and CREATE of stored code run at a line ``/``; a
line ``/`` after SQL runs it again; a line ``.`` drops the buffer; quotes and comments hide
all of these (facts §6). Blank lines inside SQL are kept, as after SET SQLBLANKLINES ON,
unless the script says SET SQLBLANKLINES OFF.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# Commands by their shortest and their full spelling: SQL*Plus takes every length between.
_SPELLINGS = {
    "ACCEPT": "ACC", "APPINFO": "APPINFO", "ARCHIVE": "ARCHIVE", "BREAK": "BRE", "BTITLE": "BTI",
    "CLEAR": "CL", "COLUMN": "COL", "COMPUTE": "COMP", "CONNECT": "CONN", "DEFINE": "DEF",
    "DESCRIBE": "DESC", "DISCONNECT": "DISC", "EXECUTE": "EXEC", "EXIT": "EXIT", "HELP": "HELP",
    "HOST": "HO", "LIST": "L", "LOAD": "LOAD", "PASSWORD": "PASSW", "PAUSE": "PAU",
    "PRINT": "PRI", "PROMPT": "PRO", "QUIT": "QUIT", "REMARK": "REM", "REPFOOTER": "REPF",
    "REPHEADER": "REPH", "RUN": "R", "SET": "SET", "SHOW": "SHO", "SHUTDOWN": "SHUTDOWN",
    "SPOOL": "SPO", "START": "STA", "STARTUP": "STARTUP", "STORE": "STORE", "TIMING": "TIMI",
    "TTITLE": "TTI", "UNDEFINE": "UNDEF", "VARIABLE": "VAR", "WHENEVER": "WHENEVER",
}  # fmt: skip
_COMMANDS = {
    full[:length]: full
    for full, short in _SPELLINGS.items()
    for length in range(len(short), len(full) + 1)
}
_FIRST_WORD = re.compile(r"\s*([A-Za-z]+)(?=\s|;|$)")
_SET_OF_SQL = re.compile(r"\s*SET\s+(?:ROLE|TRANSACTION|CONSTRAINTS?)\b", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\bSQLBL(?:ANKLINES)?\s+(ON|OFF)\b", re.IGNORECASE)

_PLSQL = re.compile(
    r"""\s*(?:DECLARE\b|BEGIN\b|<<
    |CREATE\s+(?:OR\s+REPLACE\s+)?(?:AND\s+(?:RESOLVE|COMPILE)\s+)?(?:NOFORCE\s+)?
      (?:IF\s+NOT\s+EXISTS\s+)?(?:(?:NON)?EDITIONABLE\s+)?
      (?:PROCEDURE|FUNCTION|PACKAGE|TRIGGER|TYPE|LIBRARY|JAVA|MLE)\b
    |WITH\s+(?:FUNCTION|PROCEDURE)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
_ENOUGH_WORDS = 8  # CREATE OR REPLACE AND RESOLVE NOFORCE JAVA SOURCE: what _PLSQL looks at
_OPENING = re.compile(r"--|/\*|(?<![\w$\#])[nN]?[qQ]'(?P<mark>.)|['\"]", re.DOTALL)
_MATES = {"[": "]", "{": "}", "<": ">", "(": ")"}


@dataclass(frozen=True, slots=True)
class Item:
    """
    One thing to do, and the line where it starts.

    *kind*: ``sql`` to run; ``command`` of SQL*Plus; ``dropped``, a statement that was never
    run because a blank line ended it.
    """

    kind: str
    text: str
    line: int


def command_name(text: str) -> str | None:
    """
    The full name of the SQL*Plus command that *text* starts with; None for SQL.

    >>> command_name("spo out.log"), command_name("@@tables"), command_name("select 1")
    ('SPOOL', '@@', None)
    """
    stripped = text.lstrip()
    for mark in ("@@", "@", "!"):
        if stripped.startswith(mark):
            return mark
    found = _FIRST_WORD.match(text)
    if not found or _SET_OF_SQL.match(text):
        return None
    return _COMMANDS.get(found.group(1).upper())


@dataclass(slots=True)
class _Statement:
    """The statement being read: its lines, and what its first words say it is."""

    start: int = 0
    lines: list[str] = field(default_factory=list)
    inside: str = ""  # what closes the quote or comment the last line ended in
    head: str = ""  # the first words, without comments and quoted text
    is_plsql: bool | None = None  # None: too few words to know

    def clean(self, line: str) -> str:
        """*line* with quoted text crossed out and comments blank; moves ``inside`` on."""
        out: list[str] = []
        at = 0
        while at < len(line):
            if self.inside:
                end = line.find(self.inside, at)
                fill = " " if self.inside == "*/" else "x"
                if end < 0:
                    out.append(fill * (len(line) - at))
                    break
                end += len(self.inside)
                out.append(fill * (end - at))
                at, self.inside = end, ""
                continue
            found = _OPENING.search(line, at)
            if found is None:
                out.append(line[at:])
                break
            out.append(line[at : found.start()])
            opening, at = found.group(), found.end()
            if opening == "--":
                break
            if opening == "/*":
                self.inside = "*/"
                out.append("  ")
            else:
                mark = found.group("mark")
                self.inside = _MATES.get(mark, mark) + "'" if mark else opening
                out.append("x" * len(opening))
        return "".join(out)

    def learn(self, clean: str) -> None:
        """See from the first words whether this is PL/SQL, which only ``/`` ends."""
        if self.is_plsql is None:
            self.head += clean + " "
            if _PLSQL.match(self.head):
                self.is_plsql = True
            elif len(self.head.split()) >= _ENOUGH_WORDS:
                self.is_plsql = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()


def split(text: str) -> list[Item]:
    """
    The statements and commands of a script, in order.

    >>> [i.text for i in split("select 1 from dual;\\nBEGIN\\n null;\\nEND;\\n/\\n")]
    ['select 1 from dual', 'BEGIN\\n null;\\nEND;']
    """
    reader = _Reader(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return reader.read()


class _Reader:
    """Goes through the lines once."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.number = 0  # of the line last taken, from 1
        self.items: list[Item] = []
        self.last = ""  # SQL*Plus's buffer: what "/" runs
        self.statement = _Statement()
        self.keeps_blank_lines = True

    def read(self) -> list[Item]:
        while self.number < len(self.lines):
            line = self.lines[self.number]
            self.number += 1
            if self.statement.lines or self.statement.inside:
                self._continue(line)
            else:
                self._begin(line)
        if self.statement.head.strip():
            # ASSUMPTION(oracle): SQL*Plus leaves an unfinished last statement unrun; a
            # script that lost its last ";" is more useful run than silently cut short.
            self._run(self.statement.text)
        return self.items

    def _begin(self, line: str) -> None:
        """A line with nothing before it in the buffer."""
        bare = line.strip()
        if not bare or bare == ".":
            return
        if bare == "/":
            self._again()
            return
        name = command_name(line)
        if name is not None:
            self._command(line, name)
            return
        self.statement = _Statement(self.number)
        self._take(line)

    def _continue(self, line: str) -> None:
        """A line of a statement already begun."""
        bare = line.strip()
        if not self.statement.inside:
            if bare == "/":
                self._run(self.statement.text)
                return
            if bare == ".":
                self.last = self.statement.text
                self.statement = _Statement()
                return
        if not bare and not self.keeps_blank_lines and not self.statement.is_plsql:
            self.last = self.statement.text
            self.items.append(Item("dropped", self.last, self.statement.start))
            self.statement = _Statement()
            return
        self._take(line)

    def _take(self, line: str) -> None:
        """Add a line; run the statement when it ends here."""
        statement = self.statement
        clean = statement.clean(line)
        end = clean.rstrip()
        if end.endswith("-") and not statement.inside and self.number < len(self.lines):
            # SQL*Plus goes on after a hyphen at a line's end in SQL too: no minus sign is left.
            line, clean = line[: len(end) - 1], clean[: len(end) - 1]
        statement.lines.append(line)
        statement.learn(clean)
        if not statement.head.strip():
            if not statement.inside:
                self.statement = _Statement()  # comments between statements
            return
        end = clean.rstrip()
        if statement.inside or statement.is_plsql or not end.endswith(";"):
            return
        statement.lines[-1] = line[: len(end) - 1]
        if statement.head.strip(" ;"):
            self._run(statement.text)
        else:
            self.statement = _Statement()  # a ";" alone

    def _run(self, text: str) -> None:
        self.items.append(Item("sql", text, self.statement.start))
        self.last = text
        self.statement = _Statement()

    def _again(self) -> None:
        if self.last:
            self.items.append(Item("sql", self.last, self.number))

    def _command(self, line: str, name: str) -> None:
        first, text = self.number, line.rstrip()
        # "PROMPT -----" is a rule, not a continued line.
        while text.endswith("-") and not text.endswith("--") and self.number < len(self.lines):
            text = text[:-1] + " " + self.lines[self.number].strip()
            self.number += 1
        if name == "RUN":
            self._again()
            return
        if name == "SET":
            found = _BLANK_LINES.search(text)
            if found:
                self.keeps_blank_lines = found.group(1).upper() == "ON"
        self.items.append(Item("command", text.strip(), first))
