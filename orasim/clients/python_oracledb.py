"""
python-oracledb's own tests, as its sdist ships them, in thin mode.

They need the schema that their authors create; the sdist has no script for it, so
``python_oracledb.sql`` makes tables of the same names and rows.
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
    unpack_sdist,
)

NAME = "python-oracledb"
VERSION = "26.1.0"
VERSIONS = ("19c", "23ai")
HERE = Path(__file__).parent
# ``ext`` wants a file that describes real servers, ``stc`` and ``py314`` a newer Python.
FOLDERS = (
    "aq", "connection", "cursor", "data_types", "dataframe", "hooks", "misc", "pool", "soda",
)  # fmt: skip
TESTS_SECONDS = 1500
# What the suite's conftest and its data frame tests import, beside the driver.
PACKAGES = ("anyio", "numpy", "pandas", "pyarrow", "pytest", "pytest-timeout")


def install(folder: Path) -> None:
    """The driver, what its tests import, and the tests of its sdist."""
    install_python(folder, [f"oracledb=={VERSION}", *PACKAGES])
    unpack_sdist(folder, "oracledb", VERSION)


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
    scripts = ["python_oracledb.sql", "python_oracledb_code.sql"]
    if version == "23ai":
        scripts.append("python_oracledb_23ai.sql")
    return serving(version, users, [HERE / name for name in scripts])


def _suite(place: Place, served: Served, version: str) -> Outcome:
    report = place.folder / f"{version}.xml"
    report.unlink(missing_ok=True)
    command = [
        str(place.folder / "venv" / "bin" / "python"),
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
        [*command, f"--junit-xml={report}", "--timeout=60", "--tb=short", "--rootdir=.", *FOLDERS],
        environment=_environment(served),
        folder=place.folder / f"oracledb-{VERSION}" / "tests",
        seconds=TESTS_SECONDS,
    )
    return pytest_outcome(place, report, version)


def _environment(served: Served) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(HERE.parent),
        "ORASIM_LEFT_OUT": str(HERE / "python_oracledb.left_out"),
        "ORASIM_WHOLE_SUITE": "1",
        "PYO_TEST_CONNECT_STRING": served.dsn,
        "PYO_TEST_MAIN_USER": "pythontest",
        "PYO_TEST_MAIN_PASSWORD": "secret",
        "PYO_TEST_PROXY_USER": "pythontestproxy",
        "PYO_TEST_PROXY_PASSWORD": "secret",
        "PYO_TEST_ADMIN_USER": "admin",
        "PYO_TEST_ADMIN_PASSWORD": "secret",
    }
