"""Bind descriptors and values, and the names of binds in a statement (wire notes §5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orasim import engine as types
from orasim.engine import Bind, OracleError
from orasim.wire.lobs import Lobs
from orasim.wire.objects import Objects
from orasim.wire.packets import Closed
from orasim.wire.primitives import Reader

ARRAY_FLAG = 0x40
NATIONAL = 2  # a descriptor's form: NCHAR, travels as UTF-16BE
ROW_DATA = 7
MAX_STRING = 32767

_TOKENS = re.compile(
    r"""/\*.*?\*/ | --[^\n]* | [nN]?[qQ]'(?:\[.*?\]'|\{.*?\}'|<.*?>'|\(.*?\)'|(?P<q>.).*?(?P=q)')
    | '(?:[^']|'')*' | "[^"]*"
    | :\s*(?P<bind>"[^"]+"|[A-Za-z][\w$#]*|\d+)
    | (?P<word>[A-Za-z_][\w$#]*)""",
    re.VERBOSE | re.DOTALL,
)
# Declared with huge buffers, but written in place.
_INLINE_OBJECTS = {types.TYPE_JSON, types.TYPE_VECTOR, types.TYPE_CLOB, types.TYPE_BLOB}
_QUERY = {"SELECT", "WITH"}
_PLSQL = {"BEGIN", "DECLARE", "CALL"}
_DML = {"INSERT", "UPDATE", "DELETE", "MERGE"}


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What the client declared of one bind."""

    type: int
    size: int
    is_array: bool
    form: int
    oid: bytes = b""  # of an object type
    max_elements: int = 0  # of an array


@dataclass(frozen=True, slots=True)
class StatementShape:
    """What the text alone tells: its kind, bind names in order, which of them RETURNING fills."""

    kind: str  # query, plsql, dml, other
    names: tuple[str, ...]
    returning: tuple[bool, ...]


def shape_of(sql: str) -> StatementShape:
    """Scan *sql* as the drivers do: strings, comments and quoted names are passed over."""
    kind = ""
    names: list[str] = []
    returning: list[bool] = []
    in_returning = False
    into = False
    for token in _TOKENS.finditer(sql):
        word = token.group("word")
        if word:
            upper = word.upper()
            if not kind:
                kind = upper
            if kind in _DML:
                if upper in ("RETURNING", "RETURN"):
                    in_returning = True
                elif upper == "INTO" and in_returning:
                    into = True
        bind = token.group("bind")
        if bind:
            name = bind[1:-1] if bind.startswith('"') else bind.upper()
            if kind in _PLSQL and name in names:
                continue
            names.append(name)
            returning.append(into)
    group = (
        "query"
        if kind in _QUERY
        else "plsql"
        if kind in _PLSQL
        else "dml"
        if kind in _DML
        else "other"
    )
    return StatementShape(group, tuple(names), tuple(returning))


def read_descriptors(reader: Reader, count: int, field_version: int) -> list[Descriptor]:
    """Bind or define descriptors."""
    found = []
    for _ in range(count):
        kind, flags = reader.u8(), reader.u8()
        reader.u8()
        reader.u8()
        size = reader.ub()
        most = reader.ub()
        reader.ub()
        oid = reader.dalc()
        reader.ub()
        reader.ub()
        form = reader.u8()
        reader.ub()
        if field_version >= 8:
            reader.ub()
        found.append(Descriptor(kind, size, bool(flags & ARRAY_FLAG), form, oid, most))
    return found


def _read_value(reader: Reader, descriptor: Descriptor, lobs: Lobs, objects: Objects) -> Any:
    kind = descriptor.type
    if kind in (types.TYPE_CLOB, types.TYPE_BLOB, types.TYPE_BFILE):
        locator = reader.dalc()
        return lobs.value_of(locator) if locator else None
    if kind == types.TYPE_CURSOR:
        if reader.u8() == 0:
            return None
        if reader.u8():
            reader.ub()
        return None
    if kind in (types.TYPE_JSON, types.TYPE_VECTOR):
        if not reader.ub():
            return None
        reader.clr()
        return reader.clr()
    if kind == types.TYPE_OBJECT:
        return objects.read(reader, descriptor.oid)
    if kind == types.TYPE_BOOLEAN:
        length = reader.u8()
        if length == 0xFD:
            reader.u8()
            return None
        return reader.raw(length) if length not in (0, 0xFF) else None
    value = reader.clr()
    if value is not None and descriptor.form == NATIONAL:
        return value.decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")
    return value


def read_values(
    reader: Reader,
    descriptors: Sequence[Descriptor],
    wanted: Sequence[bool],
    executions: int,
    lobs: Lobs,
    objects: Objects,
    *,
    is_plsql: bool,
) -> list[list[Any]]:
    """
    Per bind the values of every execution; binds not *wanted* have none.

    In SQL, binds longer than a string may be come after all others of their row. A value
    that is refused raises only when all were read, so that the next call is found.
    """
    values: list[list[Any]] = [[] for _ in descriptors]
    refusals: list[OracleError] = []

    def read_one(descriptor: Descriptor) -> Any:
        try:
            return _read_value(reader, descriptor, lobs, objects)
        except OracleError as refusal:
            refusals.append(refusal)
            return None

    in_order = _order(descriptors, wanted, is_plsql=is_plsql)
    for _ in range(executions):
        if (kind := reader.u8()) != ROW_DATA:
            raise Closed(f"message {kind} where bind values should be")
        for at in in_order:
            descriptor = descriptors[at]
            if descriptor.is_array:
                values[at].append([read_one(descriptor) for _ in range(reader.ub())])
            else:
                values[at].append(read_one(descriptor))
    if refusals:
        raise refusals[0]
    return values


def _order(
    descriptors: Sequence[Descriptor], wanted: Sequence[bool], *, is_plsql: bool
) -> list[int]:
    late = [
        not is_plsql and not d.is_array and d.size > MAX_STRING and d.type not in _INLINE_OBJECTS
        for d in descriptors
    ]
    places = [at for at in range(len(descriptors)) if wanted[at]]
    return [at for at in places if not late[at]] + [at for at in places if late[at]]


def make_binds(
    shape: StatementShape,
    descriptors: Sequence[Descriptor],
    values: Sequence[list[Any]],
    objects: Objects,
) -> list[Bind]:
    """Binds for the engine, by the names that stand in the statement."""
    names = list(shape.names) or [str(i + 1) for i in range(len(descriptors))]
    binds = []
    for at, descriptor in enumerate(descriptors):
        name = names[at] if at < len(names) else str(at + 1)
        is_return = at < len(shape.returning) and shape.returning[at]
        direction = "out" if is_return else "in"
        bind = Bind(name, descriptor.type, descriptor.size, direction, list(values[at]))
        bind.is_array, bind.max_elements = descriptor.is_array, descriptor.max_elements
        if descriptor.type == types.TYPE_OBJECT:
            of = objects.shape(descriptor.oid)
            bind.object_type = of.schema, of.name
        binds.append(bind)
    return binds
