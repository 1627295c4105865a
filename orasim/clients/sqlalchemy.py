"""
SQLAlchemy's Oracle dialect: its own tests, and what it says of a schema of ours.

The tests were passed on real Oracle by their authors, so what fails here indicts orasim.
"""

from __future__ import annotations

import os
from pathlib import Path

from clients.frame import (
    Outcome,
    Place,
    Served,
    install_python,
    pytest_outcome,
    run,
    serving,
    told_outcome,
    unpack_sdist,
)

NAME = "sqlalchemy"
VERSION = "2.1.9"
VERSIONS = ("12.1", "19c", "23ai")
TESTED = ("19c", "23ai")  # what the dialect's own tests are run against
HERE = Path(__file__).parent
TESTS_SECONDS = 1500


def install(folder: Path) -> None:
    """SQLAlchemy, and the tests of its sdist."""
    install_python(folder, [f"sqlalchemy=={VERSION}", "oracledb==26.1.0", "pytest", "greenlet"])
    unpack_sdist(folder, "sqlalchemy", VERSION)


def check(place: Place) -> Outcome:
    """Reflection of our schema everywhere, the dialect's own tests where time allows."""
    total = Outcome(0, 0, 0)
    for version in VERSIONS:
        users = (("LIB", "tiger", "owner"), ("GUEST", "tiger", "none"), ("CAT", "tiger", "catalog"))
        with serving(version, users, [HERE / "schema.sql"]) as served:
            total += told_outcome(place, _reflect(place, served))
    for version in TESTED:
        users = (("SCOTT", "tiger", "dba"), ("TEST_SCHEMA", "tiger", "owner"))
        with serving(version, users) as served:
            total += _suite(place, served, version)
    return total


def _reflect(place: Place, served: Served):  # type: ignore[no-untyped-def]
    program = HERE / "programs" / "sqlalchemy_reflects.py"
    return run(place, [place.folder / "venv" / "bin" / "python", program, served.dsn])


def _suite(place: Place, served: Served, version: str) -> Outcome:
    report = place.folder / f"{version}.xml"
    report.unlink(missing_ok=True)
    url = f"oracle+oracledb://scott:tiger@127.0.0.1:{served.port}/?service_name=ORASIM"
    command = [place.folder / "venv" / "bin" / "python", "-m", "pytest", "-q", "--tb=short"]
    options = ["-p", "clients.left_out", "-p", "no:cacheprovider", "--dburi", url]
    run(
        place,
        [
            *command,
            *options,
            f"--junit-xml={report}",
            "test/dialect/test_suite.py",
            "test/dialect/oracle",
        ],
        environment={
            **os.environ,
            "PYTHONPATH": str(HERE.parent),
            "ORASIM_LEFT_OUT": str(HERE / "sqlalchemy.left_out"),
        },
        folder=place.folder / f"sqlalchemy-{VERSION}",
        seconds=TESTS_SECONDS,
    )
    return pytest_outcome(place, report, version)
