"""Defaults, checks, index and virtual column expressions: Oracle SQL → PostgreSQL SQL.

A recursive-descent reader writes PostgreSQL as it goes. It knows what it was taught and
refuses the rest with UnsupportedConstruct: a definition that is left out and named is
better than one that means something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from oraferry.convert.datemasks import read_moment
from oraferry.convert.functions import FUNCTIONS, WITHOUT_ARGUMENTS, UnusualCount, extract
from oraferry.convert.piece import (
    NULL,
    Kind,
    Piece,
    as_text,
    comparable,
    literal,
    quote_name,
    require_same,
)
from oraferry.convert.tokens import Token, tokenize
from oraferry.errors import UnsupportedConstruct
from oraferry.model import DataType, TableRef

_COMPARISONS = {"=": "=", "<>": "<>", "!=": "<>", "^=": "<>", "<": "<", ">": ">", "<=": "<=",
                ">=": ">="}  # fmt: skip
_RESERVED = {
    "AND", "OR", "NOT", "IN", "IS", "LIKE", "BETWEEN", "CASE", "WHEN", "THEN", "ELSE", "END",
    "PRIOR", "LEVEL", "ROWNUM", "EXISTS", "SELECT", "ANY", "ALL", "ESCAPE",
}  # fmt: skip

_KIND_OF_TYPE = {
    "NUMBER": Kind.NUMBER, "FLOAT": Kind.NUMBER, "BINARY_FLOAT": Kind.FLOAT,
    "BINARY_DOUBLE": Kind.FLOAT, "CHAR": Kind.CHAR, "NCHAR": Kind.CHAR, "VARCHAR2": Kind.TEXT,
    "NVARCHAR2": Kind.TEXT, "CLOB": Kind.TEXT, "NCLOB": Kind.TEXT, "DATE": Kind.DATE,
    "TIMESTAMP": Kind.TIMESTAMP, "TIMESTAMP WITH TIME ZONE": Kind.ZONED,
    "TIMESTAMP WITH LOCAL TIME ZONE": Kind.ZONED, "RAW": Kind.RAW, "BOOLEAN": Kind.BOOLEAN,
}  # fmt: skip


def _no_sequence(ref: TableRef) -> TableRef:
    raise UnsupportedConstruct(f"sequence {ref} has no place here")


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean: columns by Oracle's name, with the target's name and Oracle's type."""

    columns: Mapping[str, tuple[str, DataType]]
    schema: str
    fold_sequence: Callable[[TableRef], TableRef] = _no_sequence


def convert_default(text: str, scope: Scope, target: DataType) -> str | None:
    """A column default for a column of PostgreSQL type *target*; None for DEFAULT NULL."""
    found = _read(text, Scope({}, scope.schema, scope.fold_sequence), _Reader.read_value)
    if found == NULL:
        return None
    if found.kind is Kind.GUID:
        return _guid(target)
    if found.kind is Kind.RAW and target.name != "bytea":
        raise UnsupportedConstruct(f"no rule for bytes in a column of type {target.name}")
    return found.sql


def convert_condition(text: str, scope: Scope) -> str:
    """
    A check's condition.

    >>> scope = Scope({"S": ("s", DataType("VARCHAR2", length=1))}, "HR")
    >>> convert_condition("S IN ('A', 'B') AND S IS NOT NULL", scope)
    '"s" IN (\\'A\\', \\'B\\') AND "s" IS NOT NULL'
    """
    return _read(text, scope, _Reader.read_condition).sql


def convert_expression(text: str, scope: Scope, *, must_be_immutable: bool = False) -> str:
    """The expression of an index or of a virtual column."""
    found = _read(text, scope, _Reader.read_value)
    if must_be_immutable and not found.is_immutable:
        raise UnsupportedConstruct("the expression depends on more than the row")
    if found.kind is Kind.GUID:
        raise UnsupportedConstruct("SYS_GUID() has no place here")
    return found.sql


def _guid(target: DataType) -> str:
    if target.name == "uuid":
        return "gen_random_uuid()"
    digits = "replace(gen_random_uuid()::text, '-', '')"
    if target.name == "bytea":
        return f"decode({digits}, 'hex')"
    return f"upper({digits})"


def _read(text: str, scope: Scope, start: Callable[[_Reader], Piece]) -> Piece:
    reader = _Reader(tokenize(text), scope)
    found = start(reader)
    if reader.peek().kind != "end":
        raise reader.refuse()
    return found


class _Reader:
    def __init__(self, tokens: list[Token], scope: Scope) -> None:
        self._tokens = tokens
        self._scope = scope
        self._next = 0

    # --- tokens -----------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def take(self) -> Token:
        token = self.peek()
        self._next += 1
        return token

    def skip(self, *texts: str) -> bool:
        """Go past these words or symbols, if they are all next."""
        for ahead, text in enumerate(texts):
            token = self.peek(ahead)
            if token.kind not in ("word", "symbol") or token.text != text:
                return False
        self._next += len(texts)
        return True

    def expect(self, text: str) -> None:
        if not self.skip(text):
            raise self.refuse()

    def refuse(self) -> UnsupportedConstruct:
        token = self.peek()
        # Never a literal: it may be data.
        shown = "a text" if token.kind == "text" else token.text or "the end"
        return UnsupportedConstruct(f"no rule for {shown} at character {token.position + 1}")

    # --- conditions -------------------------------------------------------------------------

    def read_condition(self) -> Piece:
        found = self._read_and()
        while self.skip("OR"):
            found = found.join("OR", self._read_and(), Kind.CONDITION, binds=1)
        return found

    def _read_and(self) -> Piece:
        found = self._read_not()
        while self.skip("AND"):
            found = found.join("AND", self._read_not(), Kind.CONDITION, binds=2)
        return found

    def _read_not(self) -> Piece:
        if self.skip("NOT"):
            inner = self._read_not()
            return Piece(f"NOT {inner.within(3)}", Kind.CONDITION, inner.is_immutable, binds=3)
        return self._read_predicate()

    def _read_predicate(self) -> Piece:
        if self.peek().text == "(" and self.peek().kind == "symbol" and self._opens_condition():
            self.expect("(")
            inner = self.read_condition()
            self.expect(")")
            return Piece(f"({inner.sql})", inner.kind, inner.is_immutable)
        left = self.read_value()
        if left.kind is Kind.CONDITION:
            return left
        if self.peek().kind == "symbol" and self.peek().text in _COMPARISONS:
            sign = _COMPARISONS[self.take().text]
            return comparable(left).join(
                sign, require_same(left, self.read_value()), Kind.CONDITION, binds=4
            )
        if self.skip("IS", "NOT", "NULL"):
            return Piece(f"{left.within(5)} IS NOT NULL", Kind.CONDITION, left.is_immutable, 4)
        if self.skip("IS", "NULL"):
            return Piece(f"{left.within(5)} IS NULL", Kind.CONDITION, left.is_immutable, 4)
        if self.skip("IS"):
            what = "NOT " if self.skip("NOT") else ""
            raise UnsupportedConstruct(f"no rule for IS {what}{self.peek().text}")
        negation = "NOT " if self.skip("NOT") else ""
        if self.skip("IN"):
            return self._read_list(left, negation)
        if self.skip("BETWEEN"):
            low = require_same(left, self.read_value())
            self.expect("AND")
            high = require_same(left, self.read_value())
            sql = f"{left.within(5)} {negation}BETWEEN {low.within(5)} AND {high.within(5)}"
            return Piece(sql, Kind.CONDITION, _all_immutable(left, low, high), 4)
        if self.skip("LIKE"):
            return self._read_like(left, negation)
        raise self.refuse()

    def _opens_condition(self) -> bool:
        """True when the parenthesis that is next holds a condition, not a value."""
        depth = 0
        for ahead in range(len(self._tokens) - self._next):
            token = self.peek(ahead)
            if token.kind == "symbol" and token.text in "()":
                depth += 1 if token.text == "(" else -1
                if depth == 0:
                    return False
            elif depth == 1 and (
                (token.kind == "symbol" and token.text in _COMPARISONS)
                or (
                    token.kind == "word"
                    and token.text in {"AND", "OR", "NOT", "IS", "IN", "LIKE", "BETWEEN"}
                )
                or (token.kind == "word" and token.text == "REGEXP_LIKE")
            ):
                return not self._is_inside_case(ahead)
            elif depth == 1 and token.kind == "symbol" and token.text == ",":
                return False
        return any(
            self.peek(ahead).kind == "symbol" and self.peek(ahead).text in _COMPARISONS
            for ahead in range(1, 4)
        )

    def _is_inside_case(self, ahead: int) -> bool:
        words = [self.peek(n).text for n in range(ahead) if self.peek(n).kind == "word"]
        return words.count("CASE") > words.count("END")

    def _read_list(self, left: Piece, negation: str) -> Piece:
        self.expect("(")
        items = [require_same(left, self.read_value())]
        while self.skip(","):
            items.append(require_same(left, self.read_value()))
        self.expect(")")
        inner = ", ".join(item.sql for item in items)
        sql = f"{comparable(left).within(5)} {negation}IN ({inner})"
        return Piece(sql, Kind.CONDITION, _all_immutable(left, *items), 4)

    def _read_like(self, left: Piece, negation: str) -> Piece:
        pattern = self.read_value()
        if left.kind is not Kind.TEXT or pattern.text is None:
            raise UnsupportedConstruct("LIKE has a rule for text columns and literals only")
        escape = ""
        if self.skip("ESCAPE"):
            mark = self.read_value()
            escape = mark.sql
        # Without ESCAPE, a backslash is a letter in Oracle and the escape in PostgreSQL.
        escape = escape or "''"
        sql = f"{left.within(5)} {negation}LIKE {pattern.sql} ESCAPE {escape}"
        return Piece(sql, Kind.CONDITION, left.is_immutable, 4)

    # --- values -----------------------------------------------------------------------------

    def read_value(self) -> Piece:
        found = self._read_term()
        while self.peek().kind == "symbol" and self.peek().text in ("+", "-", "||"):
            found = _add(found, self.take().text, self._read_term())
        return found

    def _read_term(self) -> Piece:
        found = self._read_factor()
        while self.peek().kind == "symbol" and self.peek().text in ("*", "/"):
            sign = self.take().text
            right = self._read_factor()
            if not (found.is_number and right.is_number):
                raise UnsupportedConstruct(f"{sign} has a rule for numbers only")
            if sign == "/" and found.kind is Kind.NUMBER:
                # Oracle has no integer division.
                found = Piece(f"{found.within(8)}::numeric", found.kind, found.is_immutable, 8)
            found = found.join(sign, right, found.kind, binds=7)
        return found

    def _read_factor(self) -> Piece:
        if self.skip("+"):
            return self._read_factor()
        if self.skip("-"):
            inner = self._read_factor()
            if not inner.is_number:
                raise UnsupportedConstruct("a minus has a rule for numbers only")
            return Piece(f"-{inner.within(8)}", inner.kind, inner.is_immutable, 7)
        return self._read_primary()

    def _read_primary(self) -> Piece:
        token = self.take()
        if token.kind == "number":
            return _number(token.text)
        if token.kind == "text":
            return literal(token.text)
        if token.kind == "symbol" and token.text == "(":
            inner = self.read_value()
            self.expect(")")
            return Piece(f"({inner.sql})", inner.kind, inner.is_immutable, text=inner.text)
        if token.text in ("DATE", "TIMESTAMP") and self.peek().kind == "text":
            return _moment(token.text, self.take().text)
        if token.kind == "word" and token.text == "CASE":
            return self._read_case()
        if token.kind == "word" and token.text == "NULL":
            return NULL
        if token.kind == "name" or (token.kind == "word" and token.text not in _RESERVED):
            return self._read_named(token)
        self._next -= 1
        raise self.refuse()

    def _read_named(self, token: Token) -> Piece:
        path = [token.text]
        while self.skip("."):
            path.append(self.take().text)
        if path[-1] == "NEXTVAL" and len(path) in (2, 3):
            return self._next_value(path[:-1])
        if self.skip("("):
            return self._read_call(path)
        if token.kind == "word" and len(path) == 1 and path[0] in WITHOUT_ARGUMENTS:
            return WITHOUT_ARGUMENTS[path[0]]
        found = self._scope.columns.get(path[-1]) if len(path) == 1 else None
        if found is None:
            raise UnsupportedConstruct(f"no rule for {'.'.join(path)}")
        name, type = found
        kind = _KIND_OF_TYPE.get(type.name, Kind.OTHER)
        return Piece(quote_name(name), kind)

    def _read_call(self, path: list[str]) -> Piece:
        name = ".".join(path)
        if name == "EXTRACT":
            field = self.take().text
            self.expect("FROM")
            moment = self.read_value()
            self.expect(")")
            return extract(field, moment)
        arguments: list[Piece] = []
        if not self.skip(")"):
            arguments.append(self.read_value())
            while self.skip(","):
                arguments.append(self.read_value())
            self.expect(")")
        convert = FUNCTIONS.get(name)
        if convert is None:
            raise UnsupportedConstruct(f"no rule for the function {name}")
        try:
            return convert(arguments)
        except UnusualCount:
            many = f"{len(arguments)} argument{'' if len(arguments) == 1 else 's'}"
            raise UnsupportedConstruct(f"no rule for {name} with {many}") from None

    def _next_value(self, path: list[str]) -> Piece:
        ref = TableRef(path[0] if len(path) == 2 else self._scope.schema, path[-1])
        folded = self._scope.fold_sequence(ref)
        name = f"{quote_name(folded.schema)}.{quote_name(folded.name)}".replace("'", "''")
        return Piece(f"nextval('{name}'::regclass)", Kind.NUMBER, is_immutable=False)

    def _read_case(self) -> Piece:
        subject = None if self.peek().text == "WHEN" else self.read_value()
        pieces, results, immutable = ["CASE"], [], True
        if subject is not None:
            pieces.append(subject.sql)
            immutable = subject.is_immutable
        while self.skip("WHEN"):
            test = (
                self.read_condition()
                if subject is None
                else require_same(subject, self.read_value())
            )
            self.expect("THEN")
            result = self.read_value()
            pieces.append(f"WHEN {test.sql} THEN {result.sql}")
            results.append(result)
            immutable = immutable and test.is_immutable
        if self.skip("ELSE"):
            results.append(self.read_value())
            pieces.append(f"ELSE {results[-1].sql}")
        self.expect("END")
        kinds = {result.kind for result in results if result != NULL}
        if len(kinds) > 1 and not kinds <= {Kind.TEXT, Kind.CHAR}:
            raise UnsupportedConstruct("a CASE has results of different types")
        kind = kinds.pop() if kinds else Kind.OTHER
        return Piece(" ".join([*pieces, "END"]), kind, immutable and _all_immutable(*results))


def _all_immutable(*pieces: Piece) -> bool:
    return all(piece.is_immutable for piece in pieces)


def _number(text: str) -> Piece:
    if text[-1] in "fFdD":
        raise UnsupportedConstruct("no rule for a binary float literal")
    return Piece(text if text[0] != "." else f"0{text}", Kind.NUMBER)


def _moment(word: str, text: str) -> Piece:
    mask = "YYYY-MM-DD" if word == "DATE" else "YYYY-MM-DD HH24:MI:SS"
    if word == "TIMESTAMP" and "." in text:
        mask += ".FF"
    return Piece(f"timestamp '{read_moment(text, mask)}'", Kind.TIMESTAMP)


def _add(left: Piece, sign: str, right: Piece) -> Piece:
    if sign == "||":
        # Oracle's NULL in a concatenation is an empty text, and an empty text is NULL.
        joined = f"{_coalesced(left)} || {_coalesced(right)}"
        immutable = _all_immutable(left, right)
        if left.text or right.text:
            return Piece(f"({joined})", Kind.TEXT, immutable)
        return Piece(f"nullif({joined}, '')", Kind.TEXT, immutable)
    if left.is_number and right.is_number:
        return left.join(sign, right, left.kind, binds=6)
    if left.kind in (Kind.DATE, Kind.TIMESTAMP) and right.is_number:
        days = f"{right.within(8)} * interval '1 day'"
        return Piece(f"{left.within(6)} {sign} {days}", left.kind, _all_immutable(left, right), 6)
    raise UnsupportedConstruct(f"no rule for {sign} between {left.kind} and {right.kind}")


def _coalesced(piece: Piece) -> str:
    text = as_text(piece)
    return text.within(8) if piece.text else f"coalesce({text.sql}, '')"
