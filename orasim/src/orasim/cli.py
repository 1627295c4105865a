"""``orasim serve``: scripts in, an Oracle on a port."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="orasim", description="An Oracle simulator at wire level")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="load scripts and serve them to Oracle drivers")
    serve.add_argument("--script", action="append", default=[], help="SQL*Plus script to run first")
    serve.add_argument("--user", default="SCOTT/tiger", metavar="NAME/PASSWORD")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=1521, help="0 takes a free one")
    serve.add_argument("--version", default="19c", choices=["12.1", "12.2", "19c", "23ai"])
    serve.add_argument("--service", default="ORASIM")
    serve.add_argument("--keep-going", action="store_true", help="go on after a failing statement")
    load = commands.add_parser("load", help="run scripts and say what failed")
    load.add_argument("script", nargs="+")
    load.add_argument("--version", default="19c", choices=["12.1", "12.2", "19c", "23ai"])
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    return _serve(options) if options.command == "serve" else _load(options)


def _load(options: argparse.Namespace) -> int:
    from orasim import script
    from orasim.database import Database

    database = Database(version=options.version)
    database.create_user("SCOTT", "tiger", profile="catalog-owner")
    session = database.open_session("SCOTT", "orasim load", 1, 1)
    failed = 0
    for path in options.script:
        report = script.load(session, path, stop_on_error=False)
        failed += len(report.errors)
        print(f"{path}: {report.statements} statements, {len(report.errors)} failed")
    return 1 if failed else 0


def _serve(options: argparse.Namespace) -> int:
    from orasim import script
    from orasim.database import Database
    from orasim.server import OrasimServer

    name, _, password = options.user.partition("/")
    database = Database(version=options.version, service=options.service)
    database.create_user(name.upper(), password, profile="catalog-owner")
    session = database.open_session(name.upper(), "orasim serve", 1, 1)
    for path in options.script:
        report = script.load(session, path, stop_on_error=not options.keep_going)
        print(f"{path}: {report.statements} statements, {len(report.errors)} failed", flush=True)
    session.close()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    server = OrasimServer(database, options.host, options.port, options.version)
    with server:
        print(
            f"orasim {options.version} on {options.host}:{server.port}/{options.service}",
            flush=True,
        )
        stop.wait()
    return 0
