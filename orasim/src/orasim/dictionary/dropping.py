"""DROP of everything that CREATE makes."""

from __future__ import annotations

from typing import Any

from orasim.dictionary.code import type_users
from orasim.dictionary.indexes import drop_index
from orasim.dictionary.model import (
    Catalog,
    Dimension,
    NestedStorage,
    Sequence,
    Synonym,
    Table,
    View,
)
from orasim.dictionary.privileges import require_change
from orasim.dictionary.security import drop_role, drop_user
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome

_MISSING = {942, 1418, 1432, 1434, 2289, 4043, 4080, 12003, 1918}  # what IF EXISTS forgives
_CODE = {"PROCEDURE", "FUNCTION", "PACKAGE", "PACKAGE BODY", "TYPE", "TYPE BODY", "TRIGGER"}


def drop(parser: Parser, session: Any) -> Outcome:
    """DROP, after that word."""
    is_public = parser.take("PUBLIC")
    if parser.take("MATERIALIZED", "VIEW"):
        kind = "MATERIALIZED VIEW LOG" if parser.take("LOG") else "MATERIALIZED VIEW"
        parser.take("ON")
    elif parser.take("DATABASE", "LINK"):
        kind = "DATABASE LINK"
    else:
        kind = parser.name()
    if kind in ("PACKAGE", "TYPE") and parser.take("BODY"):
        kind = f"{kind} BODY"
    forgives = session.version[0] >= 23 and parser.take("IF", "EXISTS")
    try:
        _drop_one(parser, session, kind, is_public)
    except OracleError as error:
        if not (forgives and error.code in _MISSING):
            raise
    return Outcome("ddl")


def _drop_one(parser: Parser, session: Any, kind: str, is_public: bool) -> None:
    catalog: Catalog = session.database.catalog
    if kind == "USER":
        drop_user(parser, session)
        return
    if kind == "ROLE":
        drop_role(parser, session)
        return
    if kind == "DIRECTORY":
        if catalog.directories.pop(parser.name(), None) is None:
            raise OracleError(4043, "object does not exist")
        return
    key = parser.qualified("PUBLIC" if is_public else session.current_schema)
    if kind == "TABLE":
        _drop_table_statement(parser, session, key)
    elif kind == "MATERIALIZED VIEW":
        _drop_materialized_view(session, key, keep=parser.take("PRESERVE", "TABLE"))
    elif kind == "MATERIALIZED VIEW LOG":
        if catalog.view_logs.pop(key, None) is None:
            raise OracleError(12002, f"there is no materialized view log on table {key}")
    elif kind == "INDEX":
        drop_index(catalog, session, key)
        parser.take_any("FORCE", "ONLINE")
    elif kind in ("VIEW", "SEQUENCE", "SYNONYM", "DIMENSION"):
        _drop_named(session, kind, key, is_public)
        parser.take_any("FORCE") or parser.take("CASCADE", "CONSTRAINTS")
    elif kind == "CLUSTER":
        _drop_cluster(parser, session, key)
    elif kind == "DATABASE LINK":
        if catalog.links.pop(key, None) is None:
            raise OracleError(2024, "database link not found")
    elif kind in _CODE:
        _drop_code(session, kind, key, force=parser.take_any("FORCE", "VALIDATE") == "FORCE")
    else:
        raise parser.unknown()
    if not parser.at_end and not parser.take(";"):
        raise parser.unknown()


def _drop_named(session: Any, kind: str, key: tuple[str, str], is_public: bool) -> None:
    catalog: Catalog = session.database.catalog
    wanted, code, text = {
        "VIEW": (View, 942, "table or view does not exist"),
        "SEQUENCE": (Sequence, 2289, "sequence does not exist"),
        "DIMENSION": (Dimension, 30333, "dimension does not exist"),
        "SYNONYM": (
            Synonym,
            1432 if is_public else 1434,
            f"{'public' if is_public else 'private'} synonym to be dropped does not exist",
        ),
    }[kind]
    found = catalog.find(*key)
    if not isinstance(found, wanted):
        raise OracleError(code, text)
    if not is_public:
        require_change(session, *key, f"DROP ANY {kind}")
    if isinstance(found, Sequence) and found.identity:
        raise OracleError(32794, "cannot drop a system-generated sequence")
    del catalog.objects[key]
    catalog.grants = [g for g in catalog.grants if (g.schema, g.name) != key]


def _drop_table_statement(parser: Parser, session: Any, key: tuple[str, str]) -> None:
    catalog: Catalog = session.database.catalog
    item = catalog.find(*key)
    if isinstance(item, NestedStorage):
        raise OracleError(22914, "DROP of nested tables not supported")
    table = catalog.table(*key)
    require_change(session, *key, "DROP ANY TABLE")
    if key in catalog.materialized_views:
        raise OracleError(12083, f'must use DROP MATERIALIZED VIEW to drop "{key[0]}"."{key[1]}"')
    cascade = parser.take("CASCADE", "CONSTRAINTS")
    parser.take("PURGE")
    drop_table(catalog, table, cascade=cascade)


def drop_table(catalog: Catalog, table: Table, *, cascade: bool) -> None:
    """A table with its indexes, triggers, identity sequences, nested tables and grants."""
    here = (table.schema, table.name)
    children = [
        (other, constraint)
        for other in catalog.of_type(Table)
        if other is not table
        for constraint in other.constraints
        if constraint.kind == "R" and (constraint.parent_schema, constraint.parent_table) == here
    ]
    if children and not cascade:
        raise OracleError(2449, "unique/primary keys in table referenced by foreign keys")
    for other, constraint in children:
        other.constraints.remove(constraint)
    for index in catalog.table_indexes(table):
        del catalog.indexes[(index.schema, index.name)]
    for column in table.columns:
        if column.identity is not None:
            sequence = column.identity.sequence
            catalog.objects.pop((sequence.schema, sequence.name), None)
    for nested in list(catalog.of_type(NestedStorage)):
        if (nested.schema, nested.parent) == here:
            del catalog.objects[(nested.schema, nested.name)]
    for key, trigger in list(catalog.triggers.items()):
        if (trigger.table_schema, trigger.table) == here:
            del catalog.triggers[key]
            catalog.sources.pop((*key, "TRIGGER"), None)
    catalog.grants = [g for g in catalog.grants if (g.schema, g.name) != here]
    catalog.view_logs.pop(here, None)
    del catalog.objects[here]


def _drop_materialized_view(session: Any, key: tuple[str, str], *, keep: bool) -> None:
    catalog: Catalog = session.database.catalog
    view = catalog.materialized_views.get(key)
    if view is None:
        raise OracleError(12003, f'materialized view "{key[0]}"."{key[1]}" does not exist')
    require_change(session, *key, "DROP ANY MATERIALIZED VIEW")
    del catalog.materialized_views[key]
    if keep or view.build_mode == "PREBUILT":
        catalog.table(*key).prebuilt_for = None
    else:
        drop_table(catalog, catalog.table(*key), cascade=True)


def _drop_cluster(parser: Parser, session: Any, key: tuple[str, str]) -> None:
    catalog: Catalog = session.database.catalog
    if key not in catalog.clusters:
        raise OracleError(943, "cluster does not exist")
    require_change(session, *key, "DROP ANY CLUSTER")
    inside = [t for t in catalog.of_type(Table) if t.schema == key[0] and t.cluster == key[1]]
    including = parser.take("INCLUDING", "TABLES")
    cascade = parser.take("CASCADE", "CONSTRAINTS")
    if inside and not including:
        raise OracleError(951, "cluster not empty")
    for table in inside:
        drop_table(catalog, table, cascade=cascade)
    del catalog.clusters[key]


def _drop_code(session: Any, kind: str, key: tuple[str, str], *, force: bool) -> None:
    catalog: Catalog = session.database.catalog
    source = catalog.sources.get((*key, kind))
    if source is None:
        if kind == "TRIGGER":
            raise OracleError(4080, f"trigger '{key[1]}' does not exist")
        raise OracleError(4043, f"object {key[1]} does not exist")
    require_change(session, *key, f"DROP ANY {kind.split()[0]}")
    if kind == "TYPE":
        if type_users(catalog, *key):
            # FORCE would leave columns of an unknown type behind: not modelled.
            raise OracleError(2303, "cannot drop or replace a type with type or table dependents")
        if not force and _referring_types(catalog, key):
            raise OracleError(2303, "cannot drop or replace a type with type or table dependents")
        catalog.types.pop(key, None)
    del catalog.sources[(*key, kind)]
    if kind in ("PACKAGE", "TYPE"):
        catalog.sources.pop((*key, f"{kind} BODY"), None)
    if kind == "TRIGGER":
        catalog.triggers.pop(key, None)


def _referring_types(catalog: Catalog, key: tuple[str, str]) -> bool:
    for made in catalog.types.values():
        kinds = [kind for _, kind in made.attributes] + ([made.element] if made.element else [])
        if (made.schema, made.name) != key and (
            made.supertype == key or any((k.type_schema, k.type_name) == key for k in kinds)
        ):
            return True
    return False
