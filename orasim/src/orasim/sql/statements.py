"""ALTER SESSION and SYSTEM, COMMIT, SAVEPOINT, SET TRANSACTION, LOCK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orasim.engine import OracleError, Outcome, not_supported
from orasim.sql.scan import Token, scan, significant, string_value
from orasim.zones import parse_zone

if TYPE_CHECKING:
    from orasim.sql.session import SqlSession

# Parameters that change how Oracle works and nothing that a client can see in the answers.
_WITHOUT_EFFECT = frozenset(
    [
        "_SERIAL_DIRECT_READ",
        "OPTIMIZER_MODE",
        "OPTIMIZER_FEATURES_ENABLE",
        "STATISTICS_LEVEL",
        "SQL_TRACE",
        "CURSOR_SHARING",
        "DDL_LOCK_TIMEOUT",
        "SKIP_UNUSABLE_INDEXES",
        "PLSQL_CODE_TYPE",
        "PLSQL_OPTIMIZE_LEVEL",
        "PLSQL_WARNINGS",
        "PLSQL_CCFLAGS",
        "TRACEFILE_IDENTIFIER",
        "WORKAREA_SIZE_POLICY",
        "SORT_AREA_SIZE",
        "HASH_AREA_SIZE",
        "QUERY_REWRITE_ENABLED",
        "RECYCLEBIN",
        "DB_FILE_MULTIBLOCK_READ_COUNT",
        "PARALLEL_DEGREE_POLICY",
        "EVENTS",
        "MAX_DUMP_FILE_SIZE",
        "TIMED_STATISTICS",
        "DEFERRED_SEGMENT_CREATION",
    ]
)
_ONLY = {
    "NLS_LANGUAGE": {"AMERICAN", "ENGLISH"},
    "NLS_TERRITORY": {"AMERICA"},
    "NLS_DATE_LANGUAGE": {"AMERICAN", "ENGLISH"},
    "NLS_SORT": {"BINARY"},
    "NLS_COMP": {"BINARY"},
    "NLS_CALENDAR": {"GREGORIAN"},
    "NLS_LENGTH_SEMANTICS": {"BYTE", "CHAR"},
    "NLS_NCHAR_CONV_EXCP": {"FALSE"},
}


def _value(token: Token) -> str:
    if token.kind == "string":
        return string_value(token.text)
    if token.kind == "quoted":
        return token.text[1:-1]
    return token.upper


def alter_session(session: SqlSession, sql: str) -> Outcome:
    """SET parameter = value …, ENABLE/DISABLE/FORCE PARALLEL."""
    tokens = significant(scan(sql))[2:]
    words = [token.upper for token in tokens]
    if words and words[0] in ("ENABLE", "DISABLE", "FORCE", "CLOSE", "ADVISE"):
        return Outcome("session")
    if not words or words[0] != "SET":
        raise OracleError(922, "missing or invalid option")
    at = 1
    while at < len(tokens):
        if at + 2 >= len(tokens) and tokens[at].upper != "CONTAINER":
            if "EVENTS" in words:
                return Outcome("session")
            raise OracleError(2248, "invalid option for ALTER SESSION")
        name = tokens[at].text[1:-1].upper() if tokens[at].kind == "quoted" else tokens[at].upper
        if name == "EVENTS":
            return Outcome("session")
        if tokens[at + 1].text != "=":
            raise OracleError(927, "missing equal sign")
        if name == "ISOLATION_LEVEL" and tokens[at + 2].upper == "READ":
            _set(session, name, " ".join(words[at + 2 : at + 4]))
            at += 4
            continue
        sign = ""
        if tokens[at + 2].text in ("-", "+"):
            sign, at = tokens[at + 2].text, at + 1
        _set(session, name, sign + _value(tokens[at + 2]))
        at += 3
    return Outcome("session")


def _set(session: SqlSession, name: str, value: str) -> None:
    nls = session.nls
    if name == "CURRENT_SCHEMA":
        session.set_current_schema(value)
    elif name == "TIME_ZONE":
        word = value.strip().upper()
        zone = (0, None) if word in ("LOCAL", "DBTIMEZONE") else parse_zone(value)
        nls.zone = zone
    elif name in nls.parameters:
        if name in _ONLY and value.upper() not in _ONLY[name]:
            raise not_supported(f"{name} = {value}")
        if name == "NLS_NUMERIC_CHARACTERS" and (len(value) != 2 or value[0] == value[1]):
            raise OracleError(12705, "Cannot access NLS data files or invalid environment")
        nls.parameters[name] = value
    elif name == "ISOLATION_LEVEL":
        _set_isolation(session, value)
    elif name in _WITHOUT_EFFECT or name.startswith("_"):
        return
    elif name == "CONTAINER":
        raise OracleError(65090, "operation only allowed in a container database")
    else:
        raise OracleError(2248, "invalid option for ALTER SESSION")


def alter_system(session: SqlSession, sql: str) -> Outcome:
    """KILL SESSION 'sid,serial#' [IMMEDIATE | NOREPLAY]; nothing else of ALTER SYSTEM."""
    tokens = significant(scan(sql))[2:]
    words = [token.upper for token in tokens]
    if not session.user_record.privileges & {"ALTER SYSTEM", "DBA"}:
        raise OracleError(1031, "insufficient privileges")
    if words[:2] != ["KILL", "SESSION"]:
        raise not_supported("ALTER SYSTEM beyond KILL SESSION")
    if len(tokens) < 3 or tokens[2].kind != "string" or set(words[3:]) - {"IMMEDIATE", "NOREPLAY"}:
        raise OracleError(26, "missing or invalid session ID")
    numbers = string_value(tokens[2].text).split(",")[:2]
    if len(numbers) < 2 or not all(number.strip().isdigit() for number in numbers):
        raise OracleError(26, "missing or invalid session ID")
    wanted = (int(numbers[0]), int(numbers[1]))
    found = [one for one in session.database.sessions if (one.session_id, one.serial) == wanted]
    if not found:
        raise OracleError(30, "User session ID does not exist.")
    if found[0] is session:
        raise OracleError(27, "cannot kill current session")
    found[0].kill()
    return Outcome("ddl")


def _set_isolation(session: SqlSession, value: str) -> None:
    if value.upper() not in ("SERIALIZABLE", "READ COMMITTED"):
        raise OracleError(2183, "valid options: ISOLATION_LEVEL { SERIALIZABLE | READ COMMITTED }")
    session.is_serializable = value.upper() == "SERIALIZABLE"


def transaction_statement(session: SqlSession, sql: str) -> Outcome | None:
    """COMMIT, ROLLBACK, SAVEPOINT, SET TRANSACTION, SET ROLE, LOCK TABLE; None for others."""
    tokens = significant(scan(sql))
    words = [token.upper for token in tokens]
    head = words[0]
    if head == "COMMIT":
        if len(words) > 1 and words[1] not in ("WORK", "COMMENT", "WRITE"):
            raise OracleError(2185, "a token other than WORK follows COMMIT")
        session.commit()
        return Outcome("transaction")
    if head == "ROLLBACK":
        rest = [token for token in tokens[1:] if token.upper not in ("WORK", "TO", "SAVEPOINT")]
        if rest:
            session.rollback_to(_value(rest[0]))
        else:
            session.rollback()
        return Outcome("transaction")
    if head == "SAVEPOINT" and len(tokens) == 2:
        session.transaction.savepoints[_value(tokens[1])] = session.transaction.mark()
        return Outcome("transaction")
    if head == "SET" and words[1:2] == ["TRANSACTION"]:
        return _set_transaction(session, words[2:])
    if head == "SET" and words[1:2] in (["CONSTRAINT"], ["CONSTRAINTS"]):
        return _set_constraints(session, tokens[2:])
    if head == "SET" and words[1:2] == ["ROLE"]:
        return Outcome("session")
    if head == "LOCK" and words[1:2] == ["TABLE"]:
        return _lock_table(session, tokens)
    return None


def _set_constraints(session: SqlSession, tokens: list[Token]) -> Outcome:
    """ALL, or names with commas; then IMMEDIATE or DEFERRED."""
    if len(tokens) < 2 or tokens[-1].upper not in ("IMMEDIATE", "DEFERRED"):
        raise OracleError(905, "missing keyword")
    names, mode = tokens[:-1], tokens[-1].upper
    if len(names) == 1 and names[0].upper == "ALL":
        session.deferring.set_mode(session, None, mode)
        return Outcome("transaction")
    keys, at = [], 0
    while at < len(names):
        schema, name = session.current_schema, _value(names[at])
        if at + 2 < len(names) and names[at + 1].text == ".":
            schema, name, at = name, _value(names[at + 2]), at + 2
        keys.append((schema, name))
        if at + 1 < len(names) and names[at + 1].text != ",":
            raise OracleError(905, "missing keyword")
        at += 2
    session.deferring.set_mode(session, keys, mode)
    return Outcome("transaction")


def _set_transaction(session: SqlSession, words: list[str]) -> Outcome:
    if session.in_transaction:
        raise OracleError(1453, "SET TRANSACTION must be first statement of transaction")
    if words[:2] == ["READ", "ONLY"] or words[:3] == ["ISOLATION", "LEVEL", "SERIALIZABLE"]:
        session.begin_snapshot(read_only=words[0] == "READ")
    elif words[:2] not in (["READ", "WRITE"], ["ISOLATION", "LEVEL"]) and words[:1] != ["NAME"]:
        raise OracleError(2184, "resource quotas are not allowed in REVOKE")
    return Outcome("transaction")


def _lock_table(session: SqlSession, tokens: list[Token]) -> Outcome:
    from orasim.dictionary import model

    schema, name = session.current_schema, _value(tokens[2])
    if len(tokens) > 4 and tokens[3].text == ".":
        schema, name = name, _value(tokens[4])
    found = session.catalog.resolve(schema, name)
    if not isinstance(found, model.Table):
        raise OracleError(942, "table or view does not exist")
    session.require_change(found.schema, found.name, "SELECT")
    words = [token.upper for token in tokens]
    if "EXCLUSIVE" in words and "ROW" not in words:
        raise not_supported("LOCK TABLE … EXCLUSIVE MODE")
    # ROW SHARE and ROW EXCLUSIVE hinder no statement that orasim runs besides DDL.
    return Outcome("transaction")
