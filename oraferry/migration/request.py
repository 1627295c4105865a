"""What a person may ask for: the body of POST /migrations and the flags of ``migrate``."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from oraferry.config import Secret, resolve_secret
from oraferry.errors import RequestError
from oraferry.migration.levers import LeversRequest
from oraferry.migration.options import Mode, Name, Part, QueryRequest, TableOptions, TargetName
from oraferry.migration.policies import PolicyRequest
from oraferry.migration.selection import parse_pattern
from oraferry.migration.throttle import ThrottleRequest
from oraferry.model import MaskKind
from oraferry.ports import Services, SourceEndpoint, TargetEndpoint

SEALED = "sealed:"
SnapshotLoss = Literal["stop", "restart_table", "continue_later"]
REFERENCES = ("env:", "file:")


class SourceRequest(Part):
    """The Oracle to read; nothing given: the server's settings."""

    dsn: str | None = Field(
        default=None, min_length=1, description="host:port/service or a descriptor"
    )
    user: str | None = Field(default=None, min_length=1)
    password: SecretStr | None = Field(
        default=None, description="env:NAME, file:/path or the password"
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        # The server's own password must never travel to an address that a request names.
        given = [self.dsn, self.user, self.password]
        if any(part is not None for part in given) and None in given:
            raise ValueError("dsn, user and password belong together: give all of them, or none")
        return self


class TargetRequest(Part):
    """The PostgreSQL to fill; nothing given: the server's settings."""

    dsn: SecretStr | None = Field(
        default=None, description="libpq URL or key=value text, env: or file:"
    )


def _read_ai(value: Any) -> Any:
    return "auto" if value == "on" else value


class DataMigrationRequest(Part):
    """Which tables move from where to where, and how careful to be."""

    tables: list[Name] = Field(
        default_factory=list,
        max_length=10_000,
        description="SCHEMA.TABLE as Oracle stores it; * or % stands for any text, ? for a letter",
    )
    exclude: list[Name] = Field(default_factory=list, description="Names or patterns to leave out")
    source: SourceRequest = Field(default_factory=SourceRequest)
    target: TargetRequest = Field(default_factory=TargetRequest)
    queries: list[QueryRequest] = Field(
        default_factory=list, max_length=1_000, description="SELECTs to move as if they were tables"
    )
    table_options: dict[Name, TableOptions] = Field(
        default_factory=dict, description="Wishes by table name or pattern"
    )
    mask_key: SecretStr | None = Field(
        None,
        description="Key of the masks hash and random: the same key masks alike in every job; "
        "env:NAME, file:/path or the text; else one is made for the job",
    )
    mode: Mode = Field(
        "create",
        description="create: missing or empty tables; append: add; truncate: empty first; "
        "upsert: replace rows with the same key, add the others",
    )
    target_schema: TargetName | dict[Name, TargetName] | None = Field(
        None, description="PostgreSQL schema, or one per Oracle schema; else the name in lower case"
    )
    data_migration_mode: bool = Field(
        False, description="Compare the names of the columns only; else everything"
    )
    ai: Annotated[Literal["off", "auto", "required"], BeforeValidator(_read_ai)] = Field(
        "off", description="Ask the model; auto: no answer is a note; required: it is an error"
    )
    accept_differences: bool = Field(
        False, description="Start although the comparison found blocking differences"
    )
    levers: LeversRequest = Field(
        default_factory=LeversRequest, description="What may make the load faster, at a cost"
    )
    throttle: ThrottleRequest = Field(
        default_factory=ThrottleRequest, description="Limits, which can be changed while it runs"
    )
    chunk_rows: int | None = Field(None, ge=1, description="Rows that a chunk aims at")
    snapshot_lost: SnapshotLoss = Field(
        "stop",
        description="When Oracle's undo is gone for good: stop; restart_table: begin the table "
        "anew at a later SCN; continue_later: read on at a later SCN, then the rest again",
    )
    max_bad_rows: int = Field(
        100,
        ge=0,
        le=1_000_000,
        description="Rows of a table that may be set aside because they cannot be loaded; "
        "0: the first one stops the job",
    )
    max_bad_rows_per_job: int = Field(
        1_000, ge=0, le=10_000_000, description="The same for all tables together"
    )
    policies: list[PolicyRequest] = Field(
        default_factory=list,
        max_length=10_000,
        description="What becomes of values that PostgreSQL cannot hold as they are",
    )

    @field_validator("tables", "exclude")
    @classmethod
    def _are_patterns(cls, names: list[str]) -> list[str]:
        for name in names:
            try:
                parse_pattern(name)
            except RequestError as error:
                raise ValueError(error.message) from None
        return names

    @field_validator("table_options")
    @classmethod
    def _are_named(cls, options: dict[str, TableOptions]) -> dict[str, TableOptions]:
        cls._are_patterns(list(options))
        return options

    @model_validator(mode="after")
    def _moves_something(self) -> Self:
        if not self.tables and not self.queries:
            raise ValueError("name at least one table or query")
        names = [query.name for query in self.queries]
        if len(set(names)) < len(names):
            raise ValueError("two queries have the same name")
        return self


class ResumeRequest(Part):
    """What may be decided anew when a job is resumed."""

    snapshot_lost: SnapshotLoss | None = Field(
        None, description="Replaces what the request said; null: as it was"
    )
    max_bad_rows: int | None = Field(None, ge=0, le=1_000_000, description="The same")
    max_bad_rows_per_job: int | None = Field(None, ge=0, le=10_000_000, description="The same")


# --- secrets --------------------------------------------------------------------------------


def store_request(request: DataMigrationRequest, services: Services) -> dict[str, Any]:
    """*request* as JSON to store: references stay references, plain secrets are sealed."""
    body = request.model_dump(mode="json")
    source, target = request.source, request.target
    if source.password is not None:
        body["source"]["password"] = _seal(source.password, _identify(source), services)
    if target.dsn is not None:
        body["target"]["dsn"] = _seal(target.dsn, "target", services)
    if request.mask_key is not None:
        body["mask_key"] = _seal(request.mask_key, "mask", services)
    elif needs_mask_key(request):
        body["mask_key"] = services.seal(Secret(secrets.token_urlsafe(32)), "mask")
    return body


def needs_mask_key(request: DataMigrationRequest) -> bool:
    """True when a mask draws from a key."""
    options = [*request.table_options.values(), *request.queries]
    return any(
        mask.kind in (MaskKind.HASH, MaskKind.RANDOM) for o in options for mask in o.mask.values()
    )


def get_mask_key(request: DataMigrationRequest, services: Services) -> bytes:
    """The key of the masks; empty when no mask draws from one."""
    if request.mask_key is None:
        return b""
    return _open(request.mask_key, "mask", services).reveal().encode()


def get_source_endpoint(request: DataMigrationRequest, services: Services) -> SourceEndpoint:
    """Where to read; ConfigError when neither the request nor the settings say it."""
    source, settings = request.source, services.settings
    if source.dsn is not None and source.user is not None and source.password is not None:
        password = _open(source.password, _identify(source), services)
        return SourceEndpoint(source.dsn, source.user, password)
    return SourceEndpoint(
        settings.require("source_dsn"),
        settings.require("source_user"),
        settings.require("source_password"),
    )


def get_target_endpoint(request: DataMigrationRequest, services: Services) -> TargetEndpoint:
    """Where to write; ConfigError when neither the request nor the settings say it."""
    if request.target.dsn is None:
        return TargetEndpoint(services.settings.require("target_dsn"))
    return TargetEndpoint(_open(request.target.dsn, "target", services))


def _identify(source: SourceRequest) -> str:
    # Bound to its address: a sealed password opens nothing elsewhere.
    return f"source:{source.user}@{source.dsn}"


def _seal(secret: SecretStr, identity: str, services: Services) -> str:
    value = secret.get_secret_value()
    if value.startswith(REFERENCES):
        return value
    if value.startswith(SEALED):
        raise RequestError(
            "a secret in a request cannot start with sealed:",
            hint="give the secret itself, or env:NAME or file:/path",
        )
    return services.seal(Secret(value), identity)


def _open(secret: SecretStr, identity: str, services: Services) -> Secret:
    value = secret.get_secret_value()
    if value.startswith(SEALED):
        return services.unseal(value, identity)
    return resolve_secret(value)
