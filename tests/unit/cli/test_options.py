"""Flags become settings; what a verb raises becomes a message and an exit code."""

import subprocess
import sys
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from oraferry import errors
from oraferry.cli.options import HELP, describe_dsn, flag_of, holds_password, takes, variable_of
from oraferry.config import SETTING_NAMES


def run(verb, *words):
    """A verb as an application of its own."""
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(verb)
    return CliRunner().invoke(app, words)


@takes(*(name for name in SETTING_NAMES if not name.startswith("log_")))
def show(invocation, name: Annotated[str, typer.Argument()]):
    """Print one effective setting and its origin."""
    settings = invocation.settings
    invocation.out.print(getattr(settings, name), settings.origins.get(name, "default"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source_dsn", "db:1521/x"),
        ("source_user", "scott"),
        ("queue", "other"),
        ("ai_timeout_seconds", "1.5"),
        ("lanes", "7"),
        ("api_port", "9"),
        ("log_level", "error"),
        ("log_format", "json"),
    ],
)
def test_a_flag_sets_the_setting_of_its_name(name, value):
    """
    --chunk-rows sets chunk_rows, and the origin says so.
    """
    result = run(show, name, flag_of(name), value)

    assert (0, f"{value} {flag_of(name)}\n") == (result.exit_code, result.stdout)


def test_without_flags_nothing_is_overridden(monkeypatch):
    """
    A flag that was not given leaves the environment's value alone.
    """
    monkeypatch.setenv(variable_of("lanes"), "5")

    assert "5 ORAFERRY_LANES\n" == run(show, "lanes").stdout


def test_every_setting_can_be_a_flag_with_a_help_text():
    """
    Help names each flag and each environment variable.
    """
    text = " ".join(run(show, "--help").stdout.split())

    for name in SETTING_NAMES:
        assert flag_of(name) in text and f"[{variable_of(name)}]" in text, name
        assert HELP[name].split()[0] in text


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (errors.ConfigError("no pg://u:hunter2@h", hint="password=hunter2"), 1, "no pg://u:•••@h"),
        (errors.SourceRefused(), 4, "Oracle refused the credentials"),
        (KeyboardInterrupt(), 7, "interrupted"),
        (ZeroDivisionError("hunter"), 70, "bug in oraferry: ZeroDivisionError"),
    ],
)
def test_what_a_verb_raises_becomes_a_message_and_an_exit_code(error, code, told):
    """
    Errors are told on stderr, redacted and without a traceback.
    """

    @takes()
    def fail(invocation):
        raise error

    result = run(fail)

    assert (code, "") == (result.exit_code, result.stdout)
    assert told in result.stderr
    assert "hunter2" not in result.stderr and "Traceback" not in result.stderr
    assert "Traceback" in run(fail, "--debug").stderr or isinstance(error, KeyboardInterrupt)


def test_the_value_a_verb_returns_is_the_exit_code():
    """
    None means done.
    """

    @takes()
    def end(invocation, code: Annotated[int, typer.Option()] = -1):
        return None if code < 0 else code

    assert [0, 0, 1] == [
        run(end, *words).exit_code for words in ([], ["--code", "0"], ["--code", "1"])
    ]


@pytest.mark.parametrize(
    ("dsn", "holds", "shown"),
    [
        ("postgresql://app@db:5433/x", False, "app@db:5433/x"),
        ("postgresql://app:hunter2@db/x", True, "app@db/x"),
        ("postgresql:///x?host=/run&password=hunter2", True, "/run/x"),
        ("host=db user=app password='hunter2 x'", True, "app@db"),
        ("service=prod", False, "•••"),
        ("amqp://u:hunter2@mq:5672/%2F", True, "u@mq:5672//"),
        ("amqp://mq", False, "mq"),
        ("hunter2", False, "•••"),
        ("amqp://[hunter2", False, "•••"),
    ],
)
def test_of_a_connection_text_only_the_harmless_parts_are_shown(dsn, holds, shown):
    """
    Who, where and which database; whatever is not understood is masked as a whole.
    """
    assert (holds, shown) == (holds_password(dsn), describe_dsn(dsn))


def test_help_waits_for_no_heavy_library():
    """
    The verbs and their flags are known before anything is loaded that moves rows.
    """
    heavy = {"numpy", "pyarrow", "pydantic", "oracledb", "psycopg", "fastapi"}
    look = f"import sys, oraferry.cli.main; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)

    assert "[]\n" == done.stdout
