"""Row counts: of the table in Oracle at the SCN, and of each chunk on both sides."""

from __future__ import annotations

from collections.abc import Iterator

from oraferry.model import Finding
from oraferry.verify.damages import COUNTED
from oraferry.verify.evidence import NOTHING, Evidence


class Counts:
    """Rows that are missing, twice, or of somebody else."""

    name = "counts"
    detects = frozenset(COUNTED) | {"lost chunk", "overlapping chunks", "updated row"}

    def check(self, evidence: Evidence) -> Iterator[Finding]:
        """A finding per chunk whose counts differ, and one if the chunks do not make the table."""
        left = sum(digest.rows for digest in evidence.left.values())
        aside = evidence.set_aside
        if evidence.counted is not None and left + aside != evidence.counted:
            yield Finding(
                table=evidence.table,
                kind="rows",
                message=f"Oracle counts {evidence.counted} rows at the job's SCN, "
                f"but the chunks held {left + aside}",
                source=str(evidence.counted),
                target=str(left + aside),
            )
        for task in sorted({*evidence.left, *evidence.arrived}):
            source = evidence.left.get(task, NOTHING).rows
            target = evidence.arrived.get(task, NOTHING).rows
            if task == 0 and target:
                yield Finding(
                    table=evidence.table,
                    kind="rows",
                    message=f"{target} rows are in PostgreSQL that this job did not load",
                    target=str(target),
                )
            elif source != target:
                yield Finding(
                    table=evidence.table,
                    kind="rows",
                    message=f"{source} rows left Oracle, {target} are in PostgreSQL",
                    chunk=str(task),
                    source=str(source),
                    target=str(target),
                )
