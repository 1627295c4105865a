"""Rows set aside: named as findings, because they are not in the target, and counted twice."""

from __future__ import annotations

from collections.abc import Iterator

from oraferry.model import Finding
from oraferry.verify.evidence import Evidence

KIND = "set-aside"


class SetAside:
    """Rows that are not in the table, and whether they are where they were put."""

    name = "set-aside"
    detects = frozenset({"row set aside", "lost quarantine row"})

    def check(self, evidence: Evidence) -> Iterator[Finding]:
        """A finding per reason; one more if the quarantine table holds not what the ledger says."""
        for reason, rows in evidence.rejects.items():
            yield Finding(
                table=evidence.table,
                kind=KIND,
                message=f"{rows} {'row is' if rows == 1 else 'rows are'} set aside in "
                f"oraferry.quarantine: {reason}",
                target=str(rows),
            )
        kept = sum(evidence.rejects.values())
        if kept != evidence.set_aside:
            yield Finding(
                table=evidence.table,
                kind="rows",
                message=f"{evidence.set_aside} rows were set aside, but the quarantine table "
                f"holds {kept}",
                source=str(evidence.set_aside),
                target=str(kept),
            )
