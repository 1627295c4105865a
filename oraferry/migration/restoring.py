"""What a job's levers took from its target and the job did not live to bring back."""

from __future__ import annotations

from oraferry.errors import JobStateConflict
from oraferry.migration.request import DataMigrationRequest, get_target_endpoint
from oraferry.model import MigrationStatus
from oraferry.ports import Services

ENDED = {MigrationStatus.COMPLETED, MigrationStatus.FAILED, MigrationStatus.CANCELLED}


def restore_levers(job_id: str, services: Services) -> list[str]:
    """
    Bring back what *job_id* dropped or disabled; a sentence for each that could not be.

    JobStateConflict while the job runs: its rows would meet what was taken out of their way.
    """
    job = services.store.get_migration_job(job_id)
    if job.status not in ENDED:
        raise JobStateConflict(
            f"job {job.id} is {job.status}",
            hint="it brings everything back itself; cancel it first to do so by hand",
            context={"job_id": job.id, "found": job.status.value},
        )
    request = DataMigrationRequest.model_validate(job.request)
    with services.open_target(get_target_endpoint(request, services)) as target:
        target.prepare()
        return target.restore_job(job.id)
