"""Verification alone: tables of both sides compared at one SCN, over the two connections only.

Nothing is stored, and both sides are only read. Tables are paired as a load into existing
tables pairs them; what one side lacks is a finding.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pydantic import Field, field_validator

from oraferry.canonical.comparable import find_obstacle
from oraferry.copying.masked import mask_source
from oraferry.errors import RequestError
from oraferry.migration.compare import Pair, compare_pairs, open_both
from oraferry.migration.plan import plan_migration, plan_tables
from oraferry.migration.request import (
    DataMigrationRequest,
    get_mask_key,
    get_source_endpoint,
    get_target_endpoint,
)
from oraferry.model import Chunk, Finding, TablePlan
from oraferry.ports import Services, Source, Target
from oraferry.verify.data.lanes import Lanes
from oraferry.verify.data.methods import DEFAULT, choose_methods
from oraferry.verify.data.pair import TablePair
from oraferry.verify.outcome import MethodOutcome, TableOutcome, VerificationReport


class DataVerificationRequest(DataMigrationRequest):
    """A migration request, of which both sides are to be compared."""

    methods: list[str] = Field(
        default_factory=lambda: list(DEFAULT), description="Ways to look, by their names"
    )
    examples: int = Field(
        20, ge=0, le=10_000, description="Differing rows to show of each table; 0: none"
    )
    all_rows: bool = Field(False, description="Show every differing row, however many")
    scn: int | None = Field(None, ge=1, description="Read Oracle AS OF this SCN; null: now")
    lanes: int = Field(2, ge=1, le=64, description="Sessions that read at the same time")

    @field_validator("methods")
    @classmethod
    def _are_methods(cls, names: list[str]) -> list[str]:
        try:
            choose_methods(names)
        except RequestError as error:
            raise ValueError(f"{error.message}: {error.hint}") from None
        if not names:
            raise ValueError("name at least one method")
        return names


@dataclass(frozen=True)
class PlannedPair:
    """A table to verify, with what is known before its rows are read."""

    plan: TablePlan
    chunks: tuple[Chunk, ...]
    source_rows: int | None
    findings: tuple[Finding, ...] = ()  # what the definitions tell
    notes: tuple[str, ...] = ()
    exists: bool = True
    left_out: frozenset[str] = frozenset()
    set_aside: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedVerification:
    """Everything that is fixed before rows are read."""

    scn: int
    source: str
    target: str
    pairs: tuple[PlannedPair, ...]
    job_id: str | None = None
    notes: tuple[str, ...] = ()


def verify_data(request: DataVerificationRequest, services: Services) -> VerificationReport:
    """
    Compare the tables of *request* on both sides; store and change nothing.

    Differences are in the report; errors of either side are raised.
    """
    with open_both(request, services) as (source, target):
        planned = plan_verification(request, source, target, services)
    with Verification(request, services, planned) as verification:
        return verification.report()


def plan_verification(
    request: DataVerificationRequest, source: Source, target: Target, services: Services
) -> PlannedVerification:
    """Pairs of tables and columns, chunks and counts, at one SCN."""
    scn = request.scn or source.take_snapshot()
    pairs = compare_pairs(request.model_copy(update={"ai": "off"}), source, target, services)
    plans = _plan(pairs, request)
    chunk_rows = request.chunk_rows or services.settings.chunk_rows
    work = plan_migration(plans, source, scn, chunk_rows, [], [])
    chunks: dict[int, list[Chunk]] = {plan.number: [] for plan in plans}
    for task in work.tasks:
        if task.chunk is not None and task.table_number is not None:
            chunks[task.table_number].append(task.chunk)
    return PlannedVerification(
        scn,
        source.describe().database,
        target.describe().database,
        tuple(
            _planned(pair, plan, chunks[plan.number], work.totals[plan.number])
            for pair, plan in zip(pairs, plans, strict=True)
        ),
    )


def _plan(pairs: Sequence[Pair], request: DataVerificationRequest) -> list[TablePlan]:
    # A verification asks no key of the target and empties nothing, whatever the load did.
    asked = request.model_copy(update={"mode": "append"})
    plain = [
        replace(pair, options=pair.options.model_copy(update={"mode": None})) for pair in pairs
    ]
    existing = [pair.actual.ref for pair in pairs if pair.actual]
    return plan_tables(plain, asked, existing)[0]


def _planned(pair: Pair, plan: TablePlan, chunks: Sequence[Chunk], rows: int | None) -> PlannedPair:
    """*plan* with the columns that can be compared; a finding or note for each that cannot."""
    name = str(plan.source.ref)
    if pair.actual is None:
        missing = Finding(name, "table-missing", f"PostgreSQL has no table {plan.target.ref}")
        return PlannedPair(plan, tuple(chunks), rows, (missing,), exists=False)
    findings = [_describe_missing(name, column, pair) for column in _list_missing(pair, plan)]
    notes = [
        f"{difference.column} is not compared: {difference.message}"
        for difference in pair.translation.differences
        if difference.column is not None
    ]
    compared = []
    for column in plan.columns:
        obstacle = find_obstacle(column)
        if obstacle is None:
            compared.append(column)
        else:
            notes.append(f"{column.source.name} is not compared: {obstacle}")
    return PlannedPair(
        replace(plan, columns=tuple(compared)), tuple(chunks), rows, tuple(findings), tuple(notes)
    )


def _list_missing(pair: Pair, plan: TablePlan) -> list[str]:
    """The source's columns that travel, and have no place on the target."""
    there = {column.name for column in plan.target.columns}
    return [c.source.name for c in pair.translation.columns if c.target.name not in there]


def _describe_missing(table: str, column: str, pair: Pair) -> Finding:
    assert pair.actual is not None
    return Finding(table, "column-missing", f"{pair.actual.ref} has no column for {column}")


class Verification:
    """A planned verification with its sessions."""

    def __init__(
        self, request: DataVerificationRequest, services: Services, planned: PlannedVerification
    ) -> None:
        """Sessions are opened when the block is entered, and as they are needed."""
        self._request = request
        self._services = services
        self.planned = planned
        self._methods = choose_methods(request.methods)
        self._key = get_mask_key(request, services)
        source = get_source_endpoint(request, services)
        self._lanes = Lanes(lambda: services.open_source(source), request.lanes)

    def __enter__(self) -> Verification:
        self._lanes.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self._lanes.__exit__(*failure)

    def report(self) -> VerificationReport:
        """All tables, as many at the same time as there are lanes."""
        planned = self.planned
        at = datetime.now(UTC)
        with ThreadPoolExecutor(self._request.lanes, thread_name_prefix="table") as pool:
            tables = list(pool.map(self.verify_table, planned.pairs))
        return VerificationReport(
            at, planned.source, planned.target, tuple(tables), planned.job_id, planned.notes
        )

    def verify_table(self, planned: PlannedPair) -> TableOutcome:
        """One table by all methods that were asked for."""
        start = time.monotonic()
        if not planned.exists or not planned.plan.columns:
            return self._outcome(planned, None, [_of_definition(planned)], start)
        with self.open_pair(planned) as pair:
            outcomes = [_of_definition(planned)] if planned.findings else []
            for method in self._methods:
                begun = time.monotonic()
                seen = method.check(pair)
                outcomes.append(replace(seen, seconds=round(time.monotonic() - begun, 3)))
            return self._outcome(planned, pair, outcomes, start)

    @contextmanager
    def open_pair(self, planned: PlannedPair) -> Iterator[TablePair]:
        """The table's two sides, the target's in one snapshot while the block lasts."""
        endpoint = get_target_endpoint(self._request, self._services)
        examples = None if self._request.all_rows else self._request.examples
        with self._services.open_target(endpoint) as target, target.snapshot():
            yield TablePair(
                planned.plan,
                self.planned.scn,
                planned.chunks,
                planned.source_rows,
                target,
                self._lanes,
                mask=lambda source: mask_source(source, self._key),
                left_out=planned.left_out,
                examples=examples,
            )

    def _outcome(
        self,
        planned: PlannedPair,
        pair: TablePair | None,
        outcomes: Sequence[MethodOutcome],
        start: float,
    ) -> TableOutcome:
        plan, found = planned.plan, pair.found if pair else None
        return TableOutcome(
            source=plan.source.ref,
            target=plan.target.ref,
            scn=self.planned.scn,
            source_rows=planned.source_rows,
            target_rows=pair.target_rows if pair else None,
            outcomes=tuple(outcomes),
            rows=found.rows if found else (),
            differing_rows=found.count if found else 0,
            is_complete=found.is_complete if found else True,
            reasons=found.reasons if found else {},
            set_aside=planned.set_aside,
            notes=planned.notes,
            seconds=round(time.monotonic() - start, 3),
        )


def _of_definition(planned: PlannedPair) -> MethodOutcome:
    """What is missing, as an outcome of its own."""
    if planned.findings:
        return MethodOutcome("columns", False, planned.findings)
    return MethodOutcome("columns", None, note="no column can be compared")


__all__ = ["DataVerificationRequest", "Verification", "plan_verification", "verify_data"]
