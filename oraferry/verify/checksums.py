"""Digests per chunk: of the values fetched from Oracle and of those read back."""

from __future__ import annotations

from collections.abc import Iterator

from oraferry.model import Finding
from oraferry.verify.damages import CHANGED, MOVED
from oraferry.verify.evidence import NOTHING, Evidence


class Checksums:
    """Values that are not those that left Oracle."""

    name = "checksums"
    detects = frozenset(CHANGED) | frozenset(MOVED) | {"lost row, doubled row"}

    def check(self, evidence: Evidence) -> Iterator[Finding]:
        """A finding per chunk whose values differ although the counts agree."""
        for task in sorted({*evidence.left, *evidence.arrived}):
            source = evidence.left.get(task, NOTHING)
            target = evidence.arrived.get(task, NOTHING)
            if source.rows == target.rows and source.value != target.value:
                yield Finding(
                    table=evidence.table,
                    kind="digest",
                    message=f"{source.rows} rows on both sides, but their values differ",
                    chunk=str(task),
                    source=source.value,
                    target=target.value,
                )
