"""JSON made from SQL values: JSON_OBJECT, and what JSON_ARRAYAGG collects."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql.functions.registry import UNCOMPILED, Call, function
from orasim.sql.scope import Expr
from orasim.sql.types import NULL, family, parse_type
from orasim.storage.oson import decode_oson, json_text
from orasim.values import OraType

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

_KINDS = {
    "text", "number", "float", "date", "raw", "clob", "boolean", "json",
    "interval day to second", "interval year to month",
}  # fmt: skip


def json_value(compiler: Compiler, node: exp.Expression) -> Callable[[Any], str]:
    """The JSON text of an SQL value, ``null`` for NULL."""
    is_json = isinstance(node, exp.Anonymous) and node.this == "FORMAT JSON"
    expr = compiler.value(node.expressions[0] if is_json else node)
    if expr.type != NULL and family(expr.type) not in _KINDS:
        raise not_supported(f"JSON of {expr.type.data_type}")
    run, is_image = expr.run, expr.type.name == "JSON"

    def text(row: Any) -> str:
        value = run(row)
        if value is None:
            return "null"
        if is_json:
            return str(value)
        return json_text(decode_oson(value) if is_image else value)

    return text


def result_type(compiler: Compiler, node: exp.Expression) -> OraType:
    """RETURNING VARCHAR2(n) or CLOB; VARCHAR2(4000) when not said."""
    if compiler.context.session.version < (12, 2):
        raise OracleError(904, f'"{node.this}": invalid identifier')
    wanted = node.args.get("kind")
    kind = parse_type(str(wanted.this) if wanted is not None else "VARCHAR2(4000)")
    if kind.name not in ("VARCHAR2", "CLOB"):
        raise not_supported(f"JSON RETURNING {kind.data_type}")
    return kind


def fitting(text: str, kind: OraType) -> str:
    """*text*; ORA-40478 when it is longer than its type."""
    if kind.name == "VARCHAR2" and len(text.encode()) > (kind.length or 0):
        raise OracleError(40478, f"output value too large (maximum: {kind.length})")
    return text


@function("JSON_OBJECT")
def json_object(compiler: Compiler, call: Call) -> Expr:
    """JSON_OBJECT([KEY] k VALUE v, …): NULLs stand as null unless ABSENT ON NULL."""
    nodes, kind = call.node.expressions, result_type(compiler, call.node)
    names = [compiler.text(compiler.value(node)).run for node in nodes[::2]]
    values = [json_value(compiler, node) for node in nodes[1::2]]
    drops_nulls = bool(call.node.args.get("drops_nulls"))

    def make(row: Any) -> str:
        pairs = []
        for name, value in zip(names, values, strict=True):
            text = value(row)
            if not (drops_nulls and text == "null"):
                pairs.append(f"{json_text(name(row))}:{text}")
        return fitting("{" + ",".join(pairs) + "}", kind)

    return Expr(kind, make, True)


UNCOMPILED |= {"JSON_OBJECT"}
