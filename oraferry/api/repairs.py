"""POST /repairs: the target gets the source's values where they differ."""

from __future__ import annotations

from fastapi import APIRouter

from oraferry.api.services import ServicesDep
from oraferry.migration.repair import RepairRequest
from oraferry.migration.repair import repair_data as repair
from oraferry.report import RepairView

router = APIRouter(prefix="/repairs", tags=["verifications"])


@router.post("")
def repair_data(body: RepairRequest, services: ServicesDep) -> RepairView:
    """
    Compare the tables, then bring the target's rows to the source's values at the SCN.

    A table is one transaction with its ledger entry; `dry_run` changes nothing at all.
    """
    return RepairView.of(repair(body, services))
