"""The rows that a job set aside, from the quarantine table of its target."""

from __future__ import annotations

from oraferry.errors import RequestError
from oraferry.migration.request import DataMigrationRequest, get_target_endpoint
from oraferry.model import StoredReject
from oraferry.ports import Services


def list_rejects(
    job_id: str, services: Services, *, table: str | None = None, limit: int = 100, offset: int = 0
) -> list[StoredReject]:
    """
    What *job_id* set aside, by chunk; of one source *table* if given. The values that were
    kept of the rows stand in ``content``: whoever shows them decides for whom.
    """
    job = services.store.get_migration_job(job_id)
    number = None if table is None else _number_of(job.id, table, services)
    request = DataMigrationRequest.model_validate(job.request)
    with services.open_target(get_target_endpoint(request, services)) as target:
        return target.list_rejects(job.id, table_number=number, limit=limit, offset=offset)


def _number_of(job_id: str, table: str, services: Services) -> int:
    for progress in services.store.list_progress(job_id):
        if table in (progress.source, progress.target):
            return progress.number
    raise RequestError(
        f"the job has no table {table[:200]}",
        hint="`oraferry jobs show` lists them; names are written as there",
    )
