"""Who may do what: system privileges, roles, and the checks that DDL makes."""

from __future__ import annotations

from typing import Any

from orasim.dictionary.model import Catalog, User
from orasim.engine import OracleError

_CATALOG = {"SELECT_CATALOG_ROLE", "EXECUTE_CATALOG_ROLE"}
# Roles that every database has, with the system privileges they carry. The privilege "DBA"
# stands for all of them.
ROLES: dict[str, set[str]] = {
    "CONNECT": {"CREATE SESSION", "SET CONTAINER"},
    "RESOURCE": {
        "CREATE TABLE", "CREATE SEQUENCE", "CREATE PROCEDURE", "CREATE TRIGGER", "CREATE TYPE",
        "CREATE CLUSTER", "CREATE INDEXTYPE", "CREATE OPERATOR",
    },
    "DBA": {"DBA"},
    "SELECT_CATALOG_ROLE": set(),
    "EXECUTE_CATALOG_ROLE": set(),
    "EXP_FULL_DATABASE": set(),
    "IMP_FULL_DATABASE": set(),
    "DATAPUMP_EXP_FULL_DATABASE": set(),
    "DATAPUMP_IMP_FULL_DATABASE": set(),
    "AQ_ADMINISTRATOR_ROLE": set(),
    "AQ_USER_ROLE": set(),
    "CTXAPP": set(),
    "XDBADMIN": set(),
    "SODA_APP": set(),
    "LOGMINING": set(),
    "SCHEDULER_ADMIN": set(),
    "RECOVERY_CATALOG_OWNER": set(),
    "DB_DEVELOPER_ROLE": {
        "CREATE SESSION", "CREATE TABLE", "CREATE VIEW", "CREATE SEQUENCE", "CREATE PROCEDURE",
        "CREATE TRIGGER", "CREATE TYPE", "CREATE SYNONYM", "CREATE MATERIALIZED VIEW",
    },
}  # fmt: skip
OBJECT_PRIVILEGES = {
    "SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "ALTER", "INDEX", "EXECUTE", "READ",
    "FLASHBACK", "DEBUG", "WRITE", "QUERY REWRITE", "ON COMMIT REFRESH", "UNDER", "KEEP SEQUENCE",
    "ALL", "ALL PRIVILEGES", "MERGE VIEW", "USE", "INHERIT PRIVILEGES",
}  # fmt: skip
# What ALL stands for on a table; other objects take what they have of it.
ALL_ON_TABLE = (
    "ALTER", "DELETE", "INDEX", "INSERT", "SELECT", "UPDATE", "REFERENCES", "READ", "ON COMMIT REFRESH",
    "QUERY REWRITE", "DEBUG", "FLASHBACK",
)  # fmt: skip


def take_role(catalog: Catalog, user: User, role: str) -> None:
    """Give *user* the role and the system privileges that come with it."""
    user.roles.add(role)
    user.privileges |= catalog.roles.get(role, ROLES.get(role, set()))
    if role == "DBA":
        user.roles |= _CATALOG


def require_create(session: Any, schema: str, what: str) -> None:
    """ORA-01031 unless the user may CREATE *what* in the schema."""
    user: User = session.user_record
    if user.privileges & {"DBA", f"CREATE ANY {what}"}:
        return
    if schema == user.name and f"CREATE {what}" in user.privileges:
        return
    raise OracleError(1031, "insufficient privileges")


def require_change(session: Any, schema: str, name: str, privilege: str, grant: str = "") -> None:
    """
    ORA-00942, or ORA-01031 when the object is visible, unless the user owns it, or holds the
    system privilege (``ALTER ANY TABLE``) or *grant* on it.
    """
    user: User = session.user_record
    catalog: Catalog = session.database.catalog
    if schema == user.name or user.privileges & {"DBA", privilege}:
        return
    if grant and catalog.has_grant(user, schema, name, grant):
        return
    if catalog.may_see(user, schema, name):
        raise OracleError(1031, "insufficient privileges")
    raise OracleError(942, "table or view does not exist")
