"""The flags that say what to move, and the request they make."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from oraferry.migration.request import DataMigrationRequest


class Mode(enum.StrEnum):
    """What to do with the target tables."""

    create = "create"
    append = "append"
    truncate = "truncate"


class Ai(enum.StrEnum):
    """Whether the model is asked for a second opinion."""

    off = "off"
    on = "on"
    required = "required"


Tables = Annotated[
    list[str],
    typer.Option(
        "--table",
        metavar="NAME",
        help="SCHEMA.TABLE as Oracle stores it; * and ? are patterns; repeatable",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude", metavar="NAME", help="SCHEMA.TABLE or pattern to leave out; repeatable"
    ),
]
TheMode = Annotated[
    Mode,
    typer.Option(
        "--mode",
        help="create: tables that are missing or empty; append: add rows; truncate: empty first",
    ),
]
TargetSchema = Annotated[
    str | None,
    typer.Option(
        "--target-schema",
        metavar="NAME",
        help="schema in PostgreSQL; by default the source's, in lower case",
    ),
]
TheAi = Annotated[
    Ai,
    typer.Option("--ai", help="a model's second opinion; required: no opinion is an error"),
]
DataOnly = Annotated[
    bool,
    typer.Option("--data-only", help="compare the names of the columns only"),
]


def build_request(**wishes: Any) -> DataMigrationRequest:
    """The request that these flags make; RequestError says which flag does not fit."""
    from pydantic import ValidationError

    from oraferry.errors import RequestError
    from oraferry.migration.request import DataMigrationRequest

    try:
        return DataMigrationRequest(**wishes)
    except ValidationError as error:
        # Never the error's own text, which repeats the input.
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RequestError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
