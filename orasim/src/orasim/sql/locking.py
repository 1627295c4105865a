"""SELECT … FOR UPDATE: locks on the rows of one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from orasim.engine import not_supported

if TYPE_CHECKING:
    from orasim.sql.context import Context
    from orasim.sql.plan import Plan


def lock_rows(plan: Plan, tree: exp.Expression, context: Context) -> None:
    """ORA-03001 until row locks of queries are modelled."""
    raise not_supported("SELECT … FOR UPDATE")
