"""The job store: what is to be done and what was, in PostgreSQL."""

from oraferry.jobs.store import (
    PostgresJobStore,
    create_migration_job,
    get_migration_job,
    update_migration_job_status,
)

__all__ = [
    "PostgresJobStore",
    "create_migration_job",
    "get_migration_job",
    "update_migration_job_status",
]
