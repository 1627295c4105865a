"""node-oracledb in thin mode, by a program of ours: the package ships no tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from clients.frame import Outcome, Place, run, serving, told_outcome

NAME = "node-oracledb"
VERSION = "26.0.0"
VERSIONS = ("12.1", "19c", "23ai")
HERE = Path(__file__).parent
CHECK_SECONDS = 180


def install(folder: Path) -> None:
    """The npm package; its install step only looks for thick mode's binaries."""
    if (folder / "node_modules" / "oracledb").exists():
        return
    npm = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder]
    subprocess.run([*npm, f"oracledb@{VERSION}"], check=True, stdout=subprocess.DEVNULL)


def check(place: Place) -> Outcome:
    """The program against each personality."""
    program = place.folder / "check.js"  # beside node_modules, where node looks for packages
    shutil.copyfile(HERE / "programs" / "node_oracledb.js", program)
    total = Outcome(0, 0, 0)
    for version in VERSIONS:
        users = (("LIB", "tiger", "owner"), ("GUEST", "tiger", "none"))
        with serving(version, users, [HERE / "schema.sql"]) as served:
            command = ["node", program, served.dsn, version]
            done = run(
                place, command, environment={**os.environ, "TZ": "UTC"}, seconds=CHECK_SECONDS
            )
            total += told_outcome(place, done)
    return total
