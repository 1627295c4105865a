"""The flags that say what to move, and the request they make."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from oraferry.migration.check import DataCheckRequest
    from oraferry.migration.repair import RepairRequest
    from oraferry.migration.request import DataMigrationRequest
    from oraferry.migration.verify import DataVerificationRequest


R = TypeVar("R")


class Mode(enum.StrEnum):
    """What to do with the target tables."""

    create = "create"
    append = "append"
    truncate = "truncate"
    upsert = "upsert"


class Ai(enum.StrEnum):
    """Whether the model is asked for a second opinion."""

    off = "off"
    on = "on"
    required = "required"


class SnapshotLoss(enum.StrEnum):
    """What to do when Oracle's undo is gone for good."""

    stop = "stop"
    restart_table = "restart_table"
    continue_later = "continue_later"


Tables = Annotated[
    list[str] | None,
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
RequestFile = Annotated[
    Path | None,
    typer.Option(
        "--request",
        metavar="FILE",
        help="what to move, as TOML or JSON, as of POST /migrations; flags go before it",
        show_default=False,
    ),
]
RowExamples = Annotated[
    int | None,
    typer.Option("--examples", min=0, max=10_000, help="differing rows to show of each table (20)"),
]
AtScn = Annotated[
    int | None,
    typer.Option("--scn", metavar="SCN", help="read Oracle AS OF this SCN instead of now"),
]
OfJob = Annotated[
    str | None,
    typer.Option("--job", metavar="JOB", help="the tables of a job, with its policies, at its SCN"),
]
TheMode = Annotated[
    Mode | None,
    typer.Option(
        "--mode",
        help="create (default): tables that are missing or empty; append: add rows; truncate: "
        "empty first; upsert: replace rows with the same key, add the others",
        show_default=False,
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
    Ai | None,
    typer.Option(
        "--ai",
        help="a model's second opinion (default off); required: no opinion is an error",
        show_default=False,
    ),
]
Html = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="write the report as one HTML file"),
]
Junit = Annotated[
    Path | None,
    typer.Option("--junit", metavar="FILE", help="write the report as JUnit XML"),
]
HideValues = Annotated[
    bool,
    typer.Option("--hide-values", help="say that and why values differ, never what they are"),
]
Policies = Annotated[
    list[str] | None,
    typer.Option(
        "--policy",
        metavar="[COLUMN|TYPE:]SETTING=VALUE",
        help="what becomes of values that PostgreSQL cannot hold: nul=remove, "
        "'RAW(16):to=uuid', HR.EMP.NOTE:overflow=cut; repeatable, see docs/reference/types.md",
    ),
]
LeverWishes = Annotated[
    list[str] | None,
    typer.Option(
        "--lever",
        metavar="NAME[=VALUE]",
        help="what may make the load faster, at a cost: unlogged, freeze, asynchronous_commit, "
        "indexes_after, keys_after, triggers_off, maintenance_work_mem=2GB, index_workers=4; "
        "repeatable, see docs/howto/fast-loads.md",
    ),
]
SnapshotLost = Annotated[
    SnapshotLoss | None,
    typer.Option(
        "--snapshot-lost",
        help="when Oracle's undo is gone for good: stop (default); restart_table: begin the table "
        "anew at a later SCN; continue_later: read on at a later SCN, then the rest again",
        show_default=False,
    ),
]
MaxBadRows = Annotated[
    int | None,
    typer.Option(
        "--max-bad-rows",
        min=0,
        metavar="N",
        help="rows of a table that may be set aside (100); 0: the first one stops the job",
    ),
]
MaxBadRowsPerJob = Annotated[
    int | None,
    typer.Option(
        "--max-bad-rows-per-job", min=0, metavar="N", help="the same for all tables (1000)"
    ),
]
DataOnly = Annotated[
    bool,
    typer.Option("--data-only", help="compare the names of the columns only"),
]


def build_request(file: Path | None = None, **wishes: Any) -> DataMigrationRequest:
    """
    The request that *file* and the flags make; a flag that was not given is None or False.

    RequestError says which part does not fit.
    """
    from oraferry.migration.request import DataMigrationRequest

    return _build(DataMigrationRequest, file, wishes)


def build_check_request(file: Path | None = None, **wishes: Any) -> DataCheckRequest:
    """The same, for a look at the data."""
    from oraferry.migration.check import DataCheckRequest

    return _build(DataCheckRequest, file, wishes)


def build_verification_request(file: Path | None = None, **wishes: Any) -> DataVerificationRequest:
    """The same, for a comparison of both sides' rows."""
    from oraferry.migration.verify import DataVerificationRequest

    return _build(DataVerificationRequest, file, wishes)


def build_repair_request(file: Path | None = None, **wishes: Any) -> RepairRequest:
    """The same, after which differences are repaired."""
    from oraferry.migration.repair import RepairRequest

    return _build(RepairRequest, file, wishes)


def _build(kind: type[R], file: Path | None, wishes: dict[str, Any]) -> R:
    from pydantic import ValidationError

    from oraferry.errors import RequestError
    from oraferry.migration.levers import parse_levers
    from oraferry.migration.policies import parse_policy

    try:
        wishes["policies"] = [parse_policy(text) for text in wishes.pop("policies", None) or []]
    except ValueError as error:
        raise RequestError(f"--policy: {error}") from None
    try:
        pulled = parse_levers(wishes.pop("levers", None) or [])
    except ValueError as error:
        raise RequestError(f"--lever: {error}") from None
    written = read_request(file) if file else {}
    if pulled:
        wishes["levers"] = (written.get("levers") or {}) | pulled
    given = {name: value for name, value in wishes.items() if _is_given(value)}
    try:
        return kind(**written | given)
    except ValidationError as error:
        # Never the error's own text, which repeats the input.
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise RequestError(f"{where}: {said}" if where else said) from None


def read_request(path: Path) -> dict[str, Any]:
    """The request in a TOML or JSON file; RequestError when it is neither."""
    import json
    import tomllib

    from oraferry.errors import RequestError

    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise RequestError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        # What stands at that place may be a secret, so only the place is told.
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise RequestError(
            f"{path} is no valid {kind}{line}", hint="end its name in .json for JSON, else TOML"
        ) from None
    if not isinstance(found, dict):
        raise RequestError(f"{path} holds no request", hint='write {"tables": [...]}')
    return found


def _is_given(value: Any) -> bool:
    # 0 is a wish: no row may be set aside. An empty list is a flag that was not there.
    return value is not None and value is not False and value != []
