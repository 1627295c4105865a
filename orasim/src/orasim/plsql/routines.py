"""Procedures and functions: declared in blocks, stored alone, or in packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orasim.dictionary.model import Source, Synonym
from orasim.engine import OracleError, not_supported
from orasim.plsql import giving, nodes
from orasim.plsql.declare import declare
from orasim.plsql.frames import Cell, Cursor, Failure, Frame, Local, Record
from orasim.plsql.nodes import Argument, Parameter, Unit
from orasim.plsql.parser import parse_package, parse_unit
from orasim.plsql.tables import Table
from orasim.values import OraType

if TYPE_CHECKING:
    from orasim.plsql.runner import Runner
    from orasim.sql.session import SqlSession

Names = tuple[str, ...]
Given = tuple[OraType, Any]


@dataclass(slots=True)
class Routine:
    """A unit that can be called: what it sees, whose it is."""

    unit: Unit
    frame: Frame | None
    owner: str | None = None  # of stored code; None for what a block declares
    where: str = ""  # for the error stack

    def call(self, runner: Runner, arguments: tuple[Argument, ...], frame: Frame) -> Any:
        """Call as a statement; OUT parameters go to their variables."""
        inner = self._frame()
        outs = bind_arguments(runner, self.unit.parameters, arguments, frame, inner)
        result = self._run(runner, inner)
        for cell, target in outs:
            _give_back(runner, cell, runner.place(target, frame))
        return result

    def value(self, runner: Runner, given: list[Given | None]) -> Any:
        """Call as a function with values by parameter; None takes the default."""
        inner = self._frame()
        for parameter, item in zip(self.unit.parameters, given, strict=True):
            if parameter.mode != "IN":
                raise OracleError(6572, f"Function {self.unit.name} has out arguments")
            cell = runner.make(parameter.name, parameter.type, inner)
            if item is None:
                if parameter.default is None:
                    raise _wrong_arguments(self.unit.name)
                item = runner.evaluator.typed(inner, parameter.default)
            if not isinstance(cell, Cell):
                raise not_supported("functions of records or cursors in expressions")
            runner.evaluator.assign(cell, *item)
            inner.names[parameter.name] = cell
        return self._run(runner, inner)

    def takes_tables(self, runner: Runner) -> bool:
        """True when a parameter is a record, a cursor or an index-by table."""
        inner = self._frame()
        made = (runner.make(p.name, p.type, inner) for p in self.unit.parameters)
        return any(not isinstance(item, Cell) for item in made)

    def result_type(self, runner: Runner) -> OraType:
        """What the function returns."""
        if self.unit.returns is None:
            raise OracleError(904, f'"{self.unit.name}": invalid identifier')
        made = runner.make(self.unit.name, self.unit.returns, self._frame())
        if not isinstance(made, Cell):
            raise not_supported("functions that return records or cursors, in expressions")
        return made.type

    def _frame(self) -> Frame:
        return Frame(self.frame, self.unit.name, owner=self.owner or "")

    def _run(self, runner: Runner, inner: Frame) -> Any:
        from orasim.plsql.flow import Returned
        from orasim.plsql.runner import MOST_NESTED, traced

        runner.depth += 1
        try:
            if runner.depth > MOST_NESTED:
                raise not_supported(f"PL/SQL calls nested deeper than {MOST_NESTED}")
            with _definer(runner.session, None if self.unit.invoker else self.owner):
                runner.block(self.unit.block, None, inner)
        except Returned as returned:
            return self._result(runner, returned, inner)
        except OracleError as error:
            raise traced(error, self.where) from None
        finally:
            runner.depth -= 1
        if self.unit.returns is not None:
            raise Failure(6503, "PL/SQL: Function returned without value")
        return None

    def _result(self, runner: Runner, returned: Any, inner: Frame) -> Any:
        if self.unit.returns is None:
            return None
        if isinstance(returned.value, Record | Cursor | Table):
            return returned.value
        kind = self.result_type(runner)
        return runner.evaluator.fitted(kind, returned.kind, returned.value)


def _wrong_arguments(name: str) -> OracleError:
    made = OracleError(
        6550,
        f"line 1, column 1:\nPLS-00306: wrong number or types of arguments in call to '{name}'",
    )
    made.is_fatal = True  # type: ignore[attr-defined]
    return made


def _give_back(runner: Runner, cell: Any, target: Any) -> None:
    if isinstance(cell, Cursor) and isinstance(target, Cursor):
        target.columns, target.rows, target.at = cell.columns, cell.rows, cell.at
        runner.assigned.add(id(target))
    elif isinstance(cell, Record) and isinstance(target, Record):
        given = [(c.type, c.value) for c in cell.fields.values()]
        giving.fill(runner, [*target.fields.values()], given)
    elif isinstance(cell, Table) and isinstance(target, Table):
        giving.give_table(runner, target, cell)
    elif isinstance(cell, Cell) and isinstance(target, Cell):
        giving.give(runner, target, cell.type, cell.value)
    else:
        raise not_supported("PL/SQL OUT parameter of another kind than its variable")


def bind_arguments(
    runner: Runner,
    parameters: tuple[Parameter, ...],
    arguments: tuple[Argument, ...],
    caller: Frame,
    inner: Frame,
) -> list[tuple[Any, nodes.Target]]:
    """Parameters as variables of *inner*; what must be handed back after the call."""
    given = arranged(parameters, arguments)
    outs: list[tuple[Any, nodes.Target]] = []
    for parameter in parameters:
        argument = given.get(parameter.name)
        cell = runner.make(parameter.name, parameter.type, inner)
        if parameter.mode != "IN":
            if argument is None or argument.target is None:
                raise _wrong_arguments(parameter.name)
            outs.append((cell, argument.target))
        if parameter.mode != "OUT":
            _give_in(runner, cell, parameter, argument, caller, inner)
        inner.names[parameter.name] = cell
    return outs


def _give_in(
    runner: Runner,
    cell: Any,
    parameter: Parameter,
    argument: Argument | None,
    caller: Frame,
    inner: Frame,
) -> None:
    if argument is None:
        if parameter.default is None:
            raise _wrong_arguments(parameter.name)
        runner.evaluator.assign(cell, *runner.evaluator.typed(inner, parameter.default))
    elif isinstance(cell, Cell):
        runner.evaluator.assign(cell, *runner.evaluator.typed(caller, argument.value))
    elif argument.target is not None:
        _give_back(runner, runner.place(argument.target, caller), cell)
    else:
        raise not_supported("PL/SQL argument that is no variable, for a record or cursor")


def arranged(
    parameters: tuple[Parameter, ...], arguments: tuple[Argument, ...]
) -> dict[str, Argument]:
    """Arguments by parameter; PLS-00306 for too many or unknown ones."""
    found: dict[str, Argument] = {}
    names = [parameter.name for parameter in parameters]
    for place, argument in enumerate(arguments):
        name = argument.name or (names[place] if place < len(names) else None)
        if name not in names or name in found:
            raise _wrong_arguments(argument.name or "procedure")
        found[name] = argument
    return found


@contextmanager
def _definer(session: SqlSession, owner: str | None) -> Iterator[None]:
    """Stored code runs with its owner's names and rights."""
    if owner is None:
        yield
        return
    before = session.current_schema, session.user_record
    session.current_schema = owner
    session.user_record = session.catalog.users[owner]
    try:
        yield
    finally:
        session.current_schema, session.user_record = before


# -- finding -------------------------------------------------------------------------------------


def find(runner: Runner, frame: Frame, names: Names, count: int | None = None) -> Routine | None:
    """The unit that *names* call from *frame*: a local one, else a stored one."""
    return local_routine(runner, frame, names, count) or stored_routine(
        runner.session, names, runner, count
    )


def local_routine(
    runner: Runner, frame: Frame, names: Names, count: int | None = None
) -> Routine | None:
    """A unit that the block around, or its package, declares."""
    found = frame.find(names)
    if not isinstance(found, Local):
        return None
    unit = _overload(found.units, count)
    owner = found.frame.owner or None
    return Routine(unit, found.frame, owner, found.where)


def _overload(units: list[Unit], count: int | None) -> Unit:
    if len(units) == 1:
        return units[0]
    fitting = [
        unit
        for unit in units
        if count is not None
        and sum(p.default is None for p in unit.parameters) <= count <= len(unit.parameters)
    ]
    if len(fitting) != 1:
        raise not_supported("PL/SQL overloading by type")
    return fitting[0]


def stored_routine(
    session: SqlSession, names: Names, runner: Runner | None = None, count: int | None = None
) -> Routine | None:
    """Stored code by ``[schema.][package.]name``; None when there is none, or no right to it."""
    for schema, name, member in _readings(session, names):
        if member is None:
            for kind in ("PROCEDURE", "FUNCTION"):
                source = session.catalog.sources.get((schema, name, kind))
                if source is not None and _may_execute(session, schema, name):
                    unit = _parsed(session, source, parse_unit)
                    return Routine(unit, None, schema, f'"{schema}.{name}", ')
            continue
        if (schema, name, "PACKAGE") not in session.catalog.sources:
            continue
        if not _may_execute(session, schema, name):
            return None
        from orasim.plsql.runner import Runner as _Runner

        package = _package(runner or _Runner(session), schema, name)
        found = package.names.get(member)
        if isinstance(found, Local):
            return Routine(_overload(found.units, count), package, schema, found.where)
    return None


def _readings(session: SqlSession, names: Names) -> Iterator[tuple[str, str, str | None]]:
    """What dotted names may mean: (schema, name, member of a package)."""
    here = session.current_schema
    if len(names) == 1:
        yield (*_target(session, here, names[0]), None)
    elif len(names) == 2:
        yield (*_target(session, here, names[0]), names[1])
        yield names[0], names[1], None
    elif len(names) == 3:
        yield names[0], names[1], names[2]


def _target(session: SqlSession, schema: str, name: str) -> tuple[str, str]:
    """The object behind a synonym, private or public."""
    for owner in (schema, "PUBLIC"):
        found = session.catalog.objects.get((owner, name))
        if isinstance(found, Synonym):
            return found.target_schema, found.target
    return schema, name


def _may_execute(session: SqlSession, schema: str, name: str) -> bool:
    user = session.user_record
    if user.name == schema or user.privileges & {"DBA", "EXECUTE ANY PROCEDURE"}:
        return True
    return bool(session.catalog.has_grant(user, schema, name, "EXECUTE"))


def _parsed(session: SqlSession, source: Source, parse: Callable[[str], Any]) -> Any:
    """The source's nodes, read once."""
    known = session.database.units
    found = known.get(id(source))
    if found is None or found[0] is not source:
        found = known[id(source)] = (source, parse(source.text))
    return found[1]


# -- packages ------------------------------------------------------------------------------------


def _package(runner: Runner, schema: str, name: str) -> Frame:
    """A package's frame in this session: started at its first use, and when it was replaced."""
    session = runner.session
    specification = session.catalog.sources[(schema, name, "PACKAGE")]
    body = session.catalog.sources.get((schema, name, "PACKAGE BODY"))
    known = session.packages.get((schema, name))
    if known is not None and known[0] is specification and known[1] is body:
        return known[2]
    frame = Frame(None, name, owner=schema)
    session.packages[(schema, name)] = (specification, body, frame)
    try:
        with _definer(session, schema):
            _start(runner, frame, schema, name, specification, body)
    except OracleError:
        del session.packages[(schema, name)]
        raise
    return frame


def _start(
    runner: Runner, frame: Frame, schema: str, name: str, specification: Source, body: Source | None
) -> None:
    block = _parsed(runner.session, specification, parse_package)
    for declaration in block.declarations:
        declare(runner, frame, declaration)
    if body is None:
        return
    block = _parsed(runner.session, body, parse_package)
    for declaration in block.declarations:
        declare(runner, frame, declaration)
    for item in frame.names.values():
        if isinstance(item, Local):
            item.where = f'"{schema}.{name}", '
    runner.statements(block.statements, frame)


def package_item(runner: Runner, frame: Frame, names: Names) -> Any:
    """A variable, cursor, type or exception of a package, by ``[schema.]package.name``."""
    if not 2 <= len(names) <= 3:
        return None
    session = runner.session
    schema, name = (
        (names[0], names[1])
        if len(names) == 3
        else _target(session, session.current_schema, names[0])
    )
    if (schema, name, "PACKAGE") not in session.catalog.sources:
        return None
    if not _may_execute(session, schema, name):
        return None
    return _package(runner, schema, name).names.get(names[-1])
