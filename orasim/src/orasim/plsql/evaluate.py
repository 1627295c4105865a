"""Expressions and SQL of a block: compiled by the SQL engine, with the variables in reach."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError
from orasim.plsql.frames import (
    BOOLEAN,
    Cell,
    Cursor,
    Failure,
    Frame,
    Live,
    Record,
    does_not_compile,
    pseudo_variable,
    undeclared,
)
from orasim.plsql.nodes import Text
from orasim.sql.context import BindValue, Context
from orasim.sql.convert import converter, fitter
from orasim.sql.dml import Dml, compile_dml
from orasim.sql.expressions import Compiler
from orasim.sql.parse import Statement, parse_expression
from orasim.sql.plan import Plan, plan_query
from orasim.sql.scan import prepare
from orasim.sql.scope import Expr, Scope
from orasim.sql.tables import Names
from orasim.values import OraType

if TYPE_CHECKING:
    from orasim.plsql.runner import Runner

# Conversions that fail in an expression of PL/SQL are VALUE_ERROR.
_VALUE_ERRORS = {
    1722: "character to number conversion error",
    12899: "character string buffer too small",
    1438: "number precision too large",
    1489: "character string buffer too small",
    1401: "character string buffer too small",
}


def value_error(error: OracleError) -> OracleError:
    """*error* as PL/SQL words it."""
    reason = _VALUE_ERRORS.get(error.code)
    if reason is None:
        return error
    return Failure(6502, f"PL/SQL: numeric or value error: {reason}")


def is_compile_error(error: OracleError) -> bool:
    """True for what Oracle would find before the block runs."""
    return 900 <= error.code <= 999 or error.code in (1747, 2289, 4043)


@dataclass(slots=True)
class Reach:
    """What the SQL engine may ask a block for: variables, and functions declared in it."""

    runner: Runner
    frame: Frame
    frozen: bool = False  # a query that outlives this moment sees copies

    def variable(self, names: tuple[str, ...]) -> BindValue | Live | None:
        """A scalar by its names; None when it is none."""
        if len(names) == 1:
            found: Any = pseudo_variable(self.frame, names[0])
            if found is None and "%" in names[0]:
                found = self._attribute(*names[0].rsplit("%", 1))
        else:
            found = None
        if found is None:
            found = self.frame.find(names)
        if found is None:
            found = self.runner.package_variable(self.frame, names)
        if self.frozen and isinstance(found, BindValue | Live):
            return BindValue(found.type, found.value)
        return found if isinstance(found, BindValue | Live) else None

    def _attribute(self, owner: str, name: str) -> Live | None:
        if owner == "SQL":
            return self.runner.implicit.attribute(name)
        found = self.runner.binds.get(owner[1:]) if owner[:1] == ":" else None
        found = found or self.frame.find((owner,))
        return found.attribute(name) if isinstance(found, Cursor) else None

    def unit(self, names: tuple[str, ...], count: int) -> Any:
        """A function declared in the block or its package, ready to be called."""
        return self.runner.local_routine(self.frame, names, count)


@dataclass(slots=True)
class _Compiled:
    context: Context
    made: Any


class Evaluator:
    """Compiles texts once per frame and runs them as often as they are reached."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    # -- compiling ------------------------------------------------------------------------

    def _context(
        self, frame: Frame, bind_names: tuple[str, ...], *, frozen: bool = False
    ) -> Context:
        context = Context(self.runner.session, bind_names)
        context.binds = [self._bind(name, frozen) for name in bind_names]
        context.plsql = Reach(self.runner, frame, frozen)
        return context

    def _bind(self, name: str, frozen: bool) -> BindValue:
        found = self.runner.binds.get(name)
        if found is None:
            raise OracleError(1008, "not all variables bound")
        if not isinstance(found, BindValue):
            return BindValue()
        return replace(found) if frozen else found

    def _expression(self, frame: Frame, text: Text) -> _Compiled:
        known = frame.compiled.get(id(text))
        if known is not None:
            return known  # type: ignore[no-any-return]
        try:
            names = tuple(prepare(text.text)[1])
            context = self._context(frame, names)
            context.is_expression = True
            compiler = Compiler(Scope(context, names=Names()))
            made = _Compiled(context, compiler.value(parse_expression(text.text)))
        except OracleError as error:
            raise _compile_failure(text, error) from error
        frame.compiled[id(text)] = made
        return made

    def _statement(self, text: Text) -> Statement:
        try:
            return self.runner.session.database.statements.get(text.text)
        except OracleError as error:
            raise _compile_failure(text, error) from error

    # -- expressions ----------------------------------------------------------------------

    def typed(self, frame: Frame, text: Text) -> tuple[OraType, Any]:
        """An expression's type and value now."""
        compiled = self._expression(frame, text)
        compiled.context.begin_execution()
        expr: Expr = compiled.made
        try:
            return expr.type, expr.run(())
        except OracleError as error:
            raise value_error(error) from error

    def value(self, frame: Frame, text: Text, kind: OraType) -> Any:
        """An expression's value as *kind*."""
        return self.fitted(kind, *self.typed(frame, text))

    def truth(self, frame: Frame, text: Text) -> bool:
        """A condition; unknown is False."""
        kind, found = self.typed(frame, text)
        if kind.name != "BOOLEAN" and found is not None:
            raise does_not_compile(
                text.line, OracleError(6550, "PLS-00382: expression is of wrong type")
            )
        return bool(found)

    def fitted(self, kind: OraType, given: OraType, value: Any) -> Any:
        """*value* of type *given* as a variable of type *kind* holds it."""
        if value is None:
            return None
        if (kind == BOOLEAN) != (given.name == "BOOLEAN"):
            raise does_not_compile(0, OracleError(6550, "PLS-00382: expression is of wrong type"))
        if kind == BOOLEAN:
            return value
        try:
            converted = converter(given, kind, self.runner.session.nls)(value)
            return None if converted is None else fitter(kind, "")(converted)
        except OracleError as error:
            raise value_error(error) from error

    def assign(self, cell: Cell, kind: OraType, value: Any) -> None:
        """Give a variable a value of type *kind*."""
        if cell.constant:
            raise does_not_compile(
                0, OracleError(6550, "PLS-00363: cannot be an assignment target")
            )
        fitted = self.fitted(cell.type, kind, value)
        if fitted is None and cell.not_null:
            raise Failure(6502, "PL/SQL: numeric or value error")
        cell.value = fitted

    # -- SQL ------------------------------------------------------------------------------

    def query(self, frame: Frame, text: Text, *, frozen: bool = False) -> Plan:
        """A query with the block's variables, ready to run."""
        known = None if frozen else frame.compiled.get(id(text))
        if known is None:
            statement = self._statement(text)
            try:
                context = self._context(frame, statement.bind_names, frozen=frozen)
                plan = plan_query(statement.tree, context, None, Names())
            except OracleError as error:
                raise _compile_failure(text, error) from error
            known = _Compiled(context, plan)
            if not frozen:
                frame.compiled[id(text)] = known
        known.context.begin_execution()
        return known.made  # type: ignore[no-any-return]

    def dml(self, frame: Frame, text: Text, returning: list[OraType]) -> Dml:
        """A change with the block's variables, ready to run."""
        text_known = frame.compiled.get(id(text))
        if text_known is None:
            expanded = expand_record(frame, text)
            statement = self._statement(expanded)
            try:
                context = self._context(frame, statement.bind_names)
                context.returning_types = returning
                text_known = _Compiled(context, compile_dml(statement, context))
            except OracleError as error:
                raise _compile_failure(text, error) from error
            frame.compiled[id(text)] = text_known
        text_known.context.begin_execution()
        return text_known.made  # type: ignore[no-any-return]


def expand_record(frame: Frame, text: Text) -> Text:
    """INSERT … VALUES record: the record's fields, one by one."""
    head, found, name = text.text.rstrip().rpartition(" ")
    if not found or not head.rstrip().upper().endswith("VALUES"):
        return text
    stored = name[1:-1] if name.startswith('"') else name.upper()
    record = frame.find((stored,))
    if not isinstance(record, Record):
        return text
    fields = ", ".join(f'"{stored}"."{field}"' for field in record.fields)
    return Text(f"{head} ({fields})", text.line)


def _compile_failure(text: Text, error: OracleError) -> OracleError:
    if getattr(error, "is_fatal", False) or not is_compile_error(error):
        return error
    if error.code == 904 and ":" in error.message:
        name = error.message.removeprefix("ORA-00904: ").partition(": invalid")[0]
        if (
            not text.text.lstrip()
            .upper()
            .startswith(("SELECT", "WITH", "INS", "UPD", "DEL", "MER"))
        ):
            return undeclared(text.line, name.replace('"', ""))
    return does_not_compile(text.line, error)
