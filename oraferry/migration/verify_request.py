"""What a verification may be asked for: the body of POST /verifications/data."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from oraferry.errors import RequestError
from oraferry.migration.request import DataMigrationRequest
from oraferry.ports import Services
from oraferry.verify.data.methods import DEFAULT, choose_methods


class DataVerificationRequest(DataMigrationRequest):
    """A migration request, of which both sides are to be compared; or the *job* that has one."""

    job: str | None = Field(
        None, description="A job whose tables are meant, with its policies, at its SCN"
    )
    methods: list[str] = Field(
        default_factory=lambda: list(DEFAULT), description="Ways to look, by their names"
    )
    examples: int = Field(
        20, ge=0, le=10_000, description="Differing rows to show of each table; 0: none"
    )
    all_rows: bool = Field(
        False, description="Show every differing row, up to 50,000 of all tables together"
    )
    scn: int | None = Field(None, ge=1, description="Read Oracle AS OF this SCN; null: now")
    lanes: int = Field(2, ge=1, le=64, description="Sessions that read at the same time")

    @field_validator("methods")
    @classmethod
    def _are_methods(cls, names: list[str]) -> list[str]:
        try:
            choose_methods(names)
        except RequestError as error:
            raise ValueError(f"{error.message}: {error.hint}") from None
        if not names:
            raise ValueError("name at least one method")
        return names

    @model_validator(mode="after")
    def _moves_something(self) -> Self:
        if not self.tables and not self.queries and self.job is None:
            raise ValueError("name at least one table or query, or a job")
        return self


OWN = ("job", "tables", "exclude", "methods", "examples", "all_rows", "scn", "lanes", "chunk_rows")


def resolve_request(
    request: DataVerificationRequest, services: Services
) -> DataVerificationRequest:
    """*request* with what its job was asked for; ``tables`` then choose among the job's."""
    if request.job is None:
        return request
    job = services.store.get_work(request.job)
    wishes = {name: getattr(request, name) for name in OWN}
    given = {name: wish for name, wish in wishes.items() if name in request.model_fields_set}
    asked = DataMigrationRequest.model_validate(job.request).model_dump(
        exclude={"tables", "exclude"}, exclude_unset=True
    )
    return DataVerificationRequest.model_validate(asked | given | {"job": job.id})
