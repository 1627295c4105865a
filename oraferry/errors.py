"""Every exception oraferry raises.

OraferryError                   message, hint, context; retryable = False
├── ConfigError                 a setting is missing or contradicts another
├── RequestError                refused before any work
│   ├── TableNotFound           a named table does not exist or is not visible
│   ├── SchemaIncompatible      the comparison found what would stop or damage the load
│   └── TargetNotEmpty          mode "create" met rows that are not ours
├── SourceError
│   ├── SourceUnavailable       retryable, as long as an outage may last
│   ├── SourceBusy              retryable a few times
│   ├── SourceRefused           credentials or privilege
│   ├── SourceDataError         a value the driver or we cannot read exactly
│   ├── ReadAgain               retryable: the chunk must be read from its start, another way
│   └── SnapshotTooOld          undo is gone for this SCN; smaller chunks, or a person decides
│       ├── SnapshotLost        the SCN is none that Oracle knows; nor do smaller chunks help
│       └── TableChanged        DDL after the SCN; nor do they here
├── TargetError
│   ├── TargetUnavailable       retryable, as long as an outage may last
│   │   └── ParentsMissing      rows lean on rows of another table that are still on their way
│   ├── TargetBusy              retryable a few times
│   ├── TargetRefused           credentials or privilege
│   ├── CopyRejected            names table, column, row and shape, never the value
│   ├── TooManyBadRows          more rows cannot be loaded than the request allows
│   └── RepairRefused           nothing of the table was changed, and why
├── ConversionError
│   ├── TypeNotMapped           no rule chose this column
│   └── UnsupportedConstruct    line, column, a few words of context
├── AdvisorError                always caught by compare; recorded as a note
├── VerificationError           could not look (looking and finding is not an error)
├── NoRoom                      retryable a few times: a temporary file cannot be written
├── JobError
│   ├── JobNotFound
│   ├── JobStateConflict        carries the status found and the one expected
│   ├── JobCancelled
│   ├── StoreUnavailable        retryable
│   └── LeaseLost               another worker has it; stop without writing
└── BrokerError
    ├── BrokerUnavailable       retryable
    └── MessageNotUnderstood    goes to the dead queue with its reason
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class OraferryError(Exception):
    """Something oraferry could not do."""

    retryable: ClassVar[bool] = False
    # The other side is away: the same works again when it is back, whatever number of tries.
    is_outage: ClassVar[bool] = False

    def __init__(
        self,
        message: str | None = None,
        *,
        hint: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """
        *message* says what happened and where; *hint* what to do next, if we know;
        *context* holds safe values only (no data values, no secrets): it becomes log
        fields and the HTTP ``details``.
        """
        self.message = message or (type(self).__doc__ or "").strip().split("\n")[0]
        self.hint = hint
        self.context: dict[str, Any] = dict(context or {})
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """The name of the error for programs: the class's name."""
        return type(self).__name__


class ConfigError(OraferryError):
    """A setting is missing or contradicts another."""


class RequestError(OraferryError):
    """The request was refused before any work."""


class TableNotFound(RequestError):
    """A named table does not exist, or this user may not see it."""


class SchemaIncompatible(RequestError):
    """The two schemas differ in a way that would stop or damage the load."""


class TargetNotEmpty(RequestError):
    """The target table already holds rows."""


class SourceError(OraferryError):
    """Oracle reported an error."""


class SourceUnavailable(SourceError):
    """Oracle cannot be reached, or ended the session."""

    retryable = True
    is_outage = True


class SourceBusy(SourceError):
    """Oracle lacks something for a moment."""

    retryable = True


class SourceRefused(SourceError):
    """Oracle refused the credentials or a privilege is missing."""


class SourceDataError(SourceError):
    """A value in Oracle cannot be read exactly."""


class ReadAgain(SourceError):
    """The chunk must be read again from its start; the source knows how."""

    retryable = True


class SnapshotTooOld(SourceError):
    """Oracle no longer holds the undo for this SCN."""

    smaller_helps: ClassVar[bool] = True  # a part of the rows may still be readable


class SnapshotLost(SnapshotTooOld):
    """Oracle cannot read as of this SCN any more."""

    smaller_helps = False


class TableChanged(SnapshotTooOld):
    """The table was changed after the SCN, so it cannot be read as it was."""

    smaller_helps = False


class TargetError(OraferryError):
    """PostgreSQL reported an error."""


class TargetUnavailable(TargetError):
    """PostgreSQL cannot be reached, or ended the session."""

    retryable = True
    is_outage = True


class ParentsMissing(TargetUnavailable):
    """Rows lean on rows of another table of the job that are not in yet."""


class TargetBusy(TargetError):
    """PostgreSQL lacks something for a moment."""

    retryable = True


class TargetRefused(TargetError):
    """PostgreSQL refused the credentials or a privilege is missing."""


class CopyRejected(TargetError):
    """PostgreSQL refused rows of a COPY."""


class TooManyBadRows(TargetError):
    """More rows cannot be loaded than the request allows to set aside."""


class RepairRefused(TargetError):
    """A table cannot be repaired, or was changed meanwhile; nothing of it is changed."""


class ConversionError(OraferryError):
    """A definition could not be converted."""


class TypeNotMapped(ConversionError):
    """No type rule applies to this column."""


class UnsupportedConstruct(ConversionError):
    """A construct has no rule."""


class AdvisorError(OraferryError):
    """The model server gave no usable answer."""


class VerificationError(OraferryError):
    """The verification could not look."""


class NoRoom(OraferryError):
    """A temporary file cannot be written."""

    retryable = True


class JobError(OraferryError):
    """A job could not be handled."""


class JobNotFound(JobError):
    """There is no such job."""


class JobStateConflict(JobError):
    """The job is not in a status that allows this."""


class JobCancelled(JobError):
    """The job was cancelled."""


class StoreUnavailable(JobError):
    """The job store cannot be reached."""

    retryable = True


class LeaseLost(JobError):
    """Another worker holds this task now."""


class BrokerError(OraferryError):
    """The broker reported an error."""


class BrokerUnavailable(BrokerError):
    """The broker cannot be reached."""

    retryable = True


class MessageNotUnderstood(BrokerError):
    """A message is not one of ours."""
