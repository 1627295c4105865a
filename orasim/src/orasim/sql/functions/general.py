"""NULL handling, choice, conversion and comparison functions."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.charset import cut_bytes
from orasim.engine import OracleError, not_supported
from orasim.sql import comparing, subqueries
from orasim.sql.convert import fitter, inconsistent
from orasim.sql.datemasks import format_date, parse_date
from orasim.sql.encoded import chained, moment_texts, number_texts
from orasim.sql.functions.registry import (
    UNCOMPILED,
    Call,
    applied,
    check_count,
    function,
    simple,
)
from orasim.sql.numbermasks import format_number, parse_with_mask
from orasim.sql.scope import Encoded, Expr, Row
from orasim.sql.types import NULL, common_type, family, parse_type, text_length
from orasim.values import (
    CLOB,
    DATE,
    NUMBER,
    OraDate,
    OraType,
    raw,
    timestamp,
    timestamp_tz,
    varchar2,
)
from orasim.zones import with_zone

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


def _no_longs(call: Call) -> None:
    for arg in call.args:
        if arg.type.is_long:
            raise OracleError(997, "illegal use of LONG datatype")


def _first_type(args: list[Expr]) -> OraType:
    """NVL's rule: the first argument's type, as VARCHAR2 long enough for text."""
    kind = common_type([arg.type for arg in args])
    if kind.name == "CHAR":
        return varchar2(max(text_length(arg.type) for arg in args))
    return kind


@function("NVL")
def nvl(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 2, 2)
    return _coalesce(compiler, call)


@function("COALESCE")
def coalesce(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 2, None)
    return _coalesce(compiler, call)


def _coalesce(compiler: Compiler, call: Call) -> Expr:
    _no_longs(call)
    kind = _first_type(call.args)
    runs = [compiler.converted(arg, kind).run for arg in call.args]

    def run(row: Any) -> Any:
        for item in runs:
            value = item(row)
            if value is not None:
                return value
        return None

    return Expr(kind, run, all(arg.nullable for arg in call.args))


@function("NVL2")
def nvl2(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 3, 3)
    _no_longs(call)
    test = call.args[0].run
    kind = _first_type(call.args[1:])
    yes, no = (compiler.converted(arg, kind).run for arg in call.args[1:])
    return Expr(kind, lambda row: no(row) if test(row) is None else yes(row))


@function("NULLIF")
def nullif(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 2, 2)
    test = comparing.compare(compiler, "=", *call.args)
    run = call.args[0].run
    return Expr(call.args[0].type, lambda row: None if test(row) else run(row))


@function("DECODE")
def decode(compiler: Compiler, call: Call) -> Expr:
    """Two NULLs are equal here; the results take the first result's type."""
    check_count(call, 3, None)
    _no_longs(call)
    subject, rest = call.args[0], call.args[1:]
    pairs = [(rest[i], rest[i + 1]) for i in range(0, len(rest) - 1, 2)]
    default = rest[-1] if len(rest) % 2 else None
    results = [result for _, result in pairs] + ([default] if default else [])
    kind = common_type([result.type for result in results])
    branches = [
        (*comparing.join_keys(compiler, subject, search), compiler.converted(result, kind).run)
        for search, result in pairs
    ]
    otherwise = compiler.converted(default, kind).run if default else lambda row: None

    def run(row: Any) -> Any:
        for left, right, result in branches:
            if left(row) == right(row):
                return result(row)
        return otherwise(row)

    return Expr(kind, run)


def _extreme(better: Any) -> Any:
    def build(compiler: Compiler, call: Call) -> Expr:
        check_count(call, 1, None)
        _no_longs(call)
        kind = _first_type(call.args)
        exprs = [compiler.converted(arg, kind) for arg in call.args]

        def choose(*values: Any) -> Any:
            best = values[0]
            for value in values[1:]:
                if better(value, best):
                    best = value
            return best

        return applied(compiler, choose, exprs, kind)

    return build


function("GREATEST")(_extreme(operator.gt))
function("LEAST")(_extreme(operator.lt))


# -- TO_CHAR and its opposites -----------------------------------------------------------------


def _language_only(call: Call, position: int) -> None:
    """The NLS parameter argument: only what changes nothing in English is understood."""
    if len(call.args) > position:
        arg = call.args[position]
        text = str(arg.run(())).upper().replace(" ", "") if arg.is_constant else ""
        known = (
            "NLS_DATE_LANGUAGE=AMERICAN",
            "NLS_DATE_LANGUAGE=ENGLISH",
            "NLS_DATE_LANGUAGE='AMERICAN'",
            "NLS_CALENDAR=GREGORIAN",
        )
        if text not in known and not text.startswith("NLS_NUMERIC_CHARACTERS="):
            raise not_supported(f"NLS parameter {text}")


def _separators(compiler: Compiler, call: Call) -> str:
    if len(call.args) > 2:
        text = str(call.args[2].run(()))
        if "NLS_NUMERIC_CHARACTERS" in text.upper():
            return text.partition("=")[2].strip().strip("'").strip()
    return compiler.context.nls.separators


def _in_database_charset(compiler: Compiler, expr: Expr) -> Expr:
    """A national text as VARCHAR2: what the database's character set has not is replaced."""
    characters = compiler.context.session.database.characters
    # ASSUMPTION(oracle): four bytes a character, and at most what a text of SQL has.
    length = min(4 * (expr.type.length or 1), 4000)
    return applied(compiler, characters.adopt, [expr], varchar2(length))


@function("TO_CHAR")
def to_char(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 3)
    expr = call.args[0]
    if len(call.args) == 1:
        if expr.type.is_national and expr.type.is_text:
            return _in_database_charset(compiler, expr)
        if expr.type.is_text and expr.type.name == "CHAR":
            return Expr(varchar2(expr.type.length or 1), expr.run, expr.nullable)
        if expr.type.name == "CLOB":
            return applied(compiler, _short_text, [expr], varchar2(4000))
        return compiler.text(expr)
    mask = compiler.text(call.args[1])
    if expr.type.is_date:
        _language_only(call, 2)
        digits, is_date = (
            6 if expr.type.scale is None else expr.type.scale,
            expr.type.name == "DATE",
        )
        zone_less = expr.type.name == "TIMESTAMP WITH LOCAL TIME ZONE"
        nls = compiler.context.nls

        def date_text(value: OraDate, form: str) -> str:
            if zone_less:
                value = with_zone(value, nls.zone)
            return format_date(value, form, digits, is_date=is_date)

        found = applied(compiler, date_text, [expr, mask], varchar2(_mask_length(mask)))
        if mask.is_constant and call.node.find(exp.Placeholder) is None:
            found.encoded = _encoded_moment(expr, str(mask.run(())), found.type)
        return found
    if family(expr.type).startswith("interval"):
        return compiler.text(expr)
    number = compiler.number(expr)
    separators = _separators(compiler, call)
    found = applied(
        compiler,
        lambda value, form: format_number(value, form, separators),
        [number, mask],
        varchar2(64),
    )
    is_minimal = mask.is_constant and str(mask.run(())).upper() in ("TM", "TM9")
    is_decimal = expr.type.name in ("NUMBER", "FLOAT")
    if is_minimal and expr.column and is_decimal and separators[:1] == ".":
        found.encoded = Encoded(expr.column, number_texts, found.type)
    return found


def _encoded_moment(expr: Expr, mask: str, type: OraType) -> Encoded | None:
    """TO_CHAR of a stored moment, or of one that is made of one, for scans."""
    write = moment_texts(mask)
    if write is None or expr.type.name == "TIMESTAMP WITH TIME ZONE":
        return None
    if expr.encoded is not None:
        return Encoded(expr.encoded.column, chained(expr.encoded.function, write), type)
    return Encoded(expr.column, write, type) if expr.column else None


def _mask_length(mask: Expr) -> int:
    """Bytes of the longest result: names in a mask grow to nine characters."""
    if not mask.is_constant:
        return 4000
    return min(4 * len(str(mask.run(()) or "")) + 20, 4000)


def _short_text(value: str) -> str:
    if len(value.encode("utf-8", "replace")) > 4000:
        raise OracleError(
            22835,
            "Buffer too small for CLOB to CHAR or BLOB to RAW conversion "
            f"(actual: {len(value)}, maximum: 4000)",
        )
    return value


@function("TO_NUMBER")
def to_number(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 3)
    if len(call.args) == 1:
        return compiler.number(call.args[0])
    separators = _separators(compiler, call)
    return applied(
        compiler,
        lambda text, mask: parse_with_mask(text, mask, separators),
        [compiler.text(arg) for arg in call.args[:2]],
        NUMBER,
    )


def _to_date(target: OraType) -> Any:
    def build(compiler: Compiler, call: Call) -> Expr:
        check_count(call, 1, 3)
        _language_only(call, 2)
        nls = compiler.context.nls
        if len(call.args) == 1:
            return compiler.converted(call.args[0], target)
        args = [compiler.text(arg) for arg in call.args[:2]]
        if target.name == "TIMESTAMP WITH TIME ZONE":

            def read(text: str, mask: str) -> OraDate:
                value = parse_date(text, mask, nls.today())
                return value if value.offset_minutes is not None else with_zone(value, nls.zone)

        else:

            def read(text: str, mask: str) -> OraDate:
                return parse_date(text, mask, nls.today()).without_zone()

        return applied(compiler, read, args, target)

    return build


function("TO_DATE")(_to_date(DATE))
function("TO_TIMESTAMP")(_to_date(timestamp(9)))
function("TO_TIMESTAMP_TZ")(_to_date(timestamp_tz(9)))


@function("TO_BINARY_DOUBLE", "TO_BINARY_FLOAT")
def to_binary(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 1)
    return compiler.converted(call.args[0], OraType(call.name.removeprefix("TO_")))


@function("CAST")
def cast(compiler: Compiler, call: Call) -> Expr:
    """CAST(x AS type): text is cut to the length, numbers and fractions are rounded."""
    kind = parse_type(str(call.node.args["kind"].this))
    expr = call.args[0]
    if expr.type.is_lob and not kind.is_lob and not kind.is_text:
        raise inconsistent(kind.data_type, expr.type)
    inner = compiler.converted(expr, kind)
    if kind.is_text:
        limit = kind.length or 1
        characters = compiler.context.session.database.characters

        def fit(value: str) -> str | None:
            if kind.is_national or kind.char_semantics:
                value = value[:limit]
            else:
                value = cut_bytes(characters, characters.adopt(value), limit)
            return (value.ljust(limit) if kind.name in ("CHAR", "NCHAR") else value) or None

        return applied(compiler, fit, [inner], kind)
    fit_value = fitter(kind, "")
    return applied(compiler, fit_value, [inner], kind)


# -- raw and rowid -----------------------------------------------------------------------------


@function("RAWTOHEX")
def rawtohex(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 1)
    expr = call.args[0]
    if expr.type.name in ("RAW", "BLOB"):
        return applied(
            compiler,
            lambda data: data.hex().upper() or None,
            [expr],
            varchar2(2 * (expr.type.length or 2000)),
        )
    return applied(
        compiler, lambda text: text.encode().hex().upper(), [compiler.text(expr)], varchar2(4000)
    )


@function("HEXTORAW")
def hextoraw(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 1)
    return compiler.converted(compiler.text(call.args[0]), raw(2000))


@function("ROWIDTOCHAR", "ROWIDTONCHAR")
def rowidtochar(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 1)
    return applied(compiler, lambda value: value, [call.args[0]], varchar2(18))


@function("CHARTOROWID")
def chartorowid(compiler: Compiler, call: Call) -> Expr:
    from orasim.storage.rowid import parse_rowid

    check_count(call, 1, 1)
    return applied(
        compiler,
        lambda text: str(parse_rowid(text)),
        [compiler.text(call.args[0])],
        OraType("ROWID"),
    )


@function("TO_LOB")
def to_lob(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 1)
    expr = call.args[0]
    kind = CLOB if expr.type.name == "LONG" else OraType("BLOB")
    return Expr(kind, expr.run, expr.nullable)


@function("EMPTY_CLOB")
def empty_clob(compiler: Compiler, call: Call) -> Expr:
    return Expr(CLOB, lambda row: "", False, True)


@function("EMPTY_BLOB")
def empty_blob(compiler: Compiler, call: Call) -> Expr:
    return Expr(OraType("BLOB"), lambda row: b"", False, True)


@function("TO_BLOB")
def to_blob(compiler: Compiler, call: Call) -> Expr:
    check_count(call, 1, 1)
    return compiler.converted(call.args[0], OraType("BLOB"))


@simple("BFILENAME", args="TT", gives=OraType("BFILE"))
def bfilename(directory: str, name: str) -> bytes:
    """The two names, each behind its length; nobody looks whether they exist."""
    parts = directory.encode(), name.encode()
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


@function("CURSOR")
def cursor(compiler: Compiler, call: Call) -> Expr:
    """CURSOR(query): its rows as of the row that it stands in."""
    from orasim.sql.cursor import PlanCursor
    from orasim.sql.result import Plan

    nodes = call.node.expressions
    if len(nodes) != 1 or not isinstance(nodes[0], exp.Query):
        raise OracleError(936, "missing expression")
    plan, rows = subqueries.subquery_rows(compiler, nodes[0], 0)
    session = compiler.context.session

    def run(row: Row) -> PlanCursor:
        found = list(rows(row))
        return PlanCursor(Plan(plan.columns, lambda: found), session.check_cancelled)

    return Expr(OraType("CURSOR"), run)


@function("XMLSERIALIZE")
def serialize(compiler: Compiler, call: Call) -> Expr:
    """The document's text as it was stored."""
    expr = call.args[0]
    wanted = call.node.args.get("kind")
    text = str(wanted.this) if wanted is not None else "CLOB"
    if expr.type.name != "XMLTYPE" and expr.type != NULL:
        raise inconsistent("-", expr.type)
    kind = parse_type(text)
    if kind.is_text:
        return applied(compiler, fitter(kind, ""), [Expr(kind, expr.run)], kind)
    if kind.name == "BLOB":
        return applied(compiler, lambda value: value.encode(), [expr], kind)
    return Expr(kind, expr.run, expr.nullable, column=expr.column)


@function(".GETCLOBVAL")
def getclobval(compiler: Compiler, call: Call) -> Expr:
    return Expr(CLOB, call.args[0].run)


@function(".GETSTRINGVAL")
def getstringval(compiler: Compiler, call: Call) -> Expr:
    return applied(compiler, _short_text, call.args[:1], varchar2(4000))


@function("XMLTYPE")
def xmltype(compiler: Compiler, call: Call) -> Expr:
    """The constructor; the text must be well-formed."""
    from xml.parsers import expat

    check_count(call, 1, 1)

    def checked(text: str) -> str:
        try:
            expat.ParserCreate().Parse(text, True)
        except expat.ExpatError as error:
            raise OracleError(31011, f"XML parsing failed ({error})") from None
        return text

    return applied(compiler, checked, [compiler.text(call.args[0])], OraType("XMLTYPE"))


@function("LNNVL")
def lnnvl(compiler: Compiler, call: Call) -> Expr:
    raise not_supported("LNNVL")


UNCOMPILED |= {"CURSOR"}
