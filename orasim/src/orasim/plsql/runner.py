"""Runs blocks: declarations, statements, handlers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError
from orasim.plsql import assigning, calls, dynamic, flow, nodes, queries, routines
from orasim.plsql.declare import declare, make_variable
from orasim.plsql.evaluate import Evaluator
from orasim.plsql.flow import Left, Returned
from orasim.plsql.frames import (
    PREDEFINED,
    UNCATCHABLE,
    Cell,
    Cursor,
    Failure,
    Frame,
    Implicit,
    Record,
    UserException,
    undeclared,
)
from orasim.plsql.nodes import Block, Statement, Target, Text
from orasim.plsql.tables import Table
from orasim.sql.context import BindValue
from orasim.sql.cursor import PlanCursor

if TYPE_CHECKING:
    from orasim.sql.session import SqlSession

MOST_NESTED = 50  # calls inside each other; Python's own stack ends not far beyond


class Runner:
    """One anonymous block, and everything that it calls."""

    def __init__(self, session: SqlSession, binds: dict[str, Any] | None = None) -> None:
        self.session = session
        self.binds = binds or {}
        self.assigned: set[int] = set()  # ids of bind cells that were given a value
        self.implicit = Implicit()
        self.evaluator = Evaluator(self)
        self.depth = 0
        self.implicit_results: list[PlanCursor] = []  # DBMS_SQL.RETURN_RESULT
        self.temporary: set[int] = set()  # ids of LOB variables that no table knows

    def run(self, block: Block) -> None:
        """An anonymous block: all of it or, when it fails, nothing that is not committed."""
        mark = self.session.transaction.mark()
        try:
            self.block(block, None)
        except Returned:
            return
        except Left:
            raise OracleError(6550, "PLS-00376: illegal EXIT/CONTINUE statement") from None
        except OracleError as error:
            self.session.transaction.rollback_to(mark)
            raise traced(error, "") from None
        except Exception:  # a bug of ours undoes the block's changes all the same
            self.session.transaction.rollback_to(mark)
            raise

    def block(self, block: Block, parent: Frame | None, frame: Frame | None = None) -> None:
        frame = frame or Frame(parent, block.label, owner=parent.owner if parent else "")
        for declaration in block.declarations:
            declare(self, frame, declaration)
        try:
            self.statements(block.statements, frame)
        except OracleError as error:
            handler = self._handler(block, frame, error)
            if handler is None:
                raise
            frame.error = error
            try:
                self.statements(handler.statements, frame)
            finally:
                frame.error = None

    def _handler(self, block: Block, frame: Frame, error: OracleError) -> nodes.Handler | None:
        if error.code in UNCATCHABLE or getattr(error, "is_fatal", False):
            return None
        for handler in block.handlers:
            if not handler.names or any(
                self._is_raised(frame, names, error) for names in handler.names
            ):
                error.line = None  # type: ignore[attr-defined]
                return handler
        return None

    def _is_raised(self, frame: Frame, names: tuple[str, ...], error: OracleError) -> bool:
        wanted = self.exception(frame, names)
        raised = error.raised if isinstance(error, Failure) else None
        if raised is not None and raised.code is None:
            return wanted is raised
        if isinstance(wanted, UserException):
            return wanted.code == error.code
        return bool(wanted == error.code)

    def exception(self, frame: Frame, names: tuple[str, ...]) -> UserException | int:
        """What was declared by that name, or the number of a predefined one."""
        found = frame.find(names) or self.package_item(frame, names)
        if isinstance(found, UserException):
            return found
        known = PREDEFINED.get(names[-1])
        if known is None:
            raise undeclared(0, ".".join(names))
        return known

    def statements(self, statements: tuple[Statement, ...], frame: Frame) -> None:
        for statement in statements:
            try:
                _HANDLERS[type(statement)](self, statement, frame)
            except OracleError as error:
                if getattr(error, "line", None) is None:
                    error.line = statement.line  # type: ignore[attr-defined]
                raise

    def place(self, target: Target, frame: Frame) -> Any:
        """The variable, record or cursor that *target* names."""
        if target.is_bind:
            return self.binds[target.names[0]]
        found = frame.find(target.names) or self.package_item(frame, target.names)
        if not isinstance(found, Cell | Record | Cursor | Table):
            raise undeclared(0, ".".join(target.names))
        return found

    def package_item(self, frame: Frame, names: tuple[str, ...]) -> Any:
        """What a package declares, by ``package.name``."""
        return routines.package_item(self, frame, names)

    def package_variable(self, frame: Frame, names: tuple[str, ...]) -> BindValue | None:
        found = self.package_item(frame, names) if len(names) > 1 else None
        return found if isinstance(found, BindValue) else None

    def local_routine(self, frame: Frame, names: tuple[str, ...], count: int) -> Any:
        """A unit that the block or its package declares."""
        return routines.local_routine(self, frame, names, count)

    def make(self, name: str, kind: Text, frame: Frame) -> Any:
        """A variable of a declared type."""
        return make_variable(self, frame, name, kind)


def traced(error: OracleError, where: str) -> OracleError:
    """*error* with the line it came from, as Oracle's error stack shows it."""
    line = getattr(error, "line", None)
    if line is None or error.code in (3001, 6550):
        return error
    error.message = f"{error.message}\nORA-06512: at {where}line {line}"
    error.args = (error.message,)
    error.line = None  # type: ignore[attr-defined]
    return error


_HANDLERS: dict[type, Callable[[Runner, Any, Frame], None]] = {
    nodes.Null: lambda runner, statement, frame: None,
    nodes.Nested: lambda runner, statement, frame: runner.block(statement.block, frame),
    nodes.Assign: assigning.assign,
    nodes.If: flow.if_,
    nodes.Case: flow.case,
    nodes.Loop: flow.loop,
    nodes.NumberLoop: flow.number_loop,
    nodes.QueryLoop: flow.query_loop,
    nodes.Leave: flow.leave,
    nodes.Return: flow.return_,
    nodes.Raise: flow.raise_,
    nodes.Dml: queries.dml,
    nodes.SelectInto: queries.select_into,
    nodes.Transaction: queries.transaction,
    nodes.Dynamic: dynamic.execute_immediate,
    nodes.Open: queries.open_,
    nodes.Fetch: queries.fetch,
    nodes.Close: queries.close,
    nodes.CallStatement: calls.call,
}
