"""What a person may ask for one table: where to, which columns and rows, changed how."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from oraferry.errors import RequestError, UnsupportedConstruct
from oraferry.migration.selection import parse_pattern
from oraferry.migration.sqltext import check_fragment, check_query
from oraferry.model import Mask, MaskKind, TableRef

Mode = Literal["create", "append", "truncate", "upsert"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]
# PostgreSQL cuts longer names without a word.
TargetName = Annotated[str, StringConstraints(min_length=1, max_length=63)]


class Part(BaseModel):
    """A part of a request."""

    # An error never repeats what was sent: it may be a password in the wrong field.
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class MaskRequest(Part):
    """What is loaded instead of a column's values; a kind alone may be written as text."""

    kind: MaskKind
    value: str | None = Field(None, description="constant: the value, as text")
    keep_start: int = Field(0, ge=0, description="partial: characters that stay at the start")
    keep_end: int = Field(0, ge=0, description="partial: characters that stay at the end")
    cover: str = Field("*", min_length=1, max_length=1, description="partial: covers the others")
    low: str | None = Field(None, description="random number: not below")
    high: str | None = Field(None, description="random number: not above")
    days: int = Field(365, ge=1, le=36_500, description="random date: days away at most")

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.value is None) == (self.kind is MaskKind.CONSTANT):
            raise ValueError("value belongs to the mask constant, and only to it")
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high belong together")
        return self

    def to_mask(self) -> Mask:
        """The same as a noun of the model."""
        return Mask(**self.model_dump())


class ExpressionRequest(Part):
    """SQL that Oracle computes in place of a column, or for a new one; may be written as text."""

    sql: str = Field(min_length=1, max_length=4000)
    type: str | None = Field(
        None,
        max_length=60,
        pattern=r"^[A-Za-z][A-Za-z0-9 ]*(\([0-9, *-]+( *(CHAR|BYTE|char|byte))?\)[A-Za-z ]*)?$",
        description="Oracle type to CAST to; else what Oracle makes of the expression",
    )

    @field_validator("sql")
    @classmethod
    def _is_one_expression(cls, text: str) -> str:
        return _checked(check_fragment, text)


class ChunkRequest(Part):
    """How a table is split; by default oraferry chooses."""

    by: Literal["auto", "rowid", "key", "hash", "partition", "whole"] = "auto"
    column: Name | None = Field(None, description="by key: the column to cut along")
    rows: int | None = Field(None, ge=1, description="Rows that a chunk aims at")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.column is not None and self.by not in ("auto", "key"):
            raise ValueError("a column belongs to chunks by key")
        return self


def _short(name: str) -> Any:
    """Lets ``{"X": "text"}`` stand for ``{"X": {name: "text"}}``."""

    def widen(value: Any) -> Any:
        return {name: value} if isinstance(value, str) else value

    return BeforeValidator(widen)


class TableOptions(Part):
    """Wishes for one table; columns go by their names in Oracle, as stored or in capitals."""

    target: str | None = Field(
        None, max_length=200, description='Name in PostgreSQL, exactly: table or schema.table, "…"'
    )
    columns: list[Name] | None = Field(None, min_length=1, description="Only these columns")
    exclude_columns: list[Name] = Field(default_factory=list)
    rename: dict[Name, TargetName] = Field(
        default_factory=dict, description="Oracle's column to PostgreSQL's"
    )
    where: str | None = Field(
        None, min_length=1, max_length=4000, description="Oracle SQL: only rows that fulfil it"
    )
    expressions: dict[Name, Annotated[ExpressionRequest, _short("sql")]] = Field(
        default_factory=dict, description="Oracle SQL in place of a column, or as a new one"
    )
    mask: dict[Name, Annotated[MaskRequest, _short("kind")]] = Field(
        default_factory=dict, description="null, constant, hash, partial or random per column"
    )
    mode: Mode | None = Field(None, description="Instead of the request's mode")
    key: list[Name] | None = Field(
        None, min_length=1, description="upsert: columns that say which row is meant"
    )
    chunk: ChunkRequest = Field(default_factory=ChunkRequest)

    @field_validator("where")
    @classmethod
    def _is_one_condition(cls, text: str | None) -> str | None:
        return None if text is None else _checked(check_fragment, text)

    @field_validator("target")
    @classmethod
    def _is_a_name(cls, text: str | None) -> str | None:
        if text is not None:
            parse_target(text, "")
        return text

    @model_validator(mode="after")
    def _is_one_wish(self) -> Self:
        if self.columns is not None and self.exclude_columns:
            raise ValueError("give columns or exclude_columns, not both")
        return self


class QueryRequest(TableOptions):
    """A SELECT as if it were a table."""

    name: Name = Field(description="What it is called, here and (folded) in PostgreSQL")
    sql: str = Field(
        min_length=1,
        max_length=30_000,
        description="One SELECT; AS OF SCN :scn after each of its tables reads them at the job's "
        "point in time, without it the query is read as of its own",
    )

    @field_validator("sql")
    @classmethod
    def _is_one_query(cls, text: str) -> str:
        return _checked(check_query, text)

    @field_validator("name")
    @classmethod
    def _is_plain(cls, text: str) -> str:
        owner, part = _parse(text)
        if owner is not None or part.is_pattern:
            raise ValueError("the name of a query has no schema and no wildcard")
        return text


def parse_target(text: str, schema: str) -> TableRef:
    """
    A name in PostgreSQL, exactly as written; *schema* where it names none.

    >>> parse_target('app."Order.Lines"', "x")
    TableRef(schema='app', name='Order.Lines')
    """
    owner, part = _parse(text)
    for name in (part, owner):
        if name is not None and name.is_pattern:
            raise ValueError(f"{text!r} is no name of a table in PostgreSQL")
        if name is not None and len(name.text.encode()) > 63:
            raise ValueError("names in PostgreSQL have at most 63 bytes")
    return TableRef(schema if owner is None else owner.text, part.text)


def _parse(text: str) -> Any:
    try:
        return parse_pattern(text)
    except RequestError as error:
        raise ValueError(error.message) from None


def _checked(check: Any, text: str) -> str:
    try:
        check(text)
    except UnsupportedConstruct as error:
        raise ValueError(error.message) from None
    return text
