"""Where statements of a SQL*Plus script end, and what is a command of SQL*Plus itself.

A ``;`` at a line's end runs SQL; PL/SQL and CREATE of stored code run at a line ``/``; a
line ``/`` after SQL runs it again; a line ``.`` drops the buffer; quotes and comments hide
all of these (facts §6).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_COMMANDS = re.compile(
    r"^\s*(REM(?:ARK)?|PRO(?:MPT)?|SET(?!\s+(?:ROLE|TRANSACTION|CONSTRAINTS?)\b)|SPO(?:OL)?|DEF(?:INE)?"
    r"|UNDEF(?:INE)?|ACC(?:EPT)?|COL(?:UMN)?|WHENEVER|SHO(?:W)?|EXEC(?:UTE)?|CONN(?:ECT)?|DISC(?:ONNECT)?"
    r"|EXIT|QUIT|HO(?:ST)?|VAR(?:IABLE)?|PRINT|START|PAUSE|CLEAR|TTITLE|BTITLE|BREAK|TIMING|DESC(?:RIBE)?"
    r"|LOAD|CL|STORE|APPINFO|PASSWORD|@@?|!)(?=\s|$|;|\S)",
    re.IGNORECASE,
)
_WORD_COMMAND = re.compile(r"^\s*([A-Za-z]+|@@?|!)")
_NAMES = {
    "REM", "REMARK", "PRO", "PROMPT", "SET", "SPO", "SPOOL", "DEF", "DEFINE", "UNDEF", "UNDEFINE",
    "ACC", "ACCEPT", "COL", "COLUMN", "WHENEVER", "SHO", "SHOW", "EXEC", "EXECUTE", "CONN", "CONNECT",
    "DISC", "DISCONNECT", "EXIT", "QUIT", "HO", "HOST", "VAR", "VARIABLE", "PRINT", "START", "PAUSE",
    "CLEAR", "CL", "TTITLE", "BTITLE", "BREAK", "TIMING", "DESC", "DESCRIBE", "LOAD", "STORE",
    "APPINFO", "PASSWORD", "@", "@@", "!",
}  # fmt: skip
_PLSQL = re.compile(
    r"""^\s*(?:DECLARE\b|BEGIN\b|<<
    |CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:NON)?EDITIONABLE\s+)?
      (?:PROCEDURE|FUNCTION|PACKAGE|TRIGGER|TYPE|LIBRARY|JAVA)\b
    |WITH\s+(?:FUNCTION|PROCEDURE)\b)""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do: a statement (``sql``) or a SQL*Plus command."""

    kind: str  # sql, command
    text: str
    line: int


class _Scanner:
    """Follows quotes and comments across lines."""

    def __init__(self) -> None:
        self.inside = ""  # "", "'", '"', "/*" or a q-quote's closing

    def feed(self, line: str) -> str:
        """The line with quoted text and comments blanked out."""
        out, at = [], 0
        while at < len(line):
            if self.inside:
                closing = "*/" if self.inside == "/*" else self.inside
                end = line.find(closing, at)
                if end < 0:
                    out.append(" " * (len(line) - at))
                    return "".join(out)
                end += len(closing)
                out.append("x" * (end - at) if self.inside != "/*" else " " * (end - at))
                at, self.inside = end, ""
                continue
            if line.startswith("--", at):
                out.append(" " * (len(line) - at))
                break
            if line.startswith("/*", at):
                self.inside = "/*"
                out.append("  ")
                at += 2
                continue
            quote = re.match(r"[nN]?[qQ]'(.)", line[at:])
            before = line[at - 1] if at else " "
            if quote and not (before.isalnum() or before in "_$#"):
                mate = {"[": "]", "{": "}", "<": ">", "(": ")"}.get(quote.group(1), quote.group(1))
                self.inside = mate + "'"
                out.append("x" * quote.end())
                at += quote.end()
                continue
            char = line[at]
            if char in "'\"":
                self.inside = char
                out.append("x")
            else:
                out.append(char)
            at += 1
        return "".join(out)


def split(text: str) -> list[Item]:
    """
    The statements and commands of a script, in order.

    >>> [i.text for i in split("select 1 from dual;\\nBEGIN\\n null;\\nEND;\\n/\\n")]
    ['select 1 from dual', 'BEGIN\\n null;\\nEND;']
    """
    items: list[Item] = []
    buffer: list[str] = []
    start = 0
    last = ""
    scanner = _Scanner()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if not buffer and not scanner.inside:
            if not line.strip():
                continue
            if _is_command(line):
                first = number
                while line.rstrip().endswith("-") and number < len(lines):
                    line = line.rstrip()[:-1] + " " + lines[number]
                    number += 1
                items.append(Item("command", line.strip(), first))
                continue
            if line.strip() == "/":
                if last:
                    items.append(Item("sql", last, number))
                continue
            start = number
        clean = scanner.feed(line)
        is_plsql = bool(_PLSQL.match(_without_comments("\n".join([*buffer, line]))))
        if not scanner.inside and buffer:
            if line.strip() == "/":
                last = "\n".join(buffer).strip()
                items.append(Item("sql", last, start))
                buffer = []
                continue
            if line.strip() == ".":
                buffer = []
                continue
        if not buffer and not clean.strip() and not scanner.inside:
            continue  # a comment between statements
        buffer.append(line)
        if not is_plsql and not scanner.inside and clean.rstrip().endswith(";"):
            end = clean.rstrip()
            body = "\n".join([*buffer[:-1], line[: len(end) - 1]]).strip()
            buffer = []
            if body:
                last = body
                items.append(Item("sql", body, start))
    rest = "\n".join(buffer).strip()
    if rest and _without_comments(rest).strip():
        items.append(Item("sql", rest, start))
    return items


def _is_command(line: str) -> bool:
    found = _WORD_COMMAND.match(line)
    if not found:
        return False
    word = found.group(1).upper()
    if word == "SET":
        return not re.match(r"\s*SET\s+(ROLE|TRANSACTION|CONSTRAINTS?)\b", line, re.IGNORECASE)
    if word in ("START", "STORE", "LOAD", "PRINT", "BREAK", "PASSWORD", "TIMING", "COLUMN", "COL"):
        return bool(re.match(rf"\s*{word}(\s|$)", line, re.IGNORECASE))
    return word in _NAMES


_COMMENT = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)


def _without_comments(text: str) -> str:
    return _COMMENT.sub(" ", text)
