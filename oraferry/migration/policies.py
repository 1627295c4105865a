"""Policies as a request writes them, and as flags do."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from oraferry.typemap.policy import ORACLE_TYPES, SETTINGS, PolicyRule, check_rule
from oraferry.typemap.written import parse_oracle_type, parse_postgres_type


class PolicyRequest(BaseModel):
    """
    What becomes of values that PostgreSQL cannot hold as they are; the settings not given stay.

    Of several policies for a column the last one wins, setting by setting.
    """

    # An error never repeats what was sent.
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    column: str | None = Field(
        None,
        min_length=1,
        max_length=400,
        description="SCHEMA.TABLE.COLUMN as Oracle stores it; TABLE.COLUMN or COLUMN alone; "
        "* or % stands for any text; by default every column",
    )
    type: str | None = Field(
        None,
        min_length=1,
        max_length=100,
        description="Oracle type: NUMBER(1), RAW(16), DATE; NUMBER(*) has no precision",
    )
    to: str | None = Field(
        None, min_length=1, max_length=100, description="PostgreSQL type to load as"
    )
    nul: Literal["refuse", "remove", "replace", "bytea"] | None = Field(
        None, description="The NUL character in a text; replace: by U+FFFD"
    )
    invalid_bytes: Literal["refuse", "replace", "bytea"] | None = Field(
        None, description="Bytes of a text that are no UTF-8; replace: by U+FFFD"
    )
    padding: Literal["keep", "trim"] | None = Field(
        None, description="CHAR's trailing blanks; trim makes it a varchar"
    )
    empty_text: Literal["null", "empty"] | None = Field(
        None, description="NULL where the target's text column is NOT NULL"
    )
    nanoseconds: Literal["cut", "round", "text", "refuse"] | None = Field(
        None, description="Digits after the microsecond"
    )
    moments: Literal["refuse", "null", "clamp"] | None = Field(
        None, description="Year 0 and days of Oracle's calendar only; clamp: the nearest there is"
    )
    last_day: Literal["keep", "infinity"] | None = Field(None, description="9999-12-31")
    time_of_day: Literal["refuse", "cut"] | None = Field(
        None, description="A DATE's time of day, for a date column"
    )
    time_zone: Literal["instant", "text", "column"] | None = Field(
        None,
        description="TIMESTAMP WITH TIME ZONE: the instant, text with the zone, or the instant "
        "and a text column COLUMN_zone beside it",
    )
    infinity: Literal["keep", "null", "refuse"] | None = Field(None, description="Infinity and NaN")
    overflow: Literal["refuse", "null", "cut", "widen"] | None = Field(
        None,
        description="What does not fit the target's type; cut: texts are cut and fractions "
        "rounded; widen: a created column gets a type with room instead of `to`",
    )

    @field_validator("to")
    @classmethod
    def _is_postgres(cls, text: str | None) -> str | None:
        if text is not None:
            parse_postgres_type(text)
        return text

    @field_validator("type")
    @classmethod
    def _is_oracle(cls, text: str | None) -> str | None:
        if text is not None:
            parse_oracle_type(text)
        return text

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        check_rule(self.to_rule())
        return self

    def to_rule(self) -> PolicyRule:
        """The same for those who apply it."""
        settings = {name: value for name in SETTINGS if (value := getattr(self, name)) is not None}
        wanted = None if self.to is None else parse_postgres_type(self.to)
        return PolicyRule(settings, wanted, self.column, self.type)


def parse_policy(text: str) -> dict[str, str]:
    """
    A policy as a flag writes it: ``[COLUMN or TYPE:]SETTING=VALUE``.

    >>> parse_policy("RAW(16):to=uuid")
    {'to': 'uuid', 'type': 'RAW(16)'}
    >>> parse_policy("HR.*.NOTE:nul=remove")
    {'nul': 'remove', 'column': 'HR.*.NOTE'}
    """
    selector, _, setting = text.rpartition(":")
    name, found, value = setting.partition("=")
    if not found or not name.strip() or not value.strip():
        raise ValueError("write SETTING=VALUE, COLUMN:SETTING=VALUE or TYPE:SETTING=VALUE")
    policy = {name.strip().replace("-", "_"): value.strip()}
    if selector.strip():
        policy["type" if _is_type(selector) else "column"] = selector.strip()
    return policy


def _is_type(selector: str) -> bool:
    try:
        return parse_oracle_type(selector).name in ORACLE_TYPES
    except ValueError:
        return False
