"""Numbered SQL files, forward only: each once, in order, whoever comes first."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import Any

import psycopg

from oraferry.errors import ConfigError

SCHEMA = "oraferry_jobs"
_LOCK = 7236191  # one migrator at a time, whatever number of processes starts


def versions() -> list[tuple[int, str, str]]:
    """(number, name, text) of every file."""
    found = []
    for item in resources.files("oraferry.jobs.versions").iterdir():
        if item.name.endswith(".sql"):
            found.append((int(item.name.split("_")[0]), item.name, item.read_text("utf-8")))
    return sorted(found)


def migrate(connection: psycopg.Connection[Any]) -> None:
    """
    Bring the store's schema up to date.

    ConfigError when the database was made by a newer oraferry, or a file that was applied
    has been changed since.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        # IF NOT EXISTS would want the right to create schemas even where it is there.
        found = connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", [SCHEMA])
        if found.rowcount == 0:
            connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute(f"SET LOCAL search_path = {SCHEMA}, pg_catalog")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS version (number integer PRIMARY KEY, name text NOT NULL, "
            "checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        applied = dict(connection.execute("SELECT number, checksum FROM version").fetchall())
        known = versions()
        newer = set(applied) - {number for number, _, _ in known}
        if newer:
            raise ConfigError(
                f"the job store has version {max(newer)}, this oraferry knows {known[-1][0]}",
                hint="update oraferry on this machine",
            )
        for number, name, text in known:
            checksum = hashlib.sha256(text.encode()).hexdigest()
            if number not in applied:
                connection.execute(text)
                connection.execute(
                    "INSERT INTO version (number, name, checksum) VALUES (%s, %s, %s)",
                    [number, name, checksum],
                )
            elif applied[number] != checksum:
                raise ConfigError(
                    f"{name} was changed after it was applied to the job store",
                    hint="restore the file; changes go into a new version",
                )
