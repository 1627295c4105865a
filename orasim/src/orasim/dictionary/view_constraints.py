"""CONSTRAINTS and CONS_COLUMNS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.model import Constraint, Table, View
from orasim.dictionary.view_tables import moment, tables
from orasim.dictionary.views import Row, family


@family(
    "CONSTRAINTS",
    "OWNER v128, CONSTRAINT_NAME v128, CONSTRAINT_TYPE v1, TABLE_NAME v128, SEARCH_CONDITION l,"
    "SEARCH_CONDITION_VC v4000, R_OWNER v128, R_CONSTRAINT_NAME v128, DELETE_RULE v9, STATUS v8,"
    "DEFERRABLE v14, DEFERRED v9, VALIDATED v13, GENERATED v14, BAD v3, RELY v4, LAST_CHANGE d,"
    "INDEX_OWNER v128, INDEX_NAME v128, INVALID v7, VIEW_RELATED v14, ORIGIN_CON_ID v256",
    dropped=(),
)
def constraints(session: Any) -> Iterator[tuple[str, str, Row]]:
    """P, U, R, C of tables; V and O of views."""
    for table in tables(session):
        for c in table.constraints:
            yield table.schema, table.name, _constraint_row(table, c)
    for view in session.database.catalog.of_type(View):
        if view.read_only or view.check_option:
            yield (
                view.schema,
                view.name,
                {
                    "OWNER": view.schema,
                    "CONSTRAINT_NAME": f"SYS_C{view.object_id:08d}",
                    "CONSTRAINT_TYPE": "O" if view.read_only else "V",
                    "TABLE_NAME": view.name,
                    "STATUS": "ENABLED",
                    "DEFERRABLE": "NOT DEFERRABLE",
                    "DEFERRED": "IMMEDIATE",
                    "VALIDATED": "NOT VALIDATED",
                    "GENERATED": "GENERATED NAME",
                },
            )


def _constraint_row(table: Table, c: Constraint) -> Row:
    return {
        "OWNER": table.schema,
        "CONSTRAINT_NAME": c.name,
        "CONSTRAINT_TYPE": c.kind,
        "TABLE_NAME": table.name,
        "SEARCH_CONDITION": c.condition,
        "SEARCH_CONDITION_VC": c.condition[:4000] if c.condition else None,
        "R_OWNER": c.parent_schema if c.kind == "R" else None,
        "R_CONSTRAINT_NAME": c.parent_constraint if c.kind == "R" else None,
        "DELETE_RULE": c.delete_rule,
        "STATUS": "ENABLED" if c.enabled else "DISABLED",
        "DEFERRABLE": "DEFERRABLE" if c.deferrable else "NOT DEFERRABLE",
        "DEFERRED": "DEFERRED" if c.initially_deferred else "IMMEDIATE",
        "VALIDATED": "VALIDATED" if c.validated else "NOT VALIDATED",
        "GENERATED": "GENERATED NAME" if c.generated else "USER NAME",
        "RELY": "RELY" if c.rely else None,
        "LAST_CHANGE": moment(table.last_ddl),
        "INDEX_OWNER": table.schema if c.index else None,
        "INDEX_NAME": c.index,
        "ORIGIN_CON_ID": "0",
    }


@family(
    "CONS_COLUMNS",
    "OWNER v128, CONSTRAINT_NAME v128, TABLE_NAME v128, COLUMN_NAME v4000, POSITION n",
    dropped=(),
)
def cons_columns(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Positions for keys, none for checks."""
    for table in tables(session):
        for c in table.constraints:
            for position, column in enumerate(c.columns, 1):
                yield (
                    table.schema,
                    table.name,
                    {
                        "OWNER": table.schema,
                        "CONSTRAINT_NAME": c.name,
                        "TABLE_NAME": table.name,
                        "COLUMN_NAME": column,
                        "POSITION": position if c.kind != "C" else None,
                    },
                )
