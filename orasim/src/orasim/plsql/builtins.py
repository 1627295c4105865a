"""Procedures of Oracle's own packages that blocks call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orasim.dictionary.ddl import gather_statistics
from orasim.dictionary.model import Table
from orasim.engine import OracleError, not_supported
from orasim.plsql import giving, tables
from orasim.plsql.frames import Cell, Cursor, Failure, Frame
from orasim.plsql.nodes import Argument, Parameter, Text
from orasim.plsql.routines import arranged
from orasim.values import NUMBER, OraType, varchar2

if TYPE_CHECKING:
    from orasim.plsql.runner import Runner

Builtin = Callable[["Runner", tuple[Argument, ...], Frame], None]
BUILTINS: dict[str, Builtin] = {}
_TEXT = varchar2(32767)

# Calls without an effect that orasim could show: their arguments are evaluated, no more.
_QUIET = (
    "DBMS_APPLICATION_INFO.", "DBMS_SESSION.SET_IDENTIFIER",
    "DBMS_SESSION.CLEAR_IDENTIFIER", "DBMS_RANDOM.SEED", "DBMS_RANDOM.INITIALIZE",
    "DBMS_RANDOM.TERMINATE", "DBMS_UTILITY.COMPILE_SCHEMA", "DBMS_UTILITY.ANALYZE_SCHEMA",
    "DBMS_LOB.FREETEMPORARY", "DBMS_LOB.OPEN", "DBMS_LOB.CLOSE",
)  # fmt: skip


def is_quiet(name: str) -> bool:
    """True for a procedure that changes nothing a client can see."""
    return name.startswith(_QUIET)


def builtin(name: str, *parameters: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a procedure; a parameter with ``?`` may be left out, unknown ones are ignored."""
    shape = tuple(
        Parameter(item.rstrip("?"), "IN", Text("VARCHAR2"), Text("NULL") if "?" in item else None)
        for item in parameters
    )

    def register(run: Callable[..., None]) -> Callable[..., None]:
        def call(runner: Runner, arguments: tuple[Argument, ...], frame: Frame) -> None:
            given = arranged(shape, arguments)
            if any(p.default is None and p.name not in given for p in shape):
                raise OracleError(
                    6550,
                    f"PLS-00306: wrong number or types of arguments in call to '{name}'",
                )
            run(runner, frame, *(given.get(parameter.name) for parameter in shape))

        BUILTINS[name] = call
        return run

    return register


def _value(runner: Runner, frame: Frame, argument: Argument | None, kind: OraType) -> Any:
    return None if argument is None else runner.evaluator.value(frame, argument.value, kind)


@builtin("RAISE_APPLICATION_ERROR", "NUM", "MSG", "KEEPERRORSTACK?")
def _raise_application_error(
    runner: Runner, frame: Frame, code: Argument, text: Argument, keep: Argument | None
) -> None:
    number = _value(runner, frame, code, NUMBER)
    if number is None or not -20999 <= number <= -20000:
        raise Failure(21000, f"error number argument to raise_application_error of {number} is out")
    message = _value(runner, frame, text, _TEXT) or ""
    raise Failure(-int(number), f"ORA-{-int(number):05d}: {message}")


@builtin("DBMS_SESSION.SLEEP", "SECONDS")
@builtin("DBMS_LOCK.SLEEP", "SECONDS")
def _sleep(runner: Runner, frame: Frame, seconds: Argument) -> None:
    end = time.monotonic() + float(_value(runner, frame, seconds, NUMBER) or 0)
    while (left := end - time.monotonic()) > 0:
        runner.session.check_cancelled()
        time.sleep(min(left, 0.05))


@builtin("DBMS_SQL.RETURN_RESULT", "RC", "TO_CLIENT?")
def _return_result(
    runner: Runner, frame: Frame, argument: Argument, to_client: Argument | None
) -> None:
    from orasim.plsql.anonymous import cursor_result

    cursor = None if argument.target is None else runner.place(argument.target, frame)
    if not isinstance(cursor, Cursor):
        raise not_supported("DBMS_SQL.RETURN_RESULT of what is no cursor variable")
    result = cursor_result(runner.session, cursor)
    if result is None:
        raise OracleError(1001, "invalid cursor")
    cursor.close()
    runner.implicit_results.append(result)


# -- DBMS_OUTPUT ----------------------------------------------------------------------------------


@builtin("DBMS_OUTPUT.ENABLE", "BUFFER_SIZE?")
def _enable(runner: Runner, frame: Frame, size: Argument | None) -> None:
    if runner.session.output is None:
        runner.session.output = []


@builtin("DBMS_OUTPUT.DISABLE")
def _disable(runner: Runner, frame: Frame) -> None:
    runner.session.output = None


@builtin("DBMS_OUTPUT.PUT_LINE", "A")
def _put_line(runner: Runner, frame: Frame, text: Argument) -> None:
    _put(runner, frame, text)
    _new_line(runner, frame)


@builtin("DBMS_OUTPUT.PUT", "A")
def _put(runner: Runner, frame: Frame, text: Argument) -> None:
    value = _value(runner, frame, text, _TEXT) or ""
    if runner.session.output is not None:
        runner.session.output_line += value


@builtin("DBMS_OUTPUT.NEW_LINE")
def _new_line(runner: Runner, frame: Frame) -> None:
    if runner.session.output is not None:
        runner.session.output.append(runner.session.output_line)
        runner.session.output_line = ""


@builtin("DBMS_OUTPUT.GET_LINE", "LINE", "STATUS")
def _get_line(runner: Runner, frame: Frame, line: Argument, status: Argument) -> None:
    output = runner.session.output
    text = output.pop(0) if output else None
    _give(runner, frame, line, text)
    _give(runner, frame, status, 0 if text is not None else 1)


@builtin("DBMS_OUTPUT.GET_LINES", "LINES", "NUMLINES")
def _get_lines(runner: Runner, frame: Frame, lines: Argument, count: Argument) -> None:
    wanted = int(_value(runner, frame, count, NUMBER) or 0)
    output = runner.session.output or []
    found, output[:] = output[:wanted], output[wanted:]
    place = runner.place(lines.target, frame) if lines.target else None
    if not isinstance(place, tables.Table):
        raise not_supported("DBMS_OUTPUT.GET_LINES into anything but a table")
    place.items = dict(enumerate(found, 1))
    runner.assigned.add(id(place))
    _give(runner, frame, count, len(found))


def _give(runner: Runner, frame: Frame, argument: Argument, value: Any) -> None:
    place = runner.place(argument.target, frame) if argument.target else None
    if not isinstance(place, Cell):
        raise not_supported("an OUT parameter that is no variable")
    giving.give(runner, place, _TEXT if isinstance(value, str) else NUMBER, value)


# -- DBMS_METADATA ---------------------------------------------------------------------------------


@builtin("DBMS_METADATA.SET_TRANSFORM_PARAM", "TRANSFORM_HANDLE", "NAME", "VALUE", "OBJECT_TYPE?")
def _transform_param(
    runner: Runner,
    frame: Frame,
    handle: Argument,
    name: Argument,
    value: Argument,
    kind: Argument | None,
) -> None:
    from orasim.dictionary import metadata

    given = runner.evaluator.typed(frame, value.value)[1]
    metadata.set_transform_param(runner.session, _value(runner, frame, name, _TEXT) or "", given)


# -- DBMS_STATS ------------------------------------------------------------------------------------

_STATISTICS = (
    "ESTIMATE_PERCENT?", "BLOCK_SAMPLE?", "METHOD_OPT?", "DEGREE?", "GRANULARITY?", "CASCADE?",
    "STATTAB?", "STATID?", "STATOWN?", "NO_INVALIDATE?", "STATTYPE?", "FORCE?", "OPTIONS?",
)  # fmt: skip


@builtin("DBMS_STATS.GATHER_TABLE_STATS", "OWNNAME", "TABNAME", "PARTNAME?", *_STATISTICS)
def _table_statistics(
    runner: Runner, frame: Frame, owner: Argument, table: Argument, *rest: Any
) -> None:
    schema = _value(runner, frame, owner, _TEXT) or runner.session.current_schema
    name = _value(runner, frame, table, _TEXT)
    found = runner.session.catalog.resolve(_folded(schema), _folded(name or ""))
    if not isinstance(found, Table):
        raise OracleError(20000, f"Unable to analyze TABLE {schema}.{name}, insufficient "
                          "privileges or does not exist")  # fmt: skip
    gather_statistics(found)


@builtin("DBMS_STATS.GATHER_SCHEMA_STATS", "OWNNAME", *_STATISTICS, "GATHER_TEMP?", "GATHER_FIXED?")
def _schema_statistics(runner: Runner, frame: Frame, owner: Argument, *rest: Any) -> None:
    schema = _folded(_value(runner, frame, owner, _TEXT) or runner.session.current_schema)
    for table in runner.session.catalog.of_type(Table):
        if table.schema == schema:
            gather_statistics(table)


@builtin("DBMS_STATS.GATHER_INDEX_STATS", "OWNNAME", "INDNAME", "PARTNAME?", *_STATISTICS)
def _index_statistics(runner: Runner, frame: Frame, *arguments: Any) -> None:
    """Indexes have no statistics of their own here."""


def _folded(name: str) -> str:
    return name[1:-1] if name.startswith('"') else name.upper()


# -- DBMS_LOB: values that no table holds ----------------------------------------------------------


def _lob(runner: Runner, frame: Frame, argument: Argument) -> Cell:
    place = runner.place(argument.target, frame) if argument.target else None
    if not isinstance(place, Cell) or not place.type.is_lob:
        raise not_supported("DBMS_LOB on anything but a LOB variable")
    return place


@builtin("DBMS_LOB.CREATETEMPORARY", "LOB_LOC", "CACHE", "DUR?")
def _create_temporary(runner: Runner, frame: Frame, lob: Argument, *rest: Any) -> None:
    place = _lob(runner, frame, lob)
    place.value = b"" if place.type.name == "BLOB" else ""
    runner.temporary.add(id(place))


@builtin("DBMS_LOB.WRITEAPPEND", "LOB_LOC", "AMOUNT", "BUFFER")
def _write_append(
    runner: Runner, frame: Frame, lob: Argument, amount: Argument, buffer: Argument
) -> None:
    place = _temporary(runner, frame, lob)
    kind = OraType("RAW", 32767) if place.type.name == "BLOB" else _TEXT
    data = _value(runner, frame, buffer, kind)
    count = _value(runner, frame, amount, NUMBER)
    if data is None or count is None or not 1 <= count <= len(data):
        raise Failure(21560, "argument 2 is null, invalid, or out of range")
    place.value += data[: int(count)]


@builtin("DBMS_LOB.APPEND", "DEST_LOB", "SRC_LOB")
def _append(runner: Runner, frame: Frame, lob: Argument, source: Argument) -> None:
    place = _temporary(runner, frame, lob)
    place.value += _value(runner, frame, source, place.type) or type(place.value)()


def _temporary(runner: Runner, frame: Frame, lob: Argument) -> Cell:
    place = _lob(runner, frame, lob)
    if id(place) not in runner.temporary:
        # A locator that was read from a table would change the table.
        raise not_supported("writing a LOB through a locator in PL/SQL")
    return place
