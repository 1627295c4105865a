"""
python-oracledb's own tests, as its sdist ships them, in thin mode.

They need the schema that their authors create; the sdist has no script for it, so
``python_oracledb.sql`` makes tables of the same names and rows.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from clients.frame import Outcome, Place, Served, run, serving

NAME = "python-oracledb"
VERSION = "26.1.0"
VERSIONS = ("19c", "23ai")
HERE = Path(__file__).parent
FOLDERS = ("misc/test_1300_connect_params.py", "misc/test_1400_pool_params.py")
TESTS_SECONDS = 900


def install(folder: Path) -> None:
    """The sdist's tests; driver and pytest are those of the project's own environment."""
    if (folder / f"oracledb-{VERSION}").exists():
        return
    # The project's environment is made by uv and has no pip; the Python below it has.
    python = getattr(sys, "_base_executable", sys.executable)
    pip = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    what = ["--no-deps", "--no-binary", "oracledb", f"oracledb=={VERSION}"]
    subprocess.run([*pip, *what, "--dest", folder], check=True)
    with tarfile.open(folder / f"oracledb-{VERSION}.tar.gz") as archive:
        archive.extractall(folder, filter="data")


def check(place: Place) -> Outcome:
    """The whole suite against each personality."""
    total = Outcome(0, 0, 0)
    for version in VERSIONS:
        with _served(version) as served:
            total += _suite(place, served, version)
    return total


def _served(version: str):  # type: ignore[no-untyped-def]
    users = (
        ("PYTHONTEST", "secret", "catalog-owner"),
        ("PYTHONTESTPROXY", "secret", "none"),
        ("ADMIN", "secret", "dba"),
    )
    return serving(version, users, [HERE / "python_oracledb.sql"])


def _suite(place: Place, served: Served, version: str) -> Outcome:
    report = place.folder / f"{version}.xml"
    report.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "clients.left_out",
        "-p",
        "no:cacheprovider",
    ]
    run(
        place,
        [*command, f"--junit-xml={report}", "--timeout=60", "--tb=short", *FOLDERS],
        environment=_environment(served),
        folder=place.folder / f"oracledb-{VERSION}" / "tests",
        seconds=TESTS_SECONDS,
    )
    return _outcome(place, report, version)


def _environment(served: Served) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(HERE.parent),
        "ORASIM_LEFT_OUT": str(HERE / "python_oracledb.left_out"),
        "PYO_TEST_CONNECT_STRING": served.dsn,
        "PYO_TEST_MAIN_USER": "pythontest",
        "PYO_TEST_MAIN_PASSWORD": "secret",
        "PYO_TEST_PROXY_USER": "pythontestproxy",
        "PYO_TEST_PROXY_PASSWORD": "secret",
        "PYO_TEST_ADMIN_USER": "admin",
        "PYO_TEST_ADMIN_PASSWORD": "secret",
    }


def _outcome(place: Place, report: Path, version: str) -> Outcome:
    """Counts from pytest's report; why tests were left out goes to the log."""
    suite = ElementTree.parse(report).getroot().find("testsuite")  # noqa: S314
    assert suite is not None
    reasons: Counter[str] = Counter()
    for skipped in suite.iter("skipped"):
        reasons[skipped.get("message", "no reason given")] += 1
    place.say(f"left out with {version}:", *(f"  {n:4} {why}" for why, n in reasons.most_common()))
    total, skips = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return Outcome(total - skips - bad, bad, skips)
