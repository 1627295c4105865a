"""Values that variables are given; what does not fit is VALUE_ERROR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError, not_supported
from orasim.plsql.evaluate import value_error
from orasim.plsql.frames import Cell, Record
from orasim.plsql.tables import Table
from orasim.sql.result import Plan
from orasim.values import OraType

if TYPE_CHECKING:
    from orasim.plsql.runner import Runner


def scalars(targets: list[Any]) -> list[Cell]:
    """The variables of INTO, one by one: a record stands for its fields."""
    cells: list[Cell] = []
    for target in targets:
        cells += target.fields.values() if isinstance(target, Record) else [target]
    if any(not isinstance(cell, Cell) for cell in cells):
        raise not_supported("PL/SQL INTO a cursor")
    return cells


def give(runner: Runner, cell: Cell, kind: OraType, value: Any) -> None:
    """A value of *kind* into a variable."""
    runner.evaluator.assign(cell, kind, value)
    runner.assigned.add(id(cell))


def give_table(runner: Runner, target: Table, source: Table) -> None:
    """A whole table; elements that do not fit are VALUE_ERROR."""
    fit = runner.evaluator.fitted
    kinds = target.shape.element, source.shape.element
    target.items = {key: fit(*kinds, value) for key, value in source.items.items()}
    runner.assigned.add(id(target))


def fill(runner: Runner, cells: list[Cell], values: list[tuple[OraType, Any]]) -> None:
    """Values into variables, one by one."""
    if len(cells) != len(values):
        raise OracleError(6550, "PLS-00394: wrong number of values in the INTO list")
    for cell, (kind, value) in zip(cells, values, strict=True):
        try:
            give(runner, cell, kind, value)
        except OracleError as error:
            raise value_error(error) from error


def into(runner: Runner, targets: list[Any], plan: Plan, rows: list[Any]) -> None:
    """One row into variables: ORA-01403 without, ORA-01422 with more."""
    runner.implicit.count = len(rows[:1])
    if not rows:
        raise OracleError(1403, "no data found")
    if len(rows) > 1:
        raise OracleError(1422, "exact fetch returns more than requested number of rows")
    kinds = [column.type for column in plan.columns]
    fill(runner, scalars(targets), list(zip(kinds, rows[0], strict=True)))
