"""ROLLUP, CUBE and GROUPING SETS: the sets of keys that rows are grouped by in turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, combinations, product

from sqlglot import exp

from orasim.engine import not_supported
from orasim.sql.aggregate import Aggregate, grouped
from orasim.sql.scope import Row, Run

Keys = frozenset[int]  # positions among the keys of GROUP BY
Place = Callable[[exp.Expression], int]

_KINDS = (exp.Rollup, exp.Cube, exp.GroupingSets)
_MOST_SETS = 1 << 12


def has_sets(nodes: list[exp.Expression]) -> bool:
    """True unless GROUP BY is a plain list of expressions."""
    return any(isinstance(node, _KINDS) or _is_empty(node) for node in nodes)


def _is_empty(node: exp.Expression) -> bool:
    return isinstance(node, exp.Tuple) and not node.expressions


def all_sets(nodes: list[exp.Expression], place: Place) -> list[Keys]:
    """The sets of a GROUP BY: each of an item's with each of the others'."""
    found = [_sets(node, place) for node in nodes]
    return _few([frozenset().union(*chosen) for chosen in product(*found)])


def _sets(node: exp.Expression, place: Place) -> list[Keys]:
    if isinstance(node, exp.GroupingSets):
        return [keys for item in node.expressions for keys in _sets(item, place)]
    if not isinstance(node, exp.Rollup | exp.Cube):
        parts = node.expressions if isinstance(node, exp.Tuple) else [node]
        return [frozenset(place(part) for part in parts)]
    items = [_sets(item, place)[0] for item in node.expressions]
    counts = range(len(items), -1, -1)
    if isinstance(node, exp.Rollup):
        return [frozenset().union(*items[:count]) for count in counts]
    if 1 << len(items) > _MOST_SETS:
        raise not_supported("that many grouping sets")
    subsets = chain.from_iterable(combinations(items, count) for count in counts)
    return [frozenset().union(*chosen) for chosen in subsets]


def _few(sets: list[Keys]) -> list[Keys]:
    if len(sets) > _MOST_SETS:
        raise not_supported("that many grouping sets")
    return sets


def grouped_by_sets(
    rows: Iterable[Row], keys: list[Run], sets: list[Keys], aggregates: list[Aggregate]
) -> Iterator[Row]:
    """A row per set and group: keys (NULL outside the set), the set, GROUP_ID, aggregates."""
    known = list(rows)
    if not known and frozenset() in sets:
        raise not_supported("the grand total of a GROUP BY without rows")
    times: Counter[Keys] = Counter()
    for chosen in sets:
        marks: tuple[Run, Run] = (_always(chosen), _always(times[chosen]))
        times[chosen] += 1
        runs = [run if at in chosen else _always(None) for at, run in enumerate(keys)]
        yield from grouped(known, [*runs, *marks], aggregates, always=False)


def _always(value: object) -> Run:
    return lambda row: value
