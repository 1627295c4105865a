"""Settings: defaults, then a TOML file, then the environment, then flags.

``ORAFERRY_CHUNK_ROWS`` ↔ ``--chunk-rows`` ↔ ``chunk_rows``, mechanically. No other module
reads the environment. Every value remembers where it came from, for ``oraferry settings``.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

from oraferry.errors import ConfigError

ENVIRONMENT_PREFIX = "ORAFERRY_"


class Secret:
    """A value that never prints. ``reveal()`` is the only way to read it, and easy to grep."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('•••')"

    def __str__(self) -> str:
        return "•••"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)


def resolve_secret(reference: str) -> Secret:
    """
    The secret behind *reference*: ``env:NAME``, ``file:/path`` or the text itself.

    Raises ConfigError when the variable is not set or the file cannot be read.
    """
    kind, _, rest = reference.partition(":")
    if kind == "env":
        try:
            return Secret(os.environ[rest])
        except KeyError:
            raise ConfigError(
                f"the environment variable {rest} is not set",
                hint=f"export {rest}, or name another reference than env:{rest}",
            ) from None
    if kind == "file":
        try:
            return Secret(Path(rest).expanduser().read_text(encoding="utf-8").rstrip("\r\n"))
        except OSError as error:
            raise ConfigError(
                f"the secret file {rest} cannot be read: {error.strerror}",
                hint="check the path and that this user may read it",
            ) from None
    return Secret(reference)


def state_directory() -> Path:
    """Where a laptop's own state lives (embedded servers, the sealing key)."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "oraferry"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The effective settings of one process."""

    # Oracle
    source_dsn: str | None = None  # host:port/service, or a full descriptor
    source_user: str | None = None
    source_password: Secret | None = None  # text, env:NAME or file:/path
    # PostgreSQL that receives the data: a libpq URL or key=value string
    target_dsn: Secret | None = None
    # PostgreSQL that holds the jobs
    store_dsn: Secret | None = None
    # amqp://user:password@host:port/vhost; none: the PostgreSQL bell (LISTEN/NOTIFY)
    broker_url: Secret | None = None
    queue: str = "oraferry"
    # Model server; no URL, no AI
    ai_url: str | None = None
    ai_model: str = "llama3.1"
    ai_timeout_seconds: float = 120.0
    # Work
    lanes: int = 2  # worker processes that `migrate` and `demo` start
    chunk_rows: int = 200_000  # rows a chunk aims at
    chunk_seconds: float = 5.0  # a chunk that takes less takes in those behind it; 0: never
    batch_rows: int = 10_000  # rows of one Arrow batch at most
    batch_bytes: int = 8 * 1024 * 1024  # bytes of one Arrow batch aimed at
    lease_seconds: float = 30.0
    max_attempts: int = 5
    outage_seconds: float = 900.0  # how long a task waits for a source or target that is away
    source_connect_timeout_seconds: float = 15.0
    # A network that fell silent says nothing; a count of a huge table takes its time.
    source_call_timeout_seconds: float = 1800.0
    # Doors
    api_host: str = "127.0.0.1"
    api_port: int = 8085
    secret_key_file: str | None = None  # key that seals passwords given in a request
    log_level: str = "info"
    log_format: str = "text"  # text or json

    origins: Mapping[str, str] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        for name in ("lanes", "chunk_rows", "batch_rows", "batch_bytes", "max_attempts"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1", hint=f"set {name} to 1 or more")
        if self.chunk_seconds < 0:
            raise ConfigError("chunk_seconds must not be negative", hint="0 leaves chunks alone")
        if self.lease_seconds < 1:
            raise ConfigError("lease_seconds must be at least 1")
        for name in ("outage_seconds", "source_call_timeout_seconds"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} must not be negative", hint=f"set {name} to 0 or more")
        if self.log_format not in ("text", "json"):
            raise ConfigError("log_format must be text or json")
        if self.log_level.lower() not in ("debug", "info", "warning", "error"):
            raise ConfigError("log_level must be debug, info, warning or error")

    def require(self, name: str) -> Any:
        """The value of *name*; ConfigError that says how to set it when it is missing."""
        value = getattr(self, name)
        if value is None:
            raise ConfigError(
                f"{name} is not set",
                hint=f"set {ENVIRONMENT_PREFIX}{name.upper()}, --{name.replace('_', '-')}, "
                f"or {name} in oraferry.toml",
            )
        return value


SETTING_NAMES: tuple[str, ...] = tuple(f.name for f in fields(Settings) if f.name != "origins")
_HINTS = get_type_hints(Settings)


def _parse(name: str, raw: Any, origin: str) -> Any:
    kinds = set(get_args(_HINTS[name])) or {_HINTS[name]}
    if raw is None:
        return None
    if Secret in kinds:
        return raw if isinstance(raw, Secret) else resolve_secret(str(raw))
    for kind in (int, float):
        if kind in kinds:
            try:
                return kind(raw)
            except (TypeError, ValueError):
                raise ConfigError(f"{name} (from {origin}) must be a number, not {raw!r}") from None
    if not isinstance(raw, str):
        raise ConfigError(f"{name} (from {origin}) must be text")
    return raw


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """
    Build the settings once, in a door.

    *flags* holds only what a person gave (None values are ignored). *file* defaults to
    ``oraferry.toml`` in the working directory, if there is one; ``ORAFERRY_CONFIG`` names
    another. Raises ConfigError for unknown names and for values that do not parse.
    """
    env = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}

    def take(name: str, raw: Any, origin: str) -> None:
        values[name] = _parse(name, raw, origin)
        origins[name] = origin

    path = file or (Path(env["ORAFERRY_CONFIG"]) if env.get("ORAFERRY_CONFIG") else None)
    if path is None and Path("oraferry.toml").exists():
        path = Path("oraferry.toml")
    if path is not None:
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path} is not valid TOML: {error}") from None
        for name, raw in content.items():
            if name not in SETTING_NAMES:
                raise ConfigError(
                    f"{path}: unknown setting {name!r}",
                    hint="`oraferry settings` lists all names",
                )
            take(name, raw, str(path))
    for name in SETTING_NAMES:
        variable = ENVIRONMENT_PREFIX + name.upper()
        if env.get(variable):
            take(name, env[variable], variable)
    for name, raw in (flags or {}).items():
        if raw is not None:
            take(name, raw, "--" + name.replace("_", "-"))
    return Settings(**values, origins=origins)
