"""What the command line says when something is missing or wrong; no Oracle needed."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

VERBS = [
    ["ping"],
    ["migrate"],
    ["compare"],
    ["jobs", "list"],
    ["jobs", "show"],
    ["jobs", "follow"],
    ["jobs", "throttle"],
    ["jobs", "restore"],
    ["jobs", "cancel"],
    ["worker"],
    ["serve"],
    ["settings"],
    ["demo"],
]


def assert_told(result, code, *words):
    """The command ended with *code*, told *words* on stderr, and nothing on stdout."""
    assert (code, "") == (result.code, result.out), result.err
    for word in words:
        assert word in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_verb_explains_itself(bare_shell, verb):
    """
    --help needs no setting, ends with examples, and names what a flag's variable is.
    """
    result = bare_shell.run(*verb, "--help")

    assert (0, "") == (result.code, result.err)
    assert "Examples:" in result.out
    if verb != ["demo"]:
        assert "[ORAFERRY_LOG_LEVEL]" in result.out


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["migrate"],
        ["migrate", "--table", "S.T", "--mode", "improve"],
        ["migrate", "--table", "S.T", "--nonsense"],
        ["jobs"],
        ["jobs", "show"],
        ["jobs", "list", "--limit", "0"],
        ["settings", "--lanes", "many"],
        ["demo", "--broker", "pigeons"],
    ],
    ids=" ".join,
)
def test_a_command_line_that_is_not_understood_is_2(bare_shell, words):
    """
    Usage errors end with 2 and say something on stderr.
    """
    result = bare_shell.run(*words)

    assert 2 == result.code
    assert result.err or words == ["jobs"]


@pytest.mark.parametrize(
    ("words", "variables", "told"),
    [
        (["jobs", "list"], {}, "store_dsn is not set"),
        (["migrate", "--table", "S.T"], {}, "is not set"),
        (["compare", "--table", "S.T"], {}, "is not set"),
        (["settings", "--lanes", "0"], {}, "lanes must be at least 1"),
        (["settings"], {"ORAFERRY_CHUNK_ROWS": "some"}, "must be a number"),
        (["settings"], {"ORAFERRY_STORE_DSN": "env:NOT_THERE"}, "NOT_THERE is not set"),
        (["settings", "--config", "nowhere.toml"], {}, "nowhere.toml cannot be read"),
        (["serve", "--api-host", "0.0.0.0"], {}, "no authentication"),
        (["settings", "--source-password", "ask"], {}, "no terminal"),
    ],
)
def test_a_wrong_setting_is_1(bare_shell, words, variables, told):
    """
    A setting that is missing, wrong or contradicts another ends with 1 and a hint or the name.
    """
    assert_told(bare_shell.run(*words, **variables), 1, told)


def test_an_unknown_setting_in_the_file_is_1(bare_shell):
    """
    A name that oraferry does not know is refused, not ignored.
    """
    (bare_shell.folder / "oraferry.toml").write_text("chunk_row = 5\n")

    assert_told(bare_shell.run("settings"), 1, "chunk_row", "hint: ")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["compare", "--table", "S.T"], 4),
        (["migrate", "--table", "S.T"], 4),
        (["jobs", "show", "no-such-job"], 2),
        (["jobs", "cancel", "no-such-job"], 2),
        (["jobs", "follow", "no-such-job"], 2),
    ],
    ids=lambda value: str(value),
)
def test_what_cannot_be_reached_or_found_is_told(shell, words, code):
    """
    An unreachable Oracle is 4, an unknown job 2; both are told and not traced.
    """
    assert_told(shell.run(*words), code)


def test_an_unreachable_target_is_5_and_store_6(shell, oracle):
    """
    The exit code tells which of the two PostgreSQL is away.
    """
    away = "postgresql://nobody@127.0.0.1:1/nowhere"
    source = {
        "ORAFERRY_SOURCE_DSN": oracle.dsn,
        "ORAFERRY_SOURCE_USER": oracle.user,
        "ORAFERRY_SOURCE_PASSWORD": oracle.password,
    }
    oracle.run("CREATE TABLE t (id NUMBER(9))")
    words = ["--table", f"{oracle.schema}.T"]

    assert_told(shell.run("compare", *words, ORAFERRY_TARGET_DSN=away, **source), 5)
    assert_told(shell.run("migrate", *words, ORAFERRY_STORE_DSN=away, **source), 6)
    assert_told(shell.run("jobs", "list", ORAFERRY_STORE_DSN=away), 6)


@pytest.mark.parametrize(
    "words",
    [
        ["--source-password", "hunter2"],
        ["--target-dsn", "postgresql://u:hunter2@h/x"],
        ["--store-dsn", "host=h password=hunter2"],
        ["--broker-url", "amqp://u:hunter2@h"],
    ],
    ids=lambda words: words[0],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(bare_shell, words):
    """
    ps shows arguments to everybody: usage error, with what to do instead.
    """
    result = bare_shell.run("settings", *words)

    assert_told(result, 2, words[0], "env:NAME")
    assert "hunter2" not in result.err


def test_settings_shows_values_and_origins_but_no_secret(bare_shell):
    """
    Flag over environment over file over default, each with its origin; secrets masked.
    """
    (bare_shell.folder / "oraferry.toml").write_text(
        'chunk_rows = 5\nlanes = 6\nbatch_rows = 7\nstore_dsn = "postgresql://u:hunter2@h:5/x"\n'
    )
    variables = {
        "ORAFERRY_LANES": "8",
        "ORAFERRY_BATCH_ROWS": "9",
        "ORAFERRY_SOURCE_PASSWORD": "hunter2",
        "ORAFERRY_BROKER_URL": "amqp://u:hunter2@h/v",
    }
    flags = ["--batch-rows", "10"]

    as_json = bare_shell.run("settings", "--json", *flags, **variables)
    as_text = bare_shell.run("settings", *flags, **variables)

    found = {name: (v["value"], v["origin"]) for name, v in as_json.data.items()}
    assert ("oraferry.toml", 5) == found["chunk_rows"][::-1]
    assert (8, "ORAFERRY_LANES") == found["lanes"]
    assert (10, "--batch-rows") == found["batch_rows"]
    assert (5, "default") == found["max_attempts"]
    assert ("u@h:5/x", "oraferry.toml") == found["store_dsn"]
    assert "u@h/v" == found["broker_url"][0]
    assert "•••" == found["source_password"][0]
    for result in (as_json, as_text):
        assert 0 == result.code
        assert "hunter2" not in result.out + result.err


def test_an_error_with_json_is_one_object_on_stderr(bare_shell):
    """
    A program finds code, message and hint; stdout stays empty.
    """
    result = bare_shell.run("jobs", "list", "--json")

    assert (1, "") == (result.code, result.out)
    error = json.loads(result.err)["error"]
    assert ("ConfigError", True) == (error["code"], bool(error["hint"]))


def test_an_error_is_a_message_an_empty_line_and_a_hint(bare_shell):
    """
    The three parts stand on stderr in this order; --debug adds the traceback.
    """
    plain = bare_shell.run("jobs", "list")
    debug = bare_shell.run("jobs", "list", "--debug")

    message, empty, hint = plain.err.rstrip("\n").split("\n")
    assert ("store_dsn is not set", "") == (message, empty)
    assert hint.startswith("hint: ")
    assert "Traceback" in debug.err


def test_a_reader_that_leaves_is_no_error(shell):
    """
    `| head` ends the command quietly.
    """
    result = subprocess.run(
        f"{sys.executable} -m oraferry settings | head -1; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        env=shell.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (result.returncode, result.stderr)


def test_no_colour_when_nobody_wants_it(shell):
    """
    A pipe gets no escape sequences.
    """
    result = shell.run("settings")

    assert "\x1b" not in result.out + result.err


def test_an_empty_job_list_is_data_and_talk(shell):
    """
    JSON stays JSON when there is nothing; a person is told.
    """
    assert [] == shell.run("jobs", "list", "--json").data
    told = shell.run("jobs", "list")
    assert (0, "", "no migration yet\n") == (told.code, told.out, told.err)


def test_ping_says_what_answers_and_what_does_not(shell):
    """
    Each configured part has its line; the exit code is that of the first failure.
    """
    result = shell.run("ping", "--json")

    answers = {answer["part"]: answer["ok"] for answer in result.data}
    assert (4, {"source": False, "target": True, "store": True}) == (result.code, answers)
    assert 0 == shell.run("ping", ORAFERRY_SOURCE_DSN="").code


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("r.toml", "tables = [", "no valid TOML"),
        ("r.json", '{"tables": ["A.B"], ', "no valid JSON, line 1"),
        ("r.json", '["A.B"]', "holds no request"),
        ("r.toml", 'tables = ["A.B"]\nmode = "hunter2"', "mode"),
        ("r.toml", 'tables = ["A.B"]\n[table_options."A.B"]\nwhere = "1 = 1) OR (1 = 1"', "where"),
        ("missing.toml", None, "cannot be read"),
    ],
)
def test_a_request_file_that_cannot_be_understood_is_told(shell, name, text, says):
    """
    Usage, with the place and without what stands there.
    """
    if text is not None:
        (shell.folder / name).write_text(text)

    result = shell.run("migrate", "--request", name)

    assert_told(result, 2, says)
    assert "hunter2" not in result.err
