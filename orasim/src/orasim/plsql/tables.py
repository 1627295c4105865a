"""Index-by tables: TYPE … IS TABLE OF scalar INDEX BY integer or VARCHAR2, and array binds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from orasim.engine import OracleError
from orasim.values import NUMBER, OraType, varchar2

BOOLEAN = OraType("BOOLEAN")
_INTEGER = OraType("NUMBER", precision=10, scale=0)
METHODS = frozenset(["COUNT", "FIRST", "LAST", "NEXT", "PRIOR", "EXISTS", "LIMIT"])


@dataclass(frozen=True, slots=True)
class TableShape:
    """The type: its elements, and what they are found by."""

    element: OraType
    index: OraType = _INTEGER


@dataclass(slots=True)
class Table:
    """A variable of such a type; an element that was never assigned is ORA-01403."""

    shape: TableShape
    items: dict[Any, Any] = field(default_factory=dict)

    def get(self, key: Any) -> Any:
        """The element at *key*."""
        if key is None:
            raise OracleError(6502, "PL/SQL: numeric or value error: NULL index table key value")
        if key not in self.items:
            raise OracleError(1403, "no data found")
        return self.items[key]

    def put(self, key: Any, value: Any) -> None:
        """A new element, or another value of one."""
        if key is None:
            raise OracleError(6502, "PL/SQL: numeric or value error: NULL index table key value")
        self.items[key] = value

    def delete(self, keys: tuple[Any, ...]) -> None:
        """DELETE, DELETE(key), DELETE(from, to)."""
        if not keys:
            self.items.clear()
        elif len(keys) == 1:
            self.items.pop(keys[0], None)
        else:
            for key in [k for k in self.items if keys[0] <= k <= keys[1]]:
                del self.items[key]

    def replace(self, other: Table) -> None:
        """Everything of *other* in place of what is here."""
        self.items = dict(other.items)

    # -- methods --------------------------------------------------------------------------

    def method(self, name: str) -> tuple[OraType, Callable[..., Any]]:
        """The type and function of COUNT, FIRST, LAST, NEXT, PRIOR, EXISTS, LIMIT."""
        index = self.shape.index
        return {
            "COUNT": (NUMBER, lambda: len(self.items)),
            "FIRST": (index, lambda: min(self.items, default=None)),
            "LAST": (index, lambda: max(self.items, default=None)),
            "NEXT": (index, lambda key: min(self._beyond(key, 1), default=None)),
            "PRIOR": (index, lambda key: max(self._beyond(key, -1), default=None)),
            "EXISTS": (BOOLEAN, lambda key: key in self.items),
            "LIMIT": (NUMBER, lambda: None),
        }[name]

    def _beyond(self, key: Any, sign: int) -> Iterable[Any]:
        if key is None:
            return ()
        return [k for k in self.items if (k > key if sign > 0 else k < key)]

    # -- array binds ----------------------------------------------------------------------

    @classmethod
    def of_list(cls, element: OraType, values: Iterable[Any]) -> Table:
        """An array as a client binds it: from 1 on."""
        return cls(TableShape(element), dict(enumerate(values, 1)))

    def as_list(self) -> list[Any]:
        """The elements for a client, by their indexes; gaps are NULL from the first on."""
        if not self.items:
            return []
        return [self.items.get(place) for place in range(min(self.items), max(self.items) + 1)]


def index_type(words: str) -> OraType:
    """INDEX BY PLS_INTEGER, BINARY_INTEGER or VARCHAR2(n)."""
    upper = words.upper().strip()
    if upper.startswith(("VARCHAR2", "STRING", "LONG")):
        return varchar2(32767)
    return _INTEGER
