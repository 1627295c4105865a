"""What job statuses mean; which may follow which is said by the table job_transition."""

from __future__ import annotations

from oraferry.model import MigrationStatus

TERMINAL = frozenset({MigrationStatus.COMPLETED, MigrationStatus.FAILED, MigrationStatus.CANCELLED})


def is_terminal(status: MigrationStatus) -> bool:
    """True when nothing more will happen to the job."""
    return status in TERMINAL
