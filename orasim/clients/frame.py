"""What every client module needs: an outcome, servers to talk to, a place for what it installs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

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
