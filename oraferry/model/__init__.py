"""The nouns: what a database holds, what moves, what was found.

All values are frozen dataclasses that pydantic's ``TypeAdapter`` turns into JSON and
back, because a plan is stored with the job and read by every worker.
A name is always what the database stores: ``ORDERS`` in Oracle, ``orders`` in
PostgreSQL; folding happens once, in ``schema/translate.py``.
"""

from oraferry.model.chunk import Chunk, ChunkKind
from oraferry.model.comparison import Comparison, Difference, Severity
from oraferry.model.finding import Digest, Finding
from oraferry.model.job import (
    VERIFICATION_FAILED,
    ChunkState,
    JobError,
    MigrationStatus,
    SnapshotRead,
    TableProgress,
    Task,
    TaskKind,
    TaskResult,
    TaskStatus,
    Throttle,
    Trouble,
)
from oraferry.model.plan import Chunking, ColumnPlan, Levers, Policy, TablePlan
from oraferry.model.reject import BadRowLimits, Duplicates, Refusal, Reject, StoredReject
from oraferry.model.table import (
    Check,
    Column,
    DataType,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    Key,
    Mask,
    MaskKind,
    Partition,
    Partitioning,
    Sequence,
    Table,
    TableKind,
    TableRef,
)

__all__ = [
    "VERIFICATION_FAILED",
    "BadRowLimits",
    "Check",
    "Chunk",
    "ChunkKind",
    "ChunkState",
    "Chunking",
    "Column",
    "ColumnPlan",
    "Comparison",
    "DataType",
    "Difference",
    "Digest",
    "Duplicates",
    "Finding",
    "ForeignKey",
    "Identity",
    "Index",
    "IndexPart",
    "JobError",
    "Key",
    "Levers",
    "Mask",
    "MaskKind",
    "MigrationStatus",
    "Partition",
    "Partitioning",
    "Policy",
    "Refusal",
    "Reject",
    "Sequence",
    "Severity",
    "SnapshotRead",
    "StoredReject",
    "Table",
    "TableKind",
    "TablePlan",
    "TableProgress",
    "TableRef",
    "Task",
    "TaskKind",
    "TaskResult",
    "TaskStatus",
    "Throttle",
    "Trouble",
]
