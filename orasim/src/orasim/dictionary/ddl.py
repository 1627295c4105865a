"""DDL statements on the catalog: what is known is done, the rest is ORA-03001."""

from __future__ import annotations

import time
from typing import Any

from orasim.dictionary import alter, code, dropping, indexes, queries, security, tables
from orasim.dictionary.model import (
    Catalog,
    Cluster,
    Column,
    DatabaseLink,
    Dimension,
    NamedObject,
    Sequence,
    Synonym,
    Table,
    View,
)
from orasim.dictionary.privileges import require_change, require_create
from orasim.dictionary.renaming import rename_table
from orasim.dictionary.sequences import parse_sequence_options
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome

# Kinds of stored code and of other things that ALTER … COMPILE may name.
_COMPILED = ("VIEW", "PACKAGE", "PROCEDURE", "FUNCTION", "TYPE", "MATERIALIZED VIEW")


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
        return dropping.drop(parser, session)
    if word == "COMMENT":
        return _comment(parser, session)
    if word in ("GRANT", "REVOKE"):
        return security.grant_or_revoke(parser, session, revoke=word == "REVOKE")
    if word == "RENAME":
        return _rename(parser, session)
    if word == "TRUNCATE":
        return _truncate(parser, session)
    if word == "ANALYZE":
        return _analyze(parser, session)
    if word == "PURGE":
        return Outcome("ddl")  # there is no recycle bin: DROP is for good
    raise parser.unknown()


# -- CREATE --------------------------------------------------------------------------------------


def _create(parser: Parser, session: Any) -> Outcome:
    replace = parser.take("OR", "REPLACE")
    parser.take_any("EDITIONABLE", "NONEDITIONABLE")
    for kind in code.KINDS:
        if parser.peek(kind):
            return code.create_source(parser, session, replace)
    force = parser.take("FORCE")
    if not force and parser.take("NO"):
        parser.expect("FORCE")
    parser.take_any("NOFORCE") or parser.take_any("EDITIONABLE", "NONEDITIONABLE")
    if parser.take("VIEW") or parser.take("EDITIONING", "VIEW"):
        return queries.create_view(parser, session, replace, force)
    is_public = parser.take("PUBLIC")
    if parser.take("SYNONYM"):
        return _create_synonym(parser, session, replace, is_public)
    if parser.take("DATABASE", "LINK"):
        return _create_link(parser, session, is_public)
    if parser.take("DIRECTORY"):
        return _create_directory(parser, session)
    if replace or force or is_public:
        raise parser.unknown()
    if parser.take("GLOBAL", "TEMPORARY", "TABLE"):
        return tables.create_table(parser, session, temporary=True)
    if parser.take("TABLE"):
        return tables.create_table(parser, session, temporary=False)
    unique, bitmap = parser.take("UNIQUE"), parser.take("BITMAP")
    if parser.take("INDEX"):
        return indexes.create_index(parser, session, unique, bitmap)
    if parser.take("SEQUENCE"):
        return _create_sequence(parser, session)
    if parser.take("MATERIALIZED", "VIEW"):
        return queries.create_materialized_view(parser, session)
    if parser.take("USER"):
        return security.create_user(parser, session)
    if parser.take("ROLE"):
        return security.create_role(parser, session)
    if parser.take("DIMENSION"):
        return _create_dimension(parser, session)
    if parser.take("CLUSTER"):
        return _create_cluster(parser, session)
    raise parser.unknown()


def _create_sequence(parser: Parser, session: Any) -> Outcome:
    schema, name = parser.qualified(session.current_schema)
    require_create(session, schema, "SEQUENCE")
    sequence = Sequence(schema, name)
    parse_sequence_options(parser, sequence)
    parser.take(";")
    if not parser.at_end:
        raise OracleError(933, "SQL command not properly ended", parser.token.start)
    session.database.catalog.add(sequence)
    return Outcome("ddl")


def _create_synonym(parser: Parser, session: Any, replace: bool, is_public: bool) -> Outcome:
    catalog: Catalog = session.database.catalog
    schema, name = parser.qualified("PUBLIC" if is_public else session.current_schema)
    if not is_public:
        require_create(session, schema, "SYNONYM")
    parser.expect("FOR")
    target_schema, target = parser.qualified(session.current_schema)
    if parser.take("@"):
        raise parser.unknown()
    existing = catalog.find(schema, name)
    if existing is not None:
        if not (replace and isinstance(existing, Synonym)):
            raise OracleError(955, "name is already used by an existing object")
        del catalog.objects[(schema, name)]
    catalog.add(Synonym(schema, name, target_schema, target))
    return Outcome("ddl")


def _create_directory(parser: Parser, session: Any) -> Outcome:
    name = parser.name()
    parser.expect("AS")
    if parser.token.kind != "text":
        raise OracleError(1780, "string literal required", parser.token.start)
    session.database.catalog.directories[name] = parser.token.value
    return Outcome("ddl")


def _create_link(parser: Parser, session: Any, is_public: bool) -> Outcome:
    catalog: Catalog = session.database.catalog
    name = parser.name()
    while parser.take("."):
        name += "." + parser.name()
    key = ("PUBLIC" if is_public else session.current_schema, name)
    if key in catalog.links:
        raise OracleError(2011, "duplicate database link name")
    user = host = None
    if parser.take("CONNECT", "TO"):
        user = parser.name()
        parser.expect("IDENTIFIED", "BY")
        parser.at += 1
    if parser.take("USING"):
        host = parser.token.value
        parser.at += 1
    if not parser.at_end and not parser.take(";"):
        raise parser.unknown()
    catalog.links[key] = DatabaseLink(*key, user, host, time.time())
    return Outcome("ddl")


def _create_dimension(parser: Parser, session: Any) -> Outcome:
    """A dimension: levels and hierarchies are for the optimizer, so its text is all there is."""
    schema, name = parser.qualified(session.current_schema)
    require_create(session, schema, "DIMENSION")
    if not parser.peek("LEVEL"):
        raise OracleError(905, "missing keyword")
    session.database.catalog.add(Dimension(schema, name, parser.sql))
    return Outcome("ddl")


def _create_cluster(parser: Parser, session: Any) -> Outcome:
    """A cluster that tables may name; they are stored like others (see LIMITS)."""
    catalog: Catalog = session.database.catalog
    key = parser.qualified(session.current_schema)
    if key in catalog.clusters or key in catalog.objects:
        raise OracleError(955, "name is already used by an existing object")
    parser.skip_parentheses()
    is_hash = "HASHKEYS" in parser.rest().upper()
    catalog.clusters[key] = Cluster(*key, is_hash, catalog.new_object_id(), time.time())
    return Outcome("ddl")


# -- ALTER ---------------------------------------------------------------------------------------


def _alter(parser: Parser, session: Any) -> Outcome:
    catalog: Catalog = session.database.catalog
    if parser.take("TABLE"):
        return alter.alter_table(parser, session)
    if parser.take("SEQUENCE"):
        return _alter_sequence(parser, session)
    if parser.take("TRIGGER"):
        return _alter_trigger(parser, session)
    if parser.take("INDEX"):
        return indexes.alter_index(parser, session)
    if parser.take("USER"):
        return security.alter_user(parser, session)
    if parser.take("DATABASE"):
        return _alter_database(parser, session)
    for kind in _COMPILED:
        if parser.take(*kind.split()):
            key = parser.qualified(session.current_schema)
            known = key in catalog.objects or any(s[:2] == key for s in catalog.sources)
            if not known:
                raise OracleError(4043, f"object {key[1]} does not exist")
            if not parser.take("COMPILE"):
                raise parser.unknown()
            return Outcome("ddl")
    raise parser.unknown()


def _alter_database(parser: Parser, session: Any) -> Outcome:
    """Supplemental logging, which V$DATABASE shows; there is no redo that it would change."""
    if "DBA" not in session.user_record.privileges | session.user_record.roles:
        raise OracleError(1031, "insufficient privileges")
    word = parser.take_any("ADD", "DROP")
    if word is None or not parser.take("SUPPLEMENTAL", "LOG", "DATA"):
        raise parser.unknown()
    if parser.peek("("):
        parser.skip_parentheses()
        parser.expect("COLUMNS")
    if not parser.at_end and not parser.take(";"):
        raise parser.unknown()
    session.database.supplemental_logging = word == "ADD"
    return Outcome("ddl")


def _alter_sequence(parser: Parser, session: Any) -> Outcome:
    item = session.database.catalog.find(*parser.qualified(session.current_schema))
    if not isinstance(item, Sequence):
        raise OracleError(2289, "sequence does not exist")
    require_change(session, item.schema, item.name, "ALTER ANY SEQUENCE", "ALTER")
    if item.identity:
        raise OracleError(32793, "cannot alter a system-generated sequence")
    if parser.peek("START"):
        raise OracleError(2283, "cannot alter starting sequence number")
    parse_sequence_options(parser, item, is_new=False)
    if not parser.at_end and not parser.take(";"):
        raise OracleError(933, "SQL command not properly ended", parser.token.start)
    return Outcome("ddl")


def _alter_trigger(parser: Parser, session: Any) -> Outcome:
    catalog: Catalog = session.database.catalog
    key = parser.qualified(session.current_schema)
    trigger = catalog.triggers.get(key)
    if trigger is None:
        raise OracleError(4080, f"trigger '{key[1]}' does not exist")
    word = parser.take_any("ENABLE", "DISABLE", "COMPILE")
    if word is None:
        raise parser.unknown()
    if word != "COMPILE":
        trigger.enabled = word == "ENABLE"
    return Outcome("ddl")


# -- the small ones ------------------------------------------------------------------------------


def _comment(parser: Parser, session: Any) -> Outcome:
    catalog: Catalog = session.database.catalog
    parser.expect("ON")
    kind = parser.take_any("TABLE", "COLUMN")
    if kind is None:
        if not parser.take("MATERIALIZED", "VIEW"):
            raise parser.unknown()
        kind = "MATERIALIZED VIEW"
    parts = [parser.name()]
    while parser.take("."):
        parts.append(parser.name())
    parser.expect("IS")
    if parser.token.kind != "text":
        raise OracleError(1780, "string literal required", parser.token.start)
    text = parser.token.value or None
    column = parts.pop() if kind == "COLUMN" else None
    if not 1 <= len(parts) <= 2:
        raise OracleError(1780 if not parts else 904, ": invalid identifier")
    schema = parts[0] if len(parts) == 2 else session.current_schema
    key = (schema, parts[-1])
    if kind == "MATERIALIZED VIEW":
        view = catalog.materialized_views.get(key)
        if view is None:
            raise OracleError(12003, f'materialized view "{key[0]}"."{key[1]}" does not exist')
        view.comment = text
        return Outcome("ddl")
    item = catalog.find(*key)
    if not isinstance(item, Table | View):
        raise OracleError(942, "table or view does not exist")
    require_change(session, item.schema, item.name, "COMMENT ANY TABLE")
    if column is None:
        item.comment = text
    else:
        _column(item, column).comment = text
    return Outcome("ddl")


def _column(item: Table | View, name: str) -> Column:
    for candidate in item.columns:
        if candidate.name == name and not candidate.hidden:
            return candidate
    raise OracleError(904, f'"{name}": invalid identifier')


def _rename(parser: Parser, session: Any) -> Outcome:
    """RENAME: tables, views, sequences and private synonyms of the user's own."""
    catalog: Catalog = session.database.catalog
    schema, old = session.current_schema, parser.name()
    parser.expect("TO")
    new = parser.name()
    item: NamedObject | None = catalog.find(schema, old)
    if isinstance(item, Table):
        rename_table(catalog, item, new)
    elif isinstance(item, View | Sequence | Synonym):
        if catalog.find(schema, new) is not None:
            raise OracleError(955, "name is already used by an existing object")
        del catalog.objects[(schema, old)]
        item.name = new
        catalog.objects[(schema, new)] = item
    else:
        raise OracleError(4043, f"object {old} does not exist")
    return Outcome("ddl")


def _truncate(parser: Parser, session: Any) -> Outcome:
    catalog: Catalog = session.database.catalog
    if not parser.take("TABLE"):
        raise parser.unknown()
    table = catalog.table(*parser.qualified(session.current_schema))
    require_change(session, table.schema, table.name, "DROP ANY TABLE")
    cascade = parser.take("CASCADE")
    for word in ("DROP", "REUSE", "PRESERVE", "PURGE"):
        if parser.take(word):
            parser.rest()
    if cascade or (not parser.at_end and not parser.take(";")):
        raise parser.unknown()
    here = (table.schema, table.name)
    for other in catalog.of_type(Table):
        for constraint in other.constraints:
            is_child = constraint.kind == "R" and constraint.enabled and other is not table
            if is_child and (constraint.parent_schema, constraint.parent_table) == here:
                raise OracleError(
                    2266, "unique/primary keys in table referenced by enabled foreign keys"
                )
    table.store.truncate()
    return Outcome("ddl")


def _analyze(parser: Parser, session: Any) -> Outcome:
    if parser.take("INDEX"):
        parser.rest()
        return Outcome("ddl")
    if not parser.take("TABLE"):
        raise parser.unknown()
    table = session.database.catalog.table(*parser.qualified(session.current_schema))
    if parser.take("DELETE"):
        table.statistics_rows = table.statistics_blocks = table.analyzed = None
    elif parser.take_any("COMPUTE", "ESTIMATE"):
        gather_statistics(table)
    elif not parser.take("VALIDATE", "STRUCTURE"):
        raise parser.unknown()
    return Outcome("ddl")


def gather_statistics(table: Table) -> None:
    """Set NUM_ROWS and BLOCKS from what is stored now."""
    table.statistics_rows = sum(s.state.live_rows for s in table.store.segments)
    table.statistics_blocks = sum(e.blocks for s in table.store.segments for e in s.extents)
    table.analyzed = time.time()
