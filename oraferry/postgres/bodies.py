"""What plpgsql_check says of a routine's body."""

from __future__ import annotations

import re
from typing import Any

import psycopg

from oraferry.ports import BodyFinding, ScratchRoutine
from oraferry.postgres.hazards import may_end_server
from oraferry.postgres.sandbox import Sandbox, run
from oraferry.postgres.session import quote, sql_text

# Those that the installed version knows are given.
_OPTIONS = {
    "fatal_errors": False,
    "other_warnings": True,
    "extra_warnings": True,
    "performance_warnings": False,
    # Comments of the text must not switch the check off.
    "use_incomment_options": False,
}
_VIEW_CANNOT = "55000"  # be changed
_NO_TABLE = (0, None, None)
_NOT_LOOKED_AT = BodyFinding(
    False,
    "the body was checked for syntax only: this plpgsql_check could end the server on one of its "
    "EXECUTE statements, whose text is a constant that may have no statement in it",
    "",
    None,
    None,
    None,
    hint="update plpgsql_check to 2.10, or write the statement's first words as a literal",
)


def look_at_body(
    connection: psycopg.Connection[Any], sandbox: Sandbox, routine: ScratchRoutine
) -> list[BodyFinding] | None:
    """
    Check a copy of the routine, in a schema whose name nobody knows: nothing can call it while
    it is planned. The caller rolls back. None for a trigger function without any table.
    """
    tables = run(connection, sql_text("scratch_triggers"), routine=routine.oid)
    if routine.is_trigger and not tables:
        return None
    schema = quote(sandbox.check_schema)
    run(connection, f"CREATE SCHEMA {schema}")
    run(connection, _move(routine.definition, schema))
    oid, body = run(
        connection,
        "SELECT oid, prosrc FROM pg_proc "
        "WHERE pronamespace = pg_catalog.to_regnamespace(%(s)s)::oid",
        s=schema,
    )[0]
    if sandbox.is_checker_old and may_end_server(body):
        return [_NOT_LOOKED_AT]
    # From here on nothing can be written, nor a sequence be moved.
    run(connection, "SET TRANSACTION READ ONLY")
    options = _known_options(connection, sandbox)
    found: dict[BodyFinding, None] = {}
    for table in tables if routine.is_trigger else [_NO_TABLE]:
        found.update(dict.fromkeys(_check(connection, sandbox, oid, table, options)))
    return list(found)


def _move(definition: str, schema: str) -> str:
    """
    pg_get_functiondef's text with another schema.

    >>> _move('CREATE OR REPLACE FUNCTION "a.b".f(x integer)\\n RETURNS', "s")
    'CREATE OR REPLACE FUNCTION s.f(x integer)\\n RETURNS'
    """
    pattern = r'(CREATE OR REPLACE (?:FUNCTION|PROCEDURE) )(?:"(?:[^"]|"")*"|[^".(]+)\.'
    moved, count = re.subn(pattern, lambda found: f"{found[1]}{schema}.", definition, count=1)
    assert count == 1
    return moved


def _known_options(connection: psycopg.Connection[Any], sandbox: Sandbox) -> dict[str, Any]:
    rows = run(connection, sql_text("scratch_checker"), schema=sandbox.checker)
    known = {name for (names,) in rows for name in names or ()}
    return {name: value for name, value in _OPTIONS.items() if name in known}


def _check(
    connection: psycopg.Connection[Any],
    sandbox: Sandbox,
    oid: int,
    table: tuple[Any, ...],
    options: dict[str, Any],
) -> list[BodyFinding]:
    relation, old, new = table
    named = {**options, **({"oldtable": old} if old else {}), **({"newtable": new} if new else {})}
    given = "".join(f", {name} => %({name})s" for name in named)
    rows = run(
        connection,
        "SELECT level, message, sqlstate, lineno, query, position, detail, hint FROM "
        f"{sandbox.checker}.plpgsql_check_function_tb("
        f"%(routine)s::oid::regprocedure, %(relation)s::oid::regclass{given})",
        routine=oid,
        relation=relation,
        **named,
    )
    return [_finding(sandbox, row) for row in rows]


def _finding(sandbox: Sandbox, row: tuple[Any, ...]) -> BodyFinding:
    level, message, sqlstate, line, query, position, detail, hint = row
    is_error = level == "error"
    if sqlstate == _VIEW_CANNOT and any(f'"{name}"' in message for name in sandbox.emptied):
        is_error, hint = (
            False,
            "the view calls functions with effects and was emptied for the check",
        )
    return BodyFinding(
        is_error=is_error,
        message=sandbox.clean(message),
        sqlstate=sqlstate,
        line=line,
        query=query,
        position=position,
        detail=sandbox.clean(detail) if detail else None,
        hint=sandbox.clean(hint) if hint else None,
    )
