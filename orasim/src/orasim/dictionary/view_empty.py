"""Families of which orasim can hold nothing: DDL refuses what would be in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.views import Row, family


def _nothing(session: Any) -> Iterator[tuple[str, str, Row]]:
    """A family of which orasim can hold nothing: what would be in it is refused by DDL."""
    return iter(())


for _name, _columns, _dropped in (
    ("POLICIES", "OBJECT_OWNER v128, OBJECT_NAME v128, POLICY_GROUP v128, POLICY_NAME v128, PF_OWNER v128, PACKAGE v128, FUNCTION v128, SEL v3, INS v3, UPD v3, DEL v3, IDX v3, ENABLE v3", ("OBJECT_OWNER",)),
    ("QUEUES", "OWNER v128, NAME v128, QUEUE_TABLE v128, QID n, QUEUE_TYPE v20", ("OWNER",)),
    ("UNUSED_COL_TABS", "OWNER v128, TABLE_NAME v128, COUNT n", ("OWNER",)),
    ("SCHEDULER_JOBS", "OWNER v128, JOB_NAME v128, JOB_TYPE v16, STATE v20, ENABLED v5", ("OWNER",)),
    ("SDO_GEOM_METADATA", "OWNER v128, TABLE_NAME v128, COLUMN_NAME v1024, SRID n", ("OWNER",)),
    ("QUEUE_TABLES", "OWNER v128, QUEUE_TABLE v128, TYPE v7, OBJECT_TYPE v257, SORT_ORDER v22, RECIPIENTS v8", ("OWNER",)),
    ("JOBS", "JOB n, LOG_USER v128, PRIV_USER v128, SCHEMA_USER v128, LAST_DATE d, NEXT_DATE d, BROKEN v1, INTERVAL v200, WHAT v4000", ()),
    ("OPERATORS", "OWNER v128, OPERATOR_NAME v128, NUMBER_OF_BINDS n", ("OWNER",)),
    ("DIMENSIONS", "OWNER v128, DIMENSION_NAME v128, INVALID v1, COMPILE_STATE v13, REVISION n", ("OWNER",)),
    ("COL_PRIVS", "GRANTEE v128, OWNER v128/DU, TABLE_SCHEMA v128/A, TABLE_NAME v128, COLUMN_NAME v128, GRANTOR v128, PRIVILEGE v40, GRANTABLE v3", ()),
    ("TAB_HISTOGRAMS", "OWNER v128, TABLE_NAME v128, COLUMN_NAME v4000, ENDPOINT_NUMBER n, ENDPOINT_VALUE n", ("OWNER",)),
    ("REFRESH", "ROWNER v128, RNAME v128, REFGROUP n, JOB n, NEXT_DATE d, INTERVAL v200, BROKEN v1", ()),
    ("RECYCLEBIN", "OWNER v128, OBJECT_NAME v128, ORIGINAL_NAME v128, OPERATION v9, TYPE v25, CREATETIME v19, DROPTIME v19, SPACE n", ("OWNER",)),
):  # fmt: skip
    family(_name, _columns, dropped=_dropped)(_nothing)

for _name, _columns in (
    ("DOMAINS", "OWNER v128, NAME v128, COLS n, DATA_DISPLAY c, DATA_ORDER c, BUILTIN v5"),
    ("DOMAIN_COLS", "OWNER v128, DOMAIN_OWNER v128, DOMAIN_NAME v128, COLUMN_NAME v128, DATA_TYPE v128, DATA_DEFAULT c"),
    ("DOMAIN_CONSTRAINTS", "OWNER v128, NAME v128, DOMAIN_OWNER v128, DOMAIN_NAME v128, CONSTRAINT_TYPE v1, SEARCH_CONDITION c"),
):  # fmt: skip
    family(_name, _columns, since="23")(_nothing)
