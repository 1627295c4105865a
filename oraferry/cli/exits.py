"""Exit codes; docs/reference/cli.md explains them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oraferry import errors
from oraferry.model import VERIFICATION_FAILED, MigrationStatus

if TYPE_CHECKING:  # the ports bring pyarrow, and --help should not wait for it
    from oraferry.ports import MigrationJob

DONE = 0  # done and clean
SETTINGS = 1  # a setting is missing or contradicts another
USAGE = 2  # the command line is not understood, or asks for what cannot be
DIFFERENCES = 3  # done, differences found
SOURCE = 4  # Oracle
TARGET = 5  # PostgreSQL that receives the data
STORE = 6  # the job store, the broker, or room for temporary files
CANCELLED = 7  # the job was cancelled, or this command was interrupted
BUG = 70  # ours (EX_SOFTWARE of sysexits.h)

MEANINGS: dict[int, str] = {
    DONE: "done and clean",
    SETTINGS: "settings: one is missing or contradicts another",
    USAGE: "usage: the command line is not understood, or names what does not exist",
    DIFFERENCES: "done, differences found; or the two schemas or tables do not fit",
    SOURCE: "source: Oracle cannot be reached, refused us, or could not be read exactly",
    TARGET: "target: PostgreSQL cannot be reached, refused us, or refused the rows",
    STORE: "the job store, the broker, a required model server or the folder for temporary files "
    "cannot be used",
    CANCELLED: "cancelled, or interrupted by Ctrl-C (the job can be continued)",
    BUG: "a bug in oraferry",
}

# Most specific first: the first class that the error is an instance of decides.
CODE_OF: tuple[tuple[type[errors.OraferryError], int], ...] = (
    (errors.ConfigError, SETTINGS),
    (errors.SchemaIncompatible, DIFFERENCES),
    (errors.TargetNotEmpty, DIFFERENCES),
    (errors.RequestError, USAGE),
    (errors.RepairRefused, DIFFERENCES),
    (errors.SourceError, SOURCE),
    (errors.TargetError, TARGET),
    (errors.ConversionError, DIFFERENCES),
    # The model server stands beside broker and store: a server that this command needs.
    (errors.AdvisorError, STORE),
    (errors.VerificationError, DIFFERENCES),
    (errors.NoRoom, STORE),
    (errors.JobCancelled, CANCELLED),
    (errors.JobNotFound, USAGE),
    (errors.JobStateConflict, USAGE),
    (errors.JobError, STORE),
    (errors.BrokerError, STORE),
    (errors.OraferryError, BUG),
)


def get_exit_code(error: errors.OraferryError) -> int:
    """The exit code of a command that ended with *error*."""
    return next(code for kind, code in CODE_OF if isinstance(error, kind))


def get_exit_code_of(job: MigrationJob) -> int:
    """The exit code for a job that has ended; a failed one as its error's class says."""
    if job.status is MigrationStatus.CANCELLED:
        return CANCELLED
    if job.status is MigrationStatus.COMPLETED:
        return DONE if job.verified else DIFFERENCES
    if job.error is None or job.error.code == VERIFICATION_FAILED:
        return DIFFERENCES
    kind = getattr(errors, job.error.code, None)
    if isinstance(kind, type) and issubclass(kind, errors.OraferryError):
        return get_exit_code(kind())
    return BUG
