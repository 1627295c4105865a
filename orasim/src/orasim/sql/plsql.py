"""Anonymous blocks: the ones drivers send, and straight lines of simple statements.

Understood inside BEGIN … END: assignments to binds, SQL statements, NULL, COMMIT and
ROLLBACK, EXECUTE IMMEDIATE of a literal, and calls that change nothing here
(DBMS_OUTPUT, DBMS_SESSION, DBMS_APPLICATION_INFO, DBMS_STATS). Anything else is ORA-03001.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from orasim import engine
from orasim.engine import Bind, OracleError, Outcome, not_supported
from orasim.sql.binds import bind_values, type_of
from orasim.sql.context import Context
from orasim.sql.convert import converter
from orasim.sql.cursor import PlanCursor, encoder
from orasim.sql.expressions import Compiler
from orasim.sql.parse import parse_expression
from orasim.sql.plan import plan_query
from orasim.sql.scan import Token, bind_name, prepare, scan, significant, string_value
from orasim.sql.scope import Scope
from orasim.sql.tables import Names

if TYPE_CHECKING:
    from orasim.sql.session import SqlSession

_QUIET_PACKAGES = (
    "DBMS_OUTPUT.", "DBMS_APPLICATION_INFO.", "DBMS_STATS.", "DBMS_SESSION.SET_IDENTIFIER",
    "DBMS_SESSION.CLEAR_IDENTIFIER", "DBMS_UTILITY.",
    "DBMS_MVIEW.", "DBMS_SCHEDULER.",
)  # fmt: skip
_SQL_WORDS = {"INSERT", "UPDATE", "DELETE", "MERGE", "COMMIT", "ROLLBACK", "SAVEPOINT", "LOCK"}


def execute(session: SqlSession, sql: str, binds: list[Bind], executions: int) -> Outcome:
    """Run a block; OUT binds come back with the direction it gave them."""
    tokens = significant(scan(sql))
    names = list(dict.fromkeys(bind_name(t.text) for t in tokens if t.kind == "bind"))
    for bind in binds:
        bind.direction = "in"
    block = _Block(session, names, binds)
    if "GET_TYPE_SHAPE" in sql.upper():
        return block.type_shape()
    count = 0
    for execution in range(max(executions, 1)):
        block.begin(execution)
        count += block.run(sql, tokens)
    for place, bind in enumerate(binds):
        if place in block.results:
            bind.direction = "out"
            bind.values = block.results[place]
    return Outcome("plsql", row_count=count, out_binds=binds)


class _Block:
    """One anonymous block with its binds."""

    def __init__(self, session: SqlSession, names: list[str], binds: list[Bind]) -> None:
        self.session = session
        self.names = names
        self.binds = binds
        self.execution = 0
        self.results: dict[int, list[Any]] = {}

    def begin(self, execution: int) -> None:
        self.execution = execution

    # -- statements -----------------------------------------------------------------------

    def run(self, sql: str, tokens: list[Token]) -> int:
        words = [token.upper for token in tokens]
        if words[0] == "CALL":
            self._statement(sql, tokens[1:])
            return 1
        if words[0] == "DECLARE":
            if words[1] != "BEGIN":
                raise not_supported("PL/SQL declarations")
            tokens = tokens[1:]
        if tokens[-1].text in (";", "/"):
            while tokens[-1].text in (";", "/"):
                tokens = tokens[:-1]
        else:
            raise OracleError(
                6550,
                'line 1, column 1:\nPLS-00103: Encountered the symbol "end-of-file" when '
                "expecting one of the following: ;",
            )
        if tokens[-1].upper != "END":
            raise not_supported("PL/SQL block without a plain END")
        mark = self.session.transaction.mark()
        try:
            for statement in _statements(tokens[1:-1]):
                self._statement(sql, statement)
        except OracleError:
            self.session.transaction.rollback_to(mark)
            raise
        return 1

    def _statement(self, sql: str, tokens: list[Token]) -> None:
        head = tokens[0].upper
        text = sql[tokens[0].offset : tokens[-1].offset + len(tokens[-1].text)]
        if head == "NULL" and len(tokens) == 1:
            return
        if tokens[0].kind == "bind" and len(tokens) > 1 and tokens[1].text == ":=":
            expression = sql[tokens[2].offset : tokens[-1].offset + len(tokens[-1].text)]
            self._assign(bind_name(tokens[0].text), expression)
        elif head in _SQL_WORDS:
            self.session.execute(text, self._binds_of(tokens))
        elif head == "SELECT":
            self._select_into(sql, tokens)
        elif head == "OPEN" and tokens[1].kind == "bind" and tokens[2].upper == "FOR":
            query = sql[tokens[3].offset : tokens[-1].offset + len(tokens[-1].text)]
            self._open(bind_name(tokens[1].text), query, tokens[3:])
        elif head == "EXECUTE" and tokens[1].upper == "IMMEDIATE":
            if len(tokens) != 3 or tokens[2].kind != "string":
                raise not_supported("EXECUTE IMMEDIATE of more than a literal")
            self.session.execute(string_value(tokens[2].text), [])
        elif _call_name(tokens) == "DBMS_METADATA.SET_TRANSFORM_PARAM":
            self._transform_param(tokens)
        elif _call_name(tokens).startswith(_QUIET_PACKAGES):
            self._quiet_call(tokens)
        else:
            raise not_supported(f"PL/SQL statement {text[:60]}")

    def _quiet_call(self, tokens: list[Token]) -> None:
        """A call without visible effect; OUT parameters would need one."""
        if _call_name(tokens) in ("DBMS_OUTPUT.GET_LINE", "DBMS_OUTPUT.GET_LINES"):
            binds = [bind_name(t.text) for t in tokens if t.kind == "bind"]
            self._set(binds[0], None)
            if len(binds) > 1:
                last = 1 if _call_name(tokens).endswith("LINE") else 0
                self._set(binds[1], self._encoded(binds[1], last))

    def _transform_param(self, tokens: list[Token]) -> None:
        """DBMS_METADATA.SET_TRANSFORM_PARAM(handle, 'NAME', TRUE | FALSE | value)"""
        from orasim.dictionary import metadata

        arguments = _arguments(tokens)
        if len(arguments) < 3 or len(arguments[1]) != 1 or len(arguments[2]) != 1:
            raise not_supported("arguments of SET_TRANSFORM_PARAM")
        token = arguments[2][0]
        words = {"TRUE": True, "FALSE": False}
        value: Any = words.get(token.upper)
        if value is None:
            value = string_value(token.text) if token.kind == "string" else token.text
        metadata.set_transform_param(self.session, string_value(arguments[1][0].text), value)

    # -- pieces ---------------------------------------------------------------------------

    def _binds_of(self, tokens: list[Token]) -> list[Bind]:
        """The binds of a statement inside the block, by occurrence."""
        found = []
        for token in tokens:
            if token.kind == "bind":
                bind = self.binds[self._place(bind_name(token.text))]
                values = bind.values[self.execution : self.execution + 1]
                found.append(Bind(bind.name, bind.type, bind.size, "in", values))
        return found

    def _place(self, name: str) -> int:
        place = self.names.index(name)
        if place >= len(self.binds):
            raise OracleError(1008, "not all variables bound")
        return place

    def _context(self, text: str) -> tuple[str, Context]:
        prepared, names = prepare(text)
        context = Context(self.session, tuple(names))
        values = bind_values(self.binds, self.execution)
        context.binds = [values[self._place(name)] for name in names]
        context.begin_execution()
        return prepared, context

    def _assign(self, name: str, expression: str) -> None:
        _, context = self._context(expression)
        expr = Compiler(Scope(context, names=Names())).value(parse_expression(expression))
        value = expr.run(())
        place = self._place(name)
        target = type_of(self.binds[place])
        if value is not None:
            value = converter(expr.type, target, context.nls)(value)
            value = encoder(target)(value)
        self._set(name, value)

    def _encoded(self, name: str, value: Any) -> Any:
        target = type_of(self.binds[self._place(name)])
        return None if value is None else encoder(target)(value)

    def _set(self, name: str, value: Any) -> None:
        place = self._place(name)
        values = self.results.setdefault(place, [])
        while len(values) < self.execution:
            values.append(None)
        values[self.execution :] = [value]

    def _select_into(self, sql: str, tokens: list[Token]) -> None:
        depth, into, source = 0, -1, -1
        for at, token in enumerate(tokens):
            depth += (token.text == "(") - (token.text == ")")
            if depth == 0 and token.upper == "INTO" and into < 0:
                into = at
            if depth == 0 and token.upper == "FROM" and source < 0:
                source = at
        if not 0 < into < source:
            raise not_supported("SELECT without INTO in PL/SQL")
        targets = [t for t in tokens[into + 1 : source] if t.text != ","]
        if any(token.kind != "bind" for token in targets):
            raise not_supported("SELECT INTO a variable")
        text = (
            sql[tokens[0].offset : tokens[into].offset]
            + sql[tokens[source].offset : tokens[-1].offset + len(tokens[-1].text)]
        )
        statement = self.session.database.statements.get(text)
        _, context = self._context(text)
        plan = plan_query(statement.tree, context, None, Names())
        rows = list(plan.rows())
        if not rows:
            raise OracleError(1403, "no data found")
        if len(rows) > 1:
            raise OracleError(1422, "exact fetch returns more than requested number of rows")
        for token, column, value in zip(targets, plan.columns, rows[0], strict=True):
            name = bind_name(token.text)
            target = type_of(self.binds[self._place(name)])
            if value is not None:
                value = encoder(target)(converter(column.type, target, context.nls)(value))
            self._set(name, value)

    def _open(self, name: str, query: str, tokens: list[Token]) -> None:
        outcome = self.session.execute(query, self._binds_of(tokens))
        self._set(name, outcome.cursor)

    def type_shape(self) -> Outcome:
        """
        What the thin driver asks before it hands out an object column: XMLTYPE's shape.

        The block's binds are, in order: ret, toid, version, tds and a cursor (wire notes §8).
        """
        from orasim.sql.result import Plan

        empty = PlanCursor(Plan([], lambda: []), lambda: None)
        answers: dict[int, Any] = {
            engine.TYPE_NUMBER: b"\x80",
            engine.TYPE_RAW: b"\0" * 16,
            engine.TYPE_CURSOR: empty,
        }
        raws = 0
        for bind in self.binds:
            has_value = any(value is not None for value in bind.values)
            if has_value and bind.type == engine.TYPE_VARCHAR:
                continue
            bind.direction = "out"
            value = answers.get(bind.type)
            if bind.type == engine.TYPE_RAW:
                value = b"\0" * (16 if raws == 0 else 18)
                raws += 1
            bind.values = [value]
        return Outcome("plsql", out_binds=self.binds)


def _statements(tokens: list[Token]) -> list[list[Token]]:
    """The statements of a block without nested blocks."""
    found: list[list[Token]] = [[]]
    for token in tokens:
        if token.text == ";":
            found.append([])
        elif token.upper in ("LOOP", "IF", "BEGIN", "EXCEPTION", "WHILE", "FOR", "DECLARE") and (
            token.kind == "word" and not (found[-1] and found[-1][0].upper in ("OPEN", "SELECT"))
        ):
            raise not_supported(f"PL/SQL {token.upper}")
        else:
            found[-1].append(token)
    if found[-1]:
        raise OracleError(6550, "line 1, column 1:\nPLS-00103: Encountered the symbol END")
    return [statement for statement in found if statement]


def _call_name(tokens: list[Token]) -> str:
    text = "".join(token.upper for token in tokens)
    return re.split(r"[(]", text)[0].removeprefix("SYS.")


def _arguments(tokens: list[Token]) -> list[list[Token]]:
    """The arguments of a call, named ones without their names."""
    depth, found = 0, [[]]  # type: ignore[var-annotated]
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 1 and token.text == ",":
            found.append([])
        elif depth >= 1 and not (depth == 1 and token.text == "("):
            found[-1].append(token)
    return [part[2:] if len(part) > 2 and part[1].text == "=>" else part for part in found]
