"""What a verification compares: pairs of tables and columns, chunks, at one SCN.

Fixed before any row is read, from both dictionaries, or from the plan of a job.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from oraferry.canonical.comparable import find_obstacle
from oraferry.errors import RequestError, SnapshotTooOld, TypeNotMapped
from oraferry.migration.compare import Pair, compare_pairs
from oraferry.migration.plan import plan_migration, plan_tables
from oraferry.migration.selection import choose_refs
from oraferry.migration.verify_request import DataVerificationRequest
from oraferry.model import (
    Chunk,
    Column,
    ColumnPlan,
    Finding,
    StoredReject,
    Table,
    TablePlan,
    TableProgress,
    TableRef,
)
from oraferry.ports import JobWork, Services, Source, Target
from oraferry.schema.names import name_columns
from oraferry.typemap import choose

MOST_REJECTS = 10_000  # of a table, at once and in a report, which is read by people
NO_OBSTACLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class PlannedPair:
    """A table to verify, with what is known before its rows are read."""

    plan: TablePlan
    scn: int
    chunks: tuple[Chunk, ...] = ()
    source_rows: int | None = None
    findings: tuple[Finding, ...] = ()  # what the definitions tell
    notes: tuple[str, ...] = ()
    exists: bool = True
    uncompared: tuple[str, ...] = ()  # the source's columns that have no form in common
    aside: SetAside = field(default_factory=lambda: SetAside())  # what a job set aside
    altered: dict[str, int] = field(default_factory=dict)  # by a job, as its policies say


@dataclass
class SetAside:
    """Rows that a job set aside, however many: counted, and some of them shown."""

    counts: Counter[str] = field(default_factory=Counter)  # by "COLUMN: reason"
    rowids: set[str] = field(default_factory=set)  # these are not expected in the target
    nameless: int = 0
    rejects: list[StoredReject] = field(default_factory=list)

    def add(self, reject: StoredReject) -> None:
        """One more; what was kept of the row is nobody's business here."""
        self.counts[": ".join(filter(None, (reject.column, reject.reason)))] += 1
        if reject.rowid is None:
            self.nameless += 1
        else:
            self.rowids.add(reject.rowid)
        if len(self.rejects) < MOST_REJECTS:
            self.rejects.append(replace(reject, content={}))


@dataclass(frozen=True)
class PlannedVerification:
    """Everything that is fixed before rows are read."""

    source: str
    target: str
    charset: str  # of the source
    pairs: tuple[PlannedPair, ...]
    job_id: str | None = None
    notes: tuple[str, ...] = ()


def plan_verification(
    request: DataVerificationRequest, source: Source, target: Target, services: Services
) -> PlannedVerification:
    """Pairs of tables and columns, chunks and counts."""
    if request.job is None:
        scn = request.scn or source.take_snapshot()
        notes: list[str] = []
        pairs = _pair_tables(request, scn, source, target, services)
    else:
        pairs, notes = _pair_tables_of_job(request, request.job, source, target, services)
    known = source.describe()
    return PlannedVerification(
        known.database,
        target.describe().database,
        known.charset,
        tuple(pairs),
        request.job,
        tuple(notes),
    )


def _pair_tables(
    request: DataVerificationRequest,
    scn: int,
    source: Source,
    target: Target,
    services: Services,
) -> list[PlannedPair]:
    """Tables as a load into existing ones pairs them."""
    found = compare_pairs(request.model_copy(update={"ai": "off"}), source, target, services)
    # A verification asks no key of the target and empties nothing, whatever the load did.
    asked = request.model_copy(update={"mode": "append"})
    plain = [replace(p, options=p.options.model_copy(update={"mode": None})) for p in found]
    existing = [pair.actual.ref for pair in found if pair.actual]
    plans, _ = plan_tables(plain, asked, existing)
    spelled = _find_spelled_otherwise([p for p in found if p.actual is None], target)
    pairs = [
        _compare_columns(
            replace(plan, columns=pair.translation.columns),
            scn,
            pair.actual or spelled.get(plan.target.ref),
            obstacles={
                difference.column: difference.message
                for difference in pair.translation.differences
                if difference.column is not None
            },
        )
        for pair, plan in zip(found, plans, strict=True)
    ]
    return _split(pairs, request, source, services)


def _find_spelled_otherwise(pairs: Sequence[Pair], target: Target) -> dict[TableRef, Table]:
    """
    By the names that they were looked for under: tables whose names are in capitals, as tools
    make them that quote Oracle's names.
    """
    candidates = {
        pair.translation.table.ref: [
            TableRef(schema, name)
            for schema in dict.fromkeys((ref.schema, pair.translation.source.ref.schema))
            for name in dict.fromkeys((ref.name, pair.translation.source.ref.name))
        ]
        for pair in pairs
        for ref in (pair.translation.table.ref,)
    }
    there = target.find_tables([ref for refs in candidates.values() for ref in refs])
    return {
        wanted: there[ref] for wanted, refs in candidates.items() for ref in refs if ref in there
    }


def _list_computed(plan: TablePlan) -> Iterator[ColumnPlan]:
    """Virtual columns, which no load of ours moves: computed on the target, or copied to it."""
    moved = {column.source.name for column in plan.columns}
    names = name_columns(plan.source)
    for column in plan.source.columns:
        if column.generated is not None and column.name not in moved:
            with suppress(TypeNotMapped):
                target = replace(column, name=names[column.name])
                yield ColumnPlan(column, target, choose(column).name)


def _match_columns(actual: Table) -> Callable[[str], Column | None]:
    """Finds a column by its name, else by its letters when only one column has them."""
    by_name = {column.name: column for column in actual.columns}
    folded = Counter(column.name.casefold() for column in actual.columns)
    by_letters = {c.name.casefold(): c for c in actual.columns if folded[c.name.casefold()] == 1}
    return lambda name: by_name.get(name) or by_letters.get(name.casefold())


def _split(
    pairs: Sequence[PlannedPair],
    request: DataVerificationRequest,
    source: Source,
    services: Services,
) -> list[PlannedPair]:
    """*pairs* with their chunks and counts, each at its own SCN."""
    chunk_rows = request.chunk_rows or services.settings.chunk_rows
    found: dict[int, PlannedPair] = {}
    for scn in {pair.scn for pair in pairs}:
        here = {pair.plan.number: pair for pair in pairs if pair.scn == scn}
        work = plan_migration([p.plan for p in here.values()], source, scn, chunk_rows, [], [])
        for number, pair in here.items():
            chunks = tuple(t.chunk for t in work.tasks if t.table_number == number and t.chunk)
            found[number] = replace(pair, chunks=chunks, source_rows=work.totals[number])
    return [found[pair.plan.number] for pair in pairs]


def _compare_columns(
    plan: TablePlan,
    scn: int,
    actual: Table | None,
    notes: Sequence[str] = (),
    obstacles: Mapping[str, str] = NO_OBSTACLES,
) -> PlannedPair:
    """*plan* with the columns that can be compared; a finding or note for each that cannot."""
    name = str(plan.source.ref)
    if actual is None:
        missing = Finding(name, "table-missing", f"PostgreSQL has no table {plan.target.ref}")
        return PlannedPair(plan, scn, findings=(missing,), exists=False)
    find = _match_columns(actual)
    columns, findings, hidden = [], [], dict(obstacles)
    computed = [c for c in _list_computed(plan) if find(c.target.name)]
    for column in (*plan.columns, *computed):
        found = find(column.target.name)
        if found is None:
            message = f"{actual.ref} has no column for {column.source.name}"
            findings.append(Finding(name, "column-missing", message))
        elif obstacle := find_obstacle(replace(column, target=found)):
            hidden[column.source.name] = obstacle
        else:
            columns.append(replace(column, target=found))
    # Foreign keys are those of a load, which a verification does not look at.
    compared = replace(plan, target=actual, columns=tuple(columns))
    said = [*notes, *(f"{column} is not compared: {why}" for column, why in hidden.items())]
    said += [
        f"{c.source.name} is compared as jsonb holds it: of a key that stands twice the last"
        for c in columns
        if c.target.type.name == "jsonb"
    ]
    known = {find(c.target.name) for c in (*plan.columns, *computed)}
    others = [c.name for c in actual.columns if c not in known]
    if others:
        said.append(f"only PostgreSQL has {', '.join(others)}: nothing to compare with")
    return PlannedPair(
        compared, scn, findings=tuple(findings), notes=tuple(said), uncompared=tuple(hidden)
    )


# --- of a job -------------------------------------------------------------------------------


def _pair_tables_of_job(
    request: DataVerificationRequest,
    job_id: str,
    source: Source,
    target: Target,
    services: Services,
) -> tuple[list[PlannedPair], list[str]]:
    """The tables of a job as it loaded them, and now where its SCN is gone."""
    work = services.store.get_work(job_id)
    plans = _choose_plans(services.store.get_plans(job_id), request)
    progress = {table.number: table for table in services.store.list_progress(job_id)}
    actual = target.find_tables([plan.target.ref for plan in plans])
    pairs = [
        _pair_of_job(
            work, plan, progress[plan.number], actual.get(plan.target.ref), request, target
        )
        for plan in plans
    ]
    try:
        return _split(pairs, request, source, services), []
    except SnapshotTooOld:
        if request.scn is not None:
            raise
    now = source.take_snapshot()
    note = (
        f"Oracle no longer knows the rows at the job's SCN {work.scn}: they are compared as of now"
    )
    return _split([replace(p, scn=now) for p in pairs], request, source, services), [note]


def _choose_plans(plans: Sequence[TablePlan], request: DataVerificationRequest) -> list[TablePlan]:
    if not plans:
        raise RequestError(f"the job {request.job} has no plan yet", hint="wait until it has begun")
    refs = [plan.source.ref for plan in plans]
    wanted = set(choose_refs(request.tables, refs) if request.tables else refs)
    wanted -= set(choose_refs(request.exclude, refs))
    if not wanted:
        raise RequestError(f"the job {request.job} has none of these tables")
    return [plan for plan in plans if plan.source.ref in wanted]


def _pair_of_job(
    job: JobWork,
    plan: TablePlan,
    progress: TableProgress,
    actual: Table | None,
    request: DataVerificationRequest,
    target: Target,
) -> PlannedPair:
    read = max((read.scn for read in progress.reads), default=job.scn)
    scn = request.scn or read
    if scn is None:
        raise RequestError(f"the job {job.id} has taken no SCN yet", hint="wait until it has begun")
    notes = []
    if plan.mode in ("append", "upsert"):
        notes.append(f"mode {plan.mode}: rows that the job did not load count as extra")
    aside = _list_aside(job.id, plan, target) if progress.set_aside else SetAside()
    if aside.nameless:
        notes.append(
            f"{aside.nameless} rows that were set aside have no ROWID and count as missing"
        )
    pair = _compare_columns(plan, scn, actual, notes)
    return replace(pair, aside=aside, altered=progress.altered)


def _list_aside(job_id: str, plan: TablePlan, target: Target) -> SetAside:
    aside, offset = SetAside(), 0
    while part := target.list_rejects(
        job_id, table_number=plan.number, limit=MOST_REJECTS, offset=offset
    ):
        for reject in part:
            aside.add(reject)
        offset += len(part)
    return aside
