"""ORDER BY: NULL is the largest value, NaN the largest number, ties keep their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from orasim.engine import OracleError
from orasim.sql.scope import Expr, Row, Run
from orasim.sql.types import family

if TYPE_CHECKING:
    from orasim.sql.context import Context
    from orasim.sql.expressions import Compiler


@dataclass(slots=True)
class SortKey:
    """One item of ORDER BY as a function of the row."""

    run: Run
    descending: bool = False
    nulls_first: bool = False


def binary_order(context: Context) -> Callable[[str], Any] | None:
    """What text is ordered by; None when its own order is that of the stored bytes."""
    characters = context.session.database.characters
    return None if characters.name == "AL32UTF8" else characters.order


def number_order(value: Any) -> tuple[bool, Any]:
    """
    What numbers are compared by where some may be NaN: it equals itself, and is the greatest.

    >>> max([1.0, float("nan"), 2.0], key=number_order)
    nan
    """
    return (True, 0) if value != value else (False, value)


def sort_key(expr: Expr, item: exp.Ordered, order: Callable[[str], Any] | None = None) -> SortKey:
    """The key for a compiled expression; LOBs and LONGs cannot be ordered."""
    kind = expr.type
    if kind.is_lob or family(kind) in ("xmltype", "json", "object", "vector"):
        raise OracleError(932, f"inconsistent datatypes: expected - got {kind.data_type}")
    if kind.is_long:
        raise OracleError(997, "illegal use of LONG datatype")
    run = expr.run
    if family(kind) == "rowid":
        from orasim.storage.rowid import parse_rowid

        text = expr.run
        run = lambda row: None if (v := text(row)) is None else parse_rowid(v)  # noqa: E731
    elif family(kind) == "float":
        number = expr.run
        run = lambda row: None if (v := number(row)) is None else number_order(v)  # noqa: E731
    elif order is not None and kind.is_text and not kind.is_national:
        plain = expr.run
        run = lambda row: None if (v := plain(row)) is None else order(v)  # noqa: E731
    descending = bool(item.args.get("desc"))
    nulls_first = item.args.get("nulls_first")
    return SortKey(run, descending, descending if nulls_first is None else bool(nulls_first))


def compile_order(compiler: Compiler, order: exp.Expression) -> list[SortKey]:
    """Keys of an ORDER BY that is not a query's own: no positions, no aliases."""
    by = binary_order(compiler.context)
    return [sort_key(compiler.value(item.this), item, by) for item in order.expressions]


def sort_rows(rows: Iterable[Row], keys: list[SortKey]) -> list[Row]:
    """*rows* in order."""
    ordered = list(rows)
    for key in reversed(keys):
        run = key.run
        pairs = [(run(row), row) for row in ordered]
        nulls = [row for value, row in pairs if value is None]
        known = [pair for pair in pairs if pair[0] is not None]
        known.sort(key=_first, reverse=key.descending)
        others = [row for _, row in known]
        ordered = nulls + others if key.nulls_first else others + nulls
    return ordered


def _first(pair: tuple[object, Row]) -> object:
    return pair[0]
