"""What clients send and see of the verification of code."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from oraferry.config import Secret
from oraferry.verify.code.report import CodeReport
from oraferry.verify.procedures import Credentials

Kind = Literal[
    "function",
    "procedure",
    "view",
    "materialized view",
    "trigger",
    "table",
    "type",
    "domain",
    "sequence",
    "index",
    "schema",
    "aggregate",
    "operator",
]
SchemaName = Annotated[str, Field(min_length=1, max_length=63, pattern=r"^[^\x00]+$")]


class ProcedureVerificationRequest(BaseModel):
    """Code to verify: any number of CREATE statements of PostgreSQL."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    source_code: str = Field(min_length=1, description="CREATE statements; nothing else is taken")
    depends_on: list[str] = Field(
        default_factory=list,
        max_length=1_000,
        description="Texts to create first, which the code needs and the database does not have",
    )
    search_path: list[SchemaName] = Field(
        default=["public"],
        max_length=100,
        description="Schemas to look names up in; unqualified names are created before them",
    )
    kind: Kind | None = Field(None, description="What the code is expected to define")
    check_bodies: bool = Field(True, description="Let plpgsql_check look at the bodies")


class ProcedureVerificationRequestWithCreds(ProcedureVerificationRequest):
    """The same, and the PostgreSQL to verify it in."""

    host: str = Field(min_length=1, max_length=253, pattern=r"^[^/@,\s\x00][^,\s\x00]*$")
    port: int = Field(5432, ge=1, le=65_535)
    database: str = Field(min_length=1, max_length=63, pattern=r"^[^\x00]+$")
    user: str = Field(min_length=1, max_length=63, pattern=r"^[^\x00]+$")
    password: SecretStr = Field(min_length=1, description="The text itself; it is kept nowhere")
    sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] | None = (
        None
    )

    def credentials(self) -> Credentials:
        """Where to, and as whom."""
        return Credentials(
            host=self.host,
            port=self.port,
            database=self.database,
            user=self.user,
            password=Secret(self.password.get_secret_value()),
            sslmode=self.sslmode,
        )


class CodeObjectView(BaseModel):
    """Something that the code defines."""

    kind: str
    name: str
    is_checked: bool = Field(description="plpgsql_check looked at every statement of its body")


class CodeFindingView(BaseModel):
    """One thing that is wrong, or worth a look."""

    level: str = Field(description="error or warning")
    message: str
    sqlstate: str | None = Field(description="null: oraferry refused the statement")
    line: int | None = Field(description="In the given text, from 1")
    column: int | None
    statement: str = Field(description="The first line of the statement")
    object: str | None
    decided_by: str = Field(description="postgresql, plpgsql_check, pglast or oraferry")
    detail: str | None
    hint: str | None
    text: str = Field(description="source_code, or depends_on[n]")
    is_consequence: bool = Field(description="Only because something before it failed")


class CodeReportView(BaseModel):
    """A verification of code as a whole."""

    is_valid: bool
    objects: list[CodeObjectView]
    errors: list[CodeFindingView]
    warnings: list[CodeFindingView]
    checked_by: list[str]
    server_version: str
    notes: list[str] = Field(description="What was not looked at, and what to install")

    @classmethod
    def of(cls, report: CodeReport) -> CodeReportView:
        """What clients see of *report*."""
        fields: dict[str, Any] = asdict(report)
        return cls(is_valid=report.is_valid, **fields)
