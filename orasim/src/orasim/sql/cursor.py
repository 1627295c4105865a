"""Results for the wire: plan rows encoded by column type, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from orasim.engine import ColumnInfo, EncodedRows, LobValue, is_sizeless
from orasim.sql.arithmetic import exact
from orasim.sql.result import Plan
from orasim.sql.scope import Row
from orasim.sql.types import describe
from orasim.storage.codec import ENCODERS, clr
from orasim.values import OraType

_APART = frozenset(
    {
        "CLOB", "NCLOB", "BLOB", "BFILE", "LONG", "LONG RAW", "ROWID", "UROWID", "XMLTYPE",
        "JSON", "OBJECT", "CURSOR", "VECTOR",
    }
)  # fmt: skip


def travels_apart(kind: OraType) -> bool:
    """True when the wire treats each value of the column on its own."""
    return kind.name in _APART


def encoder(kind: OraType) -> Callable[[Any], Any]:
    """Python value (not None) to what ResultCursor rows hold."""
    if kind.name == "CURSOR":
        return lambda cursor: cursor
    encode = ENCODERS[kind.name]
    if kind.name in ("CLOB", "NCLOB"):
        return lambda value: LobValue(
            True, value.encode("utf-8", "surrogateescape"), kind.name == "NCLOB"
        )
    if kind.name == "BLOB":
        return lambda value: LobValue(False, value)
    return encode


@dataclass(slots=True)
class PlanCursor:
    """The rows of a plan; ``check`` raises when the session was cancelled."""

    plan: Plan
    check: Callable[[], None]
    columns: list[ColumnInfo] = field(init=False)
    _rows: Iterator[Row] | None = None
    _encoders: list[Callable[[Any], Any]] = field(init=False)
    _apart: bool = field(init=False)
    _sizeless: bool = field(init=False)

    def __post_init__(self) -> None:
        self.columns = [
            describe(column.name, column.type, column.nullable, column.json)
            for column in self.plan.columns
        ]
        self._encoders = [encoder(column.type) for column in self.plan.columns]
        self._apart = any(travels_apart(column.type) for column in self.plan.columns)
        # Without a size a column is NULL to the client, which then reads nothing for it.
        self._sizeless = any(is_sizeless(column) for column in self.columns)

    def open(self) -> None:
        """Start the query, so that errors of its first row are the execute's."""
        self._rows = iter(self.plan.rows())

    def fetch(self, rows: int) -> EncodedRows | list[Any]:
        """The next rows, encoded."""
        if self._rows is None:
            self.open()
        assert self._rows is not None
        self.check()
        with exact():
            return self._encoded(list(islice(self._rows, rows)))

    def _encoded(self, batch: list[Row]) -> EncodedRows | list[Any]:
        if self._apart or self._sizeless:
            return [
                [
                    None if v is None else encode(v)
                    for v, encode in zip(row, self._encoders, strict=True)
                ]
                for row in batch
            ]
        parts = []
        for row in batch:
            parts.append(b"\x07")
            for value, encode in zip(row, self._encoders, strict=True):
                parts.append(b"\0" if value is None else clr(encode(value)))
        return EncodedRows(len(batch), b"".join(parts))

    def close(self) -> None:
        self._rows = None
