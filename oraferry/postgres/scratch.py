"""The Scratch port: code is created in a transaction that is rolled back, whatever happens.

Nothing of it is run. PostgreSQL evaluates immutable functions wherever it plans (index
expressions, generated columns, bodies that plpgsql_check looks at), so as soon as a routine
was created, an empty one takes its place; its body is looked at in a copy that nobody can call.
What else is evaluated while it is defined (bounds of partitions, checks of domains) may only
use what has no effects. Statements go over the extended protocol, which takes one at a time.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Sequence

import psycopg
from psycopg.pq import TransactionStatus

from oraferry.errors import TargetError, VerificationError
from oraferry.ports import (
    BodyFinding,
    ScratchFailure,
    ScratchOutcome,
    ScratchRoutine,
    ScratchStatement,
    ServerInfo,
    TargetEndpoint,
)
from oraferry.postgres.bodies import look_at_body
from oraferry.postgres.empty import Created, list_created, render_empty
from oraferry.postgres.meanings import AGAIN
from oraferry.postgres.sandbox import Sandbox, run
from oraferry.postgres.session import connect, quote, sql_text, translate, translated

TOTAL_SECONDS = 120
# Not the code's fault: connection, resources, locks, cancelled, server.
_ENVIRONMENT = ("08", "25P03", "25P04", "40", "53", "55P03", "57", "58", "F0", "XX")


_ROUTINES = ("function", "procedure")
# Kinds that create nothing in the schema that they name.
_ELSEWHERE = ("schema", "comment", "change", "index")


class PostgresScratch:
    """One session and its transaction."""

    def __init__(self, endpoint: TargetEndpoint, *, search_path: Sequence[str] = ()) -> None:
        self._connection = connect(endpoint.dsn, application_name="oraferry verify")
        self._sandbox = Sandbox(self._connection, tuple(search_path))
        self._until = time.monotonic() + TOTAL_SECONDS
        self._are_views_quiet = False
        try:
            with translated("preparing a transaction to verify code in"):
                self._sandbox.begin()
        except BaseException:
            self.close()
            raise

    def describe(self) -> ServerInfo:
        """Version, user, database; what it lacks."""
        version, user, database, charset = run(
            self._connection,
            "SELECT current_setting('server_version'), session_user, current_database(), "
            "current_setting('server_encoding')",
        )[0]
        notes = tuple(self._sandbox.notes)
        return ServerInfo("PostgreSQL", version, user, database, charset, notes)

    def checkers(self) -> tuple[str, ...]:
        """The server, and plpgsql_check where it is."""
        server = f"PostgreSQL {self.describe().version.split()[0]}"
        if self._sandbox.checker is None:
            return (server,)
        return (server, f"plpgsql_check {self._sandbox.checker_version}")

    def define(self, statement: ScratchStatement) -> ScratchOutcome:
        """Carry *statement* out under a savepoint."""
        self._check_time()
        copies = self._sandbox.copied
        sent = _Sent(statement.text)
        if statement.schema and statement.kind in _ROUTINES:
            # Before the savepoint: what is written below it was created by the statement.
            self._sandbox.take_over(statement.schema, statement.name)
        try:
            with self._savepoint():
                outcome = self._define(statement, sent)
        except _NotCarriedOut as refused:
            self._sandbox.forget(copies)
            return ScratchOutcome(ScratchFailure(refused.message, hint=refused.hint))
        except psycopg.Error as error:
            self._sandbox.forget(copies)
            return ScratchOutcome(self._explain(error, sent))
        if statement.schema and statement.kind not in _ELSEWHERE:
            self._sandbox.remember(statement.schema)
        return outcome

    def _define(self, statement: ScratchStatement, sent: _Sent) -> ScratchOutcome:
        notes = self._prepare(statement, sent)
        is_routine = statement.kind in _ROUTINES
        before = self._list_versions(statement.name) if is_routine else {}
        self._execute(sent.text)
        if statement.kind == "domain":
            self._check_domain(statement)
        if not is_routine:
            return ScratchOutcome(notes=notes)
        versions = self._list_versions(statement.name)
        created = [routine for version, routine in versions.items() if version not in before]
        if not created:
            # The server folds or cuts names in another way: its body must not stay.
            raise _NotCarriedOut(
                f"{statement.name} is not found under this name after it was created",
                "write the name in quotes, in the letters and the length that the server keeps",
            )
        for routine in created:
            self._empty(routine)
        return ScratchOutcome(routines=tuple(r.as_port() for r in created), notes=notes)

    def _list_versions(self, name: str) -> dict[tuple[int, str], Created]:
        """Our routines of that name; each savepoint writes under an id of its own."""
        return {(r.oid, r.written_by): r for r in list_created(self._connection, name)}

    def _prepare(self, statement: ScratchStatement, sent: _Sent) -> tuple[str, ...]:
        """Schemas, copies of tables in use, and the changes to the text that they need."""
        sandbox = self._sandbox
        if statement.schema and statement.kind not in _ELSEWHERE:
            sandbox.enter(statement.schema)
        for place in statement.own:
            found = sandbox.find_relation(place.schema, place.name)
            if found and not found[3]:
                raise _NotCarriedOut(
                    f"{place.name} was not created by this text, and what exists is not changed",
                    "give its definition in depends_on, without schema or with another one",
                )
            if found and statement.is_bound:
                _refuse(sandbox.find_bound_code(found[0]))
        for named in statement.evaluated:
            _refuse(sandbox.find_foreign_code(named))
        for place in statement.locked:
            found = sandbox.find_relation(place.schema, place.name)
            if found and not found[3]:
                oid, kind, full_name, _ = found
                sent.replace(place.start, place.end, sandbox.copy(oid, kind, full_name, place.name))
        if statement.without_data:
            sent.add_no_data()
        return self._prepare_view(statement, sent)

    def _prepare_view(self, statement: ScratchStatement, sent: _Sent) -> tuple[str, ...]:
        place = statement.replaces
        if place is None:
            return ()
        found = self._sandbox.find_relation(place.schema or self._sandbox.schema, place.name)
        if found is None or found[3]:
            return ()
        if not self._sandbox.is_own:
            raise _NotCarriedOut(
                f"the view {place.name} exists, and replacing it would lock it against others",
                "verify as a user with CREATE on the database",
            )
        beside = f"{quote(self._sandbox.schema)}.{quote(place.name)}"
        sent.replace(place.start, place.end, beside)
        self._sandbox.stand_in(found[0], beside)
        return (
            f"the view {place.name} exists: the new one was created beside it, and queries that "
            "name it with its schema still saw the old one",
        )

    def _execute(self, text: str) -> None:
        # binary makes psycopg use the extended protocol.
        cursor = self._connection.cursor(binary=True)
        cursor.execute(text, prepare=False)
        cursor.close()
        if self._connection.info.transaction_status is not TransactionStatus.INTRANS:
            raise VerificationError("a statement ended the transaction of the verification")

    def _check_domain(self, statement: ScratchStatement) -> None:
        schema = statement.schema or self._sandbox.schema
        name = f"{quote(schema)}.{quote(statement.name)}"
        called = run(self._connection, sql_text("scratch_domain"), name=name)
        if called:
            raise _NotCarriedOut(
                f"the domain's check calls {called[0][0]}: checks of domains are evaluated, and "
                "only PostgreSQL's own functions without effects are run here",
                "leave the check out for the verification",
            )

    def _empty(self, routine: Created) -> None:
        try:
            self._execute(render_empty(routine))
        except psycopg.Error as error:
            raise _NotCarriedOut(
                f"{routine.name}: no empty routine could take its place ({error.sqlstate})",
                "this is a limit of oraferry; please report the routine's head",
            ) from error

    def look_in(self, schemas: tuple[str, ...]) -> None:
        """Look names up in *schemas* too, behind our own."""
        if schemas:
            self._sandbox.look_in(schemas)

    def check_body(self, routine: ScratchRoutine) -> list[BodyFinding] | None:
        """Look at a copy of the routine, read-only; the copy is gone afterwards."""
        if self._sandbox.checker is None or routine.language != "plpgsql" or routine.is_polymorphic:
            return None
        self._check_time()
        with translated(f"checking the body of {routine.name}"):
            self._quieten_views()
        try:
            with self._rolled_back(routine):
                return look_at_body(self._connection, self._sandbox, routine)
        except psycopg.Error as error:
            what = self._sandbox.clean(error.diag.message_primary or str(error))
            message = f"plpgsql_check could not look at the body: {what}"
            return [BodyFinding(False, message, error.sqlstate or "", None, None, None)]

    def _quieten_views(self) -> None:
        if not self._are_views_quiet:
            for statement, name in run(self._connection, sql_text("scratch_views")):
                self._execute(statement)
                self._sandbox.emptied.add(name)
            self._are_views_quiet = True

    @contextlib.contextmanager
    def _savepoint(self) -> Iterator[None]:
        run(self._connection, "SAVEPOINT one")
        try:
            yield
        except (psycopg.Error, _NotCarriedOut) as error:
            if isinstance(error, psycopg.Error) and _blames_environment(error):
                raise _translate(error, "verifying code") from error
            run(self._connection, "ROLLBACK TO SAVEPOINT one")
            raise
        run(self._connection, "RELEASE SAVEPOINT one")

    @contextlib.contextmanager
    def _rolled_back(self, routine: ScratchRoutine) -> Iterator[None]:
        run(self._connection, "SAVEPOINT look")
        try:
            yield
        except psycopg.Error as error:
            if error.sqlstate is None:
                raise VerificationError(
                    f"the server ended the session while plpgsql_check looked at {routine.name}",
                    hint="versions before 2.10 have bugs that end the server: update the "
                    "extension, or check the syntax only",
                ) from error
            if _blames_environment(error):
                raise _translate(error, f"checking {routine.name}") from error
            raise
        finally:
            if self._connection.info.transaction_status is not TransactionStatus.UNKNOWN:
                run(self._connection, "ROLLBACK TO SAVEPOINT look")

    def _check_time(self) -> None:
        if time.monotonic() > self._until:
            raise VerificationError(
                f"the verification took longer than {TOTAL_SECONDS} seconds",
                hint="verify the text in parts",
            )

    def _explain(self, error: psycopg.Error, sent: _Sent) -> ScratchFailure:
        diag = error.diag
        clean = self._sandbox.clean
        at = int(diag.statement_position) - 1 if diag.statement_position else None
        return ScratchFailure(
            clean(diag.message_primary or str(error)),
            sqlstate=error.sqlstate,
            detail=clean(diag.message_detail) if diag.message_detail else None,
            hint=clean(diag.message_hint) if diag.message_hint else None,
            offset=sent.original(at) if at is not None else None,
            body_line=_body_line(diag) if at is None else None,
        )

    def close(self) -> None:
        """Roll back and end the session."""
        with contextlib.suppress(Exception):
            run(self._connection, "ROLLBACK")
        with contextlib.suppress(Exception):
            self._connection.close()


class _NotCarriedOut(Exception):
    """We refuse a statement that PostgreSQL would take."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def _refuse(called: str | None) -> None:
    if called is not None:
        raise _NotCarriedOut(
            f"this would evaluate {called}, which exists and was not created by this text",
            "give its definition in depends_on, with the same schema, or leave the expression "
            "out for the verification",
        )


class _Sent:
    """A statement's text as it is sent, and where its parts were in the original."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._changes: list[tuple[int, int, str]] = []  # start, end in the original; new text
        self._original = text

    def replace(self, start: int, end: int, new: str) -> None:
        """*new* takes the place of the original's characters from *start* to *end*."""
        self._changes = sorted({*self._changes, (start, end, new)})
        parts, done = [], 0
        for first, last, text in self._changes:
            parts += [self._original[done:first], text]
            done = last
        self.text = "".join([*parts, self._original[done:]])

    def add_no_data(self) -> None:
        """WITH NO DATA at the end, instead of WITH DATA where that is written."""
        found = re.search(r"\bwith\s+data\s*$", self._original, re.I)
        # A comment behind the last word must not swallow what is added.
        end = found.start() if found else len(self._original)
        self.replace(end, len(self._original), "\nWITH NO DATA")

    def original(self, offset: int) -> int:
        """The offset in the original that *offset* in the sent text stands for."""
        shift = 0
        for start, end, text in self._changes:
            if offset < start + shift:
                break
            if offset < start + shift + len(text):
                return start
            shift += len(text) - (end - start)
        return min(max(offset - shift, 0), len(self._original))


def _translate(error: psycopg.Error, what: str) -> TargetError:
    """As everywhere, but nobody tries it again."""
    translated_error = translate(error, what)
    if translated_error.hint == AGAIN:
        translated_error.hint = "try again; somebody may hold a lock on what the code uses"
    return translated_error


def _blames_environment(error: psycopg.Error) -> bool:
    state = error.sqlstate
    return state is None or state.startswith(_ENVIRONMENT)


def _body_line(diag: psycopg.errors.Diagnostic) -> int | None:
    """
    The line of a body that an error is about, where it has no place in the statement: from the
    place in the body, or the first entry of its context, "… line 3 at …" in any language.
    """
    if diag.internal_query and diag.internal_position:
        return diag.internal_query[: int(diag.internal_position) - 1].count("\n") + 1
    context = (diag.context or "").split("\n")[0]
    numbers = re.findall(r"(?<![\w\"$.(])\d+(?![\w\".])", context)
    return int(numbers[0]) if numbers else None
