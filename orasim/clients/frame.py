"""What every client module needs: an outcome, servers to talk to, a place for what it installs."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree

from orasim.database import Database
from orasim.engine import Identity
from orasim.server import OrasimServer

from orasim import script

CHECK_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a client's own checks said; what is left out has its reason in the log."""

    passed: int
    failed: int
    left_out: int

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.passed + other.passed,
            self.failed + other.failed,
            self.left_out + other.left_out,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.left_out} left out"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client lives, and where the details of its checks go."""

    folder: Path  # below .run/clients, kept from run to run
    log: TextIO

    def say(self, *lines: str) -> None:
        """Lines into the log."""
        for line in lines:
            self.log.write(line.rstrip() + "\n")
        self.log.flush()


@dataclass(frozen=True, slots=True)
class Served:
    """A running orasim: where it listens, and the database behind it."""

    server: OrasimServer
    database: Database

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def dsn(self) -> str:
        """host:port/service"""
        identity: Identity = self.database.identity
        return f"{self.server.host}:{self.port}/{identity.service_name}"


@contextmanager
def serving(
    version: str,
    users: Sequence[tuple[str, str, str]] = (("SCOTT", "tiger", "catalog-owner"),),
    scripts: Sequence[Path] = (),
    verifier: str = "12c",
) -> Iterator[Served]:
    """
    An orasim on a free port; *users* are (stored name, password, profile).

    The first user runs the scripts; a statement that fails ends the check.
    """
    database = Database(version=version)
    for name, password, profile in users:
        database.create_user(name, password, profile=profile)
    session = database.open_session(users[0][0], "clients", 1, 1)
    for path in scripts:
        script.load(session, str(path), stop_on_error=True)
    session.close()
    with OrasimServer(database, personality=version, verifier=verifier) as server:
        yield Served(server, database)


def run(
    place: Place,
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    seconds: float = CHECK_SECONDS,
) -> subprocess.CompletedProcess[str]:
    """Run *command*; what it prints goes to the log too. Never raises for its exit code."""
    place.say("$ " + " ".join(map(str, command)))
    done = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=folder or place.folder,
        timeout=seconds,
        check=False,
    )
    place.say(done.stdout, f"exit code {done.returncode}")
    return done


def install_python(folder: Path, packages: Sequence[str]) -> Path:
    """A virtual environment with *packages* in *folder*; its python. Nothing when it is there."""
    python = folder / "venv" / "bin" / "python"
    stamp = folder / "installed"
    wanted = "\n".join(packages)
    if stamp.exists() and stamp.read_text() == wanted and python.exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *packages], check=True)
    stamp.write_text(wanted)
    return python


def unpack_sdist(folder: Path, package: str, version: str) -> Path:
    """The source distribution of a package from PyPI, unpacked in *folder*: it holds tests."""
    unpacked = folder / f"{package}-{version}"
    if unpacked.exists():
        return unpacked
    # The project's environment is made by uv and has no pip; the Python below it has.
    python = getattr(sys, "_base_executable", sys.executable)
    pip = [python, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    what = ["--no-deps", "--no-binary", package, f"{package}=={version}"]
    subprocess.run([*pip, *what, "--dest", folder], check=True)
    with tarfile.open(folder / f"{package}-{version}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return unpacked


def pytest_outcome(place: Place, report: Path, title: str) -> Outcome:
    """Counts from a JUnit report; why tests were left out goes to the log."""
    if not report.exists():
        place.say(f"{title}: no report, so it failed")
        return Outcome(0, 1, 0)
    suite = ElementTree.parse(report).getroot().find("testsuite")  # noqa: S314
    assert suite is not None
    reasons: Counter[str] = Counter()
    for skipped in suite.iter("skipped"):
        reasons[skipped.get("message", "no reason given")] += 1
    place.say(f"left out: {title}:", *(f"  {n:4} {why}" for why, n in reasons.most_common()))
    total, skips = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return Outcome(total - skips - bad, bad, skips)


def told_outcome(place: Place, done: subprocess.CompletedProcess[str]) -> Outcome:
    """
    Counts from a program that prints ``ok NAME`` or ``not ok NAME: why`` for each check, and
    ``done`` at the end: one that stops half-way has failed.
    """
    lines = done.stdout.splitlines()
    passed = sum(line.startswith("ok ") for line in lines)
    failed = sum(line.startswith("not ok ") for line in lines)
    left_out = sum(line.startswith("left out ") for line in lines)
    if "done" not in lines:
        place.say("the program did not reach its end")
        failed += 1
    return Outcome(passed, failed, left_out)
