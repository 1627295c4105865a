"""The five things outside us: a source, a target, the job store, a broker, an adviser.

The story (``migration/``) and the joins (``copying/``, ``verify/``) see other systems only
through these. Adapters implement them and are strangers to each other; ``wiring.py`` is
the only file that knows every concrete class.
"""

from oraferry.ports.advisor import Advice, Advisor, Purpose
from oraferry.ports.broker import Broker
from oraferry.ports.careful import CarefulBatch, CarefulRows
from oraferry.ports.endpoint import ServerInfo, SourceEndpoint, TargetEndpoint
from oraferry.ports.heartbeat import Heartbeat
from oraferry.ports.job import (
    NO_THROTTLE,
    JobEvent,
    JobWork,
    MigrationJob,
    PlannedTask,
    Verification,
    WorkerInfo,
)
from oraferry.ports.loaded import Addresses, LedgerEntry, LoadedTable, StoredRows
from oraferry.ports.repair import FAULTS, Repair, RepairDone, RepairStage
from oraferry.ports.scratch import (
    BodyFinding,
    Evaluated,
    NamePlace,
    Scratch,
    ScratchFailure,
    ScratchOutcome,
    ScratchRoutine,
    ScratchStatement,
)
from oraferry.ports.services import Lookback, Services
from oraferry.ports.source import Source
from oraferry.ports.store import JobStore
from oraferry.ports.target import Target
from oraferry.ports.totals import BucketTotals, ColumnTotals, Hashes

__all__ = [
    "FAULTS",
    "NO_THROTTLE",
    "Addresses",
    "Advice",
    "Advisor",
    "BodyFinding",
    "Broker",
    "BucketTotals",
    "CarefulBatch",
    "CarefulRows",
    "ColumnTotals",
    "Evaluated",
    "Hashes",
    "Heartbeat",
    "JobEvent",
    "JobStore",
    "JobWork",
    "LedgerEntry",
    "LoadedTable",
    "Lookback",
    "MigrationJob",
    "NamePlace",
    "PlannedTask",
    "Purpose",
    "Repair",
    "RepairDone",
    "RepairStage",
    "Scratch",
    "ScratchFailure",
    "ScratchOutcome",
    "ScratchRoutine",
    "ScratchStatement",
    "ServerInfo",
    "Services",
    "Source",
    "SourceEndpoint",
    "StoredRows",
    "Target",
    "TargetEndpoint",
    "Verification",
    "WorkerInfo",
]
