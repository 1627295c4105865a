"""NUMBER, FLOAT, BINARY_FLOAT, BINARY_DOUBLE."""

from __future__ import annotations

import pyarrow as pa

from oraferry.model import DataType
from oraferry.typemap.rule import TypeRule, register

# TM9 writes all significant digits; above 64 characters it turns to scientific notation,
# which the loader reads too. The NLS parameter keeps the session's decimal sign out of it.
# ASSUMPTION(oracle): TO_CHAR(n, 'TM9') keeps 40 digits; documented as "the smallest number
# of characters possible", not tried on a server.
EXACT_TEXT = "TO_CHAR({c}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')"
MAX_INTEGER_DIGITS = 18  # all of them fit an int64


def _is_number(type: DataType) -> bool:
    return type.name == "NUMBER"


def _integer(type: DataType) -> bool:
    return (
        _is_number(type)
        and type.precision is not None
        and type.precision <= MAX_INTEGER_DIGITS
        and (type.scale or 0) == 0
    )


def _integer_target(type: DataType) -> DataType:
    # smallint holds 4 digits of any kind, integer 9, bigint 18.
    assert type.precision is not None
    if type.precision <= 4:
        return DataType("smallint")
    return DataType("integer" if type.precision <= 9 else "bigint")


def _decimal(type: DataType) -> bool:
    """Fixed scale, and at most 38 digits in all: what decimal128 holds."""
    if not _is_number(type) or type.scale is None or type.scale < 0:
        return False
    return (type.precision or 38) <= 38 and type.scale <= 38


def _decimal_fetch(type: DataType) -> pa.DataType:
    return pa.decimal128(38, type.scale or 0)


def _numeric(type: DataType) -> DataType:
    return DataType("numeric", precision=type.precision or 38, scale=type.scale or 0)


def _bare(type: DataType) -> bool:
    return _is_number(type) or type.name == "FLOAT"


def _bare_target(type: DataType) -> DataType:
    if type.name == "NUMBER" and type.precision is not None and type.scale is not None:
        # Negative scales and scales beyond 38: PostgreSQL 15 has both.
        return DataType("numeric", precision=type.precision, scale=type.scale)
    return DataType("numeric")


register(
    TypeRule(
        "number-integer",
        _integer,
        "{c}",
        lambda type: pa.int64(),
        _integer_target,
    ),
    TypeRule("number-decimal", _decimal, "{c}", _decimal_fetch, _numeric),
    TypeRule("number-text", _bare, EXACT_TEXT, lambda type: pa.large_string(), _bare_target),
    TypeRule(
        "binary-float",
        lambda type: type.name == "BINARY_FLOAT",
        "{c}",
        lambda type: pa.float32(),
        lambda type: DataType("real"),
    ),
    TypeRule(
        "binary-double",
        lambda type: type.name == "BINARY_DOUBLE",
        "{c}",
        lambda type: pa.float64(),
        lambda type: DataType("double precision"),
    ),
)
