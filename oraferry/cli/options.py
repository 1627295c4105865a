"""Flags for settings, and what every verb does with flags, errors and interrupts.

``@takes("source_dsn", …)`` gives a verb one flag for each of these settings and hands it
an Invocation: the effective settings and where to write. Nothing heavy is imported here,
because ``--help`` passes through.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_type_hints

import typer

from oraferry.cli import exits
from oraferry.config import (
    ENVIRONMENT_PREFIX,
    Secret,
    Settings,
    load_settings,
)
from oraferry.errors import ConfigError, OraferryError

if TYPE_CHECKING:
    from rich.console import Console

SOURCE = (
    "source_dsn",
    "source_user",
    "source_password",
    "source_connect_timeout_seconds",
    "source_call_timeout_seconds",
)
TARGET = ("target_dsn",)
JOBS = ("store_dsn", "broker_url", "queue", "secret_key_file")
# To compare rows of both sides; the store only where a job is named.
COMPARISON = (
    *SOURCE,
    *TARGET,
    "store_dsn",
    "secret_key_file",
    "lanes",
    "chunk_rows",
    "batch_rows",
    "batch_bytes",
)
ADVICE = ("ai_url", "ai_model", "ai_timeout_seconds")
WORK = (
    "chunk_rows",
    "batch_rows",
    "batch_bytes",
    "lease_seconds",
    "max_attempts",
    "outage_seconds",
)
SERVER = ("api_host", "api_port")

HELP: dict[str, str] = {
    "source_dsn": "Oracle: host:port/service, or a full descriptor",
    "source_user": "Oracle user",
    "source_password": "Oracle password: env:NAME, file:/path, or ask",
    "target_dsn": "PostgreSQL that receives the data: a libpq URL or key=value text, "
    "without a password (use env:NAME, file:/path, .pgpass or PGPASSWORD)",
    "store_dsn": "PostgreSQL that holds the jobs, given like target_dsn",
    "broker_url": "RabbitMQ: env:NAME or file:/path with amqp://user:password@host:port/vhost; "
    "without it, workers are called by PostgreSQL's LISTEN/NOTIFY",
    "queue": "name of the queue on the broker",
    "ai_url": "model server (Ollama) for second opinions, as http://host:11434; none: no AI",
    "ai_model": "model to ask",
    "ai_timeout_seconds": "how long an answer of the model may take",
    "lanes": "worker processes that this command starts",
    "chunk_rows": "rows that a chunk aims at",
    "chunk_seconds": "how long a chunk may take to take in those behind it; 0: never",
    "batch_rows": "rows of one batch at most",
    "batch_bytes": "bytes of one batch aimed at",
    "lease_seconds": "how long a worker may be silent before another takes its task",
    "max_attempts": "how often a task is tried",
    "outage_seconds": "how long a task waits for a source or target that is away",
    "source_connect_timeout_seconds": "how long connecting to Oracle may take",
    "source_call_timeout_seconds": "how long an answer of Oracle may take; 0: for ever",
    "api_host": "address that the HTTP API listens on",
    "api_port": "port that the HTTP API listens on",
    "secret_key_file": "file with the key that seals passwords given in a request; made when "
    "missing, in the state directory by default",
    "log_level": "debug, info, warning or error",
    "log_format": "text or json",
}

_HINTS = get_type_hints(Settings)
_ALWAYS = ("log_level", "log_format")


@dataclass(frozen=True)
class Invocation:
    """What every verb gets: the effective settings, and where to write."""

    settings: Settings
    wants_json: bool
    out: Console  # data
    talk: Console  # progress, hints, questions


def is_secret(name: str) -> bool:
    """True when the setting *name* holds a Secret."""
    return Secret in (set(get_args(_HINTS[name])) or {_HINTS[name]})


def flag_of(name: str) -> str:
    """``--chunk-rows`` for ``chunk_rows``."""
    return "--" + name.replace("_", "-")


def variable_of(name: str) -> str:
    """``ORAFERRY_CHUNK_ROWS`` for ``chunk_rows``."""
    return ENVIRONMENT_PREFIX + name.upper()


def _setting_parameter(name: str) -> inspect.Parameter:
    kinds = set(get_args(_HINTS[name])) or {_HINTS[name]}
    kind: Any = next((k for k in (int, float) if k in kinds), str)
    option = typer.Option(
        flag_of(name),
        help=f"{HELP[name]} [{variable_of(name)}]",
        show_default=False,
        metavar="TEXT" if kind is str else "N",
    )
    return _keyword(name, Annotated[kind | None, option], None)


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


_COMMON = (
    _keyword(
        "config",
        Annotated[
            Path | None,
            typer.Option(
                "--config",
                help="settings file (TOML) [ORAFERRY_CONFIG]",
                show_default=False,
                metavar="FILE",
            ),
        ],
        None,
    ),
    _keyword(
        "wants_json",
        Annotated[bool, typer.Option("--json", help="data as JSON on stdout")],
        False,
    ),
    _keyword(
        "debug",
        Annotated[bool, typer.Option("--debug", help="traceback of an error")],
        False,
    ),
)


def takes(
    *names: str, is_service: bool = False
) -> Callable[[Callable[..., int | None]], Callable[..., None]]:
    """
    Turn ``verb(invocation, …) -> exit code`` into a command with flags for *names*.

    Only a service logs what goes well unless log_level was set: other verbs say it anyway.
    """

    def decorate(function: Callable[..., int | None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        settings = [*names, *_ALWAYS]

        @functools.wraps(function)
        def command(**values: Any) -> None:
            common = {p.name: values.pop(p.name) for p in _COMMON}
            flags = {name: values.pop(name) for name in settings}

            def verb() -> int | None:
                return function(_invoke(flags, common, is_service), **values)

            raise typer.Exit(
                carry_out(verb, debug=common["debug"], wants_json=common["wants_json"])
            )

        shown = [*own, *(_setting_parameter(name) for name in settings), *_COMMON]
        command.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in shown}
        command.settings = tuple(settings)  # type: ignore[attr-defined]
        return command

    return decorate


def carry_out(
    verb: Callable[[], int | None], *, debug: bool = False, wants_json: bool = False
) -> int:
    """Run *verb*; every end of it becomes an exit code and, if bad, a message on stderr."""
    from rich.console import Console

    talk = Console(stderr=True, soft_wrap=True, highlight=False)
    try:
        return verb() or exits.DONE
    except (typer.Exit, typer.BadParameter):
        raise
    except OraferryError as error:
        if debug:
            talk.print_exception(show_locals=False)
        print_error(error, talk, wants_json=wants_json)
        return exits.get_exit_code(error)
    except KeyboardInterrupt:
        talk.print("interrupted")
        return exits.CANCELLED
    except BrokenPipeError:
        # The reader of stdout left (`| head`); closing it at exit must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.DONE
    except Exception as error:
        if debug:
            talk.print_exception(show_locals=False)
        _print_bug(error, talk)
        return exits.BUG


def _invoke(flags: dict[str, Any], common: dict[str, Any], is_service: bool) -> Invocation:
    from rich.console import Console

    from oraferry.logs import configure_logging

    given = {name: _read_flag(name, raw) for name, raw in flags.items() if raw is not None}
    settings = load_settings(given, file=common["config"])
    is_talkative = is_service or "log_level" in settings.origins
    configure_logging(settings.log_level if is_talkative else "warning", settings.log_format)
    # A pipe has no width: nothing is cut there.
    width = None if sys.stdout.isatty() else 1000
    out = Console(width=width, soft_wrap=True, highlight=False)
    talk = Console(stderr=True, soft_wrap=True, highlight=False)
    return Invocation(settings, common["wants_json"], out, talk)


def _read_flag(name: str, raw: Any) -> Any:
    """A flag's value; a password in plain text is refused, because `ps` shows it to everybody."""
    if not is_secret(name) or raw.startswith(("env:", "file:")):
        return raw
    if name == "source_password":
        if raw == "ask":
            return ask_password("Oracle password: ")
        raise typer.BadParameter(
            "takes env:NAME, file:/path or ask; a password on the command line is visible to "
            "everybody on this machine",
            param_hint=flag_of(name),
        )
    if holds_password(raw):
        raise typer.BadParameter(
            "holds a password, which everybody on this machine could see; "
            f"put the text into a variable and give env:NAME, or set {variable_of(name)}",
            param_hint=flag_of(name),
        )
    return raw


def holds_password(dsn: str) -> bool:
    """
    True when the URL or key=value text *dsn* holds a password.

    >>> holds_password("postgresql://app@db/x"), holds_password("host=db password=x")
    (False, True)
    """
    from oraferry.logs import redact

    return redact(dsn) != dsn or "password" in _parse_dsn(dsn)


def describe_dsn(dsn: str) -> str:
    """
    Of the secret text *dsn* only what is known to be harmless: who, where, which database.

    >>> describe_dsn("postgresql://app:s3cret@db:5433/x?sslmode=require")
    'app@db:5433/x'
    >>> describe_dsn("s3cret")
    '•••'
    """
    from oraferry.logs import MASK

    parts = _parse_dsn(dsn)
    user = f"{parts['user']}@" if "user" in parts else ""
    port = f":{parts['port']}" if "port" in parts else ""
    name = f"/{parts['dbname']}" if "dbname" in parts else ""
    return f"{user}{parts.get('host', '')}{port}{name}" or MASK


def _parse_dsn(dsn: str) -> dict[str, str]:
    """The parts of a PostgreSQL or AMQP address; nothing when it is neither."""
    from urllib.parse import unquote, urlsplit

    import psycopg
    from psycopg import conninfo

    if dsn.startswith(("amqp://", "amqps://")):
        try:
            url = urlsplit(dsn)
            found = {
                "user": url.username,
                "password": url.password,
                "host": url.hostname,
                "port": url.port,
                "dbname": unquote(url.path.removeprefix("/")),
            }
        except ValueError:
            return {}
        return {name: str(value) for name, value in found.items() if value}
    try:
        return {name: str(value) for name, value in conninfo.conninfo_to_dict(dsn).items()}
    except psycopg.Error:
        return {}


def ask_password(question: str) -> Secret:
    """A password typed at the terminal; ConfigError when there is none."""
    import getpass

    if not sys.stdin.isatty():
        raise ConfigError(
            "there is no terminal to ask for a password",
            hint="give --source-password env:NAME or file:/path",
        )
    return Secret(getpass.getpass(question))


def print_error(error: OraferryError, talk: Console, *, wants_json: bool = False) -> None:
    """The message, a blank line, the hint; or the same as JSON, on stderr either way."""
    from oraferry.logs import redact, redact_value

    if wants_json:
        import json

        body = {
            "code": error.code,
            "message": redact(error.message),
            "hint": redact(error.hint) if error.hint else None,
            "details": redact_value(error.context),
        }
        talk.print(json.dumps({"error": body}, ensure_ascii=False), markup=False)
        return
    talk.print(redact(error.message), markup=False)
    if "comparisons" in error.context:
        from oraferry.cli import render

        talk.print()
        found = render.COMPARISONS.validate_python(error.context["comparisons"])
        render.print_comparisons(found, talk)
    if error.hint:
        talk.print()
        talk.print(f"hint: {redact(error.hint)}", markup=False)


def _print_bug(error: Exception, talk: Console) -> None:
    from oraferry.logs import redact

    talk.print(f"bug in oraferry: {type(error).__name__}: {redact(str(error))}", markup=False)
    talk.print()
    talk.print("hint: run it again with --debug and report the traceback", markup=False)
