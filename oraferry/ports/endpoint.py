"""Where a database is, and what its server says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from oraferry.config import Secret


@dataclass(frozen=True, slots=True)
class SourceEndpoint:
    """Where the source is, and who asks."""

    dsn: str
    user: str
    password: Secret


@dataclass(frozen=True, slots=True)
class TargetEndpoint:
    """Where the target is: a libpq URL or key=value string, which may hold a password."""

    dsn: Secret


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a server says of itself."""

    product: str
    version: str
    user: str
    database: str
    charset: str
    # Capabilities that a probe found missing, each with what it costs and what to grant.
    notes: tuple[str, ...] = ()
