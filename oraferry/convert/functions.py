"""Oracle's functions in PostgreSQL's words, where both give the same for every value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from oraferry.convert.datemasks import read_moment
from oraferry.convert.piece import NULL, Kind, Piece, as_text, literal, require_same
from oraferry.errors import UnsupportedConstruct

Arguments = list[Piece]

# Oracle's clocks run on during a transaction; SYSDATE has whole seconds, cut.
_NOW = "clock_timestamp()::timestamp"
_SYSDATE = Piece(f"date_trunc('second', {_NOW})", Kind.DATE, is_immutable=False)
WITHOUT_ARGUMENTS: Mapping[str, Piece] = {
    "SYSDATE": _SYSDATE,
    "CURRENT_DATE": _SYSDATE,
    "SYSTIMESTAMP": Piece("clock_timestamp()", Kind.ZONED, is_immutable=False),
    "CURRENT_TIMESTAMP": Piece("clock_timestamp()", Kind.ZONED, is_immutable=False),
    "LOCALTIMESTAMP": Piece(_NOW, Kind.TIMESTAMP, is_immutable=False),
    # Oracle's names of users are in capitals.
    "USER": Piece("upper(session_user::text)", Kind.TEXT, is_immutable=False),
}


class UnusualCount(UnsupportedConstruct):
    """A function has another number of arguments than its rule."""


def _take(arguments: Arguments, *counts: int) -> Arguments:
    if len(arguments) not in counts:
        raise UnusualCount("a function has an unusual number of arguments")
    return arguments


def _call(name: str, *arguments: Piece, kind: Kind) -> Piece:
    sql = f"{name}({', '.join(argument.sql for argument in arguments)})"
    return Piece(sql, kind, all(argument.is_immutable for argument in arguments))


def _or_null(piece: Piece) -> Piece:
    """An empty text is NULL."""
    return Piece(f"nullif({piece.sql}, '')", piece.kind, piece.is_immutable)


def _coalesce(arguments: Arguments) -> Piece:
    first = arguments[0]
    for other in arguments[1:]:
        require_same(first, other)
    kind = next((a.kind for a in arguments if a != NULL), Kind.NULL)
    return _call("coalesce", *arguments, kind=kind)


def _nvl(arguments: Arguments) -> Piece:
    return _coalesce(_take(arguments, 2))


def _nvl2(arguments: Arguments) -> Piece:
    value, present, absent = _take(arguments, 3)
    require_same(present, absent)
    sql = f"CASE WHEN {value.within(5)} IS NOT NULL THEN {present.sql} ELSE {absent.sql} END"
    return Piece(sql, present.kind, all(a.is_immutable for a in arguments))


def _decode(arguments: Arguments) -> Piece:
    if len(arguments) < 3:
        raise UnsupportedConstruct("DECODE has too few arguments")
    subject, *rest = arguments
    pairs = list(zip(rest[::2], rest[1::2], strict=False))
    results = [result for _, result in pairs]
    pieces = []
    for search, result in pairs:
        require_same(subject, search)
        require_same(results[0], result)
        # NULL equals NULL here and nowhere else.
        test = (
            f"{subject.within(5)} IS NULL"
            if search == NULL
            else f"{subject.within(5)} = {search.within(5)}"
        )
        pieces.append(f"WHEN {test} THEN {result.sql}")
        if search != NULL and search.text is None and not re.fullmatch(r"-?[\d.]+", search.sql):
            raise UnsupportedConstruct("DECODE has a rule for searching literals only")
    if len(rest) % 2:
        results.append(require_same(results[0], rest[-1]))
        pieces.append(f"ELSE {rest[-1].sql}")
    kind = next((result.kind for result in results if result != NULL), Kind.NULL)
    return Piece(f"CASE {' '.join(pieces)} END", kind, all(a.is_immutable for a in arguments))


def _nullif(arguments: Arguments) -> Piece:
    left, right = _take(arguments, 2)
    return _call("nullif", left, require_same(left, right), kind=left.kind)


def _extreme(name: str) -> Callable[[Arguments], Piece]:
    def convert(arguments: Arguments) -> Piece:
        for other in arguments[1:]:
            require_same(arguments[0], other)
        # NULL wins in Oracle and is passed over in PostgreSQL.
        found = _call(name, *arguments, kind=arguments[0].kind)
        tests = " AND ".join(f"{a.within(5)} IS NOT NULL" for a in arguments)
        return Piece(f"CASE WHEN {tests} THEN {found.sql} END", found.kind, found.is_immutable)

    return convert


def _of_text(name: str, kind: Kind = Kind.TEXT) -> Callable[[Arguments], Piece]:
    def convert(arguments: Arguments) -> Piece:
        (value,) = _take(arguments, 1)
        return _call(name, as_text(value), kind=kind)

    return convert


def _trimmed(name: str) -> Callable[[Arguments], Piece]:
    def convert(arguments: Arguments) -> Piece:
        _take(arguments, 1) if name == "btrim" else _take(arguments, 1, 2)
        return _or_null(_call(name, *(as_text(a) for a in arguments), kind=Kind.TEXT))

    return convert


def _substr(arguments: Arguments) -> Piece:
    value, start, *length = _take(arguments, 2, 3)
    if not re.fullmatch(r"[1-9]\d*", start.sql):
        raise UnsupportedConstruct("SUBSTR has a rule for a start at a positive literal only")
    if length and not re.fullmatch(r"[1-9]\d*", length[0].sql):
        raise UnsupportedConstruct("SUBSTR has a rule for a positive literal length only")
    return _or_null(_call("substr", as_text(value), start, *length, kind=Kind.TEXT))


def _instr(arguments: Arguments) -> Piece:
    value, part = _take(arguments, 2)
    return _call("strpos", as_text(value), as_text(part), kind=Kind.NUMBER)


def _of_number(name: str, *counts: int) -> Callable[[Arguments], Piece]:
    def convert(arguments: Arguments) -> Piece:
        _take(arguments, *counts)
        if any(argument.kind is not Kind.NUMBER for argument in arguments):
            raise UnsupportedConstruct(f"{name.upper()} has a rule for decimal numbers only")
        first, *rest = arguments
        value = Piece(f"{first.within(8)}::numeric", first.kind, first.is_immutable)
        return _call(name, value, *rest, kind=Kind.NUMBER)

    return convert


# Weeks are left out: which day is a Monday before 1582 is another question on each side.
_UNITS = {
    "year": ("SYYYY", "YYYY", "YEAR", "SYEAR", "YYY", "YY", "Y"),
    "quarter": ("Q",),
    "month": ("MONTH", "MON", "MM", "RM"),
    "day": ("DDD", "DD", "J"),
    "hour": ("HH", "HH12", "HH24"),
    "minute": ("MI",),
}
_UNIT_OF = {mask: unit for unit, masks in _UNITS.items() for mask in masks}


def _trunc(arguments: Arguments) -> Piece:
    first, *rest = _take(arguments, 1, 2)
    if first.kind not in (Kind.DATE, Kind.TIMESTAMP):
        return _of_number("trunc", 1, 2)(arguments)
    unit = _UNIT_OF.get((rest[0].text or "").upper()) if rest else "day"
    if unit is None:
        raise UnsupportedConstruct("TRUNC of a date has no rule for this unit")
    return Piece(f"date_trunc('{unit}', {first.sql})", Kind.DATE, first.is_immutable)


def extract(field: str, moment: Piece) -> Piece:
    """EXTRACT(field FROM moment), of fields that are whole numbers."""
    clock = {"HOUR", "MINUTE"} if moment.kind is Kind.TIMESTAMP else set()
    known = moment.kind in (Kind.DATE, Kind.TIMESTAMP)
    if not known or field not in {"YEAR", "MONTH", "DAY"} | clock:
        raise UnsupportedConstruct(f"EXTRACT has no rule for the {field} of a {moment.kind}")
    sql = f"extract({field.lower()} FROM {moment.sql})::integer"
    return Piece(sql, Kind.NUMBER, moment.is_immutable, 8)


def _replace(arguments: Arguments) -> Piece:
    value, search, *by = _take(arguments, 2, 3)
    if not search.text or (by and by[0] != NULL and by[0].text is None):
        raise UnsupportedConstruct("REPLACE has a rule for literals only")
    new = Piece("''", Kind.TEXT) if not by or by[0] == NULL else by[0]
    return _or_null(_call("replace", as_text(value), search, new, kind=Kind.TEXT))


def _translate(arguments: Arguments) -> Piece:
    value, letters, others = _take(arguments, 3)
    if not letters.text or not others.text:
        raise UnsupportedConstruct("TRANSLATE has a rule for literals only")
    return _or_null(_call("translate", as_text(value), letters, others, kind=Kind.TEXT))


def _mod(arguments: Arguments) -> Piece:
    _, divisor = _take(arguments, 2)
    # MOD(x, 0) is x in Oracle and an error in PostgreSQL.
    if not re.fullmatch(r"[1-9]\d*", divisor.sql):
        raise UnsupportedConstruct("MOD has a rule for a positive literal divisor only")
    return _of_number("mod", 2)(arguments)


def _moment(arguments: Arguments) -> Piece:
    if len(arguments) != 2 or any(argument.text is None for argument in arguments):
        # Without a mask, or of a column, it hangs on the session's NLS settings.
        raise UnsupportedConstruct("TO_DATE has a rule for a literal with a literal mask only")
    text = read_moment(arguments[0].text or "", arguments[1].text or "")
    return Piece(f"timestamp '{text}'", Kind.TIMESTAMP)


def _to_number(arguments: Arguments) -> Piece:
    (value,) = _take(arguments, 1)
    if value.is_number:
        return value
    if value.text is None or not re.fullmatch(r"-?\d+(\.\d+)?", value.text):
        raise UnsupportedConstruct("TO_NUMBER has a rule for plain literals only")
    return Piece(value.text, Kind.NUMBER)


def _to_char(arguments: Arguments) -> Piece:
    (value,) = _take(arguments, 1)
    if value.kind is Kind.NUMBER and re.fullmatch(r"\d+", value.sql):
        return literal(value.sql)
    return as_text(value)


def _sys_context(arguments: Arguments) -> Piece:
    asked = [(argument.text or "").upper() for argument in _take(arguments, 2, 3)[:2]]
    if asked != ["USERENV", "SESSION_USER"]:
        raise UnsupportedConstruct("SYS_CONTEXT has a rule for the session's user only")
    return WITHOUT_ARGUMENTS["USER"]


def _guid(arguments: Arguments) -> Piece:
    _take(arguments, 0)
    return Piece("gen_random_uuid()", Kind.GUID, is_immutable=False)


def _bytes(digits: str) -> Piece:
    return Piece(f"'\\x{digits}'::bytea", Kind.RAW)


def _hex_to_raw(arguments: Arguments) -> Piece:
    (value,) = _take(arguments, 1)
    if value.text is None or not re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", value.text):
        raise UnsupportedConstruct("HEXTORAW has a rule for literals of whole bytes only")
    return _bytes(value.text)


def _empty_clob(arguments: Arguments) -> Piece:
    _take(arguments, 0)
    # The one empty text that is not NULL: of no kind that may be compared.
    return Piece("''", Kind.OTHER)


def _empty_blob(arguments: Arguments) -> Piece:
    _take(arguments, 0)
    return _bytes("")


# What means the same in both: POSIX classes, anchors, repetition, alternatives, and no point
# outside brackets, which matches a line's end in PostgreSQL only.
_SAFE_PATTERN = re.compile(
    r"(?:\[\^?\]?(?:\[:[a-z]+:\]|[^\[\]\\])*\]|\\[.dDwWsS$^*+?()|{}\[\]/-]|[\w @,;:/&%#!~=<>'\"`-]"
    r"|[$^|()*+?]|\{\d+(?:,\d*)?\})*"
)


def _regexp_like(arguments: Arguments) -> Piece:
    value, pattern, *flags = _take(arguments, 2, 3)
    if pattern.text is None or not _SAFE_PATTERN.fullmatch(pattern.text):
        raise UnsupportedConstruct("REGEXP_LIKE has no rule for this pattern")
    sign = "~"
    if flags:
        if flags[0].text not in ("c", "i"):
            raise UnsupportedConstruct("REGEXP_LIKE has no rule for these flags")
        sign = "~*" if flags[0].text == "i" else "~"
    sql = f"{as_text(value).within(5)} {sign} {pattern.sql}"
    return Piece(sql, Kind.CONDITION, value.is_immutable, 4)


FUNCTIONS: Mapping[str, Callable[[Arguments], Piece]] = {
    "NVL": _nvl,
    "NVL2": _nvl2,
    "COALESCE": _coalesce,
    "DECODE": _decode,
    "NULLIF": _nullif,
    "GREATEST": _extreme("greatest"),
    "LEAST": _extreme("least"),
    "UPPER": _of_text("upper"),
    "LOWER": _of_text("lower"),
    "LENGTH": _of_text("length", Kind.NUMBER),
    "LENGTHB": _of_text("octet_length", Kind.NUMBER),
    "TRIM": _trimmed("btrim"),
    "LTRIM": _trimmed("ltrim"),
    "RTRIM": _trimmed("rtrim"),
    "SUBSTR": _substr,
    "INSTR": _instr,
    "REPLACE": _replace,
    "TRANSLATE": _translate,
    "ABS": _of_number("abs", 1),
    "SIGN": _of_number("sign", 1),
    "CEIL": _of_number("ceil", 1),
    "FLOOR": _of_number("floor", 1),
    "ROUND": _of_number("round", 1, 2),
    "TRUNC": _trunc,
    "MOD": _mod,
    "TO_DATE": _moment,
    "TO_TIMESTAMP": _moment,
    "TO_NUMBER": _to_number,
    "TO_CHAR": _to_char,
    "SYS_GUID": _guid,
    "HEXTORAW": _hex_to_raw,
    "EMPTY_CLOB": _empty_clob,
    "EMPTY_BLOB": _empty_blob,
    "SYS_CONTEXT": _sys_context,
    "REGEXP_LIKE": _regexp_like,
}
