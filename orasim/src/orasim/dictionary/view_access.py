"""Users, roles, privileges: who is there and who may do what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orasim.dictionary.privileges import ROLES
from orasim.dictionary.view_tables import moment, yes
from orasim.dictionary.views import Row, family, fixed


@family(
    "TAB_PRIVS",
    "GRANTEE v128, OWNER v128/DU, TABLE_SCHEMA v128/A, TABLE_NAME v128, GRANTOR v128, PRIVILEGE v40,"
    "GRANTABLE v3, HIERARCHY v3, COMMON v3, TYPE v24, INHERITED v3@12.2",
    dropped=(),
    owner_column="\0",
)
def tab_privs(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Object grants; USER_ shows those that concern the user as owner, grantor or grantee."""
    catalog = session.database.catalog
    for g in catalog.grants:
        concerned = session.user in (g.schema, g.grantor, g.grantee)
        yield (
            session.user if concerned else g.schema,
            g.name,
            {
                "GRANTEE": g.grantee,
                "OWNER": g.schema,
                "TABLE_SCHEMA": g.schema,
                "TABLE_NAME": g.name,
                "GRANTOR": g.grantor,
                "PRIVILEGE": g.privilege,
                "GRANTABLE": yes(g.grantable),
                "HIERARCHY": "NO",
                "COMMON": "NO",
                "TYPE": _kind(catalog, g.schema, g.name),
                "INHERITED": "NO",
            },
        )


def _kind(catalog: Any, schema: str, name: str) -> str:
    """TYPE of what a grant is on."""
    item = catalog.find(schema, name)
    words = {"View": "VIEW", "Sequence": "SEQUENCE", "Synonym": "SYNONYM"}
    if item is not None:
        return words.get(type(item).__name__, "TABLE")
    if schema == "SYS" and name in catalog.directories:
        return "DIRECTORY"
    kinds = [kind for s, n, kind in catalog.sources if (s, n) == (schema, name)]
    return kinds[0] if kinds else "VIEW"


@family(
    "USERS",
    "USERNAME v128, USER_ID n, CREATED d, COMMON v3, ORACLE_MAINTAINED v1, INHERITED v3@12.2,"
    "DEFAULT_COLLATION v100@12.2, IMPLICIT v3@18, ALL_SHARD v3@18, EXTERNAL_SHARD v3@21, ACCOUNT_STATUS v32/DU,"
    "DEFAULT_TABLESPACE v30/DU, TEMPORARY_TABLESPACE v30/DU",
    dropped=(),
)
def users(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Users; everybody sees everybody."""
    for u in list(session.database.catalog.users.values()):
        if u.name == "PUBLIC":
            continue
        # The second name is PUBLIC's so that ALL_USERS shows every row.
        owner = u.name if u.name == session.user else "PUBLIC"
        yield (
            owner,
            u.name,
            {
                "USERNAME": u.name,
                "USER_ID": u.user_id,
                "CREATED": moment(u.created),
                "COMMON": yes(u.oracle_maintained),
                "ORACLE_MAINTAINED": "Y" if u.oracle_maintained else "N",
                "INHERITED": "NO",
                "DEFAULT_COLLATION": "USING_NLS_COMP",
                "IMPLICIT": "NO",
                "ALL_SHARD": "NO",
                "ACCOUNT_STATUS": "OPEN",
                "DEFAULT_TABLESPACE": "USERS",
                "TEMPORARY_TABLESPACE": "TEMP",
            },
        )


@family(
    "ROLES", "ROLE v128, ROLE_ID n, PASSWORD_REQUIRED v8, AUTHENTICATION_TYPE v11, COMMON v3,"
    "ORACLE_MAINTAINED v1, INHERITED v3@12.2, IMPLICIT v3@18, EXTERNAL_NAME v4000@18",
    dropped=(),
    scopes="D",
)  # fmt: skip
def roles(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Roles of Oracle's and of users' making."""
    own = session.database.catalog.roles
    for number, name in enumerate([*ROLES, *own], 1):
        yield (
            "SYS",
            name,
            {
                "ROLE": name,
                "ROLE_ID": number,
                "PASSWORD_REQUIRED": "NO",
                "AUTHENTICATION_TYPE": "NONE",
                "COMMON": yes(name in ROLES),
                "ORACLE_MAINTAINED": "Y" if name in ROLES else "N",
                "INHERITED": "NO",
                "IMPLICIT": "NO",
            },
        )


@family(
    "ROLE_PRIVS",
    "GRANTEE v128/D, USERNAME v128/U, GRANTED_ROLE v128, ADMIN_OPTION v3, DELEGATE_OPTION v3,"
    "DEFAULT_ROLE v3, OS_GRANTED v3/U, COMMON v3, INHERITED v3@12.2",
    dropped=(),
    scopes="DU",
    owner_column="USERNAME",
)
def role_privs(session: Any) -> Iterator[tuple[str, str, Row]]:
    """Roles of each user."""
    for user in list(session.database.catalog.users.values()):
        for role in sorted(user.roles):
            yield (
                user.name,
                role,
                {
                    "GRANTEE": user.name,
                    "USERNAME": user.name,
                    "GRANTED_ROLE": role,
                    "ADMIN_OPTION": "NO",
                    "DELEGATE_OPTION": "NO",
                    "DEFAULT_ROLE": "YES",
                    "OS_GRANTED": "NO",
                    "COMMON": "NO",
                    "INHERITED": "NO",
                },
            )


@family(
    "SYS_PRIVS",
    "GRANTEE v128/D, USERNAME v128/U, PRIVILEGE v40, ADMIN_OPTION v3, COMMON v3, INHERITED v3@12.2",
    dropped=(),
    scopes="DU",
    owner_column="USERNAME",
)
def sys_privs(session: Any) -> Iterator[tuple[str, str, Row]]:
    """System privileges of each user, those of its roles included."""
    for user in list(session.database.catalog.users.values()):
        for privilege in sorted(user.privileges - {"DBA"}):
            yield (
                user.name,
                privilege,
                {
                    "GRANTEE": user.name,
                    "USERNAME": user.name,
                    "PRIVILEGE": privilege,
                    "ADMIN_OPTION": "NO",
                    "COMMON": "NO",
                    "INHERITED": "NO",
                },
            )


@fixed("SESSION_PRIVS", "PRIVILEGE v40")
def session_privs(session: Any) -> Iterator[Row]:
    """What the user may do."""
    for name in sorted(session.database.catalog.users[session.user].privileges):
        yield {"PRIVILEGE": name}


@fixed("SESSION_ROLES", "ROLE v128")
def session_roles(session: Any) -> Iterator[Row]:
    """The user's roles."""
    for name in sorted(session.database.catalog.users[session.user].roles):
        yield {"ROLE": name}
