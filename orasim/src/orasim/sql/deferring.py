"""Foreign keys that wait for COMMIT: DEFERRABLE, SET CONSTRAINTS, ORA-02091."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orasim.dictionary import model
from orasim.dictionary.constraints import has_orphans
from orasim.engine import OracleError, not_supported

if TYPE_CHECKING:
    from orasim.sql.session import SqlSession

Key = tuple[str, str]  # schema and constraint


@dataclass(slots=True)
class Deferring:
    """What SET CONSTRAINTS said in this transaction, and what its changes left to be tested."""

    everything: str | None = None  # SET CONSTRAINTS ALL: DEFERRED or IMMEDIATE
    named: dict[Key, str] = field(default_factory=dict)
    pending: dict[Key, model.Table] = field(default_factory=dict)

    def waits(self, child: model.Table, constraint: model.Constraint) -> bool:
        """True when the foreign key is to be tested later; it is remembered then."""
        key = (child.schema, constraint.name)
        mode = self.named.get(key) or self.everything
        if not constraint.deferrable:
            return False
        if mode is None:
            mode = "DEFERRED" if constraint.initially_deferred else "IMMEDIATE"
        if mode == "DEFERRED":
            self.pending[key] = child
        return mode == "DEFERRED"

    def set_mode(self, session: SqlSession, keys: list[Key] | None, mode: str) -> None:
        """SET CONSTRAINTS; those that become IMMEDIATE are tested now."""
        for key in keys or []:
            found = session.catalog.find_constraint(*key)
            if found is None:
                raise OracleError(2443, "Cannot drop constraint - nonexistent constraint")
            if not found[1].deferrable:
                raise OracleError(2447, "cannot defer a constraint that is not deferrable")
            if found[1].kind != "R":
                raise not_supported("SET CONSTRAINTS of other than foreign keys")
        if mode == "IMMEDIATE":
            wanted = set(self.pending) if keys is None else set(keys)
            for key in [key for key in self.pending if key in wanted]:
                _test(session, self.pending[key], key[1])
                del self.pending[key]
        if keys is None:
            self.everything, self.named = mode, {}
        for key in keys or []:
            self.named[key] = mode

    def test_all(self, session: SqlSession) -> None:
        """At COMMIT: ORA-02091 with what is violated."""
        for (_, name), child in self.pending.items():
            try:
                _test(session, child, name)
            except OracleError as error:
                raise OracleError(2091, f"transaction rolled back\n{error.message}") from error

    def end(self) -> None:
        """The transaction is over."""
        self.everything, self.named, self.pending = None, {}, {}


def _test(session: SqlSession, child: model.Table, name: str) -> None:
    constraint = next((c for c in child.constraints if c.name == name), None)
    if session.catalog.find(child.schema, child.name) is not child or constraint is None:
        return  # dropped meanwhile
    if constraint.enabled and has_orphans(session, child, constraint):
        raise OracleError(
            2291,
            f"integrity constraint ({child.schema}.{name}) violated - parent key not found",
        )
