"""Functions of JSON: constructors, serialising, and looking into values by path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql.convert import Nls, converter, fitter, inconsistent, to_json
from orasim.sql.functions.registry import UNCOMPILED, Call, applied, check_count, function
from orasim.sql.scope import Expr
from orasim.sql.types import NULL, family, parse_type
from orasim.storage.jsonpath import parse_path, select
from orasim.storage.oson import decode_oson, encode_oson, is_json, json_text
from orasim.values import NUMBER, OraType, varchar2

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

JSON = OraType("JSON")


def document_of(compiler: Compiler, expr: Expr) -> Expr:
    """*expr* as a JSON image; what is no JSON is NULL, as paths do by default."""
    if expr.type.name == "JSON":
        return expr
    convert = to_json(expr.type)

    def lenient(value: Any) -> bytes | None:
        try:
            return convert(value)
        except OracleError:
            return None

    return applied(compiler, lenient, [expr], JSON)


def _since_21(compiler: Compiler, name: str) -> None:
    if compiler.context.session.version < (21,):
        raise OracleError(904, f'"{name}": invalid identifier')


@function("JSON")
def json(compiler: Compiler, call: Call) -> Expr:
    """JSON(x): the type's constructor."""
    _since_21(compiler, call.name)
    check_count(call, 1, 1)
    if call.node.args.get("kind") is not None:
        raise not_supported("JSON(… EXTENDED)")
    return applied(compiler, to_json(call.args[0].type), [call.args[0]], JSON)


@function("JSON_SCALAR")
def json_scalar(compiler: Compiler, call: Call) -> Expr:
    """A JSON scalar of the argument's own type."""
    _since_21(compiler, call.name)
    check_count(call, 1, 1)
    expr = call.args[0]
    if family(expr.type) not in (
        "text", "number", "float", "date", "raw", "interval day to second",
        "interval year to month", "clob", "boolean",
    ):  # fmt: skip
        raise not_supported(f"JSON_SCALAR of {expr.type.data_type}")
    return applied(compiler, encode_oson, [expr], JSON)


@function("JSON_SERIALIZE")
def json_serialize(compiler: Compiler, call: Call) -> Expr:
    """The document's text: RETURNING VARCHAR2(n), CLOB or BLOB."""
    expr = call.args[0]
    if expr.type.name not in ("JSON", "CLOB", "VARCHAR2", "CHAR", "BLOB") and expr.type != NULL:
        raise inconsistent("JSON", expr.type)
    wanted = call.node.args.get("kind")
    kind = parse_type(str(wanted.this) if wanted is not None else "VARCHAR2(4000)")
    if expr.type == NULL:
        return Expr(kind, expr.run)
    convert = to_json(expr.type)

    def text(value: Any) -> Any:
        found = json_text(decode_oson(convert(value)))
        if kind.name == "BLOB":
            return found.encode()
        if kind.is_text and len(found.encode()) > (kind.length or 0):
            raise OracleError(40478, f"output value too large (maximum: {kind.length})")
        return found

    return applied(compiler, text, [expr], kind)


@function("JSON_VALUE")
def json_value(compiler: Compiler, call: Call) -> Expr:
    """
    The scalar at a path as text or NUMBER.

    Without one, or with more than one, it is NULL, or an error after ERROR ON ERROR.
    """
    steps, kind, is_strict = _path_and_type(call, "VARCHAR2(4000)")
    source = compiler.value(call.node.expressions[0])
    document = document_of(compiler, source)
    if is_strict and source.type.name != "JSON":
        document = applied(compiler, to_json(source.type), [source], JSON)

    def pick(image: bytes) -> Any:
        try:
            return _scalar(list(select(decode_oson(image), steps)), kind)
        except OracleError:
            if is_strict:
                raise
            return None

    if not (kind.is_text or kind.is_number or kind.name == "CLOB"):
        raise not_supported(f"JSON_VALUE RETURNING {kind.data_type}")
    return applied(compiler, pick, [document], kind)


def _scalar(found: list[Any], kind: OraType) -> Any:
    """What JSON_VALUE makes of what a path found; JSON's null is NULL."""
    if not found:
        raise OracleError(40462, "JSON_VALUE evaluated to no value")
    if len(found) > 1:
        raise OracleError(40470, "JSON_VALUE evaluated to multiple values")
    (value,) = found
    if isinstance(value, dict | list):
        raise OracleError(40456, "JSON_VALUE evaluated to non-scalar value")
    if value is None or not kind.is_number:
        return value if value is None or isinstance(value, str) else json_text(value).strip('"')
    if isinstance(value, bool):
        raise OracleError(40799, "cannot convert Boolean value to number")
    if isinstance(value, str):
        value = converter(varchar2(4000), NUMBER, Nls())(value)
    return fitter(kind, "")(value)


@function("JSON_QUERY")
def json_query(compiler: Compiler, call: Call) -> Expr:
    """The object or array at a path; NULL when there is none, a scalar, or more than one."""
    source = compiler.value(call.node.expressions[0])
    default = "JSON" if source.type.name == "JSON" else "VARCHAR2(4000)"
    steps, kind, _ = _path_and_type(call, default)
    document = document_of(compiler, source)

    def pick(image: bytes) -> Any:
        found = list(select(decode_oson(image), steps))
        scalar_is_fine = kind.name == "JSON"
        if len(found) != 1 or not (scalar_is_fine or isinstance(found[0], dict | list)):
            return None
        return encode_oson(found[0]) if kind.name == "JSON" else json_text(found[0])

    if not (kind.is_text or kind.name in ("CLOB", "JSON")):
        raise not_supported(f"JSON_QUERY RETURNING {kind.data_type}")
    return applied(compiler, pick, [document], kind)


@function("JSON_EXISTS")
def json_exists(compiler: Compiler, call: Call) -> Expr:
    """True when a path names something."""
    steps, _, _ = _path_and_type(call, "VARCHAR2(4000)")
    document = document_of(compiler, compiler.value(call.node.expressions[0]))
    found = applied(
        compiler,
        lambda image: any(True for _ in select(decode_oson(image), steps)),
        [document],
        OraType("BOOLEAN"),
    )
    run = found.run
    return Expr(OraType("BOOLEAN"), lambda row: bool(run(row)))


_ON_ERROR = re.compile(r"\b(ERROR|NULL|TRUE|FALSE) ON (ERROR|EMPTY)\b", re.IGNORECASE)


def _path_and_type(call: Call, default: str) -> tuple[Any, OraType, bool]:
    """The path, the type after RETURNING, and True for ERROR ON ERROR."""
    nodes = call.node.expressions
    path = nodes[1] if len(nodes) == 2 else None
    if not isinstance(path, exp.Literal) or not path.is_string:
        raise not_supported(f"{call.name} without a literal path")
    wanted = call.node.args.get("kind")
    text = str(wanted.this) if wanted else ""
    clauses = {(m[1].upper(), m[2].upper()) for m in _ON_ERROR.finditer(text)}
    if clauses - {("ERROR", "ERROR"), ("NULL", "ERROR"), ("NULL", "EMPTY")}:
        raise not_supported(f"{call.name} … {text}")
    kind = parse_type(_ON_ERROR.sub("", text).strip() or default)
    is_strict = ("ERROR", "ERROR") in clauses
    if is_strict and call.name != "JSON_VALUE":
        raise not_supported(f"{call.name} … ERROR ON ERROR")
    return parse_path(str(path.this)), kind, is_strict


def member(compiler: Compiler, document: Expr, names: list[str]) -> Expr:
    """``t.column.name.name`` of a JSON column: the value, an array when there are several."""
    steps = parse_path("$" + "".join(f'."{name}"' for name in names))
    has_type = document.type.name == "JSON"

    def pick(image: bytes) -> Any:
        found = list(select(decode_oson(image), steps))
        if not found:
            return None
        value = found[0] if len(found) == 1 else found
        if has_type:
            return encode_oson(value)
        return value if isinstance(value, str) else json_text(value)

    return applied(
        compiler, pick, [document_of(compiler, document)], JSON if has_type else varchar2(4000)
    )


def is_json_condition(compiler: Compiler, node: exp.Is) -> Any:
    """``x IS JSON``: a function of the row."""
    expr = compiler.value(node.this)
    of = family(expr.type)
    if of == "json":
        return lambda row: None if expr.run(row) is None else True
    if of not in ("text", "clob", "blob", "raw", "null"):
        raise inconsistent("CHAR", expr.type)
    check = _bytes_are_json if of in ("blob", "raw") else is_json
    run = expr.run

    def test(row: Any) -> bool | None:
        value = run(row)
        # ASSUMPTION(oracle): an empty LOB passes a check as NULL does.
        return None if not value else check(value)

    return test


def _bytes_are_json(data: bytes) -> bool:
    try:
        to_json(OraType("BLOB"))(data)
    except (OracleError, UnicodeDecodeError):
        return False
    return True


UNCOMPILED |= {"JSON_VALUE", "JSON_QUERY", "JSON_EXISTS"}
