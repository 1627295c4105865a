"""Nothing secret reaches a log line, in whatever shape it comes."""

import io
import json
import logging

import pytest
import structlog

from oraferry.config import Secret
from oraferry.logs import configure_logging, redact, redact_value

SHAPES = [
    "postgresql://app:hunter2@db:5432/x",
    "amqp://guest:hunter2@127.0.0.1:5672/%2F",
    "amqp://guest:hun@ter/hunter2@host/",
    "postgresql:///x?user=a&password=hunter2&sslmode=require",
    "host=db password=hunter2 user=app",
    "host=db password='hunter2 with blanks' user=app",
    "host=db password='it\\'s hunter2' user=app",
    "password = 'hunter2 without end",
    "ORAFERRY_SOURCE_PASSWORD=hunter2 oraferry migrate",
    '{"source_password": "hunter2", "rows": 3}',
    '{"password": "quote \\" hunter2"}',
    "{'password': 'hunter2'}",
    "api_key: hunter2",
    "scott/hunter2@//db:1521/orcl",
    'scott/"hunter2 with blanks"@orcl',
    "ALTER ROLE app PASSWORD 'hunter2'",
    'CREATE USER app IDENTIFIED BY "hunter2"',
    "CREATE USER app IDENTIFIED BY hunter2 DEFAULT TABLESPACE users",
]


@pytest.fixture
def log_lines():
    """A function that sets up logging in a format and gives what was written."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()

    def start(form):
        configure_logging("info", form, stream)
        return stream

    yield start
    root.handlers, _ = before[0], root.setLevel(before[1])
    structlog.reset_defaults()


@pytest.mark.parametrize("text", SHAPES)
def test_redact_hides_the_password(text):
    """
    Every usual way to write a password is masked, and something else of the text stays.
    """
    shown = redact(text)

    assert "hunter2" not in shown
    assert "•••" in shown


@pytest.mark.parametrize(
    "text",
    [
        "ORA-01017: invalid username/password; logon denied",
        'FATAL: password authentication failed for user "app"',
        "copied SALES.ORDERS rowid AAA…AAB, 20,000 rows",
        "host=db user=app dbname=x",
        "postgresql://app@db/x",
        "http://127.0.0.1:8085/migrations?limit=5",
        "see docs/howto/real-oracle.md",
    ],
)
def test_redact_leaves_the_rest_alone(text):
    """
    A text without a password comes back unchanged.
    """
    assert text == redact(text)


def test_redact_value_masks_by_key_and_by_shape_at_any_depth():
    """
    Secrets vanish from nested values; numbers and other text stay.
    """
    value = {
        "password": "hunter2",
        "rows": 3,
        "deep": [{"dsn": "pg://a:hunter2@h", "secret": Secret("hunter2")}, ("x", None, 1.5)],
        "password_length": 7,
    }

    assert redact_value(value) == {
        "password": "•••",
        "rows": 3,
        "deep": [{"dsn": "pg://a:•••@h", "secret": "•••"}, ["x", None, 1.5]],
        "password_length": 7,
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_log_lines_hide_secrets_of_ours_and_of_foreign_loggers(log_lines, form):
    """
    Message arguments, extra fields, exception texts and structlog events are all masked.
    """
    stream = log_lines(form)
    foreign = logging.getLogger("some.driver")
    foreign.warning("connecting to %s", "amqp://u:hunter2@h")
    foreign.warning("fields", extra={"dsn": Secret("hunter2"), "nested": {"password": "hunter2"}})
    try:
        raise ValueError("bad dsn: host=h password=hunter2")
    except ValueError:
        foreign.exception("failed")
    structlog.get_logger("ours").warning("hello", token="hunter2", at="x/hunter2@y")

    written = stream.getvalue()

    assert "hunter2" not in written
    # The traceback shows the raising line too.
    assert written.count("•••") == 7
    assert "ValueError" in written


def test_json_log_lines_are_objects_with_fields(log_lines):
    """
    Each JSON line is one object with the sentence, the level and the extra fields.
    """
    stream = log_lines("json")
    logging.getLogger("x").info("copied %s", "chunk 3", extra={"action": "chunk.copied", "rows": 5})

    (line,) = stream.getvalue().splitlines()

    found = json.loads(line)
    assert found.pop("timestamp").endswith("Z")
    assert found == {
        "event": "copied chunk 3",
        "level": "info",
        "logger": "x",
        "action": "chunk.copied",
        "rows": 5,
    }


def test_lines_have_no_colours_of_a_terminal(log_lines):
    """
    What uvicorn adds for terminals is in no file.
    """
    stream = log_lines("text")
    logging.getLogger("uvicorn").info("started", extra={"color_message": "\033[1mstarted"})

    assert stream.getvalue().endswith("started\n")
    assert "color" not in stream.getvalue()
