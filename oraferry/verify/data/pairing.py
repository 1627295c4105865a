"""Which missing and which extra row are one row that was changed: by key, or by likeness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from oraferry.model import Table, TablePlan

MOST_COMPARED = 1_000  # rows of a side that are compared each with each
Texts = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A row in canonical text, and where it is."""

    texts: Texts
    address: str | None  # ROWID or ctid
    part: str | None = None  # of the target: the table or partition that holds it
    number: int = 0  # of the source's row, as it is staged for a repair
    hash: int = 0


Mark = Callable[[HeldRow], Texts | None]


@dataclass(frozen=True, slots=True)
class Paired:
    """A row of either side, or of both."""

    source: HeldRow | None
    target: HeldRow | None


def find_key(plan: TablePlan) -> tuple[int, ...]:
    """The places of the columns of a key of either side that are all compared; else none."""
    place = {column.source.name: i for i, column in enumerate(plan.columns)}
    of_target = {column.target.name: i for i, column in enumerate(plan.columns)}
    keys = [*_keys(plan.source), *_keys(plan.target)]
    for columns in keys:
        for known in (place, of_target):
            if all(name in known for name in columns):
                return tuple(known[name] for name in columns)
    return ()


def _keys(table: Table) -> Iterable[tuple[str, ...]]:
    for key in (table.primary_key, *table.unique_keys):
        if key is not None:
            yield key.columns
    for index in table.indexes:
        if index.unique and not index.predicate and not any(p.is_expression for p in index.parts):
            yield tuple(part.text for part in index.parts)


def pair_rows(
    source: Sequence[HeldRow], target: Sequence[HeldRow], key: tuple[int, ...]
) -> list[Paired]:
    """All rows, in pairs where they belong together; without those whose values are the same."""
    left, right = _Left(source), _Left(target)
    left.match(right, lambda row: row.texts)
    pairs: list[Paired] = []
    for mark in _list_marks(source, key):
        pairs += left.match(right, mark)
    if not key:
        pairs += _match_alike(left, right)
    pairs += [Paired(row, None) for row in left.rows()]
    pairs += [Paired(None, row) for row in right.rows()]
    return pairs


class Marks:
    """By which rows of the other side are known to belong to some of *rows*."""

    def __init__(self, rows: Sequence[HeldRow], key: tuple[int, ...]) -> None:
        self._by_mark = [(mark, {mark(row) for row in rows}) for mark in _list_marks(rows, key)]

    def __contains__(self, row: HeldRow) -> bool:
        return any(
            (found := mark(row)) is not None and found in known for mark, known in self._by_mark
        )


def _list_marks(rows: Sequence[HeldRow], key: tuple[int, ...]) -> list[Mark]:
    """The key; without one, all values but one: most changed rows have one other value."""
    if key:
        return [partial(_key_of, key)]
    return [partial(_without, place) for place in range(len(rows[0].texts) if rows else 0)]


def _key_of(key: tuple[int, ...], row: HeldRow) -> Texts | None:
    texts = tuple(row.texts[place] for place in key)
    return None if None in texts else texts


def _without(place: int, row: HeldRow) -> Texts | None:
    # Of a single column nothing is left to know a row by.
    return row.texts[:place] + row.texts[place + 1 :] or None


class _Left:
    """Rows of one side that have no partner yet."""

    def __init__(self, rows: Iterable[HeldRow]) -> None:
        self._rows = dict(enumerate(rows))

    def rows(self) -> list[HeldRow]:
        return list(self._rows.values())

    def take(self, number: int) -> HeldRow:
        return self._rows.pop(number)

    def match(self, other: _Left, mark: Mark) -> list[Paired]:
        """Pairs of rows with the same mark, which leave both sides; None is no mark."""
        by_mark: dict[Texts, list[int]] = defaultdict(list)
        for number, row in other._rows.items():
            if (found := mark(row)) is not None:
                by_mark[found].append(number)
        pairs = []
        for number, row in list(self._rows.items()):
            found = mark(row)
            waiting = by_mark.get(found) if found is not None else None
            if waiting:
                pairs.append(Paired(self.take(number), other.take(waiting.pop())))
        return pairs


def _match_alike(left: _Left, right: _Left) -> list[Paired]:
    """Pairs that have at least half of their values in common, the most alike first."""
    ours = dict(list(left._rows.items())[:MOST_COMPARED])
    theirs = dict(list(right._rows.items())[:MOST_COMPARED])
    if not ours or not theirs:
        return []
    width = len(next(iter(ours.values())).texts)
    likeness = np.zeros((len(ours), len(theirs)), np.int32)
    for place in range(width):
        codes: dict[str | None, int] = {}
        one, two = (
            np.array([codes.setdefault(row.texts[place], len(codes)) for row in rows.values()])
            for rows in (ours, theirs)
        )
        likeness += one[:, None] == two[None, :]
    pairs: list[Paired] = []
    numbers, others = list(ours), list(theirs)
    for flat in np.argsort(-likeness, axis=None, kind="stable"):
        row, column = divmod(int(flat), len(others))
        if likeness[row, column] * 2 < width:
            break
        if likeness[row, column] and numbers[row] in left._rows and others[column] in right._rows:
            pairs.append(Paired(left.take(numbers[row]), right.take(others[column])))
            if len(pairs) == min(len(numbers), len(others)):
                break
    return pairs


def list_rows(columns: Sequence[pa.Array]) -> Iterator[Texts]:
    """The rows of columns of canonical text."""
    return zip(*(list_texts(column) for column in columns), strict=True)


def list_texts(column: pa.Array) -> list[str | None]:
    """What is no UTF-8, which only a source can hold, is shown as its bytes."""
    try:
        found: list[str | None] = column.to_pylist()
    except UnicodeDecodeError:
        raw = column.cast(pa.large_binary()).to_pylist()
        found = [None if v is None else v.decode("utf-8", "backslashreplace") for v in raw]
    return found
