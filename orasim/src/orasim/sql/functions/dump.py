"""DUMP: the bytes that a value is stored as."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from orasim.engine import not_supported
from orasim.sql.functions.registry import Call, check_count, function
from orasim.sql.scope import Expr, Row
from orasim.storage.codec import encode
from orasim.values import NUMBER, OraType, varchar2

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

# Oracle's internal type numbers as DUMP prints them.
_TYPES = {
    "VARCHAR2": 1, "NVARCHAR2": 1, "NUMBER": 2, "FLOAT": 2, "DATE": 12, "RAW": 23, "CHAR": 96,
    "NCHAR": 96, "BINARY_FLOAT": 100, "BINARY_DOUBLE": 101, "TIMESTAMP": 180,
    "TIMESTAMP WITH TIME ZONE": 181, "INTERVAL YEAR TO MONTH": 182, "INTERVAL DAY TO SECOND": 183,
    "TIMESTAMP WITH LOCAL TIME ZONE": 231,
}  # fmt: skip


@function("DUMP")
def dump(compiler: Compiler, call: Call) -> Expr:
    """DUMP(value [, 8 | 10 | 16 | 17 [, start [, length]]]); 1000 more names the character set."""
    check_count(call, 1, 4)
    expr, *options = call.args
    number = _TYPES.get(expr.type.name)
    if number is None:
        raise not_supported(f"DUMP of {expr.type.data_type}")
    if expr.is_constant and expr.type.name in ("NUMBER", "DATE") and expr.column is None:
        # A DATE that is no column shows as Typ=13 in another form; NUMBER is the same.
        if expr.type.name == "DATE":
            raise not_supported("DUMP of a date that is no column")
    characters = compiler.context.session.database.characters
    runs = [compiler.number(option).run for option in options]
    kind, run = expr.type, expr.run
    stored = _stored(compiler, kind)

    def shown(row: Row) -> str:
        value = run(row)
        if value is None:
            return "NULL"
        base, start, length = _options([item(row) for item in runs])
        data = stored(value)
        part = data[start - 1 :] if length is None else data[start - 1 : start - 1 + length]
        name = "AL16UTF16" if kind.is_national else characters.name
        charset = f" CharacterSet={name}" if base >= 1000 and kind.is_text else ""
        return f"Typ={number} Len={len(data)}{charset}: " + ",".join(
            _byte(byte, base % 1000) for byte in part
        )

    return Expr(_RESULT, shown, False)


def _stored(compiler: Compiler, kind: OraType) -> Callable[[Any], bytes]:
    """A value's bytes."""
    characters = compiler.context.session.database.characters
    if kind.is_national:
        return lambda value: str(value).encode("utf-16-be", "surrogatepass")
    return characters.encode if kind.is_text else lambda value: encode(value, kind)


_RESULT: OraType = varchar2(4000)


def _options(given: list[Any]) -> tuple[int, int, int | None]:
    base = int(given[0]) if given and given[0] is not None else 10
    start = int(given[1]) if len(given) > 1 and given[1] is not None else 1
    length = int(given[2]) if len(given) > 2 and given[2] is not None else None
    if base % 1000 not in (8, 10, 16, 17) or start < 1:
        raise not_supported(f"DUMP with format {base} from {start}")
    return base, start, length


def _byte(byte: int, base: int) -> str:
    if base == 17:
        return chr(byte) if 32 < byte < 127 else f"{byte:x}"
    return format(byte, {8: "o", 10: "d", 16: "x"}[base])


@function("VSIZE")
def vsize(compiler: Compiler, call: Call) -> Expr:
    """The number of bytes that a value is stored in."""
    check_count(call, 1, 1)
    (expr,) = call.args
    if expr.type.name not in _TYPES:
        raise not_supported(f"VSIZE of {expr.type.data_type}")
    stored, run = _stored(compiler, expr.type), expr.run
    return Expr(NUMBER, lambda row: None if (v := run(row)) is None else len(stored(v)))
