"""Calls: functions, methods, constructors of types, aggregates and windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql import names
from orasim.sql.functions.registry import AGGREGATES, FUNCTIONS, UNCOMPILED, Call
from orasim.sql.parse import identifier
from orasim.sql.scope import Expr
from orasim.values import OraType

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


_KNOWN_BUT_MISSING = frozenset(
    [
        "XMLELEMENT",
        "XMLAGG",
        "XMLFOREST",
        "XMLQUERY",
        "XMLTABLE",
        "JSON_ARRAY",
        "JSON_OBJECTAGG",
        "MODEL",
        "TREAT",
        "BIN_TO_NUM",
        "REGEXP_COUNT",
        "XMLTYPE",
        "SYS_XMLGEN",
        "TABLE",
        "MULTISET",
        "COLLECT",
        "CARDINALITY",
        "SOUNDEX",
        "CONVERT",
        "EXTRACTVALUE",
        "EXISTSNODE",
        "DEREF",
        "REF",
        "VALUE",
        "NLS_UPPER",
        "NLS_LOWER",
        "NLS_INITCAP",
        "UPDATEXML",
        "RANK",
        "DENSE_RANK",
        "PERCENT_RANK",
        "CUME_DIST",
        "STATS_MODE",
        "APPROX_MEDIAN",
        "APPROX_PERCENTILE",
        "CHECKSUM",
        "BIT_AND_AGG",
        "BIT_OR_AGG",
        "BIT_XOR_AGG",
        "KURTOSIS_POP",
        "KURTOSIS_SAMP",
        "SKEWNESS_POP",
        "SKEWNESS_SAMP",
        "XMLCONCAT",
        "XMLATTRIBUTES",
        "XMLCOMMENT",
        "XMLPARSE",
        "XMLROOT",
        "XMLSEQUENCE",
        "XMLCAST",
        "JSON_TRANSFORM",
        "JSON_MERGEPATCH",
        "CLUSTER_ID",
        "PREDICTION",
        "ORA_DST_AFFECTED",
        "SYS_CONNECT_BY_PATH",
        "COMPOSE",
        "DECOMPOSE",
        "NLS_CHARSET_ID",
        "NLS_CHARSET_NAME",
        "NLS_CHARSET_DECL_LEN",
    ]
)


def call(compiler: Compiler, node: exp.Anonymous) -> Expr:
    name = str(node.this).upper()
    if name in AGGREGATES:
        return aggregate(compiler, node, name)
    builder = FUNCTIONS.get(name)
    if builder is None or compiler.context.plsql is not None:
        stored = names.stored(compiler, [name], node.expressions)
        if stored is not None:
            return stored
    if builder is None:
        made = _constructed(compiler, [], node)
        if made is not None:
            return made
        raise _unknown_function(compiler, name, node)
    args = [] if name in UNCOMPILED else _arguments(compiler, node)
    return builder(compiler, Call(name, args, node))


def _constructed(compiler: Compiler, qualifiers: list[str], node: exp.Anonymous) -> Expr | None:
    """``[schema.]type(…)``; None when there is no such type."""
    from orasim.sql.functions.objects import construct

    name = node.this if isinstance(node.this, str) else identifier(node.this)
    session = compiler.context.session
    schema = qualifiers[0] if qualifiers else session.current_schema
    kind = OraType("OBJECT", type_schema=schema, type_name=name.upper())
    shape = session.object_shape(kind) if len(qualifiers) < 2 else None
    return None if shape is None else construct(compiler, shape, node.expressions)


def _arguments(compiler: Compiler, node: exp.Anonymous) -> list[Expr]:
    args = []
    for arg in node.expressions:
        if isinstance(arg, exp.Kwarg | exp.PropertyEQ):
            raise not_supported(f"named argument in {node.this}")
        args.append(compiler.value(arg))
    return args


def _unknown_function(compiler: Compiler, name: str, node: exp.Expression) -> OracleError:
    if name in _KNOWN_BUT_MISSING:
        return not_supported(f"function {name}")
    return OracleError(904, f'"{name}": invalid identifier')


def extract(compiler: Compiler, node: exp.Extract) -> Expr:
    from orasim.sql.functions.dates import extract

    return extract(compiler, str(node.this.name).upper(), compiler.value(node.expression))


def trim(compiler: Compiler, node: exp.Trim) -> Expr:
    from orasim.sql.functions.texts import trim

    characters = node.args.get("expression")
    return trim(
        compiler,
        str(node.args.get("position") or "BOTH").upper(),
        compiler.value(characters) if characters is not None else None,
        compiler.value(node.this),
    )


def dotted(compiler: Compiler, node: exp.Dot) -> Expr:
    """Package functions, and methods of object columns."""
    target = node.expression
    if isinstance(target, exp.Identifier):
        found = names.member(compiler, names.dotted_parts(node))
        if found is not None:
            return found
    if not isinstance(target, exp.Anonymous):
        raise not_supported(f"expression {node.sql()[:80]}")
    qualifiers = names.dotted_names(node.this)
    method = str(target.this).upper()
    package = ".".join([*qualifiers, method]).removeprefix("SYS.")
    if package in FUNCTIONS:
        return FUNCTIONS[package](compiler, Call(package, _arguments(compiler, target), target))
    if f".{method}" in FUNCTIONS and qualifiers:
        column = exp.Column(this=exp.Identifier(this=qualifiers[-1], quoted=True))
        if len(qualifiers) > 1:
            column.set("table", exp.Identifier(this=qualifiers[-2], quoted=True))
        args = [compiler.value(column), *_arguments(compiler, target)]
        return FUNCTIONS[f".{method}"](compiler, Call(method, args, target))
    stored = names.stored(compiler, [*qualifiers, method], target.expressions)
    if stored is not None:
        return stored
    made = _constructed(compiler, qualifiers, target)
    if made is not None:
        return made
    if compiler.context.session.has_package(package):
        raise not_supported(f"package function {package}")
    raise OracleError(904, f'"{package.replace(".", chr(34) + "." + chr(34))}": invalid identifier')


def aggregate(compiler: Compiler, node: exp.Expression, name: str) -> Expr:
    from orasim.sql.aggregate import compile_aggregate

    return compile_aggregate(compiler, node, name)


def window(compiler: Compiler, node: exp.Window) -> Expr:
    from orasim.sql.analytic import compile_window

    return compile_window(compiler, node)


def within_group(compiler: Compiler, node: exp.WithinGroup) -> Expr:
    name = str(node.this.this).upper()
    if name not in AGGREGATES:
        raise not_supported(f"{name} WITHIN GROUP")
    return aggregate(compiler, node, name)
