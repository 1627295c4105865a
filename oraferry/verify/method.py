"""Verification of one table: every registered method looks, and findings are collected.

A method is a file with a function from Evidence to findings; it says which damages it
notices. To add one, write the file and name it in METHODS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from oraferry.canonical.digest import sum_digests
from oraferry.model import Digest, Finding, TablePlan
from oraferry.ports import Target
from oraferry.verify import checksums, counts, set_aside
from oraferry.verify.evidence import Evidence


@dataclass(frozen=True, slots=True)
class VerificationMethod:
    """One way to look."""

    name: str
    detects: frozenset[str]  # damages, by the names that the tests plant them under
    check: Callable[[Evidence], Iterable[Finding]]


METHODS: Mapping[str, VerificationMethod] = MappingProxyType(
    {
        "counts": VerificationMethod("counts", counts.DETECTS, counts.check),
        "checksums": VerificationMethod("checksums", checksums.DETECTS, checksums.check),
        "set-aside": VerificationMethod("set-aside", set_aside.DETECTS, set_aside.check),
    }
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
    """
    Compare what left Oracle, chunk by chunk, with what is read back from PostgreSQL.

    *counted* is COUNT(*) in Oracle at the job's SCN.
    """
    ledger = target.read_ledger(job_id, plan.number)
    evidence = Evidence(
        table=str(plan.source.ref),
        counted=counted,
        left={entry.task_number: Digest(entry.rows, entry.digest) for entry in ledger},
        arrived=dict(target.read_digests(plan, job_id)),
        set_aside=sum(entry.set_aside for entry in ledger),
        rejects=target.count_rejects(job_id, plan.number),
    )
    findings = [found for method in METHODS.values() for found in method.check(evidence)]
    return TableVerdict(
        source=sum_digests(list(evidence.left.values())),
        target=sum_digests(list(evidence.arrived.values())),
        findings=tuple(findings),
    )
