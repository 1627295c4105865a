"""POST /verifications: prove that what is there is what should be; nothing is changed or stored."""

from __future__ import annotations

from fastapi import APIRouter

from oraferry.api.procedures import (
    CodeReportView,
    ProcedureVerificationRequest,
    ProcedureVerificationRequestWithCreds,
)
from oraferry.api.services import ServicesDep
from oraferry.migration.verify import DataVerificationRequest
from oraferry.migration.verify import verify_data as verify
from oraferry.report import VerificationView
from oraferry.verify import procedures
from oraferry.wiring import get_target_endpoint

router = APIRouter(prefix="/verifications", tags=["verifications"])


@router.post("/data")
def verify_data(body: DataVerificationRequest, services: ServicesDep) -> VerificationView:
    """Compare tables of both sides, row by row, over the two connections only."""
    return VerificationView.of(verify(body, services))


@router.post("/procedure")
def verify_procedure(body: ProcedureVerificationRequest, services: ServicesDep) -> CodeReportView:
    """Create code in the server's target, in a transaction that is rolled back; run nothing."""
    endpoint = get_target_endpoint(services.settings)
    with services.open_scratch(endpoint, search_path=body.search_path) as scratch:
        report = procedures.verify_procedure(
            body.source_code,
            scratch,
            depends_on=body.depends_on,
            kind=body.kind,
            check_bodies=body.check_bodies,
        )
    return CodeReportView.of(report)


@router.post("/procedure-with-creds")
def verify_procedure_with_creds(
    body: ProcedureVerificationRequestWithCreds, services: ServicesDep
) -> CodeReportView:
    """The same in a PostgreSQL that the request names; its credentials are kept nowhere."""
    report = procedures.verify_procedure_with_creds(
        body.source_code,
        body.credentials(),
        open_scratch=services.open_scratch,
        depends_on=body.depends_on,
        search_path=body.search_path,
        kind=body.kind,
        check_bodies=body.check_bodies,
    )
    return CodeReportView.of(report)
