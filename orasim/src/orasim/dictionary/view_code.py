"""TRIGGERS, SOURCE, PROCEDURES, ARGUMENTS, DEPENDENCIES."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from orasim.dictionary.model import Source, Synonym, View
from orasim.dictionary.tokens import Parser, tokenize
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
    """Triggers on what the user sees; bodies are text."""
    for t in list(session.database.catalog.triggers.values()):
        on_table = t.base_type in ("TABLE", "VIEW")
        yield (
            t.table_schema,
            t.table,
            {
                "OWNER": t.schema,
                "TRIGGER_NAME": t.name,
                "TRIGGER_TYPE": t.type,
                "TRIGGERING_EVENT": t.event,
                "TABLE_OWNER": t.table_schema if on_table else "SYS",
                "BASE_OBJECT_TYPE": t.base_type,
                "TABLE_NAME": t.table if on_table else None,
                "REFERENCING_NAMES": "REFERENCING NEW AS NEW OLD AS OLD",
                "WHEN_CLAUSE": t.when,
                "STATUS": "ENABLED" if t.enabled else "DISABLED",
                "DESCRIPTION": t.description,
                "ACTION_TYPE": "CALL" if t.body.upper().startswith("CALL") else "PL/SQL",
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


@family(
    "TRIGGER_COLS",
    "TRIGGER_OWNER v128, TRIGGER_NAME v128, TABLE_OWNER v128, TABLE_NAME v128, COLUMN_NAME v4000,"
    "COLUMN_LIST v3, COLUMN_USAGE v17",
    dropped=(),
    owner_column="TRIGGER_OWNER",
)
def trigger_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Columns of UPDATE OF; uses in the body are not looked for."""
    for t in list(session.database.catalog.triggers.values()):
        for column in t.columns:
            yield (
                t.table_schema,
                t.table,
                {
                    "TRIGGER_OWNER": t.schema,
                    "TRIGGER_NAME": t.name,
                    "TABLE_OWNER": t.table_schema,
                    "TABLE_NAME": t.table,
                    "COLUMN_NAME": column,
                    "COLUMN_LIST": "YES",
                },
            )


@family("SOURCE", "OWNER v128, NAME v128, TYPE v12, LINE n, TEXT v4000, ORIGIN_CON_ID v256")
def source(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Lines with their newlines, from the object's keyword on; bodies only for their owner."""
    for s in list(session.database.catalog.sources.values()):
        # EXECUTE on a package shows its specification only: nobody is granted this name.
        seen_as = f"{s.name}\0" if s.type.endswith("BODY") else s.name
        for number, line in enumerate(s.text.splitlines(keepends=True), 1):
            yield (
                s.schema,
                seen_as,
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
    """Standalone routines and packages with what their specifications declare."""
    for s in list(session.database.catalog.sources.values()):
        if s.type not in ("PROCEDURE", "FUNCTION", "PACKAGE", "TRIGGER"):
            continue
        row = {
            "OWNER": s.schema,
            "OBJECT_NAME": s.name,
            "OBJECT_ID": s.object_id,
            "SUBPROGRAM_ID": 0 if s.type == "PACKAGE" else 1,
            "OBJECT_TYPE": s.type,
            "AGGREGATE": "NO",
            "PIPELINED": _has(s, r"\bPIPELINED\b"),
            "PARALLEL": _has(s, r"\bPARALLEL_ENABLE\b"),
            "INTERFACE": "NO",
            "DETERMINISTIC": _has(s, r"\bDETERMINISTIC\b"),
            "AUTHID": "CURRENT_USER"
            if _has(s, r"\bAUTHID\s+CURRENT_USER\b") == "YES"
            else "DEFINER",
        }
        if s.type == "PACKAGE":
            row |= {"PIPELINED": "NO", "PARALLEL": "NO", "DETERMINISTIC": "NO"}
            for number, routine in enumerate(_routines(s), 1):
                yield (
                    s.schema,
                    s.name,
                    {**row, "PROCEDURE_NAME": routine.name, "SUBPROGRAM_ID": number},
                )
        yield s.schema, s.name, row


_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def _has(one: Source, pattern: str) -> str:
    """YES when the header, up to its body, has the word."""
    header = re.split(r"\b(?:IS|AS|BEGIN)\b", _COMMENTS.sub(" ", one.text), maxsplit=1, flags=re.I)[
        0
    ]
    return "YES" if re.search(pattern, header, re.IGNORECASE) else "NO"


class _Routine:
    """A declaration: its name, parameters (name, mode, type, has default), its result's type."""

    def __init__(self, name: str, is_function: bool) -> None:
        self.name = name
        self.is_function = is_function
        self.parameters: list[tuple[str, str, str, bool]] = []
        self.returns: str | None = None


def _routines(one: Source) -> list[_Routine]:
    """Declarations of a package's specification, or the one of a standalone routine."""
    parser = Parser(one.text)
    found: list[_Routine] = []
    while not parser.at_end:
        word = parser.take_any("PROCEDURE", "FUNCTION")
        if word is None:
            parser.at += 1
            continue
        if parser.token.kind not in ("name", "quoted"):
            continue
        found.append(_declaration(parser, word == "FUNCTION"))
        if one.type != "PACKAGE":
            break
    return found


def _declaration(parser: Parser, is_function: bool) -> _Routine:
    _, name = parser.qualified("")
    routine = _Routine(name, is_function)
    if parser.peek("("):
        inner = Parser(parser.skip_parentheses()[1:-1])
        while not inner.at_end:
            routine.parameters.append(_parameter(inner.text_until(set())))
            if not inner.take(","):
                break
    if parser.take("RETURN"):
        stops = {
            "IS",
            "AS",
            "DETERMINISTIC",
            "PIPELINED",
            "PARALLEL_ENABLE",
            "RESULT_CACHE",
            "AUTHID",
        }
        start = parser.token.start
        while not parser.at_end and not parser.peek(";") and parser.token.value not in stops:
            parser.at += 1
        routine.returns = parser.sql[start : parser.token.start].strip()
    return routine


def _parameter(text: str) -> tuple[str, str, str, bool]:
    tokens = tokenize(text)
    name, at, modes = tokens[0].value, 1, []
    while tokens[at].value in ("IN", "OUT", "NOCOPY"):
        modes.append(tokens[at].value)
        at += 1
    parts = re.split(r":=|\bDEFAULT\b", text[tokens[at].start :], flags=re.IGNORECASE)
    mode = "IN/OUT" if {"IN", "OUT"} <= set(modes) else "OUT" if "OUT" in modes else "IN"
    return name, mode, parts[0].strip(), len(parts) > 1


@family(
    "ARGUMENTS",
    "OWNER v128, OBJECT_NAME v128, PACKAGE_NAME v128, OBJECT_ID n, OVERLOAD v40, SUBPROGRAM_ID n,"
    "ARGUMENT_NAME v128, POSITION n, SEQUENCE n, DATA_LEVEL n, DATA_TYPE v30, DEFAULTED v1,"
    "DEFAULT_VALUE l, DEFAULT_LENGTH n, IN_OUT v9, DATA_LENGTH n, DATA_PRECISION n, DATA_SCALE n,"
    "RADIX n, CHARACTER_SET_NAME v44, TYPE_OWNER v128, TYPE_NAME v128, TYPE_SUBNAME v128, TYPE_LINK v128,"
    "PLS_TYPE v128, CHAR_LENGTH n, CHAR_USED v1, ORIGIN_CON_ID v256",
)
def arguments(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Parameters as declared; types that need PL/SQL to resolve (%TYPE) stay as written."""
    for s in list(session.database.catalog.sources.values()):
        if s.type not in ("PROCEDURE", "FUNCTION", "PACKAGE"):
            continue
        for number, routine in enumerate(_routines(s), 1):
            found = list(routine.parameters)
            first = 1
            if routine.is_function and routine.returns is not None:
                found.insert(0, ("", "OUT", routine.returns, False))
                first = 0
            for sequence, (name, mode, kind, defaulted) in enumerate(found, 1):
                yield (
                    s.schema,
                    s.name,
                    {
                        "OWNER": s.schema,
                        "OBJECT_NAME": routine.name,
                        "PACKAGE_NAME": s.name if s.type == "PACKAGE" else None,
                        "OBJECT_ID": s.object_id,
                        "SUBPROGRAM_ID": number,
                        "ARGUMENT_NAME": name or None,
                        "POSITION": first + sequence - 1,
                        "SEQUENCE": sequence,
                        "DATA_LEVEL": 0,
                        "DATA_TYPE": kind.upper()[:30],
                        "DEFAULTED": "Y" if defaulted else "N",
                        "IN_OUT": mode,
                        "PLS_TYPE": kind.upper()[:128],
                        "ORIGIN_CON_ID": "0",
                    },
                )


@family(
    "DEPENDENCIES",
    "OWNER v128, NAME v128, TYPE v19, REFERENCED_OWNER v128, REFERENCED_NAME v128, REFERENCED_TYPE v19,"
    "REFERENCED_LINK_NAME v128, DEPENDENCY_TYPE v4",
)
def dependencies(session: Any) -> Iterator[tuple[str, str, Row]]:
    """By the names in views' queries, code and synonyms, as far as they name what is there."""
    catalog = session.database.catalog
    for view in list(catalog.of_type(View)):
        yield from _referenced(catalog, view.schema, view.name, "VIEW", view.text)
    for made in list(catalog.materialized_views.values()):
        yield from _referenced(catalog, made.schema, made.name, "MATERIALIZED VIEW", made.query)
    for one in list(catalog.sources.values()):
        yield from _referenced(catalog, one.schema, one.name, one.type, one.text)
    for synonym in list(catalog.of_type(Synonym)):
        key = (synonym.target_schema, synonym.target)
        yield from _rows(catalog, synonym.schema, synonym.name, "SYNONYM", {key})


def _referenced(
    catalog: Any, owner: str, name: str, kind: str, text: str
) -> Iterator[tuple[str, str, Row]]:
    tokens = [t for t in tokenize(text) if t.kind in ("name", "quoted", "symbol")]
    found: set[tuple[str, str]] = set()
    for at, token in enumerate(tokens):
        if token.kind == "symbol":
            continue
        after_dot = at > 1 and tokens[at - 1].value == "."
        schema = tokens[at - 2].value if after_dot else owner
        key = (schema, token.value)
        if key != (owner, name) and _types(catalog, *key):
            found.add(key)
    yield from _rows(catalog, owner, name, kind, found)


def _types(catalog: Any, schema: str, name: str) -> list[str]:
    item = catalog.find(schema, name)
    if item is not None:
        words = {"View": "VIEW", "Sequence": "SEQUENCE", "Synonym": "SYNONYM"}
        return [words.get(type(item).__name__, "TABLE")]
    kinds = [kind for s, n, kind in catalog.sources if (s, n) == (schema, name)]
    return [kind for kind in kinds if not kind.endswith("BODY") and kind != "TRIGGER"]


def _rows(
    catalog: Any, owner: str, name: str, kind: str, keys: set[tuple[str, str]]
) -> Iterator[tuple[str, str, Row]]:
    for schema, referenced in sorted(keys):
        for word in _types(catalog, schema, referenced):
            yield (
                owner,
                name,
                {
                    "OWNER": owner,
                    "NAME": name,
                    "TYPE": kind,
                    "REFERENCED_OWNER": schema,
                    "REFERENCED_NAME": referenced,
                    "REFERENCED_TYPE": word,
                    "DEPENDENCY_TYPE": "HARD",
                },
            )
