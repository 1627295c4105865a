"""PL/SQL from clients: anonymous blocks, CALL, and what drivers ask before object columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orasim import engine
from orasim.engine import Bind, OracleError, Outcome
from orasim.sql.cursor import PlanCursor
from orasim.sql.scan import Token, scan, significant

if TYPE_CHECKING:
    from orasim.sql.session import SqlSession


def execute(session: SqlSession, sql: str, binds: list[Bind], executions: int) -> Outcome:
    """Run a block; OUT binds come back with the direction it gave them."""
    from orasim import plsql

    for bind in binds:
        bind.direction = "in"
    if "GET_TYPE_SHAPE" in sql.upper():
        return _type_shape(binds)
    tokens = significant(scan(sql))
    if tokens[0].upper == "CALL":
        sql = _block_of_call(sql, tokens)
    return plsql.execute(session, sql, binds, executions)


def _block_of_call(sql: str, tokens: list[Token]) -> str:
    """CALL p(…) and CALL f(…) INTO :x as blocks."""
    last = tokens[-1]
    if len(tokens) < 2 or last.text == ";":
        raise OracleError(911 if last.text == ";" else 900, "invalid character")
    if len(tokens) > 3 and tokens[-2].upper == "INTO" and last.kind == "bind":
        call = sql[tokens[1].offset : tokens[-2].offset]
        return f"BEGIN {last.text} := {call}; END;"
    return f"BEGIN {sql[tokens[1].offset :]}; END;"


def _type_shape(binds: list[Bind]) -> Outcome:
    """
    What the thin driver asks before it hands out an object column: XMLTYPE's shape.

    The block's binds are, in order: ret, toid, version, tds and a cursor (wire notes §8).
    """
    from orasim.sql.result import Plan

    empty = PlanCursor(Plan([], lambda: []), lambda: None)
    answers: dict[int, Any] = {engine.TYPE_NUMBER: b"\x80", engine.TYPE_CURSOR: empty}
    raws = 0
    for bind in binds:
        has_value = any(value is not None for value in bind.values)
        if has_value and bind.type == engine.TYPE_VARCHAR:
            continue
        bind.direction = "out"
        value = answers.get(bind.type)
        if bind.type == engine.TYPE_RAW:
            value = b"\0" * (16 if raws == 0 else 18)
            raws += 1
        bind.values = [value]
    return Outcome("plsql", out_binds=binds)
