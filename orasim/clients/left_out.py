"""
A pytest plugin: tests on a list are left out with the reason that the list gives.

The list has sections: a line ``[reason]``, then patterns of test ids, one a line. A pattern
that fits no test is an error, so that the list cannot outlive the tests. The environment
variable ORASIM_LEFT_OUT names the file; ORASIM_WHOLE_SUITE says that all folders are given.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from pathlib import Path

import pytest


def read_list(path: Path) -> Iterator[tuple[str, str]]:
    """(pattern, reason) pairs, in order."""
    reason = ""
    for line in path.read_text().splitlines():
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            reason = line[1:-1]
        elif line and not line.startswith("#"):
            yield line, reason


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is on the list."""
    for pattern, reason in read_list(Path(os.environ["ORASIM_LEFT_OUT"])):
        # Ids hold brackets, which a pattern would read as a choice of characters.
        escaped = pattern.replace("[", "[[]")
        fitting = [item for item in items if fnmatch.fnmatchcase(item.nodeid, escaped)]
        is_whole = os.environ.get("ORASIM_WHOLE_SUITE") or not config.option.file_or_dir
        if not fitting and is_whole:
            raise pytest.UsageError(f"the left-out list names no test: {pattern}")
        for item in fitting:
            item.add_marker(pytest.mark.skip(reason=reason))
