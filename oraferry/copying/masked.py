"""A source whose rows are masked before anybody else sees them: digests, target, quarantine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pyarrow as pa

from oraferry.model import Chunk, Reject, TablePlan
from oraferry.ports import CarefulBatch, Source
from oraferry.typemap.mask import mask_batch

MASKED = {"masked": True}


def mask_source(source: Source, key: bytes) -> Source:
    """*source* with the masks of each plan's columns applied to the rows that it hands out."""
    return cast("Source", _Masked(source, key))


class _Masked:
    """Reads through; the rest of the source is not needed where rows are copied."""

    def __init__(self, source: Source, key: bytes) -> None:
        self._source = source
        self._key = key

    def read_batches(self, plan: TablePlan, chunk: Chunk, scn: int) -> Iterator[pa.RecordBatch]:
        for batch in self._source.read_batches(plan, chunk, scn):
            yield mask_batch(batch, plan.columns, self._key)

    def read_carefully(self, plan: TablePlan, chunk: Chunk, scn: int) -> Iterator[CarefulBatch]:
        hidden = {column.source.name for column in plan.columns if column.source.mask}
        for batch in self._source.read_carefully(plan, chunk, scn):
            rows = mask_batch(batch.rows, plan.columns, self._key)
            unreadable = tuple(_hide(reject, hidden) for reject in batch.unreadable)
            yield replace(batch, rows=rows, unreadable=unreadable)


def _hide(reject: Reject, columns: set[str]) -> Reject:
    content: dict[str, Any] = {
        name: MASKED if name in columns else value for name, value in reject.content.items()
    }
    return replace(reject, content=content)
