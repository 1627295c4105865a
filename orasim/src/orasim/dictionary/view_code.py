"""TRIGGERS, SOURCE, PROCEDURES, ARGUMENTS, DEPENDENCIES."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.views import Row, family


@family(
    "TRIGGERS",
    "OWNER v128, TRIGGER_NAME v128, TRIGGER_TYPE v16, TRIGGERING_EVENT v246, TABLE_OWNER v128,"
    "BASE_OBJECT_TYPE v18, TABLE_NAME v128, COLUMN_NAME v4000, REFERENCING_NAMES v422, WHEN_CLAUSE v4000,"
    "STATUS v8, DESCRIPTION v4000, ACTION_TYPE v11, TRIGGER_BODY l, CROSSEDITION v7, BEFORE_STATEMENT v3,"
    "BEFORE_ROW v3, AFTER_ROW v3, AFTER_STATEMENT v3, INSTEAD_OF_ROW v3, FIRE_ONCE v3,"
    "APPLY_SERVER_ONLY v3",
)
def triggers(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Triggers; bodies are text."""
    for t in session.database.catalog.triggers.values():
        yield (
            t.table_schema,
            t.table,
            {
                "OWNER": t.schema,
                "TRIGGER_NAME": t.name,
                "TRIGGER_TYPE": t.type,
                "TRIGGERING_EVENT": t.event,
                "TABLE_OWNER": t.table_schema,
                "BASE_OBJECT_TYPE": t.base_type,
                "TABLE_NAME": t.table,
                "REFERENCING_NAMES": "REFERENCING NEW AS NEW OLD AS OLD",
                "WHEN_CLAUSE": t.when,
                "STATUS": "ENABLED" if t.enabled else "DISABLED",
                "DESCRIPTION": t.description,
                "ACTION_TYPE": "PL/SQL",
                "TRIGGER_BODY": t.body,
                "CROSSEDITION": "NO",
                "BEFORE_STATEMENT": "NO",
                "BEFORE_ROW": "NO",
                "AFTER_ROW": "NO",
                "AFTER_STATEMENT": "NO",
                "INSTEAD_OF_ROW": "NO",
                "FIRE_ONCE": "YES",
                "APPLY_SERVER_ONLY": "NO",
            },
        )


@family("SOURCE", "OWNER v128, NAME v128, TYPE v12, LINE n, TEXT v4000, ORIGIN_CON_ID v256")
def source(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Lines with their newlines, from the object's keyword on."""
    for s in session.database.catalog.sources.values():
        for number, line in enumerate(s.text.splitlines(keepends=True), 1):
            yield (
                s.schema,
                s.name,
                {
                    "OWNER": s.schema,
                    "NAME": s.name,
                    "TYPE": s.type,
                    "LINE": number,
                    "TEXT": line,
                    "ORIGIN_CON_ID": "0",
                },
            )


@family(
    "PROCEDURES",
    "OWNER v128, OBJECT_NAME v128, PROCEDURE_NAME v128, OBJECT_ID n, SUBPROGRAM_ID n, OVERLOAD v40,"
    "OBJECT_TYPE v13, AGGREGATE v3, PIPELINED v3, IMPLTYPEOWNER v128, IMPLTYPENAME v128, PARALLEL v3,"
    "INTERFACE v3, DETERMINISTIC v3, AUTHID v12",
)
def procedures(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Standalone routines, packages and triggers; not what is inside packages."""
    for s in session.database.catalog.sources.values():
        if s.type in ("PROCEDURE", "FUNCTION", "PACKAGE", "TRIGGER"):
            yield (
                s.schema,
                s.name,
                {
                    "OWNER": s.schema,
                    "OBJECT_NAME": s.name,
                    "OBJECT_ID": s.object_id,
                    "SUBPROGRAM_ID": 1,
                    "OBJECT_TYPE": s.type,
                    "AGGREGATE": "NO",
                    "PIPELINED": "NO",
                    "PARALLEL": "NO",
                    "INTERFACE": "NO",
                    "DETERMINISTIC": "NO",
                    "AUTHID": "DEFINER",
                },
            )
