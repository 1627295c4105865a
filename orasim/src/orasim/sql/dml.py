"""INSERT, UPDATE, DELETE, MERGE: one compiled statement, run once per set of binds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from orasim.dictionary import model
from orasim.engine import OracleError, not_supported
from orasim.sql import joins, subqueries, tables
from orasim.sql.conditions import conjuncts
from orasim.sql.context import Context
from orasim.sql.cursor import encoder
from orasim.sql.expressions import Compiler
from orasim.sql.merge import Merge
from orasim.sql.parse import Statement, check_clauses, identifier
from orasim.sql.plan import plan_query
from orasim.sql.scope import Expr, Relation, Row, Run, Scope
from orasim.sql.tables import Names
from orasim.sql.writer import TableWriter
from orasim.storage.rowid import parse_rowid
from orasim.storage.segment import Segment

_INSERT_CLAUSES = {"this", "expression", "returning", "with_", "hint"}
_UPDATE_CLAUSES = {"this", "expressions", "where", "returning", "hint"}
_DELETE_CLAUSES = {"this", "tables", "where", "returning", "hint"}


@dataclass(slots=True)
class Dml:
    """A compiled statement: ``run`` executes it for the context's current binds."""

    run: Callable[[], int]
    returned: list[list[Any]] = field(default_factory=list)  # per RETURNING bind, this execution
    table: model.Table | None = None  # the only one that it changes


def compile_dml(statement: Statement, context: Context) -> Dml:
    """The statement ready to run."""
    tree = statement.tree
    if isinstance(tree, exp.Insert):
        return _insert(tree, context)
    if isinstance(tree, exp.MultitableInserts):
        return _insert_all(tree, context)
    if isinstance(tree, exp.Update):
        return _update(tree, context)
    if isinstance(tree, exp.Delete):
        return _delete(tree, context)
    if isinstance(tree, exp.Merge):
        table, alias = _target(tree.this, context, "UPDATE")
        if tree.this.args.get("partition") is not None:
            raise not_supported("MERGE INTO a PARTITION")
        merge = Merge(tree, table, alias, context, _update_column, _RowMaker, _is_default)
        return Dml(merge.run)
    raise not_supported(f"statement {type(tree).__name__}")


# -- targets -----------------------------------------------------------------------------------


def _target(node: exp.Expression, context: Context, privilege: str) -> tuple[model.Table, str]:
    """The table to change and the alias it has in the statement."""
    if isinstance(node, exp.Schema):
        node = node.this
    if not isinstance(node, exp.Table):
        raise not_supported("DML on a query")
    check_clauses(node, {"this", "db", "alias", "partition"}, "DML")
    session = context.session
    name = identifier(node.this)
    schema = identifier(node.args["db"]) if node.args.get("db") else session.current_schema
    found = session.catalog.resolve(schema, name)
    if isinstance(found, model.View | model.MaterializedView):
        raise not_supported("DML on a view")
    if not isinstance(found, model.Table):
        raise OracleError(942, "table or view does not exist")
    session.require_change(found.schema, found.name, privilege)
    alias = node.args.get("alias")
    return found, identifier(alias.this) if alias is not None else name


def _writer(table: model.Table, context: Context, compiler: Compiler) -> TableWriter:
    return TableWriter(context, table, compiler)


def _insert_segments(
    node: exp.Expression, table: model.Table, context: Context
) -> Callable[[], list[Segment]] | None:
    """The segments that INSERT INTO t PARTITION (p) may put rows into; None: any."""
    target = node.this if isinstance(node, exp.Schema) else node
    partition = target.args.get("partition")
    return None if partition is None else tables.partition_segments(table, partition, context)


# -- RETURNING ---------------------------------------------------------------------------------


class _Returning:
    """RETURNING expressions INTO binds, evaluated on the changed row."""

    def __init__(self, node: Any, table: model.Table, alias: str, context: Context) -> None:
        self.runs: list[Run] = []
        self.found: list[list[Any]] = []
        if node is None:
            return
        scope = Scope(context, names=Names())
        source = tables.table_source(table, context)
        scope.add(Relation(alias, source.columns, source, table.schema))
        scope.place([0])
        compiler = Compiler(scope)
        kinds = context.returning_types
        if len(kinds) != len(node.expressions):
            raise OracleError(1008, "not all variables bound")
        for item, kind in zip(node.expressions, kinds, strict=True):
            convert = encoder(kind)
            run = compiler.converted(compiler.value(item), kind).run
            self.runs.append(_encoding(run, convert))
        self.found = [[] for _ in self.runs]

    def begin(self) -> None:
        for values in self.found:
            values.clear()

    def add(self, writer: TableWriter, values: dict[str, Any], rowid: str) -> None:
        if not self.runs:
            return
        row = (*writer.full_row(values)[:-2], rowid, None)
        for run, found in zip(self.runs, self.found, strict=True):
            found.append(run(row))


def _encoding(run: Run, encode: Callable[[Any], Any]) -> Run:
    return lambda row: None if (value := run(row)) is None else encode(value)


# -- INSERT ------------------------------------------------------------------------------------


def _insert_columns(node: exp.Expression, table: model.Table) -> list[model.Column]:
    if isinstance(node, exp.Schema):
        found = []
        for item in node.expressions:
            name = identifier(item.this if isinstance(item, exp.Column) else item)
            column = table.find_column(name)
            if column is None:
                raise OracleError(904, f'"{name}": invalid identifier')
            if column in found:
                raise OracleError(957, "duplicate column name")
            found.append(column)
        return found
    return [column for column in table.columns if not column.invisible and not column.hidden]


class _RowMaker:
    """One row of values for a table from expressions for some of its columns."""

    def __init__(
        self, writer: TableWriter, columns: list[model.Column], exprs: list[Expr | None]
    ) -> None:
        if len(columns) < len(exprs):
            raise OracleError(913, "too many values")
        if len(columns) > len(exprs):
            raise OracleError(947, "not enough values")
        self.runs: list[tuple[str, Run, Run | None]] = []
        given = set()
        for column, expr in zip(columns, exprs, strict=True):
            given.add(column.name)
            if expr is None:
                if column.virtual is None:
                    self.runs.append((column.name, writer.default(column), None))
                continue
            if column.virtual is not None:
                raise OracleError(54013, "INSERT operation disallowed on virtual columns")
            identity = column.identity
            if identity is not None and identity.always:
                raise OracleError(32795, "cannot insert into a generated always identity column")
            on_null = column.default_on_null or (identity is not None and identity.on_null)
            self.runs.append(
                (
                    column.name,
                    writer.converter(column, expr),
                    writer.default(column) if on_null else None,
                )
            )
        for column in writer.columns:
            if column.name not in given:
                self.runs.append((column.name, writer.default(column), None))

    def make(self, row: Row) -> dict[str, Any]:
        values = {}
        for name, run, fallback in self.runs:
            value = run(row)
            if value is None and fallback is not None:
                value = fallback(row)
            values[name] = value
        return values


def _is_default(node: exp.Expression) -> bool:
    if isinstance(node, exp.Var):
        return str(node.this).upper() == "DEFAULT"
    return (
        isinstance(node, exp.Column)
        and identifier(node.this) == "DEFAULT"
        and not node.this.args.get("quoted")
        and not node.args.get("table")
    )


def _value_exprs(compiler: Compiler, nodes: list[exp.Expression]) -> list[Expr | None]:
    return [None if _is_default(node) else compiler.value(node) for node in nodes]


def _insert(node: exp.Insert, context: Context) -> Dml:
    check_clauses(node, _INSERT_CLAUSES, "INSERT")
    table, alias = _target(node.this, context, "INSERT")
    compiler = Compiler(Scope(context, names=Names()))
    writer = _writer(table, context, compiler)
    writer.only = _insert_segments(node.this, table, context)
    columns = _insert_columns(node.this, table)
    source = node.expression
    returning = _Returning(node.args.get("returning"), table, alias, context)
    if isinstance(source, exp.Values):
        if len(source.expressions) != 1 and context.session.version < (23,):
            raise OracleError(933, "SQL command not properly ended")
        makers = []
        for item in source.expressions:
            nodes = item.expressions if isinstance(item, exp.Tuple) else [item]
            makers.append(_RowMaker(writer, columns, _value_exprs(compiler, nodes)))

        def insert_values() -> int:
            returning.begin()
            token: Row = (object(),)  # a row of its own, so that NEXTVAL advances
            for maker in makers:
                values = maker.make(token)
                returning.add(writer, values, writer.insert(values))
            writer.finish()
            return len(makers)

        return Dml(insert_values, returning.found, table)
    if node.args.get("with_") is not None:
        source = source.copy()
        source.set("with_", node.args["with_"])
    plan = plan_query(source, context, None, Names())
    exprs: list[Expr | None] = [
        Expr(column.type, _getter(place), column.nullable)
        for place, column in enumerate(plan.columns)
    ]
    maker = _RowMaker(writer, columns, exprs)

    def insert_rows() -> int:
        count = 0
        for row in list(plan.rows()):
            writer.insert(maker.make(row))
            count += 1
        writer.finish()
        return count

    return Dml(insert_rows)


def _getter(place: int) -> Run:
    return lambda row: row[place]


def _insert_all(node: exp.MultitableInserts, context: Context) -> Dml:
    check_clauses(node, {"kind", "expressions", "source"}, "INSERT ALL")
    plan = plan_query(node.args["source"], context, None, Names())
    scope = Scope(context, names=Names())
    scope.add(Relation("", list(plan.columns), None))
    scope.place([0])
    compiler = Compiler(scope)
    branches: list[tuple[Run | None, bool, TableWriter, _RowMaker]] = []
    for branch in node.expressions:
        check_clauses(branch, {"this", "expression", "else_"}, "INSERT ALL")
        inner = branch.this
        table, _ = _target(inner.this, context, "INSERT")
        writer = _writer(table, context, compiler)
        writer.only = _insert_segments(inner.this, table, context)
        columns = _insert_columns(inner.this, table)
        values = inner.expression
        if values is None:
            exprs: list[Expr | None] = [
                Expr(column.type, _getter(place)) for place, column in enumerate(plan.columns)
            ]
        else:
            item = values.expressions[0]
            nodes = item.expressions if isinstance(item, exp.Tuple) else [item]
            exprs = _value_exprs(compiler, nodes)
        test = branch.args.get("expression")
        condition = compiler.condition(test) if test is not None else None
        branches.append(
            (condition, bool(branch.args.get("else_")), writer, _RowMaker(writer, columns, exprs))
        )
    is_first = str(node.args.get("kind") or "").upper() == "FIRST"

    def run() -> int:
        count = 0
        for row in list(plan.rows()):
            hit = False
            for condition, is_else, writer, maker in branches:
                if is_else and hit:
                    continue
                if condition is not None and not condition(row):
                    continue
                if is_first and hit:
                    break
                hit = hit or condition is not None
                writer.insert(maker.make(row))
                count += 1
        for _, _, writer, _ in branches:
            writer.finish()
        return count

    return Dml(run)


# -- UPDATE and DELETE -------------------------------------------------------------------------


class _Found:
    """The rows of the target that WHERE selects, locked for this transaction."""

    def __init__(
        self, node: exp.Expression, table: model.Table, alias: str, context: Context, target: Any
    ) -> None:
        self.context = context
        self.table = table
        scope = self.scope = Scope(context, names=Names())
        source = tables.table_source(table, context)
        partition = target.args.get("partition") if isinstance(target, exp.Table) else None
        if partition is not None:
            source.segments = tables.partition_segments(table, partition, context)
        relation = Relation(alias, source.columns, source, table.schema)
        scope.add(relation)
        self.compiler = Compiler(scope)
        where = conjuncts(node.args["where"].this if node.args.get("where") else None)
        tree, late = joins.build(scope, [joins.Tree("leaf", relation=0)], where)
        assert tree is not None
        scope.place([0])
        rows = joins.compile_tree(scope, tree)
        tests = [self.compiler.condition(item) for item in late]
        self.rowid_at = source.rowid_at
        relation.used.add(self.rowid_at)
        self.used = relation.used

        def passing() -> Iterator[Row]:
            number = 1
            for row in rows():
                candidate = (*row, number)
                if all(test(candidate) for test in tests):
                    number += 1
                    yield row

        self.rows = passing

    def locked(self) -> list[tuple[Segment, int, Row]]:
        """Segment, ordinal and row of each match; starts again when it had to wait."""
        session = self.context.session
        segments = {s.data_object_id: s for s in self.table.store.segments}
        while True:
            found, waited = [], False
            for row in self.rows():
                place = parse_rowid(row[self.rowid_at])
                segment = segments[place.object_id]
                ordinal = segment.ordinal(place)
                assert ordinal is not None
                if not session.storage.lock_row(segment, ordinal, session.transaction, wait=True):
                    waited = True
                found.append((segment, ordinal, row))
            if not waited:
                return found
            self.context.states.clear()
            self.context.execution += 1


def _update(node: exp.Update, context: Context) -> Dml:
    check_clauses(node, _UPDATE_CLAUSES, "UPDATE")
    table, alias = _target(node.this, context, "UPDATE")
    found = _Found(node, table, alias, context, node.this)
    compiler = found.compiler
    writer = _writer(table, context, Compiler(Scope(context, names=Names())))
    sets: list[tuple[str, Run]] = []
    groups: list[tuple[list[str], list[Run], Callable[[Row], Row | None]]] = []
    for item in node.expressions:
        if isinstance(item.this, exp.Tuple | exp.Paren) and isinstance(
            item.expression, exp.Subquery | exp.Select
        ):
            groups.append(_update_group(writer, compiler, item))
            continue
        column = _update_column(table, item.this)
        if _is_default(item.expression):
            sets.append((column.name, writer.default(column)))
        else:
            sets.append((column.name, writer.converter(column, compiler.value(item.expression))))
    # Unchanged columns are taken over as stored, so everything is read.
    returning = _Returning(node.args.get("returning"), table, alias, context)

    def run() -> int:
        returning.begin()
        matches = found.locked()
        session, stored = context.session, table.store.stored
        for segment, ordinal, row in matches:
            old = session.transaction.row(segment, stored, ordinal)
            assert old is not None
            values = writer.decode(old)
            for name, compute in sets:
                values[name] = compute(row)
            for names, runs, query in groups:
                result = query(row)
                for name, compute in zip(names, runs, strict=True):
                    values[name] = None if result is None else compute(result)
            rowid = writer.update(segment, ordinal, old, values)
            returning.add(writer, values, rowid)
        writer.finish()
        return len(matches)

    return Dml(run, returning.found, table)


def _update_column(table: model.Table, node: exp.Expression) -> model.Column:
    name = identifier(node.this if isinstance(node, exp.Column) else node)
    column = table.find_column(name)
    if column is None:
        raise OracleError(904, f'"{name}": invalid identifier')
    if column.virtual is not None:
        raise OracleError(54017, "UPDATE operation disallowed on virtual columns")
    if column.identity is not None and column.identity.always:
        raise OracleError(32796, "cannot update a generated always identity column")
    return column


def _update_group(
    writer: TableWriter, compiler: Compiler, item: exp.Expression
) -> tuple[list[str], list[Run], Callable[[Row], Row | None]]:
    nodes = item.this.expressions if isinstance(item.this, exp.Tuple) else [item.this.this]
    columns = [_update_column(writer.table, node) for node in nodes]
    plan, rows = subqueries.subquery_rows(compiler, item.expression, len(columns))
    runs = [
        writer.converter(column, Expr(result.type, _getter(place)))
        for place, (column, result) in enumerate(zip(columns, plan.columns, strict=True))
    ]

    def single(row: Row) -> Row | None:
        result = rows(row)
        first = next(result, None)
        if first is not None and next(result, None) is not None:
            raise OracleError(1427, "single-row subquery returns more than one row")
        return first

    return [column.name for column in columns], runs, single


def _delete(node: exp.Delete, context: Context) -> Dml:
    check_clauses(node, _DELETE_CLAUSES, "DELETE")
    target = node.this if node.args.get("this") else node.args["tables"][0]
    table, alias = _target(target, context, "DELETE")
    found = _Found(node, table, alias, context, target)
    writer = _writer(table, context, Compiler(Scope(context, names=Names())))
    returning = _Returning(node.args.get("returning"), table, alias, context)

    def run() -> int:
        returning.begin()
        matches = found.locked()
        session, stored = context.session, table.store.stored
        for segment, ordinal, _ in matches:
            old = session.transaction.row(segment, stored, ordinal)
            assert old is not None
            writer.delete(segment, ordinal, old)
            returning.add(writer, writer.decode(old), str(segment.rowid(ordinal)))
        writer.finish()
        return len(matches)

    return Dml(run, returning.found, table)
