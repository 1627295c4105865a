"""Verification of one table: every registered method looks, and findings are collected.

A method is a file with one class, which says what damages it detects in what a job did. To add
one, write the file and name it in METHODS. Why `verify data` has methods of its own is told in
docs/decisions/0014.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from oraferry.canonical.digest import sum_digests
from oraferry.model import Digest, Finding, TablePlan
from oraferry.ports import LoadedTable, Target
from oraferry.verify.checksums import Checksums
from oraferry.verify.counts import Counts
from oraferry.verify.evidence import Evidence
from oraferry.verify.set_aside import SetAside


class Method(Protocol):
    """One way to look at what a job's ledger and the target say (verify/data: at both sides)."""

    @property
    def name(self) -> str:
        """As the reference lists it."""

    @property
    def detects(self) -> frozenset[str]:
        """Damages of verify/damages.py, whatever the columns' types are."""

    def check(self, evidence: Evidence) -> Iterable[Finding]:
        """What it sees."""


METHODS: Mapping[str, Method] = MappingProxyType(
    {method.name: method for method in (Counts(), Checksums(), SetAside())}
)


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """What verification saw of one table."""

    source: Digest
    target: Digest
    findings: tuple[Finding, ...]

    @property
    def is_verified(self) -> bool:
        """True when both sides are the same and nothing was found."""
        return not self.findings and self.source == self.target


def verify_table(plan: TablePlan, job_id: str, target: Target, counted: int | None) -> TableVerdict:
    """As ``verify_tables``, of one."""
    return verify_tables([plan], job_id, target, {plan.number: counted})[plan.number]


def verify_tables(
    plans: Sequence[TablePlan], job_id: str, target: Target, counted: Mapping[int, int | None]
) -> dict[int, TableVerdict]:
    """
    Compare what left Oracle, chunk by chunk, with what is read back from PostgreSQL; by the
    plans' numbers.

    *counted* is COUNT(*) in Oracle at the job's SCN.
    """
    there = target.read_tables(plans, job_id)
    return {
        plan.number: _judge(gather_evidence(plan, there[plan.number], counted[plan.number]))
        for plan in plans
    }


def gather_evidence(plan: TablePlan, there: LoadedTable, counted: int | None) -> Evidence:
    """
    What the methods look at.

    A repair's rows carry its transaction, not their chunk's. Of a repaired table that is, as a
    whole, what left Oracle, each chunk is therefore what left.
    """
    left = {entry.task_number: Digest(entry.rows, entry.digest) for entry in there.ledger}
    arrived = there.digests
    if there.is_repaired and _is_same(left, arrived):
        arrived = left
    return Evidence(
        table=str(plan.source.ref),
        counted=counted,
        left=left,
        arrived=arrived,
        set_aside=sum(entry.set_aside for entry in there.ledger),
        rejects=there.rejects,
    )


def _is_same(left: Mapping[int, Digest], arrived: Mapping[int, Digest]) -> bool:
    return sum_digests(list(left.values())) == sum_digests(list(arrived.values()))


def _judge(evidence: Evidence) -> TableVerdict:
    findings = [found for method in METHODS.values() for found in method.check(evidence)]
    return TableVerdict(
        source=sum_digests(list(evidence.left.values())),
        target=sum_digests(list(evidence.arrived.values())),
        findings=tuple(findings),
    )
