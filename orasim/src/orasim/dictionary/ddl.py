"""DDL statements on the catalog: what is known is done, the rest is ORA-03001."""

from __future__ import annotations

import re
import time
from typing import Any

from orasim.dictionary import alter, tables
from orasim.dictionary.expressions import shown_expression
from orasim.dictionary.model import (
    Catalog,
    Column,
    Grant,
    Index,
    IndexPart,
    MaterializedView,
    Sequence,
    Source,
    Synonym,
    Table,
    Trigger,
    View,
)
from orasim.dictionary.renaming import rename_table
from orasim.dictionary.sequences import parse_sequence_options
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome
from orasim.values import OraType

DDL_WORDS = {
    "CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE", "RENAME", "TRUNCATE", "ANALYZE",
    "PURGE", "AUDIT", "NOAUDIT",
}  # fmt: skip
_PLSQL_KINDS = ("PROCEDURE", "FUNCTION", "PACKAGE", "TRIGGER", "TYPE", "LIBRARY", "JAVA")
_OBJECT_PRIVILEGES = {
    "SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "ALTER", "INDEX", "EXECUTE", "READ",
    "FLASHBACK", "DEBUG", "WRITE", "ALL", "QUERY", "ON", "UNDER", "KEEP",
}  # fmt: skip


def apply(sql: str, session: Any) -> Outcome:
    """Carry out one DDL statement for *session*; it commits before and after, as Oracle's do."""
    session.commit()
    parser = Parser(sql)
    word = parser.name()
    if word == "CREATE":
        return _create(parser, session)
    if word == "ALTER":
        return _alter(parser, session)
    if word == "DROP":
        return _drop(parser, session)
    if word == "COMMENT":
        return _comment(parser, session)
    if word in ("GRANT", "REVOKE"):
        return _grant(parser, session, revoke=word == "REVOKE")
    if word == "RENAME":
        return _rename(parser, session)
    if word == "TRUNCATE":
        return _truncate(parser, session)
    if word in ("ANALYZE", "PURGE"):
        if word == "ANALYZE":
            _analyze(parser, session)
        return Outcome("ddl")
    raise parser.unknown()


def _create(parser: Parser, session: Any) -> Outcome:
    replace = parser.take("OR", "REPLACE")
    parser.take("EDITIONABLE") or parser.take("NONEDITIONABLE")
    for kind in _PLSQL_KINDS:
        if parser.peek(kind):
            return _create_source(parser, session, replace)
    force = parser.take("FORCE") or (parser.take("NO", "FORCE") and False)
    if parser.take("GLOBAL", "TEMPORARY", "TABLE"):
        return tables.create_table(parser, session, temporary=True)
    for words in (("TABLE",), ("IMMUTABLE", "TABLE"), ("SHARDED", "TABLE")):
        if parser.take(*words):
            return tables.create_table(parser, session, temporary=False)
    unique, bitmap = parser.take("UNIQUE"), parser.take("BITMAP")
    if parser.take("INDEX"):
        return _create_index(parser, session, unique, bitmap)
    if parser.take("SEQUENCE"):
        return _create_sequence(parser, session)
    if parser.take("VIEW") or parser.take("EDITIONING", "VIEW"):
        return _create_view(parser, session, replace, bool(force))
    if parser.take("MATERIALIZED", "VIEW"):
        return _create_mview(parser, session)
    is_public = parser.take("PUBLIC")
    if parser.take("SYNONYM"):
        return _create_synonym(parser, session, replace, is_public)
    if parser.take("USER"):
        return _create_user(parser, session)
    if parser.take("DIRECTORY"):
        name = parser.name()
        parser.expect("AS")
        session.database.catalog.directories[name] = parser.token.value
        return Outcome("ddl")
    raise parser.unknown()


def _create_index(parser: Parser, session: Any, unique: bool, bitmap: bool) -> Outcome:
    catalog: Catalog = session.database.catalog
    schema, name = parser.qualified(session.current_schema)
    if (schema, name) in catalog.indexes:
        raise OracleError(955, "name is already used by an existing object")
    parser.expect("ON")
    if parser.peek("CLUSTER"):
        raise parser.unknown()
    table = catalog.table(*parser.qualified(session.current_schema))
    parser.expect("(")
    index = Index(schema, name, table.schema, table.name, [], unique=unique, bitmap=bitmap)
    while True:
        index.parts.append(_index_part(parser, table))
        if not parser.take(","):
            break
    parser.expect(")")
    while not parser.at_end and not parser.take(";"):
        if parser.take("REVERSE"):
            index.reverse = True
        elif parser.take("LOCAL"):
            index.local = True
            if parser.peek("("):
                parser.skip_parentheses()
        elif parser.take("INVISIBLE"):
            index.visible = False
        elif parser.take("INDEXTYPE"):
            raise parser.unknown()
        elif parser.peek("("):
            parser.skip_parentheses()
        else:
            parser.at += 1
    for other in catalog.table_indexes(table):
        if [(p.column, p.expression, p.descending) for p in other.parts] == [
            (p.column, p.expression, p.descending) for p in index.parts
        ]:
            raise OracleError(1408, "such column list already indexed")
    index.object_id, index.created = catalog.new_object_id(), time.time()
    catalog.indexes[(schema, name)] = index
    return Outcome("ddl")


def _index_part(parser: Parser, table: Table) -> IndexPart:
    text = parser.text_until({"ASC", "DESC"}).strip()
    descending = parser.take_any("ASC", "DESC") == "DESC"
    plain = re.fullmatch(r'"([^"]+)"|([A-Za-z][\w$#]*)', text)
    if plain:
        name = plain.group(1) or plain.group(2).upper()
        if table.find_column(name) is None:
            raise OracleError(904, f'"{name}": invalid identifier')
        if not descending:
            return IndexPart(name)
        return IndexPart(_hidden_column(table, OraType("RAW", length=2000)), True, f'"{name}"')
    shown = shown_expression(text, table.columns)
    return IndexPart(_hidden_column(table, OraType("VARCHAR2", length=4000)), descending, shown)


def _hidden_column(table: Table, kind: OraType) -> str:
    number = len(table.columns) + 1 + sum(1 for _ in table.constraints if False)
    used = {c.name for c in table.columns}
    while f"SYS_NC{number:05d}$" in used:
        number += 1
    # The hidden column exists in the dictionary only: nothing is stored for it here.
    table.columns.append(Column(f"SYS_NC{number:05d}$", kind, hidden=True, virtual="NULL"))
    return f"SYS_NC{number:05d}$"


def _create_sequence(parser: Parser, session: Any) -> Outcome:
    schema, name = parser.qualified(session.current_schema)
    sequence = Sequence(schema, name)
    parse_sequence_options(parser, sequence)
    parser.take(";")
    if not parser.at_end:
        raise OracleError(933, "SQL command not properly ended", parser.token.start)
    session.database.catalog.add(sequence)
    return Outcome("ddl")


def _create_view(parser: Parser, session: Any, replace: bool, force: bool) -> Outcome:
    catalog: Catalog = session.database.catalog
    schema, name = parser.qualified(session.current_schema)
    aliases = None
    if parser.peek("("):
        text = parser.skip_parentheses()[1:-1]
        aliases = [_alias(part) for part in text.split(",") if _alias(part)]
    while not parser.take("AS"):
        if parser.at_end:
            raise OracleError(905, "missing keyword")
        parser.at += 1
    text = parser.rest()
    options = re.search(
        r"\s+WITH\s+(READ\s+ONLY|CHECK\s+OPTION)(\s+CONSTRAINT\s+\S+)?\s*$", text, re.IGNORECASE
    )
    view = View(schema, name, text, aliases, source=parser.sql)
    if options:
        view.text = text[: options.start()]
        view.read_only = options.group(1).upper().startswith("READ")
        view.check_option = not view.read_only
    _drop_replaced(catalog, schema, name, View, replace)
    try:
        described = session.describe_columns(view.text)
        names = aliases or [c.name for c in described]
        view.columns = [
            Column(n, c.type, nullable=c.nullable) for n, c in zip(names, described, strict=True)
        ]
    except OracleError as error:
        if error.code == 3001:
            # What orasim cannot run it can still keep: selecting from the view is refused.
            view.columns = []
        elif force:
            view.valid = False
        else:
            raise
    catalog.add(view)
    return Outcome("ddl", warning=not view.valid)


def _alias(text: str) -> str:
    found = re.match(r'\s*(?:"([^"]+)"|([A-Za-z][\w$#]*))', text)
    return "" if not found else found.group(1) or found.group(2).upper()


def _drop_replaced(catalog: Catalog, schema: str, name: str, kind: type, replace: bool) -> None:
    existing = catalog.find(schema, name)
    if existing is None:
        return
    if not replace or not isinstance(existing, kind):
        raise OracleError(955, "name is already used by an existing object")
    del catalog.objects[(schema, name)]


def _create_mview(parser: Parser, session: Any) -> Outcome:
    catalog: Catalog = session.database.catalog
    if parser.peek("LOG"):
        raise parser.unknown()
    schema, name = parser.qualified(session.current_schema)
    found = re.search(r"\bAS\s+(SELECT|WITH)\b", parser.sql, re.IGNORECASE)
    if not found:
        raise OracleError(905, "missing keyword")
    query = parser.sql[found.start(1) :].rstrip().removesuffix(";")
    view = MaterializedView(schema, name, query, parser.sql)
    container = Parser(f'"{schema}"."{name}" AS {query}')
    tables.create_table(container, session, temporary=False)
    catalog.table(schema, name).prebuilt_for = name
    view.object_id, view.created = catalog.new_object_id(), time.time()
    catalog.materialized_views[(schema, name)] = view
    return Outcome("ddl")


def _create_synonym(parser: Parser, session: Any, replace: bool, is_public: bool) -> Outcome:
    catalog: Catalog = session.database.catalog
    schema, name = parser.qualified("PUBLIC" if is_public else session.current_schema)
    parser.expect("FOR")
    target_schema, target = parser.qualified(session.current_schema)
    _drop_replaced(catalog, schema, name, Synonym, replace)
    catalog.add(Synonym(schema, name, target_schema, target))
    return Outcome("ddl")


def _create_user(parser: Parser, session: Any) -> Outcome:
    name = parser.name()
    password = None
    if parser.take("IDENTIFIED", "BY"):
        raw = parser.sql[parser.token.start : parser.token.end]
        password = raw[1:-1] if raw.startswith('"') else raw
    session.database.create_user(name, password or "", profile="owner")
    return Outcome("ddl")


_HEADER = re.compile(
    r"""(?P<kind>PROCEDURE|FUNCTION|PACKAGE\s+BODY|PACKAGE|TRIGGER|TYPE\s+BODY|TYPE)\s+
    (?:(?P<schema>"[^"]+"|[\w$#]+)\s*\.\s*)?(?P<name>"[^"]+"|[\w$#]+)""",
    re.IGNORECASE | re.VERBOSE,
)


def _stored(name: str | None, default: str) -> str:
    if name is None:
        return default
    return name[1:-1] if name.startswith('"') else name.upper()


def _create_source(parser: Parser, session: Any, replace: bool) -> Outcome:
    catalog: Catalog = session.database.catalog
    text = parser.sql[parser.token.start :]
    found = _HEADER.match(text)
    if not found:
        raise parser.unknown()
    kind = " ".join(found.group("kind").upper().split())
    schema = _stored(found.group("schema"), session.current_schema)
    name = _stored(found.group("name"), "")
    key = (schema, name, kind)
    if key in catalog.sources and not replace:
        raise OracleError(955, "name is already used by an existing object")
    source = Source(schema, name, kind, text)
    source.object_id, source.created = catalog.new_object_id(), time.time()
    if kind == "TRIGGER":
        catalog.triggers[(schema, name)] = _trigger(schema, name, text, catalog, session)
    catalog.sources[key] = source
    return Outcome("ddl")


_TRIGGER = re.compile(
    r"""^TRIGGER\s+\S+?\s+(?P<timing>BEFORE|AFTER|INSTEAD\s+OF|FOR)\s+(?P<event>.*?)\s+ON\s+
    (?:NESTED\s+TABLE\s+\S+\s+OF\s+)?(?:(?P<schema>"[^"]+"|[\w$#]+)\s*\.\s*)?
    (?P<table>"[^"]+"|[\w$#]+)(?P<rest>.*)$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def _trigger(schema: str, name: str, text: str, catalog: Catalog, session: Any) -> Trigger:
    found = _TRIGGER.match(text)
    if not found:
        raise OracleError(4071, "missing BEFORE, AFTER or INSTEAD OF keyword")
    rest = found.group("rest")
    body = re.search(r"\b(DECLARE|BEGIN|COMPOUND\s+TRIGGER|CALL)\b", rest, re.IGNORECASE)
    head = rest[: body.start()] if body else rest
    row = "EACH ROW" if re.search(r"FOR\s+EACH\s+ROW", head, re.IGNORECASE) else "STATEMENT"
    timing = " ".join(found.group("timing").upper().split())
    kind = {"FOR": "COMPOUND", "INSTEAD OF": "INSTEAD OF"}.get(timing, f"{timing} {row}")
    when = re.search(r"WHEN\s*\((.*)\)\s*$", head, re.IGNORECASE | re.DOTALL)
    events = " ".join(
        w
        for w in re.findall(
            r"INSERT|UPDATE|DELETE|OR|LOGON|STARTUP|DDL", found.group("event").upper()
        )
    )
    table = _stored(found.group("table"), "")
    made = Trigger(
        schema,
        name,
        _stored(found.group("schema"), schema),
        table,
        kind,
        events,
        rest[body.start() :] if body else "",
        text[len("TRIGGER ") : len(text) - len(rest) + (body.start() if body else len(rest))],
        when.group(1).strip() if when else None,
        enabled=not re.search(r"\bDISABLE\b", head, re.IGNORECASE),
    )
    made.object_id, made.created = catalog.new_object_id(), time.time()
    if isinstance(catalog.find(made.table_schema, table), View):
        made.base_type = "VIEW"
    return made


# -- ALTER, DROP and the small ones ------------------------------------------------------------


def _alter(parser: Parser, session: Any) -> Outcome:
    catalog: Catalog = session.database.catalog
    if parser.take("TABLE"):
        return alter.alter_table(parser, session)
    if parser.take("SEQUENCE"):
        item = catalog.find(*parser.qualified(session.current_schema))
        if not isinstance(item, Sequence):
            raise OracleError(2289, "sequence does not exist")
        parse_sequence_options(parser, item, is_new=False)
        return Outcome("ddl")
    if parser.take("TRIGGER"):
        trigger = catalog.triggers.get(parser.qualified(session.current_schema))
        if trigger is None:
            raise OracleError(4080, "trigger does not exist")
        trigger.enabled = parser.take_any("ENABLE", "DISABLE", "COMPILE") != "DISABLE"
        return Outcome("ddl")
    if parser.take("INDEX"):
        index = catalog.indexes.get(parser.qualified(session.current_schema))
        if index is None:
            raise OracleError(1418, "specified index does not exist")
        if parser.take("RENAME", "TO"):
            del catalog.indexes[(index.schema, index.name)]
            index.name = parser.name()
            catalog.indexes[(index.schema, index.name)] = index
        return Outcome("ddl")
    if parser.take_any("VIEW", "PACKAGE", "PROCEDURE", "FUNCTION", "TYPE", "MATERIALIZED"):
        return Outcome("ddl")
    if parser.take("USER"):
        parser.name()
        return Outcome("ddl")
    raise parser.unknown()


def _drop(parser: Parser, session: Any) -> Outcome:
    catalog: Catalog = session.database.catalog
    parser.take("PUBLIC")
    if parser.take("MATERIALIZED", "VIEW"):
        key = parser.qualified(session.current_schema)
        if catalog.materialized_views.pop(key, None) is None:
            raise OracleError(12003, "materialized view does not exist")
        _drop_table(catalog, catalog.table(*key), cascade=True)
        return Outcome("ddl")
    kind = parser.name()
    if parser.take("IF", "EXISTS"):
        try:
            return _drop_one(parser, session, kind)
        except OracleError:
            return Outcome("ddl")
    return _drop_one(parser, session, kind)


def _drop_one(parser: Parser, session: Any, kind: str) -> Outcome:
    catalog: Catalog = session.database.catalog
    if kind == "USER":
        name = parser.name()
        if catalog.users.pop(name, None) is None:
            raise OracleError(1918, f"user '{name}' does not exist")
        return Outcome("ddl")
    if kind in ("PACKAGE", "TYPE") and parser.take("BODY"):
        kind = f"{kind} BODY"
    key = parser.qualified(session.current_schema)
    if kind == "TABLE":
        cascade = parser.take("CASCADE", "CONSTRAINTS")
        _drop_table(catalog, catalog.table(*key), cascade=cascade)
    elif kind == "INDEX":
        index = catalog.indexes.get(key)
        if index is None:
            raise OracleError(1418, "specified index does not exist")
        if index.constraint:
            raise OracleError(2429, "cannot drop index used for enforcement of unique/primary key")
        del catalog.indexes[key]
    elif kind in ("VIEW", "SEQUENCE", "SYNONYM"):
        wanted, code, text = {
            "VIEW": (View, 942, "table or view does not exist"),
            "SEQUENCE": (Sequence, 2289, "sequence does not exist"),
            "SYNONYM": (Synonym, 1434, "private synonym to be dropped does not exist"),
        }[kind]
        if not isinstance(catalog.find(*key), wanted) and kind == "SYNONYM":
            key = ("PUBLIC", key[1])
        if not isinstance(catalog.find(*key), wanted):
            raise OracleError(code, text)
        del catalog.objects[key]
    else:
        source = catalog.sources.pop((*key, kind), None)
        if source is None:
            raise OracleError(4043, f"object {key[1]} does not exist")
        if kind in ("PACKAGE", "TYPE"):
            catalog.sources.pop((*key, f"{kind} BODY"), None)
        if kind == "TRIGGER":
            catalog.triggers.pop(key, None)
    return Outcome("ddl")


def _drop_table(catalog: Catalog, table: Table, *, cascade: bool) -> None:
    here = (table.schema, table.name)
    for other in catalog.of_type(Table):
        for constraint in list(other.constraints):
            is_child = constraint.kind == "R" and other is not table
            if is_child and (constraint.parent_schema, constraint.parent_table) == here:
                if not cascade:
                    raise OracleError(
                        2449, "unique/primary keys in table referenced by foreign keys"
                    )
                other.constraints.remove(constraint)
    for index in catalog.table_indexes(table):
        del catalog.indexes[(index.schema, index.name)]
    for column in table.columns:
        if column.identity is not None:
            sequence = column.identity.sequence
            catalog.objects.pop((sequence.schema, sequence.name), None)
    for key, trigger in list(catalog.triggers.items()):
        if (trigger.table_schema, trigger.table) == here:
            del catalog.triggers[key]
            catalog.sources.pop((*key, "TRIGGER"), None)
    catalog.grants = [g for g in catalog.grants if (g.schema, g.name) != here]
    del catalog.objects[here]


def _comment(parser: Parser, session: Any) -> Outcome:
    catalog: Catalog = session.database.catalog
    parser.expect("ON")
    kind = parser.name()
    if kind == "MATERIALIZED":
        parser.expect("VIEW")
    parts = [parser.name()]
    while parser.take("."):
        parts.append(parser.name())
    parser.expect("IS")
    text = parser.token.value
    column = parts.pop() if kind == "COLUMN" else None
    schema = parts[0] if len(parts) == 2 else session.current_schema
    item = catalog.find(schema, parts[-1])
    if not isinstance(item, Table | View):
        raise OracleError(942, "table or view does not exist")
    if column is None:
        item.comment = text or None
        return Outcome("ddl")
    for candidate in item.columns:
        if candidate.name == column:
            candidate.comment = text or None
            return Outcome("ddl")
    if isinstance(item, View) and not item.columns:
        return Outcome("ddl")  # a view whose columns are not known here
    raise OracleError(904, f'"{column}": invalid identifier')


def _grant(parser: Parser, session: Any, *, revoke: bool) -> Outcome:
    catalog: Catalog = session.database.catalog
    words = parser.text_until({"ON", "TO", "FROM"})
    while parser.take(","):
        words += "," + parser.text_until({"ON", "TO", "FROM"})
    privileges = [" ".join(w.upper().split()) for w in words.split(",")]
    target = None
    if parser.take("ON"):
        parser.take("DIRECTORY")
        target = parser.qualified(session.current_schema)
    parser.take_any("TO", "FROM")
    grantees = [parser.name()]
    while parser.take(","):
        grantees.append(parser.name())
    grantable = parser.take("WITH", "GRANT", "OPTION")
    for grantee in grantees:
        if grantee != "PUBLIC" and grantee not in catalog.users and target is None:
            raise OracleError(1917, f"user or role '{grantee}' does not exist")
        for privilege in privileges:
            _apply_grant(catalog, session, privilege, target, grantee, grantable, revoke)
    return Outcome("ddl")


def _apply_grant(
    catalog: Catalog,
    session: Any,
    privilege: str,
    target: tuple[str, str] | None,
    grantee: str,
    grantable: bool,
    revoke: bool,
) -> None:
    if target is None:
        user = catalog.users.get(grantee)
        if user is None:
            return
        is_role = privilege in ("SELECT_CATALOG_ROLE", "CONNECT", "RESOURCE", "DBA")
        held = user.roles if is_role else user.privileges
        held.discard(privilege) if revoke else held.add(privilege)
        return
    single = privilege.split("(")[0].split()[0]
    names = (
        ["SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "ALTER", "INDEX", "FLASHBACK"]
        if single == "ALL"
        else [single]
    )
    for name in names:
        grant = Grant(session.user, grantee, target[0], target[1], name, grantable)
        catalog.grants = [
            g
            for g in catalog.grants
            if (g.grantee, g.schema, g.name, g.privilege)
            != (grant.grantee, grant.schema, grant.name, grant.privilege)
        ]
        if not revoke:
            catalog.grants.append(grant)


def _rename(parser: Parser, session: Any) -> Outcome:
    catalog: Catalog = session.database.catalog
    old = parser.name()
    parser.expect("TO")
    rename_table(catalog, catalog.table(session.current_schema, old), parser.name())
    return Outcome("ddl")


def _truncate(parser: Parser, session: Any) -> Outcome:
    parser.expect("TABLE")
    session.database.catalog.table(*parser.qualified(session.current_schema)).store.truncate()
    return Outcome("ddl")


def _analyze(parser: Parser, session: Any) -> None:
    parser.expect("TABLE")
    table = session.database.catalog.table(*parser.qualified(session.current_schema))
    gather_statistics(table)


def gather_statistics(table: Table) -> None:
    """Set NUM_ROWS and BLOCKS from what is stored now."""
    table.statistics_rows = sum(s.state.live_rows for s in table.store.segments)
    table.statistics_blocks = sum(e.blocks for s in table.store.segments for e in s.extents)
    table.analyzed = time.time()
