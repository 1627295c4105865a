"""Runs a script in a session: substitution variables, nested files, error policy.

What would leave the database other than the script's author meant is never passed over in
silence: a failing statement, a command that loads data by other means, a variable without
a value are errors with file and line.
"""

from __future__ import annotations

import codecs
import logging
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orasim.dictionary.model import Table
from orasim.engine import OracleError
from orasim.script.csvload import LoadOptions, load_csv, split_command
from orasim.script.rows import Loaded
from orasim.script.split import Item, command_name, split
from orasim.script.sqlldr import load_control
from orasim.script.variables import Undefined, Variables, words
from orasim.values import OraDate

logger = logging.getLogger("orasim")

MOST_NESTED = 20  # SQL*Plus allows as many scripts inside each other
_LOADERS = re.compile(r"\b(impdp|imp|expdp|sqlplus|sql)\b", re.IGNORECASE)
_SQLLDR = re.compile(r"^\s*(?:\S*/)?sqlldr\b(.*)$", re.IGNORECASE | re.DOTALL)
_SET_LOAD = re.compile(r"^LOAD(?:FORMAT)?\b(.*)$", re.IGNORECASE)


class ScriptError(Exception):
    """A statement of a script failed; the message names file and line."""


@dataclass
class Report:
    """
    What a run did. *skipped* are commands for the operating system, which never run; *loads*
    say how many rows LOAD and SQL*Loader brought.
    """

    statements: int = 0
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)


@dataclass
class _Run:
    session: Any
    report: Report
    stop_on_error: bool
    variables: Variables
    folder: Path = Path()  # of the first script: nested names are looked for there too
    load_options: LoadOptions = field(default_factory=lambda: LoadOptions({}))
    connected: list[Any] = field(default_factory=list)  # sessions that CONNECT opened
    commits_at_exit: bool = True
    ended: bool = False
    depth: int = 0


def load(
    session: Any,
    path: Path | str,
    *,
    stop_on_error: bool = True,
    variables: dict[str, str] | None = None,
    arguments: list[str] | None = None,
) -> Report:
    """
    Run the script at *path*; UTF-8 (or UTF-16 with its mark), else cp1252, is assumed. A
    ``.ctl`` file is SQL*Loader's: its data is loaded.

    *variables* are as after DEFINE, *arguments* are &1, &2, …. Raises ScriptError at the
    first failing statement unless *stop_on_error* is off, or the script itself says
    otherwise by WHENEVER SQLERROR.
    """
    path = Path(path)
    with _running(session, stop_on_error, variables) as run:
        run.folder = path.parent
        if path.suffix.lower() == ".ctl":
            _data(run, path, Item("command", path.name, 1), lambda: load_control(session, path))
        else:
            _file(run, path, arguments or [])
    return run.report


def load_text(
    session: Any,
    text: str,
    *,
    stop_on_error: bool = True,
    variables: dict[str, str] | None = None,
) -> Report:
    """Run a script given as text; files it names are looked for in the current directory."""
    with _running(session, stop_on_error, variables) as run:
        _items(run, text, Path("script"))
    return run.report


@contextmanager
def _running(session: Any, stop_on_error: bool, variables: dict[str, str] | None) -> Iterator[_Run]:
    """A run that ends as SQL*Plus does: with COMMIT, unless WHENEVER said ROLLBACK."""
    given = {name.upper(): value for name, value in (variables or {}).items()}
    run = _Run(session, Report(), stop_on_error, Variables(given))
    try:
        yield run
    except ScriptError:
        if not run.commits_at_exit:
            run.session.rollback()
        raise
    finally:
        run.session.commit()
        for opened in run.connected:
            opened.close()


def read_text(path: Path) -> str:
    """A script's text, from the encodings that scripts come in."""
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        logger.warning("%s is not UTF-8: read as cp1252", path.name)
        return data.decode("cp1252", "replace")


def _file(run: _Run, path: Path, arguments: list[str]) -> None:
    if not path.exists() and not path.suffix:
        path = path.with_suffix(".sql")
    text = read_text(path)
    for number, value in enumerate(arguments, 1):
        run.variables.values[str(number)] = value
    run.depth += 1
    _items(run, text, path)
    run.depth -= 1


def _items(run: _Run, text: str, path: Path) -> None:
    for item in split(text):
        if run.ended:
            return
        if item.kind == "command":
            _command(run, item, path)
        elif item.kind == "dropped":
            _failed(run, path, item, "a blank line ended the statement, so it was not run")
        else:
            _statement(run, item, path)


def _failed(run: _Run, path: Path, item: Item, why: str, cause: Exception | None = None) -> None:
    shown = f"{path.name}:{item.line}: {why} in: {' '.join(item.text.split())[:120]}"
    run.report.errors.append(shown)
    logger.warning("%s", shown)
    if run.stop_on_error:
        raise ScriptError(shown) from cause


def _undefined(run: _Run, path: Path, item: Item, error: Undefined) -> None:
    name = str(error)
    why = f"substitution variable {name} has no value (--define {name}=… gives one)"
    _failed(run, path, item, why, error)


def _statement(run: _Run, item: Item, path: Path) -> None:
    run.report.statements += 1
    try:
        text = run.variables.substitute(item.text)
        outcome = run.session.execute(text, [])
        if outcome.cursor is not None:
            while _count(outcome.cursor.fetch(1000)):
                pass
            outcome.cursor.close()
            if run.variables.new_values:
                _remember_values(run, text)
    except Undefined as error:
        _undefined(run, path, item, error)
    except OracleError as error:
        _failed(run, path, item, error.message, error)
    else:
        if outcome.warning:
            shown = f"{path.name}:{item.line}: created with compilation errors"
            run.report.warnings.append(shown)
            logger.warning("%s", shown)


def _count(fetched: Any) -> int:
    return int(fetched.count) if hasattr(fetched, "payload") else len(fetched)


def _remember_values(run: _Run, query: str) -> None:
    """COLUMN … NEW_VALUE: the last row's value of the column becomes the variable's."""
    plan, context, _ = run.session._plan(query, [])
    context.begin_execution()
    row = None
    for row in plan.rows():  # noqa: B007 - the last one counts
        pass
    for place, column in enumerate(plan.columns):
        variable = run.variables.new_values.get(column.name.upper())
        if variable is None or row is None:
            continue
        if isinstance(row[place], OraDate | bytes):
            raise OracleError(3001, "unimplemented feature (orasim: NEW_VALUE of a date or RAW)")
        run.variables.values[variable] = "" if row[place] is None else str(row[place])


def _command(run: _Run, item: Item, path: Path) -> None:
    text = item.text.rstrip("; \t")
    name = command_name(text)
    rest = text.lstrip("@! ") if name in ("@", "@@", "!") else text.partition(" ")[2].strip()
    try:
        if name in ("@", "@@", "START"):
            _nested(run, item, path, name, rest)
        elif name == "DEFINE":
            run.variables.define(rest)
        elif name == "UNDEFINE":
            for variable in rest.split():
                run.variables.values.pop(variable.upper(), None)
        elif name == "ACCEPT":
            run.variables.accept(rest)
        elif name == "COLUMN":
            run.variables.column(rest)
        elif name == "SET":
            _set(run, item, path, rest)
        elif name == "WHENEVER":
            _whenever(run, rest)
        elif name == "EXECUTE":
            _statement(run, Item("sql", f"BEGIN {rest}; END;", item.line), path)
        elif name in ("EXIT", "QUIT"):
            run.ended = True
            if "ROLLBACK" in rest.upper():
                run.session.rollback()
        elif name == "CONNECT":
            _connect(run, item, path, run.variables.substitute(rest))
        elif name in ("HOST", "!"):
            _host(run, item, path, rest)
        elif name == "LOAD":
            _load(run, item, path, run.variables.substitute(rest))
    except Undefined as error:
        _undefined(run, path, item, error)


def _nested(run: _Run, item: Item, path: Path, name: str | None, rest: str) -> None:
    parts = words(run.variables.substitute(rest.rstrip("; \t")))
    if not parts:
        _failed(run, path, item, "a script's name is missing")
        return
    # ASSUMPTION(oracle): scripts are written to be run from the first one's folder.
    places = [path.parent / parts[0], run.folder / parts[0]]
    if name != "@@":
        places.insert(0, Path(parts[0]))  # @ looks in the current directory first
    for place in places:
        for found in (place, place.with_suffix(".sql")):
            if found.is_file():
                if run.depth >= MOST_NESTED:
                    raise ScriptError(f"{path.name}:{item.line}: SP2-0309: nested too deep")
                _file(run, found, parts[1:])
                return
    _failed(run, path, item, "SP2-0310: unable to open file")


def _whenever(run: _Run, rest: str) -> None:
    upper = rest.upper()
    if upper.startswith("SQLERROR"):
        run.stop_on_error = "EXIT" in upper.split()
        run.commits_at_exit = "ROLLBACK" not in upper


def _connect(run: _Run, item: Item, path: Path, rest: str) -> None:
    """A session of the named user; the password must be right, except for SYS and SYSTEM."""
    user, _, password = rest.partition("/")
    password = password.split("@")[0].split(" AS ")[0].split(" as ")[0].strip().strip('"')
    quoted = user.strip().startswith('"')
    name = user.strip().strip('"') if quoted else user.split("@")[0].strip().upper()
    database = run.session.database
    run.session.commit()
    if name in ("SYS", "SYSTEM") and name in database.catalog.users:
        # They own the database and have no password here: scripts start as one of them.
        database.catalog.users[name].privileges.add("DBA")
    elif database.password_of(name) != password:
        _failed(run, path, item, "ORA-01017: invalid username/password; logon denied")
        return
    try:
        opened = database.open_session(name, run.session.program, 1, 1)
    except OracleError as error:
        _failed(run, path, item, error.message, error)
        return
    run.connected.append(opened)
    run.session = opened


# -- data files ----------------------------------------------------------------------------------


def _set(run: _Run, item: Item, path: Path, rest: str) -> None:
    found = _SET_LOAD.match(rest)
    if not found:
        run.variables.set(rest)
        return
    try:
        run.load_options.set(found.group(1))
    except OracleError as error:
        _failed(run, path, item, error.message, error)


def _load(run: _Run, item: Item, path: Path, rest: str) -> None:
    """SQLcl's LOAD table file."""

    def load_it() -> Loaded:
        name, file = split_command(rest)
        schema, _, table = name.rpartition(".")
        session = run.session
        key = (_stored(schema) or session.current_schema, _stored(table))
        found = session.catalog.resolve(*key)
        if not isinstance(found, Table):
            raise OracleError(942, "table or view does not exist")
        places = [path.parent / file, run.folder / file, Path(file)]
        place = next((place for place in places if place.is_file()), None)
        if place is None:
            raise FileNotFoundError(f"file {file} is not there, the table stays as it is")
        return load_csv(session, found, place, run.load_options)

    _data(run, path, item, load_it)


def _stored(name: str) -> str:
    return name[1:-1] if name.startswith('"') else name.upper()


def _data(run: _Run, path: Path, item: Item, load_it: Callable[[], Loaded]) -> None:
    """
    Report what a load brought. WHENEVER SQLERROR is about SQL, so a script goes on after a
    load that failed; the report has it as an error all the same.
    """
    try:
        loaded = load_it()
    except (OracleError, OSError, UnicodeError) as error:
        text = error.message if isinstance(error, OracleError) else str(error)
        _noted(run, path, item, text)
        return
    shown = " ".join(item.text.split())[:80]
    run.report.loads.append(f"{path.name}:{item.line}: {loaded.rows} rows by {shown}")
    if loaded.rejected:
        first = "; ".join(loaded.errors)
        _noted(run, path, item, f"{loaded.rejected} rows rejected ({first})")


def _noted(run: _Run, path: Path, item: Item, why: str) -> None:
    shown = f"{path.name}:{item.line}: {why} in: {' '.join(item.text.split())[:120]}"
    run.report.errors.append(shown)
    logger.warning("%s", shown)


def _host(run: _Run, item: Item, path: Path, rest: str) -> None:
    rest = run.variables.substitute(rest)
    sqlldr = _SQLLDR.match(rest)
    if sqlldr:
        _sqlldr(run, item, path, sqlldr.group(1))
        return
    if _LOADERS.search(rest):
        _failed(run, path, item, "commands of the operating system are not run")
        return
    run.report.skipped.append(f"{path.name}:{item.line}: HOST {rest[:80]}")


def _sqlldr(run: _Run, item: Item, path: Path, arguments: str) -> None:
    """HOST sqlldr user/password control=… data=…: run here, as the user it names."""
    given: dict[str, str] = {}
    for place, word in enumerate(shlex.split(arguments)):
        name, found, value = word.partition("=")
        given[name.lower() if found else ("userid", "control")[min(place, 1)]] = value or word

    def load_it() -> Loaded:
        control = given.get("control", "")
        places = [Path(control), path.parent / control, run.folder / control]
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            raise FileNotFoundError(f"SQL*Loader-500: Unable to open file ({control})")
        user = given.get("userid", "").partition("/")[0].upper() or run.session.user
        data = Path(given["data"]) if "data" in given else None
        session = run.session
        if user != session.user:
            session = session.database.open_session(user, "sqlldr", 1, 1)
            run.connected.append(session)
        return load_control(session, found, data)

    _data(run, path, item, load_it)
