"""DBMS_RANDOM: numbers and texts by chance, different for every row."""

from __future__ import annotations

import secrets
import string
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from orasim.engine import OracleError
from orasim.sql.functions.registry import Call, check_count, function
from orasim.sql.scope import Expr, Row
from orasim.values import NUMBER, varchar2

if TYPE_CHECKING:
    from orasim.sql.expressions import Compiler

_LETTERS = {
    "U": string.ascii_uppercase,
    "L": string.ascii_lowercase,
    "A": string.ascii_letters,
    "X": string.ascii_uppercase + string.digits,
    "P": "".join(chr(code) for code in range(32, 127)),
}


def _fraction() -> Decimal:
    """At least 0 and below 1, with 38 digits."""
    return Decimal(secrets.randbelow(10**38)).scaleb(-38)


@function("DBMS_RANDOM.VALUE")
def value(compiler: Compiler, call: Call) -> Expr:
    """VALUE, or VALUE(low, high): from low up to high, without it."""
    if len(call.args) not in (0, 2):
        raise OracleError(6553, "PLS-306: wrong number or types of arguments in call to 'VALUE'")
    runs = [compiler.number(arg).run for arg in call.args]

    def run(row: Row) -> Any:
        bounds = [item(row) for item in runs]
        if None in bounds:
            return None
        low, high = bounds or (0, 1)
        return low + (high - low) * _fraction()

    return Expr(NUMBER, run)


@function("DBMS_RANDOM.RANDOM")
def random_integer(compiler: Compiler, call: Call) -> Expr:
    """An integer of 32 bits."""
    check_count(call, 0, 0)
    return Expr(NUMBER, lambda row: secrets.randbelow(2**32) - 2**31, False)


@function("DBMS_RANDOM.STRING")
def random_string(compiler: Compiler, call: Call) -> Expr:
    """STRING(kind, length): u, l, a, x or p say which letters."""
    check_count(call, 2, 2)
    kind, length = compiler.text(call.args[0]).run, compiler.number(call.args[1]).run

    def run(row: Row) -> Any:
        letters = _LETTERS.get(str(kind(row) or "U").upper(), string.ascii_uppercase)
        count = int(length(row) or 0)
        return "".join(secrets.choice(letters) for _ in range(count)) or None

    return Expr(varchar2(4000), run)
