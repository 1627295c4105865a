"""The table we expect against the table that is there: run the facets, collect differences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from oraferry.model import ColumnPlan, Difference, Table
from oraferry.schema.columns import compare_column_names, compare_columns
from oraferry.schema.constraints import compare_constraints
from oraferry.schema.facet import Sides

Facet = Callable[[Sides], Iterable[Difference]]

# "data" asks only whether the rows have somewhere to go.
FACETS: dict[str, tuple[Facet, ...]] = {
    "data": (compare_column_names,),
    "schema": (compare_column_names, compare_columns, compare_constraints),
}


def compare_tables(
    expected: Table,
    actual: Table,
    source: Table,
    purpose: str,
    plans: Sequence[ColumnPlan] = (),
) -> list[Difference]:
    """
    How *actual* differs from *expected*, which was translated from *source*; *plans* say how
    its columns travel.

    Blocking is what makes the load fail or changes values; a definition that merely differs
    is a warning, what is worth knowing a note.
    """
    sides = Sides(expected, actual, source, tuple(plans))
    return [difference for facet in FACETS[purpose] for difference in facet(sides)]
