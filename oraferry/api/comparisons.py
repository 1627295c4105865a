"""POST /comparisons: what differs, before anything moves."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from oraferry.api.services import ServicesDep
from oraferry.logs import redact_value
from oraferry.migration.compare import compare_schemas as compare
from oraferry.migration.request import DataMigrationRequest
from oraferry.model import Comparison, Severity

router = APIRouter(prefix="/comparisons", tags=["comparisons"])


class DifferenceView(BaseModel):
    """One difference, with who decided and the evidence of both sides."""

    table: str
    column: str | None
    kind: str
    severity: Severity
    message: str
    decided_by: str
    source: str | None
    target: str | None
    hint: str | None


class ComparisonView(BaseModel):
    """One pair of tables."""

    source: str
    target: str
    target_exists: bool
    is_compatible: bool = Field(description="No difference would stop or damage the load")
    differences: list[DifferenceView]
    notes: list[str]

    @classmethod
    def of(cls, found: Comparison) -> ComparisonView:
        """What clients see of *found*."""
        differences: list[dict[str, Any]] = redact_value([asdict(d) for d in found.differences])
        return cls(
            source=str(found.source),
            target=str(found.target),
            target_exists=found.target_exists,
            is_compatible=found.is_compatible,
            differences=[DifferenceView(**d) for d in differences],
            notes=list(redact_value(found.notes)),
        )


class ComparisonsView(BaseModel):
    """All pairs of a request."""

    is_compatible: bool
    comparisons: list[ComparisonView]


@router.post("")
def compare_schemas(body: DataMigrationRequest, services: ServicesDep) -> ComparisonsView:
    """Compare the tables of a request as a migration would; move and store nothing."""
    found = [ComparisonView.of(comparison) for comparison in compare(body, services)]
    return ComparisonsView(
        is_compatible=all(comparison.is_compatible for comparison in found), comparisons=found
    )
