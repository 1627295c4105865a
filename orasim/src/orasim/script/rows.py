"""Rows of text files into a table: one INSERT, compiled once, run for every row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from orasim.engine import OracleError
from orasim.sql.context import BindValue, Context
from orasim.sql.dml import compile_dml
from orasim.sql.scan import bind_name, scan
from orasim.values import BLOB, CLOB, OraType, varchar2

MOST_SHOWN = 5  # rows that failed are counted; so many are told one by one


@dataclass(frozen=True, slots=True)
class Field:
    """A column to fill; *expression* is SQL in which ``:NAME`` means a field of the row."""

    column: str
    expression: str | None = None


@dataclass(slots=True)
class Loaded:
    """How a load went; *errors* name the first rows that were refused."""

    rows: int = 0
    rejected: int = 0
    errors: list[str] = field(default_factory=list)

    def reject(self, row: int, why: str) -> None:
        self.rejected += 1
        if len(self.errors) < MOST_SHOWN:
            self.errors.append(f"row {row}: {why}")


class RowWriter:
    """Inserts rows given as text (or bytes of LOB files) by field name."""

    def __init__(self, session: Any, table: str, fields: Sequence[Field]) -> None:
        self.session = session
        columns = ", ".join(f'"{item.column}"' for item in fields)
        values = ", ".join(item.expression or f':"{item.column}"' for item in fields)
        sql = f"INSERT INTO {table} ({columns}) VALUES ({values})"
        statement = session.database.statements.get(sql)
        self._names = [bind_name(t.text) for t in scan(sql) if t.kind == "bind"]
        self._context = Context(session, statement.bind_names)
        self._context.binds = [BindValue(varchar2(32767)) for _ in self._names]
        self._statement = statement
        self._made: dict[tuple[str, ...], Any] = {}

    def insert(self, row: dict[str, Any]) -> None:
        """One row, or OracleError and nothing of it."""
        kinds = []
        for bind, name in zip(self._context.binds, self._names, strict=True):
            value = row.get(name)
            bind.type = _type_of(value)
            bind.value = value if value != "" else None
            kinds.append(bind.type.name)
        key = tuple(kinds)
        if key not in self._made:
            self._made[key] = compile_dml(self._statement, self._context)
        self._context.begin_execution()
        mark = self.session.transaction.mark()
        try:
            self._made[key].run()
        except OracleError:
            self.session.transaction.rollback_to(mark)
            raise

    def insert_all(self, rows: Iterable[tuple[int, dict[str, Any]]], loaded: Loaded) -> None:
        """Rows with their numbers; what does not fit is counted, the others stay."""
        for number, row in rows:
            try:
                self.insert(row)
                loaded.rows += 1
            except OracleError as error:
                if error.code == 3001:
                    raise
                loaded.reject(number, error.message)


def _type_of(value: Any) -> OraType:
    if isinstance(value, bytes):
        return BLOB
    return CLOB if isinstance(value, str) and len(value) > 8000 else varchar2(32767)
