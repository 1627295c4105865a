"""POST /checks: what a load would meet in the data, before anything moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from oraferry.api.services import ServicesDep
from oraferry.migration.check import DataCheckRequest, TableCheck
from oraferry.migration.check import check_data as check

router = APIRouter(prefix="/checks", tags=["checks"])


class FindingView(BaseModel):
    """Rows of a column that something holds for."""

    column: str | None
    effect: str = Field(description="refused, altered or noted")
    code: str
    message: str
    rows: int
    rowids: list[str] = Field(description="Examples")
    hint: str | None


class TableCheckView(BaseModel):
    """What was found in one table."""

    source: str
    target: str
    rows: int = Field(description="Looked at")
    rows_total: int | None = Field(description="Counted at the SCN")
    is_clean: bool = Field(description="Every row that was looked at would be loaded as it is")
    findings: list[FindingView]
    notes: list[str]

    @classmethod
    def of(cls, found: TableCheck) -> TableCheckView:
        """What clients see of *found*."""
        fields: dict[str, Any] = asdict(found)
        return cls(is_clean=found.is_clean, **fields)


class ChecksView(BaseModel):
    """All tables of a request."""

    is_clean: bool
    tables: list[TableCheckView]

    @classmethod
    def of(cls, found: Sequence[TableCheck]) -> ChecksView:
        """What clients see of *found*."""
        views = [TableCheckView.of(table) for table in found]
        return cls(is_clean=all(view.is_clean for view in views), tables=views)


@router.post("")
def check_data(body: DataCheckRequest, services: ServicesDep) -> ChecksView:
    """Read the tables of a request as a migration would; load and store nothing."""
    return ChecksView.of(check(body, services))
