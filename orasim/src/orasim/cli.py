"""``orasim serve``: scripts in, an Oracle on a port. ``orasim load``: what would not load."""

from __future__ import annotations

import argparse
import contextlib
import logging
import re
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from orasim.engine import OracleError

if TYPE_CHECKING:
    from orasim.database import Database
    from orasim.script import Report

VERSIONS = ["12.1", "12.2", "19c", "23ai"]
PROFILES = ["owner", "grants", "none", "catalog", "catalog-owner", "migration", "dba"]
# Two users for a first look: the owner of the scripts' schema may read the DBA_ views too.
DEFAULT_USER = "SCOTT/tiger"
DEFAULT_PROFILE = "catalog-owner"
# A script that makes users is for a DBA: without --user it runs as this one.
DEFAULT_DBA = "SYSTEM/oracle:dba"
_MAKES_USERS = re.compile(r"(?im)^\s*CREATE\s+USER\s")
_CONNECTS = re.compile(r"(?im)^\s*CONN(?:ECT)?\s+([a-z][\w$#]*)/([^\s@;&]+)")
_MANY_ROWS = re.compile(r"ORA-00933.*\bVALUES\s*\(.*\)\s*,\s*\(", re.IGNORECASE | re.DOTALL)


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and run; 0 done, 1 a script failed, 2 usage."""
    options = _parser().parse_args(arguments)
    level = logging.INFO if options.verbose else logging.ERROR
    logging.basicConfig(level=level, format="%(levelname)s %(message)s", stream=sys.stderr)
    return _serve(options) if options.command == "serve" else _load(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="orasim", description="An Oracle simulator at wire level")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="load scripts and serve them to Oracle drivers")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=int, default=1521, help="0 takes a free one")
    serve.add_argument("--service", default="ORASIM", help="service name of the connect string")
    serve.add_argument(
        "--control", type=int, metavar="PORT",
        help="HTTP on loopback to plan faults and read counters; 0 takes a free port",
    )  # fmt: skip
    load = commands.add_parser("load", help="run scripts and say what failed")
    load.add_argument(
        "script", nargs="*", default=[], metavar="FILE",
        help="SQL*Plus script, or SQL*Loader control file (.ctl)",
    )  # fmt: skip
    for command in (serve, load):
        command.add_argument(
            "--script", action="append", dest="scripts", metavar="FILE", default=[],
            help="SQL*Plus script to run, in the order given; may be repeated",
        )  # fmt: skip
        command.add_argument(
            "--user", action="append", type=_user, metavar="NAME/PASSWORD[:PROFILE]",
            help=f"a user; the first owns what the scripts make (default {DEFAULT_USER}). "
            f"Profiles: {', '.join(PROFILES)} (default {DEFAULT_PROFILE})",
        )  # fmt: skip
        command.add_argument(
            "--define", action="append", type=_definition, default=[], metavar="NAME=VALUE",
            help="a substitution variable; 1, 2, … are the scripts' arguments",
        )  # fmt: skip
        command.add_argument("--version", default="19c", choices=VERSIONS)
        command.add_argument("--charset", default="AL32UTF8", help="database character set")
        command.add_argument("--verbose", action="store_true", help="log every refusal")
    serve.add_argument(
        "--data", type=Path, metavar="FOLDER",
        help="open the database that `load --save` wrote, before any script is run",
    )  # fmt: skip
    load.add_argument(
        "--save", type=Path, metavar="FOLDER",
        help="write the loaded database to a new folder, if nothing failed",
    )  # fmt: skip
    serve.add_argument("--keep-going", action="store_true", help="go on after a failing statement")
    return parser


def _user(text: str) -> tuple[str, str, str]:
    """NAME/PASSWORD[:PROFILE]; the name is folded unless it is quoted."""
    name, found, password = text.partition("/")
    head, colon, profile = password.rpartition(":")
    if colon and profile in PROFILES:
        password = head
    else:
        profile = DEFAULT_PROFILE
    if not (name and found and password):
        raise argparse.ArgumentTypeError("expected NAME/PASSWORD")
    return name[1:-1] if name.startswith('"') else name.upper(), password, profile


def _definition(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not (name and found):
        raise argparse.ArgumentTypeError("expected NAME=VALUE")
    return name, value


def _open(options: argparse.Namespace, service: str) -> tuple[Database, str]:
    """The database with its users; the name of the one who runs the scripts."""
    from orasim.database import Database, kept_identity

    data = getattr(options, "data", None)
    if data is None:
        database = Database(version=options.version, service=service, charset=options.charset)
        users = options.user or _default_users(options.scripts)
    else:
        from orasim.saved import open_saved

        database = open_saved(data)
        options.version = database.version
        database.identity = kept_identity(database.identity, service)
        users = options.user or []
    for name, password, profile in users:
        if name in ("SYS", "SYSTEM"):
            database.open_account(name, password, profile=profile)
        else:
            database.create_user(name, password, profile=profile)
    return database, users[0][0] if users else database.owners()[0]


def _default_users(paths: list[str]) -> list[tuple[str, str, str]]:
    users = [_user(DEFAULT_USER)]
    for path in paths:
        if Path(path).is_file() and _MAKES_USERS.search(_text(path)):
            print(f"orasim: {path} makes users: it runs as SYSTEM", file=sys.stderr)
            return [_user(DEFAULT_DBA), *users]
    return users


def _text(path: str) -> str:
    from orasim.script.loader import read_text

    return read_text(Path(path))


def _run_scripts(database: Database, owner: str, options: argparse.Namespace, stop: bool) -> int:
    """Run the scripts in one session; how many statements failed."""
    from orasim import script

    failed = 0
    for path in options.scripts:
        _make_users(database, path)
    session = database.open_session(owner, "orasim", 1, 1)
    for path in options.scripts:
        if not Path(path).is_file():
            print(f"orasim: {path}: no such file", file=sys.stderr)
            failed += 1
            continue
        try:
            report = script.load(session, path, stop_on_error=stop, variables=dict(options.define))
        except script.ScriptError as error:
            print(f"orasim: {error}", file=sys.stderr)
            print("hint: --keep-going goes on after a failing statement", file=sys.stderr)
            session.close()
            return failed + 1
        _print(path, report)
        failed += len(report.errors)
    session.close()
    return failed


def _print(path: str, report: Report) -> None:
    print(f"{path}: {report.statements} statements, {len(report.errors)} failed", flush=True)
    for line in [*report.loads, *report.errors, *report.warnings, *report.skipped]:
        print(f"  {line}", file=sys.stderr)
    if any(_MANY_ROWS.search(line) for line in report.errors):
        print("  hint: INSERT of several rows is 23ai's: --version 23ai", file=sys.stderr)


def _make_users(database: Database, path: str) -> None:
    """Users that a script connects as and does not make itself, told on stderr."""
    if not Path(path).is_file():
        return
    text = _text(path)
    for found in _CONNECTS.finditer(text):
        name, password = found.group(1).upper(), found.group(2)
        made = re.search(rf"(?im)^\s*CREATE\s+USER\s+\"?{re.escape(name)}\b", text)
        if name not in database.catalog.users and not made:
            database.create_user(name, password, profile=DEFAULT_PROFILE)
            print(f"orasim: {path} connects as {name}: the user was made", file=sys.stderr)


def _load(options: argparse.Namespace) -> int:
    options.scripts = [*options.script, *options.scripts]
    if not options.scripts:
        print("orasim: no script given", file=sys.stderr)
        return 2
    try:
        database, owner = _open(options, "ORASIM")
    except OracleError as error:
        print(f"orasim: {error.message}", file=sys.stderr)
        return 2
    if _run_scripts(database, owner, options, stop=False):
        return 1
    if options.save is not None:
        from orasim.saved import SavedError, save

        try:
            save(database, options.save)
        except (SavedError, OSError) as error:
            print(f"orasim: {error}", file=sys.stderr)
            return 1
    return 0


def _serve(options: argparse.Namespace) -> int:
    from orasim.control import Control
    from orasim.saved import SavedError
    from orasim.server import OrasimServer

    try:
        database, owner = _open(options, options.service)
    except OracleError as error:
        print(f"orasim: {error.message}", file=sys.stderr)
        return 2
    except SavedError as error:
        print(f"orasim: {error}", file=sys.stderr)
        return 1
    failed = _run_scripts(database, owner, options, stop=not options.keep_going)
    if failed and not options.keep_going:
        return 1
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    listening = f"{options.host}:{options.port}"
    try:
        server = OrasimServer(database, options.host, options.port, options.version)
        with server, contextlib.ExitStack() as stack:
            place = f"{options.host}:{server.port}/{options.service}"
            print(f"orasim {options.version} on {place}, schema {owner}", flush=True)
            if options.control is not None:
                listening = f"control port {options.control}"
                control = stack.enter_context(Control(server, options.control))
                print(f"control on http://127.0.0.1:{control.port}", flush=True)
            stop.wait()
    except OSError as error:
        print(f"orasim: cannot listen on {listening}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
