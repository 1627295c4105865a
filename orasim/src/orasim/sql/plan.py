"""Queries to plans: blocks of SELECT … FROM … WHERE …, and what stands around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql import groupingsets, joins, tables
from orasim.sql.aggregate import grouped
from orasim.sql.analytic import with_windows
from orasim.sql.conditions import conjuncts
from orasim.sql.context import Context
from orasim.sql.expressions import Compiler
from orasim.sql.functions.registry import AGGREGATES
from orasim.sql.hierarchy import connected
from orasim.sql.ordering import SortKey, binary_order, sort_key, sort_rows
from orasim.sql.parse import check_clauses, identifier
from orasim.sql.result import Plan, limited, ordered_result, output_place, sorted_by
from orasim.sql.scope import Expr, Relation, ResultColumn, Row, Run, Scope
from orasim.sql.setoperations import set_operation
from orasim.sql.tables import Names
from orasim.sql.withqueries import with_queries
from orasim.values import NUMBER

_SELECT_CLAUSES = {
    "expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset",
    "distinct", "with_", "connect", "locks", "hint", "kind",
}  # fmt: skip


def plan_query(
    node: exp.Expression,
    context: Context,
    parent: Scope | None = None,
    names: Names | None = None,
    texts: list[str] | None = None,
) -> Plan:
    """A plan for SELECT, a set operation or either in parentheses."""
    names = names or (parent.names if parent is not None else Names())
    with_clause = node.args.get("with_")
    if with_clause is not None:
        names = with_queries(with_clause, context, parent, names)
    if isinstance(node, exp.Subquery):
        check_clauses(node, {"this", "with_", "order", "limit", "offset"}, "subquery")
        inner = plan_query(node.this, context, parent, names, texts)
        return ordered_result(inner, node, context)
    if isinstance(node, exp.SetOperation):
        return set_operation(node, context, parent, names, texts)
    if isinstance(node, exp.Select):
        return _Block(node, context, parent, names, texts).plan()
    if isinstance(node, exp.Paren):
        return plan_query(node.this, context, parent, names, texts)
    raise not_supported(f"query {type(node).__name__}")


# -- one block ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Item:
    """One column of a select list."""

    name: str
    node: exp.Expression | None
    expr: Expr | None = None


def _nullable(expr: Expr) -> bool:
    """Only columns are described as NOT NULL; an expression never is."""
    return expr.nullable or expr.column is None


class _Block:
    """One SELECT … FROM … WHERE … being planned."""

    def __init__(
        self,
        node: exp.Select,
        context: Context,
        parent: Scope | None,
        names: Names,
        texts: list[str] | None,
    ) -> None:
        check_clauses(node, _SELECT_CLAUSES, "SELECT")
        self.node = node
        self.context = context
        self.names = names
        self.texts = texts
        self.scope = Scope(context, parent, names=names)
        self.compiler = Compiler(self.scope)

    def plan(self) -> Plan:
        node, scope = self.node, self.scope
        if node.args.get("kind"):
            raise not_supported("SELECT AS")
        if node.args.get("from_") is None:
            if self.context.session.version < (23,):
                raise OracleError(923, "FROM keyword not found where expected")
            trees = []
        else:
            trees = self._from_items()
        connect = node.args.get("connect")
        scope.has_connect = connect is not None
        where = conjuncts(node.args["where"].this if node.args.get("where") else None)
        self._check_where(where)
        rows, after = self._source(trees, where, connect)
        rows, is_plain = self._filtered(rows, after)
        raw_rows = rows
        items = self._select_items()
        has_groups = self._is_grouped(items)
        if has_groups:
            rows = self._grouped(rows)
        outputs = [self._output(item) for item in items]
        having = None
        if node.args.get("having") is not None:
            having = self.compiler.condition(node.args["having"].this)
        keys = self._order_keys(items, outputs)
        rows, keyed_rows = self._finished(rows, having, outputs, keys)
        columns = [
            ResultColumn(item.name, expr.type, _nullable(expr), json=self._json_of(expr))
            for item, expr in zip(items, outputs, strict=True)
        ]
        plan = Plan(
            columns,
            rows,
            scope.is_correlated,
            outputs,
            scope,
            is_plain
            and not has_groups
            and not keys
            and not scope.windows
            and not scope.uses_rownum
            and connect is None
            and node.args.get("distinct") is None
            and node.args.get("limit") is None
            and node.args.get("offset") is None,
            where,
            None if has_groups or node.args.get("distinct") is not None else raw_rows,
        )
        return limited(plan, node, self.context, keyed_rows if keys else None)

    # -- FROM -----------------------------------------------------------------------------

    def _from_items(self) -> list[joins.Tree]:
        trees = [self._leaf(self.node.args["from_"].this)]
        for join in self.node.args.get("joins") or []:
            check_clauses(join, {"this", "on", "using", "side", "kind", "method"}, "join")
            if not any(join.args.get(key) for key in ("on", "using", "side", "kind", "method")):
                trees.append(self._leaf(join.this))
            else:
                trees[-1] = self._explicit_join(trees[-1], join)
        flat: list[joins.Tree] = []
        self.inner_conditions: list[exp.Expression] = []
        for tree in trees:
            self._flatten(tree, flat)
        return flat

    def _flatten(self, tree: joins.Tree, flat: list[joins.Tree]) -> None:
        """Inner joins join the pool, so that WHERE can order them."""
        if tree.kind == "inner" and tree.left is not None and tree.right is not None:
            self._flatten(tree.left, flat)
            self._flatten(tree.right, flat)
            self.inner_conditions += tree.conjuncts
        else:
            flat.append(tree)

    def _leaf(self, node: exp.Expression) -> joins.Tree:
        relation = tables.relation(node, self.context, self.scope, self.names)
        self.scope.add(relation)
        return joins.Tree("leaf", relation=len(self.scope.relations) - 1)

    def _explicit_join(self, left: joins.Tree, join: exp.Join) -> joins.Tree:
        side = str(join.args.get("side") or "").upper()
        kind = str(join.args.get("kind") or "").upper()
        method = str(join.args.get("method") or "").upper()
        if kind not in ("", "INNER", "OUTER", "CROSS") or method not in ("", "NATURAL"):
            raise not_supported(f"join {side} {kind} {method}")
        right = self._leaf(join.this)
        conditions = conjuncts(join.args.get("on"))
        shared = [identifier(column) for column in join.args.get("using") or []]
        if method == "NATURAL":
            shared = self._common_names(left, right)
        if shared:
            if side in ("RIGHT", "FULL"):
                raise not_supported("USING or NATURAL with a RIGHT or FULL join")
            conditions += [self._using(name, left, right) for name in shared]
        elif not conditions and kind != "CROSS" and method != "NATURAL":
            raise OracleError(905, "missing keyword")
        for condition in conditions:
            needed = joins.touches(self.scope, condition)
            if needed is not None and not needed <= left.leaves | right.leaves and not side:
                continue
        tree_kind = {"": "inner", "LEFT": "left", "RIGHT": "right", "FULL": "full"}[side]
        return joins.Tree(tree_kind, left=left, right=right, conjuncts=conditions)

    def _common_names(self, left: joins.Tree, right: joins.Tree) -> list[str]:
        known = {
            column.name
            for number in left.leaves
            for column in self.scope.relations[number].columns
            if not column.hidden
        }
        return [
            column.name
            for column in self.scope.relations[right.relation].columns
            if column.name in known and not column.hidden
        ]

    def _using(self, name: str, left: joins.Tree, right: joins.Tree) -> exp.Expression:
        owner = next(
            (
                number
                for number in left.order
                if self.scope.relations[number].find(name) is not None
                and name not in self.scope.relations[number].merged
            ),
            None,
        )
        relation = self.scope.relations[right.relation]
        if owner is None or relation.find(name) is None:
            raise OracleError(904, f'"{name}": invalid identifier')
        condition = exp.EQ(
            this=_column(name, self.scope.relations[owner].alias),
            expression=_column(name, relation.alias),
        )
        relation.merged.add(name)
        return condition

    # -- WHERE ----------------------------------------------------------------------------

    def _check_where(self, where: list[exp.Expression]) -> None:
        for conjunct in where:
            for call in conjunct.find_all(exp.Anonymous):
                if (
                    str(call.this).upper() in AGGREGATES
                    and call.find_ancestor(exp.Select) is self.node
                ):
                    raise OracleError(934, "group function is not allowed here")

    def _source(
        self, trees: list[joins.Tree], where: list[exp.Expression], connect: Any
    ) -> tuple[joins.Rows, list[exp.Expression]]:
        scope = self.scope
        if not trees:
            scope.place([])
            return (lambda: [()]), where
        early = list(where)
        after: list[exp.Expression] = []
        if connect is not None:
            early = [c for c in where if len(joins.touches(scope, c) or ()) > 1]
            after = [c for c in where if c not in early]
        tree, late = joins.build(scope, trees, early + self.inner_conditions)
        assert tree is not None
        scope.place(tree.order)
        rows = joins.compile_tree(scope, tree)
        if connect is not None:
            rows = connected(self.compiler, connect, rows)
        return rows, late + after

    def _filtered(self, rows: joins.Rows, late: list[exp.Expression]) -> tuple[joins.Rows, bool]:
        """The remaining conditions; ROWNUM counts the rows that pass the others."""
        counting, plain = [], []
        for node in late:
            uses = any(
                identifier(column.this) == "ROWNUM" and not column.args.get("table")
                for column in node.find_all(exp.Column)
            )
            (counting if uses else plain).append(node)
        tests = [self.compiler.condition(node) for node in plain]
        counted = [self.compiler.condition(node) for node in counting]
        scope = self.scope

        def passing() -> Iterator[Row]:
            for row in rows():
                if all(test(row) for test in tests):
                    yield row

        source = passing if tests else rows

        def numbered() -> Iterator[Row]:
            number = 1
            stops = all(_only_rownum(node) for node in counting)
            for row in source():
                candidate = (*row, number)
                if all(test(candidate) for test in counted):
                    number += 1
                    yield candidate
                elif stops:
                    return

        def choose() -> Iterable[Row]:
            return numbered() if scope.uses_rownum else source()

        return choose, not counting

    # -- SELECT list ----------------------------------------------------------------------

    def _select_items(self) -> list[_Item]:
        items: list[_Item] = []
        nodes = self.node.expressions
        texts = self.texts if self.texts and len(self.texts) == len(nodes) else None
        for number, node in enumerate(nodes):
            if isinstance(node, exp.Star):
                if len(nodes) > 1:
                    raise OracleError(923, "FROM keyword not found where expected")
                items += self._star(None)
            elif isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
                items += self._star(identifier(node.args["table"]))
            elif isinstance(node, exp.Alias):
                items.append(_Item(identifier(node.args["alias"]), node.this))
            elif isinstance(node, exp.Column):
                items.append(_Item(identifier(node.this), node))
            else:
                text = texts[number] if texts else node.sql().upper().replace(" ", "")
                items.append(_Item(text, node))
        return items

    def _star(self, qualifier: str | None) -> list[_Item]:
        items = []
        merged = {name for relation in self.scope.relations for name in relation.merged}
        found = False
        ordered: list[tuple[Relation, ResultColumn]] = []
        for relation in self.scope.relations:
            if qualifier is not None and relation.alias != qualifier:
                continue
            found = True
            for column in relation.columns:
                if not column.hidden and not (qualifier is None and column.name in relation.merged):
                    ordered.append((relation, column))
        if not found:
            raise OracleError(904, f'"{qualifier}": invalid identifier')
        if qualifier is None and merged:
            ordered.sort(key=lambda pair: pair[1].name not in merged)
        for relation, column in ordered:
            items.append(_Item(column.name, _column(column.name, relation.alias)))
        return items

    def _output(self, item: _Item) -> Expr:
        assert item.node is not None
        expr = self.compiler.value(item.node)
        if expr.type.name == "BOOLEAN" and self.context.session.version < (23,):
            raise OracleError(904, f'"{item.name}": invalid identifier')
        return expr

    def _json_of(self, expr: Expr) -> int:
        """A plain column passes on that its table checks it to be JSON."""
        if expr.column is None or not self.scope.relations:
            return 0
        relation, column = expr.column
        return self.scope.relations[relation].columns[column].json

    # -- GROUP BY -------------------------------------------------------------------------

    def _is_grouped(self, items: list[_Item]) -> bool:
        if self.node.args.get("group") is not None or self.node.args.get("having") is not None:
            return True
        nodes = [item.node for item in items if item.node is not None]
        order = self.node.args.get("order")
        if order is not None:
            nodes += [item.this for item in order.expressions]
        return any(_has_aggregate(node) for node in nodes)

    def _grouped(self, rows: joins.Rows) -> joins.Rows:
        scope = self.scope
        group = self.node.args.get("group")
        nodes = list(group.expressions) if group is not None else []
        if group is not None:
            check_clauses(group, {"expressions"}, "GROUP BY")
        positions: dict[str, int] = {}
        exprs: list[Expr] = []
        for node in nodes:
            if (
                isinstance(node, exp.Literal)
                and not node.is_string
                and (self.context.session.version >= (23,))
            ):
                raise not_supported("GROUP BY position")
            if groupingsets.has_sets(nodes):
                return self._grouped_by_sets(rows, nodes)
            parts = node.expressions if isinstance(node, exp.Tuple) else [node]
            for part in parts:
                positions[scope.fingerprint(part)] = len(exprs)
                exprs.append(self._key(part))
        scope.group_keys, scope.key_exprs = positions, exprs
        runs = [expr.run for expr in exprs]
        always = not nodes

        def groups() -> Iterable[Row]:
            aggregates = [aggregate for _, aggregate in scope.aggregates]
            return grouped(rows(), runs, aggregates, always)

        return groups

    def _key(self, node: exp.Expression) -> Expr:
        """An expression that rows are grouped by."""
        expr = self.compiler.value(node)
        if expr.type.is_lob or expr.type.is_long:
            raise OracleError(932, f"inconsistent datatypes: expected - got {expr.type.data_type}")
        return expr

    def _grouped_by_sets(self, rows: joins.Rows, nodes: list[exp.Expression]) -> joins.Rows:
        """ROLLUP, CUBE, GROUPING SETS; after the keys come what GROUPING and GROUP_ID look at."""
        scope = self.scope
        positions: dict[str, int] = {}
        exprs: list[Expr] = []

        def place(node: exp.Expression) -> int:
            print_ = scope.fingerprint(node)
            if print_ not in positions:
                positions[print_] = len(exprs)
                exprs.append(replace(self._key(node), nullable=True))
            return positions[print_]

        sets = groupingsets.all_sets(nodes, place)
        runs = [expr.run for expr in exprs]
        marks = [Expr(NUMBER, lambda row: None)] * 2
        scope.group_keys, scope.key_exprs, scope.grouping_at = positions, exprs + marks, len(exprs)

        def groups() -> Iterable[Row]:
            aggregates = [aggregate for _, aggregate in scope.aggregates]
            return groupingsets.grouped_by_sets(rows(), runs, sets, aggregates)

        return groups

    # -- ORDER BY and the end -------------------------------------------------------------

    def _order_keys(self, items: list[_Item], outputs: list[Expr]) -> list[SortKey]:
        order = self.node.args.get("order")
        if order is None:
            return []
        if order.args.get("siblings"):
            raise not_supported("ORDER SIBLINGS BY")
        columns = [
            ResultColumn(item.name, expr.type) for item, expr in zip(items, outputs, strict=True)
        ]
        distinct = self.node.args.get("distinct") is not None
        prints = [self.scope.fingerprint(item.node) for item in items]
        keys = []
        for item in order.expressions:
            place = output_place(item.this, columns)
            if place is None and distinct:
                wanted = self.scope.fingerprint(item.this)
                if wanted not in prints:
                    raise OracleError(1791, "not a SELECTed expression")
                place = prints.index(wanted)
            expr = outputs[place] if place is not None else self.compiler.value(item.this)
            keys.append(sort_key(expr, item, binary_order(self.context)))
        return keys

    def _finished(
        self, rows: joins.Rows, having: Run | None, outputs: list[Expr], keys: list[SortKey]
    ) -> tuple[joins.Rows, Callable[[], Iterable[tuple[Row, Row]]]]:
        """The rows of the block in order, without and with what they are ordered by."""
        scope = self.scope
        project = _projector([expr.run for expr in outputs])
        distinct = self.node.args.get("distinct") is not None
        if distinct:
            check_clauses(self.node.args["distinct"], {"expressions"}, "DISTINCT")
            for expr in outputs:
                if expr.type.is_lob or expr.type.is_long:
                    raise OracleError(
                        932, f"inconsistent datatypes: expected - got {expr.type.data_type}"
                    )
        base = scope.window_base

        def start() -> Iterable[Row]:
            found: Iterable[Row] = rows()
            if having is not None:
                found = (row for row in found if having(row))
            if scope.windows:
                known = list(found)
                base[0] = len(known[0]) if known else 0
                found = with_windows(known, scope.windows)
            return found

        def different() -> dict[Row, Row]:
            pairs: dict[Row, Row] = {}
            for row in start():
                pairs.setdefault(project(row), row)
            return pairs

        def ordered() -> Iterable[Row]:
            return sort_rows(different().values() if distinct else start(), keys)

        def result() -> Iterable[Row]:
            if keys:
                return map(project, ordered())
            return different().keys() if distinct else map(project, start())

        return result, lambda: ((project(row), sorted_by(row, keys)) for row in ordered())


def _projector(runs: list[Run]) -> Callable[[Row], Row]:
    if len(runs) == 1:
        only = runs[0]
        return lambda row: (only(row),)
    return lambda row: tuple([run(row) for run in runs])


def _column(name: str, table: str) -> exp.Column:
    return exp.Column(
        this=exp.Identifier(this=name, quoted=True),
        table=exp.Identifier(this=table, quoted=True),
    )


def _only_rownum(node: exp.Expression) -> bool:
    return node.find(exp.Select) is None and all(
        identifier(column.this) == "ROWNUM" for column in node.find_all(exp.Column)
    )


def _has_aggregate(node: exp.Expression) -> bool:
    """True for an aggregate of this block: not inside OVER's call, not in a subquery."""
    if isinstance(node, exp.Window) and str(node.args.get("over") or "").upper() != "KEEP":
        call = node.this.this if isinstance(node.this, exp.WithinGroup) else node.this
        inside = list(call.expressions) + list(node.args.get("partition_by") or [])
        if node.args.get("order") is not None:
            inside += [item.this for item in node.args["order"].expressions]
        return any(_has_aggregate(part) for part in inside)
    if isinstance(node, exp.Select | exp.SetOperation):
        return False
    if isinstance(node, exp.Anonymous) and str(node.this).upper() in AGGREGATES:
        return True
    return any(_has_aggregate(child) for child in node.iter_expressions())
