"""FROM and WHERE to a join tree: hash joins, outer joins in both spellings, filters pushed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql.comparing import join_keys
from orasim.sql.expressions import Compiler
from orasim.sql.parse import identifier
from orasim.sql.rowids import evaluate, find_bounds, ordinals
from orasim.sql.scope import Row, Run, Scope
from orasim.sql.sources import TableSource

Rows = Callable[[], Iterable[Row]]
_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery)
_LATE_NAMES = {"ROWNUM", "LEVEL", "CONNECT_BY_ISLEAF"}


@dataclass(slots=True)
class Tree:
    """A leaf (one relation) or a join of two trees; *filters* apply to its result."""

    kind: str  # leaf, inner, left, right, full
    relation: int = -1
    left: Tree | None = None
    right: Tree | None = None
    conjuncts: list[exp.Expression] = field(default_factory=list)
    filters: list[exp.Expression] = field(default_factory=list)

    @property
    def leaves(self) -> set[int]:
        if self.left is None or self.right is None:
            return {self.relation}
        return self.left.leaves | self.right.leaves

    @property
    def order(self) -> list[int]:
        if self.left is None or self.right is None:
            return [self.relation]
        return self.left.order + self.right.order


def touches(scope: Scope, node: exp.Expression) -> set[int] | None:
    """The relations a condition refers to; None when it must wait for the whole row."""
    if node.find(*_QUERIES) is not None or node.find(exp.Prior) is not None:
        return None
    found: set[int] = set()
    for column in node.find_all(exp.Column):
        place = scope.find(column)
        if place is not None:
            found.add(place[0])
        elif identifier(column.this) in _LATE_NAMES and column.args.get("table") is None:
            return None
    return found


def outer_marks(scope: Scope, node: exp.Expression) -> set[int]:
    """The relations marked with (+) in a condition."""
    marked = set()
    for column in node.find_all(exp.Column):
        if column.args.get("join_mark"):
            place = scope.find(column)
            if place is None:
                from orasim.sql.scope import invalid_identifier

                raise invalid_identifier(column)
            marked.add(place[0])
    if len(marked) > 1:
        raise OracleError(1468, "a predicate may reference only one outer-joined table")
    return marked


def build(
    scope: Scope, trees: list[Tree], where: list[exp.Expression]
) -> tuple[Tree | None, list[exp.Expression]]:
    """The join of all FROM items, and the conditions left for the complete row."""
    late: list[exp.Expression] = []
    marked: dict[int, list[exp.Expression]] = {}
    pool: list[exp.Expression] = []
    for conjunct in where:
        if conjunct.find(exp.Column) is not None and any(
            column.args.get("join_mark") for column in conjunct.find_all(exp.Column)
        ):
            (relation,) = outer_marks(scope, conjunct)
            marked.setdefault(relation, []).append(conjunct)
        elif touches(scope, conjunct) is None:
            late.append(conjunct)
        else:
            pool.append(conjunct)
    outer = [tree for tree in trees if tree.kind == "leaf" and tree.relation in marked]
    inner = [tree for tree in trees if tree not in outer]
    if not inner:
        raise OracleError(1416, "two tables cannot be outer-joined to each other")
    if not scope.relations:
        return None, late + pool
    tree, rest = _join_pool(scope, inner, pool)
    tree = _join_outer(scope, tree, outer, marked)
    for conjunct in rest:
        _push(scope, tree, conjunct)
    return tree, late


def _push(scope: Scope, tree: Tree, conjunct: exp.Expression) -> None:
    """Attach a condition as deep as its meaning allows."""
    needed = touches(scope, conjunct) or set()
    if tree.left is not None and tree.right is not None and needed:
        if needed <= tree.left.leaves and tree.kind in ("inner", "left"):
            return _push(scope, tree.left, conjunct)
        if needed <= tree.right.leaves and tree.kind in ("inner", "right"):
            return _push(scope, tree.right, conjunct)
        if tree.kind == "inner":
            tree.conjuncts.append(conjunct)
            return None
    tree.filters.append(conjunct)
    return None


def _join_pool(
    scope: Scope, trees: list[Tree], conjuncts: list[exp.Expression]
) -> tuple[Tree, list[exp.Expression]]:
    rest = list(trees)
    pending = list(conjuncts)
    tree = rest.pop(0)
    while rest:
        ready = [item for item in rest if _lateral_needs(scope, item) <= tree.leaves] or rest
        chosen = next((item for item in ready if _connects(scope, tree, item, pending)), ready[0])
        rest.remove(chosen)
        tree = Tree("inner", left=tree, right=chosen)
        leaves = tree.leaves
        for conjunct in list(pending):
            needed = touches(scope, conjunct) or set()
            if needed and needed <= leaves:
                pending.remove(conjunct)
                _push(scope, tree, conjunct)
    return tree, pending


def _lateral_needs(scope: Scope, tree: Tree) -> set[int]:
    """The relations that a lateral item is computed from."""
    lateral = scope.relations[tree.relation].lateral if tree.left is None else None
    return (touches(scope, lateral.needs) or set()) if lateral is not None else set()


def _connects(scope: Scope, tree: Tree, other: Tree, conjuncts: list[exp.Expression]) -> bool:
    both = tree.leaves | other.leaves
    for conjunct in conjuncts:
        needed = touches(scope, conjunct) or set()
        if (
            isinstance(conjunct, exp.EQ)
            and needed <= both
            and needed & tree.leaves
            and needed & other.leaves
        ):
            return True
    return False


def _join_outer(
    scope: Scope, tree: Tree, outer: list[Tree], marked: dict[int, list[exp.Expression]]
) -> Tree:
    rest = list(outer)
    while rest:
        for item in rest:
            needed: set[int] = set()
            for conjunct in marked[item.relation]:
                found = touches(scope, conjunct)
                if found is None:
                    raise OracleError(1799, "a column may not be outer-joined to a subquery")
                needed |= found
            if needed <= tree.leaves | {item.relation}:
                break
        else:
            raise OracleError(1416, "two tables cannot be outer-joined to each other")
        rest.remove(item)
        tree = Tree("left", left=tree, right=item, conjuncts=marked[item.relation])
    return tree


# -- execution ---------------------------------------------------------------------------------


def compile_tree(scope: Scope, tree: Tree) -> Rows:
    """A function that gives the joined rows."""
    base = scope.offsets[tree.order[0]]
    if tree.left is None or tree.right is None:
        scan, filters = _scan(scope, tree)
        return _filtered(scope, scan, filters, base)
    joined = _compile_join(scope, tree, base)
    return _filtered(scope, joined, tree.filters, base)


def _scan(scope: Scope, leaf: Tree) -> tuple[Rows, list[exp.Expression]]:
    """The rows of one relation, and the conditions that still are to be looked at for each."""
    relation = scope.relations[leaf.relation]
    source, used = relation.source, relation.used
    if not isinstance(source, TableSource):
        return lambda: source.rows(used), leaf.filters
    place = leaf.relation, source.rowid_at
    found = [(node, find_bounds(scope, place, node)) for node in leaf.filters]
    bounds = [bound for _, known in found for bound in known or ()]
    if not bounds:
        return lambda: source.rows(used), leaf.filters

    def scan() -> Iterable[Row]:
        limits = evaluate(bounds)
        return () if limits is None else source.rows(used, lambda s: ordinals(s, limits))

    return scan, [node for node, known in found if known is None]


def _filtered(scope: Scope, rows: Rows, conditions: list[exp.Expression], base: int) -> Rows:
    tests = _conditions(scope, conditions, base)
    if not tests:
        return rows
    if len(tests) == 1:
        only = tests[0]
        return lambda: (row for row in rows() if only(row))
    return lambda: (row for row in rows() if all(test(row) for test in tests))


def _conditions(scope: Scope, conditions: list[exp.Expression], base: int) -> list[Run]:
    saved, scope.base = scope.base, base
    try:
        found = []
        for node in conditions:
            if base and node.find(*_QUERIES) is not None:
                raise not_supported("subquery in the ON clause of a nested join")
            found.append(Compiler(scope).condition(node))
        return found
    finally:
        scope.base = saved


def _compile_join(scope: Scope, tree: Tree, base: int) -> Rows:
    assert tree.left is not None and tree.right is not None
    if tree.right.left is None and scope.relations[tree.right.relation].lateral is not None:
        return _compile_lateral(scope, tree, base)
    left, right = compile_tree(scope, tree.left), compile_tree(scope, tree.right)
    keys, rest = _equalities(scope, tree)
    residual = _conditions(scope, rest, base)
    right_width = sum(len(scope.relations[leaf].columns) for leaf in tree.right.leaves)
    left_width = sum(len(scope.relations[leaf].columns) for leaf in tree.left.leaves)
    right_nulls, left_nulls = (None,) * right_width, (None,) * left_width
    keeps_left = tree.kind in ("left", "full")
    keeps_right = tree.kind in ("right", "full")
    left_keys, right_keys = [pair[0] for pair in keys], [pair[1] for pair in keys]

    def rows() -> Iterator[Row]:
        build_rows = list(right())
        table: dict[tuple[object, ...], list[int]] = {}
        for number, row in enumerate(build_rows):
            key = tuple(run(row) for run in right_keys)
            if None not in key:
                table.setdefault(key, []).append(number)
        matched = bytearray(len(build_rows)) if keeps_right else None
        for row in left():
            hit = False
            key = tuple(run(row) for run in left_keys)
            for number in table.get(key, ()) if None not in key else ():
                both = row + build_rows[number]
                if all(test(both) for test in residual):
                    hit = True
                    if matched is not None:
                        matched[number] = 1
                    yield both
            if keeps_left and not hit:
                yield row + right_nulls
        if matched is not None:
            for number, row in enumerate(build_rows):
                if not matched[number]:
                    yield left_nulls + row

    return rows


def _compile_lateral(scope: Scope, tree: Tree, base: int) -> Rows:
    """Each row with the rows that are computed from it."""
    assert tree.left is not None and tree.right is not None
    relation = scope.relations[tree.right.relation]
    assert relation.lateral is not None
    if tree.kind not in ("inner", "left"):
        raise not_supported("RIGHT or FULL join to a lateral item")
    left = compile_tree(scope, tree.left)
    saved, scope.base = scope.base, base
    try:
        inner = relation.lateral.compile(Compiler(scope))
    finally:
        scope.base = saved
    tests = _conditions(scope, tree.conjuncts, base)
    own = _conditions(scope, tree.right.filters, scope.offsets[tree.right.relation])
    nulls = (None,) * len(relation.columns)

    def rows() -> Iterator[Row]:
        for row in left():
            hit = False
            for item in inner(row):
                both = row + item
                if all(test(item) for test in own) and all(test(both) for test in tests):
                    hit = True
                    yield both
            if tree.kind == "left" and not hit:
                yield row + nulls

    return rows


def _equalities(scope: Scope, tree: Tree) -> tuple[list[tuple[Run, Run]], list[exp.Expression]]:
    """Hashable key pairs (left, right) and the conditions that are not equalities."""
    assert tree.left is not None and tree.right is not None
    pairs, rest = [], []
    left, right = tree.left.leaves, tree.right.leaves
    for node in tree.conjuncts:
        sides = None
        if isinstance(node, exp.EQ) and not isinstance(node.this, exp.Tuple):
            a, b = touches(scope, node.this), touches(scope, node.expression)
            if a and b and a <= left and b <= right:
                sides = (node.this, node.expression)
            elif a and b and b <= left and a <= right:
                sides = (node.expression, node.this)
        if sides is None or isinstance(node.expression, exp.Any | exp.All):
            rest.append(node)
            continue
        saved = scope.base
        scope.base = scope.offsets[tree.left.order[0]]
        one = Compiler(scope).value(sides[0])
        scope.base = scope.offsets[tree.right.order[0]]
        other = Compiler(scope).value(sides[1])
        pairs.append(join_keys(Compiler(scope), one, other))
        scope.base = saved
    return pairs, rest
