"""Verification alone: tables of both sides compared at one SCN, over the two connections only.

Nothing is stored, and both sides are only read. Tables are paired as a load into existing
tables pairs them; what one side lacks is a finding.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from oraferry.copying.masked import mask_source
from oraferry.errors import NoRoom, OraferryError, SourceError, TargetError
from oraferry.migration.compare import open_both
from oraferry.migration.request import get_mask_key, get_source_endpoint, get_target_endpoint
from oraferry.migration.verify_plan import PlannedPair, PlannedVerification, plan_verification
from oraferry.migration.verify_request import DataVerificationRequest, resolve_request
from oraferry.model import Finding, TableRef
from oraferry.ports import Services
from oraferry.verify.data.lanes import Lanes
from oraferry.verify.data.methods import choose_methods
from oraferry.verify.data.pair import TablePair
from oraferry.verify.data.room import ReportRoom
from oraferry.verify.outcome import (
    MethodOutcome,
    RowDifference,
    TableOutcome,
    VerificationReport,
)

__all__ = ["DataVerificationRequest", "Verification", "open_verification", "verify_data"]


OF_A_TABLE = (SourceError, TargetError, NoRoom)
Every = Callable[[TableRef, RowDifference], None]  # takes each row that differs


def is_of_all(error: OraferryError) -> bool:
    """True when no other table will fare better; what another table needs of a disk is another."""
    return error.retryable and not isinstance(error, NoRoom)


def verify_data(
    request: DataVerificationRequest, services: Services, every: Every | None = None
) -> VerificationReport:
    """
    Compare the tables of *request* on both sides; store and change nothing.

    Differences are in the report; errors of either side are raised. *every* is called with each
    row that differs, by several threads, however few the report shows.
    """
    with open_verification(request, services, every) as verification:
        return verification.report()


@contextmanager
def open_verification(
    request: DataVerificationRequest, services: Services, every: Every | None = None
) -> Iterator[Verification]:
    """The verification of *request*, planned, with sessions that last as long as the block."""
    request = resolve_request(request, services)
    with open_both(request, services) as (source, target):
        planned = plan_verification(request, source, target, services)
    with Verification(request, services, planned, every) as verification:
        yield verification


class Verification:
    """A planned verification with its sessions."""

    def __init__(
        self,
        request: DataVerificationRequest,
        services: Services,
        planned: PlannedVerification,
        every: Every | None = None,
    ) -> None:
        """Sessions are opened when the block is entered, and as they are needed."""
        self._every = every
        self._request = request
        self._services = services
        self.planned = planned
        self._methods = choose_methods(request.methods)
        self._key = get_mask_key(request, services)
        source = get_source_endpoint(request, services)
        self._errors: list[OraferryError] = []
        self._room = ReportRoom()
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
        if tables and len(self._errors) == len(tables):
            raise self._errors[0]
        return VerificationReport(
            at, planned.source, planned.target, tuple(tables), planned.job_id, planned.notes
        )

    def verify_table(self, planned: PlannedPair) -> TableOutcome:
        """
        One table by all methods that were asked for. An error of this table alone, such as a
        right that is missing, is a finding: the others are compared all the same.
        """
        start = time.monotonic()
        if not planned.exists or not planned.plan.columns:
            return self._outcome(planned, None, [_of_definition(planned)], start)
        outcomes = [_of_definition(planned)] if planned.findings else []
        try:
            with self.open_pair(planned) as pair:
                self._ask_methods(pair, outcomes)
                return self._outcome(planned, pair, outcomes, start)
        except OF_A_TABLE as error:
            if is_of_all(error):
                raise
            self._errors.append(error)
            outcomes.append(_of_error(planned, error))
        return self._outcome(planned, None, outcomes, start)

    def _ask_methods(self, pair: TablePair, outcomes: list[MethodOutcome]) -> None:
        for method in self._methods:
            begun = time.monotonic()
            seen = method.check(pair)
            outcomes.append(replace(seen, seconds=round(time.monotonic() - begun, 3)))

    @contextmanager
    def open_pair(self, planned: PlannedPair, *, keeps_hashes: bool = False) -> Iterator[TablePair]:
        """The table's two sides, the target's in one snapshot while the block lasts."""
        endpoint = get_target_endpoint(self._request, self._services)
        examples = None if self._request.all_rows else self._request.examples
        every = partial(self._every, planned.plan.source.ref) if self._every else None
        with (
            self._services.open_target(endpoint) as target,
            target.snapshot(),
            TablePair(
                planned.plan,
                planned.scn,
                planned.chunks,
                planned.source_rows,
                target,
                self._lanes,
                charset=self.planned.charset,
                mask=lambda source: mask_source(source, self._key),
                left_out=planned.aside.rowids,
                examples=examples,
                keeps_hashes=keeps_hashes or self._request.all_rows or every is not None,
                every=every,
                room=self._room,
            ) as pair,
        ):
            yield pair

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
            scn=planned.scn,
            source_rows=planned.source_rows,
            target_rows=pair.target_rows if pair else None,
            outcomes=tuple(outcomes),
            rows=found.rows if found else (),
            differing_rows=found.count if found else 0,
            is_complete=found.is_complete if found else True,
            reasons=found.reasons if found else {},
            altered=planned.altered,
            set_aside=dict(planned.aside.counts),
            rejects=tuple(planned.aside.rejects),
            notes=(*planned.notes, *(found.notes if found else ())),
            seconds=round(time.monotonic() - start, 3),
        )


def _of_error(planned: PlannedPair, error: OraferryError) -> MethodOutcome:
    hint = f" ({error.hint})" if error.hint else ""
    message = f"could not be compared: {error.message}{hint}"
    return MethodOutcome(
        "reading", False, (Finding(str(planned.plan.source.ref), "error", message),)
    )


def _of_definition(planned: PlannedPair) -> MethodOutcome:
    """What is missing, as an outcome of its own."""
    if planned.findings:
        return MethodOutcome("columns", False, planned.findings)
    return MethodOutcome("columns", None, note="no column can be compared")
