"""CREATE VIEW and CREATE MATERIALIZED VIEW."""

from __future__ import annotations

import logging
import re
import time
from typing import Any

from sqlglot import exp

from orasim.dictionary import tables
from orasim.dictionary.model import (
    Catalog,
    Column,
    Constraint,
    MaterializedView,
    MaterializedViewLog,
    Table,
    View,
)
from orasim.dictionary.privileges import require_create
from orasim.dictionary.probe import listed as listed_names
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome
from orasim.sql.parse import identifier
from orasim.values import OraType

logger = logging.getLogger("orasim")

# What Oracle shows for columns of a view that it could not compile.
UNDEFINED = OraType("UNDEFINED")
_OPTIONS = re.compile(
    r"\s+WITH\s+(READ\s+ONLY|CHECK\s+OPTION)(?:\s+CONSTRAINT\s+(\S+))?\s*$", re.IGNORECASE
)


def create_view(parser: Parser, session: Any, replace: bool, force: bool) -> Outcome:
    """CREATE VIEW, after that word."""
    catalog: Catalog = session.database.catalog
    schema, name = parser.qualified(session.current_schema)
    require_create(session, schema, "VIEW")
    aliases = _aliases(parser) if parser.peek("(") else None
    if parser.take("BEQUEATH"):
        parser.take_any("CURRENT_USER", "DEFINER")
    if not parser.take("AS"):
        raise parser.unknown() if not parser.at_end else OracleError(905, "missing keyword")
    text = parser.rest()
    view = View(schema, name, text, aliases, source=parser.sql)
    options = _OPTIONS.search(text)
    if options:
        view.text = text[: options.start()]
        view.read_only = options.group(1).upper().startswith("READ")
        view.check_option = not view.read_only
    replaced = _replaced(catalog, schema, name, replace)
    _describe(view, session, force)
    if replaced is not None:
        del catalog.objects[(schema, name)]
    catalog.add(view)
    return Outcome("ddl", warning=not view.valid)


def _replaced(catalog: Catalog, schema: str, name: str, replace: bool) -> View | None:
    existing = catalog.find(schema, name)
    if existing is None:
        return None
    if not (replace and isinstance(existing, View)):
        raise OracleError(955, "name is already used by an existing object")
    return existing


def _aliases(parser: Parser) -> list[str]:
    """Column names of (a, b UNIQUE DISABLE, CONSTRAINT c …); constraints are read over."""
    parser.expect("(")
    found = []
    while True:
        token = parser.token
        words = ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN")
        if not (token.kind == "name" and token.value in words):
            found.append(parser.name())
        parser.text_until(set())
        if not parser.take(","):
            break
    parser.expect(")")
    return found


def _describe(view: View, session: Any, force: bool) -> None:
    """The view's columns; what orasim cannot run it can still keep, and refuses when asked."""
    try:
        described = session.describe_columns(view.text)
    except OracleError as error:
        if error.code == 3001:
            logger.warning("view %s.%s is kept but cannot be read", view.schema, view.name)
        elif not force:
            raise
        else:
            view.valid = False
        view.columns = [Column(name, UNDEFINED) for name in view.aliases or _names(view, session)]
        return
    names = view.aliases or [column.name for column in described]
    if len(names) != len(described):
        raise OracleError(1730, "invalid number of column names specified")
    if len(set(names)) != len(names):
        raise OracleError(957, "duplicate column name")
    view.columns = [
        Column(name, column.type, nullable=column.nullable)
        for name, column in zip(names, described, strict=True)
    ]


def _names(view: View, session: Any) -> list[str]:
    """Names from the select list, as far as it can be read."""
    try:
        tree = session.database.statements.get(view.text).tree
    except OracleError:
        return []
    names = [
        item.alias_or_name if item.args.get("quoted") else item.alias_or_name.upper()
        for item in getattr(tree, "selects", [])
    ]
    return names if all(names) and "*" not in names and len(set(names)) == len(names) else []


# -- materialized views --------------------------------------------------------------------------


def create_materialized_view(parser: Parser, session: Any) -> Outcome:
    """CREATE MATERIALIZED VIEW, after these words: a table of that name, filled now or never."""
    catalog: Catalog = session.database.catalog
    if parser.take("LOG"):
        return _create_log(parser, session)
    schema, name = parser.qualified(session.current_schema)
    require_create(session, schema, "MATERIALIZED VIEW")
    if (schema, name) in catalog.materialized_views:
        raise OracleError(
            12006, f'a materialized view or zone map "{schema}"."{name}" already exists'
        )
    if parser.take("OF"):
        raise parser.unknown()
    aliases = _aliases(parser) if parser.peek("(") else None
    view = MaterializedView(schema, name, "", parser.sql)
    prebuilt = _options(parser, view)
    view.query = parser.rest()
    if prebuilt:
        catalog.table(schema, name)
        view.build_mode = "PREBUILT"
    else:
        _container(view, aliases, session)
    view.object_id, view.created = catalog.new_object_id(), time.time()
    catalog.materialized_views[(schema, name)] = view
    return Outcome("ddl")


def _options(parser: Parser, view: MaterializedView) -> bool:
    """Everything up to AS; True for ON PREBUILT TABLE."""
    prebuilt = False
    while not parser.take("AS"):
        if parser.at_end:
            raise OracleError(905, "missing keyword")
        if parser.take("BUILD"):
            view.build_mode = parser.name()
        elif parser.take("ON", "PREBUILT", "TABLE"):
            prebuilt = True
            if parser.take_any("WITH", "WITHOUT"):
                parser.expect("REDUCED", "PRECISION")
        elif parser.take("REFRESH"):
            pass
        elif parser.take("WITH", "ROWID"):
            view.with_rowid = True
        elif parser.take("NEVER", "REFRESH"):
            view.refresh_method, view.refresh_mode = "NEVER", "NEVER"
        elif word := parser.take_any("FAST", "COMPLETE", "FORCE"):
            view.refresh_method = word
        elif parser.take("ON", "COMMIT"):
            view.refresh_mode = "COMMIT"
        elif parser.take("ON", "DEMAND"):
            view.refresh_mode = "DEMAND"
        elif word := parser.take_any("ENABLE", "DISABLE"):
            if parser.take("QUERY", "REWRITE"):
                view.query_rewrite = word == "ENABLE"
        elif parser.take("PARTITION", "BY"):
            raise parser.unknown()
        elif parser.peek("("):
            parser.skip_parentheses()
        elif parser.token.kind == "other":
            raise parser.unknown()
        else:
            parser.at += 1  # storage, START WITH … NEXT …, USING …: nothing refreshes here
    return prebuilt


def _container(view: MaterializedView, aliases: list[str] | None, session: Any) -> None:
    names = listed_names(aliases or [])
    listed = f" ({names})" if names else ""
    query = view.query
    if view.build_mode == "DEFERRED":
        query = f"SELECT * FROM ({query}) WHERE 1 = 0"
    container = Parser(f'"{view.schema}"."{view.name}"{listed} AS {query}')
    tables.create_table(container, session, temporary=False)
    table = session.database.catalog.table(view.schema, view.name)
    table.prebuilt_for = view.name
    key = None if view.with_rowid else _master_key(view.query, table, session)
    if key is not None:
        # ASSUMPTION(oracle): the key's name, from what blogs show; that there is a key, from
        # SQLAlchemy's own tests.
        name = "" if key.generated else f'CONSTRAINT "{key.name[:127]}1" '
        columns = listed_names(key.columns)
        owner = listed_names([view.schema])
        own = listed_names([view.name])
        session.execute(f"ALTER TABLE {owner}.{own} ADD {name}PRIMARY KEY ({columns})", [])


def _master_key(query: str, container: Table, session: Any) -> Constraint | None:
    """The primary key that rows of one table bring into the view of them, under their names."""
    tree = session.database.statements.get(query).tree
    simple = {"from_", "where", "expressions", "kind"}
    if not isinstance(tree, exp.Select) or {k for k, v in tree.args.items() if v} - simple:
        return None
    tables_read = list(tree.find_all(exp.Table))
    if len(tables_read) != 1:
        return None
    place = tables_read[0]
    schema = identifier(place.args["db"]) if place.args.get("db") else session.current_schema
    master = session.database.catalog.resolve(schema, identifier(place.this))
    if not isinstance(master, Table):
        return None
    key = next((c for c in master.constraints if c.kind == "P" and c.enabled), None)
    plain = {identifier(node.this) for node in tree.expressions if isinstance(node, exp.Column)}
    names = {column.name for column in container.columns}
    if any(isinstance(node, exp.Star) for node in tree.expressions):
        plain = names
    return key if key is not None and set(key.columns) <= plain & names else None


def _create_log(parser: Parser, session: Any) -> Outcome:
    """A log that the dictionary shows; it records nothing, since nothing is refreshed."""
    catalog: Catalog = session.database.catalog
    parser.expect("ON")
    table: Table = catalog.table(*parser.qualified(session.current_schema))
    key = (table.schema, table.name)
    if key in catalog.view_logs:
        raise OracleError(12000, f"a materialized view log already exists on table '{table.name}'")
    text = parser.rest().upper()
    catalog.view_logs[key] = MaterializedViewLog(
        table.schema, table.name, "ROWID" in text, "PRIMARY KEY" in text or "ROWID" not in text,
        "INCLUDING NEW VALUES" in text,
    )  # fmt: skip
    return Outcome("ddl")
