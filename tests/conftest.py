"""Options, markers and the header; fixtures live in the fix_*.py files beside this one."""

import os
import sys

import pytest

from tests.guard import MARK, release, start_guard

# Tests start hundreds of processes: without bytecode kept, each would compile all anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = [
    "tests.fix_postgres",
    "tests.fix_rabbitmq",
    "tests.fix_oracle",
    "tests.fix_moving",
    "tests.fix_ollama",
    "tests.fix_browser",
    "tests.warm",
]


# Tests empty its schema, or look at all roles of its server.
GIVEN = {"ORAFERRY_TEST_ORACLE_DSN", "ORAFERRY_TEST_POSTGRES_DSN"} & os.environ.keys()


def pytest_configure(config: pytest.Config) -> None:
    """One guard for the whole run: pytest's workers have the mark of the process above them."""
    if GIVEN and (config.getoption("numprocesses", None) or 0) > 1:
        raise pytest.UsageError(f"{', '.join(GIVEN)}: one test at a time (TESTERS=1)")
    if MARK not in os.environ:
        guard = start_guard()
        config.add_cleanup(lambda: release(guard))
