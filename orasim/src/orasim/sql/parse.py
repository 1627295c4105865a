"""Queries and DML to sqlglot trees, without any of sqlglot's rewriting of functions."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.oracle import Oracle
from sqlglot.errors import SqlglotError
from sqlglot.parsers.oracle import OracleParser
from sqlglot.tokens import TokenType

from orasim.engine import OracleError, not_supported
from orasim.sql import scan


class _Parser(OracleParser):
    """Every function call stays an ``Anonymous`` node with its arguments as written."""

    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        "CAST": lambda self: self._parse_oracle_cast(),
        "LISTAGG": lambda self: self._parse_listagg(),
        "JSON_TABLE": lambda self: self._parse_json_table(),
        "EXTRACT": lambda self: self._parse_extract(),
        "TRIM": lambda self: self._parse_trim(),
        "XMLSERIALIZE": lambda self: self._parse_serialize(
            "XMLSERIALIZE", TokenType.ALIAS, ("CONTENT", "DOCUMENT")
        ),
        "JSON_SERIALIZE": lambda self: self._parse_serialize("JSON_SERIALIZE"),
        "VECTOR_SERIALIZE": lambda self: self._parse_serialize("VECTOR_SERIALIZE"),
        "FROM_VECTOR": lambda self: self._parse_serialize("FROM_VECTOR"),
        "JSON_VALUE": lambda self: self._parse_json_path("JSON_VALUE"),
        "JSON_QUERY": lambda self: self._parse_json_path("JSON_QUERY"),
        "JSON_EXISTS": lambda self: self._parse_json_path("JSON_EXISTS"),
        "JSON": lambda self: self._parse_json_constructor(),
        "JSON_OBJECT": lambda self: self._parse_json_object(),
        "JSON_ARRAYAGG": lambda self: self._parse_json_arrayagg(),
    }
    NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
    NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        "CASE": lambda self: self._parse_case(),
        "ANY": lambda self: self.expression(exp.Any(this=self._parse_bitwise())),
        "SOME": lambda self: self.expression(exp.Any(this=self._parse_bitwise())),
        "PRIOR": lambda self: self.expression(exp.Prior(this=self._parse_bitwise())),
        "CONNECT_BY_ROOT": lambda self: self.expression(
            exp.ConnectByRoot(this=self._parse_column())
        ),
    }

    def _parse_serialize(
        self, name: str, tail: TokenType = TokenType.RETURNING, heads: tuple[str, ...] = ()
    ) -> exp.Expression:
        """XMLSERIALIZE(CONTENT x AS type), JSON_SERIALIZE(x RETURNING type PRETTY)."""
        if heads and not self._match_texts(heads):
            self.raise_error("Expecting CONTENT or DOCUMENT")
        value = self._parse_disjunction()
        kind = self._rest_of_call() if self._match(tail) else None
        return exp.Anonymous(this=name, expressions=[value], kind=kind)

    def _parse_json_path(self, name: str) -> exp.Expression:
        """JSON_VALUE(x, path [RETURNING type]) and its kin."""
        arguments = self._parse_csv(self._parse_disjunction)
        self._match(TokenType.RETURNING)
        rest = self._rest_of_call()
        return exp.Anonymous(this=name, expressions=arguments, kind=rest if rest.this else None)

    def _parse_json_object(self) -> exp.Expression:
        """JSON_OBJECT([KEY] k VALUE v [FORMAT JSON], … [NULL | ABSENT ON NULL] [RETURNING t])"""
        pairs: list[Any] = []
        while self._curr is not None and self._curr.token_type != TokenType.R_PAREN:
            self._match_text_seq("KEY")
            pairs.append(self._parse_disjunction())
            if not self._match_text_seq("VALUE") and not self._match_text_seq("IS"):
                self.raise_error("Expecting VALUE")
            pairs.append(self._parse_json_value())
            if not self._match(TokenType.COMMA):
                break
        return self._json_call("JSON_OBJECT", pairs, drops_nulls=False)

    def _parse_json_arrayagg(self) -> exp.Expression:
        """JSON_ARRAYAGG(v [FORMAT JSON] [NULL | ABSENT ON NULL] [RETURNING t])"""
        return self._json_call("JSON_ARRAYAGG", [self._parse_json_value()], drops_nulls=True)

    def _parse_json_value(self) -> exp.Expression:
        """A value; FORMAT JSON says that it is JSON already."""
        value = self._parse_disjunction()
        is_json = self._match_text_seq("FORMAT", "JSON")
        return exp.Anonymous(this="FORMAT JSON", expressions=[value]) if is_json else value

    def _json_call(self, name: str, values: list[Any], *, drops_nulls: bool) -> exp.Expression:
        if self._match_text_seq("NULL", "ON", "NULL"):
            drops_nulls = False
        elif self._match_text_seq("ABSENT", "ON", "NULL"):
            drops_nulls = True
        kind = self._rest_of_call() if self._match(TokenType.RETURNING) else None
        return exp.Anonymous(this=name, expressions=values, kind=kind, drops_nulls=drops_nulls)

    def _parse_json_constructor(self) -> exp.Expression:
        """JSON(x [EXTENDED])"""
        value = self._parse_disjunction()
        kind = self._rest_of_call() if self._match_text_seq("EXTENDED") else None
        return exp.Anonymous(this="JSON", expressions=[value], kind=kind)

    def _parse_is(self, this: Any) -> Any:
        """x IS [NOT] JSON [FORMAT JSON | OSON] [LAX], besides what sqlglot knows."""
        found = super()._parse_is(this)
        if self._match_text_seq("FORMAT") and not self._match_texts(("JSON", "OSON")):
            self.raise_error("Expecting JSON or OSON")
        if not self._match_text_seq("LAX"):
            self._match_text_seq("STRICT")
        return found

    def _parse_limit(self, this: Any = None, *args: Any, **options: Any) -> Any:
        """FETCH FIRST takes any expression; sqlglot reads a number or what is in parentheses."""
        if self._curr is None or self._curr.token_type != TokenType.FETCH:
            return super()._parse_limit(this, *args, **options)
        self._advance()
        if not self._match_texts(("FIRST", "NEXT")):
            raise OracleError(905, "missing keyword")
        count = None
        if not self._match_texts(("ROW", "ROWS"), advance=False):
            count = self._parse_term(parse_mod=False)
        options_ = self._parse_limit_options()
        return self.expression(exp.Fetch(direction="FIRST", count=count, limit_options=options_))

    def _parse_version(self) -> Any:
        """AS OF …, and VERSIONS BETWEEN SCN | TIMESTAMP low AND high."""
        if not self._match_text_seq("VERSIONS", "BETWEEN"):
            return super()._parse_version()
        if not self._match_texts(("SCN", "TIMESTAMP")):
            raise OracleError(905, "missing keyword")
        unit = self._prev.text.upper()
        low = self._parse_bitwise()
        if not self._match(TokenType.AND):
            raise OracleError(905, "missing keyword")
        bounds = exp.Tuple(expressions=[low, self._parse_bitwise()])
        return self.expression(exp.Version(this=unit, expression=bounds, kind="BETWEEN"))

    def _parse_partition(self) -> Any:
        """PARTITION (name), and PARTITION FOR (key, …)."""
        if self._next is None or self._next.token_type != TokenType.FOR:
            return super()._parse_partition()
        if not self._match_texts(self.PARTITION_KEYWORDS):
            return None
        is_sub = self._prev.text.upper() == "SUBPARTITION"
        self._advance()
        keys = self._parse_wrapped_csv(self._parse_disjunction)
        return exp.Partition(subpartition=is_sub, expressions=keys, by_key=True)

    def _parse_json_table(self, *args: Any, **options: Any) -> Any:
        """JSON_TABLE(document [FORMAT JSON], …): what follows stays text, for jsontable."""
        document = self._parse_disjunction()
        self._match_text_seq("FORMAT", "JSON")
        self._match(TokenType.COMMA)
        start, depth = self._curr, 0
        while self._curr is not None:
            depth += (self._curr.token_type == TokenType.L_PAREN) - (
                self._curr.token_type == TokenType.R_PAREN
            )
            if depth < 0:
                break
            self._advance()
        rest = exp.Var(this=self._find_sql(start, self._prev))
        return exp.Anonymous(this="JSON_TABLE", expressions=[document], kind=rest)

    def _parse_oracle_cast(self) -> exp.Expression:
        """CAST(x AS type): the type stays text, for types.parse_type."""
        value = self._parse_disjunction()
        if not self._match(TokenType.ALIAS):
            raise OracleError(905, "missing keyword")
        return exp.Anonymous(this="CAST", expressions=[value], kind=self._rest_of_call())

    def _rest_of_call(self) -> exp.Expression:
        """The tokens up to the call's closing parenthesis, as text."""
        depth, words = 0, []
        while self._curr is not None:
            if self._curr.token_type == TokenType.R_PAREN:
                if depth == 0:
                    break
                depth -= 1
            elif self._curr.token_type == TokenType.L_PAREN:
                depth += 1
            words.append(self._curr.text)
            self._advance()
        return exp.Var(this=" ".join(words))

    def _parse_listagg(self) -> exp.Expression:
        """LISTAGG([DISTINCT] x [, separator] [ON OVERFLOW …])"""
        distinct = bool(self._match(TokenType.DISTINCT))
        args = self._parse_csv(self._parse_disjunction)
        overflow = None
        if self._match_text_seq("ON", "OVERFLOW"):
            overflow = self._rest_of_call()
        if distinct:
            args[0] = exp.Distinct(expressions=[args[0]])
        return exp.Anonymous(this="LISTAGG", expressions=args, overflow=overflow)

    def _parse_connect_with_prior(self) -> Any:
        return self._parse_disjunction()

    def _parse_table_alias(self, *args: Any, **options: Any) -> Any:
        # Oracle has no AS before a table's alias; in WITH, AS follows the name.
        if self._curr is not None and self._curr.token_type == TokenType.ALIAS:
            if self._next is not None and self._next.text.upper() == "OF":
                return None
            raise OracleError(933, "SQL command not properly ended", self._curr.start)
        return super()._parse_table_alias(*args, **options)


class OrasimDialect(Oracle):
    """sqlglot's Oracle with plain function calls."""

    class Tokenizer(Oracle.Tokenizer):
        KEYWORDS: ClassVar[dict[str, Any]] = {
            key: value
            for key, value in Oracle.Tokenizer.KEYWORDS.items()
            if key not in ("TOP", "SYSTIMESTAMP", "LOCALTIMESTAMP", "COLUMNS", "XML")
        }

    Parser = _Parser


@dataclass(frozen=True, slots=True)
class Statement:
    """A parsed query or DML statement."""

    sql: str
    tree: exp.Expression
    bind_names: tuple[str, ...]  # by occurrence, without those of RETURNING … INTO
    returning_binds: int = 0
    has_except: bool = False  # EXCEPT, which is MINUS's other name since 21c


class StatementCache:
    """Recently parsed texts; trees are never changed after parsing."""

    def __init__(self, size: int = 500) -> None:
        self._size = size
        self._known: OrderedDict[str, Statement] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, sql: str) -> Statement:
        """*sql* parsed, from memory when seen lately."""
        with self._lock:
            found = self._known.get(sql)
        if found is None:
            found = parse(sql)
            with self._lock:
                self._known[sql] = found
                while len(self._known) > self._size:
                    self._known.popitem(last=False)
        return found


def parse(sql: str) -> Statement:
    """One query or DML statement; OracleError with a syntax error's number."""
    returning = 0
    body = sql
    if scan.first_words(sql, 1)[:1] in (["INSERT"], ["UPDATE"], ["DELETE"], ["MERGE"]):
        body, returning = scan.cut_returning(sql)
    scan.check_tokens(body)
    text, binds = scan.prepare(body)
    tree = _tree(text)
    _check_joins(body, tree)
    return Statement(sql, tree, tuple(binds), returning, scan.has_word(body, "EXCEPT"))


def _check_joins(sql: str, tree: exp.Expression) -> None:
    """ORA-00905 for JOIN without ON or USING, which sqlglot reads as a comma."""
    written = sum(token.kind == "word" and token.upper == "JOIN" for token in scan.scan(sql))
    if not written:
        return
    complete = sum(
        any(join.args.get(clause) for clause in ("on", "using", "method"))
        or join.args.get("kind") == "CROSS"
        for join in tree.find_all(exp.Join)
    )
    if complete < written:
        raise OracleError(905, "missing keyword")


def parse_expression(sql: str) -> exp.Expression:
    """A lone expression: column default, virtual column, check constraint."""
    tree = parse(f"SELECT {sql} FROM DUAL").tree
    return tree.expressions[0]


def _tree(text: str) -> exp.Expression:
    dialect = OrasimDialect()
    try:
        found = dialect.parse(text)
    except SqlglotError as error:
        # What only Oracle's own grammar has may be right; sqlglot cannot tell.
        own = next((word for word in _ORACLE_ONLY if scan.has_word(text, word)), None)
        if own is not None:
            raise not_supported(own) from error
        raise _syntax_error(str(error), error) from error
    except RecursionError as error:
        raise OracleError(913, "too many values") from error
    trees = [tree for tree in found if tree is not None]
    if len(trees) != 1:
        raise OracleError(900, "invalid SQL statement")
    return trees[0]


_ORACLE_ONLY = (
    "XMLTABLE", "MODEL", "MATCH_RECOGNIZE", "MULTISET", "XMLELEMENT", "XMLAGG",
    "JSON_OBJECTAGG", "GRAPH_TABLE", "CONTAINERS",
)  # fmt: skip
_PHRASES: tuple[tuple[str, int, str], ...] = (
    ("Expecting )", 907, "missing right parenthesis"),
    ("Expected table name", 903, "invalid table name"),
    ("Required keyword: 'expression'", 936, "missing expression"),
    ("Required keyword: 'this'", 936, "missing expression"),
    ("Expecting END", 905, "missing keyword"),
    ("Error tokenizing", 911, "invalid character"),
)


def _syntax_error(message: str, error: SqlglotError) -> OracleError:
    details = getattr(error, "errors", None) or [{}]
    column = max(int(details[0].get("col") or 1) - 1, 0)
    for phrase, code, text in _PHRASES:
        if phrase in message:
            return OracleError(code, text, column)
    return OracleError(933, "SQL command not properly ended", column)


def identifier(node: exp.Expression | str | None) -> str:
    """An identifier's stored name: folded to upper case unless quoted."""
    if isinstance(node, exp.Identifier):
        return str(node.this) if node.args.get("quoted") else str(node.this).upper()
    if isinstance(node, str):
        return node.upper()
    return str(node.name).upper() if node is not None else ""


def check_clauses(node: exp.Expression, allowed: set[str], where: str) -> None:
    """ORA-03001 when *node* has a clause that its reader does not look at."""
    from orasim.engine import not_supported

    for name, value in node.args.items():
        if name not in allowed and value not in (None, False, [], "", ()):
            raise not_supported(f"{name.upper().strip('_')} in {where}")
