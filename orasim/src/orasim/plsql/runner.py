"""Runs blocks: declarations, statements, handlers, calls of units."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

from orasim.engine import TYPE_CURSOR, Bind, OracleError, Outcome, not_supported
from orasim.plsql import dynamic, nodes, routines
from orasim.plsql.builtins import BUILTINS, is_quiet
from orasim.plsql.declare import declare, make_variable
from orasim.plsql.evaluate import Evaluator, value_error
from orasim.plsql.frames import (
    PREDEFINED,
    UNCATCHABLE,
    USER_DEFINED,
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
from orasim.plsql.parser import parse_block
from orasim.plsql.tables import Table
from orasim.sql.binds import bind_values, type_of, value_of
from orasim.sql.context import BindValue
from orasim.sql.cursor import PlanCursor, encoder
from orasim.sql.result import Plan
from orasim.sql.scan import bind_name, scan, significant
from orasim.values import NUMBER, OraType

if TYPE_CHECKING:
    from orasim.sql.session import SqlSession

MOST_NESTED = 50  # calls inside each other; Python's own stack ends not far beyond


class Left(Exception):
    """EXIT or CONTINUE on its way to its loop."""

    def __init__(self, again: bool, label: str | None) -> None:
        self.again = again
        self.label = label


_CALL = re.compile(r'\s*[\w$#."]+\s*\(.*\)\s*', re.S)


class Returned(Exception):
    """RETURN on its way to its unit."""

    def __init__(self, kind: OraType, value: Any) -> None:
        self.kind = kind
        self.value = value


def execute(session: SqlSession, sql: str, binds: list[Bind], executions: int = 1) -> Outcome:
    """Run an anonymous block; binds that it assigned come back with direction ``out``."""
    block = parse_block(sql)
    names = list(
        dict.fromkeys(bind_name(token.text) for token in scan(sql) if token.kind == "bind")
    )
    if len(binds) < len(names):
        raise OracleError(1008, "not all variables bound")
    results: list[list[Any]] = [[] for _ in binds]
    touched: set[int] = set()
    implicit: list[Any] = []
    only_written = _only_written(sql)
    for execution in range(max(executions, 1)):
        cells = _bind_cells(binds, execution)
        runner = Runner(session, dict(zip(names, cells, strict=False)))
        runner.run(block)
        implicit += runner.implicit_results
        for place, cell in enumerate(cells):
            if id(cell) in runner.assigned:
                touched.add(place)
            results[place].append(_encoded(session, binds[place], cell))
    for place, bind in enumerate(binds):
        bind.direction = "in"
        if place in touched:
            bind.direction = "out" if names[place] in only_written else "inout"
            bind.values = results[place]
    return Outcome(
        "plsql",
        row_count=max(executions, 1),
        out_binds=binds,
        implicit_results=implicit or None,
    )


def _only_written(sql: str) -> set[str]:
    """
    Binds that the block never reads: a client need not send their values again.

    Those are binds that only stand before ``:=``, after INTO, or between OPEN and FOR; one in
    a call may be read.
    """
    tokens = significant(scan(sql))
    written, read = set(), set()
    for at, token in enumerate(tokens):
        if token.kind != "bind":
            continue
        start = at
        while start > 1 and tokens[start - 1].text == "," and tokens[start - 2].kind == "bind":
            start -= 2
        before = tokens[start - 1].upper if start else ""
        after = tokens[at + 1].text if at + 1 < len(tokens) else ""
        is_target = after == ":=" or before in ("INTO", "OPEN")
        (written if is_target else read).add(bind_name(token.text))
    return written - read


def _bind_cells(binds: list[Bind], execution: int) -> list[Any]:
    cells: list[Any] = []
    for bind in binds:
        if bind.type == TYPE_CURSOR:
            cells.append(Cursor(bind.name))
        else:
            cells.append(_bind_cell(bind, execution))
    return cells


def _bind_cell(bind: Bind, execution: int) -> Cell | Table:
    data = bind.values[execution] if execution < len(bind.values) else None
    if bind.is_array:
        kind = type_of(bind)
        return Table.of_list(kind, [value_of(kind, item) for item in data or ()])
    known = bind_values([bind], execution)[0]
    return Cell(known.type, known.value, name=bind.name)


def cursor_result(session: SqlSession, cursor: Cursor) -> PlanCursor | None:
    """What is left of an open cursor, for the client; None when it is closed."""
    if cursor.rows is None:
        return None
    rest = cursor.rows[cursor.at :]
    return PlanCursor(Plan(cursor.columns, lambda: iter(rest)), session.check_cancelled)


def _encoded(session: SqlSession, bind: Bind, cell: Any) -> Any:
    if isinstance(cell, Cursor):
        return cursor_result(session, cell)
    if isinstance(cell, Table):
        encode = encoder(cell.shape.element)
        items = cell.as_list()
        if len(items) > bind.max_elements:
            raise OracleError(
                6513, "PL/SQL: index for PL/SQL table out of range for host language array"
            )
        return [None if item in (None, "") else encode(item) for item in items]
    return None if cell.value is None else encoder(cell.type)(cell.value)


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

    # -- blocks ---------------------------------------------------------------------------

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
        wanted = self._exception(frame, names)
        raised = error.raised if isinstance(error, Failure) else None
        if raised is not None and raised.code is None:
            return wanted is raised
        if isinstance(wanted, UserException):
            return wanted.code == error.code
        return bool(wanted == error.code)

    def _exception(self, frame: Frame, names: tuple[str, ...]) -> UserException | int:
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

    # -- plain statements -----------------------------------------------------------------

    def assign(self, statement: nodes.Assign, frame: Frame) -> None:
        target = self.place(statement.target, frame)
        if statement.target.index is not None:
            self.assign_element(target, statement.target.index, statement.value, frame)
            return
        if isinstance(target, Record | Cursor | Table):
            self.copy(target, statement.value, frame)
            return
        found = self.called(statement.value, frame, only_with_tables=True)
        if found is not None:
            self.give(target, *found)
            return
        self.give(target, *self.evaluator.typed(frame, statement.value))

    def assign_element(self, table: Any, index: Text, value: Text, frame: Frame) -> None:
        """``table(index) := value``"""
        if not isinstance(table, Table):
            raise not_supported("PL/SQL assignment to a part of what is no index-by table")
        key = self.evaluator.value(frame, index, table.shape.index)
        given = self.evaluator.typed(frame, value)
        table.put(key, self.evaluator.fitted(table.shape.element, *given))
        self.assigned.add(id(table))

    def give_table(self, target: Table, source: Table) -> None:
        """A whole table; elements that do not fit are VALUE_ERROR."""
        fit = self.evaluator.fitted
        kinds = target.shape.element, source.shape.element
        target.items = {key: fit(*kinds, value) for key, value in source.items.items()}
        self.assigned.add(id(target))

    def copy(self, target: Record | Cursor | Table, value: Text, frame: Frame) -> None:
        source = frame.find(tuple(part.strip().upper() for part in value.text.split(".")))
        if source is None:
            source = self.called(value, frame)
        if isinstance(target, Record) and isinstance(source, Record):
            self.fill(
                [*target.fields.values()],
                [(cell.type, cell.value) for cell in source.fields.values()],
            )
        elif isinstance(target, Cursor) and isinstance(source, Cursor):
            target.columns, target.rows, target.at = source.columns, source.rows, source.at
            self.assigned.add(id(target))
        elif isinstance(target, Table) and isinstance(source, Table):
            self.give_table(target, source)
        else:
            raise not_supported("PL/SQL assignment of a record, table or cursor")

    def called(self, value: Text, frame: Frame, *, only_with_tables: bool = False) -> Any:
        """
        What a function returns that is called for a record or a cursor; else None.

        *only_with_tables*: type and value of one with parameters that SQL knows nothing of.
        """
        if not _CALL.fullmatch(value.text):
            return None
        try:
            (statement,) = parse_block(f"BEGIN {value.text}; END;").statements
        except (OracleError, ValueError):
            return None
        if not isinstance(statement, nodes.CallStatement):
            return None
        routine = routines.find(self, frame, statement.names, len(statement.arguments))
        if routine is None or routine.unit.returns is None:
            return None
        if not only_with_tables:
            return routine.call(self, statement.arguments, frame)
        if not routine.takes_tables(self):
            return None
        return routine.result_type(self), routine.call(self, statement.arguments, frame)

    def give(self, cell: Cell, kind: OraType, value: Any) -> None:
        self.evaluator.assign(cell, kind, value)
        self.assigned.add(id(cell))

    def if_(self, statement: nodes.If, frame: Frame) -> None:
        for condition, statements in statement.branches:
            if condition is None or self.evaluator.truth(frame, condition):
                self.statements(statements, frame)
                return

    def case(self, statement: nodes.Case, frame: Frame) -> None:
        for condition, statements in statement.branches:
            if self.evaluator.truth(frame, condition):
                self.statements(statements, frame)
                return
        if statement.otherwise is None:
            raise Failure(6592, "CASE not found while executing CASE statement")
        self.statements(statement.otherwise, frame)

    def raise_(self, statement: nodes.Raise, frame: Frame) -> None:
        if statement.name is None:
            caught = frame.caught()
            if caught is None:
                raise OracleError(6550, "PLS-00367: a RAISE statement with no exception name")
            raise caught
        wanted = self._exception(frame, statement.name)
        if isinstance(wanted, UserException):
            if wanted.code is None:
                raise Failure(USER_DEFINED, "PL/SQL: unhandled user-defined exception", wanted)
            raise Failure(wanted.code, f"ORA-{wanted.code:05d}: ", wanted)
        raise Failure(wanted, _PREDEFINED_TEXTS.get(wanted, "PL/SQL: exception"))

    def return_(self, statement: nodes.Return, frame: Frame) -> None:
        if statement.value is None:
            raise Returned(NUMBER, None)
        source = frame.find((statement.value.text.strip().upper(),))
        if isinstance(source, Record | Cursor | Table):
            raise Returned(OraType("CURSOR"), source)
        raise Returned(*self.evaluator.typed(frame, statement.value))

    # -- loops ----------------------------------------------------------------------------

    def loop(self, statement: nodes.Loop, frame: Frame) -> None:
        while statement.condition is None or self.evaluator.truth(frame, statement.condition):
            if not self._round(statement.statements, frame, statement.label):
                return

    def number_loop(self, statement: nodes.NumberLoop, frame: Frame) -> None:
        first, last = (
            self.evaluator.value(frame, text, OraType("NUMBER", scale=0))
            for text in (statement.first, statement.last)
        )
        if first is None or last is None:
            raise Failure(6502, "PL/SQL: numeric or value error")
        numbers = range(int(first), int(last) + 1)
        inner = Frame(frame, statement.label, owner=frame.owner)
        cell = Cell(NUMBER, name=statement.variable, constant=True)
        inner.names[statement.variable] = cell
        for number in reversed(numbers) if statement.reverse else numbers:
            cell.value = number
            if not self._round(statement.statements, inner, statement.label):
                return

    def query_loop(self, statement: nodes.QueryLoop, frame: Frame) -> None:
        cursor = self._loop_cursor(statement, frame)
        inner = Frame(frame, statement.label, owner=frame.owner)
        record = Record(
            {column.name: Cell(column.type, name=column.name) for column in cursor.columns}
        )
        inner.names[statement.variable] = record
        while (row := cursor.next_row()) is not None:
            for cell, value in zip(record.fields.values(), row, strict=True):
                cell.value = value
            if not self._round(statement.statements, inner, statement.label):
                break
        if cursor.rows is not None:
            cursor.close()

    def _loop_cursor(self, statement: nodes.QueryLoop, frame: Frame) -> Cursor:
        if statement.query is not None:
            cursor = Cursor("")
            self.open_query(cursor, frame, statement.query)
            return cursor
        cursor = frame.find((statement.cursor or "",))
        if not isinstance(cursor, Cursor) or cursor.declaration is None:
            raise undeclared(statement.line, statement.cursor or "")
        self.open_declared(cursor, frame, statement.arguments)
        return cursor

    def _round(self, statements: tuple[Statement, ...], frame: Frame, label: str | None) -> bool:
        """One turn of a loop; False when it ends the loop."""
        self.session.check_cancelled()
        try:
            self.statements(statements, frame)
        except Left as left:
            if left.label is not None and left.label != label:
                raise
            return left.again
        return True

    def leave(self, statement: nodes.Leave, frame: Frame) -> None:
        if statement.condition is None or self.evaluator.truth(frame, statement.condition):
            raise Left(statement.again, statement.label)

    # -- SQL ------------------------------------------------------------------------------

    def dml(self, statement: nodes.Dml, frame: Frame) -> None:
        session = self.session
        session.check_writable()
        targets = [self.place(target, frame) for target in statement.into]
        cells = _scalars(targets)
        dml = self.evaluator.dml(frame, statement.sql, [cell.type for cell in cells])
        mark = session.transaction.mark()
        try:
            count = dml.run()
        except OracleError:
            session.transaction.rollback_to(mark)
            raise
        self.implicit.count = count
        if cells:
            self._returned(cells, dml.returned)

    def _returned(self, cells: list[Cell], returned: list[list[Any]]) -> None:
        if any(len(values) > 1 for values in returned):
            raise OracleError(1422, "exact fetch returns more than requested number of rows")
        for cell, values in zip(cells, returned, strict=True):
            value = value_of(cell.type, values[0]) if values else None
            self.give(cell, cell.type, value)

    def select_into(self, statement: nodes.SelectInto, frame: Frame) -> None:
        targets = [self.place(target, frame) for target in statement.into]
        plan = self.evaluator.query(frame, statement.sql)
        self.into(targets, plan, list(islice(plan.rows(), 2)))

    def into(self, targets: list[Any], plan: Plan, rows: list[Any]) -> None:
        """One row into variables: ORA-01403 without, ORA-01422 with more."""
        self.implicit.count = len(rows[:1])
        if not rows:
            raise OracleError(1403, "no data found")
        if len(rows) > 1:
            raise OracleError(1422, "exact fetch returns more than requested number of rows")
        kinds = [column.type for column in plan.columns]
        self.fill(_scalars(targets), list(zip(kinds, rows[0], strict=True)))

    def fill(self, cells: list[Cell], values: list[tuple[OraType, Any]]) -> None:
        """Values into variables, one by one."""
        if len(cells) != len(values):
            raise OracleError(6550, "PLS-00394: wrong number of values in the INTO list")
        for cell, (kind, value) in zip(cells, values, strict=True):
            try:
                self.give(cell, kind, value)
            except OracleError as error:
                raise value_error(error) from error

    def transaction(self, statement: nodes.Transaction, frame: Frame) -> None:
        self.session.run_nested(statement.sql)

    # -- cursors --------------------------------------------------------------------------

    def open(self, statement: nodes.Open, frame: Frame) -> None:
        cursor = self.place(statement.cursor, frame)
        if not isinstance(cursor, Cursor):
            raise undeclared(statement.line, ".".join(statement.cursor.names))
        if statement.query is not None:
            self.open_query(cursor, frame, statement.query)
        elif statement.dynamic is not None:
            dynamic.open_cursor(self, cursor, frame, statement)
        else:
            self.open_declared(cursor, frame, statement.arguments)
        self.assigned.add(id(cursor))

    def open_query(self, cursor: Cursor, frame: Frame, query: Text) -> None:
        plan = self.evaluator.query(frame, query, frozen=True)
        cursor.open(plan.columns, list(plan.rows()))

    def open_declared(
        self, cursor: Cursor, frame: Frame, arguments: tuple[nodes.Argument, ...]
    ) -> None:
        declaration = cursor.declaration
        if declaration is None:
            raise OracleError(1001, "invalid cursor")
        inner = Frame(frame, owner=frame.owner)
        routines.bind_arguments(self, declaration.parameters, arguments, frame, inner)
        self.open_query(cursor, inner, declaration.query)

    def fetch(self, statement: nodes.Fetch, frame: Frame) -> None:
        cursor = self.place(statement.cursor, frame)
        if not isinstance(cursor, Cursor):
            raise OracleError(1001, "invalid cursor")
        row = cursor.next_row()
        if row is None:
            return
        cells = _scalars([self.place(target, frame) for target in statement.into])
        kinds = [column.type for column in cursor.columns]
        self.fill(cells, list(zip(kinds, row, strict=True)))

    def close(self, statement: nodes.Close, frame: Frame) -> None:
        cursor = self.place(statement.cursor, frame)
        if not isinstance(cursor, Cursor):
            raise OracleError(1001, "invalid cursor")
        cursor.close()

    # -- names ----------------------------------------------------------------------------

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

    # -- calls ----------------------------------------------------------------------------

    def call(self, statement: nodes.CallStatement, frame: Frame) -> None:
        routine = routines.find(self, frame, statement.names, len(statement.arguments))
        if routine is not None:
            routine.call(self, statement.arguments, frame)
            return
        if statement.names[-1] == "DELETE" and self.delete(statement, frame):
            return
        name = ".".join(statement.names).removeprefix("SYS.")
        builtin = BUILTINS.get(name)
        if builtin is not None:
            builtin(self, statement.arguments, frame)
        elif is_quiet(name):
            for argument in statement.arguments:
                if argument.value.text.strip().upper() not in ("TRUE", "FALSE"):
                    self.evaluator.typed(frame, argument.value)
        elif name.startswith(("DBMS_", "UTL_", "OWA_", "HTP.", "CTX_", "APEX_")):
            raise not_supported(f"PL/SQL procedure {name}")
        else:
            raise undeclared(statement.line, name)

    def delete(self, statement: nodes.CallStatement, frame: Frame) -> bool:
        """``table.DELETE [(…)]``; False when there is no such table."""
        table = frame.find(statement.names[:-1]) if len(statement.names) > 1 else None
        if not isinstance(table, Table):
            return False
        index = table.shape.index
        keys = [self.evaluator.value(frame, item.value, index) for item in statement.arguments]
        table.delete(tuple(keys))
        self.assigned.add(id(table))
        return True

    def make(self, name: str, kind: Text, frame: Frame) -> Any:
        """A variable of a declared type."""
        return make_variable(self, frame, name, kind)


def _scalars(targets: list[Any]) -> list[Cell]:
    cells: list[Cell] = []
    for target in targets:
        cells += target.fields.values() if isinstance(target, Record) else [target]
    if any(not isinstance(cell, Cell) for cell in cells):
        raise not_supported("PL/SQL INTO a cursor")
    return cells


def traced(error: OracleError, where: str) -> OracleError:
    """*error* with the line it came from, as Oracle's error stack shows it."""
    line = getattr(error, "line", None)
    if line is None or error.code in (3001, 6550):
        return error
    error.message = f"{error.message}\nORA-06512: at {where}line {line}"
    error.args = (error.message,)
    error.line = None  # type: ignore[attr-defined]
    return error


_PREDEFINED_TEXTS = {
    1403: "no data found",
    1422: "exact fetch returns more than requested number of rows",
    6502: "PL/SQL: numeric or value error",
    1476: "divisor is equal to zero",
    1: "unique constraint violated",
    1722: "invalid number",
    6501: "PL/SQL: program error",
    1001: "invalid cursor",
}

_HANDLERS: dict[type, Callable[[Runner, Any, Frame], None]] = {
    nodes.Null: lambda runner, statement, frame: None,
    nodes.Nested: lambda runner, statement, frame: runner.block(statement.block, frame),
    nodes.Assign: Runner.assign,
    nodes.If: Runner.if_,
    nodes.Case: Runner.case,
    nodes.Loop: Runner.loop,
    nodes.NumberLoop: Runner.number_loop,
    nodes.QueryLoop: Runner.query_loop,
    nodes.Leave: Runner.leave,
    nodes.Return: Runner.return_,
    nodes.Raise: Runner.raise_,
    nodes.Dml: Runner.dml,
    nodes.SelectInto: Runner.select_into,
    nodes.Transaction: Runner.transaction,
    nodes.Dynamic: dynamic.execute_immediate,
    nodes.Open: Runner.open,
    nodes.Fetch: Runner.fetch,
    nodes.Close: Runner.close,
    nodes.CallStatement: Runner.call,
}
