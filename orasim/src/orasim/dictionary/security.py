"""CREATE, ALTER and DROP USER, roles, GRANT and REVOKE."""

from __future__ import annotations

import re
from typing import Any

from orasim.dictionary.model import Catalog, Grant, User
from orasim.dictionary.privileges import ALL_ON_TABLE, OBJECT_PRIVILEGES, ROLES, take_role
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, Outcome, not_supported

_USER_WORDS = {
    "DEFAULT", "TEMPORARY", "TABLESPACE", "QUOTA", "UNLIMITED", "ON", "PROFILE", "ACCOUNT", "UNLOCK",
    "CONTAINER", "CURRENT", "ALL", "COLLATION", "LOCAL", "ENABLE", "EDITIONS", "ROLE", "GRANT",
    "CONNECT", "THROUGH", "PASSWORD", "READ", "WRITE",
}  # fmt: skip
_SYSTEM_NAMES = re.compile(r"(V_\$|GV_\$|DBA_|ALL_|USER_|DBMS_|UTL_|CTX_|OWA_|HTP|HTF|V\$|GV\$)")


def create_user(parser: Parser, session: Any) -> Outcome:
    """CREATE USER, after these words: without any privilege, as Oracle does."""
    catalog: Catalog = session.database.catalog
    name = parser.name()
    if name in catalog.roles:
        raise OracleError(1920, f"user name '{name}' conflicts with another user or role name")
    password = _password(parser)
    if password is None:
        raise OracleError(922, "missing or invalid option", parser.token.start)
    _skip_options(parser)
    user = session.database.create_user(name, password, profile="none")
    user.privileges.clear()
    return Outcome("ddl")


def alter_user(parser: Parser, session: Any) -> Outcome:
    """ALTER USER: a new password; what orasim keeps no account of changes nothing."""
    catalog: Catalog = session.database.catalog
    name = parser.name()
    user = catalog.users.get(name)
    if user is None:
        raise OracleError(1918, f"user '{name}' does not exist")
    password = _password(parser)
    if password is not None:
        user.password = password
    _skip_options(parser)
    return Outcome("ddl")


def _password(parser: Parser) -> str | None:
    if not parser.take("IDENTIFIED"):
        return "" if parser.take("NO", "AUTHENTICATION") else None
    if parser.take_any("EXTERNALLY", "GLOBALLY"):
        raise not_supported("users without a password of their own")
    parser.expect("BY")
    if parser.take("VALUES"):
        raise not_supported("IDENTIFIED BY VALUES")
    token = parser.token
    raw = parser.sql[token.start : token.end]
    parser.at += 1
    if not raw.startswith('"'):
        # A password may be a word that is no name, or go on after one: p@ss is not, p#1 is.
        while parser.token.kind not in ("end", "symbol") and parser.token.start == token.end:
            token = parser.token
            raw += parser.sql[token.start : token.end]
            parser.at += 1
        return raw
    return raw[1:-1]


def _skip_options(parser: Parser) -> None:
    while not parser.at_end and not parser.take(";"):
        token = parser.token
        if token.kind == "name" and token.value in ("LOCK", "EXPIRE"):
            raise not_supported(f"ACCOUNT {token.value}")
        previous = parser.tokens[parser.at - 1].value
        names = ("TABLESPACE", "ON", "PROFILE", "THROUGH", "=", "ROLE")
        if token.kind == "name" and token.value not in _USER_WORDS and previous not in names:
            if not re.fullmatch(r"[KMGTPE]", token.value):
                raise parser.unknown()
        parser.at += 1


def drop_user(parser: Parser, session: Any) -> Outcome:
    """DROP USER [CASCADE], with everything the user owns."""
    catalog: Catalog = session.database.catalog
    name = parser.name()
    if name not in catalog.users or catalog.users[name].oracle_maintained:
        raise OracleError(1918, f"user '{name}' does not exist")
    cascade = parser.take("CASCADE")
    if any(other.user == name for other in session.database.sessions):
        raise OracleError(1940, "cannot drop a user that is currently connected")
    if not cascade and any(key[0] == name for key in catalog.objects):
        raise OracleError(1922, f"CASCADE must be specified to drop '{name}'")
    _forget(catalog, name)
    del catalog.users[name]
    return Outcome("ddl")


def _forget(catalog: Catalog, owner: str) -> None:
    """Everything of a schema, and foreign keys of others that point into it."""
    from orasim.dictionary.model import Table

    for table in catalog.of_type(Table):
        table.constraints = [
            c
            for c in table.constraints
            if table.schema == owner or c.kind != "R" or c.parent_schema != owner
        ]
    stores: tuple[dict[Any, Any], ...] = (
        catalog.objects, catalog.materialized_views, catalog.indexes, catalog.sources,
        catalog.triggers, catalog.types, catalog.links, catalog.clusters, catalog.view_logs,
    )  # fmt: skip
    for store in stores:
        for key in [key for key in store if key[0] == owner]:
            del store[key]
    catalog.grants = [g for g in catalog.grants if owner not in (g.schema, g.grantee)]


def create_role(parser: Parser, session: Any) -> Outcome:
    """CREATE ROLE; a role's own password is not asked for."""
    catalog: Catalog = session.database.catalog
    name = parser.name()
    if name in catalog.roles or name in ROLES or name in catalog.users:
        raise OracleError(1921, f"role name '{name}' conflicts with another user or role name")
    if not (parser.at_end or parser.take("NOT", "IDENTIFIED")):
        raise parser.unknown()
    catalog.roles[name] = set()
    return Outcome("ddl")


def drop_role(parser: Parser, session: Any) -> Outcome:
    """DROP ROLE: taken from everybody who has it."""
    catalog: Catalog = session.database.catalog
    name = parser.name()
    if catalog.roles.pop(name, None) is None:
        raise OracleError(1919, f"role '{name}' does not exist")
    for user in catalog.users.values():
        user.roles.discard(name)
    catalog.grants = [g for g in catalog.grants if g.grantee != name]
    return Outcome("ddl")


# -- GRANT and REVOKE ----------------------------------------------------------------------------


def grant_or_revoke(parser: Parser, session: Any, *, revoke: bool) -> Outcome:
    """GRANT or REVOKE, after that word."""
    catalog: Catalog = session.database.catalog
    privileges = _privileges(parser)
    target = _target(parser, session) if parser.take("ON") else None
    parser.expect("FROM" if revoke else "TO")
    grantees = [parser.name()]
    while parser.take(","):
        grantees.append(parser.name())
    grantable = parser.take("WITH", "GRANT", "OPTION")
    parser.take("WITH", "ADMIN", "OPTION") or parser.take("WITH", "HIERARCHY", "OPTION")
    parser.take("CASCADE", "CONSTRAINTS") or parser.take("FORCE")
    if parser.take("IDENTIFIED"):
        raise not_supported("GRANT … IDENTIFIED BY")
    if not parser.at_end and not parser.take(";"):
        raise parser.unknown()
    for grantee in grantees:
        if grantee != "PUBLIC" and grantee not in (*catalog.users, *catalog.roles, *ROLES):
            raise OracleError(1917, f"user or role '{grantee}' does not exist")
    for grantee in grantees:
        for privilege in privileges:
            if target is None:
                _system(catalog, privilege, grantee, revoke=revoke)
            else:
                _object(session, privilege, target, grantee, grantable, revoke=revoke)
    return Outcome("ddl")


def _privileges(parser: Parser) -> list[str]:
    """Privileges in capitals, quoted roles as typed."""
    found = []
    while True:
        text = "ON COMMIT REFRESH"
        if not parser.take("ON", "COMMIT", "REFRESH"):
            text = parser.text_until({"ON", "TO", "FROM"})
        if "(" in text:
            raise not_supported("privileges on columns")
        found.append(text.strip() if text.startswith('"') else " ".join(text.upper().split()))
        if not parser.take(","):
            return found


def _target(parser: Parser, session: Any) -> tuple[str, str]:
    """The object after ON; ORA-00942 (ORA-04042 …) when there is none."""
    catalog: Catalog = session.database.catalog
    if parser.take("DIRECTORY"):
        name = parser.name()
        if name not in catalog.directories:
            raise OracleError(22930, "directory does not exist")
        return "SYS", name
    if parser.peek("SCHEMA") or parser.peek("EDITION") or parser.peek("USER"):
        raise parser.unknown()
    for word in ("TYPE", "MINING", "JAVA", "SQL"):
        if parser.peek(word) and parser.tokens[parser.at + 1].kind in ("name", "quoted"):
            raise parser.unknown()
    schema, name = parser.qualified(session.current_schema)
    if exists(catalog, schema, name):
        _require_owner(session, schema, name)
        return schema, name
    if schema in ("SYS", session.current_schema) and _SYSTEM_NAMES.match(name):
        if name.startswith(("V$", "GV$")):
            raise OracleError(2030, "can only select from fixed tables/views")
        return "SYS", name
    raise OracleError(942, "table or view does not exist")


def exists(catalog: Catalog, schema: str, name: str) -> bool:
    """True when the schema has anything of that name that can be granted on."""
    return (
        (schema, name) in catalog.objects
        or (schema, name) in catalog.types
        or any(key[:2] == (schema, name) for key in catalog.sources)
    )


def _require_owner(session: Any, schema: str, name: str) -> None:
    user: User = session.user_record
    if schema == user.name or user.privileges & {"DBA", "GRANT ANY OBJECT PRIVILEGE"}:
        return
    catalog: Catalog = session.database.catalog
    held = [g for g in catalog.grants if (g.schema, g.name, g.grantee) == (schema, name, user.name)]
    if any(g.grantable for g in held):
        return
    if catalog.may_see(user, schema, name):
        raise OracleError(1031, "insufficient privileges")
    raise OracleError(942, "table or view does not exist")


def _system(catalog: Catalog, privilege: str, grantee: str, *, revoke: bool) -> None:
    """A system privilege or a role, to a user or a role."""
    name = privilege[1:-1] if privilege.startswith('"') else privilege
    is_role = name in ROLES or name in catalog.roles
    if not is_role and " " not in name:
        raise OracleError(1919, f"role '{name}' does not exist")
    if grantee == "PUBLIC":
        raise not_supported("system privileges to PUBLIC")
    carried = catalog.roles.get(name, ROLES.get(name, set())) if is_role else {name}
    if name == "ALL PRIVILEGES":
        carried = {"DBA"}
    if grantee not in catalog.users:
        held = catalog.roles.setdefault(grantee, set(ROLES.get(grantee, set())))
        held -= carried if revoke else set()
        held |= set() if revoke else carried
        for user in catalog.users.values():
            if grantee in user.roles and not revoke:
                user.privileges |= carried
        return
    user = catalog.users[grantee]
    if revoke:
        if name not in (user.roles if is_role else user.privileges):
            raise OracleError(1951 if is_role else 1952, f"{name} not granted to '{grantee}'")
        user.roles.discard(name)
        user.privileges -= carried
    elif is_role:
        take_role(catalog, user, name)
    else:
        user.privileges |= carried


def _object(
    session: Any,
    privilege: str,
    target: tuple[str, str],
    grantee: str,
    grantable: bool,
    *,
    revoke: bool,
) -> None:
    catalog: Catalog = session.database.catalog
    if privilege not in OBJECT_PRIVILEGES:
        raise OracleError(990, "missing or invalid privilege")
    names = ALL_ON_TABLE if privilege in ("ALL", "ALL PRIVILEGES") else (privilege,)
    schema, name = target
    kept = [
        g
        for g in catalog.grants
        if (g.grantee, g.schema, g.name) != (grantee, schema, name) or g.privilege not in names
    ]
    if revoke and len(kept) == len(catalog.grants):
        raise OracleError(1927, "cannot REVOKE privileges you did not grant")
    catalog.grants = kept
    if not revoke:
        catalog.grants += [
            Grant(session.user, grantee, schema, name, one, grantable) for one in names
        ]
