"""Anonymous blocks and their bind variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orasim.engine import TYPE_CURSOR, Bind, OracleError, Outcome
from orasim.plsql.frames import Cell, Cursor
from orasim.plsql.parser import parse_block
from orasim.plsql.runner import Runner
from orasim.plsql.tables import Table
from orasim.sql.binds import bind_values, type_of, value_of
from orasim.sql.cursor import PlanCursor, encoder
from orasim.sql.result import Plan
from orasim.sql.scan import bind_name, scan, significant

if TYPE_CHECKING:
    from orasim.sql.session import SqlSession


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
        "plsql", row_count=max(executions, 1), out_binds=binds, implicit_results=implicit or None
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
