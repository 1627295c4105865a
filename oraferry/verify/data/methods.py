"""The ways to compare a table with its target; to add one, write its file and name it here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from oraferry.errors import RequestError
from oraferry.model import ColumnPlan
from oraferry.verify.data.aggregates import Aggregates
from oraferry.verify.data.checksums import Checksums
from oraferry.verify.data.counts import Counts
from oraferry.verify.data.inside import Inside
from oraferry.verify.data.pair import TablePair
from oraferry.verify.data.rows import Rows
from oraferry.verify.outcome import MethodOutcome


class Method(Protocol):
    """One way to look."""

    @property
    def name(self) -> str:
        """As it is asked for."""

    @property
    def cost(self) -> str:
        """What it takes of both servers."""

    def claims(self, damage: str, column: ColumnPlan, charset: str) -> bool:
        """
        True when it sees *damage*, one of verify/damages.py, in such a column, whatever its
        values are; *charset* is the source's.
        """

    def check(self, pair: TablePair) -> MethodOutcome:
        """What it sees of *pair*; it raises nothing for a difference."""


METHODS: Mapping[str, Method] = MappingProxyType(
    {method.name: method for method in (Counts(), Aggregates(), Checksums(), Inside(), Rows())}
)
DEFAULT = ("counts", "checksums", "rows")


def choose_methods(names: Iterable[str]) -> list[Method]:
    """
    The methods of those names, in their own order; RequestError for a name that is none.
    """
    wanted = set(names)
    unknown = wanted - set(METHODS)
    if unknown:
        raise RequestError(
            f"there is no method {min(unknown)}", hint="there are " + ", ".join(METHODS)
        )
    return [method for name, method in METHODS.items() if name in wanted]
