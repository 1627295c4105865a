"""One connected user: what a statement is, its privileges, its transaction."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from orasim.dictionary import model
from orasim.dictionary.shapes import find_shape, row_shape, shape_of
from orasim.engine import Bind, OracleError, Outcome, failure, not_supported
from orasim.sql import functions as _functions  # noqa: F401
from orasim.sql import plsql, scanfast, statements
from orasim.sql.arithmetic import exact
from orasim.sql.binds import bind_values, check_binds, type_of
from orasim.sql.context import Context
from orasim.sql.convert import Nls
from orasim.sql.cursor import PlanCursor
from orasim.sql.deferring import Deferring
from orasim.sql.dml import Dml, compile_dml
from orasim.sql.plan import Plan, plan_query
from orasim.sql.scan import first_words, select_items
from orasim.sql.scope import ResultColumn
from orasim.sql.tables import Names
from orasim.storage.objects import Shape, type_oid
from orasim.storage.transaction import Transaction
from orasim.values import OraType

if TYPE_CHECKING:
    from orasim.database import Database

logger = logging.getLogger("orasim")

_NAME_PARTS = re.compile(r'"[^"]+"|[^".]+')
_QUERY_WORDS = {"SELECT", "WITH"}
_DML_WORDS = {"INSERT", "UPDATE", "DELETE", "MERGE"}
_PLSQL_WORDS = {"BEGIN", "DECLARE", "CALL"}
_READERS = _QUERY_WORDS | _DML_WORDS | _PLSQL_WORDS
_TRANSACTION_WORDS = {"COMMIT", "ROLLBACK", "SAVEPOINT", "SET", "LOCK"}
_DDL_WORDS = {
    "CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE", "RENAME", "TRUNCATE", "ANALYZE",
    "PURGE", "AUDIT", "NOAUDIT", "FLASHBACK", "ASSOCIATE", "DISASSOCIATE", "ADMINISTER",
}  # fmt: skip


class SqlSession:
    """Implements ``orasim.engine.Session``."""

    def __init__(
        self, database: Database, user: model.User, program: str, session_id: int, serial: int
    ) -> None:
        self.database = database
        self.user_record = user
        self.user = user.name
        self.current_schema = user.name
        self.program = program
        self.session_id = session_id
        self.serial = serial
        self.logon_time = time.time()
        self.nls = Nls()
        self.transaction = Transaction(database.storage)
        self.deferring = Deferring()
        self.snapshot_scn: int | None = None
        self.is_read_only = False
        self.is_serializable = False  # ALTER SESSION: every transaction begins with a snapshot
        self.client_info: dict[str, str] = {}
        self.app_context: dict[str, str] = {}  # namespace CLIENTCONTEXT
        self.statistics: Counter[str] = Counter()
        self.current_values: dict[int, int] = {}
        self.transform_params: dict[str, Any] = {}  # DBMS_METADATA.SET_TRANSFORM_PARAM
        self.is_killed = False
        self.output: list[str] | None = None  # DBMS_OUTPUT's lines; None: not enabled
        self.output_line = ""
        self.packages: dict[tuple[str, str], Any] = {}  # the state of PL/SQL packages
        self._cancelled = threading.Event()

    # -- what others ask ------------------------------------------------------------------

    @property
    def catalog(self) -> model.Catalog:
        return self.database.catalog

    @property
    def storage(self) -> Any:
        return self.database.storage

    @property
    def version(self) -> tuple[int, ...]:
        return self.database.identity.version

    @property
    def in_transaction(self) -> bool:
        return self.transaction.is_open or self.snapshot_scn is not None

    @property
    def nls_char_semantics(self) -> bool:
        """True when VARCHAR2(n) means characters here."""
        return self.nls.parameters["NLS_LENGTH_SEMANTICS"] == "CHAR"

    # -- execution ------------------------------------------------------------------------

    def execute(
        self, sql: str, binds: Sequence[Bind], executions: int = 1, *, batch_errors: bool = False
    ) -> Outcome:
        """Run one statement; errors that say "not supported" are logged with its text."""
        self._cancelled.clear()
        try:
            with exact():
                return self._execute(sql, list(binds), executions, batch_errors)
        except OracleError as error:
            if error.code == 3001:
                logger.warning("%s: %s", error.message, sql)
            raise
        except RecursionError:
            raise not_supported("statement too deeply nested") from None
        except Exception as error:
            logger.exception("the engine failed: %s", sql)
            raise failure(error) from error

    def _execute(self, sql: str, binds: list[Bind], executions: int, batch_errors: bool) -> Outcome:
        words = first_words(sql)
        if not words:
            raise OracleError(900, "invalid SQL statement")
        head = words[0]
        if self.is_serializable and not self.in_transaction and head in _READERS:
            self.begin_snapshot(read_only=False)
        if head in _QUERY_WORDS:
            return self._query(sql, binds, run=True)
        if head in _DML_WORDS:
            return self._dml(sql, binds, executions, batch_errors)
        if head in _PLSQL_WORDS:
            return plsql.execute(self, sql, binds, executions)
        if head in _TRANSACTION_WORDS:
            outcome = statements.transaction_statement(self, sql)
            if outcome is not None:
                return outcome
        if head == "ALTER" and words[1:2] == ["SESSION"]:
            return statements.alter_session(self, sql)
        if head == "ALTER" and words[1:2] == ["SYSTEM"]:
            return statements.alter_system(self, sql)
        if head in _DDL_WORDS:
            return self._ddl(sql)
        if head == "EXPLAIN":
            raise not_supported("EXPLAIN PLAN")
        raise OracleError(900, "invalid SQL statement")

    def describe(self, sql: str) -> Outcome:
        """Parse and describe; DML and PL/SQL are only parsed."""
        words = first_words(sql)
        if words and words[0] in _QUERY_WORDS:
            return self._query(sql, [], run=False)
        return Outcome("dml")

    def _context(self, sql: str, binds: list[Bind]) -> tuple[Any, Context]:
        statement = self.database.statements.get(sql)
        if statement.has_except and self.version < (21,):
            raise OracleError(933, "SQL command not properly ended")
        context = Context(self, statement.bind_names)
        if statement.returning_binds:
            context.returning_types = [
                type_of(bind) for bind in binds[len(binds) - statement.returning_binds :]
            ]
            binds = binds[: len(binds) - statement.returning_binds]
        if statement.bind_names:
            if not binds:
                from orasim.sql.context import BindValue

                context.binds = [BindValue() for _ in statement.bind_names]
            else:
                check_binds(statement.bind_names, binds)
                context.binds = bind_values(binds, 0)
        return statement, context

    def _plan(self, sql: str, binds: list[Bind]) -> tuple[Plan, Context, Any]:
        statement, context = self._context(sql, binds)
        plan = plan_query(statement.tree, context, None, Names(), select_items(sql))
        return plan, context, statement

    def _query(self, sql: str, binds: list[Bind], *, run: bool) -> Outcome:
        plan, context, statement = self._plan(sql, binds)
        if run and statement.bind_names and not binds:
            raise OracleError(1008, "not all variables bound")
        cursor: Any = scanfast.fast_cursor(plan, statement.tree, context, self.check_cancelled)
        if cursor is None:
            cursor = PlanCursor(plan, self.check_cancelled)
        if run:
            context.begin_execution()
            if statement.tree.args.get("locks"):
                from orasim.sql.locking import lock_rows

                lock_rows(plan, statement.tree, context)
            cursor.open()
        return Outcome("query", cursor=cursor)

    def describe_columns(self, sql: str) -> list[ResultColumn]:
        """The columns of a query, for CREATE VIEW and CREATE TABLE AS."""
        return self._plan(sql, [])[0].columns

    def check_writable(self) -> None:
        """ORA-01456 in a READ ONLY transaction."""
        if self.is_read_only:
            raise OracleError(
                1456,
                "may not perform insert, delete, update operation inside a READ ONLY transaction",
            )

    def run_nested(self, sql: str) -> Outcome:
        """A statement without binds, run by a block that is running: a cancel reaches both."""
        return self._execute(sql, [], 1, False)

    def _dml(self, sql: str, binds: list[Bind], executions: int, batch_errors: bool) -> Outcome:
        self.check_writable()
        statement, context = self._context(sql, binds)
        if statement.bind_names and not binds:
            raise OracleError(1008, "not all variables bound")
        dml = compile_dml(statement, context)
        binds = binds[: len(binds) - statement.returning_binds]
        counts: list[int] = []
        errors: list[tuple[int, OracleError]] = []
        returned: list[list[list[Any]]] = [[] for _ in dml.returned]
        for execution in range(max(executions, 1)):
            if execution and statement.bind_names:
                for known, fresh in zip(context.binds, bind_values(binds, execution), strict=True):
                    known.value = fresh.value
            mark = self.transaction.mark()
            context.begin_execution()
            try:
                self.check_cancelled()
                counts.append(dml.run())
                for place, values in enumerate(dml.returned):
                    returned[place].append(list(values))
            except Exception as error:
                self.transaction.rollback_to(mark)
                if not isinstance(error, OracleError):
                    raise
                if not batch_errors:
                    error.executed = sum(counts)  # type: ignore[attr-defined]
                    raise
                counts.append(0)
                errors.append((execution, error))
                for values in returned:
                    values.append([])
        return Outcome(
            "dml",
            row_count=sum(counts),
            row_counts=counts,
            batch_errors=errors or None,
            returning=returned if dml.returned else None,
            rowid=self._last_rowid(dml) if any(counts) else None,
        )

    def execute_for_owner(self, sql: str) -> None:
        """A statement that another one brings with it; it needs no rights of the user's."""
        user = self.user_record
        self.user_record = replace(user, privileges={*user.privileges, "DBA"})
        try:
            self._dml(sql, [], 1, False)
        finally:
            self.user_record = user

    def _last_rowid(self, dml: Dml) -> bytes | None:
        # Rows of index-organized tables have no physical ROWID to tell.
        is_heap = dml.table is not None and not dml.table.index_organized
        return self.transaction.last_rowid if is_heap else None

    def _ddl(self, sql: str) -> Outcome:
        from orasim.dictionary import ddl

        text = sql.strip()
        outcome = ddl.apply(text, self)
        return outcome

    def check_cancelled(self) -> None:
        """ORA-01013 after cancel()."""
        if self._cancelled.is_set():
            self._cancelled.clear()
            raise OracleError(1013, "user requested cancel of current operation")

    # -- transaction ----------------------------------------------------------------------

    def commit(self) -> None:
        """ORA-02091, and a rollback, when a deferred constraint is violated."""
        try:
            self.deferring.test_all(self)
        except OracleError:
            self.rollback()
            raise
        self.transaction.commit()
        self._end_snapshot()

    def rollback(self) -> None:
        self.transaction.rollback()
        self._end_snapshot()

    def rollback_to(self, name: str) -> None:
        """ROLLBACK TO SAVEPOINT; ORA-01086."""
        mark = self.transaction.savepoints.get(name)
        if mark is None:
            raise OracleError(
                1086, f"savepoint '{name}' never established in this session or is invalid"
            )
        self.transaction.rollback_to(mark)

    def begin_snapshot(self, *, read_only: bool) -> None:
        """Reads see the database as of now until the transaction ends."""
        self.snapshot_scn = self.storage.expose_scn()
        self.transaction.snapshot_scn = self.snapshot_scn
        self.is_read_only = read_only

    def _end_snapshot(self) -> None:
        self.snapshot_scn = self.transaction.snapshot_scn = None
        self.is_read_only = False
        self.deferring.end()

    # -- session --------------------------------------------------------------------------

    def set_current_schema(self, name: str) -> None:
        """ORA-01435 when there is no such user."""
        if name not in self.catalog.users:
            raise OracleError(1435, "user does not exist")
        self.current_schema = name

    def set_client_info(self, **values: str) -> None:
        self.client_info.update(values)

    def set_context(self, namespace: str, entries: dict[str, str] | None) -> None:
        """Only CLIENTCONTEXT may be set by everybody."""
        if namespace.upper() != "CLIENTCONTEXT":
            raise OracleError(28267, "Invalid NameSpace Value")
        if entries is None:
            self.app_context.clear()
        else:
            self.app_context.update({key.upper(): value for key, value in entries.items()})

    def count(self, statistic: str) -> None:
        self.statistics[statistic] += 1

    def cancel(self) -> None:
        self._cancelled.set()

    def kill(self) -> None:
        """What runs is cancelled; the wire tells the client the rest."""
        self.is_killed = True
        self.cancel()

    def close(self) -> None:
        """An ended session's changes are rolled back."""
        self.transaction.rollback()
        self.database.session_closed(self)

    # -- privileges -----------------------------------------------------------------------

    def require_read(self, schema: str, name: str) -> None:
        """ORA-00942 when the object may not be read at all, ORA-01031 when only not selected."""
        if self.catalog.may_read(self.user_record, schema, name):
            return
        if self.catalog.may_see(self.user_record, schema, name):
            raise OracleError(1031, "insufficient privileges")
        raise OracleError(942, "table or view does not exist")

    def require_flashback(self, schema: str, name: str) -> None:
        if not self.catalog.may_flash_back(self.user_record, schema, name):
            raise OracleError(1031, "insufficient privileges")

    def require_change(self, schema: str, name: str, privilege: str) -> None:
        """INSERT, UPDATE, DELETE on an object of another schema."""
        user = self.user_record
        anywhere = {f"{privilege} ANY TABLE", "DBA"}
        if user.name == schema or user.privileges & anywhere:
            return
        if self.catalog.has_grant(user, schema, name, privilege):
            return
        self.require_read(schema, name)
        raise OracleError(1031, "insufficient privileges")

    def require_execute(self, package: str) -> None:
        """ORA-00904 as for a function that is not there."""
        user = self.user_record
        if user.privileges & {"DBA", "EXECUTE ANY PROCEDURE"}:
            return
        if "EXECUTE_CATALOG_ROLE" in user.roles:
            return
        if not self.catalog.has_grant(user, "SYS", package, "EXECUTE"):
            raise OracleError(904, f'"{package}": invalid identifier')

    # -- object types -----------------------------------------------------------------------

    def object_shape(self, kind: OraType) -> Shape | None:
        """What values of an OBJECT type consist of."""
        return find_shape(self.catalog, kind)

    def find_type(self, name: str = "", oid: bytes = b"") -> Shape | None:
        """The type that a client names, ``"SCHEMA"."NAME"`` or less, or knows by its OID."""
        if oid:
            for made in list(self.catalog.types.values()):
                if type_oid(made.schema, made.name) == oid:
                    return shape_of(self.catalog, made)
            return None
        parts = [p[1:-1] if p.startswith('"') else p.upper() for p in _NAME_PARTS.findall(name)]
        if not 1 <= len(parts) <= 2:
            return None
        schema = parts[0] if len(parts) == 2 else self.current_schema
        if parts[-1].endswith("%ROWTYPE"):
            return self._row_shape(schema, parts[-1].removesuffix("%ROWTYPE"))
        shape = find_shape(self.catalog, OraType("OBJECT", type_schema=schema, type_name=parts[-1]))
        return shape if shape is not None and self._may_use_type(shape) else None

    def _may_use_type(self, shape: Shape) -> bool:
        user = self.user_record
        return (
            user.name == shape.schema
            or bool(user.privileges & {"EXECUTE ANY TYPE", "DBA"})
            or self.catalog.has_grant(user, shape.schema, shape.name, "EXECUTE")
        )

    def _row_shape(self, schema: str, name: str) -> Shape | None:
        table = self.catalog.resolve(schema, name)
        if not isinstance(table, model.Table) or not self.catalog.may_see(
            self.user_record, table.schema, table.name
        ):
            return None
        return row_shape(self.catalog, table)

    # -- sequences and routines -----------------------------------------------------------

    def find_sequence(self, schema: str | None, name: str) -> model.Sequence | None:
        """By name; None when there is none, or no right to it: ORA-02289 says both."""
        found = self.catalog.resolve(schema or self.current_schema, name)
        if not isinstance(found, model.Sequence):
            return None
        user = self.user_record
        may_use = (
            found.identity  # behind a column: the right to INSERT is enough
            or user.name == found.schema
            or user.privileges & {"DBA", "SELECT ANY SEQUENCE"}
            or self.catalog.has_grant(user, found.schema, found.name, "SELECT", "ALL")
        )
        return found if may_use else None

    def next_value(self, sequence: model.Sequence) -> int:
        """NEXTVAL."""
        with self.storage.lock:
            value = sequence.advance()
        self.current_values[id(sequence)] = value
        return value

    def current_value(self, sequence: model.Sequence) -> int:
        """CURRVAL; ORA-08002 before the first NEXTVAL."""
        found = self.current_values.get(id(sequence))
        if found is None:
            raise OracleError(
                8002, f"sequence {sequence.name}.CURRVAL is not yet defined in this session"
            )
        return found

    def has_package(self, qualified: str) -> bool:
        head = qualified.split(".")[0]
        names = {(schema, name) for schema, name, _ in self.catalog.sources}
        return (self.current_schema, head) in names or head.startswith(("DBMS_", "UTL_"))

    def encode_default(self, column: model.Column) -> bytes | None:
        """What existing rows hold in a column added with a DEFAULT."""
        from orasim.sql.convert import fitter
        from orasim.sql.expressions import Compiler
        from orasim.sql.parse import parse_expression
        from orasim.sql.scope import Scope
        from orasim.storage.codec import clr, encode
        from orasim.storage.table import is_outline

        compiler = Compiler(Scope(Context(self), names=Names()))
        expr = compiler.value(parse_expression(str(column.default)))
        value = compiler.converted(expr, column.type).run(())
        if value is None or (value == "" and not column.type.is_lob):
            return None
        data = encode(
            fitter(column.type, column.name, self.database.characters)(value), column.type
        )
        return data if is_outline(column.type) else clr(data)

    def get_ddl(self, kind: str, name: str, schema: str) -> str:
        """DBMS_METADATA.GET_DDL."""
        from orasim.dictionary import metadata

        return metadata.get_ddl(self, kind, name, schema)

    def context_value(self, namespace: str, name: str) -> str | None:
        """SYS_CONTEXT(namespace, name); ORA-02003 for an unknown USERENV parameter."""
        if namespace == "CLIENTCONTEXT":
            return self.app_context.get(name)
        if namespace != "USERENV":
            return None
        identity = self.database.identity
        values: dict[str, Any] = {
            "SESSION_USER": self.user,
            "CURRENT_USER": self.user,
            "SESSION_SCHEMA": self.current_schema,
            "CURRENT_SCHEMA": self.current_schema,
            "CURRENT_USERID": self.user_record.user_id,
            "SESSION_USERID": self.user_record.user_id,
            "CURRENT_SCHEMAID": self.database.user_number(self.current_schema),
            "DB_NAME": identity.database_name,
            "DB_UNIQUE_NAME": identity.database_name,
            "DB_DOMAIN": None,
            "CON_NAME": identity.database_name,
            "CON_ID": "0",
            "INSTANCE": "1",
            "INSTANCE_NAME": identity.instance_name,
            "SERVICE_NAME": identity.service_name,
            "SERVER_HOST": "orasim",
            "HOST": "localhost",
            "SID": self.session_id,
            "SESSIONID": self.session_id,
            "LANGUAGE": f"AMERICAN_AMERICA.{self.database.characters.name}",
            "LANG": "US",
            "NLS_TERRITORY": self.nls.parameters["NLS_TERRITORY"],
            "NLS_DATE_FORMAT": self.nls.parameters["NLS_DATE_FORMAT"],
            "NLS_DATE_LANGUAGE": self.nls.parameters["NLS_DATE_LANGUAGE"],
            "NLS_SORT": self.nls.parameters["NLS_SORT"],
            "NLS_CURRENCY": "$",
            "NLS_CALENDAR": "GREGORIAN",
            "MODULE": self.client_info.get("module"),
            "ACTION": self.client_info.get("action"),
            "CLIENT_IDENTIFIER": self.client_info.get("client_identifier"),
            "CLIENT_INFO": self.client_info.get("client_info"),
            "CLIENT_PROGRAM_NAME": self.program,
            "OS_USER": None,
            "TERMINAL": None,
            "IP_ADDRESS": "127.0.0.1",
            "ISDBA": "FALSE",
            "AUTHENTICATION_METHOD": "PASSWORD",
            "NETWORK_PROTOCOL": "tcp",
            "DATABASE_ROLE": "PRIMARY",
            "PROXY_USER": None,
            "ORACLE_HOME": "/opt/orasim",
            "CDB_NAME": None,
        }
        if self.version >= (18,):
            values["CLOUD_SERVICE"] = None
        if name not in values:
            raise OracleError(2003, "invalid USERENV parameter")
        value = values[name]
        return None if value is None else str(value)
