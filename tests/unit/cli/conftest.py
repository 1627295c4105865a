"""Verbs set up logging for their process; tests of verbs share one."""

import logging
from collections.abc import Iterator

import pytest
import structlog

CHANGED = (None, "uvicorn", "uvicorn.error", "uvicorn.access", "pika", "httpx", "httpcore")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """What configure_logging changes is put back."""
    loggers = [logging.getLogger(name) for name in CHANGED]
    before = [(x, x.handlers[:], x.level, x.propagate) for x in loggers]
    yield
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
    structlog.reset_defaults()
