"""Logging for the doors: a sentence for a person, fields for a machine, no secret for anybody.

All code logs through stdlib ``logging`` with ``extra={"action": "chunk.copied", …}``. Here
structlog turns every record, foreign libraries' included, into one line of text or JSON.
Redaction is the last step before the line is rendered, so nothing that an earlier step adds
(an exception's text, a driver's message) escapes it.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from oraferry.config import Secret

MASK = "•••"

# Repetitions are bounded, so that a long line cannot make a search slow.
_NAMES_OF_SECRETS = (
    r"[\w.-]{0,40}(?:password|passwd|passphrase|secret|credential|api_?key)|pwd|token"
)
_QUOTED = r"""(?:'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*")"""
# A quoted text, or everything up to what ends a value in a connection string, a query
# string, JSON or a Python repr.
_VALUE = rf"""(?:{_QUOTED}|['"]?[^\s,;&)}}\]'"]+)"""

# Greedy up to the last @ of the word: a password may hold @ and / unescaped, and masking a
# little too much is harmless.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # scheme://user:password@host
    (re.compile(r"([a-z][a-z0-9+.-]{0,30}://[^\s:/@\"']*):[^\s\"']*@", re.I), rf"\1:{MASK}@"),
    # password=…, "password": "…", secret_key: …
    (
        re.compile(rf"(?<![a-z])((?:{_NAMES_OF_SECRETS})[\"']?\s*[=:]\s*){_VALUE}", re.I),
        rf"\1{MASK}",
    ),
    # ALTER ROLE … PASSWORD '…', CREATE USER … IDENTIFIED BY "…"
    (re.compile(rf"(\bpassword\s+){_QUOTED}", re.I), rf"\1{MASK}"),
    (re.compile(rf"(\bidentified\s+by\s+)(?:values\s+)?{_VALUE}", re.I), rf"\1{MASK}"),
    # user/password@dsn, as SQL*Plus writes it
    (
        re.compile(r"(?<![\w/.])([a-z][\w$#]{0,127})/(?:\"[^\"]*\"|[^\s@\"']+)@(?=\S)", re.I),
        rf"\1/{MASK}@",
    ),
)
# What each of the patterns needs somewhere. A name, a digest or a number has none of it, and is
# most of what is shown: a job of thousands of tables has a hundred thousand of them.
_SUSPECT = re.compile(r"[:=@'\"\s]")
_SECRET_KEY = re.compile(rf"(?:{_NAMES_OF_SECRETS})", re.I)


def redact(text: str) -> str:
    """
    *text* without the passwords that it shows in any of the usual ways.

    >>> redact("postgresql://app:s3cret@db/x and scott/tiger@//h:1521/o and pwd='a b'")
    'postgresql://app:•••@db/x and scott/•••@//h:1521/o and pwd=•••'
    """
    if not _SUSPECT.search(text):
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def redact_value(value: Any) -> Any:
    """*value* as JSON could hold it, with every secret in it masked, however deep it lies."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Secret):
        return MASK
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {
            redact(str(key)): MASK if _is_secret(key, item) else redact_value(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value(item) for item in value]
    return redact(str(value))


def _is_secret(key: Any, value: Any) -> bool:
    """True for a text under a key like ``source_password``; a number there is no secret."""
    return isinstance(value, str | bytes) and bool(_SECRET_KEY.fullmatch(str(key)))


def _drop_colours(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Without uvicorn's second text of an event, in a terminal's colours."""
    event.pop("color_message", None)
    return event


def _redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return redact_value(event)  # type: ignore[no-any-return]


def _render_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return json.dumps(event, ensure_ascii=False)


def _render_text(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    rest = dict(event)
    head = [rest.pop("timestamp", ""), f"{rest.pop('level', ''):<7}", str(rest.pop("event", ""))]
    exception = rest.pop("exception", None)
    rest.pop("logger", None)
    fields = [f"{name}={json.dumps(v, ensure_ascii=False)}" for name, v in rest.items()]
    line = "  ".join([*head, " ".join(fields)]).rstrip()
    return f"{line}\n{exception}" if exception else line


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        _drop_colours,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        # Text without local variables: a frame's locals may hold a row or a password.
        structlog.processors.format_exc_info,
    ]


def configure_logging(
    level: str = "info", form: str = "text", stream: TextIO | None = None
) -> None:
    """
    Send all logging of this process to *stream* (default: stderr), as *form* text or json.

    Foreign loggers (uvicorn, pika, psycopg, oracledb) go the same way; their own handlers
    are taken away. Safe to call again.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared_processors(),
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redact_event,
                _render_json if form == "json" else _render_text,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    # pika tells every socket step at INFO; only its complaints concern an operator.
    for name in ("pika", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    structlog.configure(
        processors=[*_shared_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
