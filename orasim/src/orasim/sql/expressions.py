"""Expressions to closures: operators, literals, columns, CASE, subqueries, calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql import arithmetic, conditions
from orasim.sql.convert import converter, inconsistent, interval_literal, to_text
from orasim.sql.datearithmetic import (
    INTERVAL_DS,
    INTERVAL_YM,
    date_arithmetic,
    interval_number,
    nanoseconds_of_days,
    strict_binary,
    type_of_interval,
)
from orasim.sql.datemasks import parse_date
from orasim.sql.functions.registry import (
    AGGREGATES,
    FUNCTIONS,
    PSEUDO_COLUMNS,
    UNCOMPILED,
    Call,
)
from orasim.sql.parse import identifier
from orasim.sql.scope import Expr, Row, Run, Scope, invalid_identifier
from orasim.sql.types import NULL, common_type, family, text_length
from orasim.sql.zones import at_zone, parse_zone, with_zone
from orasim.values import (
    BINARY_DOUBLE,
    BINARY_FLOAT,
    CLOB,
    DATE,
    NUMBER,
    IntervalDS,
    IntervalYM,
    OraDate,
    OraType,
    char,
    timestamp,
    timestamp_tz,
    varchar2,
)


class Compiler:
    """Compiles the expressions of one query block."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.context = scope.context

    # -- entry ----------------------------------------------------------------------------

    def value(self, node: exp.Expression) -> Expr:
        """An expression that yields a value."""
        scope = self.scope
        if scope.group_keys is not None:
            position = scope.group_keys.get(scope.fingerprint(node))
            if position is not None:
                key = scope.key_exprs[position]
                return Expr(key.type, lambda row: row[position], key.nullable)
        handler = _HANDLERS.get(type(node))
        if handler is not None:
            return handler(self, node)
        if type(node) in conditions.CONDITIONS:
            if self.context.session.version < (23,) and not self.context.is_expression:
                raise OracleError(923, "FROM keyword not found where expected")
            return Expr(OraType("BOOLEAN"), self.condition(node))
        raise not_supported(f"expression {type(node).__name__}: {node.sql()[:80]}")

    def condition(self, node: exp.Expression) -> Run:
        """A condition: True, False or None for unknown."""
        return conditions.compile_condition(self, node)

    def values(self, nodes: list[exp.Expression]) -> list[Expr]:
        return [self.value(node) for node in nodes]

    # -- helpers --------------------------------------------------------------------------

    def converted(self, expr: Expr, target: OraType) -> Expr:
        """*expr* implicitly converted; constants once per execution."""
        if family(expr.type) in ("long", "long raw"):
            raise OracleError(997, "illegal use of LONG datatype")
        convert = converter(expr.type, target, self.context.nls)
        if convert.__name__ == "_same":
            return Expr(
                target if expr.type == NULL else expr.type,
                expr.run,
                expr.nullable,
                expr.is_constant,
                expr.column,
            )
        run = expr.run

        def converting(row: Row) -> Any:
            value = run(row)
            return None if value is None else convert(value)

        if expr.is_constant:
            return Expr(target, self.context.once(converting), expr.nullable, True)
        return Expr(target, converting, expr.nullable)

    def text(self, expr: Expr) -> Expr:
        """*expr* as text."""
        if expr.type.is_text or expr.type == NULL or family(expr.type) == "clob":
            return expr
        if expr.type.is_long:
            raise OracleError(932, "inconsistent datatypes: expected CHAR got LONG")
        convert, run = to_text(expr.type, self.context.nls), expr.run

        def converting(row: Row) -> Any:
            value = run(row)
            return None if value is None else convert(value)

        kind = (
            CLOB if family(expr.type) in ("xmltype", "json") else varchar2(text_length(expr.type))
        )
        return Expr(kind, converting, expr.nullable, expr.is_constant)

    def number(self, expr: Expr) -> Expr:
        """*expr* as a number (float stays float)."""
        if family(expr.type) in ("number", "float"):
            return expr
        return self.converted(expr, NUMBER)

    # -- columns --------------------------------------------------------------------------

    def column(self, node: exp.Column) -> Expr:
        if isinstance(node.this, exp.Star):
            raise OracleError(936, "missing expression")
        if self.context.is_expression and (variable := self._variable(node)) is not None:
            return variable
        scope: Scope | None = self.scope
        passed: list[Scope] = []
        while scope is not None:
            found = scope.find(node)
            if found is not None:
                expr = _column_of(scope, found, node)
                if not passed:
                    return expr
                for inner in passed:
                    inner.is_correlated = True
                return _of_outer_block(scope, expr)
            passed.append(scope)
            scope = scope.parent
        found_else = (
            self._pseudo_column(node)
            or self._variable(node)
            or self.member(_dotted_parts(node))
            or self._stored(_dotted_names(node), [])
        )
        if found_else is None:
            raise invalid_identifier(node)
        return found_else

    def _variable(self, node: exp.Column) -> Expr | None:
        """A variable of the PL/SQL block that this statement is part of."""
        if self.context.plsql is None:
            return None
        found = self.context.plsql.variable(tuple(_dotted_names(node)))
        return None if found is None else Expr(found.type, lambda row: found.value, True, True)

    def _stored(self, names: list[str], nodes: list[exp.Expression]) -> Expr | None:
        """A call of a stored function, or of one that the PL/SQL block declares."""
        from orasim.plsql.expressions import call_stored

        return call_stored(self, tuple(names), nodes)

    def member(self, parts: list[exp.Identifier]) -> Expr | None:
        """``alias.column.name…`` inside an object or JSON; None when there is no such column."""
        if len(parts) < 3:
            return None
        scope: Scope | None = self.scope
        column = exp.Column(this=parts[1], table=parts[0])
        while scope is not None and scope.find(column) is None:
            scope = scope.parent
        if scope is None:
            return None
        value = self.column(column)
        if value.type.name == "OBJECT":
            from orasim.sql.functions.objects import attribute

            return attribute(self, value, [identifier(part) for part in parts[2:]])
        if value.type.name not in ("JSON", "CLOB", "BLOB", "VARCHAR2"):
            return None
        from orasim.sql.functions.json import member

        return member(self, value, [str(part.this) for part in parts[2:]])

    def _pseudo_column(self, node: exp.Column) -> Expr | None:
        name = identifier(node.this)
        if node.this.args.get("quoted"):
            return None
        if node.args.get("table") is None:
            if name == "ROWNUM":
                return self._rownum()
            if name in ("LEVEL", "CONNECT_BY_ISLEAF", "CONNECT_BY_ISCYCLE"):
                return self._connect_column(name)
            if name in PSEUDO_COLUMNS:
                return PSEUDO_COLUMNS[name](self, Call(name, [], node))
            if name in FUNCTIONS and name in ("SYS_GUID",):
                return FUNCTIONS[name](self, Call(name, [], node))
            return None
        if name in ("NEXTVAL", "CURRVAL"):
            return self._sequence(node, name)
        package = ".".join(
            identifier(part)
            for part in (node.args.get("db"), node.args["table"], node.this)
            if part is not None
        ).removeprefix("SYS.")
        if package in FUNCTIONS:
            return FUNCTIONS[package](self, Call(package, [], node))
        return None

    def _rownum(self) -> Expr:
        scope = self.scope
        if scope.group_keys is not None:
            raise OracleError(979, "not a GROUP BY expression")
        scope.uses_rownum = True
        return Expr(NUMBER, lambda row: row[scope.rownum_index], False)

    def _connect_column(self, name: str) -> Expr:
        scope = self.scope
        if not scope.has_connect:
            if name == "LEVEL":
                raise OracleError(1788, "CONNECT BY clause required in this query block")
            raise OracleError(904, f'"{name}": invalid identifier')
        if name == "CONNECT_BY_ISCYCLE":
            raise not_supported(name)
        shift = 0 if name == "LEVEL" else 2
        return Expr(NUMBER, lambda row: row[scope.level_index + shift], False)

    def _sequence(self, node: exp.Column, name: str) -> Expr:
        context = self.context
        schema = identifier(node.args["db"]) if node.args.get("db") else None
        sequence = context.session.find_sequence(schema, identifier(node.args["table"]))
        if sequence is None:
            raise OracleError(2289, "sequence does not exist")
        session, last = context.session, [None, -1, None]

        def nextval(row: Row) -> Any:
            if last[0] is not row or last[1] != context.execution:
                last[:] = [row, context.execution, session.next_value(sequence)]
                context.sequence_values[id(sequence)] = last[2]
            return last[2]

        if name == "NEXTVAL":
            return Expr(NUMBER, nextval, False)
        return Expr(NUMBER, lambda row: session.current_value(sequence), False)

    # -- literals -------------------------------------------------------------------------

    def literal(self, node: exp.Literal) -> Expr:
        text = str(node.this)
        if node.is_string:
            return self._string(text)
        number = arithmetic.parse_number(text)
        return constant(NUMBER, number)

    def _string(self, text: str, *, national: bool = False) -> Expr:
        if text == "":
            return constant(NULL, None)
        # The whole statement is converted before it is read, N'…' included.
        characters = self.context.session.database.characters
        text = characters.adopt(text)
        length = characters.size(text)
        if length > self.context.text_limit:
            raise OracleError(1704, "string literal too long")
        return constant(OraType("NCHAR", len(text), True) if national else char(length), text)

    def boolean(self, node: exp.Boolean) -> Expr:
        if self.context.session.version < (23,) and not self.context.is_expression:
            raise OracleError(904, f'"{str(node.this).upper()}": invalid identifier')
        return constant(OraType("BOOLEAN"), bool(node.this))

    def placeholder(self, node: exp.Placeholder) -> Expr:
        context = self.context
        if node.this is None:
            raise OracleError(911, "invalid character")
        number = context.bind_number(node)
        binds = context.binds
        return Expr(binds[number].type, lambda row: binds[number].value, True, True)

    def date_literal(self, node: exp.Expression) -> Expr:
        if not isinstance(node.this, exp.Literal) or not node.this.is_string:
            raise OracleError(936, "missing expression")
        try:
            value = parse_date(str(node.this.this), "SYYYY-MM-DD", OraDate(2000))
        except OracleError as error:
            if error.code == 1840:
                raise
            raise OracleError(error.code, error.message.partition(": ")[2]) from None
        return constant(DATE, value)

    def timestamp_literal(self, node: exp.Expression) -> Expr:
        text = str(node.this.this) if isinstance(node.this, exp.Literal) else None
        if text is None:
            raise OracleError(936, "missing expression")
        body = text.strip()
        head = body[:19] + body[19:].partition("+")[0].partition(" ")[0].partition("-")[0]
        zone = body[len(head) :].strip()
        mask = "SYYYY-MM-DD HH24:MI:SS" + (".FF" if "." in head else "")
        value = parse_date(head, mask, OraDate(2000))
        if zone:
            return constant(timestamp_tz(9), with_zone(value, parse_zone(zone)))
        return constant(timestamp(9), value)

    def interval(self, node: exp.Interval) -> Expr:
        unit = node.args.get("unit")
        first, last = _interval_units(unit)
        if isinstance(node.this, exp.Literal) and node.this.is_string:
            value = interval_literal(str(node.this.this), first, last)
            return constant(INTERVAL_YM if isinstance(value, IntervalYM) else INTERVAL_DS, value)
        # (timestamp - timestamp) DAY TO SECOND
        inner = self.value(node.this)
        if inner.type == NUMBER and first == "DAY" and last == "SECOND":
            run = inner.run
            return Expr(
                INTERVAL_DS,
                lambda row: None if (v := run(row)) is None else IntervalDS(nanoseconds_of_days(v)),
            )
        if inner.type.name == "INTERVAL DAY TO SECOND" and first == "DAY":
            return inner
        raise not_supported("interval expression")

    # -- operators ------------------------------------------------------------------------

    def binary(self, node: exp.Binary) -> Expr:
        left, right = self.value(node.this), self.value(node.expression)
        for side in (left, right):
            if side.type.is_lob or side.type.is_long:
                raise inconsistent("NUMBER", side.type)
        special = date_arithmetic(self, type(node), left, right)
        if special is not None:
            return special
        operation = _ARITHMETIC[type(node)]
        a, b = self.number(left), self.number(right)
        kind = NUMBER
        if family(a.type) == "float" or family(b.type) == "float":
            kind = BINARY_DOUBLE
        return strict_binary(self, kind, operation, a, b)

    def negative(self, node: exp.Neg) -> Expr:
        inner = self.value(node.this)
        if family(inner.type).startswith("interval"):
            run = inner.run
            build = type_of_interval(inner.type)
            return Expr(
                inner.type,
                lambda row: None if (v := run(row)) is None else build(-interval_number(v)),
            )
        operand = self.number(inner)
        run = operand.run
        return Expr(
            operand.type,
            lambda row: None if (v := run(row)) is None else -v,
            operand.nullable,
            operand.is_constant,
        )

    def concat(self, node: exp.Expression) -> Expr:
        parts = [self.text(self.value(part)) for part in (node.this, node.expression)]
        return concatenated(parts, self.context.text_limit)

    def case(self, node: exp.Case) -> Expr:
        conditions_: list[Run] = []
        subject = self.value(node.this) if node.this is not None else None
        for branch in node.args["ifs"]:
            if subject is None:
                conditions_.append(self.condition(branch.this))
            else:
                conditions_.append(conditions.compare(self, "=", subject, self.value(branch.this)))
        results = [self.value(branch.args["true"]) for branch in node.args["ifs"]]
        default = node.args.get("default")
        if default is not None:
            results.append(self.value(default))
        for result in results:
            if result.type.is_long:
                raise OracleError(932, "inconsistent datatypes: expected CHAR got LONG")
        kind = common_type([result.type for result in results])
        runs = [self.converted(result, kind).run for result in results]
        otherwise = runs.pop() if default is not None else _null_run
        pairs = list(zip(conditions_, runs, strict=True))

        def choose(row: Row) -> Any:
            for test, result in pairs:
                if test(row):
                    return result(row)
            return otherwise(row)

        nullable = default is None or any(result.nullable for result in results)
        return Expr(kind, choose, nullable)

    def at_time_zone(self, node: exp.AtTimeZone) -> Expr:
        inner = self.value(node.this)
        if not inner.type.is_date or inner.type.name == "DATE":
            raise inconsistent("TIMESTAMP", inner.type)
        zone = node.args["zone"]
        nls, run = self.context.nls, inner.run
        target: Run
        if isinstance(zone, exp.Anonymous) and zone.this == "ORASIM_LOCAL":
            target = lambda row: nls.zone  # noqa: E731
        else:
            zone_text = self.text(self.value(zone)).run
            target = lambda row: parse_zone(zone_text(row))  # noqa: E731

        def shift(row: Row) -> Any:
            value = run(row)
            if value is None:
                return None
            if value.offset_minutes is None:
                value = with_zone(value, nls.zone)
            return at_zone(value, target(row))

        return Expr(timestamp_tz(inner.type.scale or 6), shift)

    # -- calls ----------------------------------------------------------------------------

    def call(self, node: exp.Anonymous) -> Expr:
        name = str(node.this).upper()
        if name in AGGREGATES:
            return self.aggregate(node, name)
        builder = FUNCTIONS.get(name)
        if builder is None or self.context.plsql is not None:
            stored = self._stored([name], node.expressions)
            if stored is not None:
                return stored
        if builder is None:
            made = self._constructed([], node)
            if made is not None:
                return made
            raise self._unknown_function(name, node)
        args = [] if name in UNCOMPILED else self._arguments(node)
        return builder(self, Call(name, args, node))

    def _constructed(self, qualifiers: list[str], node: exp.Anonymous) -> Expr | None:
        """``[schema.]type(…)``; None when there is no such type."""
        from orasim.sql.functions.objects import construct

        name = node.this if isinstance(node.this, str) else identifier(node.this)
        session = self.context.session
        schema = qualifiers[0] if qualifiers else session.current_schema
        kind = OraType("OBJECT", type_schema=schema, type_name=name.upper())
        shape = session.object_shape(kind) if len(qualifiers) < 2 else None
        return None if shape is None else construct(self, shape, node.expressions)

    def _arguments(self, node: exp.Anonymous) -> list[Expr]:
        args = []
        for arg in node.expressions:
            if isinstance(arg, exp.Kwarg | exp.PropertyEQ):
                raise not_supported(f"named argument in {node.this}")
            args.append(self.value(arg))
        return args

    def _unknown_function(self, name: str, node: exp.Expression) -> OracleError:
        if name in _KNOWN_BUT_MISSING:
            return not_supported(f"function {name}")
        return OracleError(904, f'"{name}": invalid identifier')

    def extract(self, node: exp.Extract) -> Expr:
        from orasim.sql.functions.dates import extract

        return extract(self, str(node.this.name).upper(), self.value(node.expression))

    def trim(self, node: exp.Trim) -> Expr:
        from orasim.sql.functions.texts import trim

        characters = node.args.get("expression")
        return trim(
            self,
            str(node.args.get("position") or "BOTH").upper(),
            self.value(characters) if characters is not None else None,
            self.value(node.this),
        )

    def dotted(self, node: exp.Dot) -> Expr:
        """Package functions, and methods of object columns."""
        target = node.expression
        if isinstance(target, exp.Identifier):
            found = self.member(_dotted_parts(node))
            if found is not None:
                return found
        if not isinstance(target, exp.Anonymous):
            raise not_supported(f"expression {node.sql()[:80]}")
        names = _dotted_names(node.this)
        method = str(target.this).upper()
        package = ".".join([*names, method]).removeprefix("SYS.")
        if package in FUNCTIONS:
            return FUNCTIONS[package](self, Call(package, self._arguments(target), target))
        if f".{method}" in FUNCTIONS and names:
            column = exp.Column(this=exp.Identifier(this=names[-1], quoted=True))
            if len(names) > 1:
                column.set("table", exp.Identifier(this=names[-2], quoted=True))
            args = [self.value(column), *self._arguments(target)]
            return FUNCTIONS[f".{method}"](self, Call(method, args, target))
        stored = self._stored([*names, method], target.expressions)
        if stored is not None:
            return stored
        made = self._constructed(names, target)
        if made is not None:
            return made
        if self.context.session.has_package(package):
            raise not_supported(f"package function {package}")
        raise OracleError(
            904, f'"{package.replace(".", chr(34) + "." + chr(34))}": invalid identifier'
        )

    def aggregate(self, node: exp.Expression, name: str) -> Expr:
        from orasim.sql.aggregate import compile_aggregate

        return compile_aggregate(self, node, name)

    def window(self, node: exp.Window) -> Expr:
        from orasim.sql.analytic import compile_window

        return compile_window(self, node)

    def within_group(self, node: exp.WithinGroup) -> Expr:
        name = str(node.this.this).upper()
        if name not in AGGREGATES:
            raise not_supported(f"{name} WITHIN GROUP")
        return self.aggregate(node, name)

    # -- subqueries -----------------------------------------------------------------------

    def subquery_rows(self, node: exp.Expression, columns: int) -> tuple[Any, Run]:
        """(plan, function giving an iterator of its rows for the current row)."""
        from orasim.sql.plan import plan_query

        query = node.unnest() if isinstance(node, exp.Subquery) else node
        plan = plan_query(query, self.context, self.scope)
        if columns and len(plan.columns) != columns:
            too = "many" if len(plan.columns) > columns else "few"
            code = 913 if too == "many" else 947
            raise OracleError(code, f"{'too many' if too == 'many' else 'not enough'} values")
        cell = self.scope.cell

        def rows(row: Row) -> Iterator[Row]:
            cell[0] = row
            return iter(plan.rows())

        return plan, rows

    def scalar_subquery(self, node: exp.Expression) -> Expr:
        plan, rows = self.subquery_rows(node, 1)

        def single(row: Row) -> Any:
            found = rows(row)
            first = next(found, None)
            if first is None:
                return None
            if next(found, None) is not None:
                raise OracleError(1427, "single-row subquery returns more than one row")
            return first[0]

        kind = plan.columns[0].type
        if kind.is_number:
            kind = NUMBER  # precision and scale are lost on the way, as SQLAlchemy's tests show
        if not plan.is_correlated:
            return Expr(kind, self.context.once(single), True, True)
        return Expr(kind, single)

    def prior(self, node: exp.Prior) -> Expr:
        inner = self.value(node.this)
        cell, run = self.scope.prior_cell, inner.run
        scope = self.scope

        def previous(row: Row) -> Any:
            # Outside CONNECT BY's own condition the parent row travels with the row.
            source = row[scope.width + 3] if len(row) > scope.width + 3 else cell[0]
            return run(source) if source else None

        return Expr(inner.type, previous)

    def connect_by_root(self, node: exp.ConnectByRoot) -> Expr:
        inner = self.value(node.this)
        scope, run = self.scope, inner.run
        return Expr(inner.type, lambda row: run(row[scope.width + 1]))


# -- pieces ------------------------------------------------------------------------------------


def constant(kind: OraType, value: Any) -> Expr:
    return Expr(kind, lambda row: value, value is None, True)


def _null_run(row: Row) -> Any:
    return None


def _of_outer_block(scope: Scope, expr: Expr) -> Expr:
    """A column of an enclosing block: of the row that block is looking at."""
    cell, run = scope.cell, expr.run
    return Expr(expr.type, lambda row: run(cell[0]), expr.nullable)


def _column_of(scope: Scope, found: tuple[int, int], node: exp.Column) -> Expr:
    relation = scope.relations[found[0]]
    column = relation.columns[found[1]]
    relation.used.add(found[1])
    if scope.group_keys is not None:
        position = scope.group_keys.get(f"#{found[0]}.{found[1]}")
        if position is None:
            raise OracleError(
                979 if scope.key_exprs else 937,
                "not a GROUP BY expression"
                if scope.key_exprs
                else "not a single-group group function",
            )
        nullable = column.nullable or scope.grouping_at is not None
        return Expr(column.type, lambda row: row[position], nullable, column=found)
    index = scope.offsets[found[0]] - scope.base + found[1]
    from operator import itemgetter

    return Expr(column.type, itemgetter(index), column.nullable, column=found)


def _interval_units(unit: Any) -> tuple[str, str | None]:
    if isinstance(unit, exp.IntervalSpan):
        return _unit_name(unit.this), _unit_name(unit.expression)
    return _unit_name(unit), None


def _unit_name(node: Any) -> str:
    return str(node.this if isinstance(node, exp.Anonymous | exp.Var) else node).upper()


def concatenated(parts: list[Expr], limit: int = 4000) -> Expr:
    """|| : NULL is the empty string, all NULL is NULL."""
    is_clob = any(family(part.type) == "clob" for part in parts)
    runs = [part.run for part in parts]

    def run(row: Row) -> Any:
        text = "".join([value for item in runs if (value := item(row)) is not None])
        if not is_clob and 4 * len(text) > limit < len(text.encode("utf-8", "replace")):
            raise OracleError(1489, "result of string concatenation is too long")
        return text or None

    if is_clob:
        return Expr(CLOB, run, all(part.nullable for part in parts))
    national = any(part.type.is_national for part in parts)
    characters = any(part.type.char_semantics for part in parts)
    length = min(sum(part.type.length or 0 for part in parts), limit)
    only_char = all(part.type.name == "CHAR" for part in parts) and length <= 2000
    kind = OraType(
        "NVARCHAR2" if national else ("CHAR" if only_char else "VARCHAR2"),
        length,
        characters or national,
    )
    return Expr(
        kind, run, all(part.nullable for part in parts), all(part.is_constant for part in parts)
    )


def _dotted_parts(node: Any) -> list[exp.Identifier]:
    if isinstance(node, exp.Dot):
        return [*_dotted_parts(node.this), *_dotted_parts(node.expression)]
    if isinstance(node, exp.Column):
        return [part for part in node.parts if isinstance(part, exp.Identifier)]
    return [node] if isinstance(node, exp.Identifier) else []


def _dotted_names(node: Any) -> list[str]:
    if isinstance(node, exp.Dot):
        return [*_dotted_names(node.this), *_dotted_names(node.expression)]
    if isinstance(node, exp.Column):
        return [
            identifier(part)
            for part in (node.args.get("db"), node.args.get("table"), node.this)
            if part is not None
        ]
    return [identifier(node)]


_KNOWN_BUT_MISSING = frozenset(
    [
        "XMLELEMENT",
        "XMLAGG",
        "XMLFOREST",
        "XMLQUERY",
        "XMLTABLE",
        "JSON_ARRAY",
        "JSON_OBJECTAGG",
        "MODEL",
        "TREAT",
        "BIN_TO_NUM",
        "REGEXP_COUNT",
        "XMLTYPE",
        "SYS_XMLGEN",
        "TABLE",
        "MULTISET",
        "COLLECT",
        "CARDINALITY",
        "SOUNDEX",
        "CONVERT",
        "EXTRACTVALUE",
        "EXISTSNODE",
        "DEREF",
        "REF",
        "VALUE",
        "NLS_UPPER",
        "NLS_LOWER",
        "NLS_INITCAP",
        "UPDATEXML",
        "RANK",
        "DENSE_RANK",
        "PERCENT_RANK",
        "CUME_DIST",
        "STATS_MODE",
        "APPROX_MEDIAN",
        "APPROX_PERCENTILE",
        "CHECKSUM",
        "BIT_AND_AGG",
        "BIT_OR_AGG",
        "BIT_XOR_AGG",
        "KURTOSIS_POP",
        "KURTOSIS_SAMP",
        "SKEWNESS_POP",
        "SKEWNESS_SAMP",
        "XMLCONCAT",
        "XMLATTRIBUTES",
        "XMLCOMMENT",
        "XMLPARSE",
        "XMLROOT",
        "XMLSEQUENCE",
        "XMLCAST",
        "JSON_TRANSFORM",
        "JSON_MERGEPATCH",
        "CLUSTER_ID",
        "PREDICTION",
        "ORA_DST_AFFECTED",
        "SYS_CONNECT_BY_PATH",
        "COMPOSE",
        "DECOMPOSE",
        "NLS_CHARSET_ID",
        "NLS_CHARSET_NAME",
        "NLS_CHARSET_DECL_LEN",
    ]
)

_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    exp.Add: arithmetic.add,
    exp.Sub: arithmetic.subtract,
    exp.Mul: arithmetic.multiply,
    exp.Div: arithmetic.divide,
}


def _float_literal(kind: OraType) -> Callable[[Compiler, Call], Expr]:
    return lambda compiler, call: constant(kind, float(call.args[0].run(())))


def _float_constant(kind: OraType, value: float) -> Callable[[Compiler, Call], Expr]:
    return lambda compiler, call: constant(kind, value)


for _kind in (BINARY_DOUBLE, BINARY_FLOAT):
    PSEUDO_COLUMNS[f"{_kind.name}_NAN"] = _float_constant(_kind, math.nan)
    PSEUDO_COLUMNS[f"{_kind.name}_INFINITY"] = _float_constant(_kind, float("inf"))

FUNCTIONS["ORASIM_DOUBLE"] = _float_literal(BINARY_DOUBLE)
FUNCTIONS["ORASIM_FLOAT"] = _float_literal(BINARY_FLOAT)

_HANDLERS: dict[type, Callable[[Compiler, Any], Expr]] = {
    exp.Column: Compiler.column,
    exp.Literal: Compiler.literal,
    exp.National: lambda c, node: c._string(str(node.this), national=True),
    exp.RawString: lambda c, node: c._string(str(node.this)),
    exp.UnicodeString: lambda c, node: c._string(str(node.this)),
    exp.Null: lambda c, node: constant(NULL, None),
    exp.Placeholder: Compiler.placeholder,
    exp.Paren: lambda c, node: c.value(node.this),
    exp.Add: Compiler.binary,
    exp.Sub: Compiler.binary,
    exp.Mul: Compiler.binary,
    exp.Div: Compiler.binary,
    exp.Neg: Compiler.negative,
    exp.DPipe: Compiler.concat,
    exp.Case: Compiler.case,
    exp.DateStrToDate: Compiler.date_literal,
    exp.StrToTime: Compiler.timestamp_literal,
    exp.Interval: Compiler.interval,
    exp.AtTimeZone: Compiler.at_time_zone,
    exp.Anonymous: Compiler.call,
    exp.Extract: Compiler.extract,
    exp.Trim: Compiler.trim,
    exp.Dot: Compiler.dotted,
    exp.Window: Compiler.window,
    exp.WithinGroup: Compiler.within_group,
    exp.Subquery: Compiler.scalar_subquery,
    exp.Select: Compiler.scalar_subquery,
    exp.Prior: Compiler.prior,
    exp.ConnectByRoot: Compiler.connect_by_root,
    exp.Boolean: Compiler.boolean,
}
