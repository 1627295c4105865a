"""
ora2pg, Debian's package: every export of its own, through a DBI driver of ours in Perl.

The driver (programs/perl/DBD/Oracle.pm) needs no Oracle client; it speaks to python-oracledb.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from clients.frame import Outcome, Place, Served, install_python, run, serving
from clients.left_out import read_list

NAME = "ora2pg"
PACKAGES = ("ora2pg", "libdbi-perl")
VERSIONS = ("12.1", "19c", "23ai")
USERS = (("LIB", "tiger", "owner"), ("GUEST", "tiger", "none"), ("CHIEF", "tiger", "dba"))
HERE = Path(__file__).parent
RUN_SECONDS = 120
SECTION = re.compile(r"\[([A-Z_]+)((?: (?:LIB|CHIEF))+)\]")
# ora2pg reads a BFILE with a function that it creates; orasim has no files behind BFILEs.
NOT_COPIED = ("BOOK(PLACE)",)
EXPECTED = HERE / "ora2pg.expected"
# ora2pg logs an error of the database and may go on.
ERRORS = re.compile(r"ORA-\d{5}|DPY-\d{4}|FATAL|DB[ID]::|Can't (?:locate|prepare|execute|call)")


def install(folder: Path) -> None:
    """The packages of Debian, unpacked and not installed, and the driver's Python."""
    install_python(folder, ["oracledb==26.1.0"])
    if (folder / "debian").exists():
        return
    subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=folder, check=True)
    unpacked = folder / "unpacking"
    shutil.rmtree(unpacked, ignore_errors=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, unpacked], check=True)
    unpacked.rename(folder / "debian")


@dataclass(frozen=True, slots=True)
class Export:
    """One export: its type, as which users it runs, and what its output has."""

    kind: str
    users: tuple[str, ...]
    pieces: tuple[str, ...]


def read_exports(path: Path) -> list[Export]:
    """
    Sections ``[TYPE user …]``, then pieces of text, one a line, that the output must have.
    """
    exports: list[Export] = []
    for line in path.read_text().splitlines():
        if section := SECTION.fullmatch(line):
            exports.append(Export(section[1], tuple(section[2].split()), ()))
        elif line.strip() and not line.startswith("#"):
            last = exports.pop()
            exports.append(Export(last.kind, last.users, (*last.pieces, line.strip())))
    return exports


def missing(export: Export, text: str) -> list[str]:
    """The pieces that *text* does not have; white space and case do not count."""
    plain = _plain(text)
    return [piece for piece in export.pieces if _plain(piece) not in plain]


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def check(place: Place) -> Outcome:
    """Every export as owner and as DBA against each version."""
    total = Outcome(0, 0, 0)
    exports = read_exports(EXPECTED)
    for version in VERSIONS:
        with serving(version, USERS, [HERE / "schema.sql"]) as served:
            for export in exports:
                for user in export.users:
                    total += _check_export(place, served, export, user)
    left_out = list(read_list(HERE / "ora2pg.left_out"))
    place.say(*(f"left out: {kind}: {reason}" for kind, reason in left_out))
    return total + Outcome(0, 0, len(left_out))


def _check_export(place: Place, served: Served, export: Export, user: str) -> Outcome:
    text, problems = _run_export(place, served, export.kind, user)
    problems += [f"not there: {piece}" for piece in missing(export, text)]
    title = f"{served.database.version} {export.kind} as {user}"
    if problems:
        place.say(text, f"not ok {title}:", *(f"  {problem}" for problem in problems))
        return Outcome(0, 1, 0)
    place.say(f"ok {title}")
    return Outcome(1, 0, 0)


def _run_export(place: Place, served: Served, kind: str, user: str) -> tuple[str, list[str]]:
    """What ora2pg printed and wrote, and what went wrong."""
    output = place.folder / "output"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir()
    configuration = output / "ora2pg.conf"
    configuration.write_text(_configuration(served, user))
    program = place.folder / "debian" / "usr" / "bin" / "ora2pg"
    options = ["-q", "-c", configuration, "-t", kind, "-b", output, "-o", "out.sql"]
    command = ["perl", program, *options]
    done = run(place, command, environment=_environment(place), seconds=RUN_SECONDS)
    written = [path.read_text() for path in sorted(output.glob("*.sql"))]
    problems = [line for line in done.stdout.splitlines() if ERRORS.search(line)]
    if done.returncode:
        problems.append(f"exit code {done.returncode}")
    return "\n".join([done.stdout, *written]), problems


def _configuration(served: Served, user: str) -> str:
    where = f"host={served.server.host};service_name={served.database.identity.service_name}"
    is_owner = user == "LIB"
    return "\n".join(
        [
            "ORACLE_HOME /nowhere",
            f"ORACLE_DSN dbi:Oracle:{where};port={served.port}",
            f"ORACLE_USER {user}",
            "ORACLE_PWD tiger",
            f"USER_GRANTS {int(is_owner)}",
            "SCHEMA LIB",
            "USE_LOB_LOCATOR 1",
            "FILE_PER_INDEX 1",
            "FILE_PER_CONSTRAINT 1",
            "FILE_PER_FKEYS 1",
            f"EXCLUDE_COLUMNS {' '.join(NOT_COPIED)}",
            "PG_VERSION 15",
            "",
        ]
    )


def _environment(place: Place) -> dict[str, str]:
    debian = place.folder / "debian" / "usr"
    found = [debian / "share" / "perl5", *debian.glob("lib/*/perl5/*")]
    python = place.folder / "venv" / "bin" / "python"
    return {
        **os.environ,
        "PERL5LIB": ":".join(map(str, [HERE / "programs" / "perl", *found])),
        "ORASIM_DBI_HELPER": f"{python}\t{HERE / 'programs' / 'dbi_helper.py'}",
        "NLS_LANG": "AMERICAN_AMERICA.AL32UTF8",
        "LC_ALL": "C.UTF-8",
    }
