"""POST /comparisons: what differs, before anything moves."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from oraferry.api.services import ServicesDep
from oraferry.api.views import ComparisonView
from oraferry.migration.compare import compare_schemas as compare
from oraferry.migration.request import DataMigrationRequest

router = APIRouter(prefix="/comparisons", tags=["comparisons"])


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
