"""Stored PL/SQL and types: kept as text; headers and attributes are read, nothing is run."""

from __future__ import annotations

import re
import time
from typing import Any

from orasim.dictionary.model import Catalog, Source, Table, Trigger, View
from orasim.dictionary.objecttypes import known_type, parse_object_type
from orasim.dictionary.privileges import require_create
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome

KINDS = ("PROCEDURE", "FUNCTION", "PACKAGE", "TRIGGER", "TYPE")
_PRIVILEGES = {"TRIGGER": "TRIGGER", "TYPE": "TYPE", "TYPE BODY": "TYPE"}
_HEADER = re.compile(
    r"""(?P<kind>PROCEDURE|FUNCTION|PACKAGE\s+BODY|PACKAGE|TRIGGER|TYPE\s+BODY|TYPE)\s+
    (?:IF\s+NOT\s+EXISTS\s+)?
    (?:(?P<schema>"[^"]+"|[\w$\#]+)\s*\.\s*)?(?P<name>"[^"]+"|[\w$\#]+)""",
    re.IGNORECASE | re.VERBOSE,
)


def create_source(parser: Parser, session: Any, replace: bool) -> Outcome:
    """CREATE [OR REPLACE] PROCEDURE and its kin, before that word."""
    catalog: Catalog = session.database.catalog
    text = parser.sql[parser.token.start :].rstrip()
    found = _HEADER.match(text)
    if not found or re.search(r"\bIF\s+NOT\s+EXISTS\b", found.group(), re.IGNORECASE):
        raise parser.unknown()
    kind = " ".join(found.group("kind").upper().split())
    schema = stored_name(found.group("schema"), session.current_schema)
    name = stored_name(found.group("name"), "")
    require_create(session, schema, _PRIVILEGES.get(kind, "PROCEDURE"))
    _require_free(catalog, schema, name, kind, replace)
    source = Source(schema, name, kind, text)
    source.object_id, source.created = catalog.new_object_id(), time.time()
    if kind == "TRIGGER":
        catalog.triggers[(schema, name)] = _trigger(schema, name, text, catalog)
    if kind == "TYPE":
        source.valid = _declare_type(catalog, source)
    catalog.sources[(schema, name, kind)] = source
    return Outcome("ddl", warning=not source.valid)


def _require_free(catalog: Catalog, schema: str, name: str, kind: str, replace: bool) -> None:
    same = catalog.sources.get((schema, name, kind))
    if same is not None and not replace:
        incomplete = catalog.types.get((schema, name))
        if not (kind == "TYPE" and incomplete is not None and incomplete.incomplete):
            raise OracleError(955, "name is already used by an existing object")
    if kind == "TYPE" and replace and type_users(catalog, schema, name):
        raise OracleError(2303, "cannot drop or replace a type with type or table dependents")
    if kind == "TRIGGER":
        return  # triggers have a namespace of their own
    shares = {"PROCEDURE", "FUNCTION", "PACKAGE", "TYPE"}
    others = [k for s, n, k in catalog.sources if (s, n) == (schema, name) and k in shares - {kind}]
    if kind in shares and (others or (schema, name) in catalog.objects):
        raise OracleError(955, "name is already used by an existing object")


def type_users(catalog: Catalog, schema: str, name: str) -> list[Table]:
    """The tables that hold values of a type."""
    return [
        table
        for table in catalog.of_type(Table)
        if table.object_type == (schema, name)
        or any((c.type.type_schema, c.type.type_name) == (schema, name) for c in table.columns)
    ]


def _declare_type(catalog: Catalog, source: Source) -> bool:
    """Enter the type's attributes; False for a type that would not compile."""
    try:
        made = parse_object_type(source.text, source.schema, source.name)
        kinds = [kind for _, kind in made.attributes] + ([made.element] if made.element else [])
        for kind in kinds:
            own = (kind.type_schema, kind.type_name) == (source.schema, source.name)
            if kind.name == "OBJECT" and not own:
                known_type(catalog, kind)
    except OracleError as error:
        if error.code == 3001:
            raise
        catalog.types.pop((source.schema, source.name), None)
        return False
    made.object_id = source.object_id
    catalog.types[(source.schema, source.name)] = made
    return True


def stored_name(name: str | None, default: str) -> str:
    """An identifier as stored; *default* for None."""
    if name is None:
        return default
    return name[1:-1] if name.startswith('"') else name.upper()


# -- triggers ------------------------------------------------------------------------------------

_TRIGGER = re.compile(
    r"""^TRIGGER\s+\S+?\s+(?P<timing>BEFORE|AFTER|INSTEAD\s+OF|FOR)\s+(?P<event>.*?)\s+ON\s+
    (?:NESTED\s+TABLE\s+\S+\s+OF\s+)?(?:(?P<schema>"[^"]+"|[\w$\#]+)\s*\.\s*)?
    (?P<table>"[^"]+"|[\w$\#]+)(?P<rest>.*)$""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_OF_COLUMNS = re.compile(r"\bOF\b(.*?)(?=\bOR\s+(?:INSERT|UPDATE|DELETE)\b|$)", re.DOTALL | re.I)


def _trigger(schema: str, name: str, text: str, catalog: Catalog) -> Trigger:
    # Comments keep their length, so that places in the text stay the same.
    found = _TRIGGER.match(_COMMENTS.sub(lambda c: " " * len(c.group()), text))
    if not found:
        raise OracleError(4071, "missing BEFORE, AFTER or INSTEAD OF keyword")
    rest = text[found.start("rest") :]
    body = re.search(r"\b(DECLARE|BEGIN|COMPOUND\s+TRIGGER|CALL)\b", rest, re.IGNORECASE)
    start = body.start() if body else len(rest)
    head = rest[:start]
    row = "EACH ROW" if re.search(r"FOR\s+EACH\s+ROW", head, re.IGNORECASE) else "STATEMENT"
    timing = " ".join(found.group("timing").upper().split())
    kind = {"FOR": "COMPOUND", "INSTEAD OF": "INSTEAD OF"}.get(timing, f"{timing} {row}")
    when = re.search(r"WHEN\s*\((.*)\)\s*$", head.rstrip(), re.IGNORECASE | re.DOTALL)
    event = found.group("event")
    columns = [
        stored_name(column.strip(), "")
        for part in _OF_COLUMNS.findall(event)
        for column in part.split(",")
    ]
    made = Trigger(
        schema,
        name,
        stored_name(found.group("schema"), schema),
        stored_name(found.group("table"), ""),
        kind,
        " ".join(_OF_COLUMNS.sub(" ", event).upper().split()),
        rest[start:],
        text[len("TRIGGER ") : found.start("rest") + start],
        when.group(1).strip() if when else None,
        enabled=not re.search(r"\bDISABLE\b", head, re.IGNORECASE),
        columns=columns,
    )
    _place(made, catalog)
    made.object_id, made.created = catalog.new_object_id(), time.time()
    return made


def _place(made: Trigger, catalog: Catalog) -> None:
    """What the trigger is on; ORA-00942 for a table that is not there."""
    if made.table in ("SCHEMA", "DATABASE", "PLUGGABLE"):
        made.base_type = "SCHEMA" if made.table == "SCHEMA" else "DATABASE"
        made.type = made.type.replace("STATEMENT", "EVENT")
        return
    item = catalog.resolve(made.table_schema, made.table)
    if isinstance(item, View):
        made.base_type = "VIEW"
    elif not isinstance(item, Table):
        raise OracleError(942, "table or view does not exist")
    made.table_schema, made.table = item.schema, item.name
