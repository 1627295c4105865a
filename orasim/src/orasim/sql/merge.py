"""MERGE: source rows update the target rows they match, or are inserted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from orasim.dictionary import model
from orasim.engine import OracleError, not_supported
from orasim.sql import joins, tables
from orasim.sql.conditions import conjuncts
from orasim.sql.context import Context
from orasim.sql.expressions import Compiler
from orasim.sql.parse import check_clauses, identifier
from orasim.sql.scope import Expr, Relation, Row, Run, Scope
from orasim.sql.tables import Names
from orasim.sql.writer import TableWriter
from orasim.storage.rowid import parse_rowid


class Merge:
    """A compiled MERGE of one target."""

    def __init__(
        self,
        node: exp.Merge,
        table: model.Table,
        alias: str,
        context: Context,
        update_column: Callable[[model.Table, exp.Expression], model.Column],
        row_maker: Any,
        is_default: Callable[[exp.Expression], bool],
    ) -> None:
        check_clauses(node, {"this", "using", "on", "whens", "hint"}, "MERGE")
        self.context, self.table = context, table
        scope = self.scope = Scope(context, names=Names())
        source = tables.table_source(table, context)
        scope.add(Relation(alias, source.columns, source, table.schema))
        scope.add(tables.relation(node.args["using"], context, scope, Names()))
        join = joins.Tree(
            "left",
            left=joins.Tree("leaf", relation=1),
            right=joins.Tree("leaf", relation=0),
            conjuncts=conjuncts(node.args["on"]),
        )
        scope.place(join.order)
        scope.relations[0].used.add(source.rowid_at)
        self.rows = joins.compile_tree(scope, join)
        self.rowid_at = scope.offsets[0] + source.rowid_at
        compiler = Compiler(scope)
        self.writer = TableWriter(context, table, Compiler(Scope(context, names=Names())))
        self.update: tuple[list[tuple[str, Run]], Run | None] | None = None
        self.insert: tuple[Any, Run | None] | None = None
        for when in node.args["whens"].expressions:
            check_clauses(when, {"matched", "then"}, "MERGE")
            then = when.args["then"]
            where = then.args.get("where") if isinstance(then, exp.Update | exp.Insert) else None
            test = compiler.condition(where.this) if where is not None else None
            if when.args["matched"] and isinstance(then, exp.Update):
                sets = []
                for item in then.expressions:
                    column = update_column(table, item.this)
                    run = (
                        self.writer.default(column)
                        if is_default(item.expression)
                        else self.writer.converter(column, compiler.value(item.expression))
                    )
                    sets.append((column.name, run))
                self.update = (sets, test)
            elif not when.args["matched"] and isinstance(then, exp.Insert):
                self.insert = (self._maker(then, compiler, row_maker, is_default), test)
            else:
                raise not_supported("MERGE … DELETE")

    def _maker(
        self,
        then: exp.Insert,
        compiler: Compiler,
        row_maker: Any,
        is_default: Callable[[exp.Expression], bool],
    ) -> Any:
        columns = [c for c in self.table.columns if not c.invisible and not c.hidden]
        if isinstance(then.this, exp.Tuple):
            columns = []
            for item in then.this.expressions:
                column = self.table.find_column(identifier(item.this))
                if column is None:
                    raise OracleError(904, f'"{identifier(item.this)}": invalid identifier')
                columns.append(column)
        values = then.expression
        if not isinstance(values, exp.Tuple):
            raise OracleError(926, "missing VALUES keyword")
        exprs: list[Expr | None] = [
            None if is_default(item) else compiler.value(item) for item in values.expressions
        ]
        return row_maker(self.writer, columns, exprs)

    def run(self) -> int:
        """Join first, then change; ORA-30926 when a row would be updated twice."""
        session, stored = self.context.session, self.table.store.stored
        segments = {s.data_object_id: s for s in self.table.store.segments}
        count, updated = 0, set()
        for row in list(self.rows()):
            rowid = row[self.rowid_at]
            if rowid is None:
                count += self._insert(row)
                continue
            if self.update is None:
                continue
            sets, test = self.update
            if test is not None and not test(row):
                continue
            if rowid in updated:
                raise OracleError(30926, "unable to get a stable set of rows in the source tables")
            updated.add(rowid)
            place = parse_rowid(rowid)
            segment = segments[place.object_id]
            ordinal = segment.ordinal(place)
            assert ordinal is not None
            session.storage.lock_row(segment, ordinal, session.transaction, wait=True)
            old = session.transaction.row(segment, stored, ordinal)
            if old is None:
                raise OracleError(8177, "can't serialize access for this transaction")
            values = self.writer.decode(old)
            for name, compute in sets:
                values[name] = compute(row)
            self.writer.update(segment, ordinal, old, values)
            count += 1
        self.writer.finish()
        return count

    def _insert(self, row: Row) -> int:
        if self.insert is None:
            return 0
        maker, test = self.insert
        if test is not None and not test(row):
            return 0
        self.writer.insert(maker.make(row))
        return 1
