"""From the fetched Arrow form to the one whose binary form the target column has.

A binary COPY trusts its bytes, so each PostgreSQL type takes exactly one Arrow type here
(its *load type*), every cast is exact or refused, and every permitted change is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from oraferry.errors import SourceDataError
from oraferry.model import Column, ColumnPlan, DataType, Policy
from oraferry.typemap.load_moments import load_interval, load_moment
from oraferry.typemap.load_numbers import INTEGERS, load_float, load_integer, load_numeric
from oraferry.typemap.load_texts import TEXTS, load_bytes, load_text, load_uuid
from oraferry.typemap.verdict import BadRow, Verdict

_MOMENTS = ("timestamp without time zone", "timestamp with time zone", "date")


def load_batch(
    batch: pa.RecordBatch, columns: Sequence[ColumnPlan]
) -> tuple[pa.RecordBatch, dict[str, int]]:
    """
    *batch* with each column in its target's load type, and how many values changed, by
    ``"COLUMN: reason"``. SourceDataError names column and row of a value that cannot go.
    """
    arrays, altered = [], {}
    for position, plan in enumerate(columns):
        array, changes = load(batch.column(position), plan.source.type, plan.target.type, plan)
        arrays.append(array)
        for reason, count in changes.items():
            altered[f"{plan.source.name}: {reason}"] = count
    names = [plan.target.name for plan in columns]
    return pa.RecordBatch.from_arrays(arrays, names=names), altered


def find_bad_rows(batch: pa.RecordBatch, columns: Sequence[ColumnPlan]) -> list[BadRow]:
    """
    The rows of *batch* that ``load_batch`` would refuse, by row: each with the first column
    that keeps it out. Without them, ``load_batch`` takes the rest.
    """
    found: dict[int, BadRow] = {}
    for position, plan in enumerate(columns):
        verdict = Verdict(plan.source.name, collects=True)
        _load(batch.column(position), plan, verdict)
        for bad in verdict.bad_rows:
            found.setdefault(bad.row, bad)
    return [found[row] for row in sorted(found)]


def load(
    array: pa.Array, source: DataType, target: DataType, plan: ColumnPlan | None = None
) -> tuple[pa.Array, dict[str, int]]:
    """One column; see ``load_batch``."""
    if plan is None:
        plan = ColumnPlan(Column("value", source, 1), Column("value", target, 1), "")
    verdict = Verdict(plan.source.name)
    return _load(array, plan, verdict), dict(verdict.altered)


def _load(array: pa.Array, plan: ColumnPlan, verdict: Verdict) -> pa.Array:
    source, target, policy = plan.source.type, plan.target.type, plan.policy
    name = target.name
    if pa.types.is_boolean(array.type) and (name in INTEGERS or name == "numeric"):
        array = array.cast(pa.int8())  # a table of another tool's, which a repair fills as it is
    if name in INTEGERS:
        return load_integer(array, name, policy, verdict)
    if name == "numeric":
        return load_numeric(array, target, policy, verdict)
    if name in ("real", "double precision"):
        return load_float(array, name, policy, verdict)
    if name == "boolean":
        return _load_boolean(array, policy, verdict)
    if name in TEXTS:
        return load_text(array, plan, verdict)
    if name == "bytea":
        return load_bytes(array, verdict)
    if name == "uuid":
        return load_uuid(array, verdict)
    if name in _MOMENTS:
        return load_moment(array, source.name, target, policy, verdict)
    if name == "interval":
        return load_interval(array, source.name, target, policy, verdict)
    raise SourceDataError(
        f"column {verdict.column}: nothing loads {source.name} into {name}",
        hint="exclude the column's table, or give the target column another type",
    )


def _load_boolean(array: pa.Array, policy: Policy, verdict: Verdict) -> pa.Array:
    if pa.types.is_boolean(array.type):
        return array
    array = load_integer(array, "bigint", policy, verdict)
    bad = pc.invert(pc.is_in(array, pa.array([0, 1, None], pa.int64())))
    what, hint = "a number is neither 0 nor 1", "give the target column a number type"
    to_null = policy.overflow == "null"
    array = verdict.settle(array, bad, "overflow", what, hint, to_null=to_null)
    return array.cast(pa.bool_())
