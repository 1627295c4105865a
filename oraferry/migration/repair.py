"""Tables brought to the source's values: compared, staged, changed under lock, compared again.

A table is one transaction with its ledger entry. Tables that lean on each other by foreign
keys are tried in several rounds, and what is left then in one transaction together.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pydantic import Field

from oraferry.canonical.buckets import find_differing
from oraferry.errors import (
    CopyRejected,
    OraferryError,
    RepairRefused,
    SourceDataError,
)
from oraferry.migration.compare import open_both
from oraferry.migration.request import get_target_endpoint
from oraferry.migration.verify import OF_A_TABLE, Verification, is_of_all
from oraferry.migration.verify_plan import PlannedPair, plan_verification
from oraferry.migration.verify_request import DataVerificationRequest, resolve_request
from oraferry.ports import Repair, RepairDone, Services, Target
from oraferry.verify.data.mending import Mending, plan_mending, total_digest
from oraferry.verify.data.pair import TablePair
from oraferry.verify.repairs import RepairReport, RepairStatus, TableRepair

logger = logging.getLogger(__name__)
ADDING = {"append", "upsert"}  # modes that leave rows of others in the table
_LEANS = "23503"  # a foreign key's state: another table comes first


class RepairRequest(DataVerificationRequest):
    """A comparison, after which the target gets the source's values where they differ."""

    dry_run: bool = Field(False, description="Say what would change, and change nothing")
    leave_unloadable: bool = Field(
        False, description="Leave out rows that cannot be loaded, and repair the others"
    )
    lock_seconds: float = Field(
        10.0, gt=0, le=3600, description="How long to wait for others' locks on a table"
    )


def repair_data(request: RepairRequest, services: Services) -> RepairReport:
    """
    Bring the tables of *request* to the source's values at one SCN.

    A table that cannot be repaired is left as it was, and the report says why; what concerns
    the databases as a whole (no session, no right) is raised.
    """
    asked = resolve_request(request, services)
    with open_both(asked, services) as (source, target):
        planned = plan_verification(asked, source, target, services)
        if not request.dry_run:
            target.prepare_repairs()
    at = datetime.now(UTC)
    with Verification(asked, services, planned) as verification:
        endpoint = get_target_endpoint(asked, services)
        repairs = _Repairs(request, verification, lambda: services.open_target(endpoint))
        tables = repairs.carry_out(planned.pairs)
    return RepairReport(
        at,
        planned.source,
        planned.target,
        request.dry_run,
        tuple(tables),
        planned.job_id,
        planned.notes,
    )


@dataclass
class _Open:
    """A table that is being repaired, on a session of its own or one shared with others."""

    planned: PlannedPair
    pair: TablePair
    target: Target
    mending: Mending = field(default_factory=lambda: Mending(0))
    repair: Repair | None = None


class _Repairs:
    """Repairs tables one after the other."""

    def __init__(
        self,
        request: RepairRequest,
        verification: Verification,
        open_target: Callable[[], AbstractContextManager[Target]],
    ) -> None:
        self._request = request
        self._verification = verification
        self._open_target = open_target
        self._errors: list[OraferryError] = []

    def carry_out(self, pairs: Sequence[PlannedPair]) -> list[TableRepair]:
        """All of *pairs*, in the order that they were given in."""
        found: dict[int, TableRepair] = {}
        waiting = list(pairs)
        while waiting:
            later = []
            for planned in waiting:
                outcome, leans = self._try([planned])
                found |= outcome
                later += [planned] if leans else []
            if len(later) == len(waiting):
                # No order will do: each needs what another has, or the key itself is broken.
                found |= self._try(_children_first(later))[0] if len(later) > 1 else {}
                break
            waiting = later
        # What keeps us from every table concerns the databases: a right, undo that is gone.
        if self._errors and all(outcome.status == "refused" for outcome in found.values()):
            raise self._errors[0]
        return [found[planned.plan.number] for planned in pairs]

    def _try(self, pairs: Sequence[PlannedPair]) -> tuple[dict[int, TableRepair], bool]:
        """*pairs* in one transaction; and whether a foreign key was in the way."""
        start = time.monotonic()
        try:
            outcomes, leans = self._repair(pairs), False
        except OF_A_TABLE as error:
            if is_of_all(error):
                raise
            is_of_rows = isinstance(error, RepairRefused | SourceDataError | CopyRejected)
            self._errors += [] if is_of_rows else [error]
            leans = error.context.get("sqlstate") == _LEANS
            outcomes = [self._refused(planned, error) for planned in pairs]
        seconds = round(time.monotonic() - start, 3)
        return {
            planned.plan.number: replace(outcome, seconds=seconds)
            for planned, outcome in zip(pairs, outcomes, strict=True)
        }, leans

    def _repair(self, pairs: Sequence[PlannedPair]) -> list[TableRepair]:
        with ExitStack() as stack:
            # The snapshots stay open until all is done: ctids mean what they meant.
            target = stack.enter_context(self._open_target())
            opened = []
            for planned in pairs:
                _check_definition(planned)
                pair = stack.enter_context(self._verification.open_pair(planned, keeps_hashes=True))
                opened.append(_Open(planned, pair, target))
            for table in opened:
                if table.pair.differing or table.pair.unreadable:
                    self._prepare(table, stack)
            if self._request.dry_run:
                return [self._outcome(table, "planned") for table in opened]
            return self._apply(opened)

    def _prepare(self, table: _Open, stack: ExitStack) -> None:
        """See what is to be done and, unless nothing may be changed, stage it."""
        plan, pair = table.planned.plan, table.pair
        obstacle = table.target.find_repair_obstacle(plan)
        if obstacle:
            raise RepairRefused(f"{plan.target.ref} cannot be repaired: {obstacle}")
        examples, leaves = self._request.examples, self._request.leave_unloadable
        if self._request.dry_run:
            table.mending = plan_mending(pair, examples, leaves=leaves)
            self._check_faults(table)
            return
        stage = stack.enter_context(table.target.stage_repair(plan))
        table.mending = plan_mending(pair, examples, stage, leaves=leaves)
        self._check_faults(table)
        ours, theirs = pair.totals
        if table.mending.left:
            ours = table.mending.left.expect(ours)
        table.repair = Repair(
            stage,
            plan,
            pair.scn,
            before=total_digest(theirs),
            after=total_digest(ours),
            count_differing=lambda: len(
                find_differing(ours, table.target.sum_buckets(plan, pair.buckets))
            ),
            job_id=self._verification.planned.job_id,
        )

    def _check_faults(self, table: _Open) -> None:
        """RepairRefused when rows could not be made whole, or are others' to keep."""
        plan, faults, hidden = table.planned.plan, table.mending.faults, table.planned.uncompared
        if hidden and faults["missing"]:
            raise RepairRefused(
                f"{plan.source.ref}: rows are missing, and {', '.join(hidden)} cannot be moved "
                "with them",
                hint="exclude these columns in table_options to leave them empty",
            )
        if self._verification.planned.job_id and plan.mode in ADDING and faults["extra"]:
            raise RepairRefused(
                f"{plan.target.ref}: the job's mode was {plan.mode}, and {faults['extra']} rows "
                "that the source lacks may be others'",
                hint="name the table instead of the job (--table), if they are to be deleted",
            )

    def _apply(self, opened: Sequence[_Open]) -> list[TableRepair]:
        staged = [table for table in opened if table.repair and table.mending.faults]
        done: dict[int, RepairDone] = {}
        if staged:
            results = staged[0].target.apply_repairs(
                [table.repair for table in staged if table.repair],
                lock_seconds=self._request.lock_seconds,
            )
            done = {
                table.planned.plan.number: result
                for table, result in zip(staged, results, strict=True)
            }
        for table in staged:
            ref = table.planned.plan.target.ref
            logger.info("repaired %s", ref, extra={"action": "table.repaired", "table": str(ref)})
        return [
            self._outcome(table, "repaired", done.get(table.planned.plan.number))
            for table in opened
        ]

    def _outcome(
        self, table: _Open, status: RepairStatus, done: RepairDone | None = None
    ) -> TableRepair:
        plan, mending, left = table.planned.plan, table.mending, table.mending.left
        return TableRepair(
            plan.source.ref,
            plan.target.ref,
            table.pair.scn,
            status if mending.faults or (left and left.reasons) else "agrees",
            inserted=done.inserted if done else mending.faults["missing"],
            updated=done.updated if done else mending.faults["changed"],
            deleted=done.deleted if done else mending.faults["extra"],
            columns=mending.reasons.result(),
            rows=tuple(mending.rows),
            left=dict(sorted(left.reasons.items())) if left else {},
            left_rows=tuple(left.rows) if left else (),
            entry=done.id if done else None,
            digest_before=table.repair.before.value if table.repair else None,
            digest_after=table.repair.after.value if table.repair else None,
            notes=(*table.planned.notes, *mending.notes, *(done.notes if done else ())),
        )

    def _refused(self, planned: PlannedPair, error: OraferryError) -> TableRepair:
        return TableRepair(
            planned.plan.source.ref,
            planned.plan.target.ref,
            planned.scn,
            "refused",
            reason=error.message,
            hint=error.hint,
            notes=planned.notes,
        )


def _check_definition(planned: PlannedPair) -> None:
    """RepairRefused when the table lacks what rows could be repaired in."""
    if planned.findings:
        raise RepairRefused(
            planned.findings[0].message,
            hint="make what is missing, or leave it out of the request",
        )
    if not planned.plan.columns:
        raise RepairRefused(f"{planned.plan.source.ref}: no column can be compared")


def _children_first(pairs: Sequence[PlannedPair]) -> list[PlannedPair]:
    """Tables before those that their foreign keys name, as far as there is such an order."""
    waiting, ordered = list(pairs), []
    while waiting:
        parents = {
            key.parent
            for planned in waiting
            for key in planned.plan.source.foreign_keys
            if key.parent != planned.plan.source.ref
        }
        free = [p for p in waiting if p.plan.source.ref not in parents] or waiting[:1]
        ordered += free
        waiting = [planned for planned in waiting if planned not in free]
    return ordered
