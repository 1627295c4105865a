"""Object types in SQL: constructors, attributes, and collections as tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError, not_supported
from orasim.sql.convert import fitter, inconsistent
from orasim.sql.scope import Expr, Row
from orasim.sql.types import NULL
from orasim.storage.objects import Attribute, Shape, pack, unpack, xmltype_image, xmltype_text
from orasim.values import OraType

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler


def object_type(shape: Shape) -> OraType:
    """The SQL type of a shape's values."""
    return OraType("OBJECT", type_schema=shape.schema, type_name=shape.name)


def construct(compiler: Compiler, shape: Shape, nodes: list[exp.Expression]) -> Expr:
    """``type(attribute, …)`` or ``collection(element, …)``."""
    args = [compiler.value(node) for node in nodes]
    if shape.element is not None:
        parts = [shape.element] * len(args)
        if shape.upper_bound and len(args) > shape.upper_bound:
            raise OracleError(22909, "exceeded maximum VARRAY limit")
    else:
        parts = list(shape.attributes)
    if len(args) != len(parts):
        raise OracleError(
            2315, "incorrect number of arguments for default constructor"
        )  # a constructor of one's own would be PL/SQL
    runs = [_item(compiler, part, arg) for part, arg in zip(parts, args, strict=True)]
    return Expr(object_type(shape), lambda row: pack(shape, tuple(run(row) for run in runs)), False)


def _item(compiler: Compiler, part: Attribute, arg: Expr) -> Callable[[Row], Any]:
    """An argument as an item of the value: converted, checked for size."""
    if part.shape is not None:
        _check_same(part, arg)
    converted = compiler.converted(arg, part.type).run
    prepare = _to_item(part)

    def run(row: Row) -> Any:
        value = converted(row)
        return None if value is None else prepare(value)

    return run


def _check_same(part: Attribute, arg: Expr) -> None:
    assert part.shape is not None
    if arg.type != NULL and arg.type != object_type(part.shape):
        raise inconsistent(part.shape.name, arg.type)


def _to_item(part: Attribute) -> Callable[[Any], Any]:
    """From a value of SQL to what ``pack`` takes."""
    shape, kind = part.shape, part.type
    if shape is not None:
        return lambda image: unpack(shape, image)
    if kind.name in ("CLOB", "NCLOB"):
        return lambda text: text.encode("utf-8", "surrogateescape")
    if kind.name == "XMLTYPE":
        return lambda text: xmltype_image(text.encode())
    return fitter(kind, part.name)


def fit(shape: Shape) -> Callable[[bytes], bytes]:
    """Images as a column keeps them: every value checked for its size, CHAR padded."""
    return lambda image: pack(shape, _fitted(shape, unpack(shape, image)))


def _fitted(shape: Shape, items: tuple[Any, ...]) -> tuple[Any, ...]:
    element = shape.element
    parts = [element] * len(items) if element is not None else list(shape.attributes)
    return tuple(_fit_one(part, item) for part, item in zip(parts, items, strict=True))


def _fit_one(part: Attribute, item: Any) -> Any:
    if item is None:
        return None
    if part.shape is not None:
        return _fitted(part.shape, item)
    if part.type.is_lob or part.type.name == "XMLTYPE":
        return item
    return fitter(part.type, part.name)(item)


def from_item(part: Attribute) -> Callable[[Any], Any]:
    """From what ``unpack`` gives to a value of SQL."""
    shape, kind = part.shape, part.type
    if shape is not None:
        return lambda items: pack(shape, items)
    if kind.name in ("CLOB", "NCLOB"):
        return lambda data: data.decode("utf-8", "surrogateescape")
    if kind.name == "XMLTYPE":
        return lambda image: xmltype_text(image).decode()
    return lambda value: value


def attribute(compiler: Compiler, value: Expr, names: list[str]) -> Expr:
    """``alias.column.attribute…``"""
    for name in names:
        shape = compiler.context.session.object_shape(value.type)
        if shape is None or shape.collection:
            raise OracleError(904, f'"{name}": invalid identifier')
        value = _attribute(value, shape, name)
    return value


def _attribute(value: Expr, shape: Shape, name: str) -> Expr:
    names = [part.name for part in shape.attributes]
    if name not in names:
        raise OracleError(904, f'"{name}": invalid identifier')
    place = names.index(name)
    part = shape.attributes[place]
    run, convert = value.run, from_item(part)

    def pick(row: Row) -> Any:
        image = run(row)
        item = None if image is None else unpack(shape, image)[place]
        return None if item is None else convert(item)

    return Expr(part.type, pick)


def rows_of(compiler: Compiler, value: Expr) -> tuple[OraType, Callable[[Row], list[Row]]]:
    """TABLE(collection): the type of COLUMN_VALUE, and the rows for a row of other items."""
    shape = compiler.context.session.object_shape(value.type)
    if shape is None or shape.element is None:
        raise OracleError(22905, "cannot access rows from a non-nested table item")
    if shape.element.shape is not None:
        raise not_supported("TABLE of a collection of objects")
    convert = from_item(shape.element)

    def rows(row: Row) -> list[Row]:
        image = value.run(row)
        items = () if image is None else unpack(shape, image)
        return [(None if item is None else convert(item),) for item in items]

    return shape.element.type, rows
