"""JSON_TABLE in FROM: rows of a document, and nested rows within them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orasim.dictionary.datatypes import parse_type
from orasim.dictionary.tokens import Parser
from orasim.engine import OracleError, not_supported
from orasim.sql.convert import converter, fitter
from orasim.sql.scope import ResultColumn, Row
from orasim.storage.jsonpath import Step, parse_path, select
from orasim.storage.oson import decode_oson, encode_oson, json_text
from orasim.values import NUMBER, OraType, varchar2

if TYPE_CHECKING:
    from orasim.sql.convert import Nls

JSON = OraType("JSON")
_DEFAULT = varchar2(4000)


@dataclass(slots=True)
class _Column:
    place: int
    kind: OraType
    path: tuple[Step, ...] = ()
    role: str = "VALUE"  # VALUE, QUERY (FORMAT JSON), EXISTS, ORDINALITY
    strict: bool = False  # ERROR ON ERROR


@dataclass(slots=True)
class _Level:
    """A row path with its columns; ``nested`` are the levels below it."""

    path: tuple[Step, ...]
    columns: list[_Column] = field(default_factory=list)
    nested: list[_Level] = field(default_factory=list)


class JsonTable:
    """What follows the document in ``JSON_TABLE(document, 'path' COLUMNS (…))``."""

    def __init__(self, text: str) -> None:
        parser = Parser(text)
        self.columns: list[ResultColumn] = []
        self._level = self._read_level(parser)
        if not parser.at_end:
            raise parser.unknown()

    # -- reading --------------------------------------------------------------------------

    def _read_level(self, parser: Parser) -> _Level:
        level = _Level(parse_path(_text(parser)) if parser.token.kind == "text" else ())
        if parser.take("ERROR", "ON", "ERROR"):
            raise not_supported("JSON_TABLE … ERROR ON ERROR")
        parser.take("NULL", "ON", "ERROR")
        parser.expect("COLUMNS")
        grouped = parser.take("(")
        while True:
            if parser.take("NESTED"):
                parser.take("PATH")
                level.nested.append(self._read_level(parser))
            else:
                level.columns.append(self._read_column(parser))
            if not parser.take(","):
                break
        if grouped:
            parser.expect(")")
        return level

    def _read_column(self, parser: Parser) -> _Column:
        name = parser.name()
        made = _Column(len(self.columns), _DEFAULT)
        if parser.take("FOR", "ORDINALITY"):
            made.role, made.kind = "ORDINALITY", NUMBER
        else:
            self._read_value(parser, made)
        self.columns.append(ResultColumn(name, made.kind))
        return made

    def _read_value(self, parser: Parser, made: _Column) -> None:
        if not (parser.peek("PATH") or parser.peek("FORMAT") or parser.peek("EXISTS")):
            if parser.peek("VARCHAR2") and not parser.peek("VARCHAR2", "("):
                parser.at += 1
            else:
                made.kind = parse_type(parser, "SYS")
        if parser.take("FORMAT", "JSON") or made.kind == JSON:
            made.role = "QUERY"
        elif parser.take("EXISTS"):
            made.role = "EXISTS"
        if not parser.take("PATH"):
            raise not_supported("JSON_TABLE column without PATH")
        made.path = parse_path(_text(parser))
        made.strict = parser.take("ERROR", "ON", "ERROR")
        parser.take("NULL", "ON", "ERROR")
        parser.take("NULL", "ON", "EMPTY")
        if not (parser.peek(",") or parser.peek(")") or parser.at_end):
            raise parser.unknown()

    # -- rows -----------------------------------------------------------------------------

    def rows(self, image: bytes | None, nls: Nls) -> Iterator[Row]:
        """The rows of one document; none for NULL and for what is no JSON."""
        if image is None:
            return
        for filled in self._filled(self._level, decode_oson(image), nls):
            yield tuple(filled.get(place) for place in range(len(self.columns)))

    def _filled(self, level: _Level, value: Any, nls: Nls) -> Iterator[dict[int, Any]]:
        for number, item in enumerate(select(value, level.path), 1):
            own = {
                column.place: number if column.role == "ORDINALITY" else _value(column, item, nls)
                for column in level.columns
            }
            found = False
            for nested in level.nested:  # side by side: each level's rows with the others NULL
                for below in self._filled(nested, item, nls):
                    found = True
                    yield {**own, **below}
            if not found:
                yield own


def _text(parser: Parser) -> str:
    if parser.token.kind != "text":
        raise OracleError(40442, "JSON path expression syntax error")
    parser.at += 1
    return parser.tokens[parser.at - 1].value


def _value(column: _Column, item: Any, nls: Nls) -> Any:
    found = list(select(item, column.path))
    if column.role == "EXISTS":
        return _of_exists(column.kind, bool(found))
    if column.role == "QUERY":
        if len(found) != 1:
            return None
        return encode_oson(found[0]) if column.kind == JSON else json_text(found[0])
    if len(found) != 1 or isinstance(found[0], dict | list) or found[0] is None:
        return None
    return _scalar(column, found[0], nls)


def _of_exists(kind: OraType, found: bool) -> Any:
    return (1 if found else 0) if kind.is_number else ("true" if found else "false")


def _scalar(column: _Column, value: Any, nls: Nls) -> Any:
    """A JSON scalar as the column's type; what does not convert is NULL, as NULL ON ERROR says."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    given: OraType = NUMBER if is_number else _DEFAULT
    if not is_number and not isinstance(value, str):
        value = json_text(value).strip('"')
    convert: Callable[[Any], Any] = converter(given, column.kind, nls)
    try:
        return fitter(column.kind, "")(convert(value))
    except OracleError as error:
        if column.strict:
            raise OracleError(40462, f"JSON_VALUE evaluated to no value ({error.code})") from error
        return None
