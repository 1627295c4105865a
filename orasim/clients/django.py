"""Django's Oracle backend: its own tests of introspection, inspectdb and more, from its sdist."""

from __future__ import annotations

import os
import re
from pathlib import Path

from clients.frame import Outcome, Place, Served, install_python, run, serving, unpack_sdist

NAME = "django"
VERSION = "5.2.19"
VERSIONS = ("19c", "23ai")  # Django 5.2 wants 19c at least
LABELS = ("introspection", "inspectdb", "basic", "datatypes", "indexes", "transactions")
HERE = Path(__file__).parent
TESTS_SECONDS = 900


def install(folder: Path) -> None:
    """Django, and the tests of its sdist."""
    install_python(folder, [f"django=={VERSION}", "oracledb==26.1.0", "pytest"])
    unpack_sdist(folder, "django", VERSION)


def check(place: Place) -> Outcome:
    """The tests against each version, with users that Django need not create."""
    total = Outcome(0, 0, 0)
    for version in VERSIONS:
        users = (("DJANGO", "tiger", "catalog-owner"), ("OTHER", "tiger", "catalog-owner"))
        with serving(version, users) as served:
            total += _suite(place, served)
    return total


def _suite(place: Place, served: Served) -> Outcome:
    tests = place.folder / f"django-{VERSION}" / "tests"
    python = place.folder / "venv" / "bin" / "python"
    options = ["--settings=django_settings", "--noinput", "--parallel=1"]
    done = run(
        place,
        [python, "runtests.py", *options, *LABELS],
        environment={
            **os.environ,
            "PYTHONPATH": f"{HERE / 'programs'}:{HERE.parent}:{tests.parent}",
            "ORASIM_LEFT_OUT": str(HERE / "django.left_out"),
            "ORASIM_DSN": served.dsn,
        },
        folder=tests,
        seconds=TESTS_SECONDS,
    )
    ran = re.search(r"^Ran (\d+) tests", done.stdout, re.MULTILINE)
    if ran is None:
        return Outcome(0, 1, 0)
    counts = {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", _last(done.stdout))}
    bad = counts.get("failures", 0) + counts.get("errors", 0)
    skipped = counts.get("skipped", 0)
    return Outcome(int(ran[1]) - bad - skipped, bad, skipped)


def _last(text: str) -> str:
    """The line with the counts: OK (…) or FAILED (…)."""
    found = re.findall(r"^(?:OK|FAILED).*$", text, re.MULTILINE)
    return str(found[-1]) if found else ""
