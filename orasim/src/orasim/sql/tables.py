"""FROM items to relations: tables, views, dictionary views, WITH queries, inline views."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from orasim import engine
from orasim.dictionary import model
from orasim.engine import OracleError, not_supported
from orasim.sql.context import Context
from orasim.sql.parse import check_clauses, identifier
from orasim.sql.scope import Lateral, Relation, ResultColumn, Row, Scope
from orasim.sql.sources import PlanSource, RowsSource, TableSource, hidden_columns
from orasim.sql.versions import PSEUDO, SampleSource, VersionsSource
from orasim.storage.segment import Segment
from orasim.storage.table import TableStore
from orasim.values import DATE, NUMBER, OraType, varchar2
from orasim.zones import seconds_since_1970, with_zone


@dataclass(frozen=True, slots=True)
class Names:
    """WITH queries in reach, and the schema where unqualified names are looked for."""

    queries: dict[str, PlanSource] = field(default_factory=dict)
    schema: str | None = None
    is_definer: bool = False  # inside a view: privileges were checked on the view
    # Inside a view that is read AS OF: its tables are, too.
    scn: Callable[[], int | None] | None = None

    def with_query(self, name: str, source: PlanSource) -> Names:
        return replace(self, queries={**self.queries, name: source})


def missing() -> OracleError:
    return OracleError(942, "table or view does not exist")


def relation(node: exp.Expression, context: Context, scope: Scope, names: Names) -> Relation:
    """What one item of FROM offers."""
    if isinstance(node, exp.Subquery):
        return _inline_view(node, context, scope, names)
    if not isinstance(node, exp.Table):
        raise not_supported(f"FROM {type(node).__name__}")
    check_clauses(node, {"this", "db", "alias", "partition", "version", "sample", "hints"}, "FROM")
    if isinstance(node.this, exp.Anonymous):
        return _collection(node, context, scope)
    return _named(node, context, scope, names)


def _alias(node: exp.Expression, default: str) -> str:
    alias = node.args.get("alias")
    if alias is None:
        return default
    if alias.args.get("columns"):
        raise OracleError(933, "SQL command not properly ended")
    return identifier(alias.this)


def _inline_view(node: exp.Subquery, context: Context, scope: Scope, names: Names) -> Relation:
    from orasim.sql.plan import plan_query

    check_clauses(node, {"this", "alias", "order", "limit", "offset", "with_"}, "inline view")
    # Inline views do not see their neighbours, only the blocks around this one.
    plan = plan_query(node.this, context, scope.parent, names)
    if plan.is_correlated:
        scope.is_correlated = True
    return Relation(_alias(node, ""), list(plan.columns), PlanSource(plan, context, keep=True))


def _named(node: exp.Table, context: Context, scope: Scope, names: Names) -> Relation:
    name = identifier(node.this)
    schema = identifier(node.args["db"]) if node.args.get("db") else None
    if "@" in name:
        raise not_supported(f"database link {name}")
    if schema is None and name in names.queries:
        _no_clauses(node, "WITH query")
        source = names.queries[name]
        return Relation(_alias(node, name), list(source.plan.columns), source)
    session = context.session
    found = session.catalog.resolve(schema or names.schema or session.current_schema, name)
    if isinstance(found, model.MaterializedView):
        found = session.catalog.find(found.schema, found.name)
    if isinstance(found, model.Table):
        return _stored(node, found, context, scope, _alias(node, name))
    if isinstance(found, model.View):
        return _view(node, found, context, scope, names)
    if schema in (None, "SYS", "PUBLIC"):
        if names.scn is not None and name != "DUAL":
            raise not_supported(f"AS OF of a view over {name}")
        return _system(node, name, context)
    raise missing()


def _no_clauses(node: exp.Table, what: str, *clauses: str) -> None:
    for clause in clauses or ("partition", "version", "sample"):
        if node.args.get(clause) is not None:
            raise not_supported(f"{clause.upper()} of a {what}")


# -- stored tables -----------------------------------------------------------------------------


def _stored(
    node: exp.Table, table: model.Table, context: Context, scope: Scope, alias: str
) -> Relation:
    session = context.session
    if not scope.names.is_definer:
        session.require_read(table.schema, table.name)
    if table.external:
        if node.args.get("version") is not None or scope.names.scn is not None:
            raise OracleError(8188, "a flashback query cannot read an external table")
        raise OracleError(29913, "error in executing ODCIEXTTABLEOPEN callout")
    source = table_source(table, context)
    partition = node.args.get("partition")
    if partition is not None:
        source.segments = partition_segments(table, partition, context)
    version = node.args.get("version")
    if version is not None and str(version.args.get("kind")) == "BETWEEN":
        session.require_flashback(table.schema, table.name)
        if node.args.get("sample") is not None:
            raise not_supported("SAMPLE of VERSIONS BETWEEN")
        low, high = (
            _bound(version, item, context, scope) for item in version.expression.expressions
        )
        columns = [*source.columns, *PSEUDO]
        return Relation(alias, columns, VersionsSource(source, low, high), table.schema)
    if version is not None:
        session.require_flashback(table.schema, table.name)
        source.scn = _as_of(version, context, scope)
    elif scope.names.scn is not None:
        source.scn = scope.names.scn
    if node.args.get("sample") is not None:
        sampled = _sample(node.args["sample"], source, context, scope)
        return Relation(alias, source.columns, sampled, table.schema)
    return Relation(alias, source.columns, source, table.schema)


def _sample(
    node: exp.TableSample, source: TableSource, context: Context, scope: Scope
) -> SampleSource:
    """SAMPLE [BLOCK] (percent) [SEED (n)]; ORA-30562 for a percentage out of range."""
    from orasim.sql.expressions import Compiler

    compiler = Compiler(Scope(context, names=scope.names))

    def number(item: exp.Expression | None) -> Any:
        return None if item is None else compiler.number(compiler.value(item)).run(())

    percent = number(node.args.get("percent") or node.args.get("size"))
    if percent is None or not 0.000001 <= percent < 100:
        raise OracleError(30562, "SAMPLE percentage must be in the range [0.000001,100)")
    seed = number(node.args.get("seed"))
    by_block = str(node.args.get("method") or "").upper() == "BLOCK"
    return SampleSource(
        source, source.rowid_at, float(percent), by_block, None if seed is None else int(seed)
    )


def _bound(
    version: exp.Version, item: exp.Expression, context: Context, scope: Scope
) -> Callable[[], int | None]:
    """One end of VERSIONS BETWEEN; MINVALUE and MAXVALUE are None."""
    if isinstance(item, exp.Column) and identifier(item.this) in ("MINVALUE", "MAXVALUE"):
        return lambda: None
    return _as_of(exp.Version(this=version.this, expression=item, kind="AS OF"), context, scope)


_JSON_CHECK = re.compile(
    r"""\(?\s*(?:"(?P<quoted>[^"]+)"|(?P<plain>[\w$#]+))\s+IS\s+JSON\b(?P<rest>.*)""", re.I | re.S
)


def json_columns(table: model.Table) -> dict[str, int]:
    """Columns with an enabled check IS JSON, and of which format."""
    found = {}
    for constraint in table.constraints:
        if constraint.kind == "C" and constraint.enabled and constraint.condition:
            match = _JSON_CHECK.match(constraint.condition)
            if match:
                name = match["quoted"] or match["plain"].upper()
                is_oson = "OSON" in match["rest"].upper().split()
                found[name] = engine.IS_JSON | (engine.IS_OSON if is_oson else 0)
    return found


def table_source(table: model.Table, context: Context) -> TableSource:
    """A scan of *table* with its virtual columns."""
    json = json_columns(table)
    columns = [
        ResultColumn(
            column.name,
            column.type,
            column.nullable,
            column.invisible or column.hidden,
            json.get(column.name, 0),
        )
        for column in table.columns
    ] + hidden_columns()
    stored = [
        None if column.virtual is not None else table.store.columns.get(column.name)
        for column in table.columns
    ]
    source = TableSource(
        context,
        table.store,
        columns,
        stored,
        segments=lambda: list(table.store.segments),
        table=table,
    )
    source.virtual = virtual_columns(table, context, columns)
    return source


def virtual_columns(
    table: model.Table, context: Context, columns: list[ResultColumn]
) -> dict[int, Callable[[Row], Any]]:
    """Functions of the stored row for the table's virtual columns."""
    wanted = [(number, column) for number, column in enumerate(table.columns) if column.virtual]
    if not wanted:
        return {}
    from orasim.sql.expressions import Compiler
    from orasim.sql.parse import parse_expression

    inner = Scope(context, names=Names(schema=table.schema))
    inner.add(Relation(table.name, columns, None, table.schema))
    inner.place([0])
    compiler = Compiler(inner)
    found = {}
    for number, column in wanted:
        expr = compiler.value(parse_expression(str(column.virtual)))
        found[number] = compiler.converted(expr, column.type).run
    return found


def partition_segments(
    table: model.Table, node: exp.Partition, context: Context
) -> Callable[[], list[Segment]]:
    """The segments of one (sub)partition; ORA-02149 / ORA-14251 when there is none."""
    store: TableStore = table.store
    partitioning = table.partitioning
    is_subpartition = bool(node.args.get("subpartition"))
    if partitioning is None:
        raise OracleError(14109, "partition-extended object names may only be used with tables")
    if node.args.get("by_key"):
        name = _name_for(table, node.expressions, context, is_subpartition=is_subpartition)
    else:
        name = identifier(node.expressions[0].this)
    if is_subpartition:
        if not store.has_partition(name):
            raise OracleError(14251, "Specified subpartition does not exist")
        return lambda: [store.segment(name)]
    for partition in partitioning.partitions:
        if partition.name == name:
            wanted = [sub.name for sub in partition.subpartitions] or [name]
            return lambda: [segment for segment in store.segments if segment.partition in wanted]
    raise OracleError(2149, "Specified partition does not exist")


def _name_for(
    table: model.Table, nodes: list[exp.Expression], context: Context, *, is_subpartition: bool
) -> str:
    """PARTITION FOR (key, …): the name of what the key belongs to, or ''."""
    from orasim.sql.expressions import Compiler
    from orasim.sql.partitions import Router

    assert table.partitioning is not None
    columns, wide = table.partitioning.columns, len(table.partitioning.columns)
    if is_subpartition:
        columns = [*columns, *table.partitioning.sub_columns]
    if len(nodes) != len(columns):
        raise not_supported("PARTITION FOR with another number of keys")
    compiler = Compiler(Scope(context))
    keys = []
    for node, name in zip(nodes, columns, strict=True):
        column = table.find_column(name)
        assert column is not None
        value = compiler.converted(compiler.value(node), column.type).run(())
        padded = column.type.name == "CHAR" and value is not None
        keys.append(value.ljust(column.type.length or 1) if padded else value)
    return Router(table, context).named(keys[:wide], keys[wide:] if is_subpartition else None) or ""


def _as_of(version: exp.Version, context: Context, scope: Scope) -> Callable[[], int | None]:
    from orasim.sql.expressions import Compiler

    if str(version.args.get("kind")).upper() != "AS OF":
        raise not_supported("VERSIONS BETWEEN")
    compiler = Compiler(Scope(context, names=scope.names))
    if version.expression.find(exp.Select) is not None:
        raise not_supported("AS OF with a subquery")
    expr = compiler.value(version.expression)
    if str(version.this).upper() == "SCN":
        run = compiler.number(expr).run

        def scn() -> int:
            number = run(())
            if number is None:
                raise OracleError(8186, "invalid timestamp specified")
            return int(number)

        return scn
    storage, nls, moment = context.session.storage, context.nls, expr.run
    if not expr.type.is_date:
        moment = compiler.converted(expr, OraType("TIMESTAMP", scale=9)).run

    def scn_of_time() -> int:
        value = moment(())
        if value is None:
            raise OracleError(8186, "invalid timestamp specified")
        if value.offset_minutes is None:
            value = with_zone(value, nls.zone)
        return storage.scn_at(seconds_since_1970(value))

    return scn_of_time


# -- views -------------------------------------------------------------------------------------


def _view(
    node: exp.Table, view: model.View, context: Context, scope: Scope, names: Names
) -> Relation:
    from orasim.sql.plan import plan_query

    _no_clauses(node, "view", "partition", "sample")
    if not names.is_definer:
        context.session.require_read(view.schema, view.name)
    scn, version = names.scn, node.args.get("version")
    if version is not None:
        context.session.require_flashback(view.schema, view.name)
        scn = _as_of(version, context, scope)
    statement = context.session.database.statements.get(view.text.strip().rstrip(";"))
    if statement.bind_names:
        raise OracleError(1027, "bind variables not allowed for data definition operations")
    inner = Names(schema=view.schema, is_definer=True, scn=scn)
    plan = plan_query(statement.tree, context, None, inner)
    labels = view.aliases or [column.name for column in plan.columns]
    columns = [
        replace(column, name=label) for column, label in zip(plan.columns, labels, strict=True)
    ]
    source = PlanSource(plan, context, keep=True)
    return Relation(_alias(node, identifier(node.this)), columns, source, view.schema)


def _system(node: exp.Table, name: str, context: Context) -> Relation:
    if name == "DUAL":
        columns = [ResultColumn("DUMMY", varchar2(1))]
        return Relation(_alias(node, name), columns, RowsSource(lambda: [("X",)]), "SYS")
    from orasim.dictionary import views

    session = context.session
    view = views.find_view(name, session)
    if view is None:
        raise missing()
    _no_clauses(node, "dictionary view")
    columns = [ResultColumn(label, kind) for label, kind in view.columns]

    def rows() -> Iterable[Row]:
        return view.rows(session)

    return Relation(_alias(node, name), columns, RowsSource(rows), "SYS")


# -- collections -------------------------------------------------------------------------------


def _collection(node: exp.Table, context: Context, scope: Scope) -> Relation:
    """TABLE(SYS.ODCIVARCHAR2LIST(…)) and its kin."""
    from orasim.sql.expressions import Compiler
    from orasim.sql.functions.objects import rows_of
    from orasim.sql.names import dotted_names

    call = node.this
    if str(call.this).upper() == "JSON_TABLE":
        return _json_table(node, call)
    if str(call.this).upper() != "TABLE" or len(call.expressions) != 1:
        raise not_supported(f"FROM {call.sql()[:60]}")
    inner = call.expressions[0]
    names = dotted_names(inner.this) if isinstance(inner, exp.Dot) else []
    constructor = inner.expression if isinstance(inner, exp.Dot) else inner
    kinds = {
        "ODCIVARCHAR2LIST": varchar2(4000),
        "ODCINUMBERLIST": NUMBER,
        "ODCIDATELIST": DATE,
    }
    name = str(constructor.this).upper() if isinstance(constructor, exp.Anonymous) else ""
    if isinstance(inner, exp.Column) and scope.find(inner) is not None:
        return _lateral_collection(node, inner, scope)
    compiler = Compiler(Scope(context, scope.parent, names=scope.names))
    if name not in kinds or names not in ([], ["SYS"]):
        kind, rows = rows_of(compiler, compiler.value(inner))
        if compiler.scope.is_correlated:
            scope.is_correlated = True
        source = RowsSource(lambda: rows(()))
        return Relation(_alias(node, ""), [ResultColumn("COLUMN_VALUE", kind)], source)
    exprs = [
        compiler.converted(expr, kinds[name]) for expr in compiler.values(constructor.expressions)
    ]
    if compiler.scope.is_correlated:
        scope.is_correlated = True
    runs = [expr.run for expr in exprs]
    columns = [ResultColumn("COLUMN_VALUE", kinds[name])]
    return Relation(_alias(node, ""), columns, RowsSource(lambda: [(run(()),) for run in runs]))


def _lateral_collection(node: exp.Table, column: exp.Column, scope: Scope) -> Relation:
    """TABLE(alias.column) of an item before it, for each of that item's rows."""
    from orasim.sql.functions.objects import rows_of

    place = scope.find(column)
    assert place is not None
    shape = scope.context.session.object_shape(scope.relations[place[0]].columns[place[1]].type)
    if shape is None or shape.element is None:
        raise OracleError(22905, "cannot access rows from a non-nested table item")

    def alone() -> Iterable[Row]:
        raise not_supported("TABLE of a column before the item that has it")

    columns = [ResultColumn("COLUMN_VALUE", shape.element.type)]
    found = Relation(_alias(node, ""), columns, RowsSource(alone))
    found.lateral = Lateral(column, lambda compiler: rows_of(compiler, compiler.value(column))[1])
    return found


def _json_table(node: exp.Table, call: exp.Anonymous) -> Relation:
    """JSON_TABLE(document, path COLUMNS (…)), for each row of the items before it."""
    from orasim.sql.functions.json import document_of
    from orasim.sql.jsontable import JsonTable

    table = JsonTable(str(call.args["kind"].this))
    document = call.expressions[0]

    def compiled(compiler: Any) -> Callable[[Row], Iterable[Row]]:
        run = document_of(compiler, compiler.value(document)).run
        nls = compiler.context.nls
        return lambda row: table.rows(run(row), nls)

    def alone() -> Iterable[Row]:
        raise not_supported("JSON_TABLE as the first item of FROM")

    found = Relation(_alias(node, ""), table.columns, RowsSource(alone))
    found.lateral = Lateral(document, compiled)
    return found
