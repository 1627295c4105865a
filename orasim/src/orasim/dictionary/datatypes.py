"""Type clauses of DDL -> OraType."""

from __future__ import annotations

from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, not_supported
from orasim.values import VECTOR_FORMATS, OraType

_PLAIN = {
    "DATE", "CLOB", "NCLOB", "BLOB", "BFILE", "BINARY_FLOAT", "BINARY_DOUBLE", "ROWID",
    "XMLTYPE", "JSON", "BOOLEAN",
}  # fmt: skip
_INTEGERS = {"INTEGER", "INT", "SMALLINT"}


def parse_type(parser: Parser, schema: str, *, char_default: bool = False) -> OraType:
    """The type that comes next; *char_default*: NLS_LENGTH_SEMANTICS=CHAR."""
    start = parser.token.start
    if parser.peek("REF"):
        raise not_supported("REF columns")
    word = parser.name()
    if word in ("SYS", "PUBLIC", "MDSYS") and parser.take("."):
        owner, word = word, parser.name()
        if word != "XMLTYPE":
            return OraType("OBJECT", type_schema=owner, type_name=word)
    if word == "BOOL":
        word = "BOOLEAN"
    if word in _PLAIN:
        return OraType(word)
    if word in ("NUMBER", "NUMERIC", "DECIMAL", "DEC"):
        return _number(parser, is_ansi=word != "NUMBER")
    if word in _INTEGERS:
        return OraType("NUMBER", scale=0)
    if word == "FLOAT":
        digits = _one(parser)
        return OraType("FLOAT", precision=126 if digits is None else digits)
    if word == "REAL":
        return OraType("FLOAT", precision=63)
    if word == "DOUBLE":
        parser.expect("PRECISION")
        return OraType("FLOAT", precision=126)
    if word in ("VARCHAR2", "VARCHAR", "CHAR", "CHARACTER"):
        varying = parser.take("VARYING") or word.startswith("VARCHAR")
        return _text("VARCHAR2" if varying else "CHAR", parser, char_default, start)
    if word in ("NVARCHAR2", "NCHAR", "NATIONAL"):
        if word == "NATIONAL":
            parser.name()
        varying = parser.take("VARYING") or word == "NVARCHAR2"
        return _text("NVARCHAR2" if varying else "NCHAR", parser, True, start)
    if word == "LONG":
        if parser.take("RAW"):
            return OraType("LONG RAW")
        parser.take("VARCHAR")
        return OraType("LONG")
    if word in ("RAW", "UROWID"):
        length = _one(parser)
        if length is None and word == "RAW":
            raise OracleError(906, "missing left parenthesis", parser.token.start)
        return OraType(word, length=length or 4000)
    if word == "TIMESTAMP":
        return _timestamp(parser)
    if word == "INTERVAL":
        return _interval(parser)
    if word == "VECTOR":
        return _vector(parser)
    if parser.take("."):
        return OraType("OBJECT", type_schema=word, type_name=parser.name())
    return OraType("OBJECT", type_schema=schema, type_name=word)


def _vector(parser: Parser) -> OraType:
    """VECTOR [(dimensions [, format [, SPARSE | DENSE]])]; a star is any."""
    dimensions = form = None
    sparse = False
    if parser.take("("):
        dimensions = None if parser.take("*") else parser.integer()
        if parser.take(","):
            form = None if parser.take("*") else _vector_format(parser)
        if parser.take(","):
            sparse = parser.take_any("SPARSE", "DENSE", "*") == "SPARSE"
        parser.expect(")")
    return OraType("VECTOR", length=dimensions, precision=form, scale=1 if sparse else None)


def _vector_format(parser: Parser) -> int:
    start, name = parser.token.start, parser.name()
    if name not in VECTOR_FORMATS:
        raise OracleError(51801, f"VECTOR column type specification: format {name}", start)
    return VECTOR_FORMATS[name]


def _one(parser: Parser) -> int | None:
    if not parser.take("("):
        return None
    value = parser.integer()
    parser.expect(")")
    return value


def _number(parser: Parser, *, is_ansi: bool) -> OraType:
    if not parser.take("("):
        return OraType("NUMBER", scale=0) if is_ansi else OraType("NUMBER")
    precision = None if parser.take("*") else parser.integer()
    scale = parser.integer() if parser.take(",") else 0
    parser.expect(")")
    if precision is not None and not 1 <= precision <= 38:
        raise OracleError(1727, "numeric precision specifier is out of range (1 to 38)")
    if not -84 <= scale <= 127:
        raise OracleError(1728, "numeric scale specifier is out of range (-84 to 127)")
    return OraType("NUMBER", precision=precision, scale=scale)


def _text(name: str, parser: Parser, char_default: bool, start: int) -> OraType:
    length, chars = 1, char_default
    if parser.take("("):
        length = parser.integer()
        unit = parser.take_any("BYTE", "CHAR")
        chars = unit == "CHAR" if unit else char_default
        parser.expect(")")
    elif name.endswith("VARCHAR2"):
        raise OracleError(906, "missing left parenthesis", parser.token.start)
    limit = 2000 if name in ("CHAR", "NCHAR") else 32767
    if not 1 <= length <= limit:
        raise OracleError(910, "specified length too long for its datatype", start)
    return OraType(name, length=length, char_semantics=chars)


def _timestamp(parser: Parser) -> OraType:
    digits = _one(parser)
    scale = 6 if digits is None else digits
    if parser.take("WITH"):
        local = parser.take("LOCAL")
        parser.expect("TIME", "ZONE")
        suffix = " WITH LOCAL TIME ZONE" if local else " WITH TIME ZONE"
        return OraType("TIMESTAMP" + suffix, scale=scale)
    return OraType("TIMESTAMP", scale=scale)


def _interval(parser: Parser) -> OraType:
    if parser.take("YEAR"):
        digits = _one(parser)
        parser.expect("TO", "MONTH")
        return OraType("INTERVAL YEAR TO MONTH", precision=2 if digits is None else digits, scale=0)
    parser.expect("DAY")
    days = _one(parser)
    parser.expect("TO", "SECOND")
    digits = _one(parser)
    return OraType(
        "INTERVAL DAY TO SECOND",
        precision=2 if days is None else days,
        scale=6 if digits is None else digits,
    )
