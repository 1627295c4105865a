"""DBMS_METADATA.GET_DEPENDENT_DDL: what belongs to a table, one statement after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from orasim.dictionary.metadata import get_ddl, quoted_name
from orasim.dictionary.model import Catalog, Table, View
from orasim.engine import OracleError, not_supported


def get_dependent_ddl(session: Any, object_type: str, name: str, schema: str | None = None) -> str:
    """The DDL of all dependents of one kind; ORA-31608 without any, ORA-31603 without the base."""
    catalog: Catalog = session.database.catalog
    owner = schema or session.current_schema
    base = catalog.find(owner, name)
    visible = owner == session.user or catalog.sees_dba_views(catalog.users[session.user])
    if not visible or not isinstance(base, Table | View):
        raise OracleError(31603, f'object "{name}" of type TABLE not found in schema "{owner}"')
    list_them = _KINDS.get(object_type)
    if list_them is None:
        raise not_supported(f"GET_DEPENDENT_DDL of {object_type}")
    texts = list(list_them(session, base))
    if not texts:
        raise OracleError(31608, f"specified object of type {object_type} not found")
    return "\n".join(texts)


def _indexes(session: Any, base: Table | View) -> Iterator[str]:
    for index in session.database.catalog.indexes.values():
        if (index.table_schema, index.table) == (base.schema, base.name):
            yield get_ddl(session, "INDEX", index.name, index.schema)


def _constraints(references: bool) -> Callable[[Any, Table | View], Iterator[str]]:
    kind = "REF_CONSTRAINT" if references else "CONSTRAINT"

    def found(session: Any, base: Table | View) -> Iterator[str]:
        for constraint in getattr(base, "constraints", []):
            if (constraint.kind == "R") == references:
                yield get_ddl(session, kind, constraint.name, base.schema)

    return found


def _triggers(session: Any, base: Table | View) -> Iterator[str]:
    for trigger in session.database.catalog.triggers.values():
        if (trigger.table_schema, trigger.table) == (base.schema, base.name):
            yield get_ddl(session, "TRIGGER", trigger.name, trigger.schema)


def _comments(session: Any, base: Table | View) -> Iterator[str]:
    shown = quoted_name(session, base.schema, base.name)
    for column in base.columns:
        if column.comment:
            yield _ended(session, f'\n   COMMENT ON COLUMN {shown}."{column.name}" IS '
                         f"{_text(column.comment)}")  # fmt: skip
    if base.comment:
        yield _ended(session, f"\n   COMMENT ON TABLE {shown}  IS {_text(base.comment)}")


def _grants(session: Any, base: Table | View) -> Iterator[str]:
    shown = quoted_name(session, base.schema, base.name)
    for grant in session.database.catalog.grants:
        if (grant.schema, grant.name) == (base.schema, base.name):
            option = " WITH GRANT OPTION" if grant.grantable else ""
            yield _ended(
                session, f'\n  GRANT {grant.privilege} ON {shown} TO "{grant.grantee}"{option}'
            )


def _text(comment: str) -> str:
    return "'" + comment.replace("'", "''") + "'"


def _ended(session: Any, text: str) -> str:
    return text + (";" if session.transform_params.get("SQLTERMINATOR") else "")


_KINDS: dict[str, Callable[[Any, Table | View], Iterator[str]]] = {
    "INDEX": _indexes,
    "CONSTRAINT": _constraints(False),
    "REF_CONSTRAINT": _constraints(True),
    "TRIGGER": _triggers,
    "COMMENT": _comments,
    "OBJECT_GRANT": _grants,
}
