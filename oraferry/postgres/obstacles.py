"""What would stop a load after it began, asked before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence as Seq
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from oraferry.errors import OraferryError, SchemaIncompatible, TargetRefused
from oraferry.model import TablePlan
from oraferry.postgres.session import quote, sql_text, translated
from oraferry.postgres.upsert import list_changed

_KINDS: dict[str, type[OraferryError]] = {"fit": SchemaIncompatible, "right": TargetRefused}


def refuse_obstacles(connection: psycopg.Connection[Any], plans: Seq[TablePlan]) -> None:
    """
    SchemaIncompatible or TargetRefused for what no load of *plans* could pass: relations that
    are no tables, rights that are missing, what TRUNCATE or an upsert would be refused for.
    """
    with translated("looking at the target's tables"):
        schemas = {plan.target.ref.schema for plan in plans if plan.created}
        wanted = {"schemas": ["oraferry", *sorted(schemas)]}
        row = connection.execute(sql_text("database_obstacles"), wanted).fetchone()
        assert row
        _refuse_database(*row, needs_temporary=any(plan.mode == "upsert" for plan in plans))
        found = connection.execute(sql_text("load_obstacles"), {"plans": _describe(plans)})
        obstacles = found.fetchall()
    if not obstacles:
        return
    place, kind, reason, hint = obstacles[0]
    more = f" (and {len(obstacles) - 1} other tables)" if len(obstacles) > 1 else ""
    raise _KINDS[kind](
        f"{plans[place].target.ref} cannot be loaded: {reason}{more}",
        hint=hint,
        context={"tables": [f"{plans[o[0]].target.ref}: {o[2]}" for o in obstacles]},
    )


def _describe(plans: Seq[TablePlan]) -> Jsonb:
    return Jsonb(
        [
            {
                "place": place,
                "schema": plan.target.ref.schema,
                "name": plan.target.ref.name,
                "mode": plan.mode,
                "columns": [column.target.name for column in plan.columns],
                "changed": list_changed(plan) if plan.mode == "upsert" else [],
            }
            for place, plan in enumerate(plans)
        ]
    )


def _refuse_database(
    is_standby: bool,
    is_read_only: bool,
    missing: list[str],
    may_create_ledger: bool,
    may_fill_ledger: bool,
    may_use_temporary: bool,
    name: str,
    user: str,
    *,
    needs_temporary: bool,
) -> None:
    if is_standby or is_read_only:
        raise TargetRefused(
            f"the database {name} is read-only"
            + (": the server is a standby" if is_standby else " for this user"),
            hint="name the primary in the DSN"
            if is_standby
            else "ALTER DATABASE or ALTER ROLE … RESET default_transaction_read_only",
        )
    if missing:
        schemas = ", ".join(quote(schema) for schema in missing)
        made = "; ".join(f"CREATE SCHEMA {quote(s)} AUTHORIZATION {user}" for s in missing)
        raise TargetRefused(
            f"the right CREATE on the database {name} is missing, and so are schemas: {schemas}",
            hint=f"GRANT CREATE ON DATABASE {name} TO {user}, or as another user: {made} "
            "(oraferry keeps its ledger in a schema of its own)",
        )
    if not may_create_ledger:
        raise TargetRefused(
            "the right to create tables in the schema oraferry is missing",
            hint=f"GRANT USAGE, CREATE ON SCHEMA oraferry TO {user}: the ledger is kept there",
        )
    if not may_fill_ledger:
        raise TargetRefused(
            "the ledger in the schema oraferry is another user's",
            hint=f"GRANT ALL ON ALL TABLES IN SCHEMA oraferry TO {user}, or drop that schema if no "
            "migration is under way",
        )
    if needs_temporary and not may_use_temporary:
        raise TargetRefused(
            f"the right TEMPORARY on the database {name} is missing, which an upsert needs",
            hint=f"GRANT TEMPORARY ON DATABASE {name} TO {user}",
        )
