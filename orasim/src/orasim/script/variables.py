"""SQL*Plus substitution variables: DEFINE, ACCEPT, NEW_VALUE, script arguments."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

_DEFINE = re.compile(r"\b(?:DEF(?:INE)?|SCAN)\s+(\S+)", re.IGNORECASE)
_ESCAPE = re.compile(r"\bESC(?:APE)?\s+(\S+)", re.IGNORECASE)
_CONCAT = re.compile(r"\bCON(?:CAT)?\s+(\S+)", re.IGNORECASE)
_DEFAULT = re.compile(r"\bDEF(?:AULT)?\s+('(?:[^']|'')*'|\"[^\"]*\"|\S+)", re.IGNORECASE)
_PROMPT = re.compile(r"\bPROMPT\s+('(?:[^']|'')*'|\"[^\"]*\"|\S+)", re.IGNORECASE)
_NEW_VALUE = re.compile(r"^\s*(\"[^\"]+\"|\S+)\s+.*?\bNEW_V(?:ALUE)?\s+(\S+)", re.IGNORECASE)


class Undefined(Exception):
    """A variable has no value and nobody can be asked."""


def unquoted(text: str) -> str:
    """A value without the quotes around it."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1]
    return text


def words(text: str) -> list[str]:
    """The words of a command, quoted ones whole."""
    try:
        return shlex.split(text, posix=True)
    except ValueError:
        return text.split()


@dataclass
class Variables:
    """Values by upper-case name, and the characters that SET gave a meaning."""

    values: dict[str, str] = field(default_factory=dict)
    mark: str | None = "&"
    escape: str | None = None
    concat: str | None = "."
    new_values: dict[str, str] = field(default_factory=dict)  # column -> variable

    def substitute(self, text: str) -> str:
        """
        *text* with variables replaced; Undefined names the first one without a value.

        >>> Variables({"S": "HR"}).substitute("SELECT * FROM &S..jobs WHERE x = '&&s'")
        "SELECT * FROM HR.jobs WHERE x = 'HR'"
        """
        mark = self.mark
        if mark is None or mark not in text:
            return text

        def value(found: re.Match[str]) -> str:
            if found.group("escaped"):
                return found.group()[1:]
            name = found.group("name").upper()
            if name not in self.values:
                raise Undefined(name)
            return self.values[name]

        escaped = f"(?P<escaped>{re.escape(self.escape)}{re.escape(mark)})" if self.escape else ""
        name = rf"{re.escape(mark)}{{1,2}}(?P<name>[A-Za-z_][\w$#]*|\d+)"
        tail = f"(?:{re.escape(self.concat)})?" if self.concat else ""
        pattern = f"{escaped}|{name}{tail}" if escaped else f"(?P<escaped>(?!))|{name}{tail}"
        return re.sub(pattern, value, text)

    def set(self, rest: str) -> None:
        """SET DEFINE, ESCAPE and CONCAT; other settings change nothing here."""
        if found := _DEFINE.search(rest):
            self.mark = _character(found.group(1), "&")
        if found := _ESCAPE.search(rest):
            self.escape = _character(found.group(1), "\\")
        if found := _CONCAT.search(rest):
            self.concat = _character(found.group(1), ".")

    def define(self, rest: str) -> None:
        """DEFINE name = value."""
        name, found, value = rest.partition("=")
        if found:
            self.values[name.strip().upper()] = unquoted(self.substitute(value))

    def accept(self, rest: str) -> None:
        """ACCEPT name …: a value given before, else the DEFAULT; Undefined without both."""
        name = rest.split()[0].upper()
        if name in self.values:
            return
        # A prompt's text may hold the word DEFAULT.
        found = _DEFAULT.search(_PROMPT.sub(" ", rest))
        if found is None:
            raise Undefined(name)
        self.values[name] = unquoted(self.substitute(found.group(1)))

    def column(self, rest: str) -> None:
        """COLUMN name NEW_VALUE variable."""
        if found := _NEW_VALUE.match(rest):
            self.new_values[unquoted(found.group(1)).upper()] = found.group(2).strip(";").upper()


def _character(word: str, default: str) -> str | None:
    word = unquoted(word)
    return None if word.upper() == "OFF" else default if word.upper() == "ON" else word
