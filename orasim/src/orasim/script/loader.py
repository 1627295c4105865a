"""Runs a script in a session: substitution variables, nested files, error policy."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orasim.engine import OracleError
from orasim.script.split import Item, split

logger = logging.getLogger("orasim")


class ScriptError(Exception):
    """A statement of a script failed; the message names file and line."""


@dataclass
class Report:
    """What a run did."""

    statements: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass
class _Run:
    session: Any
    report: Report
    stop_on_error: bool
    variables: dict[str, str] = field(default_factory=dict)
    define: str | None = "&"
    ended: bool = False


def load(
    session: Any,
    path: Path | str,
    *,
    stop_on_error: bool = True,
    variables: dict[str, str] | None = None,
) -> Report:
    """
    Run the script at *path*; UTF-8, else cp1252, is assumed.

    Raises ScriptError at the first failing statement unless *stop_on_error* is off, or the
    script itself says otherwise by WHENEVER SQLERROR.
    """
    run = _Run(session, Report(), stop_on_error, dict(variables or {}))
    _file(run, Path(path))
    session.commit()
    return run.report


def load_text(session: Any, text: str, *, stop_on_error: bool = True) -> Report:
    """Run a script given as text."""
    run = _Run(session, Report(), stop_on_error)
    _items(run, text, Path("script"))
    session.commit()
    return run.report


def _file(run: _Run, path: Path) -> None:
    if not path.exists() and not path.suffix:
        path = path.with_suffix(".sql")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    _items(run, text, path)


def _items(run: _Run, text: str, path: Path) -> None:
    for item in split(text):
        if run.ended:
            return
        if item.kind == "command":
            _command(run, item, path)
        else:
            _statement(run, item.text, path, item.line)


def _substitute(run: _Run, text: str) -> str:
    mark = run.define
    if mark is None or mark not in text:
        return text

    def value(found: re.Match[str]) -> str:
        name = found.group(1).upper()
        if name not in run.variables:
            raise ScriptError(f"substitution variable {mark}{name} is not defined")
        return run.variables[name]

    return re.sub(rf"{re.escape(mark)}{{1,2}}([A-Za-z][\w$#]*|\d+)\.?", value, text)


def _statement(run: _Run, text: str, path: Path, line: int) -> None:
    text = _substitute(run, text)
    run.report.statements += 1
    try:
        outcome = run.session.execute(text, [])
        if outcome.cursor is not None:
            while _count(outcome.cursor.fetch(1000)):
                pass
            outcome.cursor.close()
    except OracleError as error:
        shown = f"{path.name}:{line}: {error.message} in: {' '.join(text.split())[:120]}"
        run.report.errors.append(shown)
        logger.warning("%s", shown)
        if run.stop_on_error:
            raise ScriptError(shown) from error


def _count(fetched: Any) -> int:
    return int(fetched.count) if hasattr(fetched, "payload") else len(fetched)


def _command(run: _Run, item: Item, path: Path) -> None:
    text = item.text.rstrip(";").strip()
    if text.startswith("@"):
        name = _substitute(run, text.lstrip("@").strip()).split()[0].strip("'\"")
        _file(run, path.parent / name)
        return
    if text.startswith("!"):
        return
    word, _, rest = text.partition(" ")
    word, rest = word.upper(), rest.strip()
    if word == "START":
        _file(run, path.parent / _substitute(run, rest).split()[0])
    elif word.startswith("DEF"):
        name, found, value = rest.partition("=")
        if found:
            run.variables[name.strip().upper()] = _substitute(run, value.strip().strip("'\""))
    elif word.startswith("UNDEF"):
        run.variables.pop(rest.upper(), None)
    elif word.startswith("ACC"):
        parts = rest.split()
        default = re.search(r"\bDEF(?:AULT)?\s+(\S+)", rest, re.IGNORECASE)
        name = parts[0].upper()
        if name not in run.variables:
            run.variables[name] = default.group(1).strip("'\"") if default else ""
    elif word == "SET":
        _set(run, rest)
    elif word == "WHENEVER":
        if rest.upper().startswith("SQLERROR"):
            run.stop_on_error = "EXIT" in rest.upper()
    elif word in ("EXEC", "EXECUTE"):
        _statement(run, f"BEGIN {rest}; END;", path, item.line)
    elif word in ("EXIT", "QUIT"):
        run.ended = True
    elif word in ("CONN", "CONNECT"):
        user = _substitute(run, rest).split("/")[0].strip('"').upper()
        if user and user not in ("SYS", "SYSTEM"):
            run.session.set_current_schema(user)


def _set(run: _Run, rest: str) -> None:
    found = re.search(r"\b(?:DEF(?:INE)?|SCAN)\s+(\S+)", rest, re.IGNORECASE)
    if found:
        value = found.group(1).strip("'\"")
        run.define = None if value.upper() == "OFF" else "&" if value.upper() == "ON" else value
