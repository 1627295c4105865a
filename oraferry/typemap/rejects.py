"""Rows that cannot be loaded: what is kept of one, and when there are too many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from oraferry.errors import TooManyBadRows
from oraferry.model import ColumnPlan, Reject, TablePlan

KEPT_BYTES = 4_000  # of one value
ROW_BYTES = 100_000  # of all values of a row; what comes after is named, not kept


def keep_row(batch: pa.RecordBatch, row: int, columns: Sequence[ColumnPlan]) -> dict[str, Any]:
    """
    The row's values by source column: text and NULL as they are, anything that is no clean
    text as hex; ``bytes`` tells the whole size of what was cut.
    """
    kept: dict[str, Any] = {}
    room = ROW_BYTES
    for position, plan in enumerate(columns):
        value = keep_value(batch.column(position), row, most=min(KEPT_BYTES, max(room, 0)))
        room -= len(str(value))
        kept[plan.source.name] = value
    return kept


def keep_value(array: pa.Array, row: int, most: int = KEPT_BYTES) -> Any:
    r"""
    One value.

    >>> keep_value(pa.array(["a\0b"]), 0), keep_value(pa.array(["abc"]), 0)
    ({'hex': '610062'}, 'abc')
    """
    item = array.slice(row, 1)
    if item.null_count:
        return None
    if pa.types.is_large_string(item.type) or pa.types.is_string(item.type):
        # The driver passes invalid bytes on as text.
        return keep_bytes(item.cast(pa.large_binary())[0].as_py(), most, is_text=True)
    if pa.types.is_binary(item.type) or pa.types.is_large_binary(item.type):
        return keep_bytes(item[0].as_py(), most, is_text=False)
    return keep_bytes(_shown(item).encode(), most, is_text=True)


def keep_bytes(data: bytes, most: int, *, is_text: bool) -> Any:
    """
    Text where *data* is text that PostgreSQL takes, else hex.

    >>> keep_bytes(b"abcdef", 3, is_text=True)
    {'text': 'abc', 'bytes': 6}
    """
    part = data[:most]
    text = _decode(part, is_cut=len(part) < len(data)) if is_text else None
    kept = {"hex": part.hex()} if text is None else {"text": text}
    if len(part) < len(data):
        return {**kept, "bytes": len(data)}
    return kept if text is None else text


def _decode(data: bytes, *, is_cut: bool) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        # Only the cut itself may have split the last character.
        if not is_cut or error.end < len(data) or error.start < len(data) - 3:
            return None
        text = data[: error.start].decode("utf-8")
    return None if "\0" in text else text


def _shown(item: pa.Array) -> str:
    try:
        return str(item.cast(pa.large_string())[0].as_py())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return str(item[0].as_py())


def too_many(plan: TablePlan, rejects: Sequence[Reject], allowed: str) -> TooManyBadRows:
    """The error that stops the job; it names column, reason and ROWIDs, never values."""
    first = rejects[0].refusal
    where = f"column {first.column}: " if first.column else ""
    return TooManyBadRows(
        f"{plan.source.ref}: more rows cannot be loaded than may be set aside ({allowed}); "
        f"{where}{first.reason} ({first.code})",
        hint="look with `oraferry check data`; then resume the job with a higher max_bad_rows, "
        "or correct the rows and start another",
        context={
            "table": str(plan.source.ref),
            "column": first.column or "",
            "code": first.code,
            "rowids": [reject.rowid for reject in rejects[:10] if reject.rowid],
        },
    )
