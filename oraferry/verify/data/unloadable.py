"""Rows of the source that differ because the target cannot hold them as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from oraferry.errors import OraferryError
from oraferry.model import ColumnPlan, Finding
from oraferry.typemap import find_bad_rows
from oraferry.verify.data.pair import TablePair

KIND = "rows that cannot be loaded"


def count_unloadable(rows: pa.RecordBatch, columns: Sequence[ColumnPlan]) -> Counter[str]:
    """How many of *rows*, as they were fetched, a load would refuse; by "COLUMN: reason"."""
    try:
        found = find_bad_rows(rows, columns)
    except OraferryError:  # a column that no load of ours fills can be compared all the same
        return Counter()
    return Counter(f"{bad.column}: {bad.reason}" for bad in found)


def describe_unloadable(pair: TablePair, differing: int, *, is_whole: bool) -> Finding | None:
    """What is known of them; *differing* rows were found, all there are if *is_whole*."""
    refused = pair.unloadable.total()
    if not refused:
        return None
    reasons = ", ".join(f"{why} ({n:,})" for why, n in sorted(pair.unloadable.items()))
    if is_whole and refused == differing:
        what = f"rows that cannot be loaded as they are: {refused:,}, and no other row differs"
    else:
        what = f"rows that cannot be loaded as they are: {refused:,} of those that differ"
    return Finding(str(pair.plan.source.ref), KIND, f"{what}; {reasons}")
