"""What one statement's execution knows: binds, clock, snapshot, the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim import zones
from orasim.engine import OracleError
from orasim.sql.convert import Nls
from orasim.sql.types import NULL
from orasim.storage.segment import Segment, State
from orasim.values import OraDate, OraType

if TYPE_CHECKING:
    from orasim.sql.session import SqlSession


@dataclass(slots=True)
class BindValue:
    """One bind's type and its current value (Python)."""

    type: OraType = NULL
    value: Any = None


@dataclass(slots=True)
class Context:
    """Shared by all query blocks of one statement; ``execution`` counts its runs."""

    session: SqlSession
    bind_names: tuple[str, ...] = ()
    binds: list[BindValue] = field(default_factory=list)
    returning_types: list[OraType] = field(default_factory=list)  # of RETURNING … INTO binds
    execution: int = 0
    schema: str = ""  # where unqualified names are looked up (a view's own schema)
    now: OraDate = field(default_factory=zones.now)
    states: dict[tuple[int, int | None], State] = field(default_factory=dict)
    sequence_values: dict[Any, Any] = field(default_factory=dict)
    plsql: Any = None  # evaluate.Reach: variables and functions of the block around
    is_expression: bool = False  # of PL/SQL itself: variables first, BOOLEAN, 32767 bytes

    @property
    def nls(self) -> Nls:
        return self.session.nls

    @property
    def text_limit(self) -> int:
        """The bytes that a text value may have."""
        return 32767 if self.is_expression else 4000

    def begin_execution(self) -> None:
        """Forget what was computed for the previous set of binds."""
        self.execution += 1
        self.now = zones.now()
        self.states.clear()

    def bind_number(self, node: exp.Placeholder) -> int:
        """Which bind a placeholder means."""
        number = int(str(node.this).rpartition("_")[2])
        if len(self.binds) == len(self.bind_names):
            return number
        names = list(dict.fromkeys(self.bind_names))
        if len(self.binds) != len(names):
            raise OracleError(1008, "not all variables bound")
        return names.index(self.bind_names[number])

    def bind_name(self, node: exp.Placeholder) -> str:
        return self.bind_names[int(str(node.this).rpartition("_")[2])]

    def once(self, run: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """*run*, evaluated once per execution."""
        known: list[Any] = [-1, None]

        def cached(row: Any) -> Any:
            if known[0] != self.execution:
                known[1] = run(row)
                known[0] = self.execution
            return known[1]

        return cached

    def state(self, segment: Segment, scn: int | None) -> State:
        """The rows of a segment that this statement sees: all its scans see the same."""
        key = (segment.data_object_id, scn)
        found = self.states.get(key)
        if found is None:
            if scn is not None:
                found = segment.committed_at(scn)
            else:
                found = self.session.transaction.view(segment)
            self.states[key] = found
        return found
