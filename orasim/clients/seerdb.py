"""seerdb, a client in pure Python that its author wrote against real servers from 8i to 26ai."""

from __future__ import annotations

from pathlib import Path

from clients.frame import Outcome, Place, install_python, run, serving, told_outcome

NAME = "seerdb"
VERSION = "3.3.0"
VERSIONS = ("12.1", "19c", "23ai")
HERE = Path(__file__).parent
CHECK_SECONDS = 180


def install(folder: Path) -> None:
    """The package from PyPI."""
    install_python(folder, [f"seerdb=={VERSION}"])


def check(place: Place) -> Outcome:
    """The program against each personality, and once with the older password verifier."""
    total = Outcome(0, 0, 0)
    for version, verifier in [*((version, "12c") for version in VERSIONS), ("19c", "11g")]:
        users = (("LIB", "tiger", "owner"), ("GUEST", "tiger", "none"))
        with serving(version, users, [HERE / "schema.sql"], verifier) as served:
            program = HERE / "programs" / "seerdb_client.py"
            command = [place.folder / "venv" / "bin" / "python", program, served.dsn, version]
            total += told_outcome(place, run(place, command, seconds=CHECK_SECONDS))
    return total
