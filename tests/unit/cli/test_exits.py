"""Every way a command can end has one documented exit code."""

import inspect
from datetime import UTC, datetime

import pytest

from oraferry import errors
from oraferry.cli import exits
from oraferry.model import VERIFICATION_FAILED, JobError, MigrationStatus
from oraferry.ports import MigrationJob

ERRORS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.OraferryError)
]
EXPECTED = {
    "ConfigError": 1,
    "RequestError": 2,
    "TableNotFound": 2,
    "SchemaIncompatible": 3,
    "TargetNotEmpty": 3,
    "SourceError": 4,
    "SourceUnavailable": 4,
    "SourceBusy": 4,
    "SourceRefused": 4,
    "SourceDataError": 4,
    "ReadAgain": 4,
    "SnapshotTooOld": 4,
    "SnapshotLost": 4,
    "TableChanged": 4,
    "TargetError": 5,
    "TargetUnavailable": 5,
    "TargetBusy": 5,
    "TargetRefused": 5,
    "CopyRejected": 5,
    "TooManyBadRows": 5,
    "ParentsMissing": 5,
    "RepairRefused": 3,
    "ConversionError": 3,
    "TypeNotMapped": 3,
    "UnsupportedConstruct": 3,
    "AdvisorError": 6,
    "VerificationError": 3,
    "NoRoom": 6,
    "JobError": 6,
    "JobNotFound": 2,
    "JobStateConflict": 2,
    "JobCancelled": 7,
    "StoreUnavailable": 6,
    "LeaseLost": 6,
    "BrokerError": 6,
    "BrokerUnavailable": 6,
    "MessageNotUnderstood": 6,
    "OraferryError": 70,
}


def test_every_error_class_has_its_exit_code():
    """
    Each error of errors.py ends a command with the code that the table says.
    """
    assert EXPECTED == {kind.__name__: exits.get_exit_code(kind()) for kind in ERRORS}


@pytest.mark.parametrize(
    ("status", "verified", "error", "code"),
    [
        (MigrationStatus.COMPLETED, True, None, 0),
        (MigrationStatus.COMPLETED, False, None, 3),
        (MigrationStatus.COMPLETED, None, None, 3),
        (MigrationStatus.CANCELLED, None, None, 7),
        (MigrationStatus.FAILED, None, "SnapshotTooOld", 4),
        (MigrationStatus.FAILED, None, "CopyRejected", 5),
        (MigrationStatus.FAILED, None, "ZeroDivisionError", 70),
        (MigrationStatus.FAILED, None, "annotations", 70),
        (MigrationStatus.FAILED, False, None, 3),
        (MigrationStatus.FAILED, False, VERIFICATION_FAILED, 3),
    ],
)
def test_a_job_that_has_ended_has_an_exit_code(status, verified, error, code):
    """
    Only a verified job is clean; a failed one ends as its error would.
    """
    now = datetime.now(UTC)
    job = MigrationJob(
        id="j",
        status=status,
        request={},
        created_at=now,
        updated_at=now,
        verified=verified,
        error=JobError(error, "why") if error else None,
    )

    assert code == exits.get_exit_code_of(job)


def test_every_exit_code_has_a_meaning():
    """
    The constants and the documented meanings are the same codes.
    """
    constants = {v for k, v in vars(exits).items() if k.isupper() and isinstance(v, int)}

    assert constants == set(exits.MEANINGS)
