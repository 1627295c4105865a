"""Functions of VECTOR (23ai)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql.functions.registry import UNCOMPILED, Call, applied, function
from orasim.sql.parse import identifier
from orasim.sql.scope import Expr
from orasim.sql.types import NULL, parse_type
from orasim.storage.vectors import (
    BINARY,
    decode_vector,
    distance,
    fit_vector,
    parse_vector,
    vector_text,
)
from orasim.values import BINARY_DOUBLE, CLOB, NUMBER, VECTOR_FORMATS, OraType, varchar2

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

_METRICS = {
    "COSINE", "DOT", "EUCLIDEAN", "L2_SQUARED", "EUCLIDEAN_SQUARED", "HAMMING", "MANHATTAN",
}  # fmt: skip


def _require_23ai(compiler: Compiler, name: str) -> None:
    if compiler.context.session.version < (23,):
        raise OracleError(904, f'"{name}": invalid identifier')


def _word(node: exp.Expression) -> str | None:
    """A keyword argument; None for a star."""
    return None if isinstance(node, exp.Star) else identifier(node.this)


def _vector(compiler: Compiler, expr: Expr) -> Expr:
    if expr.type.name == "VECTOR":
        return expr
    return compiler.converted(expr, OraType("VECTOR"))


@function("TO_VECTOR", "VECTOR")
def to_vector(compiler: Compiler, call: Call) -> Expr:
    """TO_VECTOR(x [, dimensions [, format [, DENSE | SPARSE]]])"""
    _require_23ai(compiler, call.name)
    nodes = call.node.expressions
    if not 1 <= len(nodes) <= 4:
        raise OracleError(938, "not enough arguments for function")
    source = compiler.value(nodes[0])
    length = form = None
    if len(nodes) > 1 and not isinstance(nodes[1], exp.Star):
        length = int(compiler.value(nodes[1]).run(()))
    word = _word(nodes[2]) if len(nodes) > 2 else None
    if word is not None:
        form = VECTOR_FORMATS.get(word)
        if form is None:
            raise OracleError(51801, f"VECTOR format {word} is not known")
    sparse = len(nodes) > 3 and _word(nodes[3]) == "SPARSE"
    kind = OraType("VECTOR", length=length, precision=form, scale=1 if sparse else None)
    if source.type == NULL:
        return Expr(kind, source.run, True, True)
    if source.type.name == "VECTOR":
        return applied(compiler, lambda image: fit_vector(image, kind), [source], kind)
    return applied(
        compiler,
        lambda text: fit_vector(parse_vector(text, kind), kind),
        [compiler.text(source)],
        kind,
    )


@function("FROM_VECTOR", "VECTOR_SERIALIZE")
def from_vector(compiler: Compiler, call: Call) -> Expr:
    """The text of a vector; RETURNING CLOB or VARCHAR2(n)."""
    _require_23ai(compiler, call.name)
    if len(call.node.expressions) != 1:
        raise not_supported(f"arguments of {call.name}")
    expr = _vector(compiler, compiler.value(call.node.expressions[0]))
    wanted = call.node.args.get("kind")
    kind = CLOB if _long(expr.type) else varchar2(4000)
    if wanted is not None:
        kind = parse_type(str(wanted.this))
        if kind.name not in ("CLOB", "VARCHAR2"):
            raise not_supported(f"{call.name} RETURNING {kind.data_type}")
    return applied(compiler, vector_text, [expr], kind)


def _long(kind: OraType) -> bool:
    return (kind.length or 65535) > 160


@function("VECTOR_DISTANCE")
def vector_distance(compiler: Compiler, call: Call) -> Expr:
    """VECTOR_DISTANCE(a, b [, metric]); COSINE, for BINARY vectors HAMMING, when not said."""
    _require_23ai(compiler, call.name)
    nodes = call.node.expressions
    if not 2 <= len(nodes) <= 3:
        raise OracleError(938, "not enough arguments for function")
    wanted = _word(nodes[2]) if len(nodes) > 2 else None
    if wanted is not None and wanted not in _METRICS:
        raise OracleError(904, f'"{wanted}": invalid identifier')
    sides = [_vector(compiler, compiler.value(node)) for node in nodes[:2]]

    def measure(left: bytes, right: bytes) -> float:
        metric = wanted or ("HAMMING" if decode_vector(left).format == BINARY else "COSINE")
        return distance(left, right, metric)

    return applied(compiler, measure, sides, BINARY_DOUBLE)


def _simple(name: str, compute: Any) -> None:
    @function(name)
    def build(compiler: Compiler, call: Call) -> Expr:
        _require_23ai(compiler, name)
        return applied(compiler, compute, [_vector(compiler, call.args[0])], NUMBER)


_simple("VECTOR_DIMENSION_COUNT", lambda image: decode_vector(image).dimensions)
_simple("VECTOR_DIMS", lambda image: decode_vector(image).dimensions)
UNCOMPILED |= {"TO_VECTOR", "VECTOR", "FROM_VECTOR", "VECTOR_SERIALIZE", "VECTOR_DISTANCE"}
