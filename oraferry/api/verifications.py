"""POST /verifications: prove that what is there is what should be; nothing is changed or stored."""

from __future__ import annotations

from fastapi import APIRouter

from oraferry.api.services import ServicesDep
from oraferry.migration.verify import DataVerificationRequest
from oraferry.migration.verify import verify_data as verify
from oraferry.report import VerificationView

router = APIRouter(prefix="/verifications", tags=["verifications"])


@router.post("/data")
def verify_data(body: DataVerificationRequest, services: ServicesDep) -> VerificationView:
    """Compare tables of both sides, row by row, over the two connections only."""
    return VerificationView.of(verify(body, services))
